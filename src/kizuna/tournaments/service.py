"""Tournaments: what players see of them, entering, attempts.

Lists of records are those of leaderboards. The number of players is limited by a row for each period, which
is locked before anybody is admitted.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from kizuna.clock import Clock
from kizuna.db.coalesce import KeyedWrites
from kizuna.db.engine import Database, Record, Transaction
from kizuna.db.statements import Command
from kizuna.errors import ApiError, Code, invalid, not_found
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.changes import Change, inserted, written
from kizuna.leaderboards.definitions import Definitions
from kizuna.leaderboards.rankings import Period
from kizuna.leaderboards.ranks import Executor, Ranks
from kizuna.leaderboards.records import Place, RecordWrite
from kizuna.leaderboards.service import Leaderboards
from kizuna.leaderboards.service import Written as WrittenWithin
from kizuna.leaderboards.writing import (
    Submission,
    Written,
    stored,
    submission,
    submit,
    turns,
    written_or_stored,
)
from kizuna.tournaments import queries
from kizuna.wire.encode import omit_empty, rfc3339_seconds
from kizuna.wire.timestamps import rfc3339_unix

NOT_FOUND = "Tournament not found."
WRITE_FAILED = "Error writing score to tournament."
JOIN_FAILED = "Error while trying to join tournament."

Outcome = Written | None | ApiError


class Made(NamedTuple):
    """Records that were written, which of them were taken back, and what ranks must know of the others."""

    rows: dict[Place, Record]
    excess: set[Place]
    changes: Sequence[Change]


class Tournaments:
    """The use cases."""

    def __init__(
        self,
        database: Database,
        definitions: Definitions,
        leaderboards: Leaderboards,
        ranks: Ranks,
        clock: Clock,
    ) -> None:
        self._database = database
        self._definitions = definitions
        self._leaderboards = leaderboards
        self._ranks = ranks
        self._clock = clock
        self._enter = self._coalesced(queries.JOIN)
        self._attempt = self._coalesced(queries.ATTEMPT)
        self._attempt_joined = self._coalesced(queries.ATTEMPT_JOINED)

    # --- what there is ---

    async def list(
        self,
        category_start: int,
        category_end: int,
        start_time: int | None,
        end_time: int | None,
        limit: int,
        cursor: str,
    ) -> dict[str, Any]:
        """The `TournamentList` message. Parameters are those of `Definitions.tournaments`."""
        boards, cursor = await self._definitions.tournaments(
            category_start, category_end, start_time, end_time, limit, cursor
        )
        return omit_empty({"tournaments": await self._messages(boards), "cursor": cursor})

    async def get(self, ids: Sequence[str]) -> Sequence[dict[str, Any]]:
        """The `Tournament` messages of those that exist, in the order of their ids."""
        boards = await self._definitions.find_many(ids)
        return await self._messages([board for board in boards if board.is_tournament])

    async def as_of(self, board: Board, instant: int) -> dict[str, Any]:
        """The `Tournament` message as it was at an instant that is past."""
        size = 0
        if board.is_limited:
            [row] = await self._database.read(queries.PLAYERS, board.key, board.window(instant).expiry)
            size = row["players"]
        return message(board, instant, size)

    async def _messages(self, boards: Sequence[Board]) -> Sequence[dict[str, Any]]:
        now = self._now()
        limited = [(board.key, board.expiry(now)) for board in boards if board.is_limited]
        sizes: dict[int, int] = {}
        if limited:
            rows = await self._database.read(queries.SIZES, *map(list, zip(*limited, strict=True)))
            sizes = {row["board"]: row["size"] for row in rows}
        return [message(board, now, sizes.get(board.key, 0)) for board in boards]

    # --- taking part ---

    async def join(self, board: Board, owner_id: str, username: str, *, server: bool = False) -> None:
        """Enter the present period, or the coming one; nothing to do where nobody needs to.

        400 after the end of the window, and when the tournament is full.
        """
        if not board.join_required:
            return
        now = self._now()
        if board.window(now).end_active <= now:
            raise invalid("Tournament is not active and cannot accept new joins.")
        write = RecordWrite(owner_id, username, server=server)
        entry = submission(board, board.expiry(now), write, JOIN_FAILED)
        if await self._enter(entry) is None:
            raise invalid(JOIN_FAILED)

    async def write(self, board: Board, write: RecordWrite) -> dict[str, Any]:
        """Make an attempt: the `LeaderboardRecord` message as it then is.

        404 after the tournament's end, 403 on an authoritative one unless the server writes; 400 outside its
        windows, without having joined, with no attempts left, when it is full, and for scores that a record
        cannot hold.
        """
        attempt = self._attempt_of(board, write)
        made = await (self._attempt_joined if board.join_required else self._attempt)(attempt)
        if made is None:
            raise _not_made(board)
        return await self._leaderboards.written_message(board, made)

    async def write_within(
        self, tx: Transaction, writes: Sequence[tuple[Board, RecordWrite]]
    ) -> WrittenWithin:
        """The same for several as part of a transaction, which must learn the outcome: `WrittenWithin`.

        Attempts at one record are made in their order.
        """
        now = self._clock.now()
        attempts = [self._attempt_of(board, write) for board, write in writes]
        rows: dict[int, Record] = {}
        changes: list[Change] = []
        # One kind after the other, as everybody does, for each of whom the records are locked in their order.
        for command in (queries.ATTEMPT, queries.ATTEMPT_JOINED):
            for turn in turns([one for one in attempts if _command(one.board) is command]):
                made = await _make(tx, command, turn, now)
                changes += made.changes
                for one, row in zip(turn, await _admitted(tx, command, turn, made), strict=True):
                    rows[id(one)] = row
        in_order = [rows[id(one)] for one in attempts]
        return await self._leaderboards.written_within(tx, attempts, in_order, changes)

    def _attempt_of(self, board: Board, write: RecordWrite) -> Submission:
        """An attempt that is made now. `ApiError` if it cannot be."""
        now = self._now()
        if board.has_ended(now):
            raise not_found("Tournament not found or has ended.")
        if board.authoritative and not write.server:
            raise ApiError(Code.PERMISSION_DENIED, "Tournament only allows authoritative score submissions.")
        window = board.window(now)
        if not window.start_active <= now < window.end_active:
            raise _precondition("Tournament is not active and cannot accept new scores.")
        return submission(board, window.expiry, write, WRITE_FAILED)

    async def delete(self, board: Board, owner_id: str, *, server: bool = False) -> None:
        """Delete an owner's record of the present period, which frees the place. 403 if authoritative."""
        if board.authoritative and not server:
            raise ApiError(Code.PERMISSION_DENIED, "Tournament only allows authoritative score deletions.")
        await self._leaderboards.remove(board, owner_id)

    async def add_attempt(self, board: Board, owner_id: str, count: int) -> None:
        """Give an owner more attempts in the present period, or fewer; who has no record gets none.

        `ApiError` after the end of the window; the database refuses to leave nobody any attempt.
        """
        now = self._now()
        if board.window(now).end_active <= now:
            raise _precondition("tournament outside of duration")
        await self._database.write(queries.ADD_ATTEMPTS, owner_id, board.key, board.expiry(now), count)

    # --- batches ---

    def _coalesced(self, command: Command) -> KeyedWrites[Submission, Written | None]:
        async def run(submissions: list[Submission]) -> Sequence[Outcome]:
            return await self._run(command, submissions)

        return KeyedWrites(run, keys=lambda one: (one.place,))

    async def _run(self, command: Command, submissions: Sequence[Submission]) -> Sequence[Outcome]:
        """What each one's record then is, None for none, or why it is not admitted."""
        now = self._clock.now()

        refused: set[Place] = set()

        async def write(some: Sequence[Submission]) -> dict[Place, Written]:
            async def work(executor: Executor) -> tuple[Made, Sequence[Change]]:
                made = await _make(executor, command, some, now)
                return made, made.changes

            growing = command is not queries.ATTEMPT_JOINED and any(one.board.is_limited for one in some)
            periods = {one.period for one in some}
            made, ranks = await self._ranks.changing(periods, work, alone=not growing)
            refused.update(made.excess)
            known = iter(ranks)
            return {
                place: Written(row, None if place in made.excess else next(known))
                for place, row in made.rows.items()
            }

        if command is queries.ATTEMPT_JOINED:  # without a record there is nothing to be written
            rows = await write(submissions)
            others = [one.place for one in submissions if one.place not in rows]
            known = await stored(self._database, others) if others else {}
        else:
            rows, known = await written_or_stored(self._database, write, submissions)
        return [_outcome(command, one.place, rows, known, refused) for one in submissions]

    def _now(self) -> int:
        return int(self._clock.unix())


