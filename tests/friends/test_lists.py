"""The list of friends, and that of their friends."""

from collections.abc import Awaitable, Callable
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.wire.cursors import encode_cursor
from tests.friends.support import BLOCKED, FRIEND, RECEIVED, SENT, Neighbour, good, refusal

Enter = Callable[[], Awaitable[Neighbour]]

BAD_CURSOR = (400, 3, "Cursor is invalid.")
NIL = "00000000-0000-0000-0000-000000000000"


async def all_pages(player: Neighbour, path: str, name: str, **query: Any) -> list[list[dict[str, Any]]]:
    """The pages of a list, by its cursors."""
    pages: list[list[dict[str, Any]]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = good(await player.ask("GET", path, params={**query, "cursor": cursor}))
        assert page.keys() <= {name, "cursor"}
        pages.append(page.get(name, []))
        cursor = page.get("cursor")
    return pages


def ids(friends: list[dict[str, Any]]) -> list[str]:
    return [friend["user"]["id"] for friend in friends]


# --- friends ---


async def surrounded(ada: Neighbour, enter: Enter) -> dict[int, list[str]]:
    """Give a player two relations of each kind, mixed; the others by state, the oldest relation first."""
    others: dict[int, list[str]] = {FRIEND: [], SENT: [], RECEIVED: [], BLOCKED: []}
    for _ in range(2):
        for state, known in others.items():
            other = await enter()
            if state in (FRIEND, RECEIVED):
                await other.add(ada)
            if state in (FRIEND, SENT):
                await ada.add(other)
            if state == BLOCKED:
                await ada.block(other)
            known.append(other.id)
    return others


async def test_by_state_and_age(ada: Neighbour, enter: Enter) -> None:
    others = await surrounded(ada, enter)
    assert ids(await ada.friends()) == [*chain(*others.values())]
    for state, known in others.items():
        assert ids(await ada.friends(state=state)) == known


async def test_pages_are_the_list_cut_into_pieces(ada: Neighbour, enter: Enter) -> None:
    await surrounded(ada, enter)
    whole = await ada.friends()
    for limit in range(1, 10):
        pages = await all_pages(ada, "/v2/friend", "friends", limit=limit)
        assert [*chain(*pages)] == whole
        assert {len(page) for page in pages[:-1]} <= {limit}
        assert pages[-1], "no cursor to an empty page"
        for state in (FRIEND, SENT, RECEIVED, BLOCKED):
            of_state = await all_pages(ada, "/v2/friend", "friends", limit=limit, state=state)
            assert [*chain(*of_state)] == [friend for friend in whole if friend["state"] == state]


async def test_what_is_told_of_a_friend(ada: Neighbour, bob: Neighbour) -> None:
    """The whole profile, but not how many edges there are, whatever the number."""
    changes = {"display_name": "B", "avatar_url": "b.png", "location": "x", "timezone": "y", "lang_tag": "es"}
    good(await bob.ask("PUT", "/v2/account", json=changes))
    await ada.befriend(bob)
    profile = await bob.account()
    assert profile.pop("edge_count") == 1
    [friend] = await ada.friends()
    assert friend.keys() == {"user", "state", "update_time", "metadata"}
    assert friend["user"] == profile
    assert friend["state"] == 0
    assert friend["metadata"] == "{}"


async def test_nobody(ada: Neighbour) -> None:
    assert await ada.page() == await ada.page(cursor="") == await ada.page(state=0, limit=1) == {}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": 0, "state": 9}, "Invalid limit - limit must be between 1 and 1000."),
        ({"limit": 1001}, "Invalid limit - limit must be between 1 and 1000."),
        ({"limit": -1}, "Invalid limit - limit must be between 1 and 1000."),
        ({"state": 4, "cursor": "garbage"}, "Invalid state - state must be between 0 and 3."),
        ({"state": -1}, "Invalid state - state must be between 0 and 3."),
        ({"cursor": "garbage"}, "Cursor is invalid."),
    ],
)
async def test_bad_parameters(ada: Neighbour, query: dict[str, Any], message: str) -> None:
    assert refusal(await ada.ask("GET", "/v2/friend", params=query)) == (400, 3, message)


CURSORS = {
    "another kind": encode_cursor("storage", (0, 0, NIL)),
    "too short": encode_cursor("edge", (0, 0)),
    "no id": encode_cursor("edge", (0, 0, "x")),
    "empty id": encode_cursor("edge", (0, 0, "")),
    "state too high": encode_cursor("edge", (5, 0, NIL)),
    "state beyond all columns": encode_cursor("edge", (2**40, 0, NIL)),
    "state below zero": encode_cursor("edge", (-1, 0, NIL)),
    "position as text": encode_cursor("edge", (0, "0", NIL)),
    "no base64": "%%%",
}


@pytest.mark.parametrize("cursor", CURSORS.values(), ids=CURSORS)
async def test_bad_cursors(ada: Neighbour, cursor: str) -> None:
    assert refusal(await ada.ask("GET", "/v2/friend", params={"cursor": cursor})) == BAD_CURSOR


async def test_a_cursor_belongs_to_its_state_but_to_nobody(ada: Neighbour, enter: Enter) -> None:
    others = await surrounded(ada, enter)
    cursor = (await ada.page(limit=1, state=FRIEND))["cursor"]
    answer = await ada.ask("GET", "/v2/friend", params={"state": SENT, "cursor": cursor})
    assert refusal(answer) == BAD_CURSOR
    without = ids(await ada.friends(cursor=cursor))
    assert without == [*chain(*others.values())][1:], "without a filter it goes on to the other states"
    stranger = await enter()
    assert await stranger.page(cursor=cursor) == {}


