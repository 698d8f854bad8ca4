"""TEAMS_GIFT_LIST, TEAMS_GIFT_CONTRIBUTE and TEAMS_GIFT_CLAIM."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from kizuna.clock import Clock
from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record
from kizuna.teams import catalogue
from kizuna.teams.config.shapes import Gift, TeamsConfig
from kizuna.teams.errors import (
    bad_input,
    gift_contributor_full,
    gift_full,
    gift_not_active,
    gift_not_found,
    insufficient_currency,
)
from kizuna.teams.functions import Reading, Reply, Request, Served, Writing
from kizuna.teams.gifts import purging, queries
from kizuna.teams.gifts.iterations import Iteration, current, ended_at, previous
from kizuna.teams.gifts.standing import LARGEST, Standing
from kizuna.teams.held import SERVER, Actor, Held, View
from kizuna.teams.rewards.granting import Rewards
from kizuna.teams.rewards.sources import Source, SourceKind
from kizuna.wallets.service import WalletError, Wallets, WalletUpdate


class _Wanted(NamedTuple):
    """An iteration as a user sees it: the parameters of `queries.STANDING`."""

    team_id: str
    gift_id: str
    start_sec: int
    user_id: str


class TeamGifts:
    """Gifts that members contribute to together, and whose rewards each of them claims."""

    def __init__(
        self,
        database: Database,
        rewards: Rewards,
        wallets: Wallets,
        clock: Clock,
    ) -> None:
        self._database = database
        self._rewards = rewards
        self._wallets = wallets
        self._clock = clock
        self._rows: SharedReads[_Wanted, Record] = SharedReads(self._read)

    async def clean_up(self) -> None:
        """Clear away iterations that nobody can claim anything from any more."""
        await purging.clean_up(self._database, int(self._clock.unix()))

    def functions(self) -> list[Served]:
        return [
            Reading(catalogue.GIFT_LIST, self.listed),
            Writing(catalogue.GIFT_CONTRIBUTE, self.contribute),
            Writing(catalogue.GIFT_CLAIM, self.claim),
        ]

    async def listed(self, view: View, request: Request) -> Reply:
        """The `TeamGiftList`: every gift's present iteration, and the one before it where the caller has
        something left to claim."""
        gifts = await asyncio.gather(
            *(self._standings(view, id, gift) for id, gift in sorted(view.config.gifts.items()))
        )
        messages = [standing.message(view.now) for standings in gifts for standing in standings]
        return {"gifts": messages} if messages else {}

    async def contribute(self, held: Held, request: Request) -> Reply:
        """Pay for as many units as fit, and be rewarded for each; the `TeamGiftContributeAck`.

        400 as in T-462. `ValueError` for the server, which has no wallet to pay from.
        """
        actor = _player(held)
        gift_id, gift = _found(held.config, request)
        wanted = request.get("count", 0)
        if wanted < 1:
            raise bad_input()
        iteration = current(gift, held.now)
        if iteration is None or not iteration.takes_contributions(held.now):
            raise gift_not_active()
        standing = await self._held(held, gift_id, gift, iteration)
        count = _fitting(standing, wanted, self._most_rolls(gift))
        await self._charge(held, actor, standing, count)
        await _store(held, actor, standing, count)
        reply: Reply = {"count": str(count)}
        if gift.contribution_reward is not None:
            source = Source(SourceKind.GIFT_CONTRIBUTE_REWARD, gift_id)
            reply["reward"] = await self._rewards.grant_personal(
                held, gift.contribution_reward, source, times=count
            )
        return reply | {"gift": (await self._held(held, gift_id, gift, iteration)).message(held.now)}

    async def claim(self, held: Held, request: Request) -> Reply:
        """Take the rewards of all thresholds that are crossed, each once; the `TeamGiftClaimAck`.

        400 as in T-463. `ValueError` for the server, which rewards are not for.
        """
        actor = _player(held)
        gift_id, gift = _found(held.config, request)
        iteration = ended_at(gift, request.get("end_time_sec", 0), held.now)
        if iteration is None:
            raise gift_not_active()
        standing = await self._held(held, gift_id, gift, iteration)
        thresholds = [min_count for min_count, _ in standing.unclaimed]
        if thresholds:
            key = (held.team_id, gift_id, iteration.start, actor.user_id)
            await held.tx.write(queries.CLAIM, *key, thresholds, held.now)
        source = Source(SourceKind.GIFT_CLAIM, gift_id)
        rewards = [
            await self._rewards.grant_personal(held, reward, source) for _, reward in standing.claimable
        ]
        reply: Reply = {"gift": standing.after_claim().message(held.now)}
        return reply | ({"rewards": rewards} if rewards else {})

    async def _standings(self, view: View, gift_id: str, gift: Gift) -> list[Standing]:
        """What the list has of one gift, the newest first."""
        present = current(gift, view.now)
        if present is None:
            return []
        before = previous(gift, present)
        iterations = [present] if before is None else [present, before]
        newest, *older = await asyncio.gather(*(self._seen(view, gift_id, gift, one) for one in iterations))
        return [newest, *(standing for standing in older if standing.claimable)]

    async def _seen(self, view: View, gift_id: str, gift: Gift, iteration: Iteration) -> Standing:
        user_id = view.actor.user_id if view.actor else None
        row = await self._rows(_Wanted(view.team_id, gift_id, iteration.start, user_id or SERVER.user_id))
        return Standing.of(gift_id, gift, iteration, user_id, row)

    async def _held(self, held: Held, gift_id: str, gift: Gift, iteration: Iteration) -> Standing:
        """How an iteration stands, with what this very call has done."""
        user_id = _player(held).user_id
        wanted = _Wanted(held.team_id, gift_id, iteration.start, user_id)
        [row] = await held.tx.read(queries.STANDING, *_columns([wanted]))
        return Standing.of(gift_id, gift, iteration, user_id, row)

    def _most_rolls(self, gift: Gift) -> int | None:
        """How often one call rolls the reward of each unit, None for any number."""
        reward = gift.contribution_reward
        return None if reward is None else self._rewards.most_times(reward)

    async def _charge(self, held: Held, actor: Actor, standing: Standing, count: int) -> None:
        """Take the cost of so many units from the player's wallet. 400 where that holds too little."""
        source = Source(SourceKind.GIFT_CONTRIBUTE_COST, standing.gift_id)
        amounts = {currency: amount * count for currency, amount in standing.gift.unit_cost.items()}
        if any(amount > LARGEST for amount in amounts.values()):
            raise insufficient_currency()
        cost = await self._rewards.cost(held, amounts, source)
        if not cost:
            return
        await self._rewards.hold_receivers(held, standing.gift.contribution_reward)
        metadata = {"source": source.kind.value, "team_id": held.team_id, "source_id": source.id}
        changes = {currency: -amount for currency, amount in cost.items()}
        try:
            await self._wallets.update_within(
                held.tx, [WalletUpdate(actor.user_id, changes, metadata)], update_ledger=True
            )
        except WalletError as error:
            raise insufficient_currency() from error

    async def _read(self, wanted: Sequence[_Wanted]) -> Sequence[Record]:
        return await self._database.read(queries.STANDING, *_columns(wanted))


