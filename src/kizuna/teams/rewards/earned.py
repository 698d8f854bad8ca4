"""A reward that was rolled and not yet given, and the `Reward` message of it."""

from dataclasses import dataclass

from kizuna.teams.rewards.rolling import Rolled
from kizuna.wire.encode import JsonObject, omit_empty


@dataclass(slots=True)
class Earned:
    """What the parts of a reward came to; a part of None is not configured.

    Expiries are as configured: 0 gives the part at once, anything else sends it to the mailbox.
    """

    own: Rolled | None = None
    team: Rolled | None = None
    member: Rolled | None = None
    own_expiry_sec: int = 0
    team_expiry_sec: int = 0
    text: str = ""

    def add(self, other: "Earned") -> None:
        """Sum up with another roll of the same reward."""
        for one, more in ((self.own, other.own), (self.team, other.team), (self.member, other.member)):
            if one is not None and more is not None:
                one.add(more)

    def multiply(self, times: int) -> None:
        """As so many rolls that come to the same amounts, and to nothing else."""
        for part in (self.own, self.team, self.member):
            if part is not None:
                part.multiply(times)

    def message(self, time_sec: int) -> JsonObject:
        """The `Reward` message before anything of it is given."""
        own, team, member = (
            None if part is None else part_message(part, time_sec)
            for part in (self.own, self.team, self.member)
        )
        if own is not None:
            mark_mailed(own, self.own_expiry_sec)
        if team is not None:
            mark_mailed(team, self.team_expiry_sec)
        return reward_message(own, team, member, self.text)


def reward_message(
    own: JsonObject | None, team: JsonObject | None = None, member: JsonObject | None = None, text: str = ""
) -> JsonObject:
    """The `Reward` message of its parts."""
    message = dict(own or {})
    if team is not None or member is not None:
        message["team_reward"] = {**(team or {})}
    if member is not None:
        message["team_reward"]["member_reward"] = member
    if text:
        message["message"] = text
    return message


def part_message(rolled: Rolled, time_sec: int) -> JsonObject:
    """What a `Reward`, a `TeamReward` and a `TeamMemberReward` have in common, without instances."""
    message: JsonObject = {
        "items": _texts(rolled.items),
        "currencies": _texts(rolled.currencies),
        "energies": dict(rolled.energies),
        "energy_modifiers": list(rolled.energy_modifiers),
        "reward_modifiers": list(rolled.reward_modifiers),
        "grant_time_sec": str(time_sec),
    }
    return omit_empty(message)


def mark_mailed(part: JsonObject, expiry_sec: int) -> None:
    """Tell in a part's message that it goes to the mailbox, if it does."""
    if expiry_sec:
        part["to_mailbox_expiry_sec"] = str(expiry_sec)


def _texts(amounts: dict[str, int]) -> dict[str, str]:
    return {id: str(amount) for id, amount in amounts.items()}
