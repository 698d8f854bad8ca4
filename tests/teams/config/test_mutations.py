"""Whatever a file holds is a configuration or a refusal with sentences, and never anything else."""

import copy
import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.teams.config.errors import ConfigError
from kizuna.teams.config.loading import load, read_checked
from kizuna.teams.config.raw import parse_json
from tests.teams.config.support import VALID

Path_ = tuple[str | int, ...]


def places(value: Any, above: Path_ = ()) -> list[Path_]:
    """Every place below a value."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [place for key, below in entries for place in ((*above, key), *places(below, (*above, key)))]


PLACES = places(VALID)
KEYS = sorted({key for place in PLACES for key in place if isinstance(key, str)})

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([-1, 0, 1, 2**31, 2**63 - 1, 2**63, -(2**63), 10**39, 10**400]),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        ["", "0", "\0", "0 0 * * *", "0 0 30 2 *", "level:3", "first_raid", "feast", "guild_gold"]
    ),
)
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
#: Where, what is done there, and with what.
changes = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(["set", "remove", "add", "copy"]), anything),
    max_size=4,
)


def apply(values: Any, place: Path_, action: str, value: Any) -> None:
    """One change, if the place is still there."""
    try:
        for key in place[:-1]:
            values = values[key]
        if action == "set":
            values[place[-1]] = value
        elif action == "copy":
            values[place[-1]] = copy.deepcopy(values)
        elif action == "remove":
            del values[place[-1]]
        elif isinstance(values[place[-1]], dict):
            values[place[-1]][KEYS[len(str(value)) % len(KEYS)]] = value
    except (KeyError, IndexError, TypeError):
        pass


def said(values: Any) -> tuple[list[str], list[str]]:
    """Problems and warnings; any exception but the one is the test's failure."""
    try:
        return [], load(json.dumps(values), source="guilds.json")[1]
    except ConfigError as error:
        return error.problems, []


@settings(max_examples=400, deadline=None)
@given(changes)
def test_changes_of_the_valid_configuration(made: list[tuple[Path_, str, Any]]) -> None:
    """T-127, T-128: a refusal says something about the file, in single lines, and says each thing once."""
    values = copy.deepcopy(VALID)
    for change in made:
        apply(values, *change)
    problems, warnings = said(values)
    assert all(sentence.startswith("guilds.json: ") for sentence in problems + warnings)
    assert len(set(problems)) == len(problems)
    if json.dumps(values) == json.dumps(VALID):  # where 1 is not true
        assert problems == warnings == []


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.text("{}[]\",:0 \n&*<-ax!'", max_size=60))
def test_any_text(text: str) -> None:
    """T-127: JSON that is stored, and YAML in a file."""
    with suppress(ConfigError):
        parse_json(text, "here")
    with tempfile.TemporaryDirectory(prefix="kizuna-", dir="/tmp") as folder:
        file = Path(folder, "guilds.yaml")
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        with suppress(ConfigError):
            read_checked(file)


#: To YAML NEL is the end of a line, and PyYAML does not write it as anything else.
characters = st.characters(codec="utf-8", exclude_characters="\x85")


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.text(characters, min_size=1, max_size=8),
        st.text(characters, max_size=8) | st.integers(-(10**30), 10**30) | st.booleans() | st.none(),
        max_size=5,
    )
)
def test_yaml_and_json_say_the_same(values: dict[str, Any]) -> None:
    """T-127: what a YAML library writes is read as the values that it wrote."""
    with tempfile.TemporaryDirectory(prefix="kizuna-", dir="/tmp") as folder:
        ours, theirs = Path(folder, "a.json"), Path(folder, "a.yaml")
        ours.write_text(json.dumps(values))
        theirs.write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False))
        assert _problems(ours) == _problems(theirs)


def _problems(file: Path) -> list[str]:
    try:
        read_checked(file)
    except ConfigError as error:
        return [problem.removeprefix(str(file)) for problem in error.problems]
    return []
