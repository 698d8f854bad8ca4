"""What the server may write into channels, and how it finds them."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from kizuna.channels.service import Channels
from kizuna.clock import ShiftedClock
from kizuna.errors import ApiError
from tests.channels.chat import NOBODY, SYSTEM, listed, room, say
from tests.channels.society import ADMIN, BANNED, MEMBER, REQUEST, SUPERADMIN, Society
from tests.support.players import Player

BAD_CHANNEL = "Invalid channel identifier"
BAD_MESSAGE = "Invalid message identifier"
BAD_CONTENT = "Message content must be a valid JSON object"
NOTHING_TO_UPDATE = "Could not find message to update in channel history"
NOTHING_TO_REMOVE = "Could not find message to remove in channel history"
NOT_STORED = "Could not persist message to channel history"
NOT_UPDATED = "Could not persist message update to channel history"


async def refusal(call: Any) -> str:
    """The text with which a call is refused."""
    with pytest.raises(ApiError) as refused:
        await call
    assert refused.value.code == 3
    return refused.value.message


async def test_the_acknowledgement(
    channels: Channels, society: Society, ada: Player, bob: Player, clock: ShiftedClock
) -> None:
    clock.offset = timedelta(milliseconds=1)
    group = await society.group({ada: SUPERADMIN})
    one, two = sorted((ada.id, bob.id))
    for channel, place in (
        ("2...r", {"room_name": "r"}),
        (f"3.{group.upper()}..", {"group_id": group}),
        (f"4.{one}.{two}.", {"user_id_one": one, "user_id_two": two}),
    ):
        ack = await channels.send(channel, "{}", ada.id, "ada")
        assert ack == {
            "channel_id": channel,
            "message_id": ack["message_id"],
            "code": 0,
            "username": "ada",
            "create_time": "2026-03-02T12:00:00.001Z",
            "update_time": "2026-03-02T12:00:00.001Z",
            "persistent": True,
            **place,
        }


async def test_an_edited_message_keeps_its_place_and_a_removed_one_is_gone(
    api: httpx.AsyncClient, channels: Channels, ada: Player, clock: ShiftedClock
) -> None:
    channel = room()
    ids = []
    for _ in range(3):
        clock.offset += timedelta(seconds=1)
        ids.append(await say(channels, channel, ada, '{"n":1}'))
    before = await listed(api, ada, channel)
    clock.offset = timedelta(hours=1)
    ack = await channels.update(channel, ids[0].upper(), '{"n":2}', ada.id, "renamed")
    assert (ack["message_id"], ack["code"]) == (ids[0], 1)
    assert (ack["create_time"], ack["update_time"]) == ("2026-03-02T12:00:01Z", "2026-03-02T13:00:00Z")
    edited = {"content": '{"n": 2}', "username": "renamed", "update_time": "2026-03-02T13:00:00Z"}
    assert await listed(api, ada, channel) == [before[0] | edited, *before[1:]]
    ack = await channels.remove(channel, ids[1], ada.id, ada.username)
    assert (ack["message_id"], ack["code"], ack["create_time"]) == (ids[1], 2, "2026-03-02T12:00:02Z")
    assert await listed(api, ada, channel) == [before[0] | edited, before[2]]
    assert await refusal(channels.remove(channel, ids[1], ada.id)) == NOTHING_TO_REMOVE


async def test_only_the_sender_and_only_in_its_channel(
    api: httpx.AsyncClient, channels: Channels, ada: Player, bob: Player
) -> None:
    channel, other = room(), room()
    message = await say(channels, channel, ada)
    before = await listed(api, ada, channel)
    for where, id, who in (
        (channel, message, bob.id),
        (channel, message, ""),
        (other, message, ada.id),
        (f"4.{ada.id}.{bob.id}.", message, ada.id),
        (channel, NOBODY, ada.id),
    ):
        assert await refusal(channels.update(where, id, "{}", who)) == NOTHING_TO_UPDATE
        assert await refusal(channels.remove(where, id, who)) == NOTHING_TO_REMOVE
    assert await listed(api, ada, channel) == before


async def test_the_servers_own_messages(api: httpx.AsyncClient, channels: Channels, ada: Player) -> None:
    channel = room()
    ack = await channels.send(channel, "{}")
    assert "username" not in ack
    await channels.update(channel, ack["message_id"], '{"n":1}')
    [message] = await listed(api, ada, channel)
    assert (message["sender_id"], message["content"]) == (SYSTEM, '{"n": 1}')
    await channels.remove(channel, ack["message_id"])
    assert await listed(api, ada, channel) == []


async def test_what_is_not_persistent_leaves_no_trace(
    api: httpx.AsyncClient, channels: Channels, ada: Player
) -> None:
    channel = room()
    kept = await say(channels, channel, ada)
    before = await listed(api, ada, channel)
    acks = [
        await channels.send(channel, "{}", NOBODY, persist=False),
        await channels.update(channel, kept, '{"n":1}', NOBODY, persist=False),
        await channels.remove(channel, kept, NOBODY, persist=False),
    ]
    assert [(ack["code"], ack["persistent"]) for ack in acks] == [(0, False), (1, False), (2, False)]
    assert await listed(api, ada, channel) == before


@pytest.mark.parametrize(
    "content", ["", "[]", '""', "null", "{", "{} x", '{"a":[1e131071,1e131071,1e131071]}']
)
async def test_content_that_is_no_object(channels: Channels, ada: Player, content: str) -> None:
    for persist in (True, False):
        assert await refusal(channels.send(room(), content, ada.id, persist=persist)) == BAD_CONTENT
        assert await refusal(channels.update(room(), NOBODY, content, ada.id, persist=persist)) == BAD_CONTENT


@pytest.mark.parametrize("content", ['{"a":"\\u0000"}', '{"a":"\\ud800"}'])
async def test_content_that_cannot_be_stored(channels: Channels, ada: Player, content: str) -> None:
    channel = room()
    message = await say(channels, channel, ada)
    assert await refusal(channels.send(channel, content, ada.id)) == NOT_STORED
    assert await refusal(channels.update(channel, message, content, ada.id)) == NOT_UPDATED


async def test_names_and_ids_that_do_not_fit(channels: Channels, ada: Player) -> None:
    channel = room()
    message = await say(channels, channel, ada)
    assert await refusal(channels.send(channel, "{}", ada.id, "x" * 129)) == NOT_STORED
    assert await refusal(channels.update(channel, message, "{}", ada.id, "x" * 129)) == NOT_UPDATED
    assert await refusal(channels.send(channel, "{}", NOBODY, "x")) == "Message sender not found"
    assert await refusal(channels.send("2..." + "x" * 65, "[]", ada.id)) == BAD_CHANNEL
    assert await refusal(channels.update("nonsense", message, "[]", ada.id)) == BAD_CHANNEL
    assert await refusal(channels.remove("nonsense", message, ada.id)) == BAD_CHANNEL
    assert await refusal(channels.update("nonsense", "x", "[]", ada.id)) == BAD_MESSAGE
    assert await refusal(channels.remove("nonsense", "x", ada.id)) == BAD_MESSAGE
    for refused in (
        channels.send("2...\0", "{}", ada.id),
        channels.update("2...\0", message, "{}", ada.id),
        channels.remove("2...\0", message, ada.id),
    ):
        assert (await refusal(refused)).startswith("Could not persist message")


# --- finding a channel ---


async def test_rooms(channels: Channels, ada: Player) -> None:
    for sender in (ada.id, None):
        for type in (0, 1):
            assert await channels.build_id(sender, "a.b c/ü", type) == "2...a.b c/ü"
        too_long = "Channel name is required and must be 1-64 chars: Invalid channel target"
        assert await channels.build_id(sender, "ü" * 32, 1) == "2..." + "ü" * 32
        assert await refusal(channels.build_id(sender, "ü" * 32 + "x", 1)) == too_long
        for letter in "\0\x1f\x7f\n":
            text = "Channel name must not contain control chars: Invalid channel target"
            assert await refusal(channels.build_id(sender, f"a{letter}", 1)) == text


async def test_no_target_and_no_type(channels: Channels, ada: Player) -> None:
    assert await refusal(channels.build_id(ada.id, "", 9)) == "Invalid channel target"
    for type in (-1, 4):
        assert await refusal(channels.build_id(ada.id, "x", type)) == "Invalid channel type"


async def test_direct_channels(channels: Channels, society: Society, ada: Player, bob: Player) -> None:
    one, two = sorted((ada.id, bob.id))
    assert await channels.build_id(ada.id, bob.id.upper(), 2) == f"4.{one}.{two}."
    assert await channels.build_id(bob.id, ada.id, 2) == f"4.{one}.{two}."
    assert await channels.build_id(ada.id, ada.id, 2) == f"4.{ada.id}.{ada.id}."
    for target in ("x", SYSTEM):
        text = "Invalid user ID in direct message join: Invalid channel target"
        assert await refusal(channels.build_id(ada.id, target, 2)) == text
    unknown = "User ID not found: Invalid channel target"
    assert await refusal(channels.build_id(ada.id, NOBODY, 2)) == unknown
    nobody = "A direct channel needs a sender: Invalid channel target"
    assert await refusal(channels.build_id(None, bob.id, 2)) == nobody
    await society.block(ada, bob)
    assert await refusal(channels.build_id(bob.id, ada.id, 2)) == unknown
    assert await channels.build_id(ada.id, bob.id, 2) == f"4.{one}.{two}."


async def test_group_channels(
    channels: Channels, society: Society, ada: Player, bob: Player, eve: Player
) -> None:
    group = await society.group({ada: SUPERADMIN, bob: ADMIN, eve: MEMBER})
    for player in (ada, bob, eve):
        assert await channels.build_id(player.id, group.upper(), 3) == f"3.{group}.."
    closed = await society.group({ada: REQUEST, bob: BANNED})
    for player, target in ((ada, closed), (bob, closed), (eve, closed), (ada, NOBODY)):
        text = "Group not found: Invalid channel target"
        assert await refusal(channels.build_id(player.id, target, 3)) == text
    text = "Invalid group ID in group channel join: Invalid channel target"
    assert await refusal(channels.build_id(ada.id, "x", 3)) == text
    assert await channels.build_id(None, closed, 3) == f"3.{closed}.."


async def test_each_page_is_one_statement(
    api: httpx.AsyncClient, app: Application, channels: Channels, ada: Player
) -> None:
    channel = room()
    await say(channels, channel, ada)
    counts = dict(app.database.counts)
    await listed(api, ada, channel)
    await listed(api, ada, channel, forward="false")
    asked = {name: count - counts.get(name, 0) for name, count in app.database.counts.items()}
    assert {name: count for name, count in asked.items() if count and "channel" in name} == {
        "channels.older_first": 1,
        "channels.newer_first": 1,
    }
