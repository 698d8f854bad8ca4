"""Sending, and what the server may do with notifications besides."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.db.engine import Transaction
from kizuna.db.statements import Query
from kizuna.errors import ApiError
from kizuna.notifications import service as module
from kizuna.notifications.service import NewNotification, NotificationChange, Notifications
from tests.notifications.inbox import ask, listed, new, subjects
from tests.support.players import Player, sign_in_async
from tests.support.waiting import wait_until_async

SYSTEM = "00000000-0000-0000-0000-000000000000"
NOBODY = "00000000-0000-4000-8000-000000000001"

BAD_SUBJECT = "Notification subject must have 1 to 255 characters."
BAD_CONTENT = "Notification content must be a JSON object."
BAD_CODE = "Notification code must be between -32768 and 32767."


async def test_one_call_for_many(
    api: httpx.AsyncClient, notifications: Notifications, ada: Player, bob: Player
) -> None:
    await notifications.send([new(ada, "a1"), new(bob, "b"), new(ada, "a2")])
    assert sorted(await subjects(api, ada)) == ["a1", "a2"]
    assert await subjects(api, bob) == ["b"]
    await notifications.send([])


async def test_what_is_not_persistent_is_not_kept(
    api: httpx.AsyncClient, notifications: Notifications, ada: Player
) -> None:
    await notifications.send([new(ada, "kept"), new(ada, "gone", persistent=False)])
    await notifications.send([new(ada, "gone", persistent=False)])
    await notifications.send_all("gone", "{}", 1, persistent=False)
    assert await subjects(api, ada) == ["kept"]


@pytest.mark.parametrize(
    ("changed", "code", "text"),
    [
        ({"subject": "x" * 256}, 3, BAD_SUBJECT),
        ({"subject": ""}, 3, BAD_SUBJECT),
        ({"content": "[]"}, 3, BAD_CONTENT),
        ({"content": ""}, 3, BAD_CONTENT),
        ({"content": '{"a":[1e131071,1e131071,1e131071]}'}, 3, BAD_CONTENT),
        ({"code": 2**15}, 3, BAD_CODE),
        ({"code": -(2**15) - 1}, 3, BAD_CODE),
        ({"user_id": NOBODY}, 5, "User not found."),
    ],
)
async def test_one_that_does_not_fit_stops_all(
    api: httpx.AsyncClient,
    notifications: Notifications,
    ada: Player,
    changed: dict[str, Any],
    code: int,
    text: str,
) -> None:
    values: dict[str, Any] = {"user_id": ada.id, "subject": "s", "content": "{}", "code": 1} | changed
    with pytest.raises(ApiError) as refused:
        await notifications.send([new(ada, "good"), NewNotification(**values)])
    assert (refused.value.code, refused.value.message) == (code, text)
    assert await listed(api, ada) == []


async def test_within_a_transaction(
    api: httpx.AsyncClient, app: Application, notifications: Notifications, ada: Player
) -> None:
    async def work(tx: Transaction) -> None:
        gone = NewNotification(NOBODY, "s", "{}", -2)
        await notifications.send_within(tx, [gone, new(ada, "ü" * 300, code=-2, sender_id=ada.id)])
        await notifications.send_within(tx, [])

    await app.database.atomically(work)
    [one] = await listed(api, ada)
    assert (one["subject"], one["code"], one["sender_id"]) == ("ü" * 255, -2, ada.id)

    async def failing(tx: Transaction) -> None:
        await work(tx)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await app.database.atomically(failing)
    assert len(await listed(api, ada)) == 1


async def test_recipients_who_leave_meanwhile_are_skipped(
    api: httpx.AsyncClient, app: Application, notifications: Notifications
) -> None:
    players = [await sign_in_async(api) for _ in range(8)]

    async def work(tx: Transaction) -> None:
        await notifications.send_within(tx, [new(player) for player in players])

    sending = asyncio.gather(*(app.database.atomically(work) for _ in range(8)))
    leaving = [api.delete("/v2/account", headers=player.headers) for player in players[::2]]
    assert {answer.status_code for answer in await asyncio.gather(*leaving)} == {200}
    await sending
    assert [len(await listed(api, player)) for player in players[1::2]] == [8] * 4


async def test_sending_to_everybody_in_slices(
    api: httpx.AsyncClient,
    app: Application,
    notifications: Notifications,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    players = [await sign_in_async(api) for _ in range(7)]
    monkeypatch.setattr(module, "_SLICE", 3)
    before = app.database.counts["notifications.send_all"]
    await notifications.send_all("news", '{"n":1}', 5, players[0].id)
    [users] = await app.database.read(
        Query("t", "t", "select count(*) as count from users where id <> $1"), SYSTEM
    )
    assert app.database.counts["notifications.send_all"] - before == -(-users["count"] // 3)
    news = [[one for one in await listed(api, player) if one["subject"] == "news"] for player in players]
    assert [len(one) for one in news] == [1] * 7
    assert len({one["id"] for [one] in news}) == 7
    assert {(one["content"], one["code"], one["sender_id"]) for [one] in news} == {
        ('{"n": 1}', 5, players[0].id)
    }
    assert await notifications.list(SYSTEM) == ([], "")
    with pytest.raises(ApiError, match="subject"):
        await notifications.send_all("x" * 256, "{}", 5)


async def read_on(api: httpx.AsyncClient, player: Player, cursor: str) -> tuple[list[str], str]:
    """The subjects that come after a cursor, and the cursor to what comes later."""
    status, page = await ask(api, player, limit=100, **({"cacheable_cursor": cursor} if cursor else {}))
    assert status == 200, page
    return [one["subject"] for one in page.get("notifications", [])], page["cacheable_cursor"]


async def is_waiting(app: Application) -> bool:
    """Whether anybody waits for somebody else's row."""
    waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    return bool(await app.database.read(Query("t", "t", waiting)))


