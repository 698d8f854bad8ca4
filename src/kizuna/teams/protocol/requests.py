"""The request messages, with Hiro's names."""

from kizuna.teams.protocol.fields import (
    Message,
    amounts,
    boolean,
    clamped_int64,
    enum,
    int32,
    int64,
    key,
    keys,
    message_map,
    messages,
    numbers_or_null,
    string,
    struct,
    texts_or_null,
)

#: The team that a function is for; looked at before the message's other limits.
_ID = string("id")

CREATE = Message(
    "TeamCreateRequest",
    string("name"),
    string("desc"),
    boolean("open"),
    string("avatar_url"),
    string("lang_tag"),
    string("setup_metadata"),
    aliases={"icon": "avatar_url"},
)
UPDATE = Message(
    "TeamUpdateRequest",
    _ID,
    string("name"),
    string("desc"),
    boolean("open"),
    string("avatar_url"),
    string("lang_tag"),
    struct("metadata"),
)
LIST = Message("TeamListRequest", string("location"), int32("limit"), string("cursor"))
SEARCH = Message(
    "TeamSearchRequest", string("input"), string("lang_tag"), int64("min_activity"), int32("limit")
)
GET = Message("TeamGetRequest", string("team_id"))
USER_TEAMS = Message("UserTeamsListRequest", keys("user_ids"))
WRITE_CHAT_MESSAGE = Message("TeamWriteChatMessageRequest", _ID, string("content"))

STORE_LIST = Message("TeamStoreListRequest", _ID)
STORE_PURCHASE = Message("TeamStorePurchaseRequest", _ID, key("item_id"))

WALLET_GET = Message("TeamWalletGetRequest", _ID)
WALLET_GRANT = Message("TeamWalletGrantRequest", _ID, amounts("currencies"))

STAT_OPERATORS = {
    "STAT_UPDATE_OPERATOR_UNSPECIFIED": 0,
    "STAT_UPDATE_OPERATOR_SET": 1,
    "STAT_UPDATE_OPERATOR_DELTA": 2,
    "STAT_UPDATE_OPERATOR_MIN": 3,
    "STAT_UPDATE_OPERATOR_MAX": 4,
}
STAT_UPDATE = Message("StatUpdate", key("name"), clamped_int64("value"), enum("operator", STAT_OPERATORS))
STATS_GET = Message("TeamStatListRequest", _ID)
STATS_UPDATE = Message(
    "TeamStatUpdateRequest", _ID, messages("public", STAT_UPDATE), messages("private", STAT_UPDATE)
)

ITEM_PROPERTIES = Message(
    "InventoryUpdateItemProperties",
    texts_or_null("string_properties"),
    numbers_or_null("numeric_properties"),
)
INVENTORY_LIST = Message("TeamInventoryListRequest", _ID, string("item_category"))
INVENTORY_CONSUME = Message(
    "TeamInventoryConsumeRequest", _ID, amounts("items"), amounts("instances"), boolean("overconsume")
)
INVENTORY_GRANT = Message(
    "TeamInventoryGrantRequest", _ID, amounts("items"), message_map("properties", ITEM_PROPERTIES)
)
INVENTORY_UPDATE = Message(
    "TeamInventoryUpdateItemsRequest", _ID, message_map("item_updates", ITEM_PROPERTIES)
)

ACHIEVEMENTS_GET = Message("TeamAchievementsGetRequest", _ID)
ACHIEVEMENTS_UPDATE = Message(
    "TeamAchievementsUpdateRequest", _ID, keys("achievement_ids"), int64("amount"), amounts("achievements")
)
ACHIEVEMENTS_CLAIM = Message(
    "TeamAchievementsClaimRequest", _ID, keys("achievement_ids"), boolean("claim_total_reward")
)

EVENT_OPERATORS = {
    "OPERATOR_NO_OVERRIDE": 0,
    "OPERATOR_BEST": 1,
    "OPERATOR_SET": 2,
    "OPERATOR_INCREMENT": 3,
    "OPERATOR_DECREMENT": 4,
}
EVENT_LIST = Message("TeamEventLeaderboardList", _ID, boolean("with_scores"), keys("categories"))
EVENT_GET = Message("TeamEventLeaderboardGet", _ID, key("event_leaderboard_id"))
EVENT_UPDATE = Message(
    "TeamEventLeaderboardUpdate",
    _ID,
    key("event_leaderboard_id"),
    int64("score"),
    int64("subscore"),
    string("metadata"),
    boolean("conditional_metadata_update"),
)
EVENT_CLAIM = Message("TeamEventLeaderboardClaim", _ID, key("event_leaderboard_id"))
EVENT_ROLL = Message(
    "TeamEventLeaderboardRoll",
    _ID,
    key("event_leaderboard_id"),
    string("metadata"),
    boolean("claim_reward"),
)
EVENT_DEBUG_FILL = Message(
    "TeamEventLeaderboardDebugFillRequest", _ID, key("event_leaderboard_id"), int32("target_count")
)
EVENT_DEBUG_RANDOM_SCORES = Message(
    "TeamEventLeaderboardDebugRandomScoresRequest",
    _ID,
    key("event_leaderboard_id"),
    int64("min"),
    int64("max"),
    enum("operator", EVENT_OPERATORS),
    int64("subscore_min"),
    int64("subscore_max"),
)

MAILBOX_LIST = Message("TeamRewardMailboxListRequest", _ID, int64("limit"), string("cursor"))
MAILBOX_CLAIM = Message("TeamRewardMailboxClaimRequest", _ID, key("entry_id"), boolean("delete"))
MAILBOX_DELETE = Message("TeamRewardMailboxDeleteRequest", _ID, keys("entry_ids"))

GIFT_LIST = Message("TeamGiftListRequest", _ID)
GIFT_CONTRIBUTE = Message("TeamGiftContributeRequest", _ID, key("gift_id"), int64("count"))
GIFT_CLAIM = Message("TeamGiftClaimRequest", _ID, key("gift_id"), int64("end_time_sec"))
