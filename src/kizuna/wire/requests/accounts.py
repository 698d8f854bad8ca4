"""Sign-in, sessions, linking, the caller's account, users."""

from kizuna.wire.messages import (
    Message,
    bool_value,
    int64,
    message,
    string,
    string_map,
    string_value,
    strings,
)

ACCOUNT_APPLE = Message("AccountApple", string("token"), string_map("vars"))
ACCOUNT_CUSTOM = Message("AccountCustom", string("id"), string_map("vars"))
ACCOUNT_DEVICE = Message("AccountDevice", string("id"), string_map("vars"))
ACCOUNT_EMAIL = Message("AccountEmail", string("email"), string("password"), string_map("vars"))
ACCOUNT_FACEBOOK = Message("AccountFacebook", string("token"), string_map("vars"))
ACCOUNT_FACEBOOK_INSTANT_GAME = Message(
    "AccountFacebookInstantGame", string("signed_player_info"), string_map("vars")
)
ACCOUNT_GAME_CENTER = Message(
    "AccountGameCenter",
    string("player_id"),
    string("bundle_id"),
    int64("timestamp_seconds"),
    string("salt"),
    string("signature"),
    string("public_key_url"),
    string_map("vars"),
)
ACCOUNT_GOOGLE = Message("AccountGoogle", string("token"), string_map("vars"))
ACCOUNT_STEAM = Message("AccountSteam", string("token"), string_map("vars"))


def authenticate(account: Message) -> Message:
    """What authenticating with this kind of account takes."""
    return Message(
        f"Authenticate{account.name.removeprefix('Account')}Request",
        message("account", account),
        bool_value("create"),
        string("username"),
    )


def authenticate_importing(account: Message) -> Message:
    """The same for a provider whose friends can be imported."""
    plain = authenticate(account)
    return Message(plain.name, *plain.fields, bool_value("sync"))


LINK_FACEBOOK = Message("LinkFacebookRequest", message("account", ACCOUNT_FACEBOOK), bool_value("sync"))
LINK_STEAM = Message("LinkSteamRequest", message("account", ACCOUNT_STEAM), bool_value("sync"))

SESSION_REFRESH = Message("SessionRefreshRequest", string("token"), string_map("vars"))
SESSION_LOGOUT = Message("SessionLogoutRequest", string("token"), string("refresh_token"))

UPDATE_ACCOUNT = Message(
    "UpdateAccountRequest",
    string_value("username"),
    string_value("display_name"),
    string_value("avatar_url"),
    string_value("lang_tag"),
    string_value("location"),
    string_value("timezone"),
)

GET_USERS = Message("GetUsersRequest", strings("ids"), strings("usernames"), strings("facebook_ids"))
