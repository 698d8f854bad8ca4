"""What an event leaderboard's tiers have of their own (T-145)."""

from dataclasses import dataclass, fields

from kizuna.teams.config.shapes import EventLeaderboard, RewardTier


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What counts in one tier. Limits and targets of 0 are none."""

    name: str
    description: str
    cohort_size: int
    max_num_score: int
    score_target: int
    score_target_players: int
    score_time_limit_sec: int
    tier_delta_per_phase: int


_NAMES = tuple(field.name for field in fields(Rules))


def rules_of(event: EventLeaderboard, tier: int) -> Rules:
    """The event's own rules, with what its tier has otherwise."""
    override = event.tier_overrides.get(tier)
    return Rules(**{name: getattr(override, name, None) or getattr(event, name) for name in _NAMES})


def reward_range(event: EventLeaderboard, tier: int, rank: int) -> RewardTier | None:
    """The range of ranks that a rank lies in, of those that a tier rewards (T-327)."""
    for candidate in event.reward_tiers.get(tier, ()):
        if candidate.rank_min <= rank <= candidate.rank_max:
            return candidate
    return None
