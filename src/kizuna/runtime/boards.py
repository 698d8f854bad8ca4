"""Leaderboards and tournaments as game code sees them.

What names or bounds a period (`prev_reset`, `next_reset`, `start_active`, `end_active`, and `end` and `reset`
of events) is in whole seconds since 1970, 0 for none: these are the numbers that calls take as `expiry`.
Other times are aware UTC datetimes. Operators and sort orders have their short names: "best", "set", "incr",
"decr"; "asc", "desc".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.scoring import Operator
from kizuna.leaderboards.spelling import operator_name, sort_order_name
from kizuna.runtime.values import parsed, time_of


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """A leaderboard. `next_reset` is the present period's expiry, `prev_reset` that of the one before."""

    id: str
    authoritative: bool
    sort_order: str
    operator: str
    metadata: dict[str, Any]
    create_time: datetime
    prev_reset: int
    next_reset: int


@dataclass(frozen=True, slots=True)
class Tournament:
    """A tournament. Scores are taken while `start_active <= now < end_active`; `next_reset` is the expiry of
    the period that this window lies in.

    `size` is the number of players where it is limited, else 0. A `max_size` of 2147483647
    is no limit.
    """

    id: str
    title: str
    description: str
    category: int
    authoritative: bool
    sort_order: str
    operator: str
    metadata: dict[str, Any]
    create_time: datetime
    start_time: datetime
    end_time: datetime | None
    duration: int
    size: int
    max_size: int
    max_num_score: int
    join_required: bool
    can_enter: bool
    start_active: int
    end_active: int
    prev_reset: int
    next_reset: int


@dataclass(frozen=True, slots=True)
class LeaderboardRecord:
    """An owner's record in one period of a leaderboard or tournament.

    `rank` is 0 where no ranks are kept, `expiry_time` None on a board that is never reset.
    """

    leaderboard_id: str
    owner_id: str
    username: str
    score: int
    subscore: int
    num_score: int
    max_num_score: int
    metadata: dict[str, Any]
    create_time: datetime
    update_time: datetime
    expiry_time: datetime | None
    rank: int


@dataclass(frozen=True, slots=True)
class LeaderboardRecords:
    """A page of records, and the records of the owners that were asked for, both in the board's order.

    A cursor is "" where there is no page; `rank_count` is the number of all records, 0 where no ranks are
    kept.
    """

    records: list[LeaderboardRecord]
    owner_records: list[LeaderboardRecord]
    next_cursor: str
    prev_cursor: str
    rank_count: int


@dataclass(frozen=True, slots=True)
class LeaderboardReset:
    """A period of a leaderboard is over; its records are listed with `expiry=event.reset`.

    The leaderboard is as it was a second before. `attempt` counts the calls for this event from 1.
    """

    leaderboard: Leaderboard
    reset: int
    attempt: int

    @property
    def key(self) -> tuple[str, int]:
        """The same for every call for this event, another for every other leaderboard reset."""
        return self.leaderboard.id, self.reset


@dataclass(frozen=True, slots=True)
class TournamentEnd:
    """A tournament takes no more scores until it begins again, if it does.

    `reset` is the expiry of the period, at which it is over; 0 for never. The tournament is as it was a
    second before. `attempt` counts the calls for this event from 1.
    """

    tournament: Tournament
    end: int
    reset: int
    attempt: int

    @property
    def key(self) -> tuple[str, int]:
        """The same for every call for this event, another for every other tournament end."""
        return self.tournament.id, self.end


@dataclass(frozen=True, slots=True)
class TournamentReset:
    """A period of a tournament is over; its records are listed with `expiry=event.reset`.

    `end` is when its window closed. The tournament is as it was a second before. `attempt` counts the calls
    for this event from 1.
    """

    tournament: Tournament
    end: int
    reset: int
    attempt: int

    @property
    def key(self) -> tuple[str, int]:
        """The same for every call for this event, another for every other tournament reset."""
        return self.tournament.id, self.reset


def leaderboard_of(board: Board, now: int) -> Leaderboard:
    """A leaderboard as it is at a time."""
    return Leaderboard(
        id=board.id,
        authoritative=board.authoritative,
        sort_order=sort_order_name(board.descending),
        operator=operator_name(board.operator),
        metadata=parsed(board.metadata),
        create_time=board.create_time.replace(microsecond=0),
        prev_reset=board.prev_reset(now),
        next_reset=board.next_reset(now),
    )


def tournament_of(message: Mapping[str, Any]) -> Tournament:
    """The tournament of a `Tournament` message."""
    return Tournament(
        id=message["id"],
        title=message.get("title", ""),
        description=message.get("description", ""),
        category=message.get("category", 0),
        authoritative=message.get("authoritative", False),
        sort_order=sort_order_name(bool(message.get("sort_order"))),
        operator=operator_name(Operator.from_wire(message["operator"]) or Operator.BEST),
        metadata=parsed(message["metadata"]),
        create_time=time_of(message["create_time"]),
        start_time=time_of(message["start_time"]),
        end_time=time_of(message["end_time"]) if "end_time" in message else None,
        duration=message["duration"],
        size=message.get("size", 0),
        max_size=message["max_size"],
        max_num_score=message["max_num_score"],
        join_required=message.get("join_required", False),
        can_enter=message.get("can_enter", False),
        start_active=message.get("start_active", 0),
        end_active=message.get("end_active", 0),
        prev_reset=message.get("prev_reset", 0),
        next_reset=message.get("next_reset", 0),
    )


def record_of(message: Mapping[str, Any]) -> LeaderboardRecord:
    """The record of a `LeaderboardRecord` message."""
    return LeaderboardRecord(
        leaderboard_id=message["leaderboard_id"],
        owner_id=message["owner_id"],
        username=message.get("username", ""),
        score=int(message.get("score", 0)),
        subscore=int(message.get("subscore", 0)),
        num_score=message.get("num_score", 0),
        max_num_score=message["max_num_score"],
        metadata=parsed(message["metadata"]),
        create_time=time_of(message["create_time"]),
        update_time=time_of(message["update_time"]),
        expiry_time=time_of(message["expiry_time"]) if "expiry_time" in message else None,
        rank=int(message.get("rank", 0)),
    )


def records_of(message: Mapping[str, Any]) -> LeaderboardRecords:
    """The page of a `LeaderboardRecordList` message."""
    return LeaderboardRecords(
        records=[record_of(record) for record in message.get("records", ())],
        owner_records=[record_of(record) for record in message.get("owner_records", ())],
        next_cursor=message.get("next_cursor", ""),
        prev_cursor=message.get("prev_cursor", ""),
        rank_count=int(message.get("rank_count", 0)),
    )
