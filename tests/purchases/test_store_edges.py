"""What stores say at its oddest, all the way: kept, or refused in words, and never told to anybody."""

import base64
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.purchases.notices.notice import StoreNotificationType
from kizuna.testing.providers import Providers
from tests.purchases.notices import NOW, Apple, Google, noted
from tests.purchases.stores import assert_hidden
from tests.purchases.support import Receipt, Refusal, Shelf, Shopper, everything_kept, stored
from tests.support.applications import client_of, running_application
from tests.support.players import sign_in_async

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


#: Milliseconds of the year 1, and a text of the last microsecond: PostgreSQL's driver makes infinity of both.
FIRST, LAST = -62135596800000, "9999-12-31T23:59:59.999999Z"


@pytest.mark.parametrize(
    ("kind", "store", "fields"),
    [
        ("purchase", "google", {"purchaseTimeMillis": None, "receipt": {"purchaseTime": FIRST}}),
        ("purchase", "huawei", {"purchaseTime": FIRST}),
        ("purchase", "facebook_instant", {"purchase_time": FIRST // 1000}),
        ("purchase", "apple", {"purchaseDate": FIRST}),
        ("purchase", "apple", {"revocationDate": FIRST}),
        ("subscription", "google", {"lineItems": [{"productId": "vip", "expiryTime": LAST}]}),
        ("subscription", "google", {"startTime": "0001-01-01T00:00:00Z"}),
        ("subscription", "apple", {"expiresDate": FIRST}),
    ],
)
async def test_times_that_nobody_could_read_again_are_refused(
    app: Application, providers: Providers, shelf: Shelf, ada: Shopper, kind: str, store: str, fields: Any
) -> None:
    id = shelf.id()
    if kind == "purchase":
        receipt: Receipt = getattr(shelf, store)("sword", id, **fields)
    else:
        expires = NOW + timedelta(days=30)
        receipt = getattr(shelf, f"{store}_subscription")("vip", id, expires, **fields)
    before = await everything_kept(app)
    assert await ada.send(receipt) == INVALID
    assert await everything_kept(app) == before
    assert await ada.subscriptions() == {}
    assert (await app.runtime.nk.purchases_list(ada.id)).validated_purchases == []


async def test_an_answer_is_not_much_larger_than_what_apple_says(
    providers: Providers, shelf: Shelf, ada: Shopper
) -> None:
    entries = [shelf.entry("gem", shelf.id(), payload={"note": "x" * 5000}) for _ in range(60)]
    answer = await ada.send(shelf.legacy_receipt(*entries))
    assert len(answer["validated_purchases"]) == 60
    assert len(json.dumps(answer)) < 2 * len(json.dumps(entries))


async def test_notifications_that_are_nested_too_deeply_are_refused(
    app: Application, providers: Providers, api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """They can be read, and not written again."""
    caplog.set_level(logging.INFO)
    google, apple = Google(providers.google_play, api), Apple(providers.app_store, api)
    before = await noted(app)
    deep = "[" * 300 + "]" * 300
    told = f'{{"packageName": "{providers.google_play.package_name}", "testNotification": {{}}, "x": {deep}}}'
    message = {"data": base64.b64encode(told.encode()).decode(), "messageId": "deep"}
    headers, _ = providers.google_play.notification()
    assert await google.send(headers, json.dumps({"message": message}).encode()) == 400
    # Each part of Apple's can be written, and all of it together cannot.
    half = json.loads("[" * 252 + "]" * 252)
    jws = providers.app_store.transaction("sword", revoked=NOW, payload={"deep": half})
    assert await apple.tell("REFUND", transaction=jws) == 400
    assert [text for text in caplog.messages if "nested too deeply" in text] == [
        "Google notification rejected: body: it is nested too deeply",
        "Apple notification rejected: body: it is nested too deeply",
    ]
    assert await noted(app) == before


async def test_the_log_says_whose_receipt_it_was_and_of_what(
    providers: Providers, shelf: Shelf, ada: Shopper, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    id = shelf.id()
    await ada.send(shelf.google("sword", id, purchaseState=1))
    told = f"Google receipt of {ada.id} rejected: state: it is 1 (product 'sword')"
    expires = datetime(2030, 1, 1, tzinfo=UTC)
    await ada.send(replace(shelf.apple("vip", "1000", expires=expires), path="purchase/apple"))
    of_apple = "(transaction '1000', original transaction '1000', product 'vip')"
    providers.faults.add("/verifyReceipt", status=500)
    await ada.send(shelf.buy("legacy"))
    [google, apple, down] = [each for each in caplog.records if each.name == "kizuna.purchases.asking"]
    assert (google.levelno, google.getMessage()) == (logging.INFO, told)
    rejected = f"Apple receipt of {ada.id} rejected: kind: it is a subscription {of_apple}"
    assert apple.getMessage() == rejected
    assert (down.levelno, down.getMessage()) == (
        logging.WARNING,
        f"Apple receipt of {ada.id} not verified: 127.0.0.1 answered 500",
    )
    # With `logger.format: json` it is a field besides.
    assert [vars(each)["user_id"] for each in (google, apple, down)] == [ada.id] * 3


async def test_a_wrong_password_of_ours_is_not_the_players_fault(
    database_url: str, app_clock: ShiftedClock, provider_settings: dict[str, Any], shelf: Shelf
) -> None:
    iap = provider_settings["iap"]
    settings = {**provider_settings, "iap": {**iap, "apple": {**iap["apple"], "shared_password": "wrong"}}}
    async with running_application(database_url, app_clock, settings) as app, client_of(app) as api:
        ada = Shopper(api, await sign_in_async(api))
        text = "Apple IAP verification is currently unavailable. Try again later."
        assert await ada.send(shelf.buy("legacy")) == Refusal(503, 14, text)


def test_what_game_code_is_told_of_prints_its_name() -> None:
    kind = StoreNotificationType.REFUNDED
    assert (f"{kind}", str(kind), f"{kind:>9}") == ("REFUNDED", "REFUNDED", " REFUNDED")
    assert (kind, int(kind), orjson.dumps(kind)) == (5, 5, b"5")


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
