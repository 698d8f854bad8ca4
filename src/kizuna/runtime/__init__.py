"""The Python API for game code.

A module of the game defines `register(app)` and registers its functions there:

    import json
    import kizuna.runtime as rt

    def register(app: rt.App) -> None:
        app.rpc("hello", hello)

    async def hello(ctx: rt.Context, payload: str) -> str:
        return json.dumps({"message": f"Hello, {ctx.username}!"})
"""

from kizuna.errors import ApiError, Code
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
from kizuna.runtime.context import Context, GameLogger
from kizuna.runtime.data import (
    SYSTEM_USER,
    Account,
    AccountUpdate,
    Ack,
    MultiUpdateResult,
    StorageDelete,
    StorageObject,
    StorageRead,
    StorageWrite,
    User,
)
from kizuna.runtime.errors import Error, ModuleLoadError, RegistrationError
from kizuna.runtime.nakama import Nakama
from kizuna.storage.objects import StorageRefusal
from kizuna.wallets.service import LedgerError, LedgerItem, WalletError, WalletResult, WalletUpdate

__all__ = [
    "SYSTEM_USER",
    "Account",
    "AccountUpdate",
    "Ack",
    "ApiError",
    "App",
    "Code",
    "Context",
    "Error",
    "GameLogger",
    "Leaderboard",
    "LeaderboardRecord",
    "LeaderboardRecords",
    "LeaderboardReset",
    "LedgerError",
    "LedgerItem",
    "ModuleLoadError",
    "MultiUpdateResult",
    "Nakama",
    "RegistrationError",
    "StorageDelete",
    "StorageObject",
    "StorageRead",
    "StorageRefusal",
    "StorageWrite",
    "Tournament",
    "TournamentEnd",
    "TournamentReset",
    "User",
    "WalletError",
    "WalletResult",
    "WalletUpdate",
]