@pytest.mark.parametrize("kind", ["send", "send_within", "send_all"])
async def test_who_reads_on_misses_nothing_that_is_committed_late(
    api: httpx.AsyncClient,
    app: Application,
    clock: ShiftedClock,
    notifications: Notifications,
    ada: Player,
    bob: Player,
    kind: str,
) -> None:
    """The earlier of two notifications is committed after the later one could have been read."""
    written, go_on = asyncio.Event(), asyncio.Event()

    async def first(tx: Transaction) -> None:
        await notifications.send_within(tx, [new(bob, "other"), new(ada, "first")])
        written.set()
        await go_on.wait()

    async def second() -> None:
        if kind == "send":
            await notifications.send([new(ada, "second")])
        elif kind == "send_all":
            await notifications.send_all("second", "{}", 1)
        else:
            await app.database.atomically(lambda tx: notifications.send_within(tx, [new(ada, "second")]))

    sending = asyncio.create_task(app.database.atomically(first))
    await written.wait()
    clock.offset += timedelta(seconds=1)
    sending_later = asyncio.create_task(second())

    async def is_sent_or_waits() -> bool:
        return sending_later.done() or await is_waiting(app)

    await wait_until_async(is_sent_or_waits)
    early, cursor = await read_on(api, ada, "")
    go_on.set()
    await asyncio.gather(sending, sending_later)
    late, _ = await read_on(api, ada, cursor)
    assert early + late == ["first", "second"]


@pytest.mark.parametrize("kind", ["send", "send_all"])
async def test_a_clock_that_is_behind_hides_nothing(
    api: httpx.AsyncClient, clock: ShiftedClock, notifications: Notifications, ada: Player, kind: str
) -> None:
    send: Callable[[str], Awaitable[None]] = {
        "send": lambda subject: notifications.send([new(ada, subject)]),
        "send_all": lambda subject: notifications.send_all(subject, "{}", 1),
    }[kind]
    seen: list[str] = []
    cursor = ""
    for number, offset in enumerate((0, -1000, -2000, -2000)):
        clock.offset = timedelta(milliseconds=offset)
        await send(str(number))
        page, cursor = await read_on(api, ada, cursor)
        seen += page
    assert seen == ["0", "1", "2", "3"]


async def test_many_senders_and_one_reader(
    api: httpx.AsyncClient, app: Application, notifications: Notifications
) -> None:
    ada, bob, eve = [await sign_in_async(api) for _ in range(3)]

    async def send(number: int) -> None:
        first, second = (ada, bob) if number % 2 else (eve, ada)
        await notifications.send([new(first, str(number)), new(second, str(number))])

    sending = asyncio.gather(*(send(number) for number in range(60)))
    seen: list[str] = []
    cursor = ""
    while True:
        finished = sending.done()
        page, cursor = await read_on(api, ada, cursor)
        seen += page
        if finished and not page:
            break
    await sending
    assert sorted(seen, key=int) == [str(number) for number in range(60)]


