"""A configuration in which everything that can be said of something is said of one thing of each kind."""

from typing import Any


def _range(least: int, most: int) -> dict[str, int]:
    return {"min": least, "max": most, "multiple": 1}


_CONTENTS: dict[str, Any] = {
    "items": {
        "flag": {
            **_range(1, 2),
            "string_properties": {"colour": {"options": {"red": {"weight": 1}}, "total_weight": 1}},
            "numeric_properties": {"size": {"min": 1.5, "max": 2.5, "multiple": 0.5}},
        }
    },
    "item_sets": [{**_range(1, 1), "max_repeats": 3, "set": ["cloth"]}],
    "currencies": {"gold": _range(2, 4)},
    "reward_modifiers": [
        {
            "id": "gold",
            "type": "currency",
            "operator": "multiplier",
            "value": _range(1, 2),
            "duration_sec": _range(60, 120),
        }
    ],
}
_PERSONAL = {
    **_CONTENTS,
    "energies": {"heart": _range(2, 4)},
    "energy_modifiers": [
        {"id": "heart", "operator": "infinite", "value": _range(1, 2), "duration_sec": _range(60, 120)}
    ],
}


def _reward(contents: dict[str, Any], **more: Any) -> dict[str, Any]:
    weighted = [{**contents, "weight": 5}]
    rolls = {"max_rolls": 1, "max_repeat_rolls": 1, "total_weight": 9}
    return {"guaranteed": contents, "weighted": weighted, **rolls, **more}


_TEAM_REWARD = _reward(_CONTENTS, member_reward=_reward(_PERSONAL))
REWARD = _reward(_PERSONAL, message="hurrah", team_reward=_TEAM_REWARD)
_MAILED = {
    **REWARD,
    "to_mailbox_expiry_sec": 60,
    "team_reward": {**_TEAM_REWARD, "to_mailbox_expiry_sec": 60},
}

_PROGRESS = {
    "name": "Deed",
    "description": "Do it.",
    "category": "deeds",
    "max_count": 2,
    "reward": REWARD,
    "additional_properties": {"icon": "star"},
    "reset_cronexpr": "0 0 * * *",
    "duration_sec": 80_000,
    "auto_claim": True,
}

_RACE = {
    "name": "Race",
    "description": "Run.",
    "category": "speed",
    "ascending": True,
    "operator": "set",
    "reset_schedule": "0 0 * * *",
    "duration": 80_000,
    "cohort_size": 5,
    "tiers": 2,
    "max_num_score": 9,
    "max_rolls": 3,
    "score_target": 5,
    "score_target_players": 1,
    "score_time_limit_sec": 3600,
    "roll_cooldown_sec": 60,
    "tier_delta_per_phase": 1,
    "additional_properties": {"icon": "star"},
    "reward_tiers": {
        tier: [
            {
                "name": "All",
                "rank_min": 1,
                "rank_max": 5,
                "reward": REWARD,
                "tier_change": 1,
                "roll_cooldown_sec": 30,
                "reroll_count_freeze": True,
            }
        ]
        for tier in "01"
    },
    "change_zones": {
        "1": {
            "promotion": 0.5,
            "demotion": 0.5,
            "demote_idle": True,
            "use_max_cohort_size": True,
            "promotion_reroll_count_freeze": True,
            "demotion_reroll_count_freeze": True,
            "nochange_reroll_count_freeze": True,
        }
    },
}

EVERYTHING: dict[str, Any] = {
    "wallet": {"currencies": {"gold": 1000}},
    "stats": {
        "stats_public": {"level": {"additional_properties": {"a": "b"}}},
        "stats_private": {"rating": {}},
    },
    "inventory": {
        "items": {
            "flag": {
                "name": "Flag",
                "description": "Waves.",
                "category": "decor",
                "item_sets": ["cloth"],
                "max_count": 500,
                "stackable": True,
                "consumable": True,
                "keep_zero": True,
                "consume_reward": REWARD,
                "string_properties": {"colour": "red"},
                "numeric_properties": {"size": 1},
            }
        }
    },
    "store_items": {
        "offer": {
            "name": "Offer",
            "description": "Cheap.",
            "category": "things",
            "cost": {"currencies": {"gold": 1}},
            "reward": REWARD,
            "additional_properties": {"icon": "star"},
        },
        "parcel": {"reward": _MAILED},
        "relic": {"unavailable": True},
    },
    "achievements": {
        "achievements": {
            "first": {"name": "First", "max_count": 1},
            "deed": {
                **_PROGRESS,
                "precondition_ids": ["first"],
                "auto_claim_total": True,
                "auto_reset": True,
                "total_reward": REWARD,
                "start_time_sec": 1,
                "end_time_sec": 32_503_680_000,
                "sub_achievements": {
                    "part": {**_PROGRESS, "precondition_ids": ["first"], "auto_reset": True},
                },
            },
        }
    },
    "event_leaderboards": {"event_leaderboards": {"race": _RACE}},
    "gifts": {
        "gifts": {
            "feast": {
                "name": "Feast",
                "description": "Eat.",
                "category": "food",
                "reset_schedule": "0 0 * * *",
                "duration_sec": 80_000,
                "max_count": 10,
                "max_contributor_count": 5,
                "contribution_cost": {"guaranteed": {"currencies": {"coins": {"min": 1}}}},
                "contribution_reward": REWARD,
                "rewards": [{"min_count": 1, "contributor_reward": REWARD, "noncontributor_reward": REWARD}],
                "additional_properties": {"icon": "star"},
            }
        }
    },
}
