"""Huawei's store as it is played, seen with cryptography."""

import base64
import json
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kizuna.testing import MovableClock
from kizuna.testing.providers import Providers
from kizuna.testing.providers.huawei import Huawei


class TestHuawei:
    @pytest.fixture
    def store(self, fakes: Providers) -> Huawei:
        return fakes.huawei

    def check(self, fakes: Providers, text: str, signature: str) -> None:
        key: Any = load_der_public_key(base64.b64decode(fakes.settings["iap.huawei.public_key"]))
        key.verify(base64.b64decode(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256())

    def token(self, fakes: Providers, **changes: str) -> httpx.Response:
        settings = fakes.settings
        form = {
            "grant_type": "client_credentials",
            "client_id": settings["iap.huawei.client_id"],
            "client_secret": settings["iap.huawei.client_secret"],
            **changes,
        }
        url = f"{settings['iap.huawei.token_base_url']}/oauth2/v3/token"
        return httpx.post(url, data=form, trust_env=False, verify=False)

    def header(self, token: str, user: str = "APPAT", kind: str = "Basic") -> dict[str, str]:
        encoded = base64.b64encode(f"{user}:{token}".encode()).decode()
        return {"authorization": f"{kind} {encoded}"}

    def ask(
        self, fakes: Providers, purchase: str, headers: dict[str, str], site: str = "", **changes: str
    ) -> httpx.Response:
        told = json.loads(purchase)
        asked = {"purchaseToken": told["purchaseToken"], "productId": told["productId"], **changes}
        url = f"{fakes.settings[f'iap.huawei.order_base_url{site}']}/applications/purchases/tokens/verify"
        return httpx.post(url, json=asked, headers=headers, trust_env=False, verify=False)

    def test_a_purchase(self, fakes: Providers, store: Huawei) -> None:
        purchase, signature = store.purchase("sword", sandbox=True, productName="Schwert")
        self.check(fakes, purchase, signature)
        told = json.loads(purchase)
        assert (told["productId"], told["productName"], told["purchaseType"]) == ("sword", "Schwert", 0)
        assert isinstance(told["applicationId"], int)
        with pytest.raises(InvalidSignature):
            self.check(fakes, purchase + " ", signature)

    def test_an_order(self, fakes: Providers, store: Huawei) -> None:
        purchase, _ = store.purchase("sword", order={"purchaseState": 1})
        headers = self.header(self.token(fakes).json()["access_token"])
        answer = self.ask(fakes, purchase, headers).json()
        assert answer["responseCode"] == "0"
        self.check(fakes, answer["purchaseTokenData"], answer["dataSignature"])
        told = json.loads(answer["purchaseTokenData"])
        assert told["purchaseToken"] == json.loads(purchase)["purchaseToken"]
        assert told["purchaseState"] == 1
        assert self.ask(fakes, purchase, headers, productId="shield").json()["responseCode"] == "6"
        assert self.ask(fakes, purchase, headers, purchaseToken="other").json()["responseCode"] == "6"

    def test_orders_that_are_told_otherwise(self, fakes: Providers, store: Huawei) -> None:
        purchase, _ = store.purchase("sword", order={"responseCode": "9", "dataSignature": None})
        headers = self.header(self.token(fakes).json()["access_token"])
        answer = self.ask(fakes, purchase, headers).json()
        assert answer["responseCode"] == "9"
        assert "dataSignature" not in answer

    def test_accounts_of_app_touch_have_their_own_site(self, fakes: Providers, store: Huawei) -> None:
        purchase, _ = store.purchase("sword", account_flag=1)
        headers = self.header(self.token(fakes).json()["access_token"])
        assert self.ask(fakes, purchase, headers).json()["responseCode"] == "6"
        assert self.ask(fakes, purchase, headers, "_at").json()["responseCode"] == "0"

    @pytest.mark.parametrize("changed", ["grant_type", "client_id", "client_secret"])
    def test_clients_who_are_somebody_else(self, fakes: Providers, changed: str) -> None:
        assert self.token(fakes, **{changed: "other"}).status_code == 400

    def test_tokens_that_do_not_count(self, fakes: Providers, store: Huawei, clock: MovableClock) -> None:
        purchase, _ = store.purchase("sword")
        token = self.token(fakes).json()["access_token"]
        for headers in (
            {"authorization": f"Bearer {token}"},
            self.header(token, kind="Bearer"),
            self.header(token, user="AT"),
            self.header("other"),
            {},
        ):
            assert self.ask(fakes, purchase, headers).status_code == 401
        assert self.ask(fakes, purchase, self.header(token)).status_code == 200
        clock.advance(hours=1)
        assert self.ask(fakes, purchase, self.header(token)).status_code == 401
