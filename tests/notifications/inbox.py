"""What a player sees of notifications."""

from collections.abc import Iterator, Sequence
from typing import Any

import httpx

from kizuna.notifications.service import NewNotification
from tests.support.players import Player

LIST_FAILED = (400, {"code": 3, "message": "Error retrieving notifications."})
DELETE_FAILED = (400, {"code": 3, "message": "Error while deleting notifications."})


def new(
    player: Player, subject: str = "s", content: str = "{}", code: int = 1, **more: Any
) -> NewNotification:
    """A notification to a player."""
    return NewNotification(player.id, subject, content, code, **more)


async def ask(api: httpx.AsyncClient, player: Player, **query: Any) -> tuple[int, Any]:
    """The status and the body of a list."""
    answer = await api.get("/v2/notification", params=query, headers=player.headers)
    return answer.status_code, answer.json()


async def listed(api: httpx.AsyncClient, player: Player, **query: Any) -> list[dict[str, Any]]:
    """A page of notifications, by default of 100."""
    status, body = await ask(api, player, **{"limit": 100, **query})
    assert status == 200, body
    notifications: list[dict[str, Any]] = body.get("notifications", [])
    return notifications


async def subjects(api: httpx.AsyncClient, player: Player, **query: Any) -> list[str]:
    """The subjects of a page."""
    return [notification["subject"] for notification in await listed(api, player, **query)]


async def delete(api: httpx.AsyncClient, player: Player, ids: Sequence[str]) -> tuple[int, Any]:
    """The status and the body of a deletion."""
    answer = await api.delete("/v2/notification", params={"ids": list(ids)}, headers=player.headers)
    return answer.status_code, answer.json()


def spellings(id: str) -> Iterator[str]:
    """Everything that means this id."""
    bare = id.replace("-", "")
    for plain in (id, bare):
        yield from (plain, plain.upper(), "{" + plain + "}", "urn:uuid:" + plain)
