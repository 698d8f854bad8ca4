"""The table of all operations: what clients may ask, where, how they prove who they are, and what they send.

Names, verbs and paths are the reference's. Which body an operation takes decides where the fields of its
request come from:

    WHOLE   the body is the request; the query is not looked at
    FIELD   the body is one field of the request (`account`, `record`); the others come from the query
    NONE    the body is not looked at; all fields come from the query
    RAW     the body is a field of its own, in bytes: whoever handles the operation decodes it

A path parameter is a field too, and its value wins. Where no field is left for the query, it is not parsed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from kizuna.wire.decode import decode_body
from kizuna.wire.messages import Message
from kizuna.wire.query import decode_query
from kizuna.wire.requests import accounts, competition, live, purchases, social, storage


class Auth(Enum):
    """Who may ask."""

    NONE = "anybody"
    SERVER_KEY = "the game, by the server key"
    SESSION = "a player, by a session token"
    RPC = "a player, or a server by the HTTP key"


class BodyKind(Enum):
    """What a request's body is to the operation's request message."""

    NONE = "ignored"
    WHOLE = "the message"
    FIELD = "one field of the message"
    RAW = "left to the operation"


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation. `path` names its parameters in braces, in snake_case: `/v2/group/{group_id}/join`.

    `body` is the message that the body holds and `query` the message of the fields that query parameters may
    set; None where that part of the request is not looked at. A path parameter's value stands in `path_form`.
    Where the operation `repeats_error`, error bodies have the message as `error` too.
    """

    name: str
    method: str
    path: str
    auth: Auth
    path_params: tuple[str, ...]
    body_kind: BodyKind
    body_field: str
    body: Message | None
    query: Message | None
    path_form: str = "{}"
    repeats_error: bool = False

    @property
    def reads_body(self) -> bool:
        """Whether the request's body matters at all."""
        return self.body_kind is not BodyKind.NONE

    @property
    def ignores_query(self) -> bool:
        """Whether query parameters go unparsed, wrong ones included."""
        return self.query is None


def decode_request(
    operation: Operation, path_values: Sequence[str], query: bytes, body: bytes
) -> dict[str, Any]:
    """The request message of any operation but an RPC: the fields that are present, by snake_case names.

    `path_values` are those of the operation's `path_params`, in order. The field that a body of kind FIELD
    holds is always there, as a dict. Raises `ApiError` (invalid argument); the body's faults come first.
    """
    if operation.body_kind is BodyKind.RAW:
        return {operation.body_field: body, **dict(zip(operation.path_params, path_values, strict=True))}
    fields = {} if operation.body is None else decode_body(operation.body, body)
    if operation.body_kind is BodyKind.FIELD:
        fields = {operation.body_field: fields}
    if query and operation.query is not None:
        fields.update(decode_query(operation.query, query))
    if path_values:
        form = operation.path_form
        values = path_values if form == "{}" else [form.format(value) for value in path_values]
        fields.update(zip(operation.path_params, values, strict=True))
    return fields


_NOTHING = Message("Empty")
_WHOLE = "*"


def _operation(
    name: str, verb_and_path: str, request: Message = _NOTHING, *, body: str = "", auth: Auth = Auth.SESSION
) -> Operation:
    """`body` is the name of the field that the body holds, or `*` for the whole request."""
    method, path = verb_and_path.split(" ")
    parameters = tuple(segment[1:-1] for segment in path.split("/") if segment.startswith("{"))
    if body == _WHOLE:
        return Operation(name, method, path, auth, parameters, BodyKind.WHOLE, "", request, None)
    rest = request.without(body, *parameters)
    query = rest if rest.fields else None
    if not body:
        return Operation(name, method, path, auth, parameters, BodyKind.NONE, "", None, query)
    held = request.lookup[body].message
    return Operation(name, method, path, auth, parameters, BodyKind.FIELD, body, held, query)


def _authenticate(provider: str, request: Message) -> Operation:
    path = f"POST /v2/account/authenticate/{provider.lower()}"
    return _operation(f"Authenticate{provider}", path, request, body="account", auth=Auth.SERVER_KEY)


def _link(provider: str, request: Message, body: str = _WHOLE) -> Operation:
    path = f"POST /v2/account/link/{provider.lower()}"
    return _operation(f"Link{provider}", path, request, body=body)


def _unlink(provider: str, request: Message) -> Operation:
    path = f"POST /v2/account/unlink/{provider.lower()}"
    return _operation(f"Unlink{provider}", path, request, body=_WHOLE)


def _validate(product: str, store: str, request: Message) -> Operation:
    path = f"POST /v2/iap/{product.lower()}/{store.lower()}"
    return _operation(f"Validate{product}{store}", path, request, body=_WHOLE)


def _rpc(name: str, method: str, body_kind: BodyKind) -> Operation:
    return Operation(name, method, "/v2/rpc/{id}", Auth.RPC, ("id",), body_kind, "", None, None)


