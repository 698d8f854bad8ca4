"""What Google's server tells changes what is kept, as far as Google's API confirms it."""

import asyncio
import base64
import json
import logging
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers
from kizuna.testing.providers.google_play_access import TOKEN_PATH
from kizuna.testing.providers.jwt import base64url, signed_token
from kizuna.testing.providers.keys import key_id, public_pem, rsa_key
from tests.purchases.notices import DAY, EPOCH_TIME, GOOGLE, MONTH, NOW, Google, noted, notice
from tests.purchases.support import Shelf, Shopper, everything_kept, stored, stored_subscription
from tests.support.applications import client_of, running_application

SUBSCRIBED, RENEWED, EXPIRED, CANCELLED, REFUNDED = 1, 2, 3, 4, 5
REVOKED = 12
NOBODY = str(uuid.UUID(int=0))

#: A path of the publisher API.
ANY_SUBSCRIPTION = "/androidpublisher/v3/applications/{package}/purchases/subscriptionsv2/tokens/{token}"
ANY_PRODUCT = "/androidpublisher/v3/applications/{package}/purchases/productsv2/tokens/{token}"


@pytest.fixture
def google(providers: Providers, api: httpx.AsyncClient) -> Google:
    return Google(providers.google_play, api)


@pytest.fixture
def token(shelf: Shelf) -> str:
    """A purchase token that nobody has seen."""
    return shelf.id()


async def row(app: Application, token: str) -> dict[str, Any]:
    found = await stored_subscription(app, token)
    assert found is not None
    return found


async def kind(app: Application, id: str) -> int:
    """What game code would have been told of a notification."""
    found = await notice(app, f"google:{id}")
    assert found is not None
    told: int = found["kind"]
    return told


async def subscribed(shelf: Shelf, shopper: Shopper, token: str) -> None:
    """Validate a subscription that expires in a month."""
    await shopper.subscribe(shelf.subscribe("google", "vip", NOW + MONTH, token))


async def bought(shelf: Shelf, shopper: Shopper, token: str, **fields: Any) -> None:
    """Validate a purchase."""
    await shopper.buy(shelf.google("sword", token, **fields))


# --- subscriptions ---


@pytest.mark.parametrize(
    ("type", "told"), [(4, SUBSCRIBED), (2, RENEWED), (13, EXPIRED), (3, CANCELLED), ("2", RENEWED)]
)
async def test_a_change_is_what_google_says_now(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, token: str, type: Any, told: int
) -> None:
    await subscribed(shelf, ada, token)
    google.store.change(token, expires=NOW + 2 * MONTH, product_id="gold")
    headers, body = google.store.notification("subscription", token, notification_type=type, message_id=token)
    assert await google.send(headers, body) == 200
    kept = await row(app, token)
    assert (kept["owner"], kept["product_id"], kept["expire_time"]) == (ada.id, "gold", NOW + 2 * MONTH)
    assert (kept["store"], kept["refund_time"]) == (1, EPOCH_TIME)
    assert kept["raw_notification"] == json.loads(body)
    assert kept["raw_response"]["kind"] == "androidpublisher#subscriptionPurchaseV2"
    assert await kind(app, token) == told


@pytest.mark.parametrize("type", [1, 5, 6, 7, 8, 9, 10, 11, 17, 18, 19, 20, 22, 99, 0, -1, None, "x", []])
async def test_other_types_are_no_news_but_google_is_asked(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, token: str, type: Any
) -> None:
    await subscribed(shelf, ada, token)
    google.store.change(token, expires=NOW - DAY, state="ON_HOLD")
    answer = await google.tell("subscription", token, message_id=token, notificationType=type)
    assert answer == 200
    assert (await row(app, token))["expire_time"] == NOW - DAY
    assert await kind(app, token) == 0


@pytest.mark.parametrize("name", ["account_id", "profile_id"])
async def test_who_is_named_to_google_has_it(
    app: Application, google: Google, ada: Shopper, token: str, name: str
) -> None:
    named: dict[str, Any] = {name: ada.id}
    google.store.subscription("vip", token=token, **named)
    assert await google.tell("subscription", token) == 200
    kept = await row(app, token)
    assert (kept["owner"], kept["purchase_time"], kept["expire_time"]) == (ada.id, NOW, NOW + MONTH)


