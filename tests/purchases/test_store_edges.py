"""What stores say at its oddest, all the way: kept, or refused in words, and never told to anybody."""

import base64
import json
import logging

import pytest

from kizuna.app import Application
from kizuna.testing.providers import Providers
from tests.purchases.stores import assert_hidden
from tests.purchases.support import Receipt, Refusal, Shelf, Shopper, stored

#: The routes of the fake that confirm purchases.
PATHS = {
    "google": "/androidpublisher/v3/applications/{package}/purchases/products/{product}/tokens/{token}",
    "huawei": "/applications/purchases/tokens/verify",
}

INVALID = Refusal(400, 9, "Invalid Receipt.")


def instant(providers: Providers, id: str, more: str) -> Receipt:
    """A purchase in an Instant Game whose payload has one more member, given as the text that it is."""
    known = {
        "algorithm": "HMAC-SHA256",
        "app_id": "1234567890123456",
        "product_id": "sword",
        "purchase_time": 1700000000,
        "purchase_token": id,
    }
    text = f'{json.dumps(known)[:-1]}, "more": {more}}}'
    signed = providers.instant_store.sign(text.encode())
    return Receipt("purchase/facebookinstant", {"signed_request": signed}, id)


@pytest.mark.parametrize(
    "more",
    [
        "123456789012345678901234567890",
        "1e308",
        "-0.0",
        '"\\ud83d\\udde1 \\u007f \\u0001 \\\\u0000"',
        '{"a": 1, "a": 2, "": null}',
        "[" * 900 + "]" * 900,
    ],
    ids=["long", "large", "zero", "text", "twice", "deep"],
)
async def test_json_of_every_kind_is_kept(
    app: Application, providers: Providers, shelf: Shelf, ada: Shopper, more: str
) -> None:
    receipt = instant(providers, shelf.id(), more)
    assert "seen_before" not in await ada.buy(receipt)
    assert await stored(app, receipt.id) is not None


@pytest.mark.parametrize("more", ['"\\u0000"', '{"\\u0000": 1}', "1e999", '"\\ud800"', "NaN", "1e-20000"])
async def test_json_that_cannot_be_kept_is_refused(
    app: Application, providers: Providers, shelf: Shelf, ada: Shopper, more: str
) -> None:
    receipt = instant(providers, shelf.id(), more)
    answer = await ada.send(receipt)
    assert (answer.status, answer.code) in ((400, 9), (400, 3)), answer
    assert await stored(app, receipt.id) is None


@pytest.mark.parametrize("store", ["google", "huawei"])
@pytest.mark.parametrize("status", [200, 401, 404, 500])
async def test_no_log_tells_a_token(
    providers: Providers,
    shelf: Shelf,
    ada: Shopper,
    caplog: pytest.LogCaptureFixture,
    store: str,
    status: int,
) -> None:
    caplog.set_level(logging.DEBUG)
    providers.requests.clear()
    receipt = shelf.buy(store, id=f"purchase-token-of-{store}-{status}")
    if status != 200:
        providers.faults.add(PATHS[store], status=status, json={"error": "no"})

    answer = await ada.send(receipt)

    assert ("validated_purchases" in answer) == (status == 200)
    headers = [seen.headers.get("authorization", "") for seen in providers.requests]
    shown = {header.split()[1] for header in headers if header}
    assert shown
    plain = {base64.b64decode(token).decode() for token in shown if store == "huawei"}
    # What the fake itself logs, which runs in this process, is not ours.
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    assert logged
    assert_hidden([*shown, *plain, receipt.id], *logged)
