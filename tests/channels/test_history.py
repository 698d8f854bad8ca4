"""A channel's history on the wire."""

from datetime import timedelta

import httpx
import pytest

from kizuna.app import Application
from kizuna.channels import codes
from kizuna.channels.service import Channels, SystemMessage
from kizuna.clock import ShiftedClock
from kizuna.db.engine import Transaction
from kizuna.wire.cursors import encode_cursor
from tests.channels.chat import (
    CHANNEL_NOT_FOUND,
    GROUP_NOT_FOUND,
    INVALID_CURSOR,
    INVALID_ID,
    INVALID_LIMIT,
    NOBODY,
    SYSTEM,
    ask,
    listed,
    room,
    say,
)
from tests.channels.society import ADMIN, BANNED, MEMBER, REQUEST, SUPERADMIN, Society
from tests.support.players import Player


async def test_what_a_message_looks_like(
    api: httpx.AsyncClient, channels: Channels, ada: Player, bob: Player, clock: ShiftedClock
) -> None:
    channel = room()
    clock.offset = timedelta(microseconds=123456)
    first = await say(channels, channel, ada, '{"bb":1,"a":[true]}')
    clock.offset = timedelta(milliseconds=200)
    second = (await channels.send(channel, "{}"))["message_id"]
    assert await listed(api, bob, channel) == [
        {
            "channel_id": channel,
            "message_id": first,
            "code": 0,
            "sender_id": ada.id,
            "username": ada.username,
            "content": '{"a": [true], "bb": 1}',
            "create_time": "2026-03-02T12:00:00.123456Z",
            "update_time": "2026-03-02T12:00:00.123456Z",
            "persistent": True,
            "room_name": channel.removeprefix("2..."),
        },
        {
            "channel_id": channel,
            "message_id": second,
            "code": 0,
            "sender_id": SYSTEM,
            "content": "{}",
            "create_time": "2026-03-02T12:00:00.200Z",
            "update_time": "2026-03-02T12:00:00.200Z",
            "persistent": True,
            "room_name": channel.removeprefix("2..."),
        },
    ]


async def test_one_message_from_the_oldest_on_unless_more_are_asked_for(
    api: httpx.AsyncClient, channels: Channels, ada: Player, clock: ShiftedClock
) -> None:
    channel = room()
    first = await say(channels, channel, ada)
    clock.offset = timedelta(seconds=1)
    last = await say(channels, channel, ada)
    _, body = await ask(api, ada, channel)
    assert [message["message_id"] for message in body["messages"]] == [first]
    _, body = await ask(api, ada, channel, forward="false")
    assert [message["message_id"] for message in body["messages"]] == [last]


async def test_an_empty_channel(api: httpx.AsyncClient, ada: Player) -> None:
    assert await ask(api, ada, room()) == (200, {})
    assert await ask(api, ada, room(), forward="false", limit=100) == (200, {})


async def test_the_order_of_the_checks(api: httpx.AsyncClient, ada: Player) -> None:
    assert await ask(api, ada, "", limit=0) == INVALID_ID
    for limit in (0, 101, -1):
        assert await ask(api, ada, "nonsense", limit=limit) == INVALID_LIMIT
    assert await ask(api, ada, "nonsense", cursor="garbage") == INVALID_ID
    assert await ask(api, ada, f"3.{NOBODY}..", cursor="garbage") == INVALID_CURSOR


@pytest.mark.parametrize(
    "channel",
    ["2...", "2..." + "r" * 65, "5...x", "2.x..room", "2..x.room", "3.not-a-uuid..", "room", "2..room"],
)
async def test_ids_that_are_none(api: httpx.AsyncClient, ada: Player, channel: str) -> None:
    assert await ask(api, ada, channel) == INVALID_ID


async def test_rooms_of_any_name(api: httpx.AsyncClient, channels: Channels, ada: Player) -> None:
    name = "a.b.c. d%ü"
    await say(channels, f"2...{name}", ada)
    [message] = await listed(api, ada, f"2...{name.replace('%', '%25')}")
    assert message["room_name"] == name
    assert (await ask(api, ada, "2...a%2Fb"))[0] == 404
    refused = {"code": 3, "message": "Error listing messages from channel."}
    assert await ask(api, ada, "2...a%00") == (400, refused)


