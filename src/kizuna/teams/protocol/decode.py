"""Payloads of Teams functions: JSON text to a message."""

import json
from typing import Any

import orjson

from kizuna.teams.errors import payload_empty, payload_undecodable
from kizuna.teams.protocol.fields import Message, Unreadable, shown


def decode(message: Message, payload: bytes) -> dict[str, Any]:
    """The fields that are set, by their snake_case names. 400 for no payload and for any other message,
    caused by `Unreadable`, which tells what is wrong.

    Strings are `str`, integers `int`, doubles `float`, lists `list`, maps, objects and messages `dict`.
    """
    if not payload:
        raise payload_empty()
    try:
        tree = _parsed(payload)
        _refuse_duplicates(tree, payload)
        return message.read(tree)
    except Unreadable as error:
        raise payload_undecodable() from error


def _parsed(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"this is no JSON: {error}") from error


def _refuse_duplicates(tree: Any, payload: bytes) -> None:
    """Compact text, which most clients send, is what comes out when the tree is written again."""
    try:
        if orjson.dumps(tree) == payload:
            return
    except orjson.JSONEncodeError:
        pass  # nested too deep to be written
    try:
        json.loads(payload, object_pairs_hook=_unique, parse_int=_ignored, parse_float=_ignored)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"this is no JSON: {error}") from error


def _unique(members: list[tuple[str, Any]]) -> None:
    names: set[str] = set()
    for name, _ in members:
        if name in names:
            raise Unreadable(f"{shown(name)} comes twice in an object")
        names.add(name)


def _ignored(_number: str) -> None:
    return None
