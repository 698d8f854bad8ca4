"""Notifications and chat messages from game code."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from kizuna.clock import ShiftedClock
from kizuna.runtime import (
    SYSTEM_USER,
    ApiError,
    ChannelMessage,
    ChannelType,
    Nakama,
    NotificationDelete,
    NotificationSend,
    NotificationUpdate,
)
from tests.support.players import Player, sign_in_async
from tests.support.waiting import wait_until_async

NewUser = Callable[[], Awaitable[str]]
NOBODY = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
async def ada(api: httpx.AsyncClient) -> Player:
    return await sign_in_async(api)


@pytest.fixture
async def bob(api: httpx.AsyncClient) -> Player:
    return await sign_in_async(api)


async def test_a_notification_reaches_its_player(
    nk: Nakama, api: httpx.AsyncClient, ada: Player, bob: Player
) -> None:
    await nk.notification_send(ada.id.upper(), "You won!", {"coins": 5}, 7, sender_id=bob.id)
    await nk.notification_send(ada.id, "Heard by nobody", {}, 1, persistent=False)
    answer = await api.get("/v2/notification", params={"limit": 10}, headers=ada.headers)
    [seen] = answer.json()["notifications"]
    assert (seen["subject"], seen["content"], seen["code"]) == ("You won!", '{"coins": 5}', 7)
    assert seen["sender_id"] == bob.id
    [stored], cursor = await nk.notifications_list(ada.id)
    assert (stored.id, stored.user_id, stored.content, cursor) == (seen["id"], ada.id, {"coins": 5}, "")
    assert stored.create_time.tzinfo is not None


async def test_many_are_sent_all_or_none(nk: Nakama, ada: Player, bob: Player) -> None:
    await nk.notifications_send([NotificationSend(who.id, "s", {"n": who.id}, -1500) for who in (ada, bob)])
    [one], _ = await nk.notifications_list(bob.id)
    assert (one.code, one.sender_id, one.content) == (-1500, SYSTEM_USER, {"n": bob.id})
    with pytest.raises(ApiError, match="user not found"):
        await nk.notifications_send([NotificationSend(who, "s", {}, 1) for who in (ada.id, NOBODY)])
    assert len((await nk.notifications_list(ada.id))[0]) == 1
    await nk.notifications_send([])


async def test_notifications_are_listed_changed_and_deleted(
    nk: Nakama, ada: Player, bob: Player, clock: ShiftedClock
) -> None:
    for n in range(5):
        await nk.notification_send(ada.id, f"{n}", {}, 1)
    found, cursor = await nk.notifications_list(ada.id, limit=3)
    rest, last = await nk.notifications_list(ada.id, limit=3, cursor=cursor)
    assert ([one.subject for one in [*found, *rest]], last) == (["0", "1", "2", "3", "4"], "")
    ids = [one.id for one in [*found, *rest]]
    assert [one.id for one in (await nk.notifications_list(ada.id, limit=0))[0]] == ids
    updates = [NotificationUpdate(ids[0], "new"), NotificationUpdate(ids[1], None, {"a": 1}, bob.id)]
    await nk.notifications_update(updates)
    changed = {one.id: one for one in await nk.notifications_get_id([ids[0].upper(), ids[1], NOBODY])}
    assert (changed[ids[0]].subject, changed[ids[1]].subject) == ("new", "1")
    assert (changed[ids[1]].content, changed[ids[1]].sender_id) == ({"a": 1}, bob.id)
    with pytest.raises(ApiError, match="notification not found"):
        await nk.notifications_update([NotificationUpdate(ids[2], "undone"), NotificationUpdate(NOBODY, "x")])
    assert (await nk.notifications_get_id([ids[2]], user_id=ada.id))[0].subject == "2"
    assert await nk.notifications_get_id([ids[2]], user_id=bob.id) == []
    await nk.notifications_delete([NotificationDelete(ada.id, ids[0]), NotificationDelete(bob.id, ids[1])])
    await nk.notifications_delete_id([ids[2]], user_id=bob.id)
    await nk.notifications_delete_id([ids[3], ids[4].upper(), NOBODY])
    assert [one.id for one in (await nk.notifications_list(ada.id))[0]] == [ids[1], ids[2]]


async def test_everybody_is_notified(nk: Nakama, new_user: NewUser) -> None:
    users = [await new_user() for _ in range(3)]
    await nk.notification_send_all("To all", {"n": 1}, 3)

    async def all_have_it() -> bool:
        lists = [(await nk.notifications_list(user))[0] for user in users]
        return [[one.subject for one in found] for found in lists] == [["To all"]] * 3

    await wait_until_async(all_have_it)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda nk, me: nk.notification_send(me, "", {}, 1), "subject must not be empty"),
        (lambda nk, me: nk.notification_send(me, "x" * 256, {}, 1), "subject must have 1 to 255"),
        (lambda nk, me: nk.notification_send(me, "s", [], 1), "content must be a dict"),
        (lambda nk, me: nk.notification_send(me, "s", {}, 0), "code must be more than 0"),
        (lambda nk, me: nk.notification_send(me, "s", {}, -999), "code must be more than 0"),
        (lambda nk, me: nk.notification_send(me, "s", {}, -2001), "code must be a whole number"),
        (lambda nk, me: nk.notification_send(me, "s", {}, 2**15), "code must be a whole number"),
        (lambda nk, me: nk.notification_send(me, "s", {}, 1, sender_id="x"), "sender id 'x' is not a UUID"),
        (lambda nk, me: nk.notification_send_all("s", {}, -1500), "code must be a whole number from 1"),
        (lambda nk, me: nk.notifications_list(me, limit=1001), "limit must be 0 to 1000"),
        (lambda nk, me: nk.notifications_list(me, cursor="nonsense"), "Error retrieving notifications."),
        (lambda nk, me: nk.notifications_get_id(["x"]), "notification id 'x' is not a UUID"),
        (lambda nk, me: nk.channel_id_build("room", 4), "Invalid channel type"),
        (lambda nk, me: nk.channel_id_build("", ChannelType.ROOM), "Invalid channel target"),
        (lambda nk, me: nk.channel_id_build("r" * 65, ChannelType.ROOM), "Invalid channel target"),
        (lambda nk, me: nk.channel_id_build(me, ChannelType.DIRECT), "needs a sender_id"),
        (lambda nk, me: nk.channel_id_build(NOBODY, 2, sender_id=me), "Invalid channel target"),
        (lambda nk, me: nk.channel_id_build(NOBODY, 3, sender_id=me), "Invalid channel target"),
        (lambda nk, me: nk.channel_message_send("5...x", {}), "invalid channel id"),
        (lambda nk, me: nk.channel_message_send("2...x", "text"), "content must be a dict"),
        (lambda nk, me: nk.channel_message_send("2...x", {}, sender_id=NOBODY), "sender not found"),
        (lambda nk, me: nk.channel_message_send("2...x", {}, sender_username="x" * 129), "at most 128"),
        (lambda nk, me: nk.channel_message_update("2...x", "x", {}), "message id 'x' is not a UUID"),
        (lambda nk, me: nk.channel_message_update("2...x", NOBODY, {}), "Could not find message to update"),
        (lambda nk, me: nk.channel_message_remove("2...x", NOBODY), "Could not find message to remove"),
        (lambda nk, me: nk.channel_messages_list("x"), "invalid channel id"),
        (lambda nk, me: nk.channel_messages_list("2...x", limit=0), "limit must be 1 to 100"),
        (lambda nk, me: nk.channel_messages_list("2...x", cursor="x"), "invalid channel cursor"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    nk: Nakama, new_user: NewUser, call: Callable[[Nakama, str], Any], told: str
) -> None:
    with pytest.raises((ApiError, ValueError, TypeError), match=told):
        await call(nk, await new_user())


async def test_channels_have_ids(nk: Nakama, ada: Player, bob: Player) -> None:
    assert await nk.channel_id_build("lobby", ChannelType.ROOM) == "2...lobby"
    first, second = sorted([ada.id, bob.id])
    for sender, target in ((ada.id, bob.id), (bob.id, ada.id.upper())):
        assert (
            await nk.channel_id_build(target, ChannelType.DIRECT, sender_id=sender) == f"4.{first}.{second}."
        )
    group = await nk.group_create(ada.id, f"g-{ada.id}")
    for sender in ("", ada.id):
        assert await nk.channel_id_build(group.id, 3, sender_id=sender) == f"3.{group.id}.."
    with pytest.raises(ApiError, match="Invalid channel target"):
        await nk.channel_id_build(group.id, ChannelType.GROUP, sender_id=bob.id)
    await nk.friends_block(bob.id, bob.username, [ada.id])
    with pytest.raises(ApiError, match="Invalid channel target"):
        await nk.channel_id_build(bob.id, ChannelType.DIRECT, sender_id=ada.id)


async def test_messages_are_sent_changed_and_removed(
    nk: Nakama, api: httpx.AsyncClient, ada: Player, bob: Player
) -> None:
    channel = await nk.channel_id_build(bob.id, ChannelType.DIRECT, sender_id=ada.id)
    sent = await nk.channel_message_send(channel, {"text": "hi"}, sender_id=ada.id, sender_username="Ada")
    assert (sent.channel_id, sent.code, sent.username, sent.persistent) == (channel, 0, "Ada", True)
    assert [sent.user_id_one, sent.user_id_two] == sorted([ada.id, bob.id])
    whispered = await nk.channel_message_send(channel, {}, persist=False)
    assert not whispered.persistent
    answer = await api.get(f"/v2/channel/{channel}", params={"limit": 10}, headers=bob.headers)
    [seen] = answer.json()["messages"]
    assert (seen["message_id"], seen["sender_id"], seen["content"]) == (
        sent.message_id,
        ada.id,
        '{"text": "hi"}',
    )

    changed = await nk.channel_message_update(
        channel, sent.message_id, {"text": "ho"}, sender_id=ada.id, sender_username="A."
    )
    assert (changed.code, changed.message_id, changed.create_time) == (1, sent.message_id, sent.create_time)
    [stored] = (await nk.channel_messages_list(channel)).messages
    assert (stored.content, stored.username, stored.code) == ({"text": "ho"}, "A.", 0)
    assert stored.update_time == changed.update_time
    for other in ("", bob.id):
        with pytest.raises(ApiError, match="Could not find message to remove"):
            await nk.channel_message_remove(channel, sent.message_id, sender_id=other)
    removed = await nk.channel_message_remove(channel, sent.message_id, sender_id=ada.id)
    assert removed.code == 2
    assert (await nk.channel_messages_list(channel)).messages == []


async def test_a_history_is_read_in_both_directions(nk: Nakama, ada: Player) -> None:
    room = f"2...room-{ada.id}"
    for n in range(5):
        await nk.channel_message_send(room, {"n": n})

    def numbers(messages: list[ChannelMessage]) -> list[int]:
        return [message.content["n"] for message in messages]

    first = await nk.channel_messages_list(room, limit=3)
    assert (numbers(first.messages), first.prev_cursor) == ([0, 1, 2], "")
    assert {(one.room_name, one.sender_id) for one in first.messages} == {(f"room-{ada.id}", SYSTEM_USER)}
    second = await nk.channel_messages_list(room, limit=3, cursor=first.next_cursor)
    assert (numbers(second.messages), second.next_cursor) == ([3, 4], "")
    before = await nk.channel_messages_list(room, limit=3, cursor=second.prev_cursor)
    assert numbers(before.messages) == [0, 1, 2]
    await nk.channel_message_send(room, {"n": 5})
    later = await nk.channel_messages_list(room, cursor=second.cacheable_cursor)
    assert numbers(later.messages) == [5]
    newest = await nk.channel_messages_list(room, limit=2, forward=False)
    assert numbers(newest.messages) == [5, 4]
    with pytest.raises(ApiError, match="invalid channel cursor"):
        await nk.channel_messages_list(room, cursor=newest.next_cursor)
