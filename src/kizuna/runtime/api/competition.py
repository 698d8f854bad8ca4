"""Leaderboards and tournaments.

An operator is 0 for the board's own, 1 for the best score, 2 to set, 3 to increment, 4 to decrement. Where a
request's `expiry` selects a past period of a board, it is the time in seconds since 1970 when that ended.
"""

from dataclasses import dataclass, field
from datetime import datetime

from kizuna.runtime.api.message import EnumNumber, Int32, Int64, Message, UInt32


@dataclass(slots=True)
class RecordWrite(Message):
    """A score to submit. `metadata` is a JSON object's text, "" to keep what is stored."""

    score: Int64 = 0
    subscore: Int64 = 0
    metadata: str = ""
    operator: EnumNumber = 0


@dataclass(slots=True)
class ListLeaderboardRecordsRequest(Message):
    """The request of ListLeaderboardRecords. `limit` is 1 to 100; the records of `owner_ids` come besides."""

    leaderboard_id: str = ""
    owner_ids: list[str] = field(default_factory=list)
    limit: Int32 | None = None
    cursor: str = ""
    expiry: Int64 | None = None


@dataclass(slots=True)
class WriteLeaderboardRecordRequest(Message):
    """The request of WriteLeaderboardRecord."""

    leaderboard_id: str = ""
    record: RecordWrite = field(default_factory=RecordWrite)


@dataclass(slots=True)
class DeleteLeaderboardRecordRequest(Message):
    """The request of DeleteLeaderboardRecord."""

    leaderboard_id: str = ""


@dataclass(slots=True)
class ListLeaderboardRecordsAroundOwnerRequest(Message):
    """The request of ListLeaderboardRecordsAroundOwner. `limit` is 1 to 100."""

    leaderboard_id: str = ""
    limit: UInt32 | None = None
    owner_id: str = ""
    expiry: Int64 | None = None
    cursor: str = ""


@dataclass(slots=True)
class ListTournamentsRequest(Message):
    """The request of ListTournaments. `limit` is 1 to 100.

    Categories are 0 to 127, the last one included; times are in seconds since 1970.
    """

    category_start: UInt32 | None = None
    category_end: UInt32 | None = None
    start_time: UInt32 | None = None
    end_time: UInt32 | None = None
    limit: Int32 | None = None
    cursor: str = ""


@dataclass(slots=True)
class ListTournamentRecordsRequest(Message):
    """The request of ListTournamentRecords. `limit` is 1 to 100; the records of `owner_ids` come besides."""

    tournament_id: str = ""
    owner_ids: list[str] = field(default_factory=list)
    limit: Int32 | None = None
    cursor: str = ""
    expiry: Int64 | None = None


@dataclass(slots=True)
class WriteTournamentRecordRequest(Message):
    """The request of WriteTournamentRecord."""

    tournament_id: str = ""
    record: RecordWrite = field(default_factory=RecordWrite)


@dataclass(slots=True)
class DeleteTournamentRecordRequest(Message):
    """The request of DeleteTournamentRecord."""

    tournament_id: str = ""


@dataclass(slots=True)
class JoinTournamentRequest(Message):
    """The request of JoinTournament."""

    tournament_id: str = ""


@dataclass(slots=True)
class ListTournamentRecordsAroundOwnerRequest(Message):
    """The request of ListTournamentRecordsAroundOwner. `limit` is 1 to 100."""

    tournament_id: str = ""
    limit: UInt32 | None = None
    owner_id: str = ""
    expiry: Int64 | None = None
    cursor: str = ""


@dataclass(slots=True)
class LeaderboardRecord(Message):
    """The response of WriteLeaderboardRecord and WriteTournamentRecord.

    `username` is None for an owner who is no user; a `rank` of 0 is none. `num_score` of `max_num_score`
    submissions were made. `metadata` is a JSON object's text.
    """

    leaderboard_id: str = ""
    owner_id: str = ""
    username: str | None = None
    score: Int64 = 0
    subscore: Int64 = 0
    num_score: Int32 = 0
    metadata: str = ""
    create_time: datetime | None = None
    update_time: datetime | None = None
    expiry_time: datetime | None = None
    rank: Int64 = 0
    max_num_score: UInt32 = 0


@dataclass(slots=True)
class LeaderboardRecordList(Message):
    """The response of ListLeaderboardRecords and ListLeaderboardRecordsAroundOwner.

    The cursors lead to the pages before and behind, "" for none. `rank_count` is the number of ranks.
    """

    records: list[LeaderboardRecord] = field(default_factory=list)
    owner_records: list[LeaderboardRecord] = field(default_factory=list)
    next_cursor: str = ""
    prev_cursor: str = ""
    rank_count: Int64 = 0


@dataclass(slots=True)
class TournamentRecordList(Message):
    """The response of ListTournamentRecords and ListTournamentRecordsAroundOwner.

    The cursors lead to the pages before and behind, "" for none. `rank_count` is the number of ranks.
    """

    records: list[LeaderboardRecord] = field(default_factory=list)
    owner_records: list[LeaderboardRecord] = field(default_factory=list)
    next_cursor: str = ""
    prev_cursor: str = ""
    rank_count: Int64 = 0


@dataclass(slots=True)
class Tournament(Message):
    """A tournament. `metadata` is a JSON object's text.

    `duration` is in seconds, `start_active`, `end_active`, `next_reset` and `prev_reset` are in seconds since
    1970. A `sort_order` of 0 is ascending, 1 descending.
    """

    id: str = ""
    title: str = ""
    description: str = ""
    category: UInt32 = 0
    sort_order: UInt32 = 0
    size: UInt32 = 0
    max_size: UInt32 = 0
    max_num_score: UInt32 = 0
    can_enter: bool = False
    end_active: UInt32 = 0
    next_reset: UInt32 = 0
    metadata: str = ""
    create_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    duration: UInt32 = 0
    start_active: UInt32 = 0
    prev_reset: UInt32 = 0
    operator: EnumNumber = 0
    authoritative: bool = False
    join_required: bool = False


@dataclass(slots=True)
class TournamentList(Message):
    """The response of ListTournaments. `cursor` leads to the next page, "" for none."""

    tournaments: list[Tournament] = field(default_factory=list)
    cursor: str = ""
