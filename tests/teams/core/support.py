"""Players as the tests of teams themselves need them."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx

from kizuna.errors import ApiError, Code
from kizuna.teams.hooks import TeamHooks
from tests.support.players import Player
from tests.teams.support import answered, ask

ALREADY = (400, 3, "already part of a team")
BAD_INPUT = (400, 3, "bad input")
NAME_IN_USE = (409, 6, "Group name is in use.")
NOT_FOUND = (400, 3, "team not found")
MEMBERSHIP = (403, 7, "team membership required")
ADMIN = (403, 7, "team admin role required")
CODE_IN_USE = (409, 6, "team short code is in use")
DENIED = (404, 5, "Group not found or permission denied.")

Team = dict[str, Any]


def new_name(prefix: str = "Team") -> str:
    return f"{prefix} {uuid.uuid4()}"


def new_code() -> str:
    return uuid.uuid4().hex[:12]


@dataclass(frozen=True)
class Founder:
    """A signed-in player."""

    api: httpx.AsyncClient
    player: Player

    @property
    def id(self) -> str:
        return self.player.id

    async def ask(self, function: str, **request: Any) -> httpx.Response:
        """Call a Teams function, such as "TEAMS_GET", however it ends."""
        return await ask(self.api, self.player, function, request)

    async def call(self, function: str, **request: Any) -> dict[str, Any]:
        """The same; it must succeed."""
        return answered(await self.ask(function, **request))

    async def create(self, name: str = "", *, metadata: Any = None, **fields: Any) -> Team:
        """A new team of the player's."""
        if metadata is not None:
            fields["setup_metadata"] = json.dumps(metadata)
        return await self.call("TEAMS_CREATE", name=name or new_name(), **fields)

    async def get(self, team: Team | str) -> Team:
        """A team as everybody may see it."""
        return await self.call("TEAMS_GET", team_id=team if isinstance(team, str) else team["id"])

    async def group(self, **fields: Any) -> Team:
        """A new group of the player's that is no team yet."""
        body = {"name": new_name(), "open": True, **fields}
        return answered(await self.rest("POST", "/group", body))

    async def rest(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """A request below /v2."""
        headers = self.player.headers
        return await self.api.request(method, f"/v2{path}", json=body, params=query, headers=headers)

    async def join(self, team: Team) -> httpx.Response:
        return await self.rest("POST", f"/group/{team['id']}/join")

    async def leave(self, team: Team) -> httpx.Response:
        return await self.rest("POST", f"/group/{team['id']}/leave")

    async def delete(self, team: Team) -> httpx.Response:
        return await self.rest("DELETE", f"/group/{team['id']}")

    async def act(self, what: str, team: Team, *others: "Founder") -> httpx.Response:
        """Add, kick, ban, promote or demote others."""
        ids = [other.id for other in others]
        return await self.rest("POST", f"/group/{team['id']}/{what}", user_ids=ids)

    async def roles(self, team: Team, **query: Any) -> dict[str, int]:
        """The states of the users of a group by id."""
        page = answered(await self.rest("GET", f"/group/{team['id']}/user", **query))
        return {entry["user"]["id"]: entry["state"] for entry in page.get("group_users", ())}

    async def groups(self) -> dict[str, int]:
        """The player's groups by id, and the state in each."""
        page = answered(await self.rest("GET", f"/user/{self.id}/group", limit=100))
        return {entry["group"]["id"]: entry["state"] for entry in page.get("user_groups", ())}


def failure(answer: httpx.Response) -> tuple[int, int, str]:
    """HTTP status, code and message of a refusal by an RPC or a REST operation."""
    body = answer.json()
    assert answer.status_code >= 400, answer.text
    return answer.status_code, body["code"], body["message"]


class Game(TeamHooks):
    """A game with opinions; the fixture `game` gives each test a class of its own."""

    scores: ClassVar[Any] = {}
    team_scores: ClassVar[Any] = {}
    profane: ClassVar[Any] = set()
    seen: ClassVar[list[str]] = []

    async def user_activity(self, user_ids: Sequence[str]) -> Mapping[str, int]:
        return {user_id: self.scores[user_id] for user_id in user_ids if user_id in self.scores}

    async def team_activity(self, team: Mapping[str, Any]) -> int | None:
        assert all(set(member) <= {"id", "activity"} for member in team["members"])
        score: int | None = self.team_scores.get(team["id"])
        return score

    @property
    def scores_activity(self) -> bool:
        return bool(self.scores or self.team_scores)

    async def profanity(self, text: str) -> bool:
        self.seen.append(text)
        if "not today" in text:
            raise ApiError(Code.FAILED_PRECONDITION, "the game says no")
        if "cannot be checked" in text:
            raise RuntimeError("the list of words is away")
        return any(word in text for word in self.profane)
