"""What the documents refuse, in our words."""

from typing import Any

from pydantic_core import ErrorDetails

from kizuna.teams.config.choices import choice
from kizuna.teams.config.documents import StatEntry
from kizuna.teams.config.errors import Place, Problem
from kizuna.teams.config.reward_documents import (
    ItemEntry,
    NumberRange,
    Range,
    SecondsRange,
    SmallRange,
    Weighted,
)
from kizuna.teams.config.schema import bare, keys_at, kind_at

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

#: Maps that are easily taken for the one number in them: what they are, and its key.
_OF_ONE_NUMBER: dict[Any, tuple[str, str]] = {
    **dict.fromkeys((Range, SmallRange, SecondsRange, NumberRange, ItemEntry), ("a range", "min")),
    StatEntry: ("a map", "value"),
    Weighted: ("a map", "weight"),
}


def problem_of(detail: ErrorDetails) -> Problem:
    """One problem that pydantic found."""
    place = tuple(part for part in detail["loc"] if part != "[key]")
    if detail["type"] == "missing":
        return Problem(place, "is missing")
    if detail["type"] == "extra_forbidden":
        return Problem(place, f"is no key here; {_instead(place)}")
    return Problem(place, _refused(detail, place))


def _instead(place: Place) -> str:
    """Which key may be meant by one that is none."""
    *around, key = place
    kind = kind_at(tuple(around))
    if "guaranteed" in kind.model_fields:
        contents = bare(kind.model_fields["guaranteed"].annotation)
        if key in contents.model_fields and key != "weight":
            return f"did you mean guaranteed.{key}?"
    keys = keys_at(tuple(around))
    return choice(keys, str(key), few=len(keys))


def _refused(detail: ErrorDetails, place: Place) -> str:
    kind, context, given = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "value_error":
        return str(context["error"])
    if kind == "model_type" and (form := _OF_ONE_NUMBER.get(kind_at(place))):
        what, key = form
        number = given if isinstance(given, int) and not isinstance(given, bool) and given >= 0 else 1
        return f"must be {what}, as in {{{key}: {number}}}, not {_shown(given)}"
    words = _MUST.get(kind) or _MUST.get(kind.split("_")[0]) or detail["msg"]
    bounds = {name: f"{bound:g}" if isinstance(bound, float) else bound for name, bound in context.items()}
    return f"{words.format(**bounds)}, not {_shown(given)}"


def _shown(value: Any) -> str:
    """A value as the file has it, if it is short."""
    if isinstance(value, dict | list):
        return "a map" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
