"""Game code is told of what the stores tell: at least once, whatever happens."""

import asyncio
import json
import logging
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.purchases.notices.delivery import KEPT
from kizuna.purchases.notices.notice import TOPICS
from kizuna.runtime import App, Context, PurchaseNotification, RegistrationError, SubscriptionNotification
from kizuna.testing.providers import Providers
from tests.purchases.notices import APPLE, DAY, MONTH, NOW, Apple, Google, noted, notice
from tests.purchases.support import Shelf, Shopper
from tests.support.applications import client_of, running_application
from tests.support.boards import SETTINGS
from tests.support.databases import Databases
from tests.support.players import HTTP_KEY, sign_in, sign_in_async
from tests.support.processes import Serve
from tests.support.providers import nested
from tests.support.waiting import wait_until, wait_until_async

DOCS = Path(__file__).parents[2] / "docs"

GAME = """
import asyncio, dataclasses, json
import kizuna.runtime as rt

told = []

def register(app: rt.App) -> None:
    app.purchase_notification_apple(purchase)
    app.purchase_notification_google(purchase)
    app.subscription_notification_apple(subscription)
    app.subscription_notification_google(subscription)

    @app.rpc("told")
    async def what_was_told(ctx, payload):
        return json.dumps(told, default=str)

async def purchase(ctx: rt.Context, event: rt.PurchaseNotification) -> None:
    await note(ctx, event, event.purchase)

async def subscription(ctx: rt.Context, event: rt.SubscriptionNotification) -> None:
    await note(ctx, event, event.subscription)

async def note(ctx, event, subject):
    told.append({"id": event.id, "type": event.type.name, "subject": dataclasses.asdict(subject),
                 "payload": event.payload, "attempt": event.attempt, "mode": ctx.execution_mode,
                 "caller": ctx.user_id})
    ctx.logger.warning("told")
    if "hang" in event.id:
        await asyncio.sleep(60)
    if "exit" in event.id:
        raise SystemExit
    if "fail" in event.id and event.attempt < 3:
        raise LookupError("not\\0 yet \\ud800")
"""


