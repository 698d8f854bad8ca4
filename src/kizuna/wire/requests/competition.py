"""Leaderboards and tournaments."""

from kizuna.wire.messages import (
    Message,
    enum,
    int32_value,
    int64,
    int64_value,
    message,
    string,
    strings,
    uint32_value,
)

OPERATOR = {"NO_OVERRIDE": 0, "BEST": 1, "SET": 2, "INCREMENT": 3, "DECREMENT": 4}

RECORD_WRITE = Message(
    "RecordWrite", int64("score"), int64("subscore"), string("metadata"), enum("operator", OPERATOR)
)

LEADERBOARD = Message("LeaderboardRequest", string("leaderboard_id"))
LIST_LEADERBOARD_RECORDS = Message(
    "ListLeaderboardRecordsRequest",
    string("leaderboard_id"),
    strings("owner_ids"),
    int32_value("limit"),
    string("cursor"),
    int64_value("expiry"),
)
WRITE_LEADERBOARD_RECORD = Message(
    "WriteLeaderboardRecordRequest", string("leaderboard_id"), message("record", RECORD_WRITE)
)
LIST_LEADERBOARD_RECORDS_AROUND_OWNER = Message(
    "ListLeaderboardRecordsAroundOwnerRequest",
    string("leaderboard_id"),
    uint32_value("limit"),
    string("owner_id"),
    int64_value("expiry"),
    string("cursor"),
)

TOURNAMENT = Message("TournamentRequest", string("tournament_id"))
LIST_TOURNAMENTS = Message(
    "ListTournamentsRequest",
    uint32_value("category_start"),
    uint32_value("category_end"),
    uint32_value("start_time"),
    uint32_value("end_time"),
    int32_value("limit"),
    string("cursor"),
)
LIST_TOURNAMENT_RECORDS = Message(
    "ListTournamentRecordsRequest",
    string("tournament_id"),
    strings("owner_ids"),
    int32_value("limit"),
    string("cursor"),
    int64_value("expiry"),
)
WRITE_TOURNAMENT_RECORD = Message(
    "WriteTournamentRecordRequest", string("tournament_id"), message("record", RECORD_WRITE)
)
LIST_TOURNAMENT_RECORDS_AROUND_OWNER = Message(
    "ListTournamentRecordsAroundOwnerRequest",
    string("tournament_id"),
    uint32_value("limit"),
    string("owner_id"),
    int64_value("expiry"),
    string("cursor"),
)
