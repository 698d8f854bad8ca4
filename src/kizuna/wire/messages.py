"""What request messages consist of: the vocabulary in which `kizuna.wire.requests` declares them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What a field holds. The value is the name that error texts give it."""

    STRING = "string"
    BOOL = "bool"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    ENUM = "enum"
    TIMESTAMP = "google.protobuf.Timestamp"
    MESSAGE = "message"
    STRING_MAP = "map"


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a message.

    A wrapper (BoolValue, Int32Value, …) tells absent from zero and prints errors under the name `value`;
    on the wire it looks like its plain sibling.
    """

    name: str
    kind: Kind
    repeated: bool = False
    wrapper: bool = False
    message: "Message | None" = None
    numbers: Mapping[str, int] = field(default_factory=dict)
    """The numbers of an enum's names."""

    @property
    def json_name(self) -> str:
        """The lowerCamelCase spelling."""
        return lower_camel(self.name)

    @property
    def printed_name(self) -> str:
        """The name in error texts about the field's value."""
        return "value" if self.wrapper else self.json_name


class Message:
    """A named list of fields, found under both of their spellings."""

    __slots__ = ("fields", "lookup", "name")

    def __init__(self, name: str, *fields: Field) -> None:
        self.name = name
        self.fields = fields
        self.lookup = {spelling: each for each in fields for spelling in (each.json_name, each.name)}

    def without(self, *names: str) -> "Message":
        """The same message less some fields."""
        return Message(self.name, *(each for each in self.fields if each.name not in names))


def lower_camel(name: str) -> str:
    """`user_id_one` → `userIdOne`."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def string(name: str) -> Field:
    return Field(name, Kind.STRING)


def strings(name: str) -> Field:
    return Field(name, Kind.STRING, repeated=True)


def string_value(name: str) -> Field:
    return Field(name, Kind.STRING, wrapper=True)


def string_map(name: str) -> Field:
    return Field(name, Kind.STRING_MAP)


def boolean(name: str) -> Field:
    return Field(name, Kind.BOOL)


def bool_value(name: str) -> Field:
    return Field(name, Kind.BOOL, wrapper=True)


def int32(name: str) -> Field:
    return Field(name, Kind.INT32)


def int32_value(name: str) -> Field:
    return Field(name, Kind.INT32, wrapper=True)


def uint32_value(name: str) -> Field:
    return Field(name, Kind.UINT32, wrapper=True)


def int64(name: str) -> Field:
    return Field(name, Kind.INT64)


def int64_value(name: str) -> Field:
    return Field(name, Kind.INT64, wrapper=True)


def enum(name: str, numbers: Mapping[str, int]) -> Field:
    return Field(name, Kind.ENUM, numbers=numbers)


def timestamp(name: str) -> Field:
    return Field(name, Kind.TIMESTAMP)


def message(name: str, of: Message) -> Field:
    return Field(name, Kind.MESSAGE, message=of)


def messages(name: str, of: Message) -> Field:
    return Field(name, Kind.MESSAGE, repeated=True, message=of)
