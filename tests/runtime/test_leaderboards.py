"""Leaderboards as game code uses them."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from kizuna.runtime import ApiError, Code, Leaderboard, Nakama

ONE, TWO, THREE = (f"7b9a6f4e-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
LARGEST = 2**63 - 1


@pytest.fixture
def id() -> str:
    """An id that nothing has."""
    return f"board-{uuid.uuid4()}"


async def the(nk: Nakama, id: str) -> Leaderboard:
    [leaderboard] = await nk.leaderboards_get([id])
    return leaderboard


# --- definitions ---


async def test_a_leaderboard_is_created_with_defaults(nk: Nakama, id: str, clock: ShiftedClock) -> None:
    before = clock.now() - timedelta(seconds=1)
    await nk.leaderboard_create(id)
    board = await the(nk, id)
    assert (board.id, board.authoritative, board.sort_order, board.operator) == (id, False, "desc", "best")
    assert (board.metadata, board.prev_reset, board.next_reset) == ({}, 0, 0)
    assert before <= board.create_time <= clock.now()
    record = await nk.leaderboard_record_write(id, ONE, score=1)
    assert record.rank == 1


async def test_every_argument_counts(nk: Nakama, id: str) -> None:
    await nk.leaderboard_create(
        id,
        authoritative=True,
        sort_order="ascending",
        operator="increment",
        reset_schedule="0 0 1 1 * 2020,2090",
        metadata={"season": [1, {"ü": None}]},
        enable_ranks=False,
    )
    board = await the(nk, id)
    assert (board.authoritative, board.sort_order, board.operator) == (True, "asc", "incr")
    assert board.metadata == {"season": [1, {"ü": None}]}
    assert board.prev_reset == datetime(2020, 1, 1, tzinfo=UTC).timestamp()
    assert board.next_reset == datetime(2090, 1, 1, tzinfo=UTC).timestamp()
    await nk.leaderboard_record_write(id, ONE, score=1)
    record = await nk.leaderboard_record_write(id, ONE, score=2)
    assert (record.score, record.rank) == (3, 0)
    assert record.expiry_time == datetime(2090, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spelling", "short"),
    [
        ("best", "best"),
        ("set", "set"),
        ("incr", "incr"),
        ("increment", "incr"),
        ("decr", "decr"),
        ("decrement", "decr"),
    ],
)
async def test_operators_have_these_names(nk: Nakama, id: str, spelling: str, short: str) -> None:
    await nk.leaderboard_create(id, operator=spelling)
    assert (await the(nk, id)).operator == short


@pytest.mark.parametrize(
    ("spelling", "short"),
    [("asc", "asc"), ("ascending", "asc"), ("desc", "desc"), ("descending", "desc")],
)
async def test_sort_orders_have_these_names(nk: Nakama, id: str, spelling: str, short: str) -> None:
    await nk.leaderboard_create(id, sort_order=spelling)
    assert (await the(nk, id)).sort_order == short


async def test_creating_it_again_changes_nothing(nk: Nakama, id: str) -> None:
    await nk.leaderboard_create(id, operator="set", metadata={"first": True})
    known = await the(nk, id)
    await nk.leaderboard_create(id, operator="incr", sort_order="asc", reset_schedule="@daily")
    assert await the(nk, id) == known
    tournament = f"t-{id}"
    await nk.tournament_create(tournament, duration=60)
    await nk.leaderboard_create(tournament)
    assert await nk.leaderboards_get([tournament]) == []
    assert len(await nk.tournaments_get([tournament])) == 1


async def test_a_deleted_leaderboard_is_gone_with_its_records(nk: Nakama, id: str) -> None:
    await nk.leaderboard_create(id)
    await nk.leaderboard_record_write(id, ONE, score=1)
    await nk.leaderboard_delete(id)
    await nk.leaderboard_delete(id)
    assert await nk.leaderboards_get([id]) == []
    with pytest.raises(ApiError, match=r"^leaderboard not found$"):
        await nk.leaderboard_records_list(id)
    await nk.leaderboard_create(id)
    assert (await nk.leaderboard_records_list(id)).records == []


async def test_leaderboards_are_listed_in_pages_the_oldest_first(nk: Nakama, id: str) -> None:
    created = [f"{id}-{n}" for n in (3, 1, 2)]
    for each in created:
        await nk.leaderboard_create(each)
    await nk.tournament_create(f"{id}-tournament", duration=60)
    found, cursor = [], ""
    while True:
        page, cursor = await nk.leaderboards_list(limit=2, cursor=cursor)
        assert 1 <= len(page) <= 2
        found += [board.id for board in page]
        if not cursor:
            break
    assert [each for each in found if each.startswith(id)] == created
    assert len(found) == len(set(found))
    with pytest.raises(ApiError, match="leaderboard cursor invalid"):
        await nk.leaderboards_list(cursor="nonsense")


async def test_leaderboards_are_fetched_by_their_ids(nk: Nakama, id: str) -> None:
    for each in ("a", "b"):
        await nk.leaderboard_create(f"{id}-{each}")
    found = await nk.leaderboards_get([f"{id}-b", "nothing", f"{id}-a", f"{id}-b"])
    assert [board.id for board in found] == [f"{id}-b", f"{id}-a"]


# --- records ---


async def test_a_record_is_written_and_read(nk: Nakama, id: str) -> None:
    await nk.leaderboard_create(id)
    first = await nk.leaderboard_record_write(id, ONE.upper(), "ada", 10, 1, {"with": "sword"})
    assert (first.leaderboard_id, first.owner_id, first.username) == (id, ONE, "ada")
    assert (first.score, first.subscore, first.num_score, first.rank) == (10, 1, 1, 1)
    assert (first.metadata, first.max_num_score, first.expiry_time) == ({"with": "sword"}, 1_000_000, None)
    assert first.create_time == first.update_time
    assert first.create_time.tzinfo is not None
    kept = await nk.leaderboard_record_write(id, ONE, score=11)
    assert (kept.username, kept.metadata, kept.num_score) == ("ada", {"with": "sword"}, 2)
    emptied = await nk.leaderboard_record_write(id, ONE, score=12, metadata={})
    assert emptied.metadata == {}
    page = await nk.leaderboard_records_list(id)
    assert (page.records, page.owner_records, page.rank_count) == ([emptied], [], 1)
    assert (page.next_cursor, page.prev_cursor) == ("", "")


async def test_a_new_record_without_arguments_is_empty(nk: Nakama, id: str) -> None:
    await nk.leaderboard_create(id)
    record = await nk.leaderboard_record_write(id, ONE)
    assert (record.username, record.score, record.subscore, record.metadata) == ("", 0, 0, {})


async def test_the_operator_of_one_write(nk: Nakama, id: str) -> None:
    await nk.leaderboard_create(id)
    await nk.leaderboard_record_write(id, ONE, score=10)
    scores = [
        (await nk.leaderboard_record_write(id, ONE, score=5, operator=operator)).score
        for operator in ("increment", "decr", "set", "best")
    ]
    assert scores == [15, 10, 5, 5]
    assert (await nk.leaderboard_record_write(id, ONE, score=4)).score == 5


async def test_the_server_writes_to_authoritative_leaderboards(nk: Nakama, id: str) -> None:
    await nk.leaderboard_create(id, authoritative=True)
    assert (await nk.leaderboard_record_write(id, ONE, score=1)).score == 1
    await nk.leaderboard_record_delete(id, ONE)
    await nk.leaderboard_record_delete(id, ONE)
    assert (await nk.leaderboard_records_list(id, [ONE], limit=0)).owner_records == []


async def test_scores_that_no_record_can_hold(nk: Nakama, id: str) -> None:
    await nk.leaderboard_create(id, operator="incr")
    await nk.leaderboard_record_write(id, ONE, score=LARGEST)
    for arguments, told in (
        ({"score": 1}, "Error writing score to leaderboard"),
        ({"score": -1}, "^score must not be negative"),
        ({"subscore": -1}, "^subscore must not be negative"),
        ({"score": -1, "operator": "set"}, "^score must not be negative"),
    ):
        with pytest.raises(ApiError, match=told):
            await nk.leaderboard_record_write(id, ONE, **arguments)
    [record] = (await nk.leaderboard_records_list(id)).records
    assert (record.score, record.num_score) == (LARGEST, 1)
    await nk.leaderboard_record_write(id, ONE, score=7, operator="decr")
    assert (await nk.leaderboard_record_write(id, ONE, score=-7, operator="decr")).score == LARGEST


async def test_records_are_listed_in_pages(nk: Nakama, id: str) -> None:
    await nk.leaderboard_create(id)
    for owner, score in ((ONE, 10), (TWO, 30), (THREE, 20)):
        await nk.leaderboard_record_write(id, owner, score=score)
    first = await nk.leaderboard_records_list(id, [ONE, ONE, str(uuid.uuid4())], limit=2)
    assert [(record.owner_id, record.rank) for record in first.records] == [(TWO, 1), (THREE, 2)]
    assert [(record.owner_id, record.rank) for record in first.owner_records] == [(ONE, 3)]
    assert (first.rank_count, first.prev_cursor) == (3, "")
    second = await nk.leaderboard_records_list(id, limit=2, cursor=first.next_cursor)
    assert [(record.owner_id, record.rank) for record in second.records] == [(ONE, 3)]
    assert second.next_cursor == ""
    back = await nk.leaderboard_records_list(id, limit=2, cursor=second.prev_cursor)
    assert back.records == first.records
    only_owners = await nk.leaderboard_records_list(id, [TWO], limit=0)
    assert (only_owners.records, [record.rank for record in only_owners.owner_records]) == ([], [1])
    cursor = await nk.leaderboard_records_list_cursor_from_rank(id, 3)
    assert (await nk.leaderboard_records_list(id, cursor=cursor)).records == second.records
    assert await nk.leaderboard_records_list_cursor_from_rank(id, 1) == ""
    with pytest.raises(ApiError, match=r"^leaderboard cursor invalid$"):
        await nk.leaderboard_records_list(id, cursor="nonsense")
    with pytest.raises(ApiError):
        await nk.leaderboard_records_list_cursor_from_rank(id, 5)


async def test_the_records_around_an_owner(nk: Nakama, id: str) -> None:
    await nk.leaderboard_create(id, sort_order="asc")
    owners = [str(uuid.UUID(int=n)) for n in range(1, 20)]
    for score, owner in enumerate(owners):
        await nk.leaderboard_record_write(id, owner, score=score)
    around = await nk.leaderboard_records_haystack(id, owners[9], limit=3)
    assert [(record.score, record.rank) for record in around.records] == [(8, 9), (9, 10), (10, 11)]
    behind = await nk.leaderboard_records_haystack(id, owners[9], limit=3, cursor=around.next_cursor)
    assert [record.score for record in behind.records] == [11, 12, 13]
    assert len((await nk.leaderboard_records_haystack(id, owners[9])).records) == 10
    assert (await nk.leaderboard_records_haystack(id, str(uuid.uuid4()))).records == []
    with pytest.raises(ApiError, match=r"^leaderboard cursor invalid$"):
        await nk.leaderboard_records_haystack(id, owners[9], cursor="nonsense")


async def test_past_periods_are_named_by_their_expiry(nk: Nakama, id: str, clock: ShiftedClock) -> None:
    await nk.leaderboard_create(id, reset_schedule="0 0 * * *")
    past = await nk.leaderboard_record_write(id, ONE, score=1)
    clock.offset += timedelta(days=1)
    board = await the(nk, id)
    assert past.expiry_time == datetime.fromtimestamp(board.prev_reset, UTC)
    assert board.next_reset == board.prev_reset + 24 * 60 * 60
    assert (await nk.leaderboard_records_list(id)).records == []
    await nk.leaderboard_record_write(id, TWO, score=2)
    await nk.leaderboard_record_delete(id, ONE)  # of the present period alone
    page = await nk.leaderboard_records_list(id, [ONE, TWO], expiry=board.prev_reset)
    assert [(record.owner_id, record.rank) for record in page.records] == [(ONE, 1)]
    assert [(record.owner_id, record.rank) for record in page.owner_records] == [(ONE, 0)]
    around = await nk.leaderboard_records_haystack(id, ONE, expiry=board.prev_reset)
    assert [record.owner_id for record in around.records] == [ONE]


async def test_ranks_are_switched_off(nk: Nakama, id: str) -> None:
    await nk.leaderboard_create(id)
    assert (await nk.leaderboard_record_write(id, ONE, score=1)).rank == 1
    await nk.leaderboard_ranks_disable(id)
    assert (await nk.leaderboard_record_write(id, ONE, score=2)).rank == 0
    assert (await nk.leaderboard_records_list(id)).rank_count == 0
    with pytest.raises(ApiError):
        await nk.leaderboard_records_list_cursor_from_rank(id, 2)


# --- refusals ---

Call = Callable[[Nakama, str], Any]


@pytest.mark.parametrize(
    "call",
    [
        lambda nk, id: nk.leaderboard_records_list(id),
        lambda nk, id: nk.leaderboard_records_haystack(id, ONE),
        lambda nk, id: nk.leaderboard_records_list_cursor_from_rank(id, 1),
        lambda nk, id: nk.leaderboard_record_write(id, ONE),
        lambda nk, id: nk.leaderboard_record_delete(id, ONE),
        lambda nk, id: nk.leaderboard_ranks_disable(id),
    ],
)
@pytest.mark.parametrize("unknown", ["nothing", "", "x" * 1000])
async def test_an_unknown_leaderboard(nk: Nakama, call: Call, unknown: str) -> None:
    with pytest.raises(ApiError, match=r"^leaderboard not found$") as refusal:
        await call(nk, unknown)
    assert refusal.value.code == Code.NOT_FOUND


async def test_a_tournament_is_no_leaderboard_to_write_to(nk: Nakama, id: str) -> None:
    await nk.tournament_create(id, duration=60)
    for call in (nk.leaderboard_record_write, nk.leaderboard_record_delete):
        with pytest.raises(ApiError, match=r"^leaderboard not found$"):
            await call(id, ONE)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"id": ""}, "expects a leaderboard ID string"),
        ({"id": "x" * 129}, "expects a leaderboard ID string"),
        ({"id": "\0"}, "id holds a character that cannot be stored"),
        ({"id": "\ud800"}, "id holds a character that cannot be stored"),
        ({"id": 5}, "id must be text, not int"),
        ({"sort_order": "up"}, "expects sort order to be 'asc' or 'desc'"),
        ({"sort_order": "DESC"}, "expects sort order to be 'asc' or 'desc'"),
        ({"sort_order": ["asc"]}, "sort_order must be text, not list"),
        ({"operator": "sum"}, "expects operator to be 'best', 'set', 'incr' or 'decr'"),
        ({"operator": 2}, "operator must be text, not int"),
        ({"reset_schedule": "0 0 * *"}, "expects reset schedule to be a valid CRON expression"),
        ({"reset_schedule": "0 0 30 2 *"}, "expects reset schedule to be a valid CRON expression"),
        ({"reset_schedule": "0 0 * * " + "1," * 40 + "1"}, "expects reset schedule to be a valid CRON"),
        ({"reset_schedule": "\0"}, "reset_schedule holds a character that cannot be stored"),
        ({"reset_schedule": None}, "reset_schedule must be text, not NoneType"),
        ({"metadata": [1]}, "metadata must be a dict"),
        ({"metadata": {"x": "\0"}}, "metadata holds a NUL character"),
        ({"metadata": {"x": 2**64}}, "metadata cannot be written as JSON"),
        ({"authoritative": 1}, "authoritative must be True or False, not int"),
        ({"enable_ranks": "no"}, "enable_ranks must be True or False, not str"),
    ],
)
async def test_a_leaderboard_that_makes_no_sense(
    nk: Nakama, id: str, arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=told):
        await nk.leaderboard_create(**{"id": id, **arguments})
    assert await nk.leaderboards_get([id]) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"owner_id": "me"}, "owner id 'me' is not a UUID"),
        ({"score": True}, "score must be a 64-bit integer"),
        ({"score": 1.0}, "score must be a 64-bit integer"),
        ({"score": 2**63}, "score must be a 64-bit integer"),
        ({"score": 10**5000}, "score must be a 64-bit integer"),
        ({"subscore": -(2**63) - 1}, "subscore must be a 64-bit integer"),
        ({"subscore": None}, "subscore must be a 64-bit integer"),
        ({"username": "x" * 129}, "username must have at most 128 characters"),
        ({"username": "\0"}, "username holds a character that cannot be stored"),
        ({"username": None}, "username must be text"),
        ({"metadata": "{}"}, "metadata must be a dict"),
        ({"operator": "plus"}, "expects operator to be 'best', 'set', 'incr' or 'decr'"),
        ({"operator": 1}, "operator must be text"),
    ],
)
@pytest.mark.parametrize("kind", ["leaderboard", "tournament"])
async def test_a_record_that_makes_no_sense(
    nk: Nakama, id: str, kind: str, arguments: dict[str, Any], told: str
) -> None:
    create = nk.leaderboard_create(id) if kind == "leaderboard" else nk.tournament_create(id, duration=60)
    await create
    with pytest.raises((ValueError, TypeError), match=told):
        await getattr(nk, f"{kind}_record_write")(**{"id": id, "owner_id": ONE, **arguments})
    assert (await nk.leaderboard_records_list(id)).records == []


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda nk, id: nk.leaderboards_list(limit=0), "limit must be 1 to 100"),
        (lambda nk, id: nk.leaderboards_list(limit=101), "limit must be 1 to 100"),
        (lambda nk, id: nk.leaderboards_list(cursor=5), "cursor must be text"),
        (lambda nk, id: nk.leaderboards_get([id, 5]), "id must be text"),
        (lambda nk, id: nk.leaderboards_get(["\0"]), "id holds a character"),
        (lambda nk, id: nk.leaderboard_delete("\0"), "id holds a character"),
        (lambda nk, id: nk.leaderboard_records_list(id, ["me"]), "owner id 'me' is not a UUID"),
        (lambda nk, id: nk.leaderboard_records_list(id, limit=-1), "limit must be 0 to 10000"),
        (lambda nk, id: nk.leaderboard_records_list(id, limit=10_001), "limit must be 0 to 10000"),
        (lambda nk, id: nk.leaderboard_records_list(id, limit=True), "limit must be 0 to 10000"),
        (lambda nk, id: nk.leaderboard_records_list(id, expiry=-1), "expiry must be a whole number from 0"),
        (lambda nk, id: nk.leaderboard_records_list(id, expiry=2**63), "expiry must be a whole number"),
        (lambda nk, id: nk.leaderboard_records_list(id, cursor="\0"), "cursor holds a character"),
        (lambda nk, id: nk.leaderboard_records_haystack(id, "me"), "owner id 'me' is not a UUID"),
        (lambda nk, id: nk.leaderboard_records_haystack(id, ONE, limit=0), "limit must be 1 to 100"),
        (lambda nk, id: nk.leaderboard_records_haystack(id, ONE, limit=101), "limit must be 1 to 100"),
        (lambda nk, id: nk.leaderboard_records_list_cursor_from_rank(id, 0), "rank must be a whole number"),
        (lambda nk, id: nk.leaderboard_record_delete(id, "me"), "owner id 'me' is not a UUID"),
    ],
)
async def test_arguments_without_sense_are_refused(nk: Nakama, id: str, call: Call, told: str) -> None:
    await nk.leaderboard_create(id)
    with pytest.raises((ValueError, TypeError), match=told):
        await call(nk, id)


# --- schedules ---


def test_when_a_schedule_is_due(nk: Nakama) -> None:
    friday = datetime(2026, 1, 2, tzinfo=UTC)
    assert nk.cron_next("0 0 * * 1", friday) == datetime(2026, 1, 5, tzinfo=UTC).timestamp()
    assert (
        nk.cron_prev("0 0 * * 1", int(friday.timestamp())) == datetime(2025, 12, 29, tzinfo=UTC).timestamp()
    )
    assert nk.cron_prev("0 0 1 1 * 2030", friday) is None
    assert nk.cron_next("@daily", 2**62) is None


@pytest.mark.parametrize(
    ("expression", "timestamp", "told"),
    [
        ("0 0 * *", 0, "expects a valid CRON expression: "),
        ("0 0 * * *", datetime(2026, 1, 1), "timestamp must have a time zone"),  # noqa: DTZ001
        ("0 0 * * *", 1.5, "timestamp must be a 64-bit integer"),
        ("0 0 * * *", True, "timestamp must be a 64-bit integer"),
        (None, 0, "expression must be text"),
    ],
)
def test_schedules_without_sense(nk: Nakama, expression: Any, timestamp: Any, told: str) -> None:
    for call in (nk.cron_next, nk.cron_prev):
        with pytest.raises((ValueError, TypeError), match=told):
            call(expression, timestamp)
