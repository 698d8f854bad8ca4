"""Listing and deleting one's notifications."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.notifications.service import Notifications
from kizuna.wire.cursors import encode_cursor
from tests.notifications.inbox import (
    DELETE_FAILED,
    LIST_FAILED,
    ask,
    delete,
    listed,
    new,
    spellings,
    subjects,
)
from tests.support.players import Player, sign_in_async

BAD_LIMIT = (400, {"code": 3, "message": "Invalid limit - limit must be between 1 and 100."})
NIL = "00000000-0000-0000-0000-000000000000"


async def test_what_a_notification_looks_like(
    api: httpx.AsyncClient, notifications: Notifications, ada: Player, bob: Player, clock: ShiftedClock
) -> None:
    clock.offset = timedelta(milliseconds=700)
    await notifications.send([new(ada, "first", '{"bb":1,"a":[1,2]}', 7)])
    clock.offset = timedelta(milliseconds=800)
    await notifications.send([new(ada, "second", "{}", -1500, sender_id=bob.id)])
    first, second = await listed(api, ada)
    assert first == {
        "id": first["id"],
        "subject": "first",
        "content": '{"a": [1, 2], "bb": 1}',
        "code": 7,
        "create_time": "2026-03-02T12:00:00Z",
        "persistent": True,
    }
    assert second["sender_id"] == bob.id
    assert second["code"] == -1500


async def test_one_is_listed_unless_more_are_asked_for(
    api: httpx.AsyncClient, notifications: Notifications, ada: Player
) -> None:
    await notifications.send([new(ada), new(ada)])
    _, body = await ask(api, ada)
    assert len(body["notifications"]) == 1


@pytest.mark.parametrize("limit", [0, 101, -1])
async def test_limits(api: httpx.AsyncClient, ada: Player, limit: int) -> None:
    assert await ask(api, ada, limit=limit, cacheable_cursor="garbage") == BAD_LIMIT


async def test_paging_ends_on_an_empty_page_that_keeps_its_cursor(
    api: httpx.AsyncClient, notifications: Notifications, ada: Player, bob: Player
) -> None:
    await notifications.send([new(bob, "not hers")])
    _, start = await ask(api, ada)
    assert list(start) == ["cacheable_cursor"]
    assert await ask(api, ada, cacheable_cursor=start["cacheable_cursor"]) == (200, start)
    await notifications.send([new(ada, "one")])
    _, page = await ask(api, ada, cacheable_cursor=start["cacheable_cursor"])
    assert [one["subject"] for one in page["notifications"]] == ["one"]
    _, end = await ask(api, ada, cacheable_cursor=page["cacheable_cursor"])
    assert end == {"cacheable_cursor": page["cacheable_cursor"]}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), max_size=5),
    st.lists(st.integers(1, 5), min_size=1, max_size=8),
)
async def test_pages_are_the_whole_in_order(
    api: httpx.AsyncClient,
    notifications: Notifications,
    clock: ShiftedClock,
    batches: list[tuple[int, int]],
    limits: list[int],
) -> None:
    ada = await sign_in_async(api)
    clock.offset = timedelta(0)
    for wait, count in batches:
        clock.offset += timedelta(microseconds=wait)
        await notifications.send([new(ada) for _ in range(count)])
    stored, _ = await notifications.list(ada.id)
    assert stored == sorted(stored, key=lambda one: (one.create_time, one.id))
    assert len(stored) == sum(count for _, count in batches)
    seen: list[str] = []
    cursor = ""
    for limit in limits * len(stored):
        status, body = await ask(api, ada, limit=limit, cacheable_cursor=cursor)
        page = body.get("notifications", [])
        seen += [one["id"] for one in page]
        assert status == 200
        assert len(page) <= limit
        cursor = body["cacheable_cursor"]
    assert seen == [one.id for one in stored]


@pytest.mark.parametrize(
    "cursor",
    [
        "garbage",
        "!",
        encode_cursor("storage", (0, NIL)),
        encode_cursor("notifications", (0, "x")),
        encode_cursor("notifications", (-1, NIL)),
        encode_cursor("notifications", (2**63 - 1, NIL)),
        encode_cursor("notifications", (0,)),
    ],
)
async def test_a_cursor_that_is_none(api: httpx.AsyncClient, ada: Player, cursor: str) -> None:
    assert await ask(api, ada, cacheable_cursor=cursor) == LIST_FAILED


async def test_deleting(api: httpx.AsyncClient, notifications: Notifications, ada: Player) -> None:
    await notifications.send([new(ada, str(n)) for n in range(10)])
    ids = [one["id"] for one in await listed(api, ada)]
    told = [list(spellings(id))[n] for n, id in enumerate(ids[:8])]
    assert await delete(api, ada, told) == (200, {})
    assert [one["id"] for one in await listed(api, ada)] == ids[8:]
    assert await delete(api, ada, told) == (200, {})
    assert await delete(api, ada, [ids[8], ids[8]]) == (200, {})
    assert await delete(api, ada, []) == (200, {})
    assert [one["id"] for one in await listed(api, ada)] == ids[9:]


@pytest.mark.parametrize("bad", ["x", "", "00000000-0000-4000-8000-00000000000", "\0"])
async def test_an_id_that_is_none_leaves_all(
    api: httpx.AsyncClient, notifications: Notifications, ada: Player, bad: str
) -> None:
    await notifications.send([new(ada)])
    [kept] = await listed(api, ada)
    assert await delete(api, ada, [kept["id"], bad]) == DELETE_FAILED
    assert await listed(api, ada) == [kept]


async def test_what_belongs_to_others_stays(
    api: httpx.AsyncClient, notifications: Notifications, ada: Player, bob: Player
) -> None:
    await notifications.send([new(ada, "hers"), new(bob, "his")])
    ids = [one["id"] for player in (ada, bob) for one in await listed(api, player)]
    assert await delete(api, bob, [*ids, "00000000-0000-4000-8000-000000000001"]) == (200, {})
    assert await subjects(api, ada) == ["hers"]
    assert await subjects(api, bob) == []


async def test_notifications_go_with_the_account(
    api: httpx.AsyncClient, app: Application, notifications: Notifications, ada: Player, bob: Player
) -> None:
    await notifications.send([new(ada), new(bob, "from her", sender_id=ada.id)])
    assert (await api.delete("/v2/account", headers=ada.headers)).status_code == 200
    assert await notifications.list(ada.id) == ([], "")
    [kept] = await listed(api, bob)
    assert kept["sender_id"] == ada.id


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v2/notification"), ("DELETE", "/v2/notification?ids=x")]
)
async def test_only_players_are_answered(api: httpx.AsyncClient, method: str, path: str) -> None:
    answer: Any = await api.request(method, path)
    assert (answer.status_code, json.loads(answer.text)["message"]) == (401, "Auth token required")
