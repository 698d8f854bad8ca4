"""What the messages of Teams functions consist of, and how each kind of field is read from JSON.

Unlike the API's other messages these are strict: a member that the message does not have, one that comes
twice, or a value of another type refuses the whole message (`Unreadable`). A field has limits besides, which
are looked at later (`Message.within_limits`): a caller who may not use a function is told so first.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kizuna.wire import messages as wire
from kizuna.wire.integers import RANGES, parse_integer
from kizuna.wire.messages import Kind, lower_camel

#: The longest id or key, in bytes.
LONGEST_KEY = 128

#: The most ids in one array, and the most entries in one map.
MOST_ENTRIES = 100

_INT64 = RANGES[Kind.INT64]
_INT32 = RANGES[Kind.INT32]

#: The text of a number, of whatever size.
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


#: The most characters of a value that are shown to whoever looks for what is wrong with it.
_SHOWN = 40


class Unreadable(Exception):
    """The JSON is none of this message. Its text says where in it, and what is wrong, in one short line."""

    def __init__(self, problem: str, path: str = "") -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self._problem = problem
        self._path = path

    def below(self, step: str) -> "Unreadable":
        """The same, seen from further out: `step` is a field's name, or an index in brackets."""
        inner = self._path if not self._path or self._path.startswith("[") else f".{self._path}"
        return Unreadable(self._problem, step + inner)


Read = Callable[[Any], Any]
Limit = Callable[[Any], bool]


def _anything(_value: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field. `read` turns a JSON value that is not null into the field's or raises `Unreadable`.

    `default` is what an absent field counts as when the limits are looked at. `in_query` is how a query
    parameter sets it, None for a field that it cannot.
    """

    name: str
    read: Read
    within_limits: Limit = _anything
    default: Any = None
    in_query: wire.Field | None = None


class Message:
    """A named list of fields, found under their snake_case and their lowerCamelCase names."""

    def __init__(self, name: str, *fields: Field, aliases: Mapping[str, str] | None = None) -> None:
        """`aliases` are further names of fields."""
        self.name = name
        self.fields = {field.name: field for field in fields}
        self._lookup = {lower_camel(field.name): field for field in fields} | self.fields
        self._lookup.update({alias: self.fields[name] for alias, name in (aliases or {}).items()})

    def read(self, value: Any) -> dict[str, Any]:
        """The fields that a JSON object sets, by their snake_case names; null sets none."""
        if value.__class__ is not dict:
            raise _needed("an object", value)
        message: dict[str, Any] = {}
        seen: set[str] = set()
        for key, member in value.items():
            field = self._lookup.get(key)
            if field is None:
                raise Unreadable(f"unknown field {shown(key)}; there are {', '.join(self.fields)}")
            if field.name in seen:
                raise Unreadable("it comes twice", field.name)
            seen.add(field.name)
            if member is not None:
                try:
                    message[field.name] = field.read(member)
                except Unreadable as error:
                    raise error.below(field.name) from None
        return message

    def within_limits(self, message: Mapping[str, Any]) -> bool:
        """Whether all values are of a size that a function takes."""
        return all(
            field.within_limits(message.get(name, field.default)) for name, field in self.fields.items()
        )


def shown(value: Any) -> str:
    """A JSON value for a log: short, whatever it is, and without line breaks."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")
    return str(value) if isinstance(value, float) else json.dumps(value)


def _needed(what: str, value: Any) -> Unreadable:
    return Unreadable(f"{what} is needed, not {shown(value)}")


# --- values ---


def _text(value: Any) -> str:
    if value.__class__ is not str:
        raise _needed("a text", value)
    text: str = value
    return text


def _bool(value: Any) -> bool:
    if value.__class__ is not bool:
        raise _needed("true or false", value)
    return bool(value)


def _integer(value: Any) -> int:
    """A whole number of any size; a number with a fraction of zero is one, and so is its text."""
    if value.__class__ is int:
        return int(value)
    if value.__class__ is float and math.isfinite(value) and value.is_integer():
        return int(value)
    if value.__class__ is str:
        parsed = parse_integer(value, Kind.INT64)
        if parsed is not None:
            return parsed
    raise _needed("an integer", value)


def _within(bounds: tuple[int, int]) -> Read:
    low, high = bounds

    def read(value: Any) -> int:
        number = _integer(value)
        if not low <= number <= high:
            raise _needed(f"an integer from {low} to {high}", value)
        return number

    return read


