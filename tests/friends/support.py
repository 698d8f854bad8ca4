"""Players who have friends, as the tests see them: through the wire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.players import Player

FRIEND, SENT, RECEIVED, BLOCKED = 0, 1, 2, 3
INVITED, ACCEPTED, IMPORTED, REMOVED = -2, -3, -6, -9

SELF = {
    "add": "Cannot add self as friend.",
    "delete": "Cannot delete self.",
    "block": "Cannot block self.",
}
FAILED = {operation: f"Error while trying to {operation} friends." for operation in SELF}

_REQUESTS = {
    "add": ("POST", "/v2/friend"),
    "delete": ("DELETE", "/v2/friend"),
    "block": ("POST", "/v2/friend/block"),
}


@dataclass(frozen=True)
class Neighbour:
    """A signed-in player among others."""

    api: httpx.AsyncClient
    player: Player

    @property
    def id(self) -> str:
        return self.player.id

    @property
    def name(self) -> str:
        return self.player.username

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.api.request(method, path, headers=self.player.headers, **options)

    async def send(
        self,
        operation: str,
        ids: Sequence[str] = (),
        usernames: Sequence[str] = (),
        **query: Any,
    ) -> httpx.Response:
        """The answer to "add", "delete" or "block"."""
        method, path = _REQUESTS[operation]
        return await self.ask(method, path, params={"ids": ids, "usernames": usernames, **query})

    async def add(self, *others: "Neighbour", **query: Any) -> None:
        good(await self.send("add", [other.id for other in others], **query))

    async def delete(self, *others: "Neighbour") -> None:
        good(await self.send("delete", [other.id for other in others]))

    async def block(self, *others: "Neighbour") -> None:
        good(await self.send("block", [other.id for other in others]))

    async def befriend(self, *others: "Neighbour") -> None:
        """Become friends with each of the others."""
        await self.add(*others)
        for other in others:
            await other.add(self)

    async def leave(self) -> None:
        """Delete the account."""
        good(await self.ask("DELETE", "/v2/account"))

    async def page(self, **query: Any) -> dict[str, Any]:
        return good(await self.ask("GET", "/v2/friend", params=query))

    async def friends(self, **query: Any) -> list[dict[str, Any]]:
        """The `Friend` messages of the list."""
        friends: list[dict[str, Any]] = (await self.page(**query)).get("friends", [])
        return friends

    async def states(self) -> dict[str, int]:
        """Whom the player's list shows, in its order, with their states."""
        return {friend["user"]["id"]: friend["state"] for friend in await self.friends()}

    async def edge_to(self, other: "Neighbour") -> dict[str, Any]:
        [edge] = [friend for friend in await self.friends() if friend["user"]["id"] == other.id]
        return edge

    async def state_to(self, other: "Neighbour") -> int | None:
        return (await self.states()).get(other.id)

    async def account(self) -> dict[str, Any]:
        user: dict[str, Any] = good(await self.ask("GET", "/v2/account"))["user"]
        return user

    async def count(self) -> int:
        """How many edges the player's profile tells."""
        return int((await self.account()).get("edge_count", 0))

    async def notes(self) -> list[tuple[int, str]]:
        """(code, sender) of all notifications so far."""
        found = good(await self.ask("GET", "/v2/notification", params={"limit": 100}))
        return [(note["code"], note["sender_id"]) for note in found.get("notifications", ())]


async def between(one: Neighbour, other: Neighbour) -> tuple[int | None, int | None]:
    """How the two stand to each other, as both lists tell it."""
    return await one.state_to(other), await other.state_to(one)


async def counts(*players: Neighbour) -> list[int]:
    return [await player.count() for player in players]


def good(answer: httpx.Response) -> dict[str, Any]:
    """What was answered."""
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def refusal(answer: httpx.Response) -> tuple[int, int, str]:
    """(status, code, message) of a refusal."""
    content: Mapping[str, Any] = answer.json()
    assert set(content) == {"code", "message"}, answer.text
    return answer.status_code, content["code"], content["message"]
