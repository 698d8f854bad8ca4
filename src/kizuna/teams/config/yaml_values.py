"""YAML without its surprises.

Values are built from the stream of events: no recursion, whatever the text holds, and what aliases stand for
is counted each time. Dates, binary data and tags of languages are errors, so are keys that are no texts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_MERGE = object()

#: What PyYAML says it was doing where an alias has no name.
_SCANNING_ALIAS = "while scanning an alias"

#: Digits of a whole number as JSON has it; YAML's other forms (0o17, 0x1F, 1_000, 1:30) are easily misread.
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,39})")


class YamlError(Exception):
    """The text cannot be used; says the line and why."""


class Pairs(list[tuple[str, Any]]):
    """The entries of a map in their order, each key as often as it was written."""


@dataclass(slots=True)
class _Open:
    """A map or list that has not ended. Of a map, `keys` has the key whose value comes next."""

    values: Any
    anchor: str | None
    weight: int = 1
    key: Any = None
    has_key: bool = False
    merged: Pairs = field(default_factory=Pairs)


def parse(text: str, *, largest: int, deepest: int) -> Any:
    """The value of a text: Pairs, lists and scalars. Raises YamlError.

    `largest` bounds the characters and values, with all aliases written out; `deepest` the nesting.
    """
    builder = _Builder(largest, deepest)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.YAMLError as error:
        raise YamlError(f"is not valid YAML: {_reason(error, text)}") from None
    return builder.result


def _reason(error: yaml.YAMLError, text: str) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if mark is None:
        return " ".join(str(what).split())
    if text[mark.index : mark.index + 1] == "\t":
        what = "a tab; indent with spaces"
    elif getattr(error, "context", None) == _SCANNING_ALIAS:
        what = 'no name follows the * of an alias; quote schedules, as in "* * * * *"'
    return f"line {mark.line + 1}, column {mark.column + 1}: {what}"


class _Builder:
    def __init__(self, largest: int, deepest: int) -> None:
        self.result: Any = None
        self._largest = largest
        self._deepest = deepest
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._resolver = yaml.resolver.Resolver()
        self._documents = 0

    def take(self, event: Event) -> None:
        """Go on by one event."""
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _error(event, "a second document begins, and there must be one")
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._begin(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._end(event)
        elif isinstance(event, AliasEvent):
            self._put(*self._aliased(event), event)
        elif isinstance(event, ScalarEvent):
            value = self._scalar(event)
            weight = 1 + len(event.value)
            self._remember(event.anchor, value, weight)
            self._put(value, weight, event)

    def _begin(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        is_map = isinstance(event, MappingStartEvent)
        if event.tag not in {None, "!", f"{_TAG}{'map' if is_map else 'seq'}"}:
            raise _error(event, f"the tag {event.tag} means nothing here")
        if len(self._open) >= self._deepest:
            raise _error(event, "is nested too deeply")
        self._open.append(_Open(Pairs() if is_map else [], event.anchor))

    def _end(self, event: Event) -> None:
        ended = self._open.pop()
        if isinstance(ended.values, Pairs):
            own = {key for key, _ in ended.values}
            ended.values += [(key, value) for key, value in _first(ended.merged) if key not in own]
        self._remember(ended.anchor, ended.values, ended.weight)
        self._put(ended.values, ended.weight, event)

    def _remember(self, anchor: str | None, value: Any, weight: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, weight)

    def _aliased(self, event: AliasEvent) -> tuple[Any, int]:
        if event.anchor not in self._anchors:
            raise _error(event, f"*{event.anchor} stands for nothing that has ended before")
        return self._anchors[event.anchor]

    def _put(self, value: Any, weight: int, event: Event) -> None:
        """A finished value goes into what is open around it."""
        if not self._open:
            self.result = value
            return
        around = self._open[-1]
        around.weight += weight
        if around.weight > self._largest:
            raise _error(event, "is too large with its aliases written out")
        if not isinstance(around.values, Pairs):
            around.values.append(value)
        elif not around.has_key:
            around.key, around.has_key = self._key(value, event), True
        else:
            self._add(around, value, event)
            around.has_key = False

    def _key(self, value: Any, event: Event) -> Any:
        if value is _MERGE or isinstance(value, str):
            return value
        if isinstance(value, Pairs | list):
            raise _error(event, "a key must be a text")
        written = event.value if isinstance(event, ScalarEvent) else value
        raise _error(event, f'the key {written} must be in quotes: "{written}"')

    def _add(self, around: _Open, value: Any, event: Event) -> None:
        if around.key is not _MERGE:
            around.values.append((around.key, value))
            return
        for merged in value if isinstance(value, list) and not isinstance(value, Pairs) else [value]:
            if not isinstance(merged, Pairs):
                raise _error(event, "<< takes a map or a list of maps")
            around.merged += merged

    def _scalar(self, event: ScalarEvent) -> Any:
        if event.tag in {None, "!"}:
            tag = self._resolver.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
        else:
            tag = event.tag
        kind = tag.removeprefix(_TAG)
        if kind == "merge":
            return _MERGE if self._expects_key else event.value
        if kind not in _SCALARS:
            raise _error(event, f"{event.value} must be in quotes: YAML takes it for a {kind}")
        try:
            return _SCALARS[kind](event.value)
        except ValueError as error:
            raise _error(event, str(error)) from None

    @property
    def _expects_key(self) -> bool:
        around = self._open[-1] if self._open else None
        return around is not None and isinstance(around.values, Pairs) and not around.has_key


def _first(pairs: Pairs) -> Iterator[tuple[str, Any]]:
    """Of maps that are merged, the earlier one counts."""
    first: dict[str, Any] = {}
    for key, value in pairs:
        first.setdefault(key, value)
    return iter(first.items())


def _error(event: Event, reason: str) -> YamlError:
    mark = event.start_mark
    return YamlError(f"line {mark.line + 1}, column {mark.column + 1}: {reason}" if mark else reason)


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text} must be written as a plain number, or in quotes if it is a text")
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text} must be written as a plain number, or in quotes if it is a text") from None


def _switch(text: str) -> bool:
    """YAML has many words for it, among them `no`, which may be Norway."""
    if text.lower() not in {"true", "false"}:
        raise ValueError(f"{text} must be true or false, or in quotes if it is a text")
    return text.lower() == "true"


_SCALARS: dict[str, Any] = {
    "str": str,
    "int": _whole,
    "float": _number,
    "bool": _switch,
    "null": lambda _: None,
}
