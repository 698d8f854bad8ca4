"""Players of two server processes who do things to each other at the same time."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from tests.friends.support import ACCEPTED, BLOCKED, FRIEND, INVITED, RECEIVED, SENT
from tests.hostile.clients import Client, Refused
from tests.leaderboards.crowd import Crowd, all_at_once, bearer, crowd, outcome, two_servers
from tests.support.environment import WISHES
from tests.support.players import SERVER_KEY, Player, claims
from tests.support.processes import Server

PLAYERS = 64

OPERATIONS = {
    "add": ("POST", "/v2/friend"),
    "delete": ("DELETE", "/v2/friend"),
    "block": ("POST", "/v2/friend/block"),
}

POSSIBLE = {
    (FRIEND, FRIEND),
    (SENT, RECEIVED),
    (RECEIVED, SENT),
    (BLOCKED, None),
    (None, BLOCKED),
    (BLOCKED, BLOCKED),
}


@pytest.fixture(scope="module")
def servers(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    with two_servers(database_url, tmp_path_factory.mktemp("races")) as servers:
        yield servers


@pytest_asyncio.fixture
async def many(servers: list[Server]) -> AsyncIterator[Crowd]:
    async with crowd(servers, PLAYERS) as many:
        yield many


@pytest_asyncio.fixture
async def truth(database_url: str) -> AsyncIterator["Truth"]:
    connection = await asyncpg.connect(database_url)
    yield Truth(connection)
    await connection.close()


class Truth:
    """What the tables hold."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def relations(self) -> dict[frozenset[str], tuple[int | None, int | None]]:
        """The states of both edges of each pair, that of the lower id first."""
        rows = await self._connection.fetch(
            "select source_id::text as source, destination_id::text as destination, state from user_edge"
        )
        states = {(row["source"], row["destination"]): row["state"] for row in rows}
        pairs = {tuple(sorted(pair)) for pair in states}
        return {frozenset((a, b)): (states.get((a, b)), states.get((b, a))) for a, b in pairs}

    async def check(self) -> None:
        """Every pair is possible, with one position, and every number of edges is right."""
        assert set((await self.relations()).values()) <= POSSIBLE
        assert not await self._connection.fetch(
            """
            select from user_edge a join user_edge b
                on a.source_id = b.destination_id and a.destination_id = b.source_id
            where a.position <> b.position and a.state <> 3
            """
        )
        assert not await self._connection.fetch(
            """
            select u.id, u.edge_count from users u
            where u.edge_count <> (select count(*) from user_edge e where e.source_id = u.id)
            """
        )

    async def codes(self, player: Player) -> Counter[int]:
        """How often the player has been told what."""
        rows = await self._connection.fetch("select code from notification where user_id = $1", player.id)
        return Counter(row["code"] for row in rows)

    async def deadlocks(self) -> int:
        """How many there have been; one counts as soon as the transaction that it ended is over."""
        query = "select deadlocks from pg_stat_database where datname = current_database()"
        return int(await self._connection.fetchval(query))


@asynccontextmanager
async def no_deadlock(truth: Truth) -> AsyncIterator[None]:
    """None happens, not even one that is repaired."""
    before = await truth.deadlocks()
    yield
    assert await truth.deadlocks() == before


async def send(client: Client, operation: str, me: Player, others: Sequence[Player]) -> Any:
    method, path = OPERATIONS[operation]
    query = "&".join(f"ids={other.id}" for other in others)
    return await client.ask(method, f"{path}?{query}", authorization=bearer(me))


async def leave(client: Client, me: Player) -> Any:
    return await client.ask("DELETE", "/v2/account", authorization=bearer(me))


async def sign_in_again(client: Client, device: str) -> Player:
    """A new player at the device of one who has left."""
    import base64

    basic = "Basic " + base64.b64encode(f"{SERVER_KEY}:".encode()).decode()
    target = "/v2/account/authenticate/device?create=true"
    session = await client.ask("POST", target, {"id": device}, authorization=basic)
    told = claims(session["token"])
    return Player(told["uid"], told["usn"], device, session["token"], session["refresh_token"])


