"""Inviting, accepting, removing, blocking: what both sides see of it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from kizuna.errors import ApiError
from kizuna.friends.service import Friends
from tests.friends.support import (
    ACCEPTED,
    BLOCKED,
    FAILED,
    FRIEND,
    INVITED,
    RECEIVED,
    REMOVED,
    SENT,
    Neighbour,
    between,
    counts,
    good,
    refusal,
)

NOBODY = (None, None)


# --- inviting and accepting ---


async def test_an_invitation_and_its_acceptance(ada: Neighbour, bob: Neighbour) -> None:
    await ada.add(bob)
    assert await between(ada, bob) == (SENT, RECEIVED)
    assert await counts(ada, bob) == [1, 1]
    await bob.add(ada)
    assert await between(ada, bob) == (FRIEND, FRIEND)
    assert await counts(ada, bob) == [1, 1]
    assert await bob.notes() == [(INVITED, ada.id)]
    assert await ada.notes() == [(ACCEPTED, bob.id)]


async def test_inviting_again_changes_nothing(ada: Neighbour, bob: Neighbour) -> None:
    await ada.add(bob, metadata='{"a":1}')
    before = await ada.edge_to(bob)
    await ada.add(bob, metadata='{"b":2}')
    assert await ada.edge_to(bob) == before
    assert await bob.notes() == [(INVITED, ada.id)]


async def test_the_invited_ones_are_told_by_whom(ada: Neighbour, bob: Neighbour) -> None:
    await ada.add(bob)
    [note] = good(await bob.ask("GET", "/v2/notification"))["notifications"]
    assert note["subject"] == f"{ada.name} wants to add you as a friend"
    assert note["content"] == f'{{"username": "{ada.name}"}}'
    assert note["persistent"] is True


async def test_an_invitation_by_name(ada: Neighbour, bob: Neighbour, cleo: Neighbour) -> None:
    good(await ada.send("add", usernames=[bob.name, "nobody has this name"], ids=[cleo.id]))
    assert await ada.states() == {cleo.id: SENT, bob.id: SENT}
    assert (await ada.send("add", usernames=[bob.name.upper()])).status_code == 400, "names have a case"


async def test_one_call_for_all_kinds_of_targets(
    ada: Neighbour, bob: Neighbour, cleo: Neighbour, enter: Callable[[], Awaitable[Neighbour]]
) -> None:
    """Strangers, one who has asked, a friend, one whom I block, one who blocks me, one who is nobody."""
    asked, friend, blocked, blocker = [await enter() for _ in range(4)]
    await asked.add(ada)
    await ada.befriend(friend)
    await ada.block(blocked)
    await blocker.block(ada)
    targets = [bob, cleo, asked, friend, blocked, blocker]
    good(await ada.send("add", [*(target.id for target in targets), str(uuid4())]))
    assert [await between(ada, target) for target in targets] == [
        (SENT, RECEIVED),
        (SENT, RECEIVED),
        (FRIEND, FRIEND),
        (FRIEND, FRIEND),
        (BLOCKED, None),
        (None, BLOCKED),
    ]
    assert await counts(ada, *targets) == [5, 1, 1, 1, 1, 0, 1]
    assert await blocked.notes() == await blocker.notes() == []


async def test_one_who_is_named_twice_is_invited_once(ada: Neighbour, bob: Neighbour) -> None:
    spellings = [bob.id, bob.id.upper(), bob.id.replace("-", ""), f"{{{bob.id}}}", f"urn:uuid:{bob.id}"]
    good(await ada.send("add", spellings, usernames=[bob.name, bob.name]))
    assert await between(ada, bob) == (SENT, RECEIVED)
    assert await counts(ada, bob) == [1, 1]
    assert await bob.notes() == [(INVITED, ada.id)]


async def test_those_of_one_call_stand_in_their_order(
    ada: Neighbour, enter: Callable[[], Awaitable[Neighbour]]
) -> None:
    others = [await enter() for _ in range(6)]
    good(await ada.send("add", [o.id for o in others[:3]], usernames=[o.name for o in others[3:]]))
    assert list(await ada.states()) == [other.id for other in others]


# --- metadata ---


async def test_metadata_is_its_owners_and_merged_by_who_accepts(ada: Neighbour, bob: Neighbour) -> None:
    await ada.add(bob, metadata='{"x":1}')
    await bob.add(ada, metadata='{"y":2}')
    assert (await ada.edge_to(bob))["metadata"] == '{"x": 1}'
    assert (await bob.edge_to(ada))["metadata"] == '{"y": 2}'


@pytest.mark.parametrize(
    ("given", "invited", "accepted"),
    [
        ("[1]", "[1]", "[{}, 1]"),
        ("5", "5", "[{}, 5]"),
        ('"x"', '"x"', '[{}, "x"]'),
        ("null", "null", "[{}, null]"),
        (' { "b" : 1, "a" : 2 } ', '{"a": 2, "b": 1}', '{"a": 2, "b": 1}'),
    ],
)
async def test_metadata_is_any_json(
    ada: Neighbour, bob: Neighbour, given: str, invited: str, accepted: str
) -> None:
    """What is no object is put together as lists are."""
    await ada.add(bob, metadata=given)
    assert (await ada.edge_to(bob))["metadata"] == invited
    await bob.add(ada, metadata=given)
    assert (await bob.edge_to(ada))["metadata"] == accepted


@pytest.mark.parametrize(
    "bad", ["notjson", "{", '{"a":1}x', r'"\u0000"', r'{"\u0000":1}', r'"\ud800"', "\0", "[" * 9_000]
)
async def test_bad_metadata_fails_the_whole_call(ada: Neighbour, bob: Neighbour, bad: str) -> None:
    answer = await ada.send("add", [bob.id], metadata=bad)
    assert refusal(answer) == (400, 3, FAILED["add"])
    assert await between(ada, bob) == NOBODY
    assert await bob.notes() == []


async def test_metadata_counts_where_nothing_is_written(ada: Neighbour, bob: Neighbour) -> None:
    """But not where I block all who are named."""
    nobody = str(uuid4())
    assert refusal(await ada.send("add", [nobody], metadata="notjson")) == (400, 3, FAILED["add"])
    await ada.block(bob)
    await ada.add(bob, metadata="notjson")
    both = await ada.send("add", [bob.id, nobody], metadata="notjson")
    assert refusal(both) == (400, 3, FAILED["add"])


async def test_metadata_is_not_as_large_as_one_likes(ada: Neighbour, bob: Neighbour) -> None:
    """Numbers are written out: a short text must not fill everybody's memory."""
    for metadata in (f'"{"x" * 2_047}"', "[" + ",".join(["1e300"] * 7) + "]", f'"{"é" * 1_024}"'):
        answer = await ada.send("add", [bob.id], metadata=metadata)
        assert refusal(answer) == (400, 3, "Metadata must have at most 2048 bytes.")
    assert refusal(await ada.send("add", [bob.id], metadata="1e400")) == (400, 3, FAILED["add"])
    await ada.add(bob, metadata=f'"{"x" * 2_046}"')


