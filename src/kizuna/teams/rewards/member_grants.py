"""What players get from rewards: all that one call gives them, in its end and in one go (T-170, T-171).

Currencies go to the wallets of their accounts. Items, energies and modifiers have no system here that would
keep them: they are noted in a log, and told to the player by a notification, for game code to make something
of them.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Self

import orjson

from kizuna.db.engine import Database, Record
from kizuna.notifications.service import NewNotification, Notifications
from kizuna.teams.errors import bad_input, balance_out_of_range
from kizuna.teams.held import Held
from kizuna.teams.rewards import queries
from kizuna.teams.rewards.earned import Message, part_message
from kizuna.teams.rewards.rolling import Rolled
from kizuna.teams.rewards.sources import Source
from kizuna.wallets.service import WalletError, Wallets, WalletUpdate
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.encode import parse_uuid
from kizuna.wire.microseconds import from_microseconds, to_microseconds

#: Of the notifications. A positive one, as game code has them: clients of Hiro know it by this.
NOTIFICATION_CODE = 101
NOTIFICATION_SUBJECT = "team_reward"

#: What the account wallet's ledger says of the source.
_LEDGER_SOURCE = "team_reward"
_CURSOR = "team_member_grants"


@dataclass(slots=True)
class _Sum:
    """What one source came to for the same players."""

    rolled: Rolled = field(default_factory=Rolled)
    instances: Message = field(default_factory=dict)

    def add(self, rolled: Rolled, instances: Message) -> None:
        self.rolled.add(rolled)
        self.instances |= instances

    def message(self, time_sec: int) -> Message:
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

    def give_members(self, source: Source, rolled: Rolled, instances: Message) -> None:
        """Give one and the same to everybody who belongs to the team."""
        if rolled:
            self._to_members.setdefault(source, _Sum()).add(rolled, instances)

    def give_player(self, user_id: str, source: Source, rolled: Rolled, instances: Message) -> None:
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


def with_instances(part: Message, instances: Message) -> Message:
    """A part's message with the item instances that it came to."""
    return {**part, "item_instances": instances} if instances else part


@dataclass(frozen=True, slots=True)
class MemberGrant:
    """What a player was given that nothing here keeps: a `TeamMemberReward` message."""

    id: str
    team_id: str
    source: str
    source_id: str
    reward: Message
    create_time: datetime


async def member_grants(
    database: Database, user_id: str, limit: int, cursor: str = ""
) -> tuple[list[MemberGrant], str]:
    """A page of what a player was given, newest first, and the cursor to the next, "" where there is none.

    400 for a cursor that is not of this player's grants.
    """
    after = _position(cursor, user_id) if cursor else (None, None)
    if limit <= 0:
        return [], ""
    rows = await database.read(queries.GRANTS, user_id, *after, limit + 1)
    grants = [_grant(row) for row in rows[:limit]]
    return grants, _cursor_after(user_id, grants[-1]) if len(rows) > limit else ""


def _metadata(team_id: str, source: Source) -> dict[str, str]:
    return {"source": _LEDGER_SOURCE, "team_id": team_id, "source_id": source.id}


def _grant(row: Record) -> MemberGrant:
    return MemberGrant(
        id=row["id"],
        team_id=row["team_id"],
        source=row["source"],
        source_id=row["source_id"],
        reward=orjson.loads(row["reward"]),
        create_time=row["create_time"],
    )


def _cursor_after(user_id: str, grant: MemberGrant) -> str:
    return encode_cursor(_CURSOR, (user_id, to_microseconds(grant.create_time), grant.id))


def _position(cursor: str, user_id: str) -> tuple[datetime, str]:
    """(time, id) of the last grant that was seen."""
    values = decode_cursor(_CURSOR, cursor, str, int, str)
    if values is None or values[0] != user_id or not parse_uuid(values[2]):
        raise bad_input()
    create_time = from_microseconds(values[1])
    if create_time is None:
        raise bad_input()
    return create_time, values[2]
