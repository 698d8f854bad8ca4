"""Giving rewards to whom they are for (T-166 to T-176)."""

from collections.abc import Mapping
from random import Random, SystemRandom

from kizuna.notifications.service import Notifications
from kizuna.teams.held import Held, RowsPart
from kizuna.teams.hooks import TeamHooks
from kizuna.teams.mailbox.entries import Mailbox
from kizuna.teams.rewards.earned import Earned, mark_mailed, part_message, reward_message
from kizuna.teams.rewards.earning import Earning, Pace, most_times
from kizuna.teams.rewards.landing import Landing
from kizuna.teams.rewards.member_grants import MemberGrants, active_members, with_instances
from kizuna.teams.rewards.modifiers import Modifiers
from kizuna.teams.rewards.parcels import pack, unpack
from kizuna.teams.rewards.replaced import BadReward, read_reward
from kizuna.teams.rewards.rolling import LARGEST, Rolled
from kizuna.teams.rewards.shapes import Reward
from kizuna.teams.rewards.sources import Source, SourceKind
from kizuna.teams.wallet.balances import Wallet
from kizuna.wallets.service import Wallets
from kizuna.wire.encode import JsonObject

#: The parts that nearly every call needs that gives a team a reward.
GRANTING: tuple[type[RowsPart], ...] = (Modifiers, Wallet)


class Rewards:
    """Rolls rewards and gives them to teams and players, as part of the call that earns them.

    Answers are `Reward` messages: what was really given, all int64 as text. 400 where a balance of the team
    or of a player would go beyond 64 bits; that of a player comes to light when the call ends.
    """

    def __init__(self, wallets: Wallets, notifications: Notifications, hooks: TeamHooks) -> None:
        self._wallets = wallets
        self._notifications = notifications
        self._hooks = hooks
        #: The one source of chance; tests put a seeded one in its place.
        self.random: Random = SystemRandom()
        self._pace = Pace()

    async def grant(self, held: Held, reward: Reward, source: Source) -> JsonObject:
        """Roll a reward of the team's and give it: to the team, its mailbox and its members."""
        [granted] = await self.grant_many(held, reward, 1, source)
        return granted

    async def grant_many(self, held: Held, reward: Reward, times: int, source: Source) -> list[JsonObject]:
        """Do so several times, one after the other; the `Reward` message of each."""
        giving = self._giving(held, source)
        granted = []
        async for _ in self._pace.rounds(times):
            earned = await self._replaced(held, await giving.earning.roll(reward), source)
            granted.append(await giving.give(earned))
        await giving.landing.finish()
        return granted

    async def grant_personal(
        self, held: Held, reward: Reward, source: Source, *, times: int = 1
    ) -> JsonObject:
        """Roll a reward so many times, and give its sum to the player who calls and to the team (T-171).

        `times` may be at most what `most_times` says.
        """
        if held.actor is None:
            raise ValueError("a personal reward needs a player")
        giving = self._giving(held, source)
        earned = await giving.earning.roll_personal(reward, times)
        earned = await self._replaced(held, earned, source, personal=True)
        granted = await giving.give_personal(earned, held.actor.user_id)
        await giving.landing.finish()
        return granted

    def most_times(self, reward: Reward) -> int | None:
        """How often `grant_personal` can roll a reward at once; None for any number."""
        return most_times(reward)

    async def open_parcel(self, held: Held, parcel: str, source: Source) -> JsonObject:
        """Give what a mailbox entry holds; the item limits of now apply."""
        earned, time_sec = unpack(parcel, held.config)
        earned = await self._replaced(held, earned, source, time_sec=time_sec)
        earned.own_expiry_sec = earned.team_expiry_sec = 0
        giving = self._giving(held, source)
        granted = await giving.give(earned, time_sec)
        await giving.landing.finish()
        return granted

    async def send_to_mailbox(self, held: Held, reward: Reward, source: Source) -> JsonObject:
        """Roll a reward into a new mailbox entry whatever its own setting; the `RewardMailboxEntry`.

        It expires as the reward says, or never. What members get they get at once.
        """
        giving = self._giving(held, source)
        earned = await giving.earning.roll(reward)
        await giving.give_members(earned.member)
        expiry_sec = earned.own_expiry_sec or earned.team_expiry_sec or -1
        if earned.team and not earned.own:
            earned.own = None
        return await giving.mail(Earned(own=earned.own, team=earned.team, text=earned.text), expiry_sec)

    async def cost(self, held: Held, currencies: Mapping[str, int], source: Source) -> dict[str, int]:
        """What a player is charged, once the game's hook has looked at it: amounts by currency."""
        earned = Earned(own=Rolled(currencies={id: amount for id, amount in currencies.items() if amount}))
        answer = await self._replaced(held, earned, source, personal=True)
        if answer.team is not None or answer.own is None or answer.own.in_kind:
            raise BadReward(f"the reward hook answered for {source.named}: a cost is in currencies alone")
        return answer.own.currencies

    async def hold_receivers(self, held: Held, *rewards: Reward | None) -> None:
        """Lock the caller and everybody whom these rewards may be given to, by ascending id (T-028).

        To be called before the caller's wallet is changed, if a reward follows.
        """
        users = {held.actor.user_id} if held.actor else set()
        if any(reward and reward.team_reward and reward.team_reward.member_reward for reward in rewards):
            users.update(await active_members(held))
        await self._wallets.hold(held.tx, users)

    def _giving(self, held: Held, source: Source) -> "_Giving":
        earning = Earning(held, self.random, self._pace)
        return _Giving(held, source, earning, (self._wallets, self._notifications))

    async def _replaced(
        self,
        held: Held,
        earned: Earned,
        source: Source,
        *,
        personal: bool = False,
        time_sec: int | None = None,
    ) -> Earned:
        """What the game has granted in place of what was rolled at a time, by default now (T-167)."""
        if source.kind is SourceKind.MAILBOX_GRANT:
            return earned
        time_sec = held.now if time_sec is None else time_sec
        answer = await self._hooks.reward(held.team_id, held.actor, source, earned.message(time_sec))
        # Compared with another message: the hook may have changed its own.
        if answer == earned.message(time_sec):
            return earned
        try:
            return read_reward(answer, earned, held.config, personal=personal)
        except BadReward as error:
            raise BadReward(f"the reward hook answered for {source.named}: {error}") from error


