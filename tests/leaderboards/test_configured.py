"""The leaderboards and tournaments that the configuration asks for."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, get_args

import pytest
import pytest_asyncio

from kizuna.bus import LocalBus
from kizuna.clock import ShiftedClock
from kizuna.db.engine import Database
from kizuna.leaderboards.boards import UNLIMITED, Board
from kizuna.leaderboards.configured import create_configured, problem
from kizuna.leaderboards.definitions import Definitions
from kizuna.leaderboards.ranks import Ranks
from kizuna.leaderboards.scoring import Operator
from kizuna.leaderboards.spelling import descending_of
from kizuna.setting_types import OperatorName, SortOrder
from kizuna.settings import LeaderboardEntry, Settings, TournamentEntry

EVERYTHING: dict[str, Any] = {
    "authoritative": False,
    "sort_order": "ascending",
    "operator": "increment",
    "reset_schedule": "0 0 1 1 * 2020,2090",
    "metadata": {"prize": [5, "ü"]},
    "enable_ranks": False,
    "duration": 3600,
    "title": "Grand",
    "description": "Prix",
    "category": 127,
    "start_time": 1_600_000_000,
    "end_time": 3_900_000_000,
    "max_size": 10,
    "max_num_score": 3,
    "join_required": True,
}


@pytest.fixture
def clock() -> ShiftedClock:
    """The clock of `definitions`."""
    return ShiftedClock()


@pytest_asyncio.fixture
async def definitions(database_url: str, clock: ShiftedClock) -> AsyncIterator[Definitions]:
    """All boards of the module's database."""
    database, bus = Database(database_url), LocalBus()
    yield Definitions(database, bus, Ranks(database, bus, clock), clock)
    await database.close()


@pytest.fixture
def id() -> str:
    """An id that nothing has."""
    return f"configured-{uuid.uuid4()}"


def settings(**lists: Any) -> Settings:
    return Settings.model_validate(lists)


async def the(definitions: Definitions, id: str) -> Board:
    [board] = await definitions.find_many([id])
    return board


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


