"""A player's own account."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, fields
from typing import Any, Protocol

import asyncpg

from kizuna.accounts import queries
from kizuna.accounts.lookup import AccountLookup
from kizuna.accounts.validation import check_username_characters, check_username_length
from kizuna.caller import SYSTEM_USER
from kizuna.clock import Clock
from kizuna.db.engine import ROLLED_BACK, Database, Record, Transaction
from kizuna.errors import ApiError, Code, invalid, not_found
from kizuna.sessions.revocations import Ended, Revocations
from kizuna.users.profile import user_message
from kizuna.wire.encode import rfc3339_seconds
from kizuna.wire.microseconds import EPOCH


class Aftermath(Protocol):
    """What is to be done in this process after a transaction: one of these, unless it was rolled back."""

    async def committed(self) -> None:
        """It has taken effect."""

    def unknown(self) -> None:
        """Whether it has taken effect could not be learned."""


#: Waits for those who came before to change what the deletion of a user will change in some feature, and lets
#: nobody else begin until the end of the block.
TakeTurn = Callable[[str], AbstractAsyncContextManager[None]]

#: Locks what the deletion of a user will change in some feature, in the order in which everybody locks it.
Hold = Callable[[Transaction, str], Awaitable[None]]

#: Deletes what a user has in some feature, as part of a transaction that holds the user's row.
Disown = Callable[[Transaction, str], Awaitable[Aftermath | None]]

UPDATE_FAILED = "Error while trying to update account."


@dataclass(frozen=True, slots=True)
class AccountUpdate:
    """New values; None leaves one as it is, "" clears it (username and lang_tag cannot be cleared).

    `metadata` is a JSON object's text, which only the server itself may set.
    """

    username: str | None = None
    display_name: str | None = None
    avatar_url: str | None = None
    lang_tag: str | None = None
    location: str | None = None
    timezone: str | None = None
    metadata: str | None = None

    def values(self) -> list[str | None]:
        """The values in the order of the fields, which is that of the statement's parameters."""
        return [getattr(self, field.name) for field in fields(self)]


class Accounts:
    """Get, update, delete.

    `disown` are the features that keep or count what no foreign key ties to an account; `hold` those that
    have something to lock for it, which they do in this order and before the account's own row is locked.
    `take_turn` is that of the feature whose locks others may have for long: who waits for its turn has no
    connection yet.
    """

    def __init__(
        self,
        database: Database,
        lookup: AccountLookup,
        revocations: Revocations,
        clock: Clock,
        *,
        take_turn: TakeTurn = lambda user_id: nullcontext(),
        hold: Sequence[Hold] = (),
        disown: Sequence[Disown] = (),
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._revocations = revocations
        self._clock = clock
        self._take_turn = take_turn
        self._hold = hold
        self._disown = disown

    async def get(self, user_id: str) -> dict[str, Any]:
        """The `Account` message. 404 for nobody."""
        row = await self._lookup.account(user_id)
        if row is None:
            raise not_found("Account not found.")
        return account_message(row)

    async def update(self, user_id: str, update: AccountUpdate) -> None:
        """Change an account. 400 for values that do not fit, 409 for a taken username; nobody is a no-op."""
        if update.username is not None:
            check_username_length(update.username)
            check_username_characters(update.username)
        if all(value is None for value in update.values()):
            raise invalid("No fields to update.")
        if update.lang_tag == "":
            raise invalid(UPDATE_FAILED)
        await self._database.atomically(lambda tx: self.update_within(tx, user_id, update))

    async def update_within(self, tx: Transaction, user_id: str, update: AccountUpdate) -> None:
        """The same as part of a transaction, the values already checked."""
        try:
            await tx.write(queries.UPDATE, user_id, *update.values(), self._clock.now())
        except asyncpg.UniqueViolationError as error:
            # The reference wraps this refusal in a 400 whose text is the printed form of the 409 it meant.
            raise ApiError(Code.ALREADY_EXISTS, "Username is already in use.") from error

    async def delete(self, user_id: str, *, recorded: bool = False) -> None:
        """Delete an account with all that is its own, and end its sessions; `recorded` leaves a tombstone."""
        if user_id == SYSTEM_USER:
            raise invalid("Error deleting user account.")

        aftermath: list[Aftermath] = []

        async def work(tx: Transaction) -> Ended:
            aftermath.clear()
            for hold in self._hold:
                await hold(tx, user_id)
            if not await tx.read(queries.LOCK, user_id):
                return Ended()
            if recorded:
                await tx.write(queries.BURY, user_id, self._clock.now())
            for disown in self._disown:
                after = await disown(tx, user_id)
                if after is not None:
                    aftermath.append(after)
            await tx.write(queries.DELETE, user_id)
            return await self._revocations.end_all(tx, [user_id])

        try:
            async with self._take_turn(user_id):
                self._revocations.apply_committed(await self._database.atomically(work))
        except ROLLED_BACK:
            raise
        except BaseException:
            for one in aftermath:
                one.unknown()
            raise
        for one in aftermath:
            await one.committed()


def account_message(row: Record) -> dict[str, Any]:
    """The `Account` message of a row of `queries.ACCOUNTS`."""
    message: dict[str, Any] = {"user": user_message(row), "wallet": row["wallet"]}
    if row["email"]:
        message["email"] = row["email"]
    if row["devices"]:
        message["devices"] = [{"id": device} for device in row["devices"]]
    if row["custom_id"]:
        message["custom_id"] = row["custom_id"]
    if row["verify_time"] != EPOCH:
        message["verify_time"] = rfc3339_seconds(row["verify_time"])
    return message
