"""Tournaments as game code uses them."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from kizuna.runtime import ApiError, Code, Nakama, Tournament
from kizuna.runtime.nakama import Services

ONE, TWO, THREE = (f"7b9a6f4e-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
UNLIMITED = 2**31 - 1
DAY = 24 * 60 * 60


@pytest.fixture
def id() -> str:
    """An id that nothing has."""
    return f"tournament-{uuid.uuid4()}"


async def the(nk: Nakama, id: str) -> Tournament:
    [tournament] = await nk.tournaments_get([id])
    return tournament


# --- definitions ---


async def test_a_tournament_is_created_with_defaults(nk: Nakama, id: str, services: Services) -> None:
    before = int(services.clock.unix())
    await nk.tournament_create(id, duration=60)
    known = await the(nk, id)
    assert (known.id, known.title, known.description, known.category) == (id, "", "", 0)
    assert (known.authoritative, known.sort_order, known.operator) == (True, "desc", "best")
    assert (known.metadata, known.duration, known.join_required) == ({}, 60, False)
    assert (known.size, known.max_size, known.max_num_score) == (0, UNLIMITED, 1_000_000)
    assert (known.prev_reset, known.next_reset, known.end_time) == (0, 0, None)
    assert known.can_enter
    assert before <= known.start_active <= services.clock.unix()
    assert known.end_active == known.start_active + 60
    assert known.start_time == datetime.fromtimestamp(known.start_active, UTC)
    assert (await nk.tournament_record_write(id, ONE, score=1)).rank == 1


async def test_every_argument_counts(nk: Nakama, id: str) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    await nk.tournament_create(
        id,
        duration=3600,
        authoritative=False,
        sort_order="asc",
        operator="decrement",
        reset_schedule="0 0 1 1 * 2020,2090",
        metadata={"prize": 5},
        title="Grand",
        description="Prix",
        category=127,
        start_time=start,
        end_time=int(datetime(2095, 1, 1, tzinfo=UTC).timestamp()),
        max_size=10,
        max_num_score=3,
        join_required=True,
        enable_ranks=False,
    )
    known = await the(nk, id)
    assert (known.authoritative, known.sort_order, known.operator) == (False, "asc", "decr")
    assert (known.metadata, known.title, known.description) == ({"prize": 5}, "Grand", "Prix")
    assert (known.category, known.duration, known.join_required) == (127, 3600, True)
    assert (known.max_size, known.max_num_score) == (10, 3)
    assert (known.start_time, known.end_time) == (start, datetime(2095, 1, 1, tzinfo=UTC))
    assert (known.start_active, known.end_active) == (start.timestamp(), start.timestamp() + 3600)
    assert known.next_reset == datetime(2090, 1, 1, tzinfo=UTC).timestamp()
    assert known.prev_reset == start.timestamp()
    assert not known.can_enter


async def test_creating_it_again_changes_nothing(nk: Nakama, id: str) -> None:
    await nk.tournament_create(id, duration=60, title="first")
    known = await the(nk, id)
    await nk.tournament_create(id, duration=90, title="second")
    assert (await the(nk, id)).title == "first"
    assert (await the(nk, id)).duration == known.duration
    await nk.leaderboard_create(f"{id}-leaderboard")
    with pytest.raises(ApiError, match="cannot create tournament as leaderboard is already in use"):
        await nk.tournament_create(f"{id}-leaderboard", duration=60)


async def test_only_tournaments_are_deleted_as_such(nk: Nakama, id: str) -> None:
    await nk.leaderboard_create(f"{id}-leaderboard")
    await nk.tournament_delete(f"{id}-leaderboard")
    assert len(await nk.leaderboards_get([f"{id}-leaderboard"])) == 1
    await nk.tournament_create(id, duration=60)
    await nk.tournament_delete(id)
    await nk.tournament_delete(id)
    assert await nk.tournaments_get([id]) == []
    await nk.tournament_create(id, duration=60)
    await nk.leaderboard_delete(id)
    assert await nk.tournaments_get([id]) == []


async def test_tournaments_are_fetched_by_their_ids(nk: Nakama, id: str) -> None:
    await nk.leaderboard_create(f"{id}-leaderboard")
    for name in ("a", "b"):
        await nk.tournament_create(f"{id}-{name}", duration=60, max_size=5)
    found = await nk.tournaments_get([f"{id}-b", "nothing", f"{id}-leaderboard", f"{id}-a", f"{id}-b"])
    assert [each.id for each in found] == [f"{id}-b", f"{id}-a"]


async def test_tournaments_are_listed_by_category_and_time(
    nk: Nakama, id: str, services: Services, clock: ShiftedClock
) -> None:
    now = int(services.clock.unix())
    times = {"early": (now - 100, 0), "ending": (now - 50, now + 50), "late": (now + DAY, 0), "over": (1, 60)}
    for name, (start, end) in times.items():
        await nk.tournament_create(
            f"{id}-{name}", duration=60, category=77, start_time=start, end_time=end, join_required=True
        )

    async def listed(**choice: Any) -> list[str]:
        choice = {"category_start": 77, "category_end": 77, **choice}
        return [each.id.removeprefix(f"{id}-") for each in (await nk.tournaments_list(**choice))[0]]

    assert await listed() == ["early", "ending", "late"]
    assert await listed(start_time=now - 60) == ["ending", "late"]
    assert await listed(start_time=datetime.fromtimestamp(now, UTC)) == ["late"]
    assert await listed(end_time=0) == ["early", "late"]
    assert await listed(end_time=now + 50) == ["over", "ending"]
    assert await listed(category_start=78, category_end=78) == []
    page, cursor = await nk.tournaments_list(category_start=77, category_end=77, limit=2)
    assert [each.join_required for each in page] == [True, True]
    assert await listed(limit=2, cursor=cursor) == ["late"]
    clock.offset = timedelta(seconds=51)
    assert await listed() == ["early", "late"]
    with pytest.raises(ApiError, match="leaderboard cursor invalid"):
        await nk.tournaments_list(cursor="nonsense")


# --- taking part ---


async def test_who_joins_takes_part_with_score_0(nk: Nakama, id: str) -> None:
    await nk.tournament_create(id, duration=60, join_required=True, max_size=1)
    with pytest.raises(ApiError, match=r"^required to join before writing tournament record$"):
        await nk.tournament_record_write(id, ONE, score=1)
    await nk.tournament_join(id, ONE, "ada")
    await nk.tournament_join(id, ONE, "ada")
    [record] = (await nk.tournament_records_list(id)).records
    assert (record.username, record.score, record.num_score, record.rank) == ("ada", 0, 0, 1)
    known = await the(nk, id)
    assert (known.size, known.can_enter) == (1, False)
    with pytest.raises(ApiError, match=r"^tournament max size reached$"):
        await nk.tournament_join(id, TWO, "bob")
    assert (await nk.tournament_record_write(id, ONE, score=5)).username == "ada"
    await nk.tournament_record_delete(id, ONE)
    assert (await the(nk, id)).size == 0
    await nk.tournament_join(id, TWO, "bob")


async def test_a_tournament_without_joining_is_full_too(nk: Nakama, id: str) -> None:
    await nk.tournament_create(id, duration=60, max_size=1)
    await nk.tournament_join(id, TWO, "bob")
    assert (await nk.tournament_records_list(id)).records == []
    await nk.tournament_record_write(id, ONE, score=1)
    with pytest.raises(ApiError, match=r"^tournament max size reached$"):
        await nk.tournament_record_write(id, TWO, score=1)


async def test_attempts_come_to_an_end_and_are_added(nk: Nakama, id: str) -> None:
    await nk.tournament_create(id, duration=60, max_num_score=2, operator="set")
    for score in (1, 2):
        record = await nk.tournament_record_write(id, ONE, score=score)
    assert (record.num_score, record.max_num_score) == (2, 2)
    with pytest.raises(ApiError, match=r"^max number score count reached$"):
        await nk.tournament_record_write(id, ONE, score=3)
    await nk.tournament_add_attempt(id, ONE, 1)
    record = await nk.tournament_record_write(id, ONE, score=3)
    assert (record.score, record.num_score, record.max_num_score) == (3, 3, 3)
    await nk.tournament_add_attempt(id, ONE, -2)
    await nk.tournament_add_attempt(id, TWO, 1)
    page = await nk.tournament_records_list(id, [ONE, TWO])
    assert [(each.owner_id, each.max_num_score) for each in page.owner_records] == [(ONE, 1)]
    for count in (-1, UNLIMITED):
        with pytest.raises(ApiError, match="Error adding tournament attempts"):
            await nk.tournament_add_attempt(id, ONE, count)


async def test_a_record_is_written_and_read(nk: Nakama, id: str) -> None:
    await nk.tournament_create(id, duration=60)
    first = await nk.tournament_record_write(id, ONE, "ada", 10, 1, {"with": "sword"})
    assert (first.leaderboard_id, first.owner_id, first.username) == (id, ONE, "ada")
    assert (first.score, first.subscore, first.num_score, first.rank) == (10, 1, 1, 1)
    second = await nk.tournament_record_write(id, ONE, score=5, operator="incr")
    assert (second.score, second.num_score, second.metadata) == (15, 2, {"with": "sword"})
    assert (await nk.tournament_record_write(id, ONE, metadata={})).metadata == {}
    await nk.tournament_record_write(id, TWO, score=1)
    page = await nk.tournament_records_list(id, [TWO], limit=1)
    assert [record.owner_id for record in page.records] == [ONE]
    assert [record.rank for record in page.owner_records] == [2]
    assert page.rank_count == 2
    rest = await nk.tournament_records_list(id, limit=1, cursor=page.next_cursor)
    assert [record.owner_id for record in rest.records] == [TWO]
    assert rest.prev_cursor
    around = await nk.tournament_records_haystack(id, TWO, limit=1)
    assert [(record.owner_id, record.rank) for record in around.records] == [(TWO, 2)]
    before = await nk.tournament_records_haystack(id, TWO, limit=1, cursor=around.prev_cursor)
    assert [record.owner_id for record in before.records] == [ONE]
    with pytest.raises(ApiError, match="score must not be negative"):
        await nk.tournament_record_write(id, ONE, score=-1)


async def test_outside_its_windows(nk: Nakama, id: str, services: Services, clock: ShiftedClock) -> None:
    now = int(services.clock.unix())
    await nk.tournament_create(id, duration=60, start_time=now + 100, end_time=now + 500, join_required=True)
    with pytest.raises(ApiError, match=r"^tournament outside of duration$"):
        await nk.tournament_record_write(id, ONE, score=1)
    await nk.tournament_join(id, ONE, "ada")
    clock.offset = timedelta(seconds=110)
    await nk.tournament_record_write(id, ONE, score=1)
    clock.offset = timedelta(seconds=170)
    for call in (
        nk.tournament_record_write(id, ONE, score=2),
        nk.tournament_join(id, TWO, "bob"),
        nk.tournament_add_attempt(id, ONE, 1),
    ):
        with pytest.raises(ApiError, match=r"^tournament outside of duration$"):
            await call
    [record] = (await nk.tournament_records_list(id)).records
    assert (record.score, record.expiry_time) == (1, datetime.fromtimestamp(now + 500, UTC))
    clock.offset = timedelta(seconds=600)
    with pytest.raises(ApiError, match=r"^tournament outside of duration$"):
        await nk.tournament_record_write(id, ONE, score=2)
    [past] = (await nk.tournament_records_list(id, expiry=now + 500)).records
    assert past == replace(record, rank=1)


async def test_past_periods_are_named_by_their_expiry(nk: Nakama, id: str, clock: ShiftedClock) -> None:
    await nk.tournament_create(id, duration=DAY, reset_schedule="0 0 * * *", max_size=2)
    await nk.tournament_record_write(id, ONE, score=1)
    clock.offset += timedelta(days=1)
    known = await the(nk, id)
    assert (known.size, known.next_reset - known.prev_reset) == (0, DAY)
    await nk.tournament_record_write(id, TWO, score=2)
    [past] = (await nk.tournament_records_list(id, expiry=known.prev_reset)).records
    assert past.owner_id == ONE
    assert (await nk.tournament_records_haystack(id, ONE, expiry=known.prev_reset)).records[0].owner_id == ONE


async def test_ranks_are_switched_off(nk: Nakama, id: str) -> None:
    await nk.tournament_create(id, duration=60)
    assert (await nk.tournament_record_write(id, ONE, score=1)).rank == 1
    await nk.tournament_ranks_disable(id)
    assert (await nk.tournament_record_write(id, ONE, score=2)).rank == 0
    assert (await the(nk, id)).duration == 60


# --- refusals ---

Call = Callable[[Nakama, str], Any]


@pytest.mark.parametrize(
    "call",
    [
        lambda nk, id: nk.tournament_records_list(id),
        lambda nk, id: nk.tournament_records_haystack(id, ONE),
        lambda nk, id: nk.tournament_record_write(id, ONE),
        lambda nk, id: nk.tournament_record_delete(id, ONE),
        lambda nk, id: nk.tournament_join(id, ONE, "ada"),
        lambda nk, id: nk.tournament_add_attempt(id, ONE, 1),
        lambda nk, id: nk.tournament_ranks_disable(id),
    ],
)
async def test_an_unknown_tournament(nk: Nakama, id: str, call: Call) -> None:
    await nk.leaderboard_create(id)
    for unknown in ("nothing", "", id):
        with pytest.raises(ApiError, match=r"^tournament not found$") as refusal:
            await call(nk, unknown)
        assert refusal.value.code == Code.NOT_FOUND


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"id": ""}, "expects a tournament ID string"),
        ({"id": "x" * 129}, "expects a tournament ID string"),
        ({"id": "\0"}, "id holds a character that cannot be stored"),
        ({"duration": 0}, "duration must be > 0"),
        ({"duration": -1}, "duration must be > 0"),
        ({"duration": 2**31}, "duration must be <="),
        ({"duration": True}, "duration must be a 64-bit integer"),
        ({"duration": 60.0}, "duration must be a 64-bit integer"),
        ({"duration": None}, "duration must be a 64-bit integer"),
        ({"category": -1}, "category must be 0-127"),
        ({"category": 128}, "category must be 0-127"),
        ({"category": 10**30}, "category must be a 64-bit integer"),
        ({"start_time": -1}, "startTime must be >= 0"),
        ({"end_time": -1}, "endTime must be >= 0"),
        ({"start_time": 2**60}, "startTime must be <="),
        ({"end_time": datetime(1960, 1, 1, tzinfo=UTC)}, "endTime must be >= 0"),
        ({"end_time": datetime(2090, 1, 1)}, "end_time must have a time zone"),  # noqa: DTZ001
        ({"start_time": "now"}, "start_time must be a 64-bit integer"),
        ({"start_time": 100, "end_time": 99}, "endTime must be >= startTime"),
        (
            {"start_time": 1, "end_time": 100, "reset_schedule": "@daily"},
            "tournament end time cannot be before first reset schedule",
        ),
        ({"max_size": -1}, "maxSize must be >= 0"),
        ({"max_size": 2**31}, "maxSize must be <="),
        ({"max_num_score": -1}, "maxNumScore must be >= 0"),
        ({"max_num_score": 2**63}, "max_num_score must be a 64-bit integer"),
        ({"title": "x" * 256}, "title and description must have at most 255 characters"),
        ({"description": "x" * 256}, "title and description must have at most 255 characters"),
        ({"title": "\0"}, "title holds a character that cannot be stored"),
        ({"title": None}, "title must be text"),
        ({"join_required": 1}, "join_required must be True or False"),
        ({"authoritative": None}, "authoritative must be True or False"),
        ({"operator": "sum"}, "expects operator to be 'best', 'set', 'incr' or 'decr'"),
        ({"reset_schedule": "soon"}, "expects reset schedule to be a valid CRON expression"),
    ],
)
async def test_a_tournament_that_makes_no_sense(
    nk: Nakama, id: str, arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=told):
        await nk.tournament_create(**{"id": id, "duration": 60, **arguments})
    assert await nk.tournaments_get([id]) == []


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda nk, id: nk.tournaments_list(limit=0), "limit must be 1 to 100"),
        (lambda nk, id: nk.tournaments_list(limit=101), "limit must be 1 to 100"),
        (
            lambda nk, id: nk.tournaments_list(category_start=-1),
            "category_start must be a whole number from 0",
        ),
        (
            lambda nk, id: nk.tournaments_list(category_end=128),
            "category_end must be a whole number from 0 to",
        ),
        (
            lambda nk, id: nk.tournaments_list(category_start=5, category_end=4),
            "category_end must be a whole number from 5 to 127",
        ),
        (lambda nk, id: nk.tournaments_list(start_time=-1), "start_time must be a whole number from 0"),
        (lambda nk, id: nk.tournaments_list(end_time=10**30), "end_time must be a 64-bit integer"),
        (
            lambda nk, id: nk.tournaments_list(start_time=100, end_time=99),
            "end_time must not be before start_time",
        ),
        (lambda nk, id: nk.tournaments_get(["\0"]), "id holds a character"),
        (lambda nk, id: nk.tournament_delete(5), "id must be text"),
        (lambda nk, id: nk.tournament_records_list(id, ["me"]), "owner id 'me' is not a UUID"),
        (lambda nk, id: nk.tournament_records_list(id, limit=10_001), "limit must be 0 to 10000"),
        (lambda nk, id: nk.tournament_records_haystack(id, ONE, limit=101), "limit must be 1 to 100"),
        (lambda nk, id: nk.tournament_join(id, ONE, ""), "expects a username string"),
        (lambda nk, id: nk.tournament_join(id, ONE, "x" * 129), "username must have at most 128 characters"),
        (lambda nk, id: nk.tournament_join(id, "me", "ada"), "owner id 'me' is not a UUID"),
        (lambda nk, id: nk.tournament_add_attempt(id, ONE, 0), "count must not be 0"),
        (lambda nk, id: nk.tournament_add_attempt(id, ONE, 2**31), "count must be a whole number"),
        (lambda nk, id: nk.tournament_add_attempt(id, ONE, True), "count must be a whole number"),
        (lambda nk, id: nk.tournament_record_delete(id, None), "owner id None is not a UUID"),
    ],
)
async def test_arguments_without_sense_are_refused(nk: Nakama, id: str, call: Call, told: str) -> None:
    await nk.tournament_create(id, duration=60)
    with pytest.raises((ValueError, TypeError), match=told):
        await call(nk, id)
