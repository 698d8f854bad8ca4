"""The `TeamEventLeaderboard` message (T-244 to T-292)."""

from collections.abc import Mapping
from typing import Any

import orjson

from kizuna.teams.config.shapes import ChangeZone, EventLeaderboard, RewardTier, TeamsConfig
from kizuna.teams.events.rules import reward_range
from kizuna.teams.events.situation import Enrolment, Situation
from kizuna.teams.functions import Reply
from kizuna.teams.rewards.available import available_rewards
from kizuna.teams.row import Row
from kizuna.wire.encode import int64_text, omit_empty

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
        **omit_empty(_of_tier(situation)),
        **omit_empty(_of_iteration(situation)),
        **(omit_empty(_of_cohort(situation, situation.current)) if situation.current else {}),
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
    return omit_empty(
        {
            "id": event_id,
            "category": event.category,
            "ascending": event.ascending,
            "operator": event.operator,
            "reward_tiers": {
                str(tier): omit_empty({"reward_tiers": [_reward_tier(one) for one in ranges]})
                for tier, ranges in event.reward_tiers.items()
            },
            "change_zones": {str(tier): _change_zone(zone) for tier, zone in event.change_zones.items()},
            "additional_properties": dict(event.additional_properties),
            "max_rolls": int64_text(event.max_rolls),
        }
    )


def _reward_tier(one: RewardTier) -> Reply:
    message = omit_empty(
        {
            "name": one.name,
            "rank_max": one.rank_max,
            "rank_min": one.rank_min,
            "tier_change": one.tier_change,
            "roll_cooldown_sec": int64_text(one.roll_cooldown_sec),
            "reroll_count_freeze": one.reroll_count_freeze,
        }
    )
    if one.reward is not None:
        message["available_rewards"] = available_rewards(one.reward)
    return message


def _change_zone(zone: ChangeZone) -> Reply:
    return omit_empty({name: getattr(zone, name) for name in _ZONE_FIELDS})


def _of_tier(situation: Situation) -> Reply:
    rules = situation.rules
    size = situation.current.size if situation.current else rules.cohort_size
    return {
        "name": rules.name,
        "description": rules.description,
        "tier": situation.tier,
        "max_count": int64_text(size),
        "max_num_score": int64_text(rules.max_num_score),
        "score_target": int64_text(rules.score_target),
        "score_target_players": int64_text(rules.score_target_players),
        "score_time_limit_sec": int64_text(rules.score_time_limit_sec),
        "tier_delta_per_phase": rules.tier_delta_per_phase,
    }


def _of_iteration(situation: Situation) -> Reply:
    iteration = situation.iteration
    return {
        "start_time_sec": int64_text(iteration.start if iteration else 0),
        "end_time_sec": int64_text(iteration.end if iteration else 0),
        "expiry_time_sec": int64_text(iteration.expiry if iteration else 0),
        "current_time_sec": int64_text(situation.now),
        "is_active": situation.is_active,
        "can_claim": situation.can_claim,
        "can_roll": situation.can_roll,
        "can_roll_with_claim": situation.can_roll_with_claim,
        "can_update": situation.can_update,
        "roll_cooldown_sec": int64_text(situation.roll_cooldown_sec),
    }


def _of_cohort(situation: Situation, cohort: Enrolment) -> Reply:
    message: Reply = {
        "cohort_id": cohort.cohort_id,
        "backing_id": f"{situation.event_id}.{cohort.iteration.start}",
        "count": int64_text(cohort.count),
        "claim_time_sec": int64_text(cohort.claim_sec),
        "rolls": int64_text(cohort.rolls),
        "best_rank": int64_text(cohort.best_rank),
        "roll_cooldown_ends_sec": int64_text(situation.roll_cooldown_ends_sec),
        "score_time_limit_ends_sec": int64_text(situation.score_time_limit_ends_sec),
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
    return omit_empty(message)


def _score(row: Row, rank: int) -> Reply:
    return _entry({"id": row["id"], "rank": str(rank)}, "name", row)


def _contribution(row: Row) -> Reply:
    message = _entry({"id": row["id"]}, "username", row)
    if row["display_name"]:
        message["display_name"] = row["display_name"]
    return message


def _entry(message: Reply, name: str, row: Row) -> Reply:
    """What scores and contributions have in common, step by step: a cohort may have a thousand of them."""
    if text := row["name"]:
        message[name] = text
    if url := row["avatar_url"]:
        message["avatar_url"] = url
    if score := row["score"]:
        message["score"] = str(score)
    if subscore := row["subscore"]:
        message["subscore"] = str(subscore)
    if num_scores := row["num_scores"]:
        message["num_scores"] = str(num_scores)
    message["metadata"] = row["metadata"]
    message["create_time_sec"] = str(row["create_sec"])
    message["update_time_sec"] = str(row["update_sec"])
    return message
