"""Queries over what is running; the list of parties uses it too."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

import orjson

from kizuna.errors import invalid
from kizuna.search.documents import Document, Value, fields
from kizuna.search.errors import QueryError
from kizuna.search.matching import score
from kizuna.search.query import Query, parse

log = logging.getLogger(__name__)

Entry = TypeVar("Entry")

LIST_FAILED = "Error listing matches."

#: Seconds that a search may take before others have their turn.
_TURN = 0.005


class Running(NamedTuple, Generic[Entry]):
    """A match or a party, and what queries see of it."""

    entry: Entry
    document: Document


class Found(NamedTuple, Generic[Entry]):
    """An entry that fits a query, and how well."""

    score: float
    entry: Entry


def read_query(text: str) -> Query:
    """The query that a client has sent. 400 if it is none, where the reference answers 500."""
    try:
        return parse(text)
    except QueryError as error:
        log.debug("a query was refused: %s", error)
        raise invalid(LIST_FAILED) from error


async def search(query: Query, running: Sequence[Running[Entry]]) -> list[Found[Entry]]:
    """Those that fit, in no order. A long search lets others work in between."""
    time = asyncio.get_running_loop().time
    turn_ends = time() + _TURN
    found: list[Found[Entry]] = []
    for entry, document in running:
        points = score(query, document)
        if points is not None:
            found.append(Found(points, entry))
        if time() > turn_ends:
            await asyncio.sleep(0)
            turn_ends = time() + _TURN
    return found


def label_fields(label: str) -> dict[str, list[Value]]:
    """What a label says, `label.…`; nothing unless it is a JSON object."""
    try:
        content = orjson.loads(label)
    except orjson.JSONDecodeError:
        return {}
    return fields("label", content) if isinstance(content, dict) else {}


def milliseconds(time: datetime) -> float:
    """A time as queries see times of creation: milliseconds since 1970."""
    return float(int(time.timestamp() * 1000))
