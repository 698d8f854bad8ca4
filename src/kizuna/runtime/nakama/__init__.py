"""The server API: what game code can do with the server's data.

It is the code that serves clients, without a caller: permissions and ownership do not limit it. Ids are UUID
text in any spelling. Each method is one transaction and has taken effect when it returns. What it cannot do
it raises:

    ValueError, TypeError   an argument that makes no sense: an id that is no UUID, a value that is no object
    ApiError                a refusal, with the text a client would get; on leaderboards and tournaments with
                            that of Nakama's server code, such as "tournament not found"
    StorageRefusal          the same for a stored object: its version is another one
    WalletError             a balance would fall below zero
    LedgerError             a cursor that is none, a ledger item that does not exist

An RPC that lets one of these pass answers code 13 with its text.
"""

from collections.abc import Sequence

from kizuna.db.engine import Transaction
from kizuna.runtime.data import (
    AccountUpdate,
    MultiUpdateResult,
    StorageDelete,
    StorageWrite,
    ack_of,
)
from kizuna.runtime.nakama.accounts import AccountCalls, prepared_update
from kizuna.runtime.nakama.leaderboards import LeaderboardCalls
from kizuna.runtime.nakama.schedules import ScheduleCalls
from kizuna.runtime.nakama.services import Services, refusing
from kizuna.runtime.nakama.storage import StorageCalls, prepared_delete, prepared_write
from kizuna.runtime.nakama.tournaments import TournamentCalls
from kizuna.runtime.nakama.users import UserCalls
from kizuna.runtime.nakama.wallets import WalletCalls, prepared_change
from kizuna.wallets.service import WalletUpdate

__all__ = ["Nakama", "Services"]


class Nakama(
    AccountCalls, UserCalls, StorageCalls, WalletCalls, LeaderboardCalls, TournamentCalls, ScheduleCalls
):
    """All calls of the server API, and the one that combines them."""

    async def multi_update(
        self,
        account_updates: Sequence[AccountUpdate] = (),
        storage_writes: Sequence[StorageWrite] = (),
        storage_deletes: Sequence[StorageDelete] = (),
        wallet_updates: Sequence[WalletUpdate] = (),
        *,
        update_ledger: bool = False,
    ) -> MultiUpdateResult:
        """Accounts, objects, deletions and wallets, in this order, all or nothing.

        Raises what the single calls raise; then nothing of it has happened.
        """
        services = self._services
        accounts = [prepared_update(update) for update in account_updates]
        writes = [prepared_write(write) for write in storage_writes]
        deletes = [prepared_delete(target) for target in storage_deletes]
        changes = [prepared_change(update) for update in wallet_updates]
        users = {user_id for user_id, _ in accounts} | {change.user_id for change in changes}

        async def work(tx: Transaction) -> MultiUpdateResult:
            if len(users) > 1:
                await services.wallets.hold(tx, users)
            for user_id, values in accounts:
                await services.accounts.update_within(tx, user_id, values)
            acks = await services.storage.write_within(tx, writes) if writes else []
            if deletes:
                await services.storage.delete_within(tx, deletes, authoritative=True)
            results = []
            if changes:
                results = await services.wallets.update_within(tx, changes, update_ledger=update_ledger)
            return MultiUpdateResult([ack_of(ack) for ack in acks], results)

        with refusing("Error running multi update."):
            return await services.database.atomically(work)