async def test_cursors_of_any_position(ada: Neighbour, bob: Neighbour) -> None:
    await ada.add(bob)
    for position, found in ((-(2**63), [bob.id]), (0, [bob.id]), (2**63 - 1, [])):
        cursor = encode_cursor("edge", (SENT, position, NIL))
        assert ids(await ada.friends(cursor=cursor)) == found
    assert await ada.page(cursor=encode_cursor("edge", (4, 0, NIL))) == {}, "a cursor of a group's bans"


async def test_a_page_goes_on_behind_what_is_gone(ada: Neighbour, enter: Enter) -> None:
    others = [await enter() for _ in range(5)]
    await ada.add(*others)
    cursor = (await ada.page(limit=2))["cursor"]
    await ada.delete(others[2])
    assert ids(await ada.friends(cursor=cursor)) == [other.id for other in others[3:]]


# --- friends of friends ---


async def paths(player: Neighbour, **query: Any) -> list[tuple[str, str]]:
    """(referrer, user) of the friends of a player's friends, over all pages."""
    pages = await all_pages(player, "/v2/friend/friends", "friends_of_friends", **query)
    return [(path["referrer"], path["user"]["id"]) for page in pages for path in page]


async def test_friends_of_friends_by_friend_and_by_theirs(ada: Neighbour, enter: Enter) -> None:
    """Whoever is no friend of my own, once for each friend who knows them. Pages go on past the first one."""
    friends = [await enter() for _ in range(3)]
    await ada.befriend(*friends)
    expected: list[tuple[str, str]] = []
    common = [await enter() for _ in range(2)]
    for friend in friends:
        theirs = [await enter(), *common]
        await friend.befriend(*theirs)
        expected += [(friend.id, other.id) for other in theirs]
    await friends[0].befriend(friends[1])  # Friends of mine are left out.
    expected.sort()
    for limit in range(1, 11):
        assert await paths(ada, limit=limit) == expected
    assert await paths(ada) == expected


async def test_who_is_a_friend_of_friends(ada: Neighbour, bob: Neighbour, enter: Enter) -> None:
    """Those whom I block, who block me and who have an invitation, but neither I nor friends of mine."""
    blocked, blocker, invited, asking, friend, pending = [await enter() for _ in range(6)]
    await ada.befriend(bob, friend)
    await bob.befriend(blocked, blocker, invited, asking, friend)
    await bob.add(pending)
    await ada.block(blocked)
    await blocker.block(ada)
    await ada.add(invited)
    await asking.add(ada)
    assert await paths(ada) == sorted((bob.id, other.id) for other in (blocked, blocker, invited, asking))


async def test_what_is_told_of_a_friend_of_a_friend(ada: Neighbour, bob: Neighbour, cleo: Neighbour) -> None:
    await ada.befriend(bob)
    await bob.befriend(cleo)
    [path] = good(await ada.ask("GET", "/v2/friend/friends"))["friends_of_friends"]
    assert path == {"referrer": bob.id, "user": await cleo.account()}
    assert path["user"]["edge_count"] == 1


async def test_a_cursor_whose_friend_is_gone(ada: Neighbour, enter: Enter) -> None:
    friends = sorted([await enter() for _ in range(3)], key=lambda friend: friend.id)
    await ada.befriend(*friends)
    for friend in friends:
        await friend.befriend(await enter(), await enter())
    everything = await paths(ada)
    page = good(await ada.ask("GET", "/v2/friend/friends", params={"limit": 3}))
    await ada.delete(friends[1])
    following = good(await ada.ask("GET", "/v2/friend/friends", params={"cursor": page["cursor"]}))
    assert [(p["referrer"], p["user"]["id"]) for p in following["friends_of_friends"]] == everything[4:]


@pytest.mark.parametrize("limit", [0, -1, 101])
async def test_bad_limits_of_friends_of_friends(ada: Neighbour, limit: int) -> None:
    answer = await ada.ask("GET", "/v2/friend/friends", params={"limit": limit, "cursor": "garbage"})
    assert refusal(answer) == (400, 3, "Invalid limit - limit must be between 1 and 100.")


PATH_CURSORS = {
    "garbage": "garbage",
    "another kind": encode_cursor("edge", (0, 0, NIL)),
    "an empty part": encode_cursor("friends_of_friends", ("", NIL)),
    "another empty part": encode_cursor("friends_of_friends", (NIL, "")),
    "no ids": encode_cursor("friends_of_friends", ("x", "y")),
    "numbers": encode_cursor("friends_of_friends", (1, 2)),
}


@pytest.mark.parametrize("cursor", PATH_CURSORS.values(), ids=PATH_CURSORS)
async def test_bad_cursors_of_friends_of_friends(ada: Neighbour, cursor: str) -> None:
    assert refusal(await ada.ask("GET", "/v2/friend/friends", params={"cursor": cursor})) == BAD_CURSOR


# --- any circle ---


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda pair: pair[0] < pair[1])))
async def test_friends_of_friends_of_any_circle(enter: Enter, pairs: set[tuple[int, int]]) -> None:
    circle = sorted([await enter() for _ in range(7)], key=lambda player: player.id)
    for one, other in pairs:
        await circle[one].befriend(circle[other])
    both_ways = pairs | {(other, one) for one, other in pairs}
    friends = {place: sorted(o for one, o in both_ways if one == place) for place in range(7)}
    expected = [
        (circle[friend].id, circle[other].id)
        for friend in friends[0]
        for other in friends[friend]
        if other != 0 and other not in friends[0]
    ]
    for limit in (1, 2, 3, 100):
        assert await paths(circle[0], limit=limit) == expected
