"""The `TeamEventLeaderboard` message (T-244 to T-292)."""

from collections.abc import Mapping
from typing import Any

import orjson

from kizuna.teams.config.shapes import ChangeZone, EventLeaderboard, RewardTier, TeamsConfig
from kizuna.teams.events.ranking import Row
from kizuna.teams.events.rules import reward_range
from kizuna.teams.events.situation import Enrolment, Situation
from kizuna.teams.functions import Reply
from kizuna.teams.rewards.available import available_rewards

_ZONE_FIELDS = (
    "promotion",
    "demotion",
    "demote_idle",
    "use_max_cohort_size",
    "promotion_reroll_count_freeze",
    "demotion_reroll_count_freeze",
    "nochange_reroll_count_freeze",
)


def leaderboard_message(
    config: TeamsConfig,
    situation: Situation,
    *,
    with_scores: bool,
    reward: Mapping[str, Any] | None = None,
) -> Reply:
    """What clients are told; `reward` is shown in place of the one that was claimed."""
    return {
        **config.derived(_of_configuration)[situation.event_id],
        **_without_empty(_of_tier(situation)),
        **_without_empty(_of_iteration(situation)),
        **(_without_empty(_of_cohort(situation, situation.current)) if situation.current else {}),
        **({"reward": reward} if reward is not None else {}),
        **(_standings(situation) if with_scores and situation.current else {}),
    }


def prepare(config: TeamsConfig) -> None:
    """Make what every call about event leaderboards needs of a configuration."""
    config.derived(_of_configuration)


def _of_configuration(config: TeamsConfig) -> dict[str, Reply]:
    """What each leaderboard's message always holds."""
    return {id: _configured(id, event) for id, event in config.event_leaderboards.items()}


def _configured(event_id: str, event: EventLeaderboard) -> Reply:
    return _without_empty(
        {
            "id": event_id,
            "category": event.category,
            "ascending": event.ascending,
            "operator": event.operator,
            "reward_tiers": {
                str(tier): _without_empty({"reward_tiers": [_reward_tier(one) for one in ranges]})
                for tier, ranges in event.reward_tiers.items()
            },
            "change_zones": {str(tier): _change_zone(zone) for tier, zone in event.change_zones.items()},
            "additional_properties": dict(event.additional_properties),
            "max_rolls": _int64(event.max_rolls),
        }
    )


def _reward_tier(one: RewardTier) -> Reply:
    message = _without_empty(
        {
            "name": one.name,
            "rank_max": one.rank_max,
            "rank_min": one.rank_min,
            "tier_change": one.tier_change,
            "roll_cooldown_sec": _int64(one.roll_cooldown_sec),
            "reroll_count_freeze": one.reroll_count_freeze,
        }
    )
    if one.reward is not None:
        message["available_rewards"] = available_rewards(one.reward)
    return message


def _change_zone(zone: ChangeZone) -> Reply:
    return _without_empty({name: getattr(zone, name) for name in _ZONE_FIELDS})


def _of_tier(situation: Situation) -> Reply:
    rules = situation.rules
    size = situation.current.size if situation.current else rules.cohort_size
    return {
        "name": rules.name,
        "description": rules.description,
        "tier": situation.tier,
        "max_count": _int64(size),
        "max_num_score": _int64(rules.max_num_score),
        "score_target": _int64(rules.score_target),
        "score_target_players": _int64(rules.score_target_players),
        "score_time_limit_sec": _int64(rules.score_time_limit_sec),
        "tier_delta_per_phase": rules.tier_delta_per_phase,
    }


def _of_iteration(situation: Situation) -> Reply:
    iteration = situation.iteration
    return {
        "start_time_sec": _int64(iteration.start if iteration else 0),
        "end_time_sec": _int64(iteration.end if iteration else 0),
        "expiry_time_sec": _int64(iteration.expiry if iteration else 0),
        "current_time_sec": _int64(situation.now),
        "is_active": situation.is_active,
        "can_claim": situation.can_claim,
        "can_roll": situation.can_roll,
        "can_roll_with_claim": situation.can_roll_with_claim,
        "can_update": situation.can_update,
        "roll_cooldown_sec": _int64(situation.roll_cooldown_sec),
    }


def _of_cohort(situation: Situation, cohort: Enrolment) -> Reply:
    message: Reply = {
        "cohort_id": cohort.cohort_id,
        "backing_id": f"{situation.event_id}.{cohort.iteration.start}",
        "count": _int64(cohort.count),
        "claim_time_sec": _int64(cohort.claim_sec),
        "rolls": _int64(cohort.rolls),
        "best_rank": _int64(cohort.best_rank),
        "roll_cooldown_ends_sec": _int64(situation.roll_cooldown_ends_sec),
        "score_time_limit_ends_sec": _int64(situation.score_time_limit_ends_sec),
        "reroll_count_freeze": situation.keeps_roll_count,
    }
    if cohort.reward is not None:
        message["reward"] = orjson.loads(cohort.reward)
    if cohort.matchmaker_properties is not None:
        message["matchmaker_properties"] = orjson.loads(cohort.matchmaker_properties)
    outcome = situation.outcome
    reached = reward_range(situation.event, cohort.tier, outcome.rank) if outcome else None
    if reached is not None and reached.reward is not None:
        message["available_rewards"] = available_rewards(reached.reward)
    return message


def _standings(situation: Situation) -> Reply:
    if situation.standings is None:
        return {}
    message = {
        "scores": [_score(row, rank) for rank, row in enumerate(situation.standings.scores, 1)],
        "contributions": [_contribution(row) for row in situation.standings.contributions],
    }
    return _without_empty(message)


def _score(row: Row, rank: int) -> Reply:
    return _without_empty({"id": row["id"], "name": row["name"], "rank": str(rank), **_entry(row)})


def _contribution(row: Row) -> Reply:
    names = {"id": row["id"], "username": row["name"], "display_name": row["display_name"]}
    return _without_empty({**names, **_entry(row)})


def _entry(row: Row) -> Reply:
    """What scores and contributions have in common."""
    return {
        "avatar_url": row["avatar_url"],
        "create_time_sec": _int64(row["create_sec"]),
        "update_time_sec": _int64(row["update_sec"]),
        "score": _int64(row["score"]),
        "subscore": _int64(row["subscore"]),
        "num_scores": _int64(row["num_scores"]),
        "metadata": row["metadata"],
    }


def _int64(value: int | None) -> str | None:
    return str(value) if value else None


def _without_empty(message: Reply) -> Reply:
    return {name: value for name, value in message.items() if value}
