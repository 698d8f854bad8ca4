"""The fields of what developers ask for with curl: what each may be, and what is said of anything else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from kizuna.testing.providers.posting import of_this_machine
from kizuna.testing.providers.times import FORMS, instant


class Refused(ValueError):
    """The wish cannot be fulfilled; the text is a sentence for whoever has it."""


@dataclass(frozen=True)
class Kind:
    """What a field may be. `read` gives the value to use, ValueError for anything else."""

    words: str
    read: Callable[[Any], Any]
    is_required: bool = False

    @property
    def required(self) -> "Kind":
        """The same where nothing can be made up."""
        return replace(self, is_required=True)

    def __str__(self) -> str:
        return f"{self.words}, required" if self.is_required else self.words


Kinds = Mapping[str, Kind]


def _typed(*types: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        # To Python true and false are numbers.
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise ValueError
        return value

    return read


def _listed(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read_all(value: Any) -> Any:
        return [read(each) for each in _typed(list)(value)]

    return read_all


TEXT = Kind("text", _typed(str))
NUMBER = Kind("whole number", _typed(int))
FLAG = Kind("true or false", _typed(bool))
ID = Kind("text or whole number", _typed(str, int))
TEXTS = Kind("list of texts", _listed(_typed(str)))
IDS = Kind("list of texts or whole numbers", _listed(_typed(str, int)))
OBJECT = Kind("JSON object", _typed(dict))
TIME = Kind("time", instant)
SERVER = Kind("URL of a server of this machine, such as http://127.0.0.1:7350", of_this_machine)


def choice(*values: str | int) -> Kind:
    """One of these values."""

    def read(value: Any) -> Any:
        if isinstance(value, bool) or value not in values:
            raise ValueError
        return value

    listed = ", ".join(str(value) or "nothing" for value in values)
    return Kind(f"one of {listed}", read)


def read_fields(kinds: Kinds, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of given fields, without those that are null. `Refused` for what is wrong with them."""
    for name in given:
        if name not in kinds:
            raise Refused(_unknown(name, kinds))
    told = {name: value for name, value in given.items() if value is not None}
    for name, kind in kinds.items():
        if kind.is_required and name not in told:
            raise Refused(f'The field "{name}" is missing: {_spelled(kind)}.')
    return {name: _read(name, kinds[name], value) for name, value in told.items()}


def _read(name: str, kind: Kind, value: Any) -> Any:
    try:
        return kind.read(value)
    except (ValueError, TypeError):
        raise Refused(f'The field "{name}" must be {_spelled(kind)}, and not {value!r}.') from None


def _spelled(kind: Kind) -> str:
    return FORMS if kind.read is instant else kind.words


def _unknown(name: str, kinds: Kinds) -> str:
    close = get_close_matches(name, kinds, 1)
    hint = f' Did you mean "{close[0]}"?' if close else ""
    listed = "; ".join(f"{each} ({kind})" for each, kind in kinds.items())
    return f'There is no field "{name}".{hint} The fields are: {listed}.'