async def test_what_is_missing_is_created(
    definitions: Definitions, id: str, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = settings(
        leaderboards=[{"id": f"{id}-plain"}],
        tournaments=[{"id": f"{id}-cup", "duration": 60}, {"id": f"{id}-grand", **EVERYTHING}],
    )
    await create_configured(definitions, wanted)
    plain, cup, grand = [await the(definitions, f"{id}-{name}") for name in ("plain", "cup", "grand")]
    assert (plain.is_tournament, plain.authoritative, plain.descending) == (False, False, True)
    assert (plain.operator, plain.reset_schedule, plain.metadata) == (Operator.BEST, "", "{}")
    assert plain.enable_ranks
    assert (cup.authoritative, cup.rules.duration, cup.rules.end_time) == (True, 60, 0)
    assert (cup.max_size, cup.max_num_score, cup.join_required) == (UNLIMITED, 1_000_000, False)
    assert (grand.authoritative, grand.descending, grand.operator) == (False, False, Operator.INCREMENT)
    assert (grand.reset_schedule, grand.enable_ranks) == ("0 0 1 1 * 2020,2090", False)
    assert grand.metadata == '{"prize": [5, "ü"]}'
    assert (grand.title, grand.description, grand.category) == ("Grand", "Prix", 127)
    rules = grand.rules
    assert (rules.duration, rules.start_time, rules.end_time) == (3600, 1_600_000_000, 3_900_000_000)
    assert (grand.max_size, grand.max_num_score, grand.join_required) == (10, 3, True)
    await create_configured(definitions, wanted)
    assert warnings(caplog) == []


async def test_several_processes_start_at_once(
    definitions: Definitions, database_url: str, id: str, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = settings(leaderboards=[{"id": f"{id}-{n}"} for n in range(8)])
    databases = [Database(database_url) for _ in range(3)]
    buses = [LocalBus() for _ in databases]
    clock = ShiftedClock()
    processes = [
        Definitions(database, bus, Ranks(database, bus, clock), clock)
        for database, bus in zip(databases, buses, strict=True)
    ]
    await asyncio.gather(*(create_configured(process, wanted) for process in processes))
    for database in databases:
        await database.close()
    assert len(await definitions.find_many([f"{id}-{n}" for n in range(8)])) == 8
    assert warnings(caplog) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"authoritative": True}, "authoritative is False, not True"),
        ({"sort_order": "desc"}, "sort_order is 'asc', not 'desc'"),
        ({"operator": "best"}, "operator is 'incr', not 'best'"),
        ({"reset_schedule": ""}, "reset_schedule is '0 0 1 1 * 2020,2090', not ''"),
        ({"metadata": {}}, "metadata"),
        ({"enable_ranks": True}, "enable_ranks is False, not True"),
        ({"duration": 60}, "duration is 3600, not 60"),
        ({"title": ""}, "title is 'Grand', not ''"),
        ({"description": "x"}, "description is 'Prix', not 'x'"),
        ({"category": 1}, "category is 127, not 1"),
        ({"start_time": 1_600_000_001}, "start_time is 1600000000, not 1600000001"),
        ({"end_time": 0}, "end_time is 3900000000, not 0"),
        ({"max_size": 0}, "max_size is 10, not 0"),
        ({"max_num_score": 0}, "max_num_score is 3, not 1000000"),
        ({"join_required": False}, "join_required is True, not False"),
        ({"operator": "set", "duration": 9}, "operator is 'incr', not 'set', duration is 3600, not 9"),
    ],
)
async def test_what_differs_is_warned_of_and_stays(
    definitions: Definitions, id: str, changed: dict[str, Any], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    await create_configured(definitions, settings(tournaments=[{"id": id, **EVERYTHING}]))
    before = await the(definitions, id)
    await create_configured(definitions, settings(tournaments=[{"id": id, **EVERYTHING, **changed}]))
    after = await the(definitions, id)
    assert warnings(caplog) == [
        f"The tournament {id!r} differs from its entry in the configuration and stays as it is: {told}."
    ]
    assert (after.key, after.rules, after.metadata) == (before.key, before.rules, before.metadata)


@pytest.mark.parametrize(
    "same",
    [{"sort_order": "asc"}, {"operator": "incr"}, {"start_time": 0}],
)
async def test_another_spelling_differs_in_nothing(
    definitions: Definitions, id: str, same: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    await create_configured(definitions, settings(tournaments=[{"id": id, **EVERYTHING}]))
    await create_configured(definitions, settings(tournaments=[{"id": id, **EVERYTHING, **same}]))
    assert warnings(caplog) == []


async def test_the_other_kind_of_board_has_the_id(
    definitions: Definitions, id: str, caplog: pytest.LogCaptureFixture
) -> None:
    plain, cup = {"id": f"{id}-plain"}, {"id": f"{id}-cup", "duration": 60}
    await create_configured(definitions, settings(leaderboards=[plain], tournaments=[cup]))
    plain["id"], cup["id"] = str(cup["id"]), plain["id"]
    await create_configured(definitions, settings(leaderboards=[plain], tournaments=[cup]))
    text = "differs from its entry in the configuration and stays as it is: it is"
    assert warnings(caplog) == [
        f"The tournament '{id}-cup' {text} a tournament.",
        f"The leaderboard '{id}-plain' {text} no tournament.",
    ]


async def test_a_tournament_whose_time_has_passed_does_not_keep_the_server_from_starting(
    definitions: Definitions, id: str, clock: ShiftedClock, caplog: pytest.LogCaptureFixture
) -> None:
    end = int(clock.unix()) + 3600
    cup = {"id": id, "duration": 60, "reset_schedule": "* * * * *", "end_time": end}
    clock.offset = timedelta(hours=2)
    wanted = settings(tournaments=[cup, {"id": f"{id}-next", "duration": 60}])
    await create_configured(definitions, wanted)
    [warning] = warnings(caplog)
    assert warning.startswith(f"The configuration's entry {id!r} cannot be created: tournament end time ")
    assert [board.id for board in await definitions.find_many([id, f"{id}-next"])] == [f"{id}-next"]
    clock.offset = timedelta(0)
    await create_configured(definitions, wanted)
    clock.offset = timedelta(hours=2)
    await create_configured(definitions, wanted)
    assert warnings(caplog) == [warning]


def test_what_can_never_be_created() -> None:
    assert problem(LeaderboardEntry(id="x", reset_schedule="@daily")) is None
    assert problem(TournamentEntry(id="x", duration=60, end_time=60)) is None
    schedule = problem(LeaderboardEntry(id="x", reset_schedule="0 0 * *"))
    assert schedule is not None
    assert schedule.startswith("expects reset schedule to be a valid CRON expression: ")
    assert problem(TournamentEntry(id="x", duration=60, start_time=100, end_time=60)) == (
        "endTime must be >= startTime"
    )


def test_every_name_of_the_settings_is_understood() -> None:
    assert {Operator.from_name(name) for name in get_args(OperatorName)} == set(Operator)
    assert [descending_of(name) for name in get_args(SortOrder)] == [False, False, True, True]
