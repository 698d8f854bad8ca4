"""Text to plain values: JSON, which is what is stored, and YAML, which is nicer to write.

Either way the result holds maps with texts as keys, lists, texts, whole numbers, finite numbers, switches and
nothing. What JSON cannot say, says twice or nobody can store is refused with its place.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kizuna.teams.config import yaml_values
from kizuna.teams.config.errors import ConfigError, Place, Problem
from kizuna.teams.config.yaml_values import Pairs, YamlError

#: The largest file, in bytes, and the largest configuration once YAML's aliases are written out.
LARGEST = 4 << 20

#: How deep maps and lists may be inside each other; what is valid needs 14.
_DEEPEST = 60

#: Whole numbers with more digits are none; turning long digits into a number takes long.
_MOST_DIGITS = 40


def read_file(path: Path) -> str:
    """A configuration file as the one JSON text that stands for its values. Raises ConfigError."""
    text = _text(path)
    if not text.strip():
        raise ConfigError([f"{path}: is empty"])
    parse = _json if _is_json(path, text) else _yaml
    return json.dumps(parse(text, str(path)), ensure_ascii=False, separators=(",", ":"))


def parse_json(content: str, source: str) -> dict[str, Any]:
    """The values of a JSON text, which must be a map. Raises ConfigError."""
    return _json(content, source)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError([_unreadable(path, error)]) from None
    if len(data) > LARGEST:
        raise ConfigError([f"{path}: is larger than {LARGEST >> 20} MiB"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 at byte {error.start}"]) from None


def _unreadable(path: Path, error: OSError) -> str:
    sentence = f"teams.config: {path.absolute()} cannot be read: {error.strerror}"
    if path.is_absolute():
        return sentence
    return f"{sentence}; a relative path is looked for in the folder where kizuna is started"


def _is_json(path: Path, text: str) -> bool:
    """By the name; where that says nothing, by the first character."""
    suffix = path.suffix.lower()
    return suffix == ".json" or (suffix not in {".yaml", ".yml"} and text.lstrip()[:1] == "{")


def _json(text: str, source: str) -> dict[str, Any]:
    try:
        raw = json.loads(text, object_pairs_hook=Pairs, parse_int=_whole, parse_constant=float)
    except json.JSONDecodeError as error:
        reason = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise ConfigError([f"{source}: is not valid JSON: {reason}"]) from None
    except RecursionError:
        raise ConfigError([f"{source}: is nested too deeply"]) from None
    return _checked(raw, source)


def _yaml(text: str, source: str) -> dict[str, Any]:
    try:
        raw = yaml_values.parse(text, largest=LARGEST, deepest=_DEEPEST)
    except YamlError as error:
        raise ConfigError([f"{source}: {error}"]) from None
    if raw is None:  # nothing but comments
        raise ConfigError([f"{source}: is empty"])
    return _checked(raw, source)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else math.inf


def _checked(raw: Any, source: str) -> dict[str, Any]:
    if not isinstance(raw, Pairs):
        raise ConfigError([f"{source}: must hold a map, as in {{}}"])
    reader = _Reader()
    values: dict[str, Any] = reader.plain(raw, ())
    if reader.problems:
        raise ConfigError([problem.sentence(source) for problem in reader.problems])
    return values


class _Reader:
    """Makes maps of pairs, and collects what has no place in a configuration."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def plain(self, value: Any, place: Place) -> Any:
        if len(place) > _DEEPEST:
            self.problems.append(Problem(place[:4], "is nested too deeply"))
            return None
        if isinstance(value, Pairs):
            return self._map(value, place)
        if isinstance(value, list):
            return [self.plain(entry, (*place, index)) for index, entry in enumerate(value)]
        self.problems += [Problem(place, reason) for reason in _reasons(value)]
        return value

    def _map(self, pairs: Pairs, place: Place) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in pairs:
            if key in values:
                self.problems.append(Problem((*place, key), "is there twice"))
            self.problems += [Problem(place, f"has a key that {reason}") for reason in _reasons(key)]
            values[key] = self.plain(value, (*place, key))
        return values


def _reasons(value: Any) -> Iterator[str]:
    """Why a value cannot be stored or sent."""
    if isinstance(value, float) and not math.isfinite(value):
        yield "must be a finite number of a reasonable size"
    if isinstance(value, str) and "\0" in value:
        yield "must hold no NUL character"
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        yield "must hold no half of a surrogate pair"
