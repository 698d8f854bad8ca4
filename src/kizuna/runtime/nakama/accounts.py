"""Accounts for game code."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from kizuna.accounts.export import export
from kizuna.accounts.service import UPDATE_FAILED
from kizuna.accounts.service import AccountUpdate as Values
from kizuna.accounts.validation import check_username_characters, check_username_length
from kizuna.errors import invalid, not_found
from kizuna.runtime.data import Account, AccountUpdate, account_of
from kizuna.runtime.nakama.services import Calls, refusing
from kizuna.runtime.values import item_of, object_text, text_of, uuid_of

_TEXTS = ("username", "display_name", "avatar_url", "lang_tag", "location", "timezone")


class AccountCalls(Calls):
    """Get, update, export, delete."""

    async def account_get(self, user_id: str) -> Account:
        """The account of a user. `ApiError` for nobody."""
        row = await self._services.lookup.account(uuid_of(user_id))
        if row is None:
            raise not_found("Account not found.")
        return account_of(row)

    async def accounts_get(
        self, user_ids: Sequence[str] = (), device_ids: Sequence[str] = ()
    ) -> list[Account]:
        """The accounts with these ids or devices, as far as they exist, each once."""
        lookup = self._services.lookup
        wanted = [uuid_of(user_id) for user_id in user_ids]
        devices = [text_of(device_id, "device id") for device_id in device_ids]
        owners = await asyncio.gather(*(lookup.by_device(device) for device in devices))
        ids = dict.fromkeys([*wanted, *(owner.id for owner in owners if owner is not None)])
        rows = await asyncio.gather(*(lookup.account(user_id) for user_id in ids))
        return [account_of(row) for row in rows if row is not None]

    async def account_update(
        self,
        user_id: str,
        *,
        username: str | None = None,
        display_name: str | None = None,
        avatar_url: str | None = None,
        lang_tag: str | None = None,
        location: str | None = None,
        timezone: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Change an account: None leaves a value as it is, "" clears it, `metadata` is replaced.

        `ApiError` for a username that is taken or no username, and where nothing is to be changed. Nobody's
        account is left alone.
        """
        update = AccountUpdate(
            user_id, username, display_name, avatar_url, lang_tag, location, timezone, metadata
        )
        known_id, values = prepared_update(update)
        with refusing(UPDATE_FAILED):
            await self._services.accounts.update(known_id, values)

    async def account_export(self, user_id: str) -> dict[str, Any]:
        """All that a user has, as it is at one moment, ready for `json.dumps`. `ApiError` for nobody.

        The keys are `account`, `objects`, `friends`, `groups`, `messages`, `leaderboard_records`,
        `notifications` and `wallet_ledgers`; their values, but for the first, are lists of what clients read
        of the same: JSON objects are texts, times RFC 3339. No passwords, no ranks.
        """
        return await export(self._services.database, uuid_of(user_id))

    async def account_delete(self, user_id: str, *, recorded: bool = False) -> None:
        """Delete an account with all that belongs to it, and end its sessions.

        `recorded` keeps a note that this id was deleted. `ApiError` for the system's own account.
        """
        await self._services.accounts.delete(uuid_of(user_id), recorded=recorded)


def prepared_update(update: AccountUpdate) -> tuple[str, Values]:
    """(user id, values) as the accounts take them, checked."""
    item_of(update, AccountUpdate, "account updates")
    texts = {name: _optional_text(getattr(update, name), name) for name in _TEXTS}
    metadata = None if update.metadata is None else object_text(update.metadata, "metadata")
    if update.username is not None:
        check_username_length(update.username)
        check_username_characters(update.username)
    if update.lang_tag == "":
        raise invalid(UPDATE_FAILED)
    return uuid_of(update.user_id), Values(**texts, metadata=metadata)


def _optional_text(value: Any, what: str) -> str | None:
    return None if value is None else text_of(value, what)