@pytest.fixture(scope="module")
def app_settings(
    provider_settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Settings with the stores of the fake and this game."""
    folder = tmp_path_factory.mktemp("game")
    (folder / "game.py").write_text(GAME)
    return SETTINGS | provider_settings | {"runtime": {"modules": [folder], "call_timeout_ms": 500}}


@pytest.fixture
def apple(providers: Providers, api: httpx.AsyncClient) -> Apple:
    return Apple(providers.app_store, api)


@pytest.fixture
def google(providers: Providers, api: httpx.AsyncClient) -> Google:
    return Google(providers.google_play, api)


async def told(api: httpx.AsyncClient, id: str) -> list[dict[str, Any]]:
    """What the game was told of a notification."""
    answer = await api.get("/v2/rpc/told", params={"http_key": HTTP_KEY})
    return [event for event in json.loads(answer.json()["payload"]) if event["id"] == id]


async def is_told(api: httpx.AsyncClient, id: str, times: int = 1) -> list[dict[str, Any]]:
    """The same when it was told so often."""

    async def often_enough() -> list[dict[str, Any]]:
        events = await told(api, id)
        return events if len(events) >= times else []

    return await wait_until_async(often_enough, what=f"{times} calls for {id}")


async def all_told(app: Application, id: str) -> dict[str, Any]:
    """The row of a notification when there is nothing left to tell."""

    async def done() -> dict[str, Any] | None:
        row = await notice(app, id)
        return row if row is not None and row["next_try"] is None else None

    row = await wait_until_async(done, what="an end of the calls")
    assert row is not None
    return row


def renewal(apple: Apple, id: str, user_id: str) -> bytes:
    """A notification of a new subscription of a player's, with an id of its own."""
    transaction = apple.store.transaction(
        "vip", transaction_id=id, original_transaction_id=id, expires=NOW + MONTH, user_id=user_id
    )
    return apple.store.notification("DID_RENEW", transaction=transaction, uuid=id)


# --- what it is told ---


async def test_of_a_subscription_on_the_app_store(
    app: Application, api: httpx.AsyncClient, apple: Apple, shelf: Shelf, ada: Shopper,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    id = shelf.id()
    body = renewal(apple, id, ada.id)
    assert await apple.send(body) == 200
    [event] = await is_told(api, f"apple:{id}")
    row = await all_told(app, f"apple:{id}")
    assert (row["attempts"], row["error"]) == (1, None)
    assert (event["type"], event["attempt"], event["caller"]) == ("RENEWED", 1, "")
    assert event["mode"] == "subscription_notification_apple"
    subject = event["subject"]
    assert (subject["user_id"], subject["product_id"]) == (ada.id, "vip")
    assert (subject["original_transaction_id"], subject["active"], subject["store"]) == (id, True, 0)
    assert datetime.fromisoformat(subject["expiry_time"]) == NOW + MONTH
    assert json.loads(subject["provider_notification"]) == json.loads(body)
    payload = event["payload"]
    assert (payload["notificationType"], payload["notificationUUID"]) == ("DID_RENEW", id)
    assert payload["data"]["signedTransactionInfo"]["originalTransactionId"] == id
    [entry] = [record for record in caplog.records if record.name == "game"]
    assert vars(entry)["callback"] == "subscription_notification_apple"
    assert vars(entry)["notification_id"] == f"apple:{id}"


async def test_of_a_purchase_on_the_app_store(
    api: httpx.AsyncClient, apple: Apple, shelf: Shelf, ada: Shopper
) -> None:
    id = shelf.id()
    await ada.buy(shelf.buy("apple", id=id))
    revoked = apple.store.transaction("sword", transaction_id=id, revoked=NOW)
    assert await apple.tell("REFUND", transaction=revoked, uuid=id) == 200
    [event] = await is_told(api, f"apple:{id}")
    assert (event["type"], event["mode"]) == ("REFUNDED", "purchase_notification_apple")
    subject = event["subject"]
    assert (subject["user_id"], subject["transaction_id"], subject["product_id"]) == (ada.id, id, "sword")
    assert datetime.fromisoformat(subject["refund_time"]) == NOW


async def test_of_a_subscription_on_google_play(
    api: httpx.AsyncClient, google: Google, shelf: Shelf, ada: Shopper
) -> None:
    token = shelf.id()
    google.store.subscription("vip", token=token, account_id=ada.id)
    assert await google.tell("subscription", token, message_id=token) == 200
    [event] = await is_told(api, f"google:{token}")
    assert (event["type"], event["mode"]) == ("SUBSCRIBED", "subscription_notification_google")
    assert (event["subject"]["user_id"], event["subject"]["store"]) == (ada.id, 1)
    assert event["payload"]["subscriptionNotification"]["purchaseToken"] == token


async def test_of_a_purchase_on_google_play(
    api: httpx.AsyncClient, google: Google, shelf: Shelf, ada: Shopper
) -> None:
    token = shelf.id()
    await ada.buy(shelf.buy("google", id=token))
    google.store.change(token, state=1)
    assert await google.tell("voided", token, message_id=token) == 200
    [event] = await is_told(api, f"google:{token}")
    assert (event["type"], event["mode"]) == ("REFUNDED", "purchase_notification_google")
    assert event["subject"]["user_id"] == ada.id


async def test_not_of_what_is_no_news_or_nobodys(
    app: Application, api: httpx.AsyncClient, apple: Apple, google: Google, shelf: Shelf, ada: Shopper
) -> None:
    id, token = shelf.id(), shelf.id()
    signed = apple.store.renewal("vip", id, renews=NOW, user_id=ada.id)
    assert await apple.tell("DID_CHANGE_RENEWAL_STATUS", "AUTO_RENEW_ENABLED", renewal=signed, uuid=id) == 200
    google.store.subscription("vip", token=token, account_id=ada.id)
    assert await google.tell("subscription", token, notification_type=7, message_id=token) == 200
    for each in (f"apple:{id}", f"google:{token}"):
        row = await notice(app, each)
        assert row is not None
        assert row["next_try"] is None
    await ada.leave()
    assert await apple.tell("EXPIRED", renewal=signed, uuid=f"{id}-2") == 200
    row = await notice(app, f"apple:{id}-2")
    assert row is not None
    assert (row["kind"], row["next_try"]) == (3, None)
    assert await told(api, f"apple:{id}-2") == []


async def test_not_of_the_end_of_what_nobody_had(
    app: Application, api: httpx.AsyncClient, apple: Apple, google: Google, shelf: Shelf, ada: Shopper
) -> None:
    """Whoever buys can name somebody else to the store, and then have the money back."""
    ids = [shelf.id() for _ in range(4)]
    expires = (None, NOW + MONTH, NOW + MONTH, None)
    for id, ends, kind in zip(ids, expires, ("REFUND", "REFUND", "EXPIRED", "REVOKE"), strict=True):
        bought = apple.store.transaction(
            "sword", transaction_id=id, expires=ends, user_id=ada.id, revoked=NOW
        )
        renewal = apple.store.renewal("sword", id, renews=NOW, user_id=ada.id)
        for n in range(2):  # the first does not make it somebody's
            assert await apple.tell(kind, transaction=bought, renewal=renewal, uuid=f"{id}-{n}") == 200
    purchase, subscription = shelf.id(), shelf.id()
    google.store.purchase("sword", token=purchase, account_id=ada.id, state=1)
    google.store.subscription("vip", token=subscription, account_id=ada.id, expires=NOW, state="EXPIRED")
    for token in (purchase, subscription):
        for n in range(2):
            assert await google.tell("voided", token, message_id=f"{token}-{n}") == 200
    names = [f"apple:{id}" for id in ids] + [f"google:{purchase}", f"google:{subscription}"]
    for name in (f"{name}-{n}" for name in names for n in range(2)):
        row = await notice(app, name)
        assert row is not None
        assert (row["next_try"], row["attempts"]) == (None, 0), name
        assert await told(api, name) == []


@pytest.mark.parametrize("expires", [None, NOW + MONTH])
async def test_not_of_a_refund_that_was_taken_back_before(
    app: Application, api: httpx.AsyncClient, apple: Apple, shelf: Shelf, ada: Shopper, clock: ShiftedClock,
    expires: datetime | None,
) -> None:  # fmt: skip
    id = shelf.id()
    await ada.send(
        shelf.apple("sword", id) if expires is None else shelf.subscribe("apple", "vip", expires, id)
    )
    clock.offset += DAY
    revoked = apple.store.revoked(id)
    late = apple.store.notification("REFUND", transaction=revoked, uuid=id, signed=clock.now())
    clock.offset += DAY
    current = apple.store.changed(id, revocationDate=None, revocationReason=None)
    assert await apple.tell("REFUND_REVERSED", transaction=current, signed=clock.now()) == 200
    assert await apple.send(late) == 200
    row = await notice(app, f"apple:{id}")
    assert row is not None
    assert (row["next_try"], row["attempts"]) == (None, 0)
    assert await told(api, f"apple:{id}") == []


async def test_what_is_gone_is_given_up(
    app: Application, api: httpx.AsyncClient, apple: Apple, shelf: Shelf, ada: Shopper, clock: ShiftedClock,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    id = f"fail-{shelf.id()}"
    assert await apple.send(renewal(apple, id, ada.id)) == 200
    await is_told(api, f"apple:{id}")
    async with app.database.transaction() as tx:
        await tx._connection.execute("delete from subscription where original_transaction_id = $1", id)
    clock.offset += DAY
    row = await all_told(app, f"apple:{id}")
    assert (row["attempts"], row["error"]) == (2, None)
    assert len(await told(api, f"apple:{id}")) == 1
    assert caplog.text.count(f"for apple:{id} is not told: what it is about is not there any more") == 1


async def test_the_functions_that_the_documentation_shows(
    apple: Apple, shelf: Shelf, databases: Databases, app_clock: ShiftedClock,
    provider_settings: dict[str, Any], tmp_path: Path,
) -> None:  # fmt: skip
    section = (DOCS / "game-code.md").read_text().split("## What the stores tell")[1]
    code = section.split("```python\n")[1].split("```")[0]
    (tmp_path / "game.py").write_text(f"import kizuna.runtime as rt\n\n{code}")
    settings = SETTINGS | provider_settings | {"runtime": {"modules": [tmp_path]}}
    async with (
        running_application(databases.migrated(), app_clock, settings) as app,
        client_of(app) as api,
    ):
        player, there = await sign_in_async(api), Apple(apple.store, api)
        id = shelf.id()
        expires = NOW + MONTH
        user: dict[str, Any] = {"user_id": player.id}
        transaction = apple.store.transaction("vip", transaction_id=id, expires=expires, **user)
        assert await there.tell("SUBSCRIBED", transaction=transaction) == 200
        signed = apple.store.renewal("vip", id, renews=expires, auto_renews=False)
        parts = {"transaction": transaction, "renewal": signed}
        assert await there.tell("DID_CHANGE_RENEWAL_STATUS", "AUTO_RENEW_DISABLED", uuid=id, **parts) == 200
        assert (await all_told(app, f"apple:{id}"))["attempts"] == 1
        [sent] = (await api.get("/v2/notification", headers=player.headers)).json()["notifications"]
        assert sent["subject"] == "We will miss you"
        assert json.loads(sent["content"]) == {"until": f"{expires:%Y-%m-%d}"}


def test_functions_take_what_is_told() -> None:
    app = App()

    async def refunded(ctx: Context, event: PurchaseNotification) -> None: ...

    async def changed(ctx: Context, event: SubscriptionNotification) -> None: ...

    for stores in ("apple", "google"):
        assert getattr(app, f"purchase_notification_{stores}")(refunded) is refunded
        assert getattr(app, f"subscription_notification_{stores}")(changed) is changed
    for name, function in (("purchase", changed), ("subscription", refunded)):
        with pytest.raises(RegistrationError, match=f"takes rt.{function.__annotations__['event'].__name__}"):
            getattr(app, f"{name}_notification_apple")(function)
    assert {str(topic) for topic in TOPICS} == set(app.close().callbacks)


# --- until it succeeds ---


async def test_a_failure_is_kept_and_tried_again_later(
    app: Application, api: httpx.AsyncClient, apple: Apple, shelf: Shelf, ada: Shopper, clock: ShiftedClock,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    id = f"fail-{shelf.id()}"
    assert await apple.send(renewal(apple, id, ada.id)) == 200

    async def failed(attempts: int) -> dict[str, Any] | None:
        row = await notice(app, f"apple:{id}")
        return row if row is not None and row["attempts"] == attempts else None

    row = await wait_until_async(lambda: failed(1))
    assert row is not None
    assert row["error"] == "LookupError: not yet ?"
    assert timedelta(0) < row["next_try"] - clock.now() <= timedelta(seconds=1)
    [error] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert f"subscription_notification_apple for apple:{id} failed (attempt 1), it" in error.getMessage()
    assert error.exc_info is not None
    clock.offset += timedelta(seconds=1)
    row = await wait_until_async(lambda: failed(2))
    assert row is not None
    assert row["next_try"] - clock.now() == timedelta(seconds=2)
    clock.offset += timedelta(seconds=2)
    assert [event["attempt"] for event in await is_told(api, f"apple:{id}", times=3)] == [1, 2, 3]
    row = await all_told(app, f"apple:{id}")
    assert (row["attempts"], row["error"]) == (3, None)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("hang", "it took longer than runtime.call_timeout_ms"), ("exit", "it ended by SystemExit")],
)
async def test_what_does_not_end_properly_is_a_failure(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, name: str, reason: str
) -> None:
    id = f"{name}-{shelf.id()}"
    assert await apple.send(renewal(apple, id, ada.id)) == 200

    async def failed() -> dict[str, Any] | None:
        row = await notice(app, f"apple:{id}")
        return row if row is not None and row["attempts"] else None

    row = await wait_until_async(failed)
    assert row is not None
    assert reason in row["error"]
    assert row["next_try"] is not None


async def test_a_repetition_is_not_told(
    app: Application, api: httpx.AsyncClient, apple: Apple, shelf: Shelf, ada: Shopper
) -> None:
    id = shelf.id()
    body = renewal(apple, id, ada.id)
    answers = await asyncio.gather(*(apple.send(body) for _ in range(10)))
    assert set(answers) == {200}
    await is_told(api, f"apple:{id}")
    await all_told(app, f"apple:{id}")
    assert [await apple.send(body) for _ in range(3)] == [200, 200, 200]
    await app.notice_delivery._look()
    await all_told(app, f"apple:{id}")
    assert len(await told(api, f"apple:{id}")) == 1


async def test_two_servers_tell_it_once(
    app: Application, api: httpx.AsyncClient, apple: Apple, shelf: Shelf, ada: Shopper,
    database_url: str, app_clock: ShiftedClock, app_settings: dict[str, Any],
) -> None:  # fmt: skip
    async with (
        running_application(database_url, app_clock, app_settings) as second,
        client_of(second) as other_api,
    ):
        other = Apple(apple.store, other_api)
        ids = [shelf.id() for _ in range(12)]
        bodies = [renewal(apple, id, ada.id) for id in ids]
        answers = await asyncio.gather(
            *(each.send(body) for body in bodies for each in (apple, other, apple))
        )
        assert set(answers) == {200}
        for id in ids:
            row = await all_told(app, f"apple:{id}")
            assert row["attempts"] == 1
            events = await told(api, f"apple:{id}") + await told(other_api, f"apple:{id}")
            assert len(events) == 1


async def test_without_a_function_nothing_is_to_be_told(
    app: Application, api: httpx.AsyncClient, apple: Apple, shelf: Shelf, ada: Shopper,
    database_url: str, app_clock: ShiftedClock, provider_settings: dict[str, Any],
) -> None:  # fmt: skip
    id = shelf.id()
    async with (
        running_application(database_url, app_clock, SETTINGS | provider_settings) as plain,
        client_of(plain) as plain_api,
    ):
        assert await Apple(apple.store, plain_api).send(renewal(apple, id, ada.id)) == 200
        row = await notice(plain, f"apple:{id}")
        assert row is not None
        assert (row["next_try"], row["kind"]) == (None, 2)
    await app.notice_delivery._look()
    assert await told(api, f"apple:{id}") == []


# --- what is forgotten ---


async def test_old_notifications_are_forgotten_unless_they_are_to_be_told(
    app: Application, api: httpx.AsyncClient, apple: Apple, shelf: Shelf, ada: Shopper, clock: ShiftedClock
) -> None:
    done, failing = shelf.id(), f"hang-{shelf.id()}"
    for id in (done, failing):
        assert await apple.send(renewal(apple, id, ada.id)) == 200
    await all_told(app, f"apple:{done}")
    clock.offset += KEPT - DAY
    await app.notice_delivery.clean_up()
    assert await notice(app, f"apple:{done}") is not None
    clock.offset += 2 * DAY
    later = shelf.id()
    assert await apple.send(renewal(apple, later, ada.id)) == 200
    await app.notice_delivery.clean_up()
    assert await notice(app, f"apple:{done}") is None
    assert await notice(app, f"apple:{failing}") is not None
    assert await notice(app, f"apple:{later}") is not None


async def test_many_are_forgotten_at_once(app: Application, clock: ShiftedClock) -> None:
    async with app.database.transaction() as tx:
        await tx._connection.execute(
            """
            insert into store_notification (id, store, kind, transaction_id, is_subscription, payload,
                create_time)
            select 'old-' || n, 0, 1, 'x', true, '{}', '2026-01-01' from generate_series(1, 2500) n
            """
        )
    before = await noted(app)
    await app.notice_delivery.clean_up()
    assert await noted(app) <= before - 2500


# --- the server is ended in the worst way ---

MORTAL = """
import asyncio, os, pathlib

NOTES = pathlib.Path(os.environ["NOTES"])

def register(app):
    app.subscription_notification_apple(changed)

async def changed(ctx, event):
    with NOTES.open("a") as notes:
        notes.write(f"begin {event.id} {event.attempt} {event.subscription.user_id}\\n")
    if "HANG" in os.environ:
        await asyncio.sleep(60)
    with NOTES.open("a") as notes:
        notes.write(f"end {event.id} {event.attempt} {event.subscription.user_id}\\n")
"""


@pytest.fixture
def present_stores() -> Iterator[Providers]:
    """Fakes whose time is that of a server in a process of its own."""
    with Providers() as providers:
        yield providers


def test_a_killed_server_tells_again(
    serve: Serve, tmp_path: Path, present_stores: Providers, databases: Databases
) -> None:
    notes, config, game = tmp_path / "notes", tmp_path / "kizuna.yaml", tmp_path / "game"
    notes.touch()
    game.mkdir()
    (game / "game.py").write_text(MORTAL)
    config.write_text(yaml.safe_dump(nested(present_stores.settings)))
    # One of its own: in the other one there are notifications that are still to be told.
    options = {"modules": game, "config": config, "database_url": databases.migrated()}
    first = serve(**options, env={"NOTES": str(notes), "HANG": "yes"})
    id = str(uuid.uuid4())
    with httpx.Client(base_url=first.base_url) as client:
        player = sign_in(client)
        store = present_stores.app_store
        expires = store.world.clock.now() + MONTH
        transaction = store.transaction("vip", expires=expires, user_id=player.id)
        body = store.notification("SUBSCRIBED", transaction=transaction, uuid=id)
        assert client.post(APPLE, content=body).status_code == 200
    told = f"apple:{id} 1 {player.id}\n"
    wait_until(lambda: notes.read_text() == f"begin {told}")
    first.kill()
    second = serve(**options, env={"NOTES": str(notes)})
    wait_until(lambda: notes.read_text().endswith(f"end {told}"))
    assert notes.read_text() == f"begin {told}begin {told}end {told}"
    assert httpx.post(f"{second.base_url}{APPLE}", content=body).status_code == 200
    assert notes.read_text().count("begin") == 2
