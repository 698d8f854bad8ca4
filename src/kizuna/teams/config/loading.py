"""A configuration's text to the configuration, with everything that is wrong with it.

A file is read once, by whoever starts or reloads a server (`raw.read_file`); what it says is kept in the
database as JSON, and each process loads that.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kizuna.teams.config import checks, oddities
from kizuna.teams.config.building import build
from kizuna.teams.config.documents import ConfigDocument
from kizuna.teams.config.errors import ConfigError, Place, Problem
from kizuna.teams.config.ids import known
from kizuna.teams.config.raw import parse_json, read_file
from kizuna.teams.config.sentences import problem_of
from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.config.spellings import Spelling

#: Problems that are told of one text; there may be one for each of its lines.
MOST_PROBLEMS = 100
_ENOUGH = MOST_PROBLEMS + 1

__all__ = ["ConfigError", "load", "read_checked", "read_file"]


def read_checked(path: Path) -> tuple[str, list[str]]:
    """The JSON text of a file whose configuration can be used, and its warnings. Raises ConfigError."""
    content = read_file(path)
    _, warnings = load(content, source=str(path))
    return content, warnings


def load(content: str, *, source: str, version: int = 0) -> tuple[TeamsConfig, list[str]]:
    """The configuration that a JSON text holds, and what is odd about it.

    `source` is how problems and warnings call the text. Raises ConfigError with all problems.
    """
    spelling = Spelling.of(parse_json(content, source))
    config, problems = _examined(spelling.values, version)
    if sentences := _sentences(spelling, (*spelling.problems, *problems), source):
        raise ConfigError(sentences)
    return config, _sentences(spelling, oddities.warnings(config), source)


def _sentences(spelling: Spelling, problems: Iterable[Problem], source: str) -> list[str]:
    """As many as somebody may want to read at once."""
    sentences = [spelling.sentence(problem, source) for problem in islice(problems, _ENOUGH)]
    if len(sentences) > MOST_PROBLEMS:
        sentences[MOST_PROBLEMS:] = [f"{source}: and more of the kind"]
    return sentences


def _examined(values: dict[str, Any], version: int) -> tuple[TeamsConfig, list[Problem]]:
    """The configuration as far as it is sound, and what is wrong.

    An entry that is wrong by itself is left out when entries are compared: that would only show the same
    fault from other sides.
    """
    ids = known(values)
    try:
        document = ConfigDocument.model_validate(values)
    except ValidationError as error:
        wrong = [problem_of(detail) for detail in error.errors(include_url=False)]
        rest = _without(values, {_entry_of(detail["loc"]) for detail in error.errors(include_url=False)})
        config = build(ConfigDocument.model_validate(rest), version)
        return config, [*dict.fromkeys(wrong), *islice(checks.problems(config, ids), _ENOUGH)]
    config = build(document, version)
    return config, [*islice(checks.problems(config, ids), _ENOUGH)]


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
