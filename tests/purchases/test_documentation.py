"""The shop of docs/purchases.md, as it stands there."""

import re
from pathlib import Path
from typing import Any

import pytest

from kizuna.testing import Player, Providers, Refused, Server, Servers
from kizuna.testing.databases import open_databases
from kizuna.testing.options import settings_for_tests

PAGE = Path(__file__).parents[2] / "docs" / "purchases.md"
SHOP, HOOK = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
CHEST = 600


@pytest.fixture
def providers() -> Any:
    with Providers() as providers:
        yield providers


def serve(servers: Servers, providers: Providers, tmp_path: Path, code: str) -> Server:
    (tmp_path / "shop.py").write_text(code)
    return servers({**providers.settings, "runtime.modules": [str(tmp_path)]})


@pytest.fixture
def servers(tmp_path: Path) -> Any:
    with open_databases(None) as databases:
        servers = Servers(databases, lambda settings: settings_for_tests([], settings, tmp_path))
        try:
            yield servers
        finally:
            servers.stop()


def buy(player: Player, store: str, receipt: str) -> int:
    coins: int = player.rpc("buy", {"store": store, "receipt": receipt})["coins"]
    return coins


def test_the_function_pays_each_purchase_once(servers: Servers, providers: Providers, tmp_path: Path) -> None:
    server = serve(servers, providers, tmp_path, SHOP)
    ada, bob = server.player("ada"), server.player("bob")
    apple, google = providers.app_store.transaction("chest"), providers.google_play.purchase("chest")
    for store, receipt in (("apple", apple), ("google", google)):
        assert [buy(ada, store, receipt), buy(ada, store, receipt), buy(bob, store, receipt)] == [CHEST, 0, 0]
    assert (ada.wallet, bob.wallet) == ({"coins": 2 * CHEST}, {})


def test_the_function_answers_what_the_store_is_the_matter_with(
    servers: Servers, providers: Providers, tmp_path: Path
) -> None:
    ada = serve(servers, providers, tmp_path, SHOP).player("ada")

    def refusal(store: str, receipt: str) -> tuple[int, int, str]:
        with pytest.raises(Refused) as refused:
            buy(ada, store, receipt)
        return refused.value.status, refused.value.code, refused.value.message

    assert refusal("apple", "a.b.c") == (400, 9, "Invalid Receipt.")
    purchase = providers.google_play.purchase("chest")
    providers.faults.add("*", status=500)
    down = "Google IAP verification is currently unavailable. Try again later."
    assert refusal("google", purchase) == (503, 14, down)
    providers.faults.clear()
    assert buy(ada, "google", purchase) == CHEST


def test_a_refund_is_taken_back_once(servers: Servers, providers: Providers, tmp_path: Path) -> None:
    server = serve(servers, providers, tmp_path, SHOP)
    ada = server.player("ada")
    transaction = providers.app_store.transaction("chest", transaction_id="200000000000001")
    buy(ada, "apple", transaction)
    revoked = providers.app_store.revoked("200000000000001")
    path = f"/v2/console/apple/notifications/{server.settings.iap.apple.notifications_endpoint_id}"
    for number in range(2):  # as if Apple had told it twice
        body = providers.app_store.notification("REFUND", transaction=revoked, uuid=f"notification-{number}")
        assert post(server, path, body) == 200
        server.settle()
    assert ada.wallet == {"coins": 0}


def test_the_hook_pays_what_is_new(servers: Servers, providers: Providers, tmp_path: Path) -> None:
    server = serve(servers, providers, tmp_path, SHOP.split("def register")[0] + HOOK)
    ada, bob = server.player("ada"), server.player("bob")
    chest = {"receipt": providers.app_store.transaction("chest")}
    for player in (ada, bob):
        player.post("/v2/iap/purchase/apple", {**chest, "persist": False})
    assert (ada.wallet, bob.wallet) == ({}, {}), "nothing was stored"
    for player in (ada, ada, bob):
        player.post("/v2/iap/purchase/apple", chest)
    assert (ada.wallet, bob.wallet) == ({"coins": CHEST}, {})
    providers.app_store.transaction("pouch", transaction_id="200000000000002")
    ada.post("/v2/iap/purchase/apple", {"receipt": providers.app_store.revoked("200000000000002")})
    assert ada.wallet == {"coins": CHEST}, "it was refunded before"


def post(server: Server, path: str, body: bytes) -> int:
    import httpx

    return httpx.post(server.url + path, content=body).status_code