async def test_the_servers_own_code_may_give_more_metadata(
    friends: Friends, ada: Neighbour, bob: Neighbour
) -> None:
    await ada.add(bob)
    for metadata in (f'{{"x":"{"x" * 16_376}"}}', '{"x":[' + ",".join(["1e300"] * 60) + "]}"):
        with pytest.raises(ApiError, match="at most 16384 bytes"):
            await friends.set_metadata(ada.id, bob.id, metadata)
    most = f'{{"x": "{"x" * 16_375}"}}'
    await friends.set_metadata(ada.id, bob.id, most)
    assert (await ada.edge_to(bob))["metadata"] == most


async def test_a_body_has_no_effect(ada: Neighbour, bob: Neighbour) -> None:
    path = f"/v2/friend?ids={bob.id}&metadata={quote('{}')}"
    good(await ada.ask("POST", path, json={"ids": [ada.id], "metadata": "notjson"}))
    assert await between(ada, bob) == (SENT, RECEIVED)


# --- times ---


async def test_age_and_times(ada: Neighbour, bob: Neighbour, clock: Any) -> None:
    """An accepted invitation keeps its age; profiles change where their number of edges does."""
    await ada.add(bob)
    invited, counted = await ada.edge_to(bob), (await bob.account())["update_time"]
    clock.offset = timedelta(minutes=1)
    await bob.add(ada)
    accepted = await ada.edge_to(bob)
    assert accepted["update_time"] > invited["update_time"]
    assert (await bob.account())["update_time"] == counted
    clock.offset = timedelta(minutes=2)
    await bob.delete(ada)
    removed = (await ada.account())["update_time"]
    assert removed == (await bob.account())["update_time"] > accepted["update_time"]


async def test_a_relation_keeps_its_place(ada: Neighbour, bob: Neighbour, cleo: Neighbour) -> None:
    """Whatever becomes of it."""
    await ada.add(bob, metadata='{"x":1}')
    await ada.add(cleo)
    for other in (cleo, bob):
        await other.add(ada)
    assert list(await ada.states()) == [bob.id, cleo.id]
    await ada.block(cleo)
    await ada.block(bob)
    assert list(await ada.states()) == [bob.id, cleo.id]
    assert (await ada.edge_to(bob))["metadata"] == '{"x": 1}'