async def _make(executor: Executor, command: Command, some: Sequence[Submission], now: datetime) -> Made:
    """Write submissions with different places, as far as there is room for their players."""
    rows = await submit(executor, command, some, now)
    new = {place for place, row in rows.items() if _is_new(command, row)}
    newcomers = [one for one in some if one.board.is_limited and one.place in new]
    excess = await _admit(executor, newcomers) if newcomers else set()
    kept = {place: row for place, row in rows.items() if place not in excess}
    changes = [inserted(row) if place in new else written(row) for place, row in kept.items()]
    return Made(rows, excess, changes)


async def _admitted(
    tx: Transaction, command: Command, turn: Sequence[Submission], made: Made
) -> Sequence[Record]:
    """The records of attempts as they then are. `ApiError` if one of them has not been let in."""
    missing = [one.place for one in turn if one.place not in made.rows]
    known = await stored(tx, missing) if missing else {}
    rows = {place: Written(row, None) for place, row in made.rows.items()}
    outcomes = [_outcome(command, one.place, rows, known, made.excess) for one in turn]
    return [_row_of(one.board, outcome) for one, outcome in zip(turn, outcomes, strict=True)]


def _row_of(board: Board, outcome: Outcome) -> Record:
    if isinstance(outcome, ApiError):
        raise outcome
    if outcome is None:
        raise _not_made(board)
    return outcome.row


