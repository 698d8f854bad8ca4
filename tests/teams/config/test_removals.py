"""What is told of ids that a new configuration no longer has."""

import json
from typing import Any

import pytest

from kizuna.teams.config.removals import removed
from tests.teams.config.support import GONE, VALID, changed


def told(before: Any, after: Any) -> str:
    return removed(json.dumps(before), json.dumps(after))


def test_an_empty_configuration_has_lost_everything() -> None:
    """T-033, T-129: each kind of ids in the file's order, with those of parts of achievements."""
    assert told(VALID, {}) == (
        "currencies guild_gold, ember_shards; items raid_key, war_banner, hearth_stone; "
        "achievements first_raid, raid_master, raid_master_25, raid_master_50, daily_hunt, feast; "
        "event leaderboards weekly_siege, dragon_dash; gifts winter_feast; public stats level, raids_won; "
        "private stats rating, best_raid_seconds; store items key_bundle, double_gold_day, hall_relic"
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, ""),
        ({"wallet__currencies__rubies": 1}, ""),
        ({"wallet__currencies__guild_gold": 7, "max_team_size": 60}, ""),
        ({"wallet": GONE}, "currencies guild_gold, ember_shards"),
        ({"stats__stats_public__level": GONE, "stats__stats_private__level": {}}, "public stats level"),
        (
            {"achievements__achievements__raid_master__sub_achievements__raid_master_25": GONE},
            "achievements raid_master_25",
        ),
        # T-128
        ({"achievements": VALID["achievements"]["achievements"], "gifts": VALID["gifts"]["gifts"]}, ""),
    ],
)
def test_only_what_goes_is_told(changes: dict[str, Any], sentence: str) -> None:
    assert told(VALID, changed(**changes)) == sentence


def test_of_many_ids_some_are_named() -> None:
    many = {f"c{number}": 0 for number in range(1000)}
    first = ", ".join(f"c{number}" for number in range(12))
    assert told({"wallet": {"currencies": many}}, {}) == f"currencies {first}, and 988 more"


def test_what_another_release_has_stored_is_no_trouble() -> None:
    """T-127: it may have any form, and what it calls otherwise is not called gone."""
    assert told({"wallet": [1], "inventory": {"things": {"x": {}}}, "gifts": {"gifts": None}}, VALID) == ""
