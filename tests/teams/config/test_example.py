"""The example game: its configuration is valid, shows every key, and is what a server goes by."""

from pathlib import Path
from typing import Any

import yaml

from kizuna.teams.config.documents import ConfigDocument
from kizuna.teams.config.loading import read_checked
from kizuna.teams.config.schema import keys_at
from tests.support.processes import Serve
from tests.support.shell import answers, blocks

EXAMPLE = Path(__file__).parents[3] / "examples" / "guild_hall"
PAGE = (EXAMPLE / "README.md").read_text()

#: Keys that only make sense in a game of another kind.
LEFT_OUT = {
    "energies",
    "energy_modifiers",
    "promotion_reroll_count_freeze",
    "demotion_reroll_count_freeze",
    "nochange_reroll_count_freeze",
    "reroll_count_freeze",
}


def test_the_configuration_has_nothing_to_warn_of() -> None:
    """T-127 to T-148."""
    content, warnings = read_checked(EXAMPLE / "teams.yaml")
    assert warnings == []
    assert content


def test_every_section_and_nearly_every_key_is_shown() -> None:
    """T-130 to T-154: whoever looks for a key finds it in use, with a comment."""
    values = yaml.safe_load((EXAMPLE / "teams.yaml").read_text())
    assert values.keys() == ConfigDocument.model_fields.keys()
    assert _keys() - _used(values) - LEFT_OUT == set()


def test_the_commands_of_its_page_do_what_they_say(serve: Serve) -> None:
    """T-127, T-130, T-133: with the settings of the example, from the top of the checkout; twice, too."""
    server = serve(config=EXAMPLE / "kizuna.yaml", cwd=EXAMPLE.parents[1])
    commands = "".join(block for block in blocks(PAGE) if "make serve" not in block and "reload" not in block)
    script = commands.replace("http://127.0.0.1:7350", server.base_url)
    first, second = (answers(script) for _ in range(2))
    (created, joined, wallet), changes = first[:3], first[3:]
    assert (created["name"], joined) == ("Harbour Guild", {})
    assert wallet == {"id": created["id"], "currencies": {"driftwood": "50", "amber": "0"}}
    assert changes[0]["message"] == "team admin role required"
    assert changes[1]["currencies"]["driftwood"] == "150"
    assert changes[2]["reward"]["items"] == {"map_fragment": "4"}
    assert len(changes[3]["rewards"]["map_fragment"]["rewards"]) == 4
    assert changes[4]["achievements"]["first_landfall"]["count"] == "1"
    assert changes[5]["achievements"]["first_landfall"]["reward"]["currencies"] == {"amber": "2"}
    parts = changes[6]["achievements"]["cartographers"]["sub_achievements"]
    assert parts["cartographers_10"]["count"] == "10"
    assert changes[7]["achievements"]["cartographers"]["reward"]["items"] == {"figurehead": "1"}
    assert changes[8]["entries"][0]["can_claim"] is True
    assert changes[9]["reward"]["currencies"] == {"amber": "20"}
    # What comes now is refused at night and on Sundays, respectively.
    assert changes[10].get("count", "1") == "1"
    assert changes[11]["gifts"][0]["id"] == "harvest_table"
    assert all(each["id"] == "regatta" for each in changes[12:15])
    assert changes[15].get("message", "event leaderboard not active") == "event leaderboard not active"
    assert changes[16]["message"] == "event leaderboard not complete"
    assert [each["message"] for each in (second[0], second[3], second[15])] == [
        "already part of a team",
        "team admin role required",
        "event leaderboard cohort already assigned",
    ]
    assert [each.get("message") for each in (second[1], second[2], *second[4:13])] == [None] * 11


def _used(value: Any) -> set[str]:
    """All keys, at every depth."""
    if isinstance(value, list):
        return {key for entry in value for key in _used(entry)}
    if isinstance(value, dict):
        return {str(key) for key in value} | {key for entry in value.values() for key in _used(entry)}
    return set()


def _keys() -> set[str]:
    """Every key that some map of a configuration may have."""
    rewards = ("store_items", "x", "reward")
    member = (*rewards, "team_reward", "member_reward")
    contents = (*member, "guaranteed")
    places: list[tuple[str | int, ...]] = [
        (),
        ("store_items", "x"),
        ("stats", "stats_public", "x"),
        ("inventory", "items", "x"),
        ("inventory", "limits"),
        ("achievements", "achievements", "x"),
        ("event_leaderboards", "event_leaderboards", "x"),
        ("event_leaderboards", "event_leaderboards", "x", "tier_overrides", "0"),
        ("event_leaderboards", "event_leaderboards", "x", "reward_tiers", "0", 0),
        ("event_leaderboards", "event_leaderboards", "x", "change_zones", "0"),
        ("reward_mailbox",),
        ("gifts", "gifts", "x"),
        ("gifts", "gifts", "x", "rewards", 0),
        rewards,
        contents,
        (*contents, "items", "x"),
        (*contents, "items", "x", "string_properties", "y"),
        (*contents, "items", "x", "numeric_properties", "y"),
        (*contents, "item_sets", 0),
        (*contents, "reward_modifiers", 0),
    ]
    return {key for place in places for key in keys_at(place)}
