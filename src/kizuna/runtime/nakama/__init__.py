"""The server API: what game code can do with the server's data.

It is the code that serves clients, without a caller: permissions and ownership do not limit it. Ids are UUID
text in any spelling. Each method is one transaction and has taken effect when it returns. What it cannot do
it raises:

    ValueError, TypeError   an argument that makes no sense: an id that is no UUID, a value that is no object
    ApiError                a refusal, with the text a client would get; where Nakama's server code knows
                            another one, such as "tournament not found" or "group is full", with that
    StorageRefusal          the same for a stored object: its version is another one
    WalletError             a balance would fall below zero
    LedgerError             a cursor that is none, a ledger item that does not exist

An RPC that lets one of these pass answers code 13 with its text.
"""

from kizuna.runtime.nakama.accounts import AccountCalls
from kizuna.runtime.nakama.channels import ChannelCalls
from kizuna.runtime.nakama.friends import FriendCalls
from kizuna.runtime.nakama.groups import GroupCalls
from kizuna.runtime.nakama.identity import IdentityCalls
from kizuna.runtime.nakama.leaderboards import LeaderboardCalls
from kizuna.runtime.nakama.live import LiveCalls
from kizuna.runtime.nakama.notifications import NotificationCalls
from kizuna.runtime.nakama.purchases import PurchaseCalls
from kizuna.runtime.nakama.schedules import ScheduleCalls
from kizuna.runtime.nakama.server import ServerCalls
from kizuna.runtime.nakama.services import Services
from kizuna.runtime.nakama.storage import StorageCalls
from kizuna.runtime.nakama.teams import WithTeams
from kizuna.runtime.nakama.together import TogetherCalls
from kizuna.runtime.nakama.tournaments import TournamentCalls
from kizuna.runtime.nakama.users import UserCalls
from kizuna.runtime.nakama.wallets import WalletCalls

__all__ = ["Nakama", "Services"]


class Nakama(
    AccountCalls,
    UserCalls,
    IdentityCalls,
    FriendCalls,
    GroupCalls,
    StorageCalls,
    WalletCalls,
    LeaderboardCalls,
    TournamentCalls,
    NotificationCalls,
    ChannelCalls,
    TogetherCalls,
    LiveCalls,
    PurchaseCalls,
    ScheduleCalls,
    WithTeams,
    ServerCalls,
):
    """All calls of the server API."""