@pytest.mark.parametrize("account", ["", "someone", str(uuid.uuid4()), str(uuid.UUID(int=0)), "f" * 64])
async def test_what_is_nobodys_is_not_kept(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, token: str, account: str
) -> None:
    google.store.subscription("vip", token=token, account_id=account)
    assert await google.tell("subscription", token) == 200
    assert await stored_subscription(app, token) is None


async def test_what_is_named_to_google_need_not_be_a_user(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, token: str
) -> None:
    await subscribed(shelf, ada, token)
    named = {"obfuscatedExternalAccountId": "a-hash"}
    google.store.change(token, externalAccountIdentifiers=named, expires=NOW + 2 * MONTH)
    assert await google.tell("subscription", token, notification_type=2) == 200
    assert (await row(app, token))["expire_time"] == NOW + 2 * MONTH


async def test_what_replaces_another_token_goes_on_under_the_first(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, token: str
) -> None:
    await subscribed(shelf, ada, token)
    google.store.subscription("gold", token=f"{token}-2", linked=token, expires=NOW + 2 * MONTH)
    assert await google.tell("subscription", f"{token}-2") == 200
    kept = await row(app, token)
    assert (kept["product_id"], kept["expire_time"], kept["owner"]) == ("gold", NOW + 2 * MONTH, ada.id)
    assert await stored_subscription(app, f"{token}-2") is None
    # The first token has expired by that, and that is no news.
    replaced: dict[str, Any] = {"canceledStateContext": {"replacementCancellation": {}}}
    google.store.change(token, expires=NOW, state="EXPIRED", **replaced)
    assert await google.tell("subscription", token, notification_type=13) == 200
    assert (await row(app, token))["expire_time"] == NOW + 2 * MONTH


# --- refunds ---


async def test_a_revoked_subscription_is_refunded_and_over(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, clock: ShiftedClock, token: str
) -> None:
    await subscribed(shelf, ada, token)
    clock.offset += DAY
    google.store.change(token, expires=NOW + DAY, state="EXPIRED")
    assert await google.tell("subscription", token, notification_type=REVOKED, message_id=token) == 200
    kept = await row(app, token)
    assert (kept["expire_time"], kept["refund_time"]) == (NOW + DAY, NOW + DAY)
    assert await kind(app, token) == REFUNDED
    assert "active" not in await ada.subscription("vip")


@pytest.mark.parametrize("about", ["subscription", "voided"])
async def test_who_says_revoked_is_not_believed(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, token: str, about: str
) -> None:
    await subscribed(shelf, ada, token)
    type = {"notification_type": REVOKED} if about == "subscription" else {}
    assert await google.tell(about, token, message_id=token, **type) == 200
    assert (await ada.subscription("vip"))["active"] is True
    assert (await row(app, token))["refund_time"] == EPOCH_TIME
    assert await kind(app, token) == 0


async def test_a_voided_subscription(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, token: str
) -> None:
    await subscribed(shelf, ada, token)
    google.store.change(token, expires=NOW, state="EXPIRED")
    assert await google.tell("voided", token, message_id=token) == 200
    kept = await row(app, token)
    assert (kept["expire_time"], kept["refund_time"]) == (NOW, NOW)
    assert await kind(app, token) == REFUNDED


@pytest.mark.parametrize("members", [{}, {"productType": "2", "refundType": "1"}, {"refundType": None}])
async def test_a_voided_purchase(
    app: Application,
    google: Google,
    shelf: Shelf,
    ada: Shopper,
    clock: ShiftedClock,
    token: str,
    members: dict[str, Any],
) -> None:
    await bought(shelf, ada, token)
    clock.offset += DAY
    google.store.change(token, state=1)
    assert await google.tell("voided", token, message_id=token, **members) == 200
    kept = await stored(app, token)
    assert kept is not None
    assert (kept["refund_time"], kept["owner"], kept["product_id"]) == (NOW + DAY, ada.id, "sword")
    assert await kind(app, token) == REFUNDED


