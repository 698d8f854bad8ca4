"""Many players at once at one tournament, on two processes: places and attempts are counted exactly."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
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
    crowd,
    delete,
    join,
    leave_for_good,
    new_tournament,
    outcome,
    repeated,
    two_servers,
    write,
)
from tests.leaderboards.support import standings, true_ranks
from tests.support.players import Player
from tests.support.processes import Server
from tests.support.waiting import wait_until_async

PLAYERS, ROOM = 64, 20

FULL = "400 Tournament has reached max size."
FULL_TO_JOIN = "400 Tournament cannot be joined as it has reached its max size."
NO_ATTEMPTS_LEFT = "400 Reached allowed max number of score attempts."

SIZES = Query(
    "test.sizes",
    "How many take part, and the records that there are.",
    """
    select coalesce(s.size, 0) as size,
        (select count(*) from leaderboard_record r where r.board = l.key) as records
    from leaderboard l left join tournament_size s on s.board = l.key where l.id = $1 and not l.deleted
    """,
)

OWNED = Query(
    "test.owned", "Records of owners.", "select * from leaderboard_record where owner_id = any($1::uuid[])"
)


@pytest_asyncio.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    """What is really stored."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture(scope="module")
def servers(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Two servers."""
    with two_servers(database_url, tmp_path_factory.mktemp("servers")) as servers:
        yield servers


@pytest_asyncio.fixture
async def many(servers: list[Server]) -> AsyncIterator[Crowd]:
    """More players than a tournament takes."""
    async with crowd(servers, PLAYERS) as many:
        yield many


async def size_told(client: Client, reader: Player, tournament: str) -> int:
    """How many take part, as the list of tournaments says."""
    answer = await client.ask("GET", "/v2/tournament?limit=100", authorization=bearer(reader))
    [found] = [one for one in answer["tournaments"] if one["id"] == tournament]
    return int(found.get("size", 0))


async def counted(database: Database, tournament: str) -> int:
    """The number of records, which is the size that is stored."""
    [row] = await database.read(SIZES, tournament)
    assert row["size"] == row["records"]
    return int(row["records"])


async def ranks_become_exact(database: Database, many: Crowd, tournament: str, reader: Player) -> None:
    """Both processes list the records by the ranks that SQL knows, and their number."""
    truth = await true_ranks(database, tournament)

    async def are_exact(witness: Client) -> bool:
        owners = "&".join(f"owner_ids={player.id}" for player in many.players)
        target = f"/v2/tournament/{tournament}?{owners}"
        answer = await witness.ask("GET", target, authorization=bearer(reader))
        told = {one["owner_id"]: int(one["rank"]) for one in answer.get("owner_records", ())}
        return told | {"": int(answer.get("rank_count", 0))} == truth

    for witness in many.witnesses.values():
        await wait_until_async(partial(are_exact, witness), 1)


def refusals(outcomes: list[Any]) -> Counter[str]:
    """What the refused were told."""
    return Counter(str(one) for one in outcomes if isinstance(one, Refused))


# --- places ---


async def test_no_more_write_than_there_is_room(database: Database, many: Crowd) -> None:
    """Everybody twice at once: whoever is in stays in, nobody else is."""
    tournament = await new_tournament(many.clients[0], max_size=ROOM)
    outcomes = await all_at_once(
        many, repeated(many.players, 2), lambda c, p: write(c, p, tournament, random.randrange(9))
    )
    first, second = outcomes[:PLAYERS], outcomes[PLAYERS:]
    assert set(refusals(outcomes)) == {FULL}
    admitted = {
        player.id
        for player, *both in zip(many.players, first, second, strict=True)
        if not all(isinstance(one, Refused) for one in both)
    }
    assert len(admitted) == ROOM
    assert set(await standings(database, tournament)) == admitted
    assert await counted(database, tournament) == ROOM
    for witness in many.witnesses.values():
        assert await size_told(witness, many.players[0], tournament) == ROOM
    await ranks_become_exact(database, many, tournament, many.players[0])


async def test_no_more_join_than_there_is_room(database: Database, many: Crowd) -> None:
    """Everybody twice at once; a second time is fine for who is in."""
    tournament = await new_tournament(many.clients[0], max_size=ROOM, join_required=True)
    outcomes = await all_at_once(many, repeated(many.players, 2), lambda c, p: join(c, p, tournament))
    assert set(refusals(outcomes)) == {FULL_TO_JOIN}
    joined = await standings(database, tournament)
    assert len(joined) == await counted(database, tournament) == ROOM
    for player, last in zip(many.players, outcomes[PLAYERS:], strict=True):
        assert isinstance(last, Refused) == (player.id not in joined)
    scores = await all_at_once(many, many.players, lambda c, p: write(c, p, tournament, 3))
    assert refusals(scores) == {"400 Must join tournament before attempting to write value.": PLAYERS - ROOM}
    await ranks_become_exact(database, many, tournament, many.players[0])


@pytest.mark.parametrize("join_required", [False, True])
async def test_places_are_counted_while_players_come_and_go(
    database: Database, many: Crowd, join_required: bool
) -> None:
    """Entries, deletions of records and of accounts, in several tournaments at once."""
    some = many.clients[0]
    tournaments = [
        await new_tournament(some, max_size=room, join_required=join_required) for room in (5, ROOM, 1000)
    ]
    enter = join if join_required else write
    leaving, gone = many.players[:20], set[str]()

    async def act(client: Client, player: Player) -> Any:
        tournament, chance = random.choice(tournaments), random.random()
        if chance < 0.2:
            return await delete(client, player, tournament)
        if chance < 0.25 and player in leaving:
            gone.add(player.id)
            return await leave_for_good(client, player)
        return await enter(client, player, tournament)

    crowded = repeated(many.players, 16)
    outcomes = await all_at_once(many, crowded, act)
    full = FULL_TO_JOIN if join_required else FULL
    told = [one for player, one in zip(crowded, outcomes, strict=True) if player.id not in gone]
    assert set(refusals(told)) == {full}
    assert gone
    assert not [text for text in refusals(outcomes) if text[0] == "5"]
    assert await database.read(OWNED, list(gone)) == []
    for tournament, room in zip(tournaments, (5, ROOM, 1000), strict=True):
        assert await counted(database, tournament) <= room
        await ranks_become_exact(database, many, tournament, many.players[-1])
    # Nothing but full hinders anybody in the end.
    outcomes = await all_at_once(many, many.players[20:], lambda c, p: enter(c, p, tournaments[0]))
    assert await counted(database, tournaments[0]) == 5
    assert set(refusals(outcomes)) == {full}


async def test_a_place_that_becomes_free_is_taken_once(database: Database, many: Crowd) -> None:
    tournament = await new_tournament(many.clients[0], max_size=1)
    for _ in range(5):
        outcomes = await all_at_once(many, many.players[:16], lambda c, p: write(c, p, tournament, 1))
        admitted = [
            player
            for player, answer in zip(many.players, outcomes, strict=False)
            if not isinstance(answer, Refused)
        ]
        assert len(admitted) == 1
        assert await counted(database, tournament) == 1
        await delete(many.clients[-1], admitted[0], tournament)
        assert await counted(database, tournament) == 0


# --- attempts ---


async def test_nobody_has_more_attempts_than_allowed(database: Database, many: Crowd) -> None:
    """Attempts of one player, on both processes at once."""
    tournament = await new_tournament(many.clients[0], max_num_score=7, operator="incr")
    some = many.players[:3]
    outcomes = await all_at_once(many, repeated(some, 20), lambda c, p: write(c, p, tournament, 1))
    for number, player in enumerate(some):
        own = outcomes[number :: len(some)]
        accepted = [one for one in own if not isinstance(one, Refused)]
        assert sorted(one["num_score"] for one in accepted) == list(range(1, 8))
        assert refusals(own) == {NO_ATTEMPTS_LEFT: 13}
        stored = (await standings(database, tournament))[player.id]
        assert (stored.num_score, stored.score) == (7, 7)


async def test_attempts_that_are_added_while_they_are_used(database: Database, many: Crowd) -> None:
    """All of them can be used, and no more."""
    tournament = await new_tournament(many.clients[0], max_num_score=2, operator="incr")
    player = many.players[0]
    await write(many.clients[0], player, tournament, 1)

    async def act(client: Client, one: Player) -> Any:
        if one is player:
            return await write(client, one, tournament, 1)
        return await call(client, "conf_tournament_add_attempt", id=tournament, owner_id=player.id, count=1)

    await all_at_once(many, repeated([player, many.players[1]], 20), act)
    await all_at_once(many, [player] * 22, lambda c, p: write(c, p, tournament, 1))
    stored = (await standings(database, tournament))[player.id]
    assert (stored.num_score, stored.score) == (22, 22)


async def test_attempts_of_who_had_to_join(database: Database, many: Crowd) -> None:
    """Beyond the last one nothing happens, without a word."""
    tournament = await new_tournament(
        many.clients[0], max_num_score=5, operator="incr", join_required=True, max_size=ROOM
    )
    player = many.players[0]
    await join(many.clients[0], player, tournament)
    answers = await all_at_once(many, [player] * 20, lambda c, p: write(c, p, tournament, 1))
    assert refusals(answers) == {}
    assert Counter(answer["num_score"] for answer in answers) == {1: 1, 2: 1, 3: 1, 4: 1, 5: 16}
    stored = (await standings(database, tournament))[player.id]
    assert (stored.num_score, stored.score) == (5, 5)


DEADLOCKS = Query(
    "test.deadlocks",
    "How often PostgreSQL has ended somebody to resolve a deadlock.",
    "select deadlocks from pg_stat_database where datname = current_database()",
)


async def test_players_who_leave_and_players_who_enter_do_not_wait_in_a_circle(
    database: Database, many: Crowd
) -> None:
    """An account that goes gives up places in many tournaments at once, which others take meanwhile."""
    tournaments = [await new_tournament(many.clients[0], max_size=8) for _ in range(12)]
    leaving = set(random.sample([player.id for player in many.players], 40))
    [before] = await database.read(DEADLOCKS)

    async def ask(client: Client, player: Player) -> Any:
        for tournament in random.sample(tournaments, 8):
            await outcome(write(client, player, tournament, 1))
        if player.id in leaving:
            await leave_for_good(client, player)

    await all_at_once(many, many.players, ask)
    [after] = await database.read(DEADLOCKS)
    assert after["deadlocks"] == before["deadlocks"]
    for tournament in tournaments:
        await counted(database, tournament)
