"""What the page of the stores has commands for."""

import json
from typing import Any

import httpx
import jwt
import pytest

from kizuna.testing import MovableClock
from kizuna.testing.providers import Providers
from tests.testing.stores.support import bearer, purchase_path


class TestOffers:
    """What developers get with curl."""

    @pytest.mark.parametrize(
        ("path", "fields", "members"),
        [
            ("app_store/transaction", {"product_id": "sword"}, {"receipt", "transaction_id"}),
            (
                "app_store/subscription",
                {"product_id": "v", "expires": "2030-01-01T00:00:00Z"},
                {"receipt", "transaction_id"},
            ),
            ("app_store/receipt", {"products": ["sword"]}, {"receipt", "transaction_ids"}),
            ("google_play/purchase", {"product_id": "sword"}, {"purchase", "token"}),
            ("google_play/subscription", {"product_id": "vip"}, {"receipt", "token"}),
            ("huawei/purchase", {"product_id": "sword"}, {"purchase", "signature", "token"}),
            ("instant_store/purchase", {"product_id": "sword"}, {"signed_request", "token"}),
        ],
    )
    def test_offers(self, web: httpx.Client, path: str, fields: dict[str, Any], members: set[str]) -> None:
        answer = web.post(f"/fake/{path}", json=fields)
        assert answer.status_code == 200, answer.text
        assert set(answer.json()) == members

    def test_a_subscription_lasts_a_month(self, web: httpx.Client, clock: MovableClock) -> None:
        jws = web.post("/fake/app_store/subscription", json={"product_id": "vip"}).json()["receipt"]
        told = jwt.decode(jws, options={"verify_signature": False})
        assert 29 < (told["expiresDate"] / 1000 - clock.unix()) / 86_400 <= 30

    def test_what_becomes_of_a_purchase(self, fakes: Providers, web: httpx.Client) -> None:
        receipt = json.loads(
            web.post("/fake/google_play/purchase", json={"product_id": "p"}).json()["purchase"]
        )
        changed = {"token": receipt["purchaseToken"], "state": 1}
        assert web.post("/fake/google_play/change", json=changed).status_code == 200
        where = purchase_path(fakes.google_play, receipt["purchaseToken"], "products/p")
        assert web.get(where, headers=bearer(fakes)).json()["purchaseState"] == 1

    def test_a_refund(self, web: httpx.Client) -> None:
        bought = web.post("/fake/app_store/transaction", json={"product_id": "p", "transaction_id": "61"})
        refunded = web.post("/fake/app_store/refund", json={"transaction_id": "61"})
        before, after = (
            jwt.decode(answer.json()["receipt"], options={"verify_signature": False})
            for answer in (bought, refunded)
        )
        assert "revocationDate" not in before
        assert after["revocationDate"] >= before["purchaseDate"]
        assert after["transactionId"] == "61"

    def test_wishes_that_make_no_sense(self, web: httpx.Client) -> None:
        for fields in ({}, {"product_id": "sword", "chain": "golden"}):
            assert web.post("/fake/app_store/transaction", json=fields).status_code == 400
        refused = web.post("/fake/app_store/refund", json={"transaction_id": "62"})
        assert (refused.status_code, refused.text) == (400, "There is no transaction '62'.\n")
        assert web.post("/fake/google_play/change", json={"token": "unknown"}).status_code == 400

    @pytest.mark.parametrize(
        ("offer", "changes", "told"),
        [
            ("purchase", {"state": 3}, 'The field "state" must be 0, 1 or 2, and not 3.'),
            (
                "purchase",
                {"expires": "2030-01-31"},
                'A purchase has no "expires", but state, purchased, ',
            ),
            ("subscription", {"state": 1}, 'The field "state" must be one of ACTIVE, CANCELED, '),
            (
                "subscription",
                {"quantity": 2},
                'A subscription has no "quantity", but state, ',
            ),
            ("subscription", {"nonsense": 2}, 'There is no field "nonsense". The fields are: token'),
        ],
    )
    def test_changes_that_make_no_sense(
        self, web: httpx.Client, offer: str, changes: dict[str, Any], told: str
    ) -> None:
        token = web.post(f"/fake/google_play/{offer}", json={"product_id": "p"}).json()["token"]
        refused = web.post("/fake/google_play/change", json={"token": token, **changes})
        assert refused.status_code == 400
        assert refused.text.startswith(told)

    def test_a_change_tells_what_is_the_case(self, web: httpx.Client) -> None:
        token = web.post("/fake/google_play/subscription", json={"product_id": "p"}).json()["token"]
        changed = {"token": token, "state": "PAUSED", "expires": "2030-01-31"}
        told = web.post("/fake/google_play/change", json=changed).json()
        assert told == {"token": token, "state": "PAUSED", "expires": "2030-01-31T00:00:00.000Z"}