def _command(board: Board) -> Command:
    """The statement for attempts at a tournament."""
    return queries.ATTEMPT_JOINED if board.join_required else queries.ATTEMPT


def _not_made(board: Board) -> ApiError:
    """Why an attempt has no record."""
    if board.join_required:
        return _precondition("Must join tournament before attempting to write value.")
    return not_found(NOT_FOUND)


async def _admit(executor: Executor, newcomers: Sequence[Submission]) -> set[Place]:
    """Count newcomers in, as many as there is room for; the records of the others are taken back."""
    coming = Counter(one.period for one in newcomers)
    periods = sorted(coming)
    held = await executor.write(
        queries.HOLD_SIZES,
        [period.board for period in periods],
        [period.expiry for period in periods],
        [coming[period] for period in periods],
    )
    sizes = {Period(row["board"], row["expiry"]): row["size"] for row in held}
    admitted: Counter[Period] = Counter()
    refused: set[Place] = set()
    for one in newcomers:
        if sizes[one.period] + admitted[one.period] < one.board.max_size:
            admitted[one.period] += 1
        else:
            refused.add(one.place)
    if admitted:
        boards, expiries = zip(*admitted, strict=True)
        await executor.write(queries.ADMIT, list(boards), list(expiries), list(admitted.values()))
    if refused:
        await executor.write(queries.EXCLUDE, *map(list, zip(*refused, strict=True)))
    return refused


def _is_new(command: Command, row: Record) -> bool:
    """Whether a record has just been made."""
    if command is queries.ATTEMPT_JOINED:
        return False
    return command is queries.JOIN or row["num_score"] == 1


def _outcome(
    command: Command,
    place: Place,
    rows: dict[Place, Written],
    known: dict[Place, Written],
    refused: set[Place],
) -> Outcome:
    if place in refused:
        if command is queries.JOIN:
            return invalid("Tournament cannot be joined as it has reached its max size.")
        return _precondition("Tournament has reached max size.")
    if place not in rows and place in known and command is queries.ATTEMPT:
        return _precondition("Reached allowed max number of score attempts.")
    # Who has joined and has no attempts left gets the record as it is, like those whose attempt counts.
    return rows.get(place) or known.get(place)


def message(board: Board, now: int, size: int) -> dict[str, Any]:
    """The `Tournament` message; `size` is the number of players where it is limited, else 0."""
    window, rules = board.window(now), board.rules
    return omit_empty(
        {
            "id": board.id,
            "title": board.title,
            "description": board.description,
            "category": board.category,
            "sort_order": int(board.descending),
            "size": size,
            "max_size": board.max_size,
            "max_num_score": board.max_num_score,
            # One second wider than what is really open.
            "can_enter": window.start_active <= now <= window.end_active and size < board.max_size,
            "end_active": window.end_active,
            "next_reset": window.expiry,
            "metadata": board.metadata,
            "create_time": rfc3339_seconds(board.create_time),
            "start_time": rfc3339_unix(rules.start_time),
            "end_time": rfc3339_unix(rules.end_time) if rules.end_time else "",
            "duration": rules.duration,
            "start_active": window.start_active,
            "prev_reset": board.prev_reset(now),
            "operator": board.operator.wire,
            "authoritative": board.authoritative,
            "join_required": board.join_required,
        }
    )


def _precondition(text: str) -> ApiError:
    return ApiError(Code.FAILED_PRECONDITION, text)