async def test_a_voided_purchase_that_google_still_calls_paid(
    app: Application,
    google: Google,
    shelf: Shelf,
    ada: Shopper,
    token: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await bought(shelf, ada, token)
    before = await noted(app)
    assert await google.tell("voided", token) == 200
    kept = await stored(app, token)
    assert kept is not None
    assert kept["refund_time"] == EPOCH_TIME
    assert await noted(app) == before
    assert "which has not been cancelled" in caplog.text


@pytest.mark.parametrize("part", [2, "2"])
async def test_a_part_of_a_refund_is_none(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, token: str, part: Any
) -> None:
    await bought(shelf, ada, token, quantity=5)
    google.store.change(token, state=1)
    assert await google.tell("voided", token, refundType=part) == 200
    kept = await stored(app, token)
    assert kept is not None
    assert kept["refund_time"] == EPOCH_TIME


@pytest.mark.parametrize("is_named", [True, False])
async def test_a_refund_before_any_validation_is_remembered_for_nobody(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, token: str, is_named: bool
) -> None:
    google.store.purchase("sword", token=token, state=1, account_id=ada.id if is_named else "")
    assert await google.tell("voided", token) == 200
    kept = await stored(app, token)
    assert kept is not None
    assert (kept["owner"], kept["refund_time"], kept["store"]) == (NOBODY, NOW, 1)
    google.store.change(token, state=0)
    purchase = await ada.buy(shelf.google("sword", token))
    assert (purchase["seen_before"], purchase["refund_time"]) == (True, "2026-03-02T12:00:00Z")


async def test_a_refund_of_a_subscription_before_any_validation(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, token: str
) -> None:
    google.store.subscription("vip", token=token, expires=NOW, state="EXPIRED")
    assert await google.tell("voided", token) == 200
    assert (await row(app, token))["owner"] == NOBODY
    subscription = await ada.subscribe(shelf.google_subscription("vip", token, NOW))
    assert (subscription["refund_time"], subscription["user_id"]) == ("2026-03-02T12:00:00Z", ada.id)


@pytest.mark.parametrize("how", ["told", "validated"])
async def test_what_is_paid_again_after_a_refund_is_active(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, clock: ShiftedClock, token: str, how: str
) -> None:
    """As a subscription that was on hold, whose last period had been paid back meanwhile."""
    await subscribed(shelf, ada, token)
    clock.offset += MONTH + DAY
    google.store.change(token, state="ON_HOLD")
    assert await google.tell("voided", token) == 200
    assert (await row(app, token))["refund_time"] == clock.now()
    clock.offset += DAY
    receipt = shelf.google_subscription("vip", token, NOW + MONTH, state="ON_HOLD")
    assert "active" not in await ada.subscribe(receipt)
    ends = clock.now() + MONTH
    google.store.change(token, state="ACTIVE", expires=ends)
    if how == "told":
        assert await google.tell("subscription", token, notification_type=1) == 200
    else:
        await ada.subscribe(shelf.google_subscription("vip", token, ends))
    assert ((await row(app, token))["refund_time"], (await row(app, token))["expire_time"]) == (
        EPOCH_TIME,
        ends,
    )
    assert (await ada.subscription("vip"))["active"] is True


async def test_an_id_of_another_store_changes_nothing(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    await ada.subscribe(shelf.subscribe("apple", "vip", NOW + MONTH, token))
    await ada.buy(shelf.buy("apple", id=token))
    before = await row(app, token), await stored(app, token), await noted(app)
    google.store.subscription("vip", token=token, account_id=ada.id)
    assert await google.tell("subscription", token) == 200
    google.store.purchase("sword", token=token, state=1)
    assert await google.tell("voided", token) == 200
    assert (await row(app, token), await stored(app, token), await noted(app)) == before
    assert caplog.text.count("is about an id of another store's") == 2


# --- what changes nothing ---


async def test_tests_and_purchases_change_nothing(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, token: str
) -> None:
    google.store.purchase("sword", token=token, account_id=ada.id)
    before = await noted(app)
    assert await google.tell("test") == 200
    assert await google.tell("product", token) == 200
    assert await stored(app, token) is None
    assert await noted(app) == before
    assert "seen_before" not in await ada.buy(shelf.google("sword", token))


async def test_a_repetition_does_nothing(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, clock: ShiftedClock, token: str
) -> None:
    await subscribed(shelf, ada, token)
    headers, body = google.store.notification("subscription", token)
    assert await google.send(headers, body) == 200
    before, count = await row(app, token), await noted(app)
    clock.offset += DAY / 48
    assert [await google.send(headers, body) for _ in range(3)] == [200, 200, 200]
    assert await row(app, token) == before
    assert await noted(app) == count


async def test_what_google_does_not_know_is_not_sent_again(
    app: Application, google: Google, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert await google.tell("subscription", token) == 200
    assert await google.tell("voided", token) == 200
    google.store.subscription("vip", token=token, state="PENDING")
    assert await google.tell("subscription", token) == 200
    assert await stored_subscription(app, token) is None
    assert caplog.text.count("Google Play tells of what it does not confirm") == 3


# --- what cannot be asked, what is refused ---


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 429}, {"status": 401}, {"status": 403}, {"reset": True}, {"body": b"x"}],
)
@pytest.mark.parametrize("path", [ANY_SUBSCRIPTION, ANY_PRODUCT])
async def test_google_that_cannot_be_asked_is_to_come_again(
    app: Application,
    google: Google,
    providers: Providers,
    shelf: Shelf,
    ada: Shopper,
    token: str,
    path: str,
    fault: dict[str, Any],
) -> None:
    is_subscription = path == ANY_SUBSCRIPTION
    await (subscribed if is_subscription else bought)(shelf, ada, token)
    about = "subscription" if is_subscription else "voided"
    headers, body = google.store.notification(about, token, message_id=token)
    providers.faults.add(path, **fault)
    assert await google.send(headers, body) == 503
    assert await notice(app, f"google:{token}") is None
    providers.faults.clear()
    assert await google.send(headers, body) == 200


