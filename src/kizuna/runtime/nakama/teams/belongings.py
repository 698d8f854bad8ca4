"""What teams own, for game code: wallets, inventories, mailboxes, and the store and gifts that fill them."""

from collections.abc import Mapping, Sequence
from typing import Any

from kizuna.runtime.api.teams import (
    InventoryConsumeRewards,
    InventoryItem,
    RewardMailboxEntry,
    TeamGift,
    TeamGiftClaimAck,
    TeamGiftContributeAck,
    TeamMemberReward,
    TeamStore,
    TeamStorePurchaseAck,
    TeamWallet,
)
from kizuna.runtime.nakama.teams.base import TeamCalls, reward_of
from kizuna.runtime.team_data import ItemProperties, MemberGrant
from kizuna.runtime.team_messages import read, read_list, read_map
from kizuna.runtime.values import flag_of, item_of, limit_of, text_of, uuid_of
from kizuna.teams import catalogue
from kizuna.teams.functions import Reply
from kizuna.teams.held import Held
from kizuna.teams.rewards.grant_pages import member_grants
from kizuna.teams.wallet.ledger_pages import LedgerEntry, ledger_page


class WalletAndStoreCalls(TeamCalls):
    """A team's wallet, and what it buys."""

    async def wallet_get(self, team_id: str, *, user_id: str | None = None) -> TeamWallet:
        """A team's balances."""
        return read(TeamWallet, await self._ask(catalogue.WALLET_GET, team_id, user_id))

    async def wallet_grant(
        self, team_id: str, currencies: Mapping[str, int], *, user_id: str | None = None
    ) -> TeamWallet:
        """Add to a team's balances, amounts above 0; its balances then."""
        reply = await self._ask(catalogue.WALLET_GRANT, team_id, user_id, currencies=dict(currencies))
        return read(TeamWallet, reply)

    async def ledger_list(
        self, team_id: str, *, limit: int = 100, cursor: str = ""
    ) -> tuple[list[LedgerEntry], str]:
        """A page of the changes of what a team has, the newest first, and the cursor to the next one, "" for
        none.

        `limit` is 0 to 100. `ApiError` for a cursor that is none. A team that does not exist has no changes.
        """
        return await ledger_page(
            self._teams_database,
            uuid_of(team_id, "team id"),
            limit_of(limit, 0, 100),
            text_of(cursor, "cursor"),
        )

    async def store_get(self, team_id: str, *, user_id: str | None = None) -> TeamStore:
        """What a team can buy."""
        return read(TeamStore, await self._ask(catalogue.STORE_GET, team_id, user_id))

    async def store_purchase(
        self, team_id: str, item_id: str, *, user_id: str | None = None
    ) -> TeamStorePurchaseAck:
        """Buy something from the team's wallet."""
        reply = await self._ask(catalogue.STORE_PURCHASE, team_id, user_id, item_id=item_id)
        return read(TeamStorePurchaseAck, reply)


class InventoryCalls(TeamCalls):
    """A team's items."""

    async def inventory_codex(
        self, team_id: str, *, category: str = "", user_id: str | None = None
    ) -> dict[str, InventoryItem]:
        """All items that there are, by their ids."""
        return _items(await self._ask(catalogue.INVENTORY_LIST, team_id, user_id, item_category=category))

    async def inventory_list(
        self, team_id: str, *, category: str = "", user_id: str | None = None
    ) -> dict[str, InventoryItem]:
        """All that a team has, by instance ids."""
        function = catalogue.INVENTORY_LIST_INVENTORY
        return _items(await self._ask(function, team_id, user_id, item_category=category))

    async def inventory_consume(
        self,
        team_id: str,
        items: Mapping[str, int] | None = None,
        *,
        instances: Mapping[str, int] | None = None,
        overconsume: bool = False,
        user_id: str | None = None,
    ) -> InventoryConsumeRewards:
        """Consume so many of items, by item ids and by instance ids: all or, with `overconsume`, what is
        there."""
        reply = await self._ask(
            catalogue.INVENTORY_CONSUME,
            team_id,
            user_id,
            items=dict(items or {}),
            instances=dict(instances or {}),
            overconsume=flag_of(overconsume, "overconsume"),
        )
        return read(InventoryConsumeRewards, reply)

    async def inventory_grant(
        self,
        team_id: str,
        items: Mapping[str, int],
        *,
        properties: Mapping[str, ItemProperties] | None = None,
        user_id: str | None = None,
    ) -> dict[str, InventoryItem]:
        """Add so many of items, as far as their limits allow; all that the team has then.

        `properties` are set on the instances, by item ids.
        """
        reply = await self._ask(
            catalogue.INVENTORY_GRANT,
            team_id,
            user_id,
            items=dict(items),
            properties=None if properties is None else _properties(properties),
        )
        return _items(reply.get("inventory", {}))

    async def inventory_update(
        self,
        team_id: str,
        item_updates: Mapping[str, ItemProperties],
        *,
        user_id: str | None = None,
    ) -> dict[str, InventoryItem]:
        """Set properties of instances, by their ids; all that the team has then."""
        reply = await self._ask(
            catalogue.INVENTORY_UPDATE, team_id, user_id, item_updates=_properties(item_updates)
        )
        return _items(reply.get("inventory", {}))