def _columns(wanted: Sequence[_Wanted]) -> tuple[Sequence[Any], ...]:
    return tuple(zip(*wanted, strict=True))


def _player(held: Held) -> Actor:
    if held.actor is None:
        raise ValueError("the server neither contributes to gifts nor claims their rewards")
    return held.actor


def _found(config: TeamsConfig, request: Request) -> tuple[str, Gift]:
    gift_id = request.get("gift_id", "")
    gift = config.gifts.get(gift_id)
    if gift is None:
        raise gift_not_found()
    return gift_id, gift


def _fitting(standing: Standing, wanted: int, most_rolls: int | None) -> int:
    """How many units of those that are offered the gift takes in one call. 400 for none."""
    if standing.left_to_contributor == 0:
        raise gift_contributor_full()
    if standing.left == 0:
        raise gift_full()
    limits = (wanted, LARGEST - standing.count, standing.remaining, most_rolls)
    fitting = min(limit for limit in limits if limit is not None)
    if not fitting:
        raise gift_full()
    return fitting


async def _store(held: Held, actor: Actor, standing: Standing, count: int) -> None:
    iteration = standing.iteration
    key = (held.team_id, standing.gift_id, iteration.start, iteration.expiry)
    await held.tx.write(queries.CONTRIBUTE, *key, actor.user_id, count, held.now, standing.next_position)
