"""Properties of an item's instance: those of its definition, and what makes it different from others.

Only differences are kept, so that a later definition shows through (T-362).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, Self, TypeVar

import orjson

from kizuna.db.engine import Record
from kizuna.teams.config.shapes import Item

V = TypeVar("V", str, float)


class Changes(Protocol):
    """Properties to set; None and "" remove one."""

    @property
    def strings(self) -> Mapping[str, str | None]: ...

    @property
    def numbers(self) -> Mapping[str, float | None]: ...


@dataclass(slots=True)
class Differences(Generic[V]):
    """Properties of one type: those that the instance has of its own, and those of the definition that it
    has not."""

    own: dict[str, V] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)

    def effective(self, defined: Mapping[str, V]) -> Mapping[str, V]:
        """What the instance has, over a definition."""
        if not self.own and not self.removed:
            return defined
        kept = {name: value for name, value in defined.items() if name not in self.removed}
        return {**kept, **self.own}

    def change(self, defined: Mapping[str, V], changes: Mapping[str, V | None]) -> None:
        """Set properties; None and "" remove one, even if it is defined (T-380)."""
        for name, value in changes.items():
            self.own.pop(name, None)
            self.removed.discard(name)
            if value is None or value == "":
                if name in defined:
                    self.removed.add(name)
            elif defined.get(name) != value:
                self.own[name] = value


@dataclass(slots=True)
class InstanceProperties:
    """All properties of an instance."""

    strings: Differences[str] = field(default_factory=Differences)
    numbers: Differences[float] = field(default_factory=Differences)

    @classmethod
    def of(cls, row: Record) -> Self:
        """Those of a row of `queries.INSTANCES`."""
        removed = orjson.loads(row["removed"])
        return cls(
            Differences(orjson.loads(row["strings"]), set(removed.get("string", ()))),
            Differences(orjson.loads(row["numbers"]), set(removed.get("numeric", ()))),
        )

    def __len__(self) -> int:
        """How many the instance has of its own."""
        return len(self.strings.own) + len(self.numbers.own)

    def change(self, item: Item, changes: Changes) -> None:
        """Set and remove some; the others stay (T-379)."""
        self.strings.change(item.string_properties, changes.strings)
        self.numbers.change(item.numeric_properties, changes.numbers)

    def message(self, item: Item) -> dict[str, Any]:
        """The effective ones, as messages have them."""
        effective: dict[str, Mapping[str, Any]] = {
            "string_properties": self.strings.effective(item.string_properties),
            "numeric_properties": self.numbers.effective(item.numeric_properties),
        }
        return {name: dict(values) for name, values in effective.items() if values}

    def texts(self) -> tuple[str, str, str]:
        """As they are stored: strings, numbers, and what is removed."""
        removed = {"string": sorted(self.strings.removed), "numeric": sorted(self.numbers.removed)}
        return (
            _text(self.strings.own),
            _text(self.numbers.own),
            _text({k: v for k, v in removed.items() if v}),
        )


def _text(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value).decode()
