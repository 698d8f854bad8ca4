"""For these tests: the services of a process without a server around them, and what SQL says to their
ranks."""

import random
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

from kizuna.bus import Bus, LocalBus, PostgresBus
from kizuna.clock import Clock, SystemClock
from kizuna.db.engine import Database, Record
from kizuna.db.statements import Command, Query
from kizuna.errors import ApiError
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.changes import owner_bytes
from kizuna.leaderboards.definitions import Definitions, NewBoard
from kizuna.leaderboards.ranking import RankIndex, SignedIndex, pack_key
from kizuna.leaderboards.rankings import Period
from kizuna.leaderboards.ranks import Ranks
from kizuna.leaderboards.records import RecordWrite
from kizuna.leaderboards.scoring import Operator
from kizuna.leaderboards.service import Leaderboards
from kizuna.tournaments.service import Tournaments
from tests.support.waiting import wait_until_async

STANDINGS = Query(
    "test.standings",
    "The records of a board, with the ranks that they have.",
    """
    select r.owner_id::text as owner_id, r.expiry, r.score, r.subscore, r.num_score,
        row_number() over (
            partition by r.expiry order by
            case l.sort_order when 0 then r.score end, case l.sort_order when 0 then r.subscore end,
            case l.sort_order when 0 then r.owner_id end,
            r.score desc, r.subscore desc, r.owner_id desc)::bigint as rank
    from leaderboard_record r join leaderboard l on l.key = r.board
    where l.id = $1 and not l.deleted
    """,
)

INSERT = Command(
    "test.insert",
    "Records that nobody is told of.",
    """
    insert into leaderboard_record (owner_id, board, expiry, score, subscore, num_score, max_num_score,
        create_time, update_time, rule, prev_score, prev_subscore)
    select w.owner_id, $1, 0, w.score, w.subscore, 1, 1000000, now(), now(), 0, 0, 0
    from unnest($2::uuid[], $3::bigint[], $4::bigint[]) as w (owner_id, score, subscore)
    """,
)

INSERT_MANY = Command(
    "test.insert_many",
    "As many records with random scores.",
    """
    insert into leaderboard_record (owner_id, board, expiry, score, subscore, num_score, max_num_score,
        create_time, update_time, rule, prev_score, prev_subscore)
    select gen_random_uuid(), $1, 0, (random() * 1000)::bigint, (random() * 9)::bigint, 1, 1000000,
        now(), now(), 0, 0, 0 from generate_series(1, $2::int)
    """,
)


class Standing(NamedTuple):
    """A record and its rank, by SQL."""

    owner_id: str
    score: int
    subscore: int
    num_score: int
    rank: int


def owner(number: int) -> str:
    """A made-up player; the ids are in the order of the numbers."""
    return str(uuid.UUID(int=number))


class Node:
    """What a process has of leaderboards and tournaments."""

    def __init__(self, database: Database, bus: Bus, clock: Clock) -> None:
        self.database = database
        self.bus = bus
        self.clock = clock
        self.ranks = Ranks(database, bus, clock)
        self.definitions = Definitions(database, bus, self.ranks, clock)
        self.leaderboards = Leaderboards(database, self.ranks, clock)
        self.tournaments = Tournaments(database, self.definitions, self.leaderboards, self.ranks, clock)

    async def start(self) -> None:
        """Hear of the others."""
        self.ranks.start()
        self.definitions.start()
        await self.bus.start()

    async def stop(self) -> None:
        """Nothing is under way any more."""
        await self.ranks.stop()
        await self.bus.stop()
        await self.database.close()

    async def write(self, board: Board, owner_id: str, score: int, **given: Any) -> dict[str, Any]:
        """The record as it is answered."""
        write = RecordWrite(owner_id, score=score, server=True, **given)
        return await self.leaderboards.write(board, write)

    async def ranks_told(self, board: Board, owners: Sequence[str]) -> dict[str, int]:
        """Ranks by owner, and under "" the number of records, as a list of records tells them."""
        answer = await self.leaderboards.list(board, owner_ids=owners, limit=0)
        told = {record["owner_id"]: int(record.get("rank", 0)) for record in answer.get("owner_records", ())}
        return told | {"": int(answer.get("rank_count", 0))}

    def index(self, board: Board, expiry: int = 0) -> RankIndex | None:
        """The index of a period, if it is built."""
        ranking = self.ranks._rankings.get(Period(board.key, expiry))
        return ranking.signed.index if ranking is not None and ranking.built else None

    async def built(self, board: Board) -> RankIndex | None:
        """The index of the present period, which is built when this returns, unless it is dropped again."""
        await self.ranks.at(board, 0, 1)
        return self.index(board)

    def drop(self, board: Board) -> None:
        """Let the index be built anew."""
        self.ranks.drop_indexes({Period(board.key, 0)})


@asynccontextmanager
async def node(database_url: str, *, alone: bool = False) -> AsyncIterator[Node]:
    """A process of its own as far as the others can tell; `alone` if there are none."""
    bus: Bus = LocalBus() if alone else PostgresBus(database_url)
    made = Node(Database(database_url), bus, SystemClock())
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def new_board(node: Node, **settings: Any) -> Board:
    """A leaderboard that nobody else knows."""
    return await node.definitions.create(NewBoard(f"board-{uuid.uuid4()}", **settings))


async def standings(database: Database, id: str) -> dict[str, Standing]:
    """What is stored, and the ranks of it, by owner. Of a board with one period."""
    return {row["owner_id"]: _standing(row) for row in await database.read(STANDINGS, id)}


def _standing(row: Record) -> Standing:
    return Standing(row["owner_id"], row["score"], row["subscore"], row["num_score"], row["rank"])


async def true_ranks(database: Database, id: str) -> dict[str, int]:
    """What `Node.ranks_told` should be for all owners."""
    found = await standings(database, id)
    return {one.owner_id: one.rank for one in found.values()} | {"": len(found)}


def true_keys(rows: Sequence[Standing]) -> list[bytes]:
    """The keys that an index of these records holds, in the order of the ranks."""
    ordered = sorted(rows, key=lambda row: row.rank)
    return [pack_key(row.score, row.subscore, owner_bytes(row.owner_id)) for row in ordered]


async def becomes_exact(node: Node, board: Board, owners: Sequence[str], within: float = 1.0) -> None:
    """Every rank that a process tells, and the number of records, is what SQL says."""
    truth = await true_ranks(node.database, board.id)
    told: dict[str, int] = {}

    async def is_exact() -> bool:
        nonlocal told
        told = await node.ranks_told(board, owners)
        return told == truth

    try:
        await wait_until_async(is_exact, within)
    except AssertionError:
        wrong = {key: (told.get(key), rank) for key, rank in truth.items() if told.get(key) != rank}
        raise AssertionError(f"(told, true): {wrong}; told too much: {told.keys() - truth.keys()}") from None


async def a_random_change(node: Node, board: Board, owners: Sequence[str], deletions: float = 0.1) -> None:
    """Somebody's score, written or deleted; few scores, so that there are ties.

    Whether it is answered well is for others to test.
    """
    owner_id = random.choice(owners)
    if random.random() < deletions:
        await node.leaderboards.delete(board, owner_id, server=True)
    else:
        operator = random.choice([0, *(operator.wire for operator in Operator)])
        score, subscore = random.randrange(8), random.randrange(3)
        with suppress(ApiError):
            await node.write(board, owner_id, score, subscore=subscore, operator=operator)


def unsettled(signed: SignedIndex) -> int:
    """How many changes wait for their counterpart."""
    return sum(map(abs, signed._outstanding.values()))