def all_good(outcomes: Sequence[Any]) -> None:
    assert [answer for answer in outcomes if answer != {}] == []


async def test_crossed_invitations_are_one_friendship(many: Crowd, truth: Truth) -> None:
    halves = many.players[: PLAYERS // 2], many.players[PLAYERS // 2 :]
    partner = dict(zip(halves[0] + halves[1], halves[1] + halves[0], strict=True))
    # Partners ask next to each other, over different processes.
    turns = [player for pair in zip(*halves, strict=True) for player in pair]
    async with no_deadlock(truth):
        all_good(await all_at_once(many, turns, lambda client, me: send(client, "add", me, [partner[me]])))
    relations = await truth.relations()
    for one, other in zip(*halves, strict=True):
        assert relations[frozenset((one.id, other.id))] == (FRIEND, FRIEND)
        told = await truth.codes(one) + await truth.codes(other)
        assert told == {INVITED: 1, ACCEPTED: 1}
    await truth.check()


async def test_everybody_invites_everybody(many: Crowd, truth: Truth) -> None:
    """In orders of their own; each pair has crossed somewhere."""
    circle = many.players[:16]

    async def invite_all(client: Client, me: Player) -> Any:
        others = [other for other in circle if other != me]
        random.shuffle(others)
        return await send(client, "add", me, others)

    async with no_deadlock(truth):
        all_good(await all_at_once(many, circle, invite_all))
    relations = await truth.relations()
    assert {relations[frozenset((a.id, b.id))] for a in circle for b in circle if a != b} == {
        (FRIEND, FRIEND)
    }
    await truth.check()


async def test_all_want_to_be_friends_of_one_who_leaves(many: Crowd, truth: Truth) -> None:
    """However many have come while the account was being deleted, nothing of them is left."""
    async with no_deadlock(truth):
        for star, *fans in (many.players[:24], many.players[24:]):
            half = len(fans) // 2
            turns = [*fans[:half], star, *fans[half:], *fans]

            async def go(client: Client, me: Player, star: Player = star) -> Any:
                return await (leave(client, me) if me == star else send(client, "add", me, [star]))

            all_good(await all_at_once(many, turns, go))
            assert not any(star.id in pair for pair in await truth.relations())
            await truth.check()


async def test_all_leave_at_once(many: Crowd, truth: Truth) -> None:
    circle = many.players[:16]
    await all_at_once(
        many, circle, lambda client, me: send(client, "add", me, [p for p in circle if p != me])
    )
    async with no_deadlock(truth):
        all_good(await all_at_once(many, circle, leave))
    gone = {player.id for player in circle}
    assert not any(pair & gone for pair in await truth.relations())
    await truth.check()


async def test_anything_at_any_time(many: Crowd, truth: Truth) -> None:
    """Few players, many connections: everybody is in everybody's way, and some leave for good."""
    circle = many.players[:10]
    until = time.monotonic() + WISHES.soak_seconds
    done: Counter[str] = Counter()

    async def live(client: Client, dice: random.Random) -> None:
        while time.monotonic() < until:
            place = dice.randrange(len(circle))
            me = circle[place]
            if dice.random() < 0.05:
                answer = await outcome(leave(client, me))
                if answer == {}:
                    circle[place] = await sign_in_again(client, me.device)
            else:
                operation = dice.choice(("add", "add", "add", "delete", "block"))
                others = [other for other in dice.sample(circle, dice.randint(1, 4)) if other.id != me.id]
                answer = await outcome(send(client, operation, me, others))
            if isinstance(answer, Refused):
                assert answer.status == 401 or answer.message.startswith("Error while trying"), str(answer)
                assert answer.status < 500, str(answer)
            done[str(answer)] += 1

    async with no_deadlock(truth):
        dice = [random.Random(number) for number in range(len(many.clients))]
        await asyncio.gather(*(live(*pair) for pair in zip(many.clients, dice, strict=True)))
    assert done["{}"] > 10 * WISHES.soak_seconds, done
    await truth.check()
