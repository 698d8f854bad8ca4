"""A team and everybody around it, and how they call Teams functions."""

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.players import Player, sign_in_async
from tests.teams.schemas import conforms, response_of

#: The configuration that most tests go by.
CONFIG = Path(__file__).parent / "guilds.json"

#: Changes fields of the configuration in force: `configure(max_team_size=7)`.
Configure = Callable[..., None]


@dataclass(frozen=True)
class Cast:
    """A team, and players who stand to it in every way there is."""

    api: httpx.AsyncClient
    team: str
    superadmin: Player
    admin: Player
    admin2: Player
    member: Player
    member2: Player
    pending: Player
    banned: Player
    outsider: Player

    @property
    def members(self) -> list[Player]:
        """Everybody who belongs to the team."""
        return [self.superadmin, self.admin, self.admin2, self.member, self.member2]

    async def call(self, player: Player, function: str, **request: Any) -> dict[str, Any]:
        """What a function answers to a player about the team; it must succeed, and be as it is documented."""
        message = answered(await self.ask(player, function, **request))
        conforms(response_of(function), message)
        return message

    async def ask(self, player: Player, function: str, **request: Any) -> httpx.Response:
        """The same, however it ends."""
        return await ask(self.api, player, function, {"id": self.team, **request})


async def ask(
    api: httpx.AsyncClient, player: Player, function: str, request: dict[str, Any]
) -> httpx.Response:
    """Call a function, such as "TEAMS_WALLET_GET", unwrapped."""
    return await api.post(
        f"/v2/rpc/RPC_ID_{function}?unwrap", content=json.dumps(request), headers=player.headers
    )


def answered(answer: httpx.Response) -> dict[str, Any]:
    """The message of an answer that must be a success; {} for an empty one."""
    assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
    message: dict[str, Any] = answer.json() if answer.content else {}
    return message


def refused(answer: httpx.Response) -> tuple[int, int, str]:
    """HTTP status, code and message of an answer that must be a refusal by a function."""
    body = answer.json()
    assert answer.status_code >= 400, answer.text
    assert body["error"] == {"Message": body["message"], "Code": body["code"]}
    return answer.status_code, body["code"], body["message"]


async def plain_team(api: httpx.AsyncClient, owner: Player, *, open: bool = True, name: str = "") -> str:
    """A new group of a player's, which any Teams function makes a team of."""
    body = {"name": name or f"team-{uuid.uuid4()}", "open": open}
    group = answered(await api.post("/v2/group", json=body, headers=owner.headers))
    return str(group["id"])


async def assemble(api: httpx.AsyncClient) -> Cast:
    """A closed team with everybody in their place."""
    players = await asyncio.gather(*(sign_in_async(api) for _ in range(8)))
    superadmin, admin, admin2, member, member2, pending, banned, _ = players
    team = await plain_team(api, superadmin, open=False)

    async def act(what: str, *users: Player) -> None:
        ids = {"user_ids": [user.id for user in users]}
        answered(await api.post(f"/v2/group/{team}/{what}", params=ids, headers=superadmin.headers))

    await act("add", admin, admin2, member, member2, banned)
    await act("promote", admin, admin2)
    await act("ban", banned)
    answered(await api.post(f"/v2/group/{team}/join", headers=pending.headers))
    return Cast(api, team, *players)
