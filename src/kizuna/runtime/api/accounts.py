"""Sign-in, sessions, linking, the caller's account, users."""

from dataclasses import dataclass, field
from datetime import datetime

from kizuna.runtime.api.message import Int32, Int64, Message


@dataclass(slots=True)
class AccountApple(Message):
    """Sign in with Apple: an identity token. The request of LinkApple and UnlinkApple.

    Here and in the other kinds of accounts `vars` go into the session token when authenticating.
    """

    token: str = ""
    vars: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class AccountCustom(Message):
    """An id that the game has chosen. The request of LinkCustom and UnlinkCustom."""

    id: str = ""
    vars: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class AccountDevice(Message):
    """A device's id. The request of LinkDevice and UnlinkDevice, and a part of `Account`."""

    id: str = ""
    vars: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class AccountEmail(Message):
    """An e-mail address and a password. The request of LinkEmail and UnlinkEmail, which wants no password."""

    email: str = ""
    password: str = ""
    vars: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class AccountFacebook(Message):
    """Facebook: an access token. The request of UnlinkFacebook."""

    token: str = ""
    vars: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class AccountFacebookInstantGame(Message):
    """A Facebook Instant Game's player, signed. The request of LinkFacebookInstantGame and
    UnlinkFacebookInstantGame."""

    signed_player_info: str = ""
    vars: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class AccountGameCenter(Message):
    """Apple's Game Center: what it signed, and the signature. The request of LinkGameCenter and
    UnlinkGameCenter.

    `timestamp_seconds` is the time of signing in seconds since 1970; `salt` and `signature` are Base64.
    """

    player_id: str = ""
    bundle_id: str = ""
    timestamp_seconds: Int64 = 0
    salt: str = ""
    signature: str = ""
    public_key_url: str = ""
    vars: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class AccountGoogle(Message):
    """Google: an identity token. The request of LinkGoogle and UnlinkGoogle."""

    token: str = ""
    vars: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class AccountSteam(Message):
    """Steam: a session ticket. The request of UnlinkSteam."""

    token: str = ""
    vars: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class AuthenticateAppleRequest(Message):
    """The request of AuthenticateApple.

    Here and in the other requests like it `create` tells whether an account may be created (absent: yes), and
    `username` what a new one is to be called ("" for a made-up name).
    """

    account: AccountApple = field(default_factory=AccountApple)
    create: bool | None = None
    username: str = ""


@dataclass(slots=True)
class AuthenticateCustomRequest(Message):
    """The request of AuthenticateCustom."""

    account: AccountCustom = field(default_factory=AccountCustom)
    create: bool | None = None
    username: str = ""


@dataclass(slots=True)
class AuthenticateDeviceRequest(Message):
    """The request of AuthenticateDevice."""

    account: AccountDevice = field(default_factory=AccountDevice)
    create: bool | None = None
    username: str = ""


@dataclass(slots=True)
class AuthenticateEmailRequest(Message):
    """The request of AuthenticateEmail. Without an e-mail address the `username` signs in."""

    account: AccountEmail = field(default_factory=AccountEmail)
    create: bool | None = None
    username: str = ""


@dataclass(slots=True)
class AuthenticateFacebookRequest(Message):
    """The request of AuthenticateFacebook. `sync` tells whether to import the player's friends."""

    account: AccountFacebook = field(default_factory=AccountFacebook)
    create: bool | None = None
    username: str = ""
    sync: bool | None = None


@dataclass(slots=True)
class AuthenticateFacebookInstantGameRequest(Message):
    """The request of AuthenticateFacebookInstantGame."""

    account: AccountFacebookInstantGame = field(default_factory=AccountFacebookInstantGame)
    create: bool | None = None
    username: str = ""


@dataclass(slots=True)
class AuthenticateGameCenterRequest(Message):
    """The request of AuthenticateGameCenter."""

    account: AccountGameCenter = field(default_factory=AccountGameCenter)
    create: bool | None = None
    username: str = ""


@dataclass(slots=True)
class AuthenticateGoogleRequest(Message):
    """The request of AuthenticateGoogle."""

    account: AccountGoogle = field(default_factory=AccountGoogle)
    create: bool | None = None
    username: str = ""


@dataclass(slots=True)
class AuthenticateSteamRequest(Message):
    """The request of AuthenticateSteam. `sync` tells whether to import the player's friends."""

    account: AccountSteam = field(default_factory=AccountSteam)
    create: bool | None = None
    username: str = ""
    sync: bool | None = None


@dataclass(slots=True)
class LinkFacebookRequest(Message):
    """The request of LinkFacebook. `sync` tells whether to import the player's friends."""

    account: AccountFacebook = field(default_factory=AccountFacebook)
    sync: bool | None = None


@dataclass(slots=True)
class LinkSteamRequest(Message):
    """The request of LinkSteam. `sync` tells whether to import the player's friends."""

    account: AccountSteam | None = None
    sync: bool | None = None


@dataclass(slots=True)
class SessionRefreshRequest(Message):
    """The request of SessionRefresh: a refresh token, and vars in place of those of the session."""

    token: str = ""
    vars: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class SessionLogoutRequest(Message):
    """The request of SessionLogout: the tokens that are to be worth nothing any more, "" for none."""

    token: str = ""
    refresh_token: str = ""


@dataclass(slots=True)
class UpdateAccountRequest(Message):
    """The request of UpdateAccount: new values, None for what stays as it is."""

    username: str | None = None
    display_name: str | None = None
    avatar_url: str | None = None
    lang_tag: str | None = None
    location: str | None = None
    timezone: str | None = None


@dataclass(slots=True)
class GetUsersRequest(Message):
    """The request of GetUsers: users by any of their names."""

    ids: list[str] = field(default_factory=list)
    usernames: list[str] = field(default_factory=list)
    facebook_ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Session(Message):
    """The response of all Authenticate operations and of SessionRefresh.

    `created` tells that the account is new.
    """

    created: bool = False
    token: str = ""
    refresh_token: str = ""


@dataclass(slots=True)
class User(Message):
    """A user's public profile. `metadata` is a JSON object's text; `edge_count` the number of friends."""

    id: str = ""
    username: str = ""
    display_name: str = ""
    avatar_url: str = ""
    lang_tag: str = ""
    location: str = ""
    timezone: str = ""
    metadata: str = ""
    facebook_id: str = ""
    google_id: str = ""
    gamecenter_id: str = ""
    steam_id: str = ""
    online: bool = False
    edge_count: Int32 = 0
    create_time: datetime | None = None
    update_time: datetime | None = None
    facebook_instant_game_id: str = ""
    apple_id: str = ""


@dataclass(slots=True)
class Account(Message):
    """The response of GetAccount. `wallet` is the text of a JSON object of whole numbers.

    `verify_time` is None for an e-mail address that was not verified.
    """

    user: User | None = None
    wallet: str = ""
    email: str = ""
    devices: list[AccountDevice] = field(default_factory=list)
    custom_id: str = ""
    verify_time: datetime | None = None
    disable_time: datetime | None = None


@dataclass(slots=True)
class Users(Message):
    """The response of GetUsers."""

    users: list[User] = field(default_factory=list)
