"""Friends and groups.

A friend's state is 0 for a friend, 1 for an invitation sent, 2 for one received, 3 for a user who is blocked.
A member's state is 0 for a superadmin, 1 for an admin, 2 for a member, 3 for one who has asked to join, 4
for one who is banned.
"""

from dataclasses import dataclass, field
from datetime import datetime

from kizuna.runtime.api.accounts import AccountFacebook, AccountSteam, User
from kizuna.runtime.api.message import Int32, Message


@dataclass(slots=True)
class ListFriendsRequest(Message):
    """The request of ListFriends. `limit` is 1 to 100; `state` shows friends of that state alone."""

    limit: Int32 | None = None
    state: Int32 | None = None
    cursor: str = ""


@dataclass(slots=True)
class AddFriendsRequest(Message):
    """The request of AddFriends: users by id and by name. `metadata` is a JSON object's text."""

    ids: list[str] = field(default_factory=list)
    usernames: list[str] = field(default_factory=list)
    metadata: str = ""


@dataclass(slots=True)
class DeleteFriendsRequest(Message):
    """The request of DeleteFriends: users by id and by name."""

    ids: list[str] = field(default_factory=list)
    usernames: list[str] = field(default_factory=list)


@dataclass(slots=True)
class BlockFriendsRequest(Message):
    """The request of BlockFriends: users by id and by name."""

    ids: list[str] = field(default_factory=list)
    usernames: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ListFriendsOfFriendsRequest(Message):
    """The request of ListFriendsOfFriends. `limit` is 1 to 100."""

    limit: Int32 | None = None
    cursor: str = ""


@dataclass(slots=True)
class ImportFacebookFriendsRequest(Message):
    """The request of ImportFacebookFriends. `reset` tells whether to drop the present friends first."""

    account: AccountFacebook = field(default_factory=AccountFacebook)
    reset: bool | None = None


@dataclass(slots=True)
class ImportSteamFriendsRequest(Message):
    """The request of ImportSteamFriends. `reset` tells whether to drop the present friends first."""

    account: AccountSteam = field(default_factory=AccountSteam)
    reset: bool | None = None


@dataclass(slots=True)
class ListGroupsRequest(Message):
    """The request of ListGroups. `limit` is 1 to 100.

    Groups by their `name`, a "%" in which stands for any text; or by `lang_tag`, by the greatest number of
    `members`, and by whether they are `open`.
    """

    name: str = ""
    cursor: str = ""
    limit: Int32 | None = None
    lang_tag: str = ""
    members: Int32 | None = None
    open: bool | None = None


@dataclass(slots=True)
class CreateGroupRequest(Message):
    """The request of CreateGroup. Anybody may join an `open` group; `max_count` members at most, 0 for the
    usual number."""

    name: str = ""
    description: str = ""
    lang_tag: str = ""
    avatar_url: str = ""
    open: bool = False
    max_count: Int32 = 0


@dataclass(slots=True)
class UpdateGroupRequest(Message):
    """The request of UpdateGroup: new values, None for what stays as it is."""

    group_id: str = ""
    name: str | None = None
    description: str | None = None
    lang_tag: str | None = None
    avatar_url: str | None = None
    open: bool | None = None


@dataclass(slots=True)
class DeleteGroupRequest(Message):
    """The request of DeleteGroup."""

    group_id: str = ""


@dataclass(slots=True)
class JoinGroupRequest(Message):
    """The request of JoinGroup."""

    group_id: str = ""


@dataclass(slots=True)
class LeaveGroupRequest(Message):
    """The request of LeaveGroup."""

    group_id: str = ""


@dataclass(slots=True)
class AddGroupUsersRequest(Message):
    """The request of AddGroupUsers."""

    group_id: str = ""
    user_ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class KickGroupUsersRequest(Message):
    """The request of KickGroupUsers."""

    group_id: str = ""
    user_ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class BanGroupUsersRequest(Message):
    """The request of BanGroupUsers."""

    group_id: str = ""
    user_ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class PromoteGroupUsersRequest(Message):
    """The request of PromoteGroupUsers."""

    group_id: str = ""
    user_ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class DemoteGroupUsersRequest(Message):
    """The request of DemoteGroupUsers."""

    group_id: str = ""
    user_ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ListGroupUsersRequest(Message):
    """The request of ListGroupUsers. `limit` is 1 to 100; `state` shows members of that state alone."""

    group_id: str = ""
    limit: Int32 | None = None
    state: Int32 | None = None
    cursor: str = ""


@dataclass(slots=True)
class ListUserGroupsRequest(Message):
    """The request of ListUserGroups. `limit` is 1 to 100; `state` shows memberships of that state alone."""

    user_id: str = ""
    limit: Int32 | None = None
    state: Int32 | None = None
    cursor: str = ""


@dataclass(slots=True)
class Friend(Message):
    """A relation to another user, as it is since `update_time`. `metadata` is a JSON object's text."""

    user: User | None = None
    state: Int32 | None = None
    update_time: datetime | None = None
    metadata: str = ""


@dataclass(slots=True)
class FriendList(Message):
    """The response of ListFriends. `cursor` leads to the next page, "" for none."""

    friends: list[Friend] = field(default_factory=list)
    cursor: str = ""


@dataclass(slots=True)
class FriendOfFriend(Message):
    """A user, and the id of the friend whose friend this is."""

    referrer: str = ""
    user: User | None = None


@dataclass(slots=True)
class FriendsOfFriendsList(Message):
    """The response of ListFriendsOfFriends. `cursor` leads to the next page, "" for none."""

    friends_of_friends: list[FriendOfFriend] = field(default_factory=list)
    cursor: str = ""


@dataclass(slots=True)
class Group(Message):
    """The response of CreateGroup. `metadata` is a JSON object's text.

    Of `edge_count` members there may be at most `max_count`.
    """

    id: str = ""
    creator_id: str = ""
    name: str = ""
    description: str = ""
    lang_tag: str = ""
    metadata: str = ""
    avatar_url: str = ""
    open: bool | None = None
    edge_count: Int32 = 0
    max_count: Int32 = 0
    create_time: datetime | None = None
    update_time: datetime | None = None


@dataclass(slots=True)
class GroupList(Message):
    """The response of ListGroups. `cursor` leads to the next page, "" for none."""

    groups: list[Group] = field(default_factory=list)
    cursor: str = ""


@dataclass(slots=True)
class GroupUser(Message):
    """A member of a group."""

    user: User | None = None
    state: Int32 | None = None


@dataclass(slots=True)
class GroupUserList(Message):
    """The response of ListGroupUsers. `cursor` leads to the next page, "" for none."""

    group_users: list[GroupUser] = field(default_factory=list)
    cursor: str = ""


@dataclass(slots=True)
class UserGroup(Message):
    """A group that a user is a member of."""

    group: Group | None = None
    state: Int32 | None = None


@dataclass(slots=True)
class UserGroupList(Message):
    """The response of ListUserGroups. `cursor` leads to the next page, "" for none."""

    user_groups: list[UserGroup] = field(default_factory=list)
    cursor: str = ""
