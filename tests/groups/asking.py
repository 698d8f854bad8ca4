"""What players want of groups, over connections that many share."""

import asyncio
import base64
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.groups.model import MEMBER
from tests.hostile.clients import Client, Refused
from tests.leaderboards.crowd import bearer, outcome
from tests.support.players import SERVER_KEY, Player, claims

#: The content of an answer that says yes.
GOOD: dict[str, Any] = {}


async def create(client: Client, me: Player, name: str = "", **fields: Any) -> str:
    """The id of a new group, open unless said otherwise."""
    body = {"name": name or f"group-{uuid.uuid4()}", "open": True, **fields}
    created = await client.ask("POST", "/v2/group", body, authorization=bearer(me))
    return str(created["id"])


async def update(client: Client, me: Player, group: str, **fields: Any) -> Any:
    return await client.ask("PUT", f"/v2/group/{group}", fields, authorization=bearer(me))


async def delete(client: Client, me: Player, group: str) -> Any:
    return await client.ask("DELETE", f"/v2/group/{group}", authorization=bearer(me))


async def go(client: Client, operation: str, me: Player, group: str) -> Any:
    """Join or leave."""
    return await client.ask("POST", f"/v2/group/{group}/{operation}", authorization=bearer(me))


async def act(client: Client, operation: str, me: Player, group: str, *others: Player) -> Any:
    """Add, kick, ban, promote or demote others."""
    query = "&".join(f"user_ids={other.id}" for other in others)
    return await client.ask("POST", f"/v2/group/{group}/{operation}?{query}", authorization=bearer(me))


async def vanish(client: Client, me: Player) -> Any:
    return await client.ask("DELETE", "/v2/account", authorization=bearer(me))


async def sign_in_again(client: Client, device: str) -> Player:
    """A new player at the device of one whose account is gone."""
    basic = "Basic " + base64.b64encode(f"{SERVER_KEY}:".encode()).decode()
    target = "/v2/account/authenticate/device?create=true"
    session = await client.ask("POST", target, {"id": device}, authorization=basic)
    told = claims(session["token"])
    return Player(told["uid"], told["usn"], device, session["token"], session["refresh_token"])


async def appoint(client: Client, owner: Player, group: str, state: int, *players: Player) -> None:
    """Bring strangers into a group of the owner's, as members or admins."""
    assert await act(client, "add", owner, group, *players) == GOOD
    for _ in range(MEMBER - state):
        assert await act(client, "promote", owner, group, *players) == GOOD


async def both(first: Any, second: Any) -> list[Any]:
    """The outcomes of two requests at once."""
    return list(await asyncio.gather(outcome(first), outcome(second)))


def tell(answers: Sequence[Any]) -> Counter[Any]:
    """How often there was which refusal, as (status, message), and how often none."""
    return Counter(
        (answer.status, answer.message) if isinstance(answer, Refused) else "good" for answer in answers
    )
