"""Whoever has a say in what becomes of groups: a feature for which some of them are more than groups."""

from collections.abc import Sequence
from typing import Protocol

from kizuna.db.engine import Transaction


class GroupGuard(Protocol):
    """Asked before groups change, in the transaction that is about to change them and holds their rows.

    What it raises ends the change. Of users it may lock those who are to enter, in the order of their ids:
    no others are locked at that time.
    """

    async def before_entry(self, tx: Transaction, group_id: str, user_ids: Sequence[str]) -> None:
        """Users are to become members, but for those who are already."""

    async def before_request(self, tx: Transaction, group_id: str, user_id: str) -> None:
        """A user asks to become a member, or is one already. No user's row may be locked here."""

    async def before_new_metadata(self, tx: Transaction, group_id: str, metadata: str) -> None:
        """A group's metadata is to be replaced by the JSON object of this text."""

    async def before_deletion(self, tx: Transaction, group_ids: Sequence[str]) -> None:
        """Groups are to be deleted."""
