"""What players get from rewards: all that one call gives them, at its end and in one go (T-170, T-171).

Currencies go to the wallets of their accounts. Items, energies and modifiers have no system here that would
keep them: they are noted in a log, and told to the player by a notification, for game code to make something
of them.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import orjson

from kizuna.notifications.service import NewNotification, Notifications
from kizuna.teams.errors import balance_out_of_range
from kizuna.teams.held import Held
from kizuna.teams.rewards import queries
from kizuna.teams.rewards.earned import part_message
from kizuna.teams.rewards.rolling import Rolled
from kizuna.teams.rewards.sources import Source
from kizuna.wallets.service import WalletError, Wallets, WalletUpdate
from kizuna.wire.encode import JsonObject

#: Of the notifications. A positive one, as game code has them: clients of Hiro know it by this.
NOTIFICATION_CODE = 101
NOTIFICATION_SUBJECT = "team_reward"

#: What the account wallet's ledger says of the source.
_LEDGER_SOURCE = "team_reward"


@dataclass(slots=True)
class _Sum:
    """What one source came to for the same players."""

    rolled: Rolled = field(default_factory=Rolled)
    instances: JsonObject = field(default_factory=dict)

    def add(self, rolled: Rolled, instances: JsonObject) -> None:
        self.rolled.add(rolled)
        self.instances |= instances

    def message(self, time_sec: int) -> JsonObject:
        return with_instances(part_message(self.rolled, time_sec), self.instances)


class _Gift(NamedTuple):
    user_id: str
    source: Source
    sum: _Sum


class MemberGrants:
    """What a call gives to players. A player has one update of the wallet and one entry of the log from each
    source, however often it was rolled."""

    def __init__(self) -> None:
        self._to_members: dict[Source, _Sum] = {}
        self._to_players: dict[tuple[str, Source], _Sum] = {}
        self._wallets: Wallets | None = None
        self._notifications: Notifications | None = None

    @classmethod
    async def load(cls, held: Held) -> Self:
        return cls()

    def use(self, wallets: Wallets, notifications: Notifications) -> Self:
        """Deliver by these."""
        self._wallets, self._notifications = wallets, notifications
        return self

    def give_members(self, source: Source, rolled: Rolled, instances: JsonObject) -> None:
        """Give one and the same to everybody who belongs to the team."""
        if rolled:
            self._to_members.setdefault(source, _Sum()).add(rolled, instances)

    def give_player(self, user_id: str, source: Source, rolled: Rolled, instances: JsonObject) -> None:
        if rolled:
            self._to_players.setdefault((user_id, source), _Sum()).add(rolled, instances)

    async def save(self, held: Held) -> None:
        """Deliver. 400 where a wallet would go beyond 64 bits."""
        if self._wallets is None or self._notifications is None:
            return
        gifts = await self._gifts(held)
        self._to_members, self._to_players = {}, {}
        if not gifts:
            return
        # All at once: who locks users one after the other may meet somebody who does so the other way round.
        present = await self._wallets.hold(held.tx, {gift.user_id for gift in gifts})
        gifts = [gift for gift in gifts if gift.user_id in present]
        await self._fill_wallets(self._wallets, held, gifts)
        in_kind = [gift for gift in gifts if gift.sum.rolled.in_kind]
        if in_kind:
            await self._note(self._notifications, held, in_kind)

    async def _gifts(self, held: Held) -> list[_Gift]:
        gifts = [_Gift(user_id, source, sum) for (user_id, source), sum in self._to_players.items()]
        if self._to_members:
            for member in await active_members(held):
                gifts += [_Gift(member, source, sum) for source, sum in self._to_members.items()]
        return gifts

    async def _fill_wallets(self, wallets: Wallets, held: Held, gifts: Iterable[_Gift]) -> None:
        updates = [
            WalletUpdate(gift.user_id, gift.sum.rolled.currencies, _metadata(held.team_id, gift.source))
            for gift in gifts
            if gift.sum.rolled.currencies
        ]
        if not updates:
            return
        try:
            await wallets.update_within(held.tx, updates, update_ledger=True)
        except WalletError as error:
            raise balance_out_of_range() from error

    async def _note(self, notifications: Notifications, held: Held, gifts: list[_Gift]) -> None:
        texts = [orjson.dumps(gift.sum.message(held.now)).decode() for gift in gifts]
        await held.tx.write(
            queries.RECORD_GRANTS,
            held.team_id,
            [str(uuid.uuid4()) for _ in gifts],
            [gift.user_id for gift in gifts],
            [gift.source.kind.value for gift in gifts],
            [gift.source.id for gift in gifts],
            texts,
            held.at,
        )
        await notifications.send_within(
            held.tx,
            [
                NewNotification(gift.user_id, NOTIFICATION_SUBJECT, text, NOTIFICATION_CODE)
                for gift, text in zip(gifts, texts, strict=True)
            ],
        )


async def active_members(held: Held) -> list[str]:
    """The ids of all who belong to the team."""
    return [row["user_id"] for row in await held.tx.read(queries.ACTIVE_MEMBERS, held.team_id)]


def with_instances(part: JsonObject, instances: JsonObject) -> JsonObject:
    """A part's message with the item instances that it came to."""
    return {**part, "item_instances": instances} if instances else part


def _metadata(team_id: str, source: Source) -> dict[str, str]:
    return {"source": _LEDGER_SOURCE, "team_id": team_id, "source_id": source.id}
