"""A configuration's text to the configuration, with everything that is wrong with it.

A file is read once, by whoever starts or reloads a server (`raw.read_file`); what it says is kept in the
database as JSON, and each process loads that.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kizuna.teams.config import checks
from kizuna.teams.config.building import build
from kizuna.teams.config.checks import Known, choice
from kizuna.teams.config.documents import ConfigDocument
from kizuna.teams.config.errors import ConfigError, Place, Problem
from kizuna.teams.config.raw import parse_json, read_file
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
    sentences = [spelling.sentence(problem, source) for problem in (*spelling.problems, *problems)]
    if len(sentences) > MOST_PROBLEMS:
        raise ConfigError([*sentences[:MOST_PROBLEMS], f"{source}: and more of the kind"])
    if sentences:
        raise ConfigError(sentences)
    return config, [spelling.sentence(warning, source) for warning in checks.warnings(config)]


def _examined(values: dict[str, Any], version: int) -> tuple[TeamsConfig, list[Problem]]:
    """The configuration as far as it is sound, and what is wrong.

    An entry that is wrong by itself is left out when entries are compared: that would only show the same
    fault from other sides.
    """
    known = _known(values)
    try:
        document = ConfigDocument.model_validate(values)
    except ValidationError as error:
        wrong = [_problem(detail) for detail in error.errors(include_url=False)]
        rest = _without(values, {_entry_of(detail["loc"]) for detail in error.errors(include_url=False)})
        config = build(ConfigDocument.model_validate(rest), version)
        return config, [*dict.fromkeys(wrong), *islice(checks.problems(config, known), _ENOUGH)]
    config = build(document, version)
    return config, [*islice(checks.problems(config, known), _ENOUGH)]


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


# --- Ids ---


def _known(values: Mapping[str, Any]) -> Known:
    achievements = _below(values, "achievements", "achievements")
    stats = [_below(values, "stats", kind) for kind in ("stats_public", "stats_private")]
    return Known(
        currencies=_below(values, "wallet", "currencies"),
        items=_below(values, "inventory", "items"),
        achievements=None if achievements is None else {*_progress_ids(achievements)},
        stats=None if None in stats else {name for names in stats if names for name in names},
    )


def _below(values: Any, *keys: str) -> dict[str, Any] | None:
    """A map within maps, {} where there is none; None where something else is in its way."""
    for key in keys:
        values = values.get(key, {})
        if not isinstance(values, dict):
            return None
    return dict(values)


def _progress_ids(achievements: Mapping[str, Any]) -> Iterator[str]:
    for id, achievement in achievements.items():
        yield id
        if isinstance(achievement, dict) and isinstance(subs := achievement.get("sub_achievements"), dict):
            yield from subs


# --- What the documents say, in our words ---

_MUST = {
    "int": "must be a whole number",
    "float": "must be a number",
    "bool": "must be true or false",
    "string": "must be a text",
    "dict": "must be a map",
    "model": "must be a map",
    "tuple": "must be a list",
    "finite": "must be a number",
    "greater": "must be at least {ge}",
    "less": "must be at most {le}",
    "literal": "must be {expected}",
}


def _problem(detail: ErrorDetails) -> Problem:
    place = tuple(part for part in detail["loc"] if part != "[key]")
    if detail["type"] == "missing":
        return Problem(place, "is missing")
    if detail["type"] == "extra_forbidden":
        keys = keys_at(place[:-1])
        return Problem(place, f"is no key here; {choice(keys, str(place[-1]), few=len(keys))}")
    return Problem(place, _words(detail))


def _words(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    words = _MUST.get(kind) or _MUST.get(kind.split("_")[0]) or detail["msg"]
    bounds = {name: f"{bound:g}" if isinstance(bound, float) else bound for name, bound in context.items()}
    return f"{words.format(**bounds)}, not {_shown(detail['input'])}"


def _shown(value: Any) -> str:
    """A value as the file has it, if it is short."""
    if isinstance(value, dict | list):
        return "a map" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def keys_at(place: Place) -> list[str]:
    """The keys that a map at a place may have."""
    kind: Any = ConfigDocument
    for part in place:
        kind = _below_type(kind, part)
    return list(kind.model_fields)


def _below_type(kind: Any, part: str | int) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _bare(kind.model_fields[str(part)].annotation)
    return _bare(get_args(kind)[1 if get_origin(kind) is dict else 0])


def _bare(kind: Any) -> Any:
    """A type without what is said about it, and without None."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        return _bare(next(one for one in get_args(kind) if one is not type(None)))
    return kind
