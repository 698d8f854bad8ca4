"""Which boards there are: defining, finding, listing and deleting leaderboards and tournaments.

Every process keeps the definitions it has used. A definition never changes under its key, so a copy can only
be of a board that is gone, or whose ranks were switched off: a notice tells the other processes to look
again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kizuna.bus import Bus
from kizuna.clock import Clock
from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Transaction
from kizuna.errors import ApiError, Code, invalid, not_found
from kizuna.leaderboards import queries
from kizuna.leaderboards.boards import DEFAULT_ATTEMPTS, UNLIMITED, Board, board_of
from kizuna.leaderboards.ranks import Ranks
from kizuna.leaderboards.scoring import Operator
from kizuna.scheduler import service as scheduler
from kizuna.scheduler.cron import CronError, Schedule
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.integers import INT32_MAX
from kizuna.wire.microseconds import from_microseconds, to_microseconds

TOPIC = "boards"

#: Widths of columns, in characters.
_LONGEST_ID = 128
_LONGEST_SCHEDULE = 64
_LONGEST_TEXT = 255

_LATEST = 2**53

#: Definitions that are kept; beyond it all are read anew.
_MOST_KNOWN = 50_000


@dataclass(frozen=True, slots=True)
class NewBoard:
    """A board to be defined; with a duration (seconds) it is a tournament.

    `metadata` is a JSON object's text. Times are seconds since 1970: a start of 0 is now, an end of 0 none.
    A `max_size` of 0 is no limit, a `max_num_score` of 0 the usual one.
    """

    id: str
    authoritative: bool = False
    descending: bool = True
    operator: Operator = Operator.BEST
    reset_schedule: str = ""
    metadata: str = "{}"
    enable_ranks: bool = True
    category: int = 0
    title: str = ""
    description: str = ""
    duration: int = 0
    start_time: int = 0
    end_time: int = 0
    join_required: bool = False
    max_size: int = 0
    max_num_score: int = 0

    def values(self, now: datetime) -> tuple[object, ...]:
        """The parameters of the statement that defines it."""
        return (
            self.id,
            self.authoritative,
            int(self.descending),
            int(self.operator),
            self.reset_schedule or None,
            self.metadata,
            self.enable_ranks,
            now,
            self.category,
            self.title,
            self.description,
            self.duration,
            self.start_time or (int(now.timestamp()) if self.duration else 0),
            self.end_time,
            self.join_required,
            self.max_size or UNLIMITED,
            self.max_num_score or DEFAULT_ATTEMPTS,
        )


def check(new: NewBoard, now: int) -> None:
    """ValueError, in the reference's words where it has some, for a board that cannot be."""
    if not new.id or len(new.id) > _LONGEST_ID:
        kind = "tournament" if new.duration else "leaderboard"
        raise ValueError(f"expects a {kind} ID string of 1 to {_LONGEST_ID} characters")
    schedule = _schedule(new.reset_schedule, new.start_time or now)
    if not 0 <= new.category <= 127:
        raise ValueError("category must be 0-127")
    if max(len(new.title), len(new.description)) > _LONGEST_TEXT:
        raise ValueError(f"title and description must have at most {_LONGEST_TEXT} characters")
    for name, value, highest in (
        ("startTime", new.start_time, _LATEST),
        ("endTime", new.end_time, _LATEST),
        ("maxSize", new.max_size, INT32_MAX),
        ("maxNumScore", new.max_num_score, INT32_MAX),
    ):
        if not 0 <= value <= highest:
            raise ValueError(f"{name} must be >= 0" if value < 0 else f"{name} must be <= {highest}")
    if not 0 <= new.duration <= INT32_MAX:
        raise ValueError("duration must be > 0" if new.duration < 0 else f"duration must be <= {INT32_MAX}")
    _check_end(new, schedule, now)


def _schedule(text: str, start: int) -> Schedule | None:
    if not text:
        return None
    refusal = "expects reset schedule to be a valid CRON expression"
    if len(text) > _LONGEST_SCHEDULE:
        raise ValueError(f"{refusal}: it is over {_LONGEST_SCHEDULE} characters")
    try:
        schedule = Schedule.parse(text)
    except CronError as error:
        raise ValueError(f"{refusal}: {error}") from None
    if schedule.next(start) is None:
        raise ValueError(f"{refusal}: it is never due")
    return schedule


def _check_end(new: NewBoard, schedule: Schedule | None, now: int) -> None:
    if not new.end_time:
        return
    if new.end_time < new.start_time:
        raise ValueError("endTime must be >= startTime")
    first = schedule.next(new.start_time or now) if schedule else None
    if first is not None and new.end_time <= first:
        raise ValueError(
            "tournament end time cannot be before first reset schedule - either increase end time or "
            "change/disable reset schedule"
        )


def tournament_of(cursor: str) -> str:
    """The id of the tournament that a cursor of their list points behind. 400 for what is no such cursor."""
    decoded = decode_cursor("tournaments", cursor, str)
    if decoded is None:
        raise invalid("leaderboard cursor invalid")  # the reference answers 500 with code 2
    id: str = decoded[0]
    return id


