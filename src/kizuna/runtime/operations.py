"""The operations of the API that hooks may stand before and after, by the names they are known under.

    app.before(operations.AddFriends, check_invitation)

Every one but the health check and RPCs, which are functions of the game anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from kizuna.runtime import api

Request = TypeVar("Request")
Response = TypeVar("Response")


class NoInput:
    """Stands for the request of an operation that takes nothing: its hooks receive none."""


class NoResponse:
    """Stands for the response of an operation that answers nothing: hooks after it receive none."""


@dataclass(frozen=True, slots=True, eq=False)
class Operation(Generic[Request, Response]):
    """One operation, and the classes of its request (`NoInput` for none) and its response (`NoResponse`).

    Clients may have two ways to it, `also` being the name of the second in the table of the wire.
    """

    name: str
    request: type[Request]
    response: type[Response]
    also: str = field(default="", kw_only=True)

    @property
    def has_input(self) -> bool:
        """Whether there is a request."""
        return self.request is not NoInput

    @property
    def has_response(self) -> bool:
        """Whether there is a response."""
        return self.response is not NoResponse

    @property
    def wire_names(self) -> tuple[str, ...]:
        """Its names in the table of the wire."""
        return (self.name, self.also) if self.also else (self.name,)

    def __str__(self) -> str:
        return self.name


GetAccount = Operation("GetAccount", NoInput, api.Account)
UpdateAccount = Operation("UpdateAccount", api.UpdateAccountRequest, NoResponse)
DeleteAccount = Operation("DeleteAccount", NoInput, NoResponse)
SessionRefresh = Operation("SessionRefresh", api.SessionRefreshRequest, api.Session)
SessionLogout = Operation("SessionLogout", api.SessionLogoutRequest, NoResponse)
GetUsers = Operation("GetUsers", api.GetUsersRequest, api.Users)

AuthenticateApple = Operation("AuthenticateApple", api.AuthenticateAppleRequest, api.Session)
AuthenticateCustom = Operation("AuthenticateCustom", api.AuthenticateCustomRequest, api.Session)
AuthenticateDevice = Operation("AuthenticateDevice", api.AuthenticateDeviceRequest, api.Session)
AuthenticateEmail = Operation("AuthenticateEmail", api.AuthenticateEmailRequest, api.Session)
AuthenticateFacebook = Operation("AuthenticateFacebook", api.AuthenticateFacebookRequest, api.Session)
AuthenticateFacebookInstantGame = Operation(
    "AuthenticateFacebookInstantGame", api.AuthenticateFacebookInstantGameRequest, api.Session
)
AuthenticateGameCenter = Operation("AuthenticateGameCenter", api.AuthenticateGameCenterRequest, api.Session)
AuthenticateGoogle = Operation("AuthenticateGoogle", api.AuthenticateGoogleRequest, api.Session)
AuthenticateSteam = Operation("AuthenticateSteam", api.AuthenticateSteamRequest, api.Session)

LinkApple = Operation("LinkApple", api.AccountApple, NoResponse)
LinkCustom = Operation("LinkCustom", api.AccountCustom, NoResponse)
LinkDevice = Operation("LinkDevice", api.AccountDevice, NoResponse)
LinkEmail = Operation("LinkEmail", api.AccountEmail, NoResponse)
LinkFacebook = Operation("LinkFacebook", api.LinkFacebookRequest, NoResponse)
LinkFacebookInstantGame = Operation("LinkFacebookInstantGame", api.AccountFacebookInstantGame, NoResponse)
LinkGameCenter = Operation("LinkGameCenter", api.AccountGameCenter, NoResponse)
LinkGoogle = Operation("LinkGoogle", api.AccountGoogle, NoResponse)
LinkSteam = Operation("LinkSteam", api.LinkSteamRequest, NoResponse)

UnlinkApple = Operation("UnlinkApple", api.AccountApple, NoResponse)
UnlinkCustom = Operation("UnlinkCustom", api.AccountCustom, NoResponse)
UnlinkDevice = Operation("UnlinkDevice", api.AccountDevice, NoResponse)
UnlinkEmail = Operation("UnlinkEmail", api.AccountEmail, NoResponse)
UnlinkFacebook = Operation("UnlinkFacebook", api.AccountFacebook, NoResponse)
UnlinkFacebookInstantGame = Operation("UnlinkFacebookInstantGame", api.AccountFacebookInstantGame, NoResponse)
UnlinkGameCenter = Operation("UnlinkGameCenter", api.AccountGameCenter, NoResponse)
UnlinkGoogle = Operation("UnlinkGoogle", api.AccountGoogle, NoResponse)
UnlinkSteam = Operation("UnlinkSteam", api.AccountSteam, NoResponse)

ListFriends = Operation("ListFriends", api.ListFriendsRequest, api.FriendList)
AddFriends = Operation("AddFriends", api.AddFriendsRequest, NoResponse)
DeleteFriends = Operation("DeleteFriends", api.DeleteFriendsRequest, NoResponse)
BlockFriends = Operation("BlockFriends", api.BlockFriendsRequest, NoResponse)
ListFriendsOfFriends = Operation(
    "ListFriendsOfFriends", api.ListFriendsOfFriendsRequest, api.FriendsOfFriendsList
)
ImportFacebookFriends = Operation("ImportFacebookFriends", api.ImportFacebookFriendsRequest, NoResponse)
ImportSteamFriends = Operation("ImportSteamFriends", api.ImportSteamFriendsRequest, NoResponse)

ListGroups = Operation("ListGroups", api.ListGroupsRequest, api.GroupList)
CreateGroup = Operation("CreateGroup", api.CreateGroupRequest, api.Group)
UpdateGroup = Operation("UpdateGroup", api.UpdateGroupRequest, NoResponse)
DeleteGroup = Operation("DeleteGroup", api.DeleteGroupRequest, NoResponse)
JoinGroup = Operation("JoinGroup", api.JoinGroupRequest, NoResponse)
LeaveGroup = Operation("LeaveGroup", api.LeaveGroupRequest, NoResponse)
AddGroupUsers = Operation("AddGroupUsers", api.AddGroupUsersRequest, NoResponse)
KickGroupUsers = Operation("KickGroupUsers", api.KickGroupUsersRequest, NoResponse)
BanGroupUsers = Operation("BanGroupUsers", api.BanGroupUsersRequest, NoResponse)
PromoteGroupUsers = Operation("PromoteGroupUsers", api.PromoteGroupUsersRequest, NoResponse)
DemoteGroupUsers = Operation("DemoteGroupUsers", api.DemoteGroupUsersRequest, NoResponse)
ListGroupUsers = Operation("ListGroupUsers", api.ListGroupUsersRequest, api.GroupUserList)
ListUserGroups = Operation("ListUserGroups", api.ListUserGroupsRequest, api.UserGroupList)

ReadStorageObjects = Operation("ReadStorageObjects", api.ReadStorageObjectsRequest, api.StorageObjects)
WriteStorageObjects = Operation("WriteStorageObjects", api.WriteStorageObjectsRequest, api.StorageObjectAcks)
DeleteStorageObjects = Operation("DeleteStorageObjects", api.DeleteStorageObjectsRequest, NoResponse)
ListStorageObjects = Operation(
    "ListStorageObjects", api.ListStorageObjectsRequest, api.StorageObjectList, also="ListStorageObjects2"
)

ListLeaderboardRecords = Operation(
    "ListLeaderboardRecords", api.ListLeaderboardRecordsRequest, api.LeaderboardRecordList
)
WriteLeaderboardRecord = Operation(
    "WriteLeaderboardRecord", api.WriteLeaderboardRecordRequest, api.LeaderboardRecord
)
DeleteLeaderboardRecord = Operation("DeleteLeaderboardRecord", api.DeleteLeaderboardRecordRequest, NoResponse)
ListLeaderboardRecordsAroundOwner = Operation(
    "ListLeaderboardRecordsAroundOwner",
    api.ListLeaderboardRecordsAroundOwnerRequest,
    api.LeaderboardRecordList,
)

ListTournaments = Operation("ListTournaments", api.ListTournamentsRequest, api.TournamentList)
ListTournamentRecords = Operation(
    "ListTournamentRecords", api.ListTournamentRecordsRequest, api.TournamentRecordList
)
WriteTournamentRecord = Operation(
    "WriteTournamentRecord",
    api.WriteTournamentRecordRequest,
    api.LeaderboardRecord,
    also="WriteTournamentRecord2",
)
DeleteTournamentRecord = Operation("DeleteTournamentRecord", api.DeleteTournamentRecordRequest, NoResponse)
JoinTournament = Operation("JoinTournament", api.JoinTournamentRequest, NoResponse)
ListTournamentRecordsAroundOwner = Operation(
    "ListTournamentRecordsAroundOwner", api.ListTournamentRecordsAroundOwnerRequest, api.TournamentRecordList
)

ValidatePurchaseApple = Operation(
    "ValidatePurchaseApple", api.ValidatePurchaseAppleRequest, api.ValidatePurchaseResponse
)
ValidatePurchaseFacebookInstant = Operation(
    "ValidatePurchaseFacebookInstant",
    api.ValidatePurchaseFacebookInstantRequest,
    api.ValidatePurchaseResponse,
)
ValidatePurchaseGoogle = Operation(
    "ValidatePurchaseGoogle", api.ValidatePurchaseGoogleRequest, api.ValidatePurchaseResponse
)
ValidatePurchaseHuawei = Operation(
    "ValidatePurchaseHuawei", api.ValidatePurchaseHuaweiRequest, api.ValidatePurchaseResponse
)
ValidatePurchaseSamsung = Operation(
    "ValidatePurchaseSamsung", api.ValidatePurchaseSamsungRequest, api.ValidatePurchaseResponse
)
ValidateSubscriptionApple = Operation(
    "ValidateSubscriptionApple", api.ValidateSubscriptionAppleRequest, api.ValidateSubscriptionResponse
)
ValidateSubscriptionGoogle = Operation(
    "ValidateSubscriptionGoogle", api.ValidateSubscriptionGoogleRequest, api.ValidateSubscriptionResponse
)
ListSubscriptions = Operation("ListSubscriptions", api.ListSubscriptionsRequest, api.SubscriptionList)
GetSubscription = Operation("GetSubscription", api.GetSubscriptionRequest, api.ValidatedSubscription)

ListChannelMessages = Operation("ListChannelMessages", api.ListChannelMessagesRequest, api.ChannelMessageList)
ListNotifications = Operation("ListNotifications", api.ListNotificationsRequest, api.NotificationList)
DeleteNotifications = Operation("DeleteNotifications", api.DeleteNotificationsRequest, NoResponse)
Event = Operation("Event", api.Event, NoResponse)
ListMatches = Operation("ListMatches", api.ListMatchesRequest, api.MatchList)
GetMatchmakerStats = Operation("GetMatchmakerStats", NoInput, api.MatchmakerStats)
ListParties = Operation("ListParties", api.ListPartiesRequest, api.PartyList)


#: All of them by name.
BY_NAME: Mapping[str, Operation[Any, Any]] = MappingProxyType(
    {value.name: value for value in list(globals().values()) if isinstance(value, Operation)}
)

_BY_LOWER_NAME = {name.lower(): each for name, each in BY_NAME.items()}


def operation(which: "str | Operation[Any, Any]") -> Operation[Any, Any]:
    """The operation of a name, upper and lower case being the same; an operation itself is passed through.

    ValueError for a name that there is not, with those that resemble it; TypeError for anything else.
    """
    if isinstance(which, Operation):
        return which
    if not isinstance(which, str):
        raise TypeError(f"an operation or its name is wanted, not {which!r}")
    try:
        return _BY_LOWER_NAME[which.lower()]
    except KeyError:
        raise ValueError(_unknown(which)) from None


def _unknown(name: str) -> str:
    near = [str(_BY_LOWER_NAME[each]) for each in get_close_matches(name.lower(), _BY_LOWER_NAME)]
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"there is no operation {name!r}{hint}"


if not TYPE_CHECKING:  # a type checker would take every name for one that there is

    def __getattr__(name: str) -> NoReturn:
        raise AttributeError(_unknown(name))
