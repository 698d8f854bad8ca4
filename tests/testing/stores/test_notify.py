"""What the stores that are played tell a game's server."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import jwt
import pytest

from kizuna.testing import MovableClock
from kizuna.testing.providers import Providers
from tests.testing.stores.support import DAY, ids


class Game(BaseHTTPRequestHandler):
    """A game's server, which notes what it is told and answers with `status`."""

    status = 204
    told: list[tuple[str, dict[str, str], Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.told.append((self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
        self.send_response(self.status)
        self.send_header("location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the log is for tests that fail."""


@pytest.fixture
def game() -> Iterator[Any]:
    """A game's server that runs; its `url` tells where."""
    handler: Any = type("Handler", (Game,), {"told": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        handler.url = f"http://127.0.0.1:{server.server_port}"
        yield handler
        server.shutdown()
        thread.join()


class TestNotify:
    """What happens to a purchase, and what a server is told of it."""

    def claims(self, jws: str) -> dict[str, Any]:
        told: dict[str, Any] = jwt.decode(jws, options={"verify_signature": False})
        return told

    def apple(self, game: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """The last notification, its transaction and its renewal."""
        path, headers, body = game.told[-1]
        assert path == "/v2/console/apple/notifications/fake-app-store-notifications"
        assert headers["content-type"] == "application/json"
        told = self.claims(body["signedPayload"])
        data = told["data"]
        renewal = data.get("signedRenewalInfo")
        return told, self.claims(data["signedTransactionInfo"]), self.claims(renewal) if renewal else {}

    def test_a_refund(self, fakes: Providers, game: Any, clock: MovableClock) -> None:
        store = fakes.app_store
        store.transaction("sword", transaction_id="1")
        assert store.notify(game, "REFUND", "1") == 204
        told, transaction, renewal = self.apple(game)
        assert (told["notificationType"], transaction["transactionId"]) == ("REFUND", "1")
        assert transaction["revocationDate"] / 1000 == pytest.approx(clock.unix(), abs=60)
        assert renewal == {}
        store.notify(game.url, "REFUND_REVERSED", "1")
        assert "revocationDate" not in self.apple(game)[1]

    def test_a_subscription_that_goes_on_and_ends(
        self, fakes: Providers, game: Any, clock: MovableClock
    ) -> None:
        store, now = fakes.app_store, clock.now()
        store.transaction("vip", transaction_id="2", expires=now + DAY)
        store.notify(game, "DID_RENEW", "2")
        _, renewed, renewal = self.apple(game)
        assert renewed["transactionId"] != renewed["originalTransactionId"] == "2"
        assert (renewed["expiresDate"] / 1000 - now.timestamp()) / 86_400 == pytest.approx(31, abs=0.01)
        assert (renewal["renewalDate"], renewal["autoRenewStatus"]) == (renewed["expiresDate"], 1)
        store.notify(game, "DID_CHANGE_RENEWAL_STATUS", "2")
        told, same, renewal = self.apple(game)
        assert (told["subtype"], renewal["autoRenewStatus"]) == ("AUTO_RENEW_DISABLED", 0)
        assert same["expiresDate"] == renewed["expiresDate"]
        store.notify(game, "EXPIRED", "2")
        told, ended, renewal = self.apple(game)
        assert (told["data"]["status"], ended["transactionId"]) == (2, renewed["transactionId"])
        assert ended["expiresDate"] == renewal["renewalDate"]
        assert ended["expiresDate"] / 1000 == pytest.approx(clock.unix(), abs=60)
        assert store.known("2")["expiresDate"] <= ended["expiresDate"]

    def test_a_time_of_grace(self, fakes: Providers, game: Any, clock: MovableClock) -> None:
        store = fakes.app_store
        store.transaction("vip", transaction_id="3", expires=clock.now())
        store.notify(game, "DID_FAIL_TO_RENEW", "3", subtype="GRACE_PERIOD", expires="2040-01-31")
        told, _, renewal = self.apple(game)
        assert told["data"]["status"] == 4
        assert renewal["gracePeriodExpiresDate"] == 2_211_580_800_000

    def test_another_product(self, fakes: Providers, game: Any) -> None:
        store = fakes.app_store
        store.transaction("vip", transaction_id="4", expires="2040-01-31")
        store.notify(game, "DID_CHANGE_RENEWAL_PREF", "4", product_id="gold")
        assert self.apple(game)[2]["autoRenewProductId"] == "gold"

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({"kind": "NONSENSE"}, "there is no kind 'NONSENSE', but TEST, "),
            ({"kind": "REFUND", "transaction_id": "zzz"}, "there is no transaction 'zzz'"),
            (
                {"kind": "EXPIRED", "transaction_id": "5"},
                "EXPIRED is for subscriptions, and '5' is a purchase",
            ),
            ({"kind": "EXPIRED", "subtype": "UPGRADE"}, "EXPIRED has no subtype 'UPGRADE', but VOLUNTARY, "),
        ],
    )
    def test_what_cannot_happen_in_the_app_store(
        self, fakes: Providers, game: Any, fields: dict[str, str], told: str
    ) -> None:
        fakes.app_store.transaction("sword", transaction_id="5")
        with pytest.raises(ValueError, match=told):
            fakes.app_store.notify(game, **fields)
        assert game.told == []

    def google(self, game: Any) -> dict[str, Any]:
        """The last notification."""
        path, headers, body = game.told[-1]
        assert path == "/v2/console/google/notifications/fake-google-play-notifications"
        assert headers["authorization"].startswith("Bearer ")
        told: dict[str, Any] = json.loads(base64.b64decode(body["message"]["data"]))
        return told

    def test_what_becomes_of_a_purchase_on_google_play(self, fakes: Providers, game: Any) -> None:
        store, token = fakes.google_play, ids()
        store.purchase("sword", token=token)
        assert store.notify(game, "PURCHASED", token) == 204
        assert self.google(game)["oneTimeProductNotification"]["notificationType"] == 1
        store.notify(game, "VOIDED", token)
        assert self.google(game)["voidedPurchaseNotification"]["purchaseToken"] == token
        assert store.known(token).state == 1
        assert store.notify(game, "TEST") == 204
        assert "testNotification" in self.google(game)

    def test_what_becomes_of_a_subscription_on_google_play(
        self, fakes: Providers, game: Any, clock: MovableClock
    ) -> None:
        store, token, now = fakes.google_play, ids(), clock.now()
        store.subscription("vip", token=token, expires=now + DAY)
        for kind, type, state, days in (
            ("CANCELED", 3, "CANCELED", 1),
            ("RENEWED", 2, "ACTIVE", 31),
            ("EXPIRED", 13, "EXPIRED", 0),
        ):
            store.notify(game, kind, token)
            assert self.google(game)["subscriptionNotification"]["notificationType"] == type
            record: Any = store.known(token)
            assert record.state == state
            assert (record.expires - now) / DAY == pytest.approx(days, abs=0.01)

    @pytest.mark.parametrize(
        ("kind", "told"),
        [
            ("NONSENSE", "there is no kind"),
            ("EXPIRED", "EXPIRED is for subscriptions"),
            ("VOIDED", "nothing"),
        ],
    )
    def test_what_cannot_happen_on_google_play(
        self, fakes: Providers, game: Any, kind: str, told: str
    ) -> None:
        token = ids()
        fakes.google_play.purchase("sword", token=token)
        with pytest.raises(ValueError, match=told):
            fakes.google_play.notify(game, kind, token if kind != "VOIDED" else "unknown")

    def test_with_curl(self, web: httpx.Client, game: Any) -> None:
        sold = web.post("/fake/app_store/transaction", json={"product_id": "p"}).json()
        wish = {"kind": "REFUND", "transaction_id": sold["transaction_id"], "server": game.url}
        answer = web.post("/fake/app_store/notify", json=wish)
        assert answer.json() == {"status": 204, "transaction_id": sold["transaction_id"]}
        game.status = 307
        answer = web.post("/fake/google_play/notify", json={"kind": "TEST", "server": game.url})
        assert answer.json() == {"status": 307}
        assert len(game.told) == 2

    @pytest.mark.parametrize("store", ["app_store", "google_play"])
    def test_servers_that_are_none(self, web: httpx.Client, store: str) -> None:
        def refused(**fields: Any) -> tuple[int, str]:
            answer = web.post(f"/fake/{store}/notify", json={"kind": "TEST", **fields})
            return answer.status_code, answer.text

        status, told = refused()
        assert (status, "has not started yet" in told) == (400, True)
        for elsewhere in ("http://example.com", "file:///etc/passwd", "http://[", 5):
            status, told = refused(server=elsewhere)
            assert (status, told.startswith('The field "server" must be URL of a server of this')) == (
                400,
                True,
            )
        status, told = refused(server="http://127.0.0.1:1")
        assert status == 502
        assert told.startswith("The server http://127.0.0.1:1 does not answer: ")