class _Giving:
    """Puts in their places what one call earns from one source."""

    def __init__(
        self, held: Held, source: Source, earning: Earning, services: tuple[Wallets, Notifications]
    ) -> None:
        self._held = held
        self._source = source
        self._services = services
        self.earning = earning
        self.landing = Landing(held, source)

    async def give(self, earned: Earned, time_sec: int | None = None) -> JsonObject:
        """Give a reward of the team's that was rolled at a time, by default now."""
        time_sec = self._held.now if time_sec is None else time_sec
        own = await self._place(Earned(own=earned.own, text=earned.text), earned.own_expiry_sec, time_sec)
        team = await self._place(Earned(team=earned.team), earned.team_expiry_sec, time_sec)
        member = await self.give_members(earned.member)
        return reward_message(own, team, member, earned.text)

    async def give_personal(self, earned: Earned, user_id: str) -> JsonObject:
        """Give a reward whose own contents are a player's."""
        own = None
        if earned.own is not None:
            instances = self.earning.loose_instances(earned.own)
            (await self._member_grants()).give_player(user_id, self._source, earned.own, instances)
            own = with_instances(part_message(earned.own, self._held.now), instances)
        team = await self._place(Earned(team=earned.team), earned.team_expiry_sec, self._held.now)
        member = await self.give_members(earned.member)
        return reward_message(own, team, member, earned.text)

    async def give_members(self, rolled: Rolled | None) -> JsonObject | None:
        """Give everybody in the team the same."""
        if rolled is None:
            return None
        instances = self.earning.loose_instances(rolled)
        (await self._member_grants()).give_members(self._source, rolled, instances)
        return with_instances(part_message(rolled, self._held.now), instances)

    async def mail(self, earned: Earned, expiry_sec: int) -> JsonObject:
        """A new mailbox entry; one with an expiry below 0 stays (T-172)."""
        for rolled in (earned.own, earned.team):
            if rolled is not None:
                self.earning.settle(rolled)
        now = self._held.now
        until = None if expiry_sec < 0 else min(now + expiry_sec, LARGEST)
        mailbox = await self._held.part(Mailbox)
        return await mailbox.put(self._held, earned.message(now), pack(earned, now), until)

    async def _place(self, single: Earned, expiry_sec: int, time_sec: int) -> JsonObject | None:
        """Give one part to the team, or send it to the mailbox; its message.

        A part that came to nothing goes nowhere: there would be nothing to claim.
        """
        rolled = single.own if single.own is not None else single.team
        if rolled is None:
            return None
        if not (expiry_sec and rolled):
            self.earning.settle(rolled)
            return await self.landing.land(rolled, time_sec)
        await self.mail(single, expiry_sec)
        message = part_message(rolled, time_sec)
        mark_mailed(message, expiry_sec)
        return message

    async def _member_grants(self) -> MemberGrants:
        return (await self._held.part(MemberGrants)).use(*self._services)