async def test_sending_to_everybody_outlives_who_asked(
    api: httpx.AsyncClient, notifications: Notifications, ada: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SLICE", 1)
    subject = str(uuid.uuid4())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await notifications.send_all(subject, "{}", 1)
    await notifications.finish()
    assert await subjects(api, ada) == [subject]


async def test_the_log_tells_of_a_sending_to_everybody_that_failed(
    notifications: Notifications, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await notifications.send_all("news", '{"a":"\\u0000"}', 1)
    await notifications.finish()
    assert "has not reached all" in caplog.text


async def test_listing_for_the_server(notifications: Notifications, ada: Player) -> None:
    await notifications.send([new(ada, str(n)) for n in range(5)])
    everything, end = await notifications.list(ada.id)
    assert (len(everything), end) == (5, "")
    assert await notifications.list(ada.id, 5) == (everything, "")
    first, cursor = await notifications.list(ada.id, 2)
    assert first == everything[:2]
    rest, end = await notifications.list(ada.id, 0, cursor)
    assert (rest, end) == (everything[2:], "")
    with pytest.raises(ApiError, match="Error retrieving notifications"):
        await notifications.list(ada.id, 0, "garbage")


async def test_by_ids(notifications: Notifications, ada: Player, bob: Player) -> None:
    await notifications.send([new(ada), new(ada), new(bob)])
    (first, second), [his] = (await notifications.list(ada.id))[0], (await notifications.list(bob.id))[0]
    ids = [first.id, first.id, his.id, NOBODY]
    assert {one.id for one in await notifications.by_ids(ids)} == {first.id, his.id}
    assert await notifications.by_ids(ids, bob.id) == [his]
    assert await notifications.by_ids([], ada.id) == []
    assert second.user_id == ada.id


async def test_changing(notifications: Notifications, ada: Player, bob: Player) -> None:
    await notifications.send([new(ada, "first", '{"n": 1}'), new(bob, "his")])
    [hers], [his] = (await notifications.list(ada.id))[0], (await notifications.list(bob.id))[0]
    await notifications.update([NotificationChange(hers.id, subject="new"), NotificationChange(his.id)])
    await notifications.update(
        [
            NotificationChange(hers.id, content='{"n":2}', subject="overridden"),
            NotificationChange(hers.id, subject="newer"),
            NotificationChange(his.id, sender_id=ada.id),
        ]
    )
    [hers_now], [his_now] = (await notifications.list(ada.id))[0], (await notifications.list(bob.id))[0]
    assert (hers_now.subject, hers_now.content, hers_now.sender_id) == ("newer", '{"n": 2}', SYSTEM)
    assert (his_now.subject, his_now.content, his_now.sender_id) == ("his", "{}", ada.id)
    assert hers_now.create_time == hers.create_time


@pytest.mark.parametrize(
    "bad",
    [
        NotificationChange(NOBODY, subject="s"),
        NotificationChange("", subject="x" * 256),
        NotificationChange("", content="[]"),
    ],
)
async def test_a_change_that_fails_changes_nothing(
    notifications: Notifications, ada: Player, bad: NotificationChange
) -> None:
    await notifications.send([new(ada, "old")])
    [kept] = (await notifications.list(ada.id))[0]
    with pytest.raises(ApiError):
        await notifications.update([NotificationChange(kept.id, subject="new"), bad])
    assert await notifications.list(ada.id) == ([kept], "")


async def test_deleting_for_the_server(notifications: Notifications, ada: Player, bob: Player) -> None:
    await notifications.send([new(ada), new(ada), new(ada), new(bob)])
    (first, second, third), [his] = (
        (await notifications.list(ada.id))[0],
        (await notifications.list(bob.id))[0],
    )
    await notifications.delete_each([(ada.id, his.id), (bob.id, first.id), (ada.id, second.id)])
    assert await notifications.list(ada.id) == ([first, third], "")
    await notifications.delete([first.id, his.id], ada.id)
    assert await notifications.list(bob.id) == ([his], "")
    await notifications.delete([third.id, his.id, NOBODY])
    assert await notifications.list(ada.id) == await notifications.list(bob.id) == ([], "")
