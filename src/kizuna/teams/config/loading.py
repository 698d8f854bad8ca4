"""A configuration's text to the configuration, with everything that is wrong with it.

A file is read once, by whoever starts or reloads a server; what it says is kept in the database as JSON, and
each process loads that.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kizuna.teams.config import checks, oddities
from kizuna.teams.config.building import build
from kizuna.teams.config.documents import ConfigDocument
from kizuna.teams.config.errors import ENOUGH, ConfigError, Place, Problem, sentences
from kizuna.teams.config.ids import known
from kizuna.teams.config.raw import json_of, parse_json, read_file, read_values
from kizuna.teams.config.sentences import problem_of
from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.config.spellings import Spelling

__all__ = ["ConfigError", "load", "read_checked", "read_file", "uncollected", "usable"]


def read_checked(path: Path) -> tuple[str, list[str]]:
    """The JSON text of a file whose configuration can be used, and its warnings. Raises ConfigError."""
    with uncollected():
        values = read_values(path)
        _, warnings = _with_warnings(values, str(path), 0)
        return json_of(values), warnings


def load(content: str, *, source: str, version: int = 0) -> tuple[TeamsConfig, list[str]]:
    """The configuration that a JSON text holds, and what is odd about it.

    `source` is how problems and warnings call the text. Raises ConfigError with all problems.
    """
    return _with_warnings(parse_json(content, source), source, version)


def usable(content: str, *, source: str, version: int = 0) -> TeamsConfig:
    """The configuration alone. Raises ConfigError."""
    return _usable(Spelling.of(parse_json(content, source)), source, version)


@contextmanager
def uncollected() -> Iterator[None]:
    """Let Python look for no garbage meanwhile.

    Among the many values of a configuration, which all stay, the search takes as long as making them does,
    and everything else waits for it.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _with_warnings(values: dict[str, Any], source: str, version: int) -> tuple[TeamsConfig, list[str]]:
    spelling = Spelling.of(values)
    config = _usable(spelling, source, version)
    return config, sentences(oddities.warnings(config), source, spelling.sentence)


def _usable(spelling: Spelling, source: str, version: int) -> TeamsConfig:
    config, problems = _examined(spelling.values, version)
    if told := sentences((*spelling.problems, *problems), source, spelling.sentence):
        raise ConfigError(told)
    return config


def _examined(values: dict[str, Any], version: int) -> tuple[TeamsConfig, list[Problem]]:
    """The configuration as far as it is sound, and what is wrong: all of it, or enough to be told.

    An entry that is wrong by itself is left out when entries are compared: that would only show the same
    fault from other sides.
    """
    ids = known(values)
    wrong: list[Problem] = []
    try:
        document = ConfigDocument.model_validate(values)
    except ValidationError as error:
        details = error.errors(include_url=False)
        wrong = [*islice(_distinct(map(problem_of, details)), ENOUGH)]
        if len(wrong) == ENOUGH:
            return TeamsConfig(), wrong
        rest = _without(values, {_entry_of(detail["loc"]) for detail in details})
        document = ConfigDocument.model_validate(rest)
    config = build(document, version)
    return config, [*wrong, *islice(checks.problems(config, ids), ENOUGH)]


def _distinct(problems: Iterable[Problem]) -> Iterator[Problem]:
    told: set[Problem] = set()
    for problem in problems:
        if problem not in told:
            told.add(problem)
            yield problem


# --- Entries that are wrong by themselves ---

#: How many keys lead to an entry, by section; in others the section is one entry.
_DEPTHS = {
    "wallet": 3,
    "store_items": 2,
    "stats": 3,
    "inventory": 3,
    "achievements": 3,
    "event_leaderboards": 3,
    "gifts": 3,
}

#: One says how large the other may be.
_SIZES = ("initial_max_team_size", "max_team_size")


def _entry_of(place: Place) -> Place:
    return place[: _DEPTHS.get(str(place[0]), 1)]


def _without(values: Mapping[str, Any], entries: set[Place]) -> dict[str, Any]:
    """A copy of a map, less some entries."""
    if any(entry[0] in _SIZES for entry in entries):
        entries = {*entries, *((key,) for key in _SIZES)}
    kept = {key: value for key, value in values.items() if (key,) not in entries}
    for key in {entry[0] for entry in entries if len(entry) > 1} & kept.keys():
        kept[str(key)] = _without(kept[str(key)], {entry[1:] for entry in entries if entry[0] == key})
    return kept