# --- removing ---


@pytest.mark.parametrize("who", ["removes", "cancels", "rejects"])
async def test_removing(ada: Neighbour, bob: Neighbour, who: str) -> None:
    await (bob if who == "rejects" else ada).add(ada if who == "rejects" else bob)
    if who == "removes":
        await bob.add(ada)
    before = await ada.notes()
    for _ in range(2):
        await ada.delete(bob)
        assert await between(ada, bob) == NOBODY
        assert await counts(ada, bob) == [0, 0]
        assert (await bob.notes())[-1] == (REMOVED, ada.id)
        assert [code for code, _ in await bob.notes()].count(REMOVED) == 1
    assert await ada.notes() == before


async def test_removing_by_name(ada: Neighbour, bob: Neighbour) -> None:
    await ada.befriend(bob)
    good(await ada.send("delete", usernames=["nobody has this name"]))
    good(await ada.send("delete", usernames=["nobody has this name", bob.name]))
    assert await between(ada, bob) == NOBODY


async def test_removing_whom_there_is_not(ada: Neighbour, bob: Neighbour) -> None:
    good(await ada.send("delete", [bob.id, str(uuid4())]))
    assert await bob.notes() == []


# --- blocking ---


async def test_a_block_is_told_to_nobody(ada: Neighbour, bob: Neighbour) -> None:
    await ada.block(bob)
    assert await between(ada, bob) == (BLOCKED, None)
    assert await counts(ada, bob) == [1, 0]
    await bob.add(ada, metadata="{}")
    assert await between(ada, bob) == (BLOCKED, None)
    await ada.add(bob)
    assert await between(ada, bob) == (BLOCKED, None)
    assert await counts(ada, bob) == [1, 0]
    assert await ada.notes() == await bob.notes() == []


@pytest.mark.parametrize("relation", ["friends", "invited", "asked"])
async def test_blocking_ends_what_there_was(ada: Neighbour, bob: Neighbour, relation: str) -> None:
    if relation != "asked":
        await ada.add(bob)
    if relation != "invited":
        await bob.add(ada)
    told = [await ada.notes(), await bob.notes()]
    await ada.block(bob)
    assert await between(ada, bob) == (BLOCKED, None)
    assert await counts(ada, bob) == [1, 0]
    assert [await ada.notes(), await bob.notes()] == told


async def test_blocking_again_moves_only_the_time(ada: Neighbour, bob: Neighbour, clock: Any) -> None:
    await ada.block(bob)
    first, profile = await ada.edge_to(bob), await ada.account()
    clock.offset = timedelta(minutes=1)
    await ada.block(bob)
    second = await ada.edge_to(bob)
    assert second.pop("update_time") > first.pop("update_time")
    assert second == first
    assert await ada.account() == profile


async def test_a_mutual_block_is_lifted_twice(ada: Neighbour, bob: Neighbour) -> None:
    await ada.block(bob)
    await bob.block(ada)
    assert await between(ada, bob) == (BLOCKED, BLOCKED)
    assert await counts(ada, bob) == [1, 1]
    await ada.delete(bob)
    assert await between(ada, bob) == (None, BLOCKED)
    assert await counts(ada, bob) == [0, 1]
    await ada.delete(bob)
    assert await between(ada, bob) == (None, BLOCKED), "not mine to lift"
    await bob.delete(ada)
    assert await between(ada, bob) == NOBODY
    assert await counts(ada, bob) == [0, 0]
    assert await ada.notes() == await bob.notes() == []


async def test_after_a_block_one_can_begin_again(ada: Neighbour, bob: Neighbour) -> None:
    await ada.befriend(bob)
    await ada.block(bob)
    await ada.delete(bob)
    await bob.befriend(ada)
    assert await between(ada, bob) == (FRIEND, FRIEND)
    assert await counts(ada, bob) == [1, 1]


async def test_blocking_unknown_players(ada: Neighbour) -> None:
    good(await ada.send("block", [str(uuid4())]))
    assert await ada.page() == {}


async def test_blocked_players_still_see_each_other(ada: Neighbour, bob: Neighbour) -> None:
    await ada.block(bob)
    found = good(await bob.ask("GET", "/v2/user", params={"ids": [ada.id]}))
    assert [user["id"] for user in found["users"]] == [ada.id]