async def test_group_history_is_for_members(
    api: httpx.AsyncClient, channels: Channels, society: Society, ada: Player, bob: Player, eve: Player
) -> None:
    group = await society.group({ada: SUPERADMIN, bob: ADMIN, eve: MEMBER})
    await say(channels, f"3.{group}..", ada)
    for player in (ada, bob, eve):
        [message] = await listed(api, player, f"3.{group.upper()}..")
        assert message["group_id"] == group
        assert message["channel_id"] == f"3.{group.upper()}.."
    closed = await society.group({ada: REQUEST, bob: BANNED})
    for player, target in ((ada, closed), (bob, closed), (eve, closed), (ada, NOBODY), (ada, "")):
        assert await ask(api, player, f"3.{target}..") == GROUP_NOT_FOUND


async def test_direct_history_is_for_the_two(
    api: httpx.AsyncClient, channels: Channels, ada: Player, bob: Player, eve: Player
) -> None:
    one, two = sorted((ada.id, bob.id))
    channel = await channels.build_id(ada.id, bob.id, 2)
    assert channel == f"4.{one}.{two}."
    await say(channels, channel, ada)
    for player in (ada, bob):
        [message] = await listed(api, player, channel)
        assert (message["user_id_one"], message["user_id_two"]) == (one, two)
        assert await ask(api, player, f"4.{two}.{one}.") == (200, {})
    for id in (channel, f"4.{two}.{one}.", f"4..{one}.", "4..."):
        assert await ask(api, eve, id) == CHANNEL_NOT_FOUND
    assert await ask(api, ada, f"4..{ada.id}.") == (200, {})


async def test_the_server_may_read_everything(
    channels: Channels, society: Society, ada: Player, bob: Player
) -> None:
    group = await society.group({ada: SUPERADMIN})
    for channel in (f"3.{group}..", await channels.build_id(ada.id, bob.id, 2)):
        message = await say(channels, channel, ada)
        page = await channels.page(None, channel, 10, True, "")
        assert [one["message_id"] for one in page["messages"]] == [message]


async def test_what_happens_to_members(
    api: httpx.AsyncClient,
    app: Application,
    channels: Channels,
    society: Society,
    ada: Player,
    bob: Player,
    clock: ShiftedClock,
) -> None:
    group = await society.group({ada: SUPERADMIN})
    clock.offset = timedelta(milliseconds=2700)
    told = [
        SystemMessage(codes.GROUP_JOIN, bob.id, bob.username),
        SystemMessage(codes.GROUP_LEAVE, NOBODY, "gone"),
        SystemMessage(codes.GROUP_PROMOTE, bob.id, bob.username),
    ]

    async def work(tx: Transaction) -> None:
        await channels.write_within(tx, group, told)
        await channels.write_within(tx, group, [])

    await app.database.atomically(work)
    messages = await listed(api, ada, f"3.{group}..")
    assert {message["code"] for message in messages} == {3, 7}
    assert messages == sorted(messages, key=lambda message: str(message["message_id"]))
    for message in messages:
        assert message.pop("message_id")
        assert message.pop("code")
        assert message == {
            "channel_id": f"3.{group}..",
            "sender_id": bob.id,
            "username": bob.username,
            "content": "{}",
            "create_time": "2026-03-02T12:00:02Z",
            "update_time": "2026-03-02T12:00:02Z",
            "persistent": True,
            "group_id": group,
        }


async def test_messages_go_with_their_sender(
    api: httpx.AsyncClient, channels: Channels, ada: Player, bob: Player
) -> None:
    channel = room()
    await say(channels, channel, ada)
    kept = await say(channels, channel, bob)
    assert (await api.delete("/v2/account", headers=ada.headers)).status_code == 200
    assert [message["message_id"] for message in await listed(api, bob, channel)] == [kept]


