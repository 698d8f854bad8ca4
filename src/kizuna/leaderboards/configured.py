"""The leaderboards and tournaments that the configuration asks for.

At the start, what is missing is created. What exists stays as it is, since records were written under its
rules: where it differs from its entry, the log warns.
"""

import json
import logging
from collections.abc import Iterator
from typing import Any

from kizuna.errors import ApiError
from kizuna.leaderboards.boards import DEFAULT_ATTEMPTS, Board
from kizuna.leaderboards.definitions import Definitions, NewBoard, check
from kizuna.leaderboards.scoring import Operator
from kizuna.leaderboards.spelling import descending_of, operator_name, sort_order_name
from kizuna.settings import LeaderboardEntry, Settings, TournamentEntry

log = logging.getLogger(__name__)


def problem(entry: LeaderboardEntry) -> str | None:
    """Why the board of an entry can be created at no time, None if it can."""
    try:
        check(new_board(entry), 0)
    except ValueError as error:
        return str(error)
    return None


async def create_configured(definitions: Definitions, settings: Settings) -> None:
    """Create the boards of the settings that do not exist. Several processes may do so at once.

    The log warns of each that exists and differs, and of each that cannot be created (any more).
    """
    entries = [*settings.leaderboards, *settings.tournaments]
    stored = {board.id: board for board in await definitions.find_many([entry.id for entry in entries])}
    for entry in entries:
        board = stored.get(entry.id) or await _created(definitions, entry)
        if board is not None and (differing := [*_differences(entry, board)]):
            log.warning(
                "The %s %r differs from its entry in the configuration and stays as it is: %s.",
                "tournament" if board.is_tournament else "leaderboard",
                board.id,
                ", ".join(differing),
            )


def new_board(entry: LeaderboardEntry) -> NewBoard:
    """The board that an entry describes."""
    values = entry.model_dump(exclude={"sort_order", "operator", "metadata"})
    return NewBoard(
        **values,
        descending=descending_of(entry.sort_order),
        operator=Operator.from_name(entry.operator),
        metadata=json.dumps(entry.metadata),
    )


async def _created(definitions: Definitions, entry: LeaderboardEntry) -> Board | None:
    """The new board, or the one that somebody else was faster to create.

    An end that lay ahead when the entry was written may have passed: no reason not to start.
    """
    try:
        board = await definitions.create(new_board(entry))
        log.info("Created the %s %r.", "tournament" if board.is_tournament else "leaderboard", board.id)
        return board
    except (ValueError, ApiError) as error:
        log.warning("The configuration's entry %r cannot be created: %s.", entry.id, error)
        return None


def _differences(entry: LeaderboardEntry, board: Board) -> Iterator[str]:
    """What of a stored board is not as its entry says, in the entry's words."""
    if board.is_tournament != isinstance(entry, TournamentEntry):
        yield f"it is {'a' if board.is_tournament else 'no'} tournament"
        return
    stored = _stored(board)
    for name, value in _wanted(entry).items():
        if stored[name] != value:
            yield name if name == "metadata" else f"{name} is {stored[name]!r}, not {value!r}"


def _wanted(entry: LeaderboardEntry) -> dict[str, Any]:
    """The values of an entry that can be compared: each in one spelling, and no start that means "now"."""
    new, values = new_board(entry), entry.model_dump(exclude={"id"})
    values["sort_order"] = sort_order_name(new.descending)
    values["operator"] = operator_name(new.operator)
    if isinstance(entry, TournamentEntry):
        values["max_num_score"] = entry.max_num_score or DEFAULT_ATTEMPTS
        if not entry.start_time:
            del values["start_time"]
    return values


def _stored(board: Board) -> dict[str, Any]:
    """A board as an entry would describe it."""
    return {
        "authoritative": board.authoritative,
        "sort_order": sort_order_name(board.descending),
        "operator": operator_name(board.operator),
        "reset_schedule": board.reset_schedule,
        "metadata": json.loads(board.metadata),
        "enable_ranks": board.enable_ranks,
        "duration": board.rules.duration,
        "title": board.title,
        "description": board.description,
        "category": board.category,
        "start_time": board.rules.start_time,
        "end_time": board.rules.end_time,
        "max_size": board.max_size if board.is_limited else 0,
        "max_num_score": board.max_num_score,
        "join_required": board.join_required,
    }
