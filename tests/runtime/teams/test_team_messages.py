"""The typed messages of Teams against their schemas, and the way between the two forms."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.http.documentation import teams_document
from kizuna.runtime import operations
from kizuna.runtime.api import teams
from kizuna.runtime.api.message import Message
from kizuna.runtime.team_messages import read, write
from kizuna.teams.protocol import requests
from kizuna.teams.protocol.fields import Message as Request
from tests.teams.schemas import conforms, resolved

SCHEMAS = teams_document()["components"]["schemas"]
MESSAGES: dict[str, type[Message]] = {name: getattr(teams, name) for name in teams.__all__}

#: Messages that game code has as the lists and maps that they consist of.
UNWRAPPED = {
    "TeamList",
    "UserTeamsList",
    "InventoryList",
    "InventoryUpdateAck",
    "AchievementsUpdateAck",
    "TeamEventLeaderboards",
    "RewardMailboxList",
    "TeamGiftList",
    "TeamFailure",
}
REQUESTS = {each.name for each in vars(requests).values() if isinstance(each, Request)}

KINDS: dict[tuple[str, str | None], Any] = {
    ("string", None): st.text(st.characters(codec="utf-8"), min_size=1, max_size=5),
    ("string", "int64"): st.integers(-(2**63), 2**63 - 1).filter(bool).map(str),
    ("integer", "int32"): st.integers(-(2**31), 2**31 - 1).filter(bool),
    ("number", "double"): st.floats(allow_nan=False, allow_infinity=False).filter(bool),
    ("boolean", None): st.just(True),
}
ZEROS: dict[tuple[str, str | None], Any] = {
    ("string", None): "",
    ("string", "int64"): "0",
    ("integer", "int32"): 0,
    ("number", "double"): 0.0,
}


def values(schema: dict[str, Any], depth: int, *, in_map: bool = False) -> st.SearchStrategy[Any]:
    """Values of a schema, as they come over the wire: zeros only in maps."""
    schema = resolved(schema)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] == "array":
        return st.lists(values(schema["items"], depth, in_map=True), min_size=1, max_size=2)
    if schema["type"] == "object":
        return objects(schema, depth)
    kind = (schema["type"], schema.get("format"))
    found: st.SearchStrategy[Any] = KINDS[kind]
    return found | st.just(ZEROS[kind]) if in_map and kind in ZEROS else found


def objects(schema: dict[str, Any], depth: int) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" in schema:
        if depth == 0:
            return st.just({})
        members = {name: values(each, depth - 1) for name, each in schema["properties"].items()}
        return st.fixed_dictionaries({}, optional=members)
    keys = st.text(st.characters(codec="utf-8"), max_size=3)
    entry = schema["additionalProperties"]
    if entry is True:
        return st.dictionaries(keys, st.integers() | st.none(), min_size=1, max_size=2)
    return st.dictionaries(keys, values(entry, depth, in_map=True), min_size=1, max_size=2)


def test_there_is_a_type_for_every_message() -> None:
    assert MESSAGES.keys() == SCHEMAS.keys() - UNWRAPPED - REQUESTS
    assert not {*MESSAGES.values()} & {each.response for each in operations.BY_NAME.values()}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_type_has_the_fields_of_its_schema(name: str) -> None:
    assert [field.name for field in fields(MESSAGES[name])] == list(SCHEMAS[name]["properties"])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", MESSAGES)
@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_a_message_survives_the_way_to_game_code_and_back(name: str, data: st.DataObject) -> None:
    """T-011, T-012, T-013, and every field of T-177 to T-188."""
    message = data.draw(objects(SCHEMAS[name], 3))
    conforms(name, message)
    typed = read(MESSAGES[name], message)
    assert write(typed) == message
    for field, schema in SCHEMAS[name]["properties"].items():
        if field in message and schema.get("format") == "int64":
            assert getattr(typed, field) == int(message[field])


def test_numbers_are_numbers_in_game_code() -> None:
    reward = read(
        teams.Reward,
        {
            "items": {"key": "3"},
            "energies": {"heart": 2},
            "grant_time_sec": "17",
            "item_instances": {"i": {"count": "3", "numeric_properties": {"tear": 1}}},
            "team_reward": {"currencies": {"gold": "0"}},
        },
    )
    assert (reward.items, reward.energies, reward.grant_time_sec) == ({"key": 3}, {"heart": 2}, 17)
    assert reward.item_instances["i"] == teams.RewardInventoryItem(count=3, numeric_properties={"tear": 1.0})
    assert type(reward.item_instances["i"].numeric_properties["tear"]) is float
    assert reward.team_reward == teams.TeamReward(currencies={"gold": 0})
    assert reward.currencies == {}


@pytest.mark.parametrize(
    ("reward", "error", "complaint"),
    [
        (teams.Reward(items={"key": "3"}), TypeError, r"\.items\['key'\] must be an int, not str"),  # type: ignore[dict-item]
        (teams.Reward(items={"key": True}), TypeError, r"\.items\['key'\] must be an int, not bool"),
        (teams.Reward(items={"key": 2**63}), ValueError, r"\.items\['key'\] must be -9"),
        (teams.Reward(items={5: 1}), TypeError, r"\.items must be str, not int"),  # type: ignore[dict-item]
        (teams.Reward(items=[1]), TypeError, r"\.items must be dict, not list"),  # type: ignore[arg-type]
        (teams.Reward(energies={"heart": 2**31}), ValueError, r"\.energies\['heart'\] must be"),
        (teams.Reward(message="\ud800"), ValueError, r"\.message must be text without surrogates"),
        (teams.Reward(message=5), TypeError, r"\.message must be str"),  # type: ignore[arg-type]
        (
            teams.Reward(team_reward=teams.TeamReward(item_instances={"i": teams.Reward()})),  # type: ignore[dict-item]
            TypeError,
            r"\.team_reward\.item_instances\['i'\] must be RewardInventoryItem, not Reward",
        ),
        (
            teams.Reward(
                item_instances={"i": teams.RewardInventoryItem(numeric_properties={"x": float("nan")})}
            ),
            ValueError,
            r"\['i'\]\.numeric_properties\['x'\] must be a finite number",
        ),
        (teams.Reward(reward_modifiers=[5]), TypeError, r"\.reward_modifiers\[0\] must be RewardModifier"),  # type: ignore[list-item]
        (teams.Reward(reward_modifiers={}), TypeError, ""),  # type: ignore[arg-type]
    ],
)
def test_what_the_wire_cannot_hold_is_named(
    reward: teams.Reward, error: type[Exception], complaint: str
) -> None:
    if not complaint:
        assert write(reward) == {}  # nothing is nothing, whatever it is
        return
    with pytest.raises(error, match=complaint):
        write(reward)
