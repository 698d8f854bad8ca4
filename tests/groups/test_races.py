"""Players of two server processes who change the same groups at the same time."""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from tests.groups.asking import (
    GOOD,
    act,
    appoint,
    both,
    create,
    delete,
    go,
    sign_in_again,
    tell,
    update,
    vanish,
)
from tests.groups.model import (
    ADDED,
    ADMIN,
    BANNED,
    DENIED,
    FULL,
    JOINED,
    LAST_SUPERADMIN,
    MEMBER,
    NOT_FOUND,
    SUPERADMIN,
    TAKEN,
    WELCOME,
)
from tests.groups.truth import Truth
from tests.hostile.clients import Client, Refused
from tests.leaderboards.crowd import Crowd, all_at_once, crowd, outcome, two_servers
from tests.support.environment import WISHES
from tests.support.players import Player
from tests.support.processes import Server

PLAYERS = 65


@pytest.fixture(scope="module")
def servers(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    with two_servers(database_url, tmp_path_factory.mktemp("races")) as servers:
        yield servers


@pytest_asyncio.fixture
async def many(servers: list[Server]) -> AsyncIterator[Crowd]:
    async with crowd(servers, PLAYERS) as many:
        yield many


@pytest_asyncio.fixture
async def truth(database_url: str) -> AsyncIterator[Truth]:
    connection = await asyncpg.connect(database_url)
    yield Truth(connection)
    await connection.close()


# --- room for some ---


async def test_more_than_fit_join_at_once(many: Crowd, truth: Truth) -> None:
    """Of 64 there is room for 19, beside the creator."""
    creator, *others = many.players
    group = await create(many.clients[0], creator, max_count=20)
    async with truth.no_deadlock():
        answers = await all_at_once(many, others, lambda client, me: go(client, "join", me, group))
    assert tell(answers) == {"good": 19, FULL: 45}
    inside = {me.id for me, answer in zip(others, answers, strict=True) if answer == GOOD}
    assert await truth.size(group) == 20
    assert await truth.states(group) == {creator.id: SUPERADMIN} | dict.fromkeys(inside, MEMBER)
    assert await truth.lines(group) == dict.fromkeys(((JOINED, id) for id in inside), 1)
    await truth.check()


async def test_as_many_come_as_have_left(many: Crowd, truth: Truth) -> None:
    """Nobody who leaves takes more than one place along, and nobody who comes gets more than one."""
    creator, *others = many.players
    group = await create(many.clients[0], creator, max_count=20)
    inside, outside = others[:19], others[19:]
    await act(many.clients[0], "add", creator, group, *inside)

    async def swap(client: Client, me: Player) -> Any:
        return await go(client, "leave" if me in inside else "join", me, group)

    turns = [me for pair in zip(inside, outside, strict=False) for me in pair] + outside[19:]
    async with truth.no_deadlock():
        answers = await all_at_once(many, turns, swap)
    assert set(tell(answers)) <= {"good", FULL}
    came = {me.id for me, answer in zip(turns, answers, strict=True) if me in outside and answer == GOOD}
    assert came
    assert await truth.states(group) == {creator.id: SUPERADMIN} | dict.fromkeys(came, MEMBER)
    await truth.check()


async def test_two_admins_add_more_than_fit(many: Crowd, truth: Truth) -> None:
    """Overlapping lots of five: a lot gets in as a whole, or not at all."""
    first, second, *others = many.players
    group = await create(many.clients[0], first, max_count=20)
    await appoint(many.clients[0], first, group, ADMIN, second)
    dice = random.Random(5)
    lots = iter([dice.sample(others, 5) for _ in range(40)])
    told: list[tuple[list[Player], Any]] = []

    async def add(client: Client, me: Player) -> None:
        lot = next(lots)
        told.append((lot, await outcome(act(client, "add", me, group, *lot))))

    async with truth.no_deadlock():
        await all_at_once(many, [first, second] * 20, add)
    assert set(tell([answer for _, answer in told])) == {"good", FULL}
    states = await truth.states(group)
    inside = {one.id for lot, answer in told if answer == GOOD for one in lot}
    assert states == {first.id: SUPERADMIN, second.id: ADMIN} | dict.fromkeys(inside, MEMBER)
    room = 20 - len(states)
    for lot, answer in told:
        assert answer == GOOD or sum(one.id not in states for one in lot) > room
    once = dict.fromkeys(((ADDED, id) for id in inside), 1)
    assert {line: n for line, n in (await truth.lines(group)).items() if line[1] in inside} == once
    assert {n for note, n in (await truth.notes(group)).items() if note[0] == WELCOME} == {1}
    await truth.check()


async def test_added_while_asking(many: Crowd, truth: Truth) -> None:
    """Players ask to join a closed group while its admins let the same players in: once, and with room."""
    first, second, *others = many.players
    group = await create(many.clients[0], first, max_count=34, open=False)
    await appoint(many.clients[0], first, group, ADMIN, second)
    wanted = others[:32]
    turns = [*wanted, *wanted, *wanted]
    seen: Counter[Player] = Counter()

    async def come(client: Client, me: Player) -> Any:
        seen[me] += 1
        if seen[me] == 2:
            return await go(client, "join", me, group)
        return await act(client, "add", (first, second)[seen[me] // 2], group, me)

    async with truth.no_deadlock():
        answers = await all_at_once(many, turns, come)
    assert set(tell(answers)) <= {"good", FULL}
    assert set(tell(answers[:32])) == {"good"}
    assert (await truth.states(group)) == {first.id: SUPERADMIN, second.id: ADMIN} | {
        me.id: MEMBER for me in wanted
    }
    lines = await truth.lines(group)
    assert {lines[ADDED, me.id] for me in wanted} == {1}
    await truth.check()


# --- who gets rid of whom ---

#: What is done, the relation of both who do it to each other, and what becomes of them in either order.
DUELS = [
    ("kick", SUPERADMIN, {SUPERADMIN, None}, {"good": 1, DENIED: 1}),
    ("ban", SUPERADMIN, {SUPERADMIN, BANNED}, {"good": 1, DENIED: 1}),
    ("demote", SUPERADMIN, {SUPERADMIN, ADMIN}, {"good": 2}),
    ("kick", ADMIN, {ADMIN}, {"good": 2}),
    ("ban", ADMIN, {ADMIN}, {"good": 2}),
    ("demote", ADMIN, {ADMIN, MEMBER}, {"good": 1, DENIED: 1}),
]


async def a_pair(client: Client, first: Player, second: Player, state: int, owner: Player) -> str:
    """A new group in which two are equals; of the admins' the owner is a third one."""
    if state == SUPERADMIN:
        group = await create(client, first)
        await appoint(client, first, group, SUPERADMIN, second)
    else:
        group = await create(client, owner)
        await appoint(client, owner, group, state, first, second)
    return group


def pairs_of(many: Crowd) -> list[tuple[Player, Player, Client, Client]]:
    """Pairs of players, each player with a connection to another process."""
    players, connections = many.players[1:33], many.clients
    return list(zip(players[::2], players[1::2], connections[::2], connections[1::2], strict=True))


@pytest.mark.parametrize(("operation", "state", "left", "told"), DUELS)
async def test_two_get_at_each_other(
    many: Crowd, truth: Truth, operation: str, state: int, left: set[int | None], told: dict[Any, int]
) -> None:
    owner = many.players[0]

    async def duel(first: Player, second: Player, here: Client, there: Client) -> None:
        group = await a_pair(here, first, second, state, owner)
        answers = await both(
            act(here, operation, first, group, second), act(there, operation, second, group, first)
        )
        assert tell(answers) == told
        states = await truth.states(group)
        assert {states.get(first.id), states.get(second.id)} == left

    async with truth.no_deadlock():
        for _ in range(4):
            await asyncio.gather(*(duel(*pair) for pair in pairs_of(many)))
    await truth.check()


async def test_a_superadmin_is_left_of_two_whatever_they_do(many: Crowd, truth: Truth) -> None:
    """They kick, ban, demote each other, leave, or delete their accounts."""
    [member] = many.players[:1]
    deeds = ("kick", "ban", "demote", "leave", "vanish")

    async def do(client: Client, deed: str, me: Player, other: Player, group: str) -> Any:
        if deed == "vanish":
            return await vanish(client, me)
        if deed == "leave":
            return await go(client, "leave", me, group)
        return await act(client, deed, me, group, other)

    async def duel(first: Player, second: Player, here: Client, there: Client, *deeds: str) -> None:
        group = await a_pair(here, first, second, SUPERADMIN, member)
        assert await go(here, "join", member, group) == GOOD
        answers = await both(
            do(here, deeds[0], first, second, group), do(there, deeds[1], second, first, group)
        )
        # Who comes second may not any more, or has to stay; of an account that is deleted nobody is left.
        assert set(tell(answers)) <= {"good", DENIED, LAST_SUPERADMIN}
        assert "good" in tell(answers)

    combinations = [(one, other) for one in deeds for other in deeds]
    async with truth.no_deadlock():
        for start in range(0, len(combinations), 16):
            some = combinations[start : start + 16]
            await asyncio.gather(
                *(
                    duel(*pair, *pair_of_deeds)
                    for pair, pair_of_deeds in zip(pairs_of(many), some, strict=False)
                )
            )
            await truth.check()
            for place, player in enumerate(many.players[1:33], 1):
                many.players[place] = await sign_in_again(many.clients[0], player.device)


@pytest.mark.parametrize("with_member", [True, False])
async def test_the_last_superadmins_leave_at_once(many: Crowd, truth: Truth, with_member: bool) -> None:
    """One has to stay with a member; where nobody else is, the group goes with the last."""
    member = many.players[0]

    async def part(first: Player, second: Player, here: Client, there: Client) -> str:
        group = await a_pair(here, first, second, SUPERADMIN, member)
        if with_member:
            assert await go(here, "join", member, group) == GOOD
        answers = await both(go(here, "leave", first, group), go(there, "leave", second, group))
        assert tell(answers) == ({"good": 1, LAST_SUPERADMIN: 1} if with_member else {"good": 2})
        return group

    async with truth.no_deadlock():
        for _ in range(4):
            groups = await asyncio.gather(*(part(*pair) for pair in pairs_of(many)))
            sizes = {await truth.size(group) for group in groups}
            assert sizes == ({2} if with_member else {None})
    await truth.check()


async def test_the_only_member_leaves_while_others_come(many: Crowd, truth: Truth) -> None:
    """Either the group is gone and nobody gets in, or the superadmin has to stay."""

    async def cross(first: Player, second: Player, here: Client, there: Client) -> tuple[str, Any, Any]:
        group = await create(here, first)
        return group, *await both(go(here, "leave", first, group), go(there, "join", second, group))

    async with truth.no_deadlock():
        for _ in range(6):
            for group, left, joined in await asyncio.gather(*(cross(*pair) for pair in pairs_of(many))):
                size = await truth.size(group)
                if size is None:
                    assert tell([left, joined]) == {"good": 1, NOT_FOUND: 1}
                else:
                    assert (size, *tell([left]), *tell([joined])) == (2, LAST_SUPERADMIN, "good")
    await truth.check()


# --- names ---


async def test_one_name_for_many_at_once(many: Crowd, truth: Truth) -> None:
    for _ in range(4):
        name = f"wanted-{uuid.uuid4()}"
        answers = await all_at_once(
            many, many.players, lambda client, me, name=name: create(client, me, name)
        )
        [created] = [answer for answer in answers if isinstance(answer, str)]
        assert tell(answers) == {"good": 1, (409, TAKEN): len(many.players) - 1}
        assert await truth.named(name) == [created]
    await truth.check()


async def test_many_groups_take_one_name_at_once(many: Crowd, truth: Truth) -> None:
    groups = dict(zip(many.players, await all_at_once(many, many.players, create), strict=True))
    for _ in range(3):
        name = f"wanted-{uuid.uuid4()}"

        async def take(client: Client, me: Player, name: str = name) -> Any:
            return await update(client, me, groups[me], name=name)

        answers = await all_at_once(many, many.players, take)
        assert tell(answers) == {"good": 1, (400, TAKEN): len(many.players) - 1}
        [winner] = [me for me, answer in zip(many.players, answers, strict=True) if answer == GOOD]
        assert await truth.named(name) == [groups[winner]]


async def test_two_groups_exchange_their_names(many: Crowd, truth: Truth) -> None:
    """Neither name is free. Should each wait for the other's, the deadlock is nobody's business."""
    first, second, here, there = pairs_of(many)[0]
    for _ in range(2):
        names = [f"exchanged-{uuid.uuid4()}" for _ in range(2)]
        groups = [await create(here, first, names[0]), await create(there, second, names[1])]
        answers = await both(
            update(here, first, groups[0], name=names[1]), update(there, second, groups[1], name=names[0])
        )
        assert tell(answers) == {(400, TAKEN): 2}
        assert [await truth.named(name) for name in names] == [[group] for group in groups]


# --- accounts ---


async def test_accounts_end_that_belong_to_many_groups(many: Crowd, truth: Truth) -> None:
    """Members, admins and superadmins of the same groups go at once, while others come and are promoted."""
    owner, *others = many.players
    leaving, coming = others[:16], others[16:]
    dice = random.Random(7)
    groups = [await create(many.clients[0], owner, open=dice.random() < 0.7) for _ in range(12)]
    for group in groups:
        for state in (SUPERADMIN, ADMIN, MEMBER):
            await appoint(many.clients[0], owner, group, state, *dice.sample(leaving, 4))
    # The only superadmin of this one is among those who go.
    own = [await create(many.clients[0], me) for me in leaving]

    async def live(client: Client, me: Player) -> Any:
        if me in leaving:
            return await vanish(client, me)
        for group in dice.sample([*groups, *own], 8):
            answer = await outcome(go(client, "join", me, group))
            if group in groups:
                assert answer == GOOD
                target = dice.choice(leaving)
                for operation in ("add", "promote"):
                    answer = await outcome(act(client, operation, owner, group, target, me))
                    unknown = (400, "One or more users not found.")
                    assert set(tell([answer])) <= {"good", unknown}
            else:
                assert set(tell([answer])) <= {"good", NOT_FOUND}
        return GOOD

    turns = [me for pair in zip(leaving, coming, strict=False) for me in pair] + coming[16:]
    async with truth.no_deadlock():
        answers = await all_at_once(many, turns, live)
    assert tell(answers) == {"good": len(turns)}
    for me in leaving:
        assert await truth.groups_of(me.id) == {}
    for group in own:
        assert await truth.size(group) is None
    for group in groups:
        assert (await truth.states(group))[owner.id] == SUPERADMIN
    await truth.check()


async def test_all_superadmins_end_their_accounts_at_once(many: Crowd, truth: Truth) -> None:
    """The group goes with the last of them, and whoever has come meanwhile is in no group."""
    first, second, third, member, *others = many.players
    superadmins = [first, second, third]
    groups = [await create(many.clients[0], first) for _ in range(6)]
    for group in groups:
        await appoint(many.clients[0], first, group, SUPERADMIN, second, third)
        await appoint(many.clients[0], first, group, MEMBER, member)

    async def live(client: Client, me: Player) -> Any:
        if me in superadmins:
            return await vanish(client, me)
        for group in groups:
            assert set(tell([await outcome(go(client, "join", me, group))])) <= {"good", NOT_FOUND}
        return None

    turns = [*others[:15], *superadmins, *others[15:30]]
    async with truth.no_deadlock():
        assert set(tell(await all_at_once(many, turns, live))) == {"good"}
    assert [await truth.size(group) for group in groups] == [None] * 6
    for me in (member, *others):
        assert await truth.groups_of(me.id) == {}
    await truth.check()


# --- anything ---

#: How often what is done.
DEEDS = {
    "join": 12,
    "leave": 5,
    "add": 6,
    "kick": 4,
    "ban": 2,
    "promote": 8,
    "demote": 3,
    "open": 3,
    "delete": 1,
    "vanish": 2,
}

#: How much longer it goes on, in seconds, until everything has been done with success.
MORE_AT_MOST = 60


async def test_anything_at_any_time(many: Crowd, truth: Truth) -> None:
    """Few players in few small groups, over many connections; what is gone is replaced."""
    circle = many.players[:12]
    groups = [await create(many.clients[0], circle[0], max_count=6) for _ in range(4)]
    until = time.monotonic() + WISHES.soak_seconds
    done: Counter[Any] = Counter()

    async def do(
        client: Client, deed: str, me: Player, place: int, others: Sequence[Player], open: bool
    ) -> Any:
        group = groups[place]
        if deed in ("join", "leave"):
            answer = await go(client, deed, me, group)
        elif deed == "open":
            answer = await update(client, me, group, open=open)
        elif deed == "delete":
            answer = await delete(client, me, group)
        elif deed == "vanish":
            answer = await vanish(client, me)
            successor = await sign_in_again(client, me.device)
            circle[:] = [successor if one == me else one for one in circle]
        else:
            answer = await act(client, deed, me, group, *others)
        assert answer == GOOD
        return answer

    def succeeded() -> set[str]:
        return {deed for deed, answer in done if answer == "good"}

    def goes_on() -> bool:
        now = time.monotonic()
        return now < until or (now < until + MORE_AT_MOST and succeeded() != set(DEEDS))

    async def live(client: Client, dice: random.Random) -> None:
        while goes_on():
            place, me = dice.randrange(len(groups)), dice.choice(circle)
            [deed] = dice.choices(list(DEEDS), list(DEEDS.values()))
            others = dice.sample(circle, dice.randint(1, 4))
            answer = await outcome(do(client, deed, me, place, others, dice.random() < 0.7))
            if isinstance(answer, Refused):
                assert answer.status in (400, 401, 404), f"{deed}: {answer}"
                if answer.message == NOT_FOUND[1]:
                    group = await outcome(create(client, me, max_count=6))
                    groups[place] = group if isinstance(group, str) else groups[place]
            done[deed, *tell([answer])] += 1

    async with truth.no_deadlock():
        dice = [random.Random(number) for number in range(len(many.clients))]
        await asyncio.gather(*(live(*pair) for pair in zip(many.clients, dice, strict=True)))
    assert succeeded() == set(DEEDS), done
    await truth.check()
