"""A team's inventory through the wire, and other configurations than that of the files."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

from kizuna.app import Application
from kizuna.teams.config.loading import load
from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.held import PublisherEvent
from tests.support.players import Player
from tests.teams.support import CONFIG, Cast, refused

Message = dict[str, Any]


def document() -> Message:
    """The tests' Teams configuration, to be changed."""
    content: Message = json.loads(CONFIG.read_text())
    return content


def config_of(content: Message) -> TeamsConfig:
    return load(json.dumps(content), source="the test")[0]


@contextmanager
def configured(app: Application, content: Message) -> Iterator[None]:
    """The application goes by another configuration for a while."""
    versions = app.teams.versions
    before = versions.current
    versions.current = config_of(content)
    try:
        yield
    finally:
        versions.current = before


@contextmanager
def published(app: Application) -> Iterator[list[tuple[str, Message, str]]]:
    """The events that are told meanwhile: name, metadata without the team, value."""
    calls = app.teams.calls
    before = calls.publish
    told: list[tuple[str, Message, str]] = []

    def note(events: Any) -> None:
        told.extend(map(_event, events))

    calls.publish = note
    try:
        yield told
    finally:
        calls.publish = before


def _event(event: PublisherEvent) -> tuple[str, Message, str]:
    return (
        event.name,
        {name: value for name, value in event.metadata.items() if name != "teamId"},
        event.value,
    )


async def grant(cast: Cast, player: Player | None = None, **items: Any) -> Message:
    """Grant items, and the inventory afterwards."""
    answer = await cast.call(player or cast.admin, "TEAMS_INVENTORY_GRANT", items=items)
    return items_in(answer["inventory"])


async def grant_refused(cast: Cast, **request: Any) -> tuple[int, int, str]:
    return refused(await cast.ask(cast.admin, "TEAMS_INVENTORY_GRANT", **request))


async def consume_refused(cast: Cast, **request: Any) -> tuple[int, int, str]:
    return refused(await cast.ask(cast.admin, "TEAMS_INVENTORY_CONSUME", **request))


async def update(cast: Cast, instance_id: str, **properties: Any) -> Message:
    """Change properties of an instance; the instance afterwards."""
    answer = await cast.call(cast.admin, "TEAMS_INVENTORY_UPDATE", item_updates={instance_id: properties})
    item: Message = answer["inventory"]["items"][instance_id]
    return item


async def update_refused(cast: Cast, **updates: Any) -> tuple[int, int, str]:
    return refused(await cast.ask(cast.admin, "TEAMS_INVENTORY_UPDATE", item_updates=updates))


async def inventory(cast: Cast, **request: Any) -> Message:
    """What any member sees of the inventory, by instance id."""
    return items_in(await cast.call(cast.member, "TEAMS_INVENTORY_LIST_INVENTORY", **request))


async def codex(cast: Cast, **request: Any) -> Message:
    return items_in(await cast.call(cast.member, "TEAMS_INVENTORY_LIST", **request))


def items_in(message: Message) -> Message:
    items: Message = message.get("items", {})
    return items


def of(items: Message, item_id: str) -> list[Message]:
    """The instances of an item."""
    return [item for item in items.values() if item["id"] == item_id]


def counts(items: Message) -> dict[str, int]:
    """Units by item."""
    total: dict[str, int] = {}
    for item in items.values():
        total[item["id"]] = total.get(item["id"], 0) + int(item.get("count", "0"))
    return total


async def in_database(app: Application, query: str, *args: Any) -> list[asyncpg.Record]:
    """The rows of a query; for what the wire does not show."""
    connection = await asyncpg.connect(app.database.url)
    try:
        return list(await connection.fetch(query, *args))
    finally:
        await connection.close()


BAD_INPUT = (400, 3, "bad input")
NOT_FOUND = (400, 3, "item not found")
INSUFFICIENT = (400, 9, "insufficient items")
NOT_CONSUMABLE = (400, 3, "items not consumable")
NOT_DEFINED = (400, 3, "item property not defined")
TOO_MANY = (400, 3, "too many item instances")