_ACCOUNTS = (
    _operation("GetAccount", "GET /v2/account"),
    _operation("UpdateAccount", "PUT /v2/account", accounts.UPDATE_ACCOUNT, body=_WHOLE),
    _operation("DeleteAccount", "DELETE /v2/account"),
    _authenticate("Apple", accounts.authenticate(accounts.ACCOUNT_APPLE)),
    _authenticate("Custom", accounts.authenticate(accounts.ACCOUNT_CUSTOM)),
    _authenticate("Device", accounts.authenticate(accounts.ACCOUNT_DEVICE)),
    _authenticate("Email", accounts.authenticate(accounts.ACCOUNT_EMAIL)),
    _authenticate("Facebook", accounts.authenticate_importing(accounts.ACCOUNT_FACEBOOK)),
    _authenticate("FacebookInstantGame", accounts.authenticate(accounts.ACCOUNT_FACEBOOK_INSTANT_GAME)),
    _authenticate("GameCenter", accounts.authenticate(accounts.ACCOUNT_GAME_CENTER)),
    _authenticate("Google", accounts.authenticate(accounts.ACCOUNT_GOOGLE)),
    _authenticate("Steam", accounts.authenticate_importing(accounts.ACCOUNT_STEAM)),
    _link("Apple", accounts.ACCOUNT_APPLE),
    _link("Custom", accounts.ACCOUNT_CUSTOM),
    _link("Device", accounts.ACCOUNT_DEVICE),
    _link("Email", accounts.ACCOUNT_EMAIL),
    _link("Facebook", accounts.LINK_FACEBOOK, body="account"),
    _link("FacebookInstantGame", accounts.ACCOUNT_FACEBOOK_INSTANT_GAME),
    _link("GameCenter", accounts.ACCOUNT_GAME_CENTER),
    _link("Google", accounts.ACCOUNT_GOOGLE),
    _link("Steam", accounts.LINK_STEAM),
    _unlink("Apple", accounts.ACCOUNT_APPLE),
    _unlink("Custom", accounts.ACCOUNT_CUSTOM),
    _unlink("Device", accounts.ACCOUNT_DEVICE),
    _unlink("Email", accounts.ACCOUNT_EMAIL),
    _unlink("Facebook", accounts.ACCOUNT_FACEBOOK),
    _unlink("FacebookInstantGame", accounts.ACCOUNT_FACEBOOK_INSTANT_GAME),
    _unlink("GameCenter", accounts.ACCOUNT_GAME_CENTER),
    _unlink("Google", accounts.ACCOUNT_GOOGLE),
    _unlink("Steam", accounts.ACCOUNT_STEAM),
    _operation(
        "SessionRefresh",
        "POST /v2/account/session/refresh",
        accounts.SESSION_REFRESH,
        body=_WHOLE,
        auth=Auth.SERVER_KEY,
    ),
    _operation("SessionLogout", "POST /v2/session/logout", accounts.SESSION_LOGOUT, body=_WHOLE),
    _operation("GetUsers", "GET /v2/user", accounts.GET_USERS),
)

_FRIENDS = (
    _operation("ListFriends", "GET /v2/friend", social.LIST_FRIENDS),
    _operation("AddFriends", "POST /v2/friend", social.ADD_FRIENDS),
    _operation("DeleteFriends", "DELETE /v2/friend", social.DELETE_FRIENDS),
    _operation("BlockFriends", "POST /v2/friend/block", social.BLOCK_FRIENDS),
    _operation("ListFriendsOfFriends", "GET /v2/friend/friends", social.LIST_FRIENDS_OF_FRIENDS),
    _operation(
        "ImportFacebookFriends", "POST /v2/friend/facebook", social.IMPORT_FACEBOOK_FRIENDS, body="account"
    ),
    _operation("ImportSteamFriends", "POST /v2/friend/steam", social.IMPORT_STEAM_FRIENDS, body="account"),
)

_GROUPS = (
    _operation("ListGroups", "GET /v2/group", social.LIST_GROUPS),
    _operation("CreateGroup", "POST /v2/group", social.CREATE_GROUP, body=_WHOLE),
    _operation("UpdateGroup", "PUT /v2/group/{group_id}", social.UPDATE_GROUP, body=_WHOLE),
    _operation("DeleteGroup", "DELETE /v2/group/{group_id}", social.GROUP),
    _operation("JoinGroup", "POST /v2/group/{group_id}/join", social.GROUP),
    _operation("LeaveGroup", "POST /v2/group/{group_id}/leave", social.GROUP),
    _operation("AddGroupUsers", "POST /v2/group/{group_id}/add", social.GROUP_USERS),
    _operation("KickGroupUsers", "POST /v2/group/{group_id}/kick", social.GROUP_USERS),
    _operation("BanGroupUsers", "POST /v2/group/{group_id}/ban", social.GROUP_USERS),
    _operation("PromoteGroupUsers", "POST /v2/group/{group_id}/promote", social.GROUP_USERS),
    _operation("DemoteGroupUsers", "POST /v2/group/{group_id}/demote", social.GROUP_USERS),
    _operation("ListGroupUsers", "GET /v2/group/{group_id}/user", social.LIST_GROUP_USERS),
    _operation("ListUserGroups", "GET /v2/user/{user_id}/group", social.LIST_USER_GROUPS),
)

