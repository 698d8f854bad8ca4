"""Wallets for game code."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kizuna.runtime.nakama.services import Calls, refusing, user_not_found
from kizuna.runtime.values import changeset_of, item_of, limit_of, object_text, text_of, uuid_of
from kizuna.wallets.service import LedgerItem, WalletResult, WalletUpdate


class WalletCalls(Calls):
    """Update wallets, read and annotate the ledger."""

    async def wallet_update(
        self,
        user_id: str,
        changeset: Mapping[str, int],
        metadata: Mapping[str, Any] | None = None,
        *,
        update_ledger: bool = False,
    ) -> WalletResult:
        """Add to a user's balances; negative amounts are taken away.

        `update_ledger` notes the change, with `metadata`, in the ledger. `WalletError` if a balance would
        fall below zero or grow beyond 64 bits, `ApiError` "user not found" for nobody.
        """
        update = WalletUpdate(user_id, changeset, {} if metadata is None else metadata)
        results = await self.wallets_update([update], update_ledger=update_ledger)
        if not results:
            raise user_not_found()
        return results[0]

    async def wallets_update(
        self, updates: Sequence[WalletUpdate], *, update_ledger: bool = False
    ) -> list[WalletResult]:
        """The same for many users or several times for one, in the given order, all or none.

        Unknown users are left out of the results.
        """
        changes = [prepared_change(update) for update in updates]
        with refusing("Error updating wallets."):
            return await self._services.wallets.update(changes, update_ledger=update_ledger)

    async def wallet_ledger_list(
        self, user_id: str, *, limit: int = 100, cursor: str = ""
    ) -> tuple[list[LedgerItem], str]:
        """A page of a user's ledger, newest first, and the cursor to the next one, "" where there is none.

        `limit` is 0 to 100. `LedgerError` for a cursor that was not made for this user's ledger.
        """
        return await self._services.wallets.ledger(
            uuid_of(user_id), limit_of(limit, 0, 100), text_of(cursor, "cursor")
        )

    async def wallet_ledger_update(self, item_id: str, metadata: Mapping[str, Any]) -> LedgerItem:
        """Merge metadata into that of a ledger item; the whole item as it then is.

        `LedgerError` if there is no such item.
        """
        object_text(metadata, "metadata")
        return await self._services.wallets.annotate(uuid_of(item_id, "item id"), metadata)


def prepared_change(update: WalletUpdate) -> WalletUpdate:
    """A wallet update as the wallets take it, checked."""
    item_of(update, WalletUpdate, "wallet updates")
    object_text(update.metadata, "metadata")
    return replace(update, user_id=uuid_of(update.user_id), changeset=changeset_of(update.changeset))
