"""Players and their groups, through the wire."""

import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from kizuna.app import Application
from kizuna.channels.service import Channels
from kizuna.clock import Clock
from kizuna.friends.lookup import Relations
from kizuna.groups.lookup import Memberships
from kizuna.groups.service import Groups
from kizuna.notifications.service import Notifications
from tests.support.boards import good, refusal
from tests.support.players import Player

__all__ = ["Somebody", "good", "refusal"]

NIL = "00000000-0000-0000-0000-000000000000"
NOBODY = "33333333-3333-4333-8333-333333333333"

DENIED = (404, 5, "Group not found or permission denied.")
FULL = (400, 3, "Group is full.")

Group = dict[str, Any]


def new_name(prefix: str = "g") -> str:
    return f"{prefix}-{uuid.uuid4()}"


def services(app: Application, clock: Clock) -> Groups:
    """The groups of an application, as game code reaches them."""
    database = app.database
    channels = Channels(database, Memberships(database), Relations(database), clock)
    return Groups(database, channels, Notifications(database, clock), clock)


@dataclass(frozen=True)
class Somebody:
    """A signed-in player."""

    api: httpx.AsyncClient
    player: Player

    @property
    def id(self) -> str:
        return self.player.id

    @property
    def name(self) -> str:
        return self.player.username

    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """The answer to a request below `/v2`."""
        return await self.api.request(
            method, f"/v2{path}", json=body, params=query, headers=self.player.headers
        )

    async def create(self, name: str = "", **fields: Any) -> Group:
        """A new group."""
        return good(await self.ask("POST", "/group", {"name": name or new_name(), **fields}))

    async def update(self, group: Group, **fields: Any) -> httpx.Response:
        return await self.ask("PUT", f"/group/{group['id']}", fields)

    async def delete(self, group: Group) -> httpx.Response:
        return await self.ask("DELETE", f"/group/{group['id']}")

    async def join(self, group: Group) -> httpx.Response:
        return await self.ask("POST", f"/group/{group['id']}/join")

    async def leave(self, group: Group) -> httpx.Response:
        return await self.ask("POST", f"/group/{group['id']}/leave")

    async def act(self, operation: str, group: Group, *others: "Somebody | str") -> httpx.Response:
        """Add, kick, ban, promote or demote others."""
        ids = [other if isinstance(other, str) else other.id for other in others]
        return await self.ask("POST", f"/group/{group['id']}/{operation}", user_ids=ids)

    async def do(self, operation: str, group: Group, *others: "Somebody | str") -> None:
        """The same, and it has to succeed."""
        assert good(await self.act(operation, group, *others)) == {}

    async def members(self, group: Group, **query: Any) -> dict[str, int]:
        """The states of a group's users by id, in the order in which they are listed."""
        page = good(await self.ask("GET", f"/group/{group['id']}/user", **query))
        return {entry["user"]["id"]: entry["state"] for entry in page.get("group_users", ())}

    async def relations(self, group: Group) -> dict[str, int]:
        """The same with those who are banned."""
        return await self.members(group) | await self.members(group, state=4)

    async def groups(self, user_id: str = "", **query: Any) -> dict[str, int]:
        """The states of a user's groups by id, in the order in which they are listed."""
        page = good(await self.ask("GET", f"/user/{user_id or self.id}/group", **query))
        return {entry["group"]["id"]: entry["state"] for entry in page.get("user_groups", ())}

    async def see(self, group: Group) -> Group | None:
        """A group as it is now, None if it is gone; its name has no wildcards."""
        found = good(await self.ask("GET", "/group", name=group["name"], limit=100)).get("groups", ())
        return next((one for one in found if one["id"] == group["id"]), None)

    async def size(self, group: Group) -> int:
        """The number of members, which has to be the number of those who are listed."""
        seen = await self.see(group)
        assert seen is not None
        assert seen["edge_count"] == sum(state <= 2 for state in (await self.members(group)).values())
        size: int = seen["edge_count"]
        return size

    async def messages(self, group: Group) -> list[tuple[int, str, str]]:
        """What a member reads in the group's channel: (code, user id, name), sorted."""
        page = good(await self.ask("GET", f"/channel/3.{group['id']}..", limit=100))
        return sorted(
            (message["code"], message["sender_id"], message["username"])
            for message in page.get("messages", ())
        )

    async def notifications(self) -> list[dict[str, Any]]:
        page = good(await self.ask("GET", "/notification", limit=100))
        return list(page.get("notifications", ()))


async def relate(owner: Somebody, group: Group, other: Somebody, state: int | None) -> None:
    """Bring a stranger into a relation with a group of the owner's."""
    if state == 3:
        good(await owner.update(group, open=False))
        good(await other.join(group))
    elif state is not None:
        await owner.do("add", group, other)
        for _ in range(2 - state):
            await owner.do("promote", group, other)
        if state == 4:
            await owner.do("ban", group, other)
