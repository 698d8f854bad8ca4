"""The example game: its configuration is valid, shows every key, and is what a server goes by."""

from pathlib import Path
from typing import Any

import httpx
import yaml

from kizuna.teams.config.documents import ConfigDocument
from kizuna.teams.config.loading import keys_at, read_checked
from tests.support.players import sign_in
from tests.support.processes import Serve

EXAMPLE = Path(__file__).parents[3] / "examples" / "guild_hall"

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


def test_a_server_goes_by_it(serve: Serve) -> None:
    """T-127, T-130, T-133: with the settings of the example, from the top of the checkout."""
    server = serve(config=EXAMPLE / "kizuna.yaml", cwd=EXAMPLE.parents[1])
    with httpx.Client(base_url=server.base_url, timeout=30) as client:
        headers = sign_in(client).headers
        team = client.post("/v2/group", json={"name": "Harbour Guild"}, headers=headers).json()["id"]
        path = "/v2/rpc/RPC_ID_TEAMS_WALLET_GET?unwrap"
        wallet = client.post(path, json={"id": team}, headers=headers).json()
        assert wallet["currencies"] == {"driftwood": "50", "amber": "0"}


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
