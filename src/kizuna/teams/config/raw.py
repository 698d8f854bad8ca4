"""Text to plain values: JSON, which is what is stored, and YAML, which is nicer to write.

Either way the result holds maps with texts as keys, lists, texts, whole numbers, finite numbers, switches and
nothing. What JSON cannot say, says twice or nobody can store is refused with its place.
"""

import json
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any

from kizuna.teams.config import yaml_values
from kizuna.teams.config.errors import ConfigError, Place, Problem, sentences
from kizuna.teams.config.yaml_values import Pairs, YamlError

#: The largest file, in bytes, and the largest configuration once YAML's aliases are written out.
LARGEST = 4 << 20

#: How deep maps and lists may be inside each other; what is valid needs 14.
_DEEPEST = 60

#: Seconds in which a file must not change, and how often one that does is read again.
STILL = 0.1
_LOOKS = 20

#: Whole numbers with more digits are none; turning long digits into a number takes long.
_MOST_DIGITS = 40

#: What no text may hold.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

_Link = Any  # () for the whole, else a pair of a link and a key or an index; a type cannot say so


def read_file(path: Path) -> str:
    """A configuration file as the one JSON text that stands for its values. Raises ConfigError."""
    return json_of(read_values(path))


def read_values(path: Path) -> dict[str, Any]:
    """The values of a configuration file. Raises ConfigError."""
    text = _text(path)
    if not text.strip():
        raise ConfigError([f"{path}: is empty"])
    parse = _json if _is_json(path, text) else _yaml
    return parse(text, str(path))


def json_of(values: dict[str, Any]) -> str:
    """The JSON text of values; `parse_json` makes the same values of it."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def parse_json(content: str, source: str) -> dict[str, Any]:
    """The values of a JSON text, which must be a map. Raises ConfigError."""
    return _json(content, source)


def _text(path: Path) -> str:
    try:
        data = _settled(path)
    except OSError as error:
        raise ConfigError([_unreadable(path, error)]) from None
    if len(data) > LARGEST:
        raise ConfigError([f"{path}: is larger than {LARGEST >> 20} MiB"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 at byte {error.start}"]) from None


def _settled(path: Path) -> bytes:
    """What a file holds once it holds still: half of one that is written in place may be valid as well."""
    for _ in range(_LOOKS):
        before = path.stat()
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        sleep(STILL)
        if _state(path.stat()) == _state(before) or not path.is_file():  # a pipe is read once
            return data
    raise ConfigError([f"{path}: is being written; try again when that is done"])


def _state(stat: os.stat_result) -> tuple[int, int, int]:
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


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
        raise ConfigError(sentences(reader.problems, source))
    return values


class _Reader:
    """Makes maps of pairs, and collects what has no place in a configuration.

    There may be a hundred thousand values: places are links, (place around, key), until one is to be told.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._depth = 0

    def plain(self, value: Any, at: _Link) -> Any:
        kind = type(value)
        if kind is Pairs or kind is list:
            return self._nested(value, at)
        if (kind is str and _UNSTORABLE.search(value)) or (kind is float and not math.isfinite(value)):
            self.problems += [Problem(_place(at), reason) for reason in _reasons(value)]
        return value

    def _nested(self, value: Any, at: _Link) -> Any:
        if self._depth > _DEEPEST:
            self.problems.append(Problem(_place(at)[:4], "is nested too deeply"))
            return None
        self._depth += 1
        try:
            if isinstance(value, Pairs):
                return self._map(value, at)
            return [self.plain(entry, (at, index)) for index, entry in enumerate(value)]
        finally:
            self._depth -= 1

    def _map(self, pairs: Pairs, at: _Link) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in pairs:
            if key in values:
                self.problems.append(Problem((*_place(at), key), "is there twice"))
            if _UNSTORABLE.search(key):
                self.problems += [Problem(_place(at), f"has a key that {why}") for why in _reasons(key)]
            values[key] = self.plain(value, (at, key))
        return values


def _place(link: _Link) -> Place:
    parts: list[str | int] = []
    while link:
        link, part = link
        parts.append(part)
    return tuple(reversed(parts))


def _reasons(value: str | float) -> Iterator[str]:
    """Why a value cannot be stored or sent."""
    if isinstance(value, float):
        yield "must be a finite number of a reasonable size"
        return
    if "\0" in value:
        yield "must hold no NUL character"
    if any("\ud800" <= character <= "\udfff" for character in value):
        yield "must hold no half of a surrogate pair"