async def test_a_cursor_belongs_to_a_channel_and_a_direction(
    api: httpx.AsyncClient, channels: Channels, ada: Player, bob: Player
) -> None:
    one, other = room(), await channels.build_id(ada.id, bob.id, 2)
    for channel in (one, one, other, other):
        await say(channels, channel, ada)
    _, page = await ask(api, ada, one)
    cursor = page["next_cursor"]
    _, following = await ask(api, ada, one, cursor=cursor)
    assert len(following["messages"]) == 1
    for channel, query in (
        (one, {"forward": "false"}),
        (other, {}),
        (room(), {}),
    ):
        assert await ask(api, ada, channel, cursor=cursor, **query) == INVALID_CURSOR
    _, page = await ask(api, ada, one, forward="false")
    assert await ask(api, ada, one, cursor=page["next_cursor"]) == INVALID_CURSOR
    # The cacheable one goes forward whatever the page it came with.
    assert await ask(api, ada, one, cursor=page["cacheable_cursor"], forward="false") == INVALID_CURSOR
    assert (await ask(api, ada, one, cursor=page["cacheable_cursor"]))[0] == 200


@pytest.mark.parametrize(
    "values",
    [
        ("2...cursors", 0, SYSTEM, 1),
        ("2...cursors", -1, SYSTEM, 1, 1),
        ("2...cursors", 2**63 - 1, SYSTEM, 1, 1),
        ("2...cursors", 0, "x", 1, 1),
        ("2...cursors", 0, SYSTEM, 2, 1),
        ("2...cursors", 0, SYSTEM, 1, 2),
        ("2...other", 0, SYSTEM, 1, 1),
    ],
)
async def test_forged_cursors(api: httpx.AsyncClient, ada: Player, values: tuple[str | int, ...]) -> None:
    assert await ask(api, ada, "2...cursors", cursor=encode_cursor("channel", values)) == INVALID_CURSOR
    genuine = encode_cursor("channel", ("2...cursors", 0, SYSTEM, 1, 1))
    assert await ask(api, ada, "2...cursors", cursor=genuine) == (200, {"cacheable_cursor": genuine})


async def test_the_cacheable_cursor_fetches_what_came_later(
    api: httpx.AsyncClient, channels: Channels, ada: Player, clock: ShiftedClock
) -> None:
    channel = room()
    await say(channels, channel, ada)
    clock.offset += timedelta(seconds=1)
    await say(channels, channel, ada)
    _, page = await ask(api, ada, channel, limit=10)
    assert sorted(page) == ["cacheable_cursor", "messages"]
    cursor = page["cacheable_cursor"]
    assert await ask(api, ada, channel, limit=10, cursor=cursor) == (200, {"cacheable_cursor": cursor})
    clock.offset += timedelta(seconds=1)
    latest = await say(channels, channel, ada)
    _, page = await ask(api, ada, channel, limit=10, cursor=cursor)
    assert [message["message_id"] for message in page["messages"]] == [latest]
    assert sorted(page) == ["cacheable_cursor", "messages", "prev_cursor"]


async def test_an_empty_page_going_back_leaves_a_cursor_forward(
    api: httpx.AsyncClient, channels: Channels, ada: Player, clock: ShiftedClock
) -> None:
    channel = room()
    older = await say(channels, channel, ada)
    clock.offset += timedelta(seconds=1)
    await say(channels, channel, ada)
    _, page = await ask(api, ada, channel, forward="false")
    await channels.remove(channel, older, ada.id)
    status, page = await ask(api, ada, channel, forward="false", cursor=page["next_cursor"])
    assert (status, list(page)) == (200, ["cacheable_cursor"])
    cursor = page["cacheable_cursor"]
    assert await ask(api, ada, channel, forward="false", cursor=cursor) == INVALID_CURSOR
    assert await ask(api, ada, channel, cursor=cursor) == (200, {"cacheable_cursor": cursor})


async def test_only_players_are_answered(api: httpx.AsyncClient) -> None:
    answer = await api.get(f"/v2/channel/{room()}")
    assert (answer.status_code, answer.json()["message"]) == (401, "Auth token required")
