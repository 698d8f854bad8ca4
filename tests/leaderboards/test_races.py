"""Many writers at once on two processes: nothing is lost, and every rank is what SQL says."""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from kizuna.db.engine import Database
from kizuna.db.statements import Query
from tests.hostile.clients import Client, Refused
from tests.leaderboards.crowd import (
    Crowd,
    all_at_once,
    bearer,
    call,
    connected,
    crowd,
    delete,
    leave_for_good,
    new_leaderboard,
    outcome,
    repeated,
    start,
    told,
    two_servers,
    two_workers,
    write,
)
from tests.leaderboards.support import standings, true_ranks
from tests.support.environment import WISHES
from tests.support.players import Player
from tests.support.processes import Server
from tests.support.waiting import wait_until_async

#: Wire numbers of the operators; 0 is the board's own.
INCREMENT = 3
OPERATORS = [0, 0, 1, 2, 3, 4]

OWNED = Query(
    "test.owned", "Records of owners.", "select * from leaderboard_record where owner_id = any($1::uuid[])"
)


@pytest_asyncio.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    """What is really stored."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture(scope="module", params=[two_servers, two_workers])
def servers(
    request: pytest.FixtureRequest, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Server]]:
    """Two processes: two servers, or two workers of one."""
    with request.param(database_url, tmp_path_factory.mktemp("servers")) as servers:
        yield servers


async def for_a_while(seconds: float, *work: Callable[[], Awaitable[object]]) -> None:
    """Each of these is done again and again."""
    end = time.monotonic() + seconds

    async def again_and_again(do: Callable[[], Awaitable[object]]) -> None:
        while time.monotonic() < end:
            await do()

    async with asyncio.TaskGroup() as group:
        for do in work:
            group.create_task(again_and_again(do))


async def become_exact(
    database: Database, board: str, many: Crowd, witnesses: Iterable[Client] | None = None
) -> None:
    """Both processes tell the ranks, and the number of records, that SQL knows; within a second."""
    truth = await true_ranks(database, board)
    for witness in witnesses or many.witnesses.values():
        await become(witness, many.players[0], board, many.players, truth, 1)


async def become(
    witness: Client, reader: Player, board: str, owners: list[Player], truth: dict[str, int], within: float
) -> None:
    async def is_exact() -> bool:
        return await told(witness, reader, board, owners) == truth

    await wait_until_async(is_exact, within, "what SQL says")


async def windows_are_exact(database: Database, board: str, many: Crowd) -> None:
    """The ranks around each owner, and those of the list, are those that SQL knows."""
    truth = await true_ranks(database, board)
    del truth[""]
    for witness in many.witnesses.values():
        for player in many.players[:4]:
            target = f"/v2/leaderboard/{board}/owner/{player.id}?limit=5"
            answer = await witness.ask("GET", target, authorization=bearer(player))
            window = {one["owner_id"]: int(one["rank"]) for one in answer.get("records", ())}
            assert window == {id: truth[id] for id in window}
            assert (player.id in window) == (player.id in truth)
        target = f"/v2/leaderboard/{board}?limit=1000"
        answer = await witness.ask("GET", target, authorization=bearer(many.players[0]))
        assert {one["owner_id"]: int(one["rank"]) for one in answer.get("records", ())} == truth


async def test_random_writers(database: Database, servers: list[Server]) -> None:
    """A few owners, scores that tie, operators of all kinds, deletions."""
    async with crowd(servers, players=10) as many:
        some = many.clients[0]
        boards = [
            await new_leaderboard(some, sort="desc"),
            await new_leaderboard(some, sort="asc"),
            await new_leaderboard(some, sort="desc", operator="incr"),
        ]
        refusals: Counter[str] = Counter()

        async def act(client: Client) -> None:
            board, player = random.choice(boards), random.choice(many.players)
            if random.random() < 0.1:
                asked: Awaitable[Any] = delete(client, player, board)
            else:
                score, subscore = random.randrange(6), random.randrange(3)
                operator = random.choice(OPERATORS)
                asked = write(client, player, board, score, subscore=subscore, operator=operator)
            if isinstance(answer := await outcome(asked), Refused):
                refusals[str(answer)] += 1

        await for_a_while(WISHES.soak_seconds, *(partial(act, c) for c in many.clients))
        for board in boards:
            await become_exact(database, board, many)
            await windows_are_exact(database, board, many)
            await no_op_writes_are_exact(database, board, many)
        assert not refusals, "none of this is wrong"


async def no_op_writes_are_exact(database: Database, board: str, many: Crowd) -> None:
    """A write that changes nothing tells the rank that is."""
    truth = await true_ranks(database, board)
    for witness in many.witnesses.values():
        for player in many.players:
            if player.id in truth:
                answer = await write(witness, player, board, operator=INCREMENT)
                assert int(answer["rank"]) == truth[player.id]


async def test_no_answered_write_is_lost(database: Database, servers: list[Server]) -> None:
    """Everybody's increments add up, whoever took them."""
    async with crowd(servers, players=6) as many:
        board = await new_leaderboard(many.clients[0], operator="incr")
        sums, attempts, impossible = Counter[str](), Counter[str](), list[str]()

        async def act(client: Client) -> None:
            player, score = random.choice(many.players), random.randrange(1, 10)
            answer = await write(client, player, board, score)
            sums[player.id] += score
            attempts[player.id] += 1
            if not 1 <= int(answer["rank"]) <= len(many.players):
                impossible.append(answer["rank"])

        await for_a_while(WISHES.soak_seconds / 2, *(partial(act, c) for c in many.clients))
        stored = await standings(database, board)
        assert {id: one.score for id, one in stored.items()} == sums
        assert {id: one.num_score for id, one in stored.items()} == attempts
        await become_exact(database, board, many)
        assert not impossible, f"ranks among {len(many.players)} players"