def _clamped(given: Any) -> int:
    """A whole number, the nearest one of 64 bits where it is beyond them."""
    low, high = _INT64
    value = given
    if given.__class__ is str:
        parsed = parse_integer(given, Kind.INT64)
        if parsed is not None:
            return parsed
        value = float(given) if _NUMBER.fullmatch(given) else 0.0
        if abs(value) <= high:
            raise _needed("an integer", given)  # no number, or one with a fraction
    if value.__class__ is float and math.isinf(value):
        return high if value > 0 else low
    return min(max(_integer(value), low), high)


def _double(value: Any) -> float:
    """A number, its text, or one of the names of what is none."""
    if value.__class__ in (int, float):
        return float(value)
    if value.__class__ is str and value == value.strip() and "_" not in value:
        try:
            return float(value)
        except ValueError:
            pass
    raise _needed("a number", value)


def _object(value: Any) -> dict[str, Any]:
    if value.__class__ is not dict:
        raise _needed("an object", value)
    values: dict[str, Any] = value
    return values


def _nullable(read: Read) -> Read:
    return lambda value: None if value is None else read(value)


def _entries(read: Read) -> Read:
    """A map; null is a value only where `read` takes it."""

    def read_all(value: Any) -> dict[str, Any]:
        entries = {}
        for key, member in _object(value).items():
            try:
                entries[key] = read(member)
            except Unreadable as error:
                raise error.below(f"[{shown(key)}]") from None
        return entries

    return read_all


def _items(read: Read) -> Read:
    def read_all(value: Any) -> list[Any]:
        if value.__class__ is not list:
            raise _needed("a list", value)
        items = []
        for index, item in enumerate(value):
            try:
                items.append(read(item))
            except Unreadable as error:
                raise error.below(f"[{index}]") from None
        return items

    return read_all


# --- limits ---


def is_key(text: str) -> bool:
    """Whether a text can be an id or a key: 1 to 128 bytes."""
    return 0 < len(text) <= LONGEST_KEY and len(text.encode("utf-8", "surrogatepass")) <= LONGEST_KEY


def _are_keys(texts: Any) -> bool:
    """At most 100, and all of them ids or keys."""
    return len(texts) <= MOST_ENTRIES and all(map(is_key, texts))


# --- kinds of fields ---


def string(name: str) -> Field:
    return Field(name, _text, in_query=wire.string(name))


def key(name: str) -> Field:
    """An id; none, and one that is too long, is beyond the limits."""
    return Field(name, _text, is_key, "", wire.string(name))


def keys(name: str) -> Field:
    return Field(name, _items(_text), _are_keys, (), wire.strings(name))


def boolean(name: str) -> Field:
    return Field(name, _bool, in_query=wire.boolean(name))


def int64(name: str) -> Field:
    return Field(name, _within(_INT64), in_query=wire.int64(name))


def clamped_int64(name: str) -> Field:
    return Field(name, _clamped)


def int32(name: str) -> Field:
    return Field(name, _within(_INT32), in_query=wire.int32(name))


def enum(name: str, numbers: Mapping[str, int]) -> Field:
    """A number, or one of the names."""
    number = _within(_INT32)

    def read(value: Any) -> int:
        if value.__class__ is not str:
            return int(number(value))
        if value in numbers:
            return numbers[value]
        try:
            return int(number(value))
        except Unreadable:
            raise _needed(f"one of {', '.join(numbers)}", value) from None

    return Field(name, read)


def struct(name: str) -> Field:
    """Any JSON object."""
    return Field(name, _object)


def amounts(name: str) -> Field:
    """A map from ids to int64."""
    return Field(name, _entries(_within(_INT64)), _are_keys, {})


def texts_or_null(name: str) -> Field:
    """A map from names to texts; null stays null."""
    return Field(name, _entries(_nullable(_text)), _are_keys, {})


def numbers_or_null(name: str) -> Field:
    return Field(name, _entries(_nullable(_double)), _are_keys, {})


def messages(name: str, of: Message) -> Field:
    """A list of messages."""

    def within_limits(items: Any) -> bool:
        return len(items) <= MOST_ENTRIES and all(map(of.within_limits, items))

    return Field(name, _items(of.read), within_limits, ())


def message_map(name: str, of: Message) -> Field:
    """A map from ids to messages."""

    def within_limits(entries: Any) -> bool:
        return _are_keys(entries) and all(map(of.within_limits, entries.values()))

    return Field(name, _entries(of.read), within_limits, {})
