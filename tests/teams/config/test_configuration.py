"""What a configuration means where it says nothing, and what cannot be started with."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from kizuna.host import teams
from kizuna.teams.config.errors import ConfigError
from tests.teams.config.support import changed, loaded, problems_of

ACHIEVEMENTS = "achievements__achievements"


def test_defaults_of_leaderboards() -> None:
    """T-145: each of them, as numbers."""
    boards = loaded({"event_leaderboards": {"event_leaderboards": {"race": {"reset_schedule": "0 0 * * *"}}}})
    values = {
        field.name: getattr(boards.event_leaderboards["race"], field.name)
        for field in dataclasses.fields(boards.event_leaderboards["race"])
    }
    assert values.pop("reset") is not None
    assert {name: values.pop(name) for name in ("operator", "cohort_size", "tiers", "ascending")} == {
        "operator": "BEST",
        "cohort_size": 100,
        "tiers": 1,
        "ascending": False,
    }
    assert {name: value for name, value in values.items() if value} == {}


def test_defaults_of_gifts_and_achievements() -> None:
    """T-144, T-146: without limits, rewards, schedule and end."""
    config = loaded(
        {
            "gifts": {"feast": {"reset_schedule": "0 0 * * *", "duration_sec": 60}},
            "achievements": {"raid": {"name": "Raid", "max_count": 3, "sub_achievements": {}}},
        }
    )
    gift, goal = config.gifts["feast"], config.achievements["raid"]
    assert {f.name for f in dataclasses.fields(gift) if getattr(gift, f.name)} == {"reset", "duration_sec"}
    assert {f.name for f in dataclasses.fields(goal) if getattr(goal, f.name)} == {"name", "max_count"}


def test_bounds_that_are_none() -> None:
    """T-144, T-146: progress may begin at its target; a gift without a maximum has levels of any height."""
    config = loaded(
        changed(
            achievements__achievements__first_raid__count=1,
            gifts__gifts__winter_feast__max_count=0,
            gifts__gifts__winter_feast__rewards__1__min_count=10**18,
        )
    )
    assert (config.achievements["first_raid"].count, config.gifts["winter_feast"].max_count) == (1, 0)
    assert [level.min_count for level in config.gifts["winter_feast"].rewards] == [25, 10**18]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        (
            {"initial_max_team_size": 0},
            "initial_max_team_size: must be at least 1, not 0 (teams initial max size invalid)",
        ),
        (
            {"initial_max_team_size": 60, "max_team_size": 50},
            "max_team_size: must be at least initial_max_team_size, 60, not 50 (teams max size invalid)",
        ),
        (
            {
                f"{ACHIEVEMENTS}__feast__precondition_ids": ["daily_hunt"],
                f"{ACHIEVEMENTS}__daily_hunt__precondition_ids": ["feast"],
            },
            "achievements.achievements.daily_hunt.precondition_ids: ",
        ),
        (
            {"store_items__key_bundle__reward__guaranteed__currencies": {"rubies": {"min": 1}}},
            "store_items.key_bundle.reward.guaranteed.currencies.rubies: ",
        ),
        ({"stats__stats_public__level__valeu": 1}, "stats.stats_public.level.valeu: "),
    ],
)
def test_case_92_a_start_is_refused(tmp_path: Path, changes: dict[str, Any], path: str) -> None:
    """T-127, T-128, T-130, T-131, T-144, T-147: case 92: with the place in the file, whatever its format."""
    values = changed(**changes)
    [problem] = problems_of(values)
    assert problem.startswith(f"guilds.json: {path}")
    file = tmp_path / "guilds.yaml"
    file.write_text(yaml.safe_dump(values, sort_keys=False))
    # What a server does before anything else, and `kizuna reload`.
    with pytest.raises(ConfigError) as refused:
        teams.checked(file)
    assert [one.replace(str(file), "guilds.json") for one in refused.value.problems] == [problem]
