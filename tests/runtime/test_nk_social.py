"""Friends and groups from game code."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from kizuna.runtime import SYSTEM_USER, ApiError, FriendState, Group, GroupState, Nakama
from tests.support.players import Player, sign_in_async

NewUser = Callable[[], Awaitable[str]]
NOBODY = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
async def ada(api: httpx.AsyncClient) -> Player:
    return await sign_in_async(api)


@pytest.fixture
async def bob(api: httpx.AsyncClient) -> Player:
    return await sign_in_async(api)


async def test_friends_are_invited_accepted_and_listed(
    nk: Nakama, api: httpx.AsyncClient, ada: Player, bob: Player
) -> None:
    await nk.friends_add(ada.id, ada.username, [bob.id.upper(), NOBODY], metadata={"met": "here"})
    [invited], cursor = await nk.friends_list(bob.id)
    assert (invited.user.id, invited.state, invited.metadata, cursor) == (
        ada.id,
        FriendState.INVITE_RECEIVED,
        {},
        "",
    )
    assert invited.update_time.tzinfo is not None
    await nk.friends_add(bob.id, bob.username, usernames=[ada.username])
    [friend], _ = await nk.friends_list(ada.id, state=FriendState.FRIEND)
    assert (friend.user.username, friend.metadata) == (bob.username, {"met": "here"})
    seen = (await api.get("/v2/friend", headers=ada.headers)).json()["friends"]
    assert [(one["user"]["id"], one["state"]) for one in seen] == [(bob.id, 0)]
    await nk.friend_metadata_update(ada.id, bob.id, {"met": "there"})
    [status] = await nk.users_get_friend_status(ada.id, [bob.id, NOBODY])
    assert (status.user.id, status.state, status.metadata) == (bob.id, FriendState.FRIEND, {"met": "there"})
    codes = [[one.code for one in (await nk.notifications_list(who.id))[0]] for who in (ada, bob)]
    assert codes == [[-3], [-2]]


async def test_friendships_end_and_blocks_stay(nk: Nakama, ada: Player, bob: Player) -> None:
    await nk.friends_add(ada.id, ada.username, [bob.id])
    await nk.friends_delete(bob.id, bob.username, [ada.id])
    assert await nk.friends_list(ada.id) == ([], "")
    await nk.friends_block(ada.id, ada.username, usernames=[bob.username])
    await nk.friends_add(bob.id, bob.username, [ada.id])
    assert [one.state for one in (await nk.friends_list(ada.id))[0]] == [FriendState.BLOCKED]
    assert await nk.friends_list(bob.id) == ([], "")


async def test_pages_of_friends_and_of_theirs(
    nk: Nakama, ada: Player, bob: Player, new_user: NewUser
) -> None:
    others = [await new_user() for _ in range(3)]
    for other in [*others, bob.id]:
        await nk.friends_add(ada.id, "ada", [other])
        await nk.friends_add(other, "other", [ada.id])
    pages, cursor = [], ""
    while page := await nk.friends_list(ada.id, limit=2, cursor=cursor):
        friends, cursor = page
        pages.append([friend.user.id for friend in friends])
        if not cursor:
            break
    assert [len(page) for page in pages] == [2, 2]
    assert {id for page in pages for id in page} == {*others, bob.id}
    found, cursor = await nk.friends_of_friends_list(bob.id, limit=2)
    assert cursor
    rest, cursor = await nk.friends_of_friends_list(bob.id, limit=1000, cursor=cursor)
    assert cursor == ""
    assert {one.user.id for one in [*found, *rest]} == set(others)
    assert {one.referrer_id for one in found} == {ada.id}
    for call in (nk.friends_list, nk.friends_of_friends_list):
        with pytest.raises(ApiError, match="friend cursor invalid"):
            await call(ada.id, cursor="nonsense")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda nk, me: nk.friends_add(me, "me", [me]), "Cannot add self as friend."),
        (lambda nk, me: nk.friends_delete(me, "me", [me]), "Cannot delete self."),
        (lambda nk, me: nk.friends_block(me, "me", usernames=["me"]), "Cannot block self."),
        (lambda nk, me: nk.friends_add(me, "me", usernames=["no such user"]), "No valid ID or username"),
        (lambda nk, me: nk.friends_add(me, "me", ["x"]), "user id 'x' is not a UUID"),
        (lambda nk, me: nk.friends_add(me, "me", [NOBODY], metadata=[1]), "metadata must be a dict"),
        (lambda nk, me: nk.friends_list(me, limit=1001), "limit must be 1 to 1000"),
        (lambda nk, me: nk.friends_list(me, state=4), "state must be a whole number from 0 to 3"),
        (lambda nk, me: nk.users_get_friend_status(me, ["x"]), "user id 'x' is not a UUID"),
        (lambda nk, me: nk.group_create(me, ""), "name must not be empty"),
        (lambda nk, me: nk.group_create(me, "n", max_count=0), "max_count must be a whole number"),
        (lambda nk, me: nk.group_create(NOBODY, f"of {NOBODY}"), "user not found"),
        (lambda nk, me: nk.group_create(me, "x" * 256), "Error while trying to create group."),
        (lambda nk, me: nk.group_update(NOBODY, name=""), "name must not be empty"),
        (lambda nk, me: nk.group_update(NOBODY), "no group updates"),
        (lambda nk, me: nk.group_update(NOBODY, name=f"n-{me}"), "group not updated"),
        (lambda nk, me: nk.group_delete(NOBODY), "group not found"),
        (lambda nk, me: nk.group_user_join(NOBODY, me, "me"), "group not found"),
        (lambda nk, me: nk.group_users_add(NOBODY, [me]), "group not found"),
        (lambda nk, me: nk.group_users_add(NOBODY, [SYSTEM_USER]), "must not hold the server's own"),
        (lambda nk, me: nk.group_users_list(NOBODY, cursor="x"), "group user cursor invalid"),
        (lambda nk, me: nk.user_groups_list(me, cursor="x"), "user group cursor invalid"),
        (lambda nk, me: nk.groups_list("a", open=True), "name filter cannot be combined"),
        (lambda nk, me: nk.groups_list(limit=101), "limit must be 1 to 100"),
        (lambda nk, me: nk.groups_get_random(1001), "count must be a whole number from 0 to 1000"),
        (lambda nk, me: nk.users_get_random(-1), "count must be a whole number from 0 to 1000"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    nk: Nakama, new_user: NewUser, call: Callable[[Nakama, str], Any], told: str
) -> None:
    with pytest.raises((ApiError, ValueError, TypeError), match=told):
        await call(nk, await new_user())


async def test_a_group_is_made_changed_and_deleted(nk: Nakama, api: httpx.AsyncClient, ada: Player) -> None:
    group = await nk.group_create(
        ada.id,
        f"g-{ada.id}",
        creator_id=NOBODY,
        description="d",
        avatar_url="a",
        lang_tag="de",
        open=True,
        metadata={"level": 1},
        max_count=3,
    )
    assert (group.name, group.creator_id, group.description, group.avatar_url) == (
        f"g-{ada.id}",
        NOBODY,
        "d",
        "a",
    )
    assert (group.lang_tag, group.open, group.metadata) == ("de", True, {"level": 1})
    assert (group.edge_count, group.max_count) == (1, 3)
    assert await nk.groups_get_id([group.id, NOBODY, group.id.upper()]) == [group]
    await nk.group_update(group.id, description="", open=False, metadata={"level": 2}, max_count=9)
    [changed] = await nk.groups_get_id([group.id])
    assert (changed.name, changed.description, changed.open) == (group.name, "", False)
    assert (changed.metadata, changed.max_count) == ({"level": 2}, 9)
    seen = (await api.get(f"/v2/user/{ada.id}/group", headers=ada.headers)).json()["user_groups"]
    assert [(one["group"]["id"], one["state"]) for one in seen] == [(group.id, 0)]
    with pytest.raises(ApiError, match="group name in use"):
        await nk.group_create(ada.id, group.name)
    another = await nk.group_create(ada.id, f"another-{ada.id}")
    with pytest.raises(ApiError, match="group name in use"):
        await nk.group_update(another.id, name=group.name)
    await nk.group_delete(group.id)
    assert await nk.groups_get_id([group.id]) == []


async def states(nk: Nakama, group: Group) -> dict[str, GroupState]:
    everybody = (await nk.group_users_list(group.id))[0]
    banned = (await nk.group_users_list(group.id, state=GroupState.BANNED))[0]
    return {one.user.id: one.state for one in [*everybody, *banned]}


async def test_members_come_and_go(nk: Nakama, ada: Player, bob: Player, new_user: NewUser) -> None:
    group = await nk.group_create(ada.id, f"g-{ada.id}", max_count=2)
    await nk.group_user_join(group.id, bob.id, bob.username)
    assert await states(nk, group) == {ada.id: GroupState.SUPERADMIN, bob.id: GroupState.JOIN_REQUEST}
    assert [one.code for one in (await nk.notifications_list(ada.id))[0]] == [-5]
    with pytest.raises(ApiError, match="group permission denied"):
        await nk.group_users_add(group.id, [bob.id], caller_id=bob.id)
    await nk.group_users_add(group.id, [bob.id], caller_id=ada.id)
    await nk.group_users_promote(group.id, [bob.id])
    assert (await states(nk, group))[bob.id] is GroupState.ADMIN
    await nk.group_users_demote(group.id, [bob.id])
    assert (await states(nk, group))[bob.id] is GroupState.MEMBER
    third = await new_user()
    with pytest.raises(ApiError, match="group is full"):
        await nk.group_users_add(group.id, [third])
    with pytest.raises(ApiError, match="user not found"):
        await nk.group_users_add(group.id, [NOBODY])
    with pytest.raises(ApiError, match="user is last group superadmin"):
        await nk.group_user_leave(group.id, ada.id, ada.username)
    await nk.group_users_ban(group.id, [bob.id])
    await nk.group_user_join(group.id, bob.id, bob.username)
    assert (await states(nk, group))[bob.id] is GroupState.BANNED
    await nk.group_users_kick(group.id, [bob.id])
    assert bob.id not in await states(nk, group)
    told = (await nk.channel_messages_list(f"3.{group.id}..")).messages
    assert {one.code for one in told} == {4, 7, 9, 8}
    await nk.group_user_leave(group.id, ada.id, ada.username)
    assert await nk.groups_get_id([group.id]) == []


async def test_groups_are_found(nk: Nakama, ada: Player, new_user: NewUser) -> None:
    made = [await nk.group_create(ada.id, f"Find-{ada.id}-{n}", lang_tag="eo", open=n == 0) for n in range(3)]
    ids = {group.id for group in made}
    page, cursor = await nk.groups_list(f"find-{ada.id}%", limit=2)
    rest, last = await nk.groups_list(f"find-{ada.id}%", limit=2, cursor=cursor)
    assert ({group.id for group in [*page, *rest]}, last) == (ids, "")
    assert (await nk.groups_list(made[1].name.lower()))[0] == [made[1]]
    opened, _ = await nk.groups_list(lang_tag="eo", members=1, open=True)
    assert [group.id for group in opened if group.id in ids] == [made[0].id]
    assert {group.id for group in await nk.groups_get_random(1000)} >= ids
    assert (len(await nk.groups_get_random(2)), await nk.groups_get_random(0)) == (2, [])
    mine, cursor = await nk.user_groups_list(ada.id, limit=2)
    more, _ = await nk.user_groups_list(ada.id, cursor=cursor)
    assert {one.group.id for one in [*mine, *more]} == ids
    assert {one.state for one in mine} == {GroupState.SUPERADMIN}
    assert await nk.user_groups_list(ada.id, state=GroupState.MEMBER) == ([], "")


async def test_random_users_are_different_users(nk: Nakama, new_user: NewUser) -> None:
    users = {await new_user() for _ in range(5)}
    everybody = [user.id for user in await nk.users_get_random(1000)]
    assert users <= set(everybody)
    assert len(everybody) == len(set(everybody))
    assert SYSTEM_USER not in everybody
    some = {tuple(user.id for user in await nk.users_get_random(3)) for _ in range(12)}
    assert {len(set(chosen)) for chosen in some} == {3}
    assert len(some) > 1
    assert await nk.users_get_random(0) == []
