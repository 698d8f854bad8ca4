"""The order within a cohort, and what a rank does to a team's tier (T-298, T-299, T-333). No I/O."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self

import orjson

from kizuna.teams.config.shapes import ChangeZone, EventLeaderboard
from kizuna.teams.events.iterations import Iteration, missed
from kizuna.teams.events.rules import reward_range, rules_of
from kizuna.teams.row import Row

#: Shares of a cohort are fractions that binary numbers only come close to: 10 × 0.3 is 3 teams.
_TOLERANCE = 1e-9


def ranked(scores: Iterable[Row], *, ascending: bool) -> list[Row]:
    """Scores in the order of their ranks, which are 1 to n.

    Teams that submitted come first, then the others as they joined. `update_order` is the microsecond of the
    submission, or of the joining.
    """
    return sorted(scores, key=_team_order(1 if ascending else -1))


def ranked_contributions(contributions: Iterable[Row], *, ascending: bool) -> list[Row]:
    """Members' contributions, best first."""
    sign = 1 if ascending else -1
    return sorted(
        contributions,
        key=lambda row: (sign * row["score"], sign * row["subscore"], row["update_sec"], row["id"]),
    )


def _team_order(sign: int) -> Callable[[Row], tuple[Any, ...]]:
    def order(row: Row) -> tuple[Any, ...]:
        if not row["num_scores"]:
            return (1, row["create_sec"], row["update_order"], row["id"])
        score, subscore = sign * row["score"], sign * row["subscore"]
        return (0, score, subscore, row["update_sec"], row["update_order"], row["id"])

    return order


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a cohort of `count` teams, with room for `size`, came to for one of them."""

    rank: int
    count: int
    size: int
    submitted: bool

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(**orjson.loads(text))

    def text(self) -> str:
        return orjson.dumps(asdict(self)).decode()


def tier_change(event: EventLeaderboard, tier: int, outcome: Outcome) -> int:
    """How many tiers a team rises, below zero for how many it falls."""
    zone = event.change_zones.get(tier)
    if zone is not None:
        return _change_in_zone(zone, outcome)
    reached = reward_range(event, tier, outcome.rank)
    change = reached.tier_change if reached else 0
    return change if outcome.submitted else min(change, 0)


def _change_in_zone(zone: ChangeZone, outcome: Outcome) -> int:
    if zone.demote_idle and not outcome.submitted:
        return -1
    count = outcome.size if zone.use_max_cohort_size else outcome.count
    if outcome.submitted and outcome.rank <= count * zone.promotion + _TOLERANCE:
        return 1
    if outcome.rank > count - count * zone.demotion + _TOLERANCE:
        return -1
    return 0


def keeps_roll_count(event: EventLeaderboard, tier: int, outcome: Outcome) -> bool:
    """Whether the roll after this outcome is not counted (T-336)."""
    reached = reward_range(event, tier, outcome.rank)
    if reached is not None and reached.reroll_count_freeze:
        return True
    zone = event.change_zones.get(tier)
    if zone is None:
        return False
    change = tier_change(event, tier, outcome)
    if change == 0:
        return zone.nochange_reroll_count_freeze
    return zone.promotion_reroll_count_freeze if change > 0 else zone.demotion_reroll_count_freeze


def next_tier(
    event: EventLeaderboard, tier: int, last: Iteration, outcome: Outcome | None, target: Iteration
) -> int:
    """The tier in which a team is rolled after a cohort of another tier (T-305).

    An outcome of None changes nothing by itself: the team is no longer in that cohort.
    """
    after = tier + (tier_change(event, tier, outcome) if outcome else 0)
    if target.start != last.start:
        after += rules_of(event, tier).tier_delta_per_phase
        # More than that would not be seen: there is nothing below 0.
        after -= missed(event, last, target, min(event.max_idle_tier_drop, max(after, 0)))
    return min(max(after, 0), event.tiers - 1)
