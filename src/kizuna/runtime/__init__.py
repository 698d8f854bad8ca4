"""The Python API for game code.

A module of the game defines `register(app)` and registers its functions there:

    import json
    import kizuna.runtime as rt

    def register(app: rt.App) -> None:
        app.rpc("hello", hello)

    async def hello(ctx: rt.Context, payload: str) -> str:
        return json.dumps({"message": f"Hello, {ctx.username}!"})
"""

from kizuna.accounts.deletions import AccountDeleted
from kizuna.errors import ApiError, Code
from kizuna.events.service import Event
from kizuna.purchases.notices.notice import StoreNotificationType
from kizuna.runtime import api, operations
from kizuna.runtime.app import App
from kizuna.runtime.boards import (
    Leaderboard,
    LeaderboardRecord,
    LeaderboardRecords,
    LeaderboardReset,
    Tournament,
    TournamentEnd,
    TournamentReset,
)
from kizuna.runtime.config import Config, RuntimeConfig, SessionConfig, SocialConfig, SocketConfig
from kizuna.runtime.context import Context, GameLogger
from kizuna.runtime.data import (
    SYSTEM_USER,
    Account,
    AccountUpdate,
    Ack,
    Authenticated,
    SessionToken,
    StorageDelete,
    StorageObject,
    StorageRead,
    StorageWrite,
    User,
)
from kizuna.runtime.errors import Error, ModuleLoadError, RegistrationError
from kizuna.runtime.live import Match, Party
from kizuna.runtime.nakama import Nakama
from kizuna.runtime.nakama.purchases import PurchaseList
from kizuna.runtime.purchases import PurchaseNotification, SubscriptionNotification
from kizuna.runtime.social import (
    ChannelMessage,
    ChannelMessageAck,
    ChannelMessages,
    ChannelType,
    Friend,
    FriendOfFriend,
    FriendState,
    Group,
    GroupState,
    GroupUser,
    Notification,
    NotificationDelete,
    NotificationSend,
    NotificationUpdate,
    UserGroup,
)
from kizuna.runtime.team_data import (
    Cohort,
    CohortSearch,
    ItemProperties,
    MemberGrant,
    RolledReward,
    StatUpdate,
    TeamEvent,
)
from kizuna.runtime.together import (
    GroupChange,
    GroupCreate,
    GroupDelete,
    GroupJoin,
    GroupLeave,
    GroupUpdate,
    GroupUsersAdd,
    GroupUsersBan,
    GroupUsersDemote,
    GroupUsersKick,
    GroupUsersPromote,
    LeaderboardWrite,
    MultiUpdateResult,
)
from kizuna.storage.objects import StorageRefusal
from kizuna.teams.hooks import CohortChoice
from kizuna.teams.wallet.ledger_pages import LedgerEntry
from kizuna.wallets.service import LedgerError, LedgerItem, WalletError, WalletResult, WalletUpdate

__all__ = [
    "SYSTEM_USER",
    "Account",
    "AccountDeleted",
    "AccountUpdate",
    "Ack",
    "ApiError",
    "App",
    "Authenticated",
    "ChannelMessage",
    "ChannelMessageAck",
    "ChannelMessages",
    "ChannelType",
    "Code",
    "Cohort",
    "CohortChoice",
    "CohortSearch",
    "Config",
    "Context",
    "Error",
    "Event",
    "Friend",
    "FriendOfFriend",
    "FriendState",
    "GameLogger",
    "Group",
    "GroupChange",
    "GroupCreate",
    "GroupDelete",
    "GroupJoin",
    "GroupLeave",
    "GroupState",
    "GroupUpdate",
    "GroupUser",
    "GroupUsersAdd",
    "GroupUsersBan",
    "GroupUsersDemote",
    "GroupUsersKick",
    "GroupUsersPromote",
    "ItemProperties",
    "Leaderboard",
    "LeaderboardRecord",
    "LeaderboardRecords",
    "LeaderboardReset",
    "LeaderboardWrite",
    "LedgerEntry",
    "LedgerError",
    "LedgerItem",
    "Match",
    "MemberGrant",
    "ModuleLoadError",
    "MultiUpdateResult",
    "Nakama",
    "Notification",
    "NotificationDelete",
    "NotificationSend",
    "NotificationUpdate",
    "Party",
    "PurchaseList",
    "PurchaseNotification",
    "RegistrationError",
    "RolledReward",
    "RuntimeConfig",
    "SessionConfig",
    "SessionToken",
    "SocialConfig",
    "SocketConfig",
    "StatUpdate",
    "StorageDelete",
    "StorageObject",
    "StorageRead",
    "StorageRefusal",
    "StorageWrite",
    "StoreNotificationType",
    "SubscriptionNotification",
    "TeamEvent",
    "Tournament",
    "TournamentEnd",
    "TournamentReset",
    "User",
    "UserGroup",
    "WalletError",
    "WalletResult",
    "WalletUpdate",
    "api",
    "operations",
]