async def test_a_server_that_is_not_configured_wants_it_later(
    database_url: str, app_clock: ShiftedClock, provider_settings: dict[str, Any], google: Google, token: str
) -> None:
    iap = provider_settings["iap"]
    settings = {**provider_settings, "iap": {**iap, "google": {**iap["google"], "private_key": ""}}}
    async with running_application(database_url, app_clock, settings) as app, client_of(app) as api:
        there = Google(google.store, api)
        assert await there.tell("subscription", token) == 503
        assert await there.tell("test") == 200


async def test_keys_that_cannot_be_fetched(
    database_url: str, app_clock: ShiftedClock, provider_settings: dict[str, Any], google: Google,
    providers: Providers,
) -> None:  # fmt: skip
    async with running_application(database_url, app_clock, provider_settings) as app, client_of(app) as api:
        there = Google(google.store, api)
        providers.faults.add("/oauth2/v1/certs", status=500)
        assert await there.tell("test") == 503
        providers.faults.clear()
        assert await there.tell("test") == 200


@pytest.mark.parametrize(
    "forged",
    [
        {"claims": {"aud": "https://other.example.com"}},
        {"claims": {"email": "other@fake-project.iam.gserviceaccount.com"}},
        {"claims": {"email_verified": False}},
        {"claims": {"iss": "https://evil.example.com"}},
        {"claims": {"exp": 1}},
        {"without": ("email",)},
        {"without": ("exp",)},
        {"key": rsa_key("somebody's")},
        {"header": {"alg": "none"}},
        {"header": {"kid": "unknown"}},
    ],
)
async def test_who_is_not_google_is_told_so(
    app: Application, google: Google, ada: Shopper, token: str, forged: dict[str, Any]
) -> None:
    google.store.subscription("vip", token=token, account_id=ada.id)
    before = await noted(app)
    assert await google.tell("subscription", token, **forged) == 401
    assert await stored_subscription(app, token) is None
    assert await noted(app) == before


def spoilt(google: Google, how: str) -> str:
    """A token that Google has not signed, or not so."""
    key = google.store.world.keys("google").current
    head, payload, signature = google.store.push_token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if how == "other claims":
        return f"{head}.{base64url(json.dumps({**claims, 'exp': claims['exp'] + 1}).encode())}.{signature}"
    if how == "other header":
        header = {"alg": "RS256", "kid": key_id(key), "typ": "at+jwt"}
        return f"{base64url(json.dumps(header).encode())}.{payload}.{signature}"
    if how == "no signature":
        return f"{head}.{payload}."
    if how == "none":
        return signed_token(None, {"alg": "none", "kid": key_id(key)}, claims)
    secret = public_pem(key).encode()
    return signed_token(secret, {"alg": "HS256" if how == "hmac" else "RS256", "kid": key_id(key)}, claims,
                        algorithm="HS256")  # fmt: skip