async def test_a_write_is_visible_at_once_here_and_soon_elsewhere(
    database: Database, servers: list[Server]
) -> None:
    """On a board with one writer, while others keep both processes busy."""
    async with crowd(servers, players=8) as many:
        here, elsewhere = many.witnesses.values()
        board, busy = [await new_leaderboard(here, operator="set") for _ in range(2)]
        scores: dict[str, int] = {}
        delays: list[float] = []

        async def act(client: Client) -> None:
            await outcome(write(client, random.choice(many.players), busy, random.randrange(9)))

        async def write_and_look() -> None:
            player, score = random.choice(many.players), random.randrange(5)
            answer = await write(here, player, board, score)
            scores[player.id] = score
            order = sorted(((score, id) for id, score in scores.items()), reverse=True)
            truth = {id: rank for rank, (_, id) in enumerate(order, start=1)} | {"": len(order)}
            assert int(answer["rank"]) == truth[player.id]
            assert await told(here, player, board, many.players) == truth
            written = time.monotonic()
            await become(elsewhere, player, board, many.players, truth, 1.0)
            delays.append(time.monotonic() - written)

        others = [client for client in many.clients if client not in (here, elsewhere)][:8]
        seconds = WISHES.soak_seconds / 3
        await for_a_while(seconds, write_and_look, *(partial(act, c) for c in others))
        assert len(delays) > 3


async def test_a_deleted_player_leaves_no_record(database: Database, servers: list[Server]) -> None:
    """Whatever of this player was being written, on whichever process, when the account was deleted."""
    async with crowd(servers, players=25) as many:
        boards = [await new_leaderboard(many.clients[0]) for _ in range(3)]
        leaving, staying = many.players[:20], many.players[20:]
        await all_at_once(many, many.players, lambda c, p: write(c, p, boards[0], 1))

        async def ask(client: Client, player: Player) -> Any:
            if random.random() < 0.15:
                return await leave_for_good(client, player)
            return await write(client, player, random.choice(boards), random.randrange(9), operator=2)

        await all_at_once(many, repeated(leaving, 12), ask)
        await all_at_once(many, leaving, leave_for_good)
        assert await database.read(OWNED, [player.id for player in leaving]) == []
        remaining = Crowd(staying, many.clients, many.witnesses)
        for board in boards:
            await become_exact(database, board, remaining)
        assert len(await standings(database, boards[0])) == len(staying)


async def test_boards_that_come_and_go(database: Database, servers: list[Server]) -> None:
    """Deleted and made again under the same id, while others write."""
    async with crowd(servers, players=8) as many:
        some = many.clients[0]
        board = await new_leaderboard(some)
        strange: Counter[str] = Counter()

        async def act(client: Client) -> None:
            answer = await outcome(
                write(client, random.choice(many.players), board, random.randrange(9), operator=2)
            )
            if isinstance(answer, Refused) and str(answer) != "404 Leaderboard not found.":
                strange[str(answer)] += 1

        async def replace() -> None:
            await call(some, "conf_leaderboard_delete", id=board)
            await call(some, "conf_leaderboard_create", id=board, enable_ranks=True)
            await asyncio.sleep(0.1)

        writers = [client for client in many.clients if client is not some]
        await for_a_while(WISHES.soak_seconds / 3, replace, *(partial(act, c) for c in writers))
        assert not strange
        # Each process hears of the last one soon, and then there is one board for all.
        await asyncio.gather(*(knows(witness, many.players[0], board) for witness in many.witnesses.values()))
        await all_at_once(many, many.players, lambda c, p: write(c, p, board, 4, operator=2))
        await become_exact(database, board, many)


async def knows(witness: Client, player: Player, board: str) -> None:
    async def takes_a_write() -> bool:
        return not isinstance(await outcome(write(witness, player, board, 1, operator=2)), Refused)

    await wait_until_async(takes_a_write, 1)


async def test_a_process_is_killed(database: Database, database_url: str, servers: list[Server]) -> None:
    """In the middle of writes: what was answered is stored, and the others' ranks are exact; then its own."""
    async with crowd(servers, players=8) as many:
        board = await new_leaderboard(many.clients[0], operator="incr")
        answered, asked = Counter[str](), Counter[str]()

        async def act(client: Client) -> None:
            player = random.choice(many.players)
            asked[player.id] += 1
            try:
                await write(client, player, board, 1)
            except (OSError, EOFError):
                await asyncio.sleep(0.01)  # nobody there
            else:
                answered[player.id] += 1

        async def kill(process: int) -> None:
            await asyncio.sleep(WISHES.soak_seconds / 6)
            os.kill(process, signal.SIGKILL)

        victim, survivor = many.witnesses
        work = for_a_while(WISHES.soak_seconds / 3, *(partial(act, c) for c in many.clients))
        await asyncio.gather(work, kill(victim))
        stored = await standings(database, board)
        for player in many.players:
            assert answered[player.id] <= stored[player.id].num_score <= asked[player.id]
        truth = await true_ranks(database, board)
        await become(many.witnesses[survivor], many.players[0], board, many.players, truth, 1)
        replace(servers, database_url)
        async with connected(servers, 16) as (some, witnesses):
            await write(some[0], many.players[0], board, 1)
            await become_exact(database, board, many, witnesses.values())


def replace(servers: list[Server], database_url: str) -> None:
    """Start a server again that has been killed; workers are the server's own business."""
    for place, server in enumerate(servers):
        if server.process.poll() is not None:
            server.kill()
            servers[place] = start(database_url, server.log)
