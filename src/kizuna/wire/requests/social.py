"""Friends and groups."""

from kizuna.wire.messages import (
    Message,
    bool_value,
    boolean,
    int32,
    int32_value,
    message,
    string,
    string_value,
    strings,
)
from kizuna.wire.requests.accounts import ACCOUNT_FACEBOOK, ACCOUNT_STEAM

LIST_FRIENDS = Message("ListFriendsRequest", int32_value("limit"), int32_value("state"), string("cursor"))
ADD_FRIENDS = Message("AddFriendsRequest", strings("ids"), strings("usernames"), string("metadata"))
DELETE_FRIENDS = Message("DeleteFriendsRequest", strings("ids"), strings("usernames"))
BLOCK_FRIENDS = Message("BlockFriendsRequest", strings("ids"), strings("usernames"))
LIST_FRIENDS_OF_FRIENDS = Message("ListFriendsOfFriendsRequest", int32_value("limit"), string("cursor"))
IMPORT_FACEBOOK_FRIENDS = Message(
    "ImportFacebookFriendsRequest", message("account", ACCOUNT_FACEBOOK), bool_value("reset")
)
IMPORT_STEAM_FRIENDS = Message(
    "ImportSteamFriendsRequest", message("account", ACCOUNT_STEAM), bool_value("reset")
)

LIST_GROUPS = Message(
    "ListGroupsRequest",
    string("name"),
    string("cursor"),
    int32_value("limit"),
    string("lang_tag"),
    int32_value("members"),
    bool_value("open"),
)
CREATE_GROUP = Message(
    "CreateGroupRequest",
    string("name"),
    string("description"),
    string("lang_tag"),
    string("avatar_url"),
    boolean("open"),
    int32("max_count"),
)
UPDATE_GROUP = Message(
    "UpdateGroupRequest",
    string("group_id"),
    string_value("name"),
    string_value("description"),
    string_value("lang_tag"),
    string_value("avatar_url"),
    bool_value("open"),
)
GROUP = Message("GroupRequest", string("group_id"))
"""Delete, join and leave name a group and nothing else."""
GROUP_USERS = Message("GroupUsersRequest", string("group_id"), strings("user_ids"))
"""Add, kick, ban, promote and demote name some users besides."""
LIST_GROUP_USERS = Message(
    "ListGroupUsersRequest", string("group_id"), int32_value("limit"), int32_value("state"), string("cursor")
)
LIST_USER_GROUPS = Message(
    "ListUserGroupsRequest", string("user_id"), int32_value("limit"), int32_value("state"), string("cursor")
)