@pytest.mark.parametrize(
    ("how", "check"),
    [
        ("other claims", "signature"),
        ("other header", "signature"),
        ("no signature", "signature"),
        ("none", "algorithm"),
        ("hmac", "algorithm"),
        ("hmac under another name", "signature"),
    ],
)
async def test_who_spoils_a_token_is_not_google(
    app: Application,
    google: Google,
    ada: Shopper,
    token: str,
    how: str,
    check: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    google.store.subscription("vip", token=token, account_id=ada.id)
    before, rows = await noted(app), await everything_kept(app)
    headers, body = google.store.notification("subscription", token)
    assert await google.send({**headers, "authorization": f"Bearer {spoilt(google, how)}"}, body) == 401
    assert f"Google notification rejected: {check}: " in caplog.text
    assert (await noted(app), await everything_kept(app)) == (before, rows)
    assert await google.send(headers, body) == 200
    assert await noted(app) == before + 1


async def test_google_may_take_another_key(
    app: Application, google: Google, providers: Providers, ada: Shopper, token: str, clock: ShiftedClock
) -> None:
    google.store.subscription("vip", token=token, account_id=ada.id)
    old, body = google.store.notification("subscription", token, message_id=f"{token}-1")
    assert await google.send(old, body) == 200
    providers.google.rotate()
    clock.offset += timedelta(minutes=2)
    old, body = google.store.notification("subscription", token, message_id=f"{token}-2")
    asked = len(providers.asked("/oauth2/v1/certs"))
    assert await asyncio.gather(*(google.send(old, body) for _ in range(5))) == [200] * 5
    assert len(providers.asked("/oauth2/v1/certs")) == asked + 1
    assert await notice(app, f"google:{token}-2") is not None


@pytest.mark.parametrize("fault", [{"body_delay": 30}, {"delay": 30}, {"huge": 3_000_000}], ids=str)
async def test_keys_that_do_not_come(
    app: Application, google: Google, providers: Providers, ada: Shopper, token: str,
    database_url: str, app_clock: ShiftedClock, provider_settings: dict[str, Any], fault: dict[str, Any],
) -> None:  # fmt: skip
    settings = {**provider_settings, "iap": {**provider_settings["iap"], "http_timeout_ms": 500}}
    google.store.subscription("vip", token=token, account_id=ada.id)
    async with running_application(database_url, app_clock, settings) as fresh, client_of(fresh) as api:
        before, rows = await noted(app), await everything_kept(app)
        providers.faults.add("/oauth2/v1/certs", **fault)
        assert await Google(google.store, api).tell("subscription", token) == 503
        assert (await noted(app), await everything_kept(app)) == (before, rows)
        providers.faults.clear()
        assert await Google(google.store, api).tell("subscription", token) == 200
        assert await noted(app) == before + 1


async def test_without_a_token_and_what_is_answered(google: Google, token: str) -> None:
    headers, body = google.store.notification("subscription", token)
    for authorization in (
        "",
        "Bearer",
        "Bearer ",
        "Basic eDp5",
        "Bearer a.b.c",
        headers["authorization"][7:],
    ):
        answer = await google.api.post(GOOGLE, content=body, headers={"authorization": authorization})
        assert (answer.status_code, answer.content) == (401, b"")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert (await google.api.post(GOOGLE, content=body)).status_code == 401


async def test_without_an_audience_no_token_is_needed(
    database_url: str, app_clock: ShiftedClock, provider_settings: dict[str, Any], google: Google
) -> None:
    iap = provider_settings["iap"]
    settings = {**provider_settings, "iap": {**iap, "google": {**iap["google"], "push_audience": ""}}}
    async with running_application(database_url, app_clock, settings) as app, client_of(app) as api:
        _, body = google.store.notification("test")
        assert await Google(google.store, api).send({}, body) == 200


@pytest.mark.parametrize("package", ["com.example.other", "", "../..", "com.example.game/", 7])
async def test_other_apps_are_refused(app: Application, google: Google, token: str, package: Any) -> None:
    before = await noted(app)
    assert await google.tell("subscription", token, package_name=package) == 400
    assert await google.tell("test", package_name=package) == 400
    assert await noted(app) == before


def message(data: Any, **members: Any) -> bytes:
    """A body of Pub/Sub's."""
    return json.dumps({"message": {"messageId": str(uuid.uuid4()), "data": data, **members}}).encode()


def encoded(told: Any) -> str:
    return base64.b64encode(json.dumps(told, ensure_ascii=False).encode()).decode()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"{}", b"[]", b"null", b"\xff", b'{"message": 7}', b'{"message": {}}', b"[" * 100_000,
        message(None), message(7), message("?"), message("e30"), message(encoded([])),
        message(encoded({})), message(encoded({"packageName": None})),
        message(encoded({"packageName": "com.example.game"}), messageId=None),
        message(encoded({"packageName": "com.example.game"}), messageId=7),
        message(encoded({"packageName": "com.example.game"}), messageId="x" * 1000),
        message(encoded({"packageName": "com.example.game", "subscriptionNotification": {}})),
        message(encoded({"packageName": "com.example.game", "voidedPurchaseNotification": {}})),
        message(encoded({"packageName": "com.example.game",
                         "subscriptionNotification": {"purchaseToken": "x" * 513, "notificationType": 2}})),
        message(encoded({"packageName": "com.example.game",
                         "subscriptionNotification": {"purchaseToken": "\0", "notificationType": 2}})),
    ],
)  # fmt: skip
async def test_garbage_is_refused(google: Google, body: bytes) -> None:
    headers, _ = google.store.notification()
    assert await google.send(headers, body) == 400