_STORAGE = (
    _operation("ReadStorageObjects", "POST /v2/storage", storage.READ_STORAGE_OBJECTS, body=_WHOLE),
    _operation("WriteStorageObjects", "PUT /v2/storage", storage.WRITE_STORAGE_OBJECTS, body=_WHOLE),
    _operation("DeleteStorageObjects", "PUT /v2/storage/delete", storage.DELETE_STORAGE_OBJECTS, body=_WHOLE),
    _operation("ListStorageObjects", "GET /v2/storage/{collection}", storage.LIST_STORAGE_OBJECTS),
    _operation("ListStorageObjects2", "GET /v2/storage/{collection}/{user_id}", storage.LIST_STORAGE_OBJECTS),
)

_LEADERBOARDS = (
    _operation(
        "ListLeaderboardRecords",
        "GET /v2/leaderboard/{leaderboard_id}",
        competition.LIST_LEADERBOARD_RECORDS,
    ),
    _operation(
        "WriteLeaderboardRecord",
        "POST /v2/leaderboard/{leaderboard_id}",
        competition.WRITE_LEADERBOARD_RECORD,
        body="record",
    ),
    _operation("DeleteLeaderboardRecord", "DELETE /v2/leaderboard/{leaderboard_id}", competition.LEADERBOARD),
    _operation(
        "ListLeaderboardRecordsAroundOwner",
        "GET /v2/leaderboard/{leaderboard_id}/owner/{owner_id}",
        competition.LIST_LEADERBOARD_RECORDS_AROUND_OWNER,
    ),
)

_TOURNAMENTS = (
    _operation("ListTournaments", "GET /v2/tournament", competition.LIST_TOURNAMENTS),
    _operation(
        "ListTournamentRecords", "GET /v2/tournament/{tournament_id}", competition.LIST_TOURNAMENT_RECORDS
    ),
    _operation(
        "WriteTournamentRecord",
        "PUT /v2/tournament/{tournament_id}",
        competition.WRITE_TOURNAMENT_RECORD,
        body="record",
    ),
    _operation(
        "WriteTournamentRecord2",
        "POST /v2/tournament/{tournament_id}",
        competition.WRITE_TOURNAMENT_RECORD,
        body="record",
    ),
    _operation("DeleteTournamentRecord", "DELETE /v2/tournament/{tournament_id}", competition.TOURNAMENT),
    _operation("JoinTournament", "POST /v2/tournament/{tournament_id}/join", competition.TOURNAMENT),
    _operation(
        "ListTournamentRecordsAroundOwner",
        "GET /v2/tournament/{tournament_id}/owner/{owner_id}",
        competition.LIST_TOURNAMENT_RECORDS_AROUND_OWNER,
    ),
)

_PURCHASES = (
    _validate("Purchase", "Apple", purchases.VALIDATE_PURCHASE_APPLE),
    _validate("Purchase", "FacebookInstant", purchases.VALIDATE_PURCHASE_FACEBOOK_INSTANT),
    _validate("Purchase", "Google", purchases.VALIDATE_PURCHASE_GOOGLE),
    _validate("Purchase", "Huawei", purchases.VALIDATE_PURCHASE_HUAWEI),
    _validate("Purchase", "Samsung", purchases.VALIDATE_PURCHASE_SAMSUNG),
    _validate("Subscription", "Apple", purchases.VALIDATE_SUBSCRIPTION_APPLE),
    _validate("Subscription", "Google", purchases.VALIDATE_SUBSCRIPTION_GOOGLE),
    _operation("ListSubscriptions", "POST /v2/iap/subscription", purchases.LIST_SUBSCRIPTIONS, body=_WHOLE),
    _operation("GetSubscription", "GET /v2/iap/subscription/{product_id}", purchases.GET_SUBSCRIPTION),
)

_LIVE = (
    _operation("ListChannelMessages", "GET /v2/channel/{channel_id}", live.LIST_CHANNEL_MESSAGES),
    _operation("ListNotifications", "GET /v2/notification", live.LIST_NOTIFICATIONS),
    _operation("DeleteNotifications", "DELETE /v2/notification", live.DELETE_NOTIFICATIONS),
    _operation("Event", "POST /v2/event", live.EVENT, body=_WHOLE),
    _operation("ListMatches", "GET /v2/match", live.LIST_MATCHES),
    _operation("GetMatchmakerStats", "GET /v2/matchmaker/stats"),
    _operation("ListParties", "GET /v2/party", live.LIST_PARTIES),
)

OPERATIONS: tuple[Operation, ...] = (
    _operation("Healthcheck", "GET /healthcheck", auth=Auth.NONE),
    *_ACCOUNTS,
    *_FRIENDS,
    *_GROUPS,
    *_STORAGE,
    *_LEADERBOARDS,
    *_TOURNAMENTS,
    *_PURCHASES,
    *_LIVE,
    _rpc("RpcFunc", "POST", BodyKind.RAW),
    _rpc("RpcFunc2", "GET", BodyKind.NONE),
)