class MailboxCalls(TeamCalls):
    """A team's mailbox."""

    async def mailbox_list(
        self, team_id: str, *, limit: int = 100, cursor: str = "", user_id: str | None = None
    ) -> tuple[list[RewardMailboxEntry], str]:
        """A page of a team's mailbox, the newest first, and the cursor to the next one, "" for none.

        `limit` is at most 100.
        """
        reply = await self._ask(catalogue.MAILBOX_LIST, team_id, user_id, limit=limit, cursor=cursor)
        return read_list(RewardMailboxEntry, reply.get("entries")), reply.get("cursor", "")

    async def mailbox_claim(
        self, team_id: str, entry_id: str, *, delete: bool = False, user_id: str | None = None
    ) -> RewardMailboxEntry:
        """Give the team what an entry holds, once however often it is claimed."""
        reply = await self._ask(
            catalogue.MAILBOX_CLAIM, team_id, user_id, entry_id=entry_id, delete=flag_of(delete, "delete")
        )
        return read(RewardMailboxEntry, reply)

    async def mailbox_delete(
        self, team_id: str, entry_ids: Sequence[str], *, user_id: str | None = None
    ) -> None:
        """Delete entries, claimed or not; those that do not exist do not matter."""
        await self._ask(catalogue.MAILBOX_DELETE, team_id, user_id, entry_ids=list(entry_ids))

    async def mailbox_grant(self, team_id: str, reward: Mapping[str, Any]) -> RewardMailboxEntry:
        """Roll a reward into a new entry of a team's mailbox.

        The reward has the form in which the configuration has rewards: `{"guaranteed": {"currencies":
        {"gold": {"min": 10}}}}`. ValueError, with the reasons, for what is none.
        """

        async def work(held: Held) -> RewardMailboxEntry:
            entry = await self._teams.mailboxes.grant(held, reward_of(reward, held.config))
            return read(RewardMailboxEntry, entry)

        return await self._change(team_id, work)


class GiftCalls(TeamCalls):
    """Gifts and grants. Members contribute to gifts; grants are what players have got from teams."""

    async def gift_list(self, team_id: str, *, user_id: str | None = None) -> list[TeamGift]:
        """A team's gifts, as the player sees them."""
        return read_list(TeamGift, (await self._ask(catalogue.GIFT_LIST, team_id, user_id)).get("gifts"))

    async def gift_contribute(
        self, team_id: str, user_id: str, gift_id: str, count: int
    ) -> TeamGiftContributeAck:
        """Contribute as a player, who pays."""
        reply = await self._ask(
            catalogue.GIFT_CONTRIBUTE, team_id, uuid_of(user_id), gift_id=gift_id, count=count
        )
        return read(TeamGiftContributeAck, reply)

    async def gift_claim(
        self, team_id: str, user_id: str, gift_id: str, *, end_time_sec: int = 0
    ) -> TeamGiftClaimAck:
        """Claim as a player; `end_time_sec` means the past round that ended then."""
        reply = await self._ask(
            catalogue.GIFT_CLAIM, team_id, uuid_of(user_id), gift_id=gift_id, end_time_sec=end_time_sec
        )
        return read(TeamGiftClaimAck, reply)

    async def member_grants(
        self, user_id: str, *, limit: int = 100, cursor: str = ""
    ) -> tuple[list[MemberGrant], str]:
        """A page of what a player got from teams and the server keeps nowhere else (items, energies,
        modifiers), the newest first, and the cursor to the next one, "" for none.

        `limit` is 0 to 100. `ApiError` for a cursor that is none.
        """
        grants, following = await member_grants(
            self._teams_database, uuid_of(user_id), limit_of(limit, 0, 100), text_of(cursor, "cursor")
        )
        found = [
            MemberGrant(
                each.id,
                each.team_id,
                each.source,
                each.source_id,
                read(TeamMemberReward, each.reward),
                each.create_time,
            )
            for each in grants
        ]
        return found, following


def _items(reply: Reply) -> dict[str, InventoryItem]:
    return read_map(InventoryItem, reply.get("items"))


def _properties(properties: Mapping[str, ItemProperties]) -> dict[str, Any]:
    """As requests have them."""
    return {
        id: {"string_properties": dict(each.strings), "numeric_properties": dict(each.numbers)}
        for id, each in properties.items()
        if item_of(each, ItemProperties, "properties")
    }