@pytest.mark.parametrize(
    "spelled",
    [
        base64.b64encode,
        base64.urlsafe_b64encode,
        lambda data: base64.b64encode(data).rstrip(b"="),
        lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
    ],
)
async def test_every_spelling_of_base64_is_read(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, token: str, spelled: Any
) -> None:
    await subscribed(shelf, ada, token)
    google.store.change(token, expires=NOW + 2 * MONTH)
    told = {
        "packageName": "com.example.game",
        "eventTimeMillis": 1700000000000,
        "note": "ÿ?~>" * 20,
        "subscriptionNotification": {"purchaseToken": token, "notificationType": 2},
    }
    text = spelled(json.dumps(told, ensure_ascii=False).encode()).decode()
    headers, _ = google.store.notification()
    assert await google.send(headers, message(text)) == 200
    assert (await row(app, token))["expire_time"] == NOW + 2 * MONTH


async def test_both_names_of_the_id_do(google: Google, app: Application) -> None:
    headers, _ = google.store.notification()
    told = encoded({"packageName": "com.example.game", "testNotification": {"version": "1.0"}})
    body = json.dumps({"message": {"message_id": "1", "data": told}}).encode()
    assert await google.send(headers, body) == 200


async def test_the_older_path_does_as_well(google: Google) -> None:
    headers, body = google.store.notification()
    assert await google.send(headers, body, GOOGLE.replace("/notifications/", "/subscriptions/")) == 200


async def test_secrets_are_not_logged(
    app: Application, google: Google, providers: Providers, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    providers.faults.add(TOKEN_PATH, status=500)
    await google.tell("subscription", f"secret-{token}")
    headers, _ = google.store.notification()
    await google.send({"authorization": headers["authorization"][:-3]}, b"{}")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("kizuna")]
    assert ours
    for text in ours:
        assert "secret-" not in text
        assert headers["authorization"][-40:-4] not in text
        assert GOOGLE not in text


async def test_many_at_once_leave_the_latest(
    app: Application, google: Google, shelf: Shelf, ada: Shopper, token: str
) -> None:
    """Notifications and validations in parallel, while the subscription is renewed."""
    await subscribed(shelf, ada, token)
    google.store.change(token, expires=NOW + 2 * MONTH)
    receipt = shelf.google_subscription("vip", token, NOW + 2 * MONTH)
    answers = await asyncio.gather(
        *(google.tell("subscription", token, notification_type=2) for _ in range(8)),
        *(ada.subscribe(receipt) for _ in range(8)),
    )
    assert {answer for answer in answers if isinstance(answer, int)} == {200}
    assert (await row(app, token))["expire_time"] == NOW + 2 * MONTH