class Definitions:
    """All boards."""

    def __init__(self, database: Database, bus: Bus, ranks: Ranks, clock: Clock) -> None:
        self._database = database
        self._bus = bus
        self._ranks = ranks
        self._clock = clock
        self._known: dict[str, Board] = {}
        # Moves with every notice, so that what was read before one is not kept after it.
        self._generation = 0
        self._read: SharedReads[str, Board | None] = SharedReads(self._boards)

    def start(self) -> None:
        """Listen to what other processes do."""
        self._bus.subscribe(TOPIC, self._on_notice, on_reconnect=self._forget_all)

    async def find(self, id: str) -> Board | None:
        """The leaderboard or tournament with this id."""
        board = self._known.get(id) if self._bus.connected else None
        return board or (await self._read(id) if "\0" not in id else None)

    async def find_many(self, ids: Sequence[str]) -> list[Board]:
        """Those that exist, in the order of the ids, read from the database."""
        found = {row["id"]: row for row in await self._database.read(queries.BY_ID, list(dict.fromkeys(ids)))}
        return [board_of(found[id]) for id in dict.fromkeys(ids) if id in found]

    async def by_keys(self, keys: Sequence[int]) -> dict[int, Board]:
        """Boards by their keys, those that are gone left out."""
        rows = await self._database.read(queries.BY_KEY, list(keys))
        return {row["key"]: board_of(row) for row in rows}

    async def create(self, new: NewBoard) -> Board:
        """Define a board; one that exists already stays as it is, whatever is asked.

        ValueError for what makes no sense; `ApiError` for a tournament whose id a leaderboard has.
        """
        now = self._clock.now()
        check(new, int(now.timestamp()))

        async def work(tx: Transaction) -> Board | None:
            rows = await tx.write(queries.CREATE_BOARD, *new.values(now))
            if not rows:
                return None
            board = board_of(rows[0])
            await scheduler.plan(tx, board, int(now.timestamp()))
            await self._bus.announce(tx, TOPIC, board.id)
            return board

        board = await self._database.atomically(work) or await self._read(new.id)
        if board is None:  # deleted by somebody between the two
            return await self.create(new)
        if new.duration and not board.is_tournament:
            raise ApiError(Code.INTERNAL, "cannot create tournament as leaderboard is already in use")
        return board

    async def delete(self, id: str, *, tournaments_only: bool = False) -> int | None:
        """Delete a board with its records; the key it had. One that does not exist is fine."""

        async def work(tx: Transaction) -> int | None:
            rows = await tx.write(queries.DELETE_BOARD, id, tournaments_only)
            for row in rows:
                await scheduler.unplan(tx, row["key"])
                await self._bus.announce(tx, TOPIC, id)
            return rows[0]["key"] if rows else None

        try:
            return await self._database.atomically(work)
        finally:
            self._forget(id)

    async def disable_ranks(self, id: str) -> None:
        """Keep no ranks for a board any more. 404 for none."""

        async def work(tx: Transaction) -> bool:
            rows = await tx.write(queries.DISABLE_RANKS, id)
            await self._bus.announce(tx, TOPIC, id)
            return bool(rows)

        try:
            if not await self._database.atomically(work):
                raise not_found("leaderboard not found")
        finally:
            self._forget(id)

    async def leaderboards(self, limit: int, cursor: str) -> tuple[list[Board], str]:
        """A page of plain leaderboards, oldest first, and the cursor to the next, "" where there is none."""
        decoded = decode_cursor("leaderboards", cursor, int, str) if cursor else (0, "")
        after = from_microseconds(decoded[0]) if decoded else None
        if decoded is None or after is None:
            raise invalid("leaderboard cursor invalid")
        rows = await self._database.read(queries.LIST_LEADERBOARDS, after, decoded[1], limit + 1)
        boards = [board_of(row) for row in rows[:limit]]
        if len(rows) <= limit or not boards:
            return boards, ""
        return boards, encode_cursor("leaderboards", (to_microseconds(boards[-1].create_time), boards[-1].id))

    async def tournaments(
        self,
        category_start: int,
        category_end: int,
        start_time: int | None,
        end_time: int | None,
        limit: int,
        cursor: str,
    ) -> tuple[list[Board], str]:
        """A page of tournaments and the cursor to the next, "" where there is none.

        `start_time` None is any; `end_time` None means not ended yet, 0 without end. 400 for a bad cursor.
        """
        after: tuple[int, int, int, str] = (-1, 0, 0, "")
        if cursor:
            found = await self.find_many([tournament_of(cursor)])
            if not found or not found[0].is_tournament:
                return [], ""
            last = found[0]
            after = (last.rules.start_time, -last.rules.end_time, last.category, last.id)
        rows = await self._database.read(
            queries.LIST_TOURNAMENTS,
            category_start,
            category_end,
            start_time,
            end_time,
            int(self._clock.unix()),
            *after,
            limit + 1,
        )
        boards = [board_of(row) for row in rows[:limit]]
        more = len(rows) > limit and bool(boards)
        return boards, encode_cursor("tournaments", (boards[-1].id,)) if more else ""

    async def _boards(self, ids: list[str]) -> list[Board | None]:
        generation = self._generation
        boards = {board.id: board for board in await self.find_many(ids)}
        if generation == self._generation and self._bus.connected:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known |= boards
        return [boards.get(id) for id in ids]

    async def _on_notice(self, id: str) -> None:
        self._forget(id)

    async def _forget_all(self) -> None:
        self._generation += 1
        self._known.clear()

    def _forget(self, id: str) -> None:
        self._generation += 1
        board = self._known.pop(id, None)
        if board is not None:
            self._ranks.forget(board.key)
