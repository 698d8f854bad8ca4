"""Joining, leaving, adding, kicking, banning, promoting and demoting: what happens besides who may."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from tests.groups.support import DENIED, FULL, NIL, NOBODY, Somebody, good, new_name, refusal, relate

Enter = Callable[[], Awaitable[Somebody]]
OPERATIONS = ("add", "kick", "ban", "promote", "demote")


# --- ids ---


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_ids_come_before_permission(ada: Somebody, bob: Somebody, operation: str) -> None:
    group = await ada.create()
    path = f"/group/{group['id']}/{operation}"
    nobody_named = await bob.ask("POST", path)
    if operation == "demote":
        assert refusal(nobody_named) == (400, 3, "User IDs must be set.")
    else:
        assert good(nobody_named) == {}
    for bad in ("zz", "", NIL, f"{{{NIL}}}", ada.id + "0"):
        answer = await bob.ask("POST", path, user_ids=[ada.id, bad])
        assert refusal(answer) == (400, 3, "User ID must be a valid ID."), bad
    answer = await bob.ask("POST", f"/group/zz/{operation}", user_ids="zz")
    assert refusal(answer) == (400, 3, "Group ID must be a valid ID.")
    assert refusal(await bob.act(operation, group, ada)) == DENIED
    assert refusal(await ada.act(operation, {"id": NOBODY}, bob)) == DENIED


async def test_spellings_of_ids(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create(open=True)
    bare = bob.id.replace("-", "")
    group = {**group, "id": group["id"].upper()}
    for spelling in (bob.id.upper(), f"{{{bob.id}}}", bare, f"urn:uuid:{bob.id}"):
        await ada.do("add", group, spelling)
        assert await ada.groups(spelling) == {group["id"].lower(): 2}
        await ada.do("kick", group, spelling)
    await ada.do("kick", group, ada.id.upper())
    assert await ada.members(group) == {ada.id: 0}


async def test_who_is_named_twice_is_taken_twice(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create()
    await ada.do("add", group, bob, bob)
    assert await ada.members(group) == {ada.id: 0, bob.id: 2}
    await ada.do("promote", group, bob, bob, bob)
    assert await ada.members(group) == {ada.id: 0, bob.id: 0}
    await ada.do("demote", group, bob, bob, bob)
    assert await ada.members(group) == {ada.id: 0, bob.id: 2}
    await ada.do("ban", group, bob, bob)
    await ada.do("kick", group, bob, bob)
    assert await ada.size(group) == 1
    told = [code for code, _, _ in await ada.messages(group)]
    assert told == [4, 7, 7, 8, 9, 9]


async def test_an_admin_promotes_to_admin_and_no_further(enter: Enter, ada: Somebody, bob: Somebody) -> None:
    member = await enter()
    group = await ada.create()
    await relate(ada, group, bob, 1)
    await relate(ada, group, member, 2)
    await bob.do("promote", group, member, member)
    assert (await ada.members(group))[member.id] == 1


# --- join and leave ---


async def test_a_full_group_refuses_everybody(enter: Enter, ada: Somebody, bob: Somebody) -> None:
    """That it is full comes before what somebody is in it."""
    group = await ada.create(open=True, max_count=2)
    banned, requester = await enter(), await enter()
    await relate(ada, group, banned, 4)
    await relate(ada, group, requester, 3)
    await relate(ada, group, bob, 2)
    for open in (False, True):
        good(await ada.update(group, open=open))
        for somebody in (ada, bob, banned, requester, await enter()):
            assert refusal(await somebody.join(group)) == FULL
    good(await bob.leave(group))
    good(await requester.join(group))
    assert await ada.relations(group) == {ada.id: 0, requester.id: 3, banned.id: 4}


async def test_the_last_superadmin(enter: Enter, ada: Somebody, bob: Somebody) -> None:
    group = await ada.create(open=True)
    await relate(ada, group, await enter(), 4)
    await relate(ada, group, bob, 1)
    last = (400, 3, "Cannot leave group when you are the last superadmin.")
    assert refusal(await ada.leave(group)) == last
    good(await bob.leave(group))
    await relate(ada, group, bob, 3)
    assert good(await ada.leave(group)) == {}  # a request and a ban do not hold it up
    assert await bob.see(group) is None
    assert await bob.groups() == {}
    assert good(await ada.leave(group)) == {}


async def test_a_superadmin_leaves_to_another(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create()
    await relate(ada, group, bob, 0)
    assert good(await ada.leave(group)) == {}
    assert await bob.members(group) == {bob.id: 0}
    assert await bob.size(group) == 1
    assert (5, ada.id, ada.name) in await bob.messages(group)


async def test_a_request_is_notified_to_who_can_grant_it(enter: Enter, ada: Somebody, bob: Somebody) -> None:
    member, stranger = await enter(), await enter()
    group = await ada.create()
    await relate(ada, group, bob, 1)
    await relate(ada, group, member, 2)
    await relate(ada, group, stranger, 3)
    good(await stranger.join(group))  # again: nothing new
    for admin, others in ((ada, 0), (bob, 1)):
        notifications = await admin.notifications()
        assert len(notifications) == 1 + others
        [request] = [one for one in notifications if one["code"] == -5]
        assert request["subject"] == f"User {stranger.name} wants to join your group"
        assert json.loads(request["content"]) == {"group_id": group["id"], "username": stranger.name}
        assert request["sender_id"] == stranger.id
    assert [one["code"] for one in await member.notifications()] == [-4]
    assert await stranger.notifications() == []


# --- add ---


async def test_add_is_all_or_nothing(enter: Enter, ada: Somebody, bob: Somebody) -> None:
    others = [await enter() for _ in range(3)]
    group = await ada.create(max_count=3)
    unknown = (400, 3, "One or more users not found.")
    assert refusal(await ada.act("add", group, bob, NOBODY)) == unknown
    assert refusal(await ada.act("add", group, *others)) == FULL
    # Whichever comes first is told.
    assert refusal(await ada.act("add", group, NOBODY, *others)) == unknown
    assert refusal(await ada.act("add", group, *others, NOBODY)) == FULL
    assert await ada.members(group) == {ada.id: 0}
    assert await ada.size(group) == 1
    assert await ada.messages(group) == []
    assert await bob.notifications() == await others[0].notifications() == []
    await ada.do("add", group, *others[:2])
    await ada.do("add", group, ada, others[0])  # nobody is added, so that it is full does not matter
    assert await ada.size(group) == 3


async def test_a_welcome(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create(name := new_name('Fête "<&>\\'))
    await ada.do("add", group, bob)
    [welcome] = await bob.notifications()
    assert welcome["code"] == -4
    assert welcome["subject"] == f"You've been added to group {name}"
    assert welcome["sender_id"] == ada.id
    assert json.loads(welcome["content"]) == {"group_id": group["id"], "name": name}


async def test_the_welcome_to_a_group_with_a_long_name_is_cut(ada: Somebody, bob: Somebody) -> None:
    """The reference loses the notification."""
    name = new_name().ljust(255, "é")
    await ada.do("add", await ada.create(name), bob)
    [welcome] = await bob.notifications()
    assert welcome["subject"] == f"You've been added to group {name}"[:255]
    assert json.loads(welcome["content"])["name"] == name


async def test_messages_of_admins_name_users_as_they_are_now(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create(open=True)
    good(await bob.ask("PUT", "/account", {"username": (renamed := new_name("renamed"))}))
    good(await bob.join(group))
    await ada.do("promote", group, bob)
    assert await ada.messages(group) == [(3, bob.id, bob.name), (7, bob.id, renamed)]


# --- kick and ban ---


async def test_several_bans_at_once(enter: Enter, ada: Somebody) -> None:
    """The reference bans the first only, and merely kicks the others."""
    group = await ada.create(open=True)
    users = [await enter() for _ in range(4)]
    await ada.do("add", group, *users[:3])
    await relate(ada, group, users[3], 3)
    await ada.do("ban", group, *users)
    assert await ada.members(group, state=4) == {user.id: 4 for user in users}
    assert list(await ada.members(group, state=4)) == [user.id for user in users]
    good(await ada.update(group, open=True))
    for user in users:
        assert good(await user.join(group)) == {}
        assert await user.groups() == await user.groups(state=4) == {}
    assert await ada.members(group) == {ada.id: 0}
    await ada.do("add", group, *users)
    assert await ada.size(group) == 1


async def test_a_ban_ends_with_a_kick(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create(open=True)
    await relate(ada, group, bob, 4)
    await ada.do("kick", group, bob)
    assert await ada.size(group) == 1
    assert [code for code, _, _ in await ada.messages(group)] == [4, 8]
    good(await bob.join(group))
    assert await ada.members(group) == {ada.id: 0, bob.id: 2}


async def test_strangers_cannot_be_banned(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create(open=True)
    await ada.do("ban", group, bob, NOBODY)
    await ada.do("kick", group, bob, NOBODY)
    await ada.do("promote", group, bob, NOBODY)
    await ada.do("demote", group, bob, NOBODY)
    assert await ada.relations(group) == {ada.id: 0}


# --- places and times ---


async def test_a_place_is_kept_through_changes_of_role(
    enter: Enter, ada: Somebody, clock: ShiftedClock
) -> None:
    """Within a state, the order is that of the first relation."""
    group = await ada.create(open=False)
    users = [await enter() for _ in range(4)]
    for user in users:
        clock.offset += timedelta(seconds=1)
        good(await user.join(group))
    clock.offset += timedelta(seconds=1)
    for user in reversed(users):
        await ada.do("add", group, user)
    assert list(await ada.members(group)) == [ada.id, *(user.id for user in users)]
    await ada.do("promote", group, users[3])
    await ada.do("promote", group, users[0])
    assert list(await ada.members(group, state=1)) == [users[0].id, users[3].id]
    await ada.do("demote", group, users[3], users[0])
    assert list(await ada.members(group, state=2)) == [user.id for user in users]
    await ada.do("kick", group, users[0])
    good(await ada.update(group, open=True))
    good(await users[0].join(group))
    assert list(await ada.members(group, state=2)) == [user.id for user in (*users[1:], users[0])]


async def test_what_moves_the_update_time(
    enter: Enter, ada: Somebody, bob: Somebody, clock: ShiftedClock
) -> None:
    """Changes of the number of members, and updates; not roles, requests and bans of those who only asked."""
    group = await ada.create(open=True)
    requester, joiner = await enter(), await enter()

    async def moves(change: Callable[[], Awaitable[Any]]) -> bool:
        before = await ada.see(group)
        clock.offset += timedelta(seconds=1)
        await change()
        after = await ada.see(group)
        assert before
        assert after
        assert after["create_time"] == group["create_time"]
        return bool(after["update_time"] != before["update_time"])

    assert await moves(lambda: bob.join(group))
    assert not await moves(lambda: ada.do("promote", group, bob))
    assert not await moves(lambda: ada.do("demote", group, bob))
    assert not await moves(lambda: bob.join(group))
    assert await moves(lambda: ada.update(group, open=False))
    assert await moves(lambda: ada.update(group, open=False))
    assert not await moves(lambda: requester.join(group))
    assert not await moves(lambda: ada.do("ban", group, requester))
    assert not await moves(lambda: ada.do("kick", group, requester))
    assert await moves(lambda: ada.do("add", group, joiner))
    assert await moves(lambda: ada.do("ban", group, joiner))
    assert await moves(lambda: bob.leave(group))
