"""What tests of event leaderboards do."""

import asyncio
import dataclasses
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.teams.config.shapes import EventLeaderboard
from kizuna.teams.held import PublisherEvent
from tests.support.players import Player, sign_in_async
from tests.teams.support import answered, ask, plain_team, refused

#: A Monday, 00:00 UTC.
MONDAY = int(datetime(2027, 1, 4, tzinfo=UTC).timestamp())

HOUR, DAY, WEEK = 3600, 86400, 7 * 86400

#: The functions' short names.
NAMES = {
    "list": "LIST",
    "get": "GET",
    "roll": "ROLL",
    "update": "UPDATE",
    "claim": "CLAIM",
    "fill": "DEBUG_FILL",
    "scores": "DEBUG_RANDOM_SCORES",
}


class StillClock(ShiftedClock):
    """A clock that a test can stop: a microsecond passes when somebody looks."""

    def __init__(self) -> None:
        super().__init__()
        self.stands: datetime | None = None

    def now(self) -> datetime:
        if self.stands is None:
            return super().now()
        self.stands += timedelta(microseconds=1)
        return self.stands

    def unix(self) -> float:
        return self.now().timestamp()


@dataclasses.dataclass(frozen=True)
class Team:
    """A team, and its members, the superadmin first."""

    id: str
    members: list[Player]


class Stage:
    """The application, and the moment at which it is."""

    def __init__(self, app: Application, api: httpx.AsyncClient, clock: StillClock) -> None:
        self.app, self.api, self.clock = app, api, clock
        self._config = app.teams.versions.current
        self._publish = app.teams.calls.publish
        self.published: list[PublisherEvent] = []
        app.teams.calls.publish = self.published.extend

    def close(self) -> None:
        """Everything as it was."""
        self.app.teams.versions.current = self._config
        self.app.teams.calls.publish = self._publish
        self.clock.stands = None

    def go(self, seconds: int) -> None:
        """To so many seconds after Monday began."""
        self.clock.stands = datetime.fromtimestamp(MONDAY + seconds, UTC)

    @property
    def seconds(self) -> int:
        """How many seconds after Monday began it is."""
        return int(self.clock.unix()) - MONDAY

    def event(self, like: str = "weekly_siege", **changes: Any) -> str:
        """A new event like a configured one but for some changes; its id."""
        id = f"{like}-{uuid.uuid4().hex[:8]}"
        self.change(id, dataclasses.replace(self._config.event_leaderboards[like], **changes))
        return id

    def change(self, id: str, event: EventLeaderboard) -> None:
        """Put an event into the configuration."""
        current = self.app.teams.versions.current
        events = {**current.event_leaderboards, id: event}
        self.app.teams.versions.current = dataclasses.replace(current, event_leaderboards=events)

    def configured(self, id: str) -> EventLeaderboard:
        return self.app.teams.versions.current.event_leaderboards[id]

    async def team(self, members: int = 1) -> Team:
        """A new team."""
        players = await asyncio.gather(*(sign_in_async(self.api) for _ in range(members)))
        id = await plain_team(self.api, players[0])
        for player in players[1:]:
            answered(await self.api.post(f"/v2/group/{id}/join", headers=player.headers))
        return Team(id, players)

    async def teams(self, count: int) -> list[Team]:
        return list(await asyncio.gather(*(self.team() for _ in range(count))))

    async def ask(
        self, team: Team, function: str, event: str = "", *, by: int = 0, **request: Any
    ) -> httpx.Response:
        """Call a function as one of the members, however it ends."""
        if event:
            request["event_leaderboard_id"] = event
        name = f"TEAMS_EVENT_LEADERBOARD_{NAMES[function]}"
        return await ask(self.api, team.members[by], name, {"id": team.id, **request})

    async def call(
        self, team: Team, function: str, event: str = "", *, by: int = 0, **request: Any
    ) -> dict[str, Any]:
        """The same, which must succeed."""
        return answered(await self.ask(team, function, event, by=by, **request))

    async def refusal(
        self, team: Team, function: str, event: str = "", *, by: int = 0, **request: Any
    ) -> tuple[int, str]:
        """Code and message of a refusal with HTTP status 400."""
        status, code, message = refused(await self.ask(team, function, event, by=by, **request))
        assert status == 400
        return code, message

    async def wallet(self, team: Team) -> dict[str, int]:
        """What the team has of each currency."""
        message = answered(await ask(self.api, team.members[0], "TEAMS_WALLET_GET", {"id": team.id}))
        return {currency: int(balance) for currency, balance in message["currencies"].items()}

    async def standing(self, team: Team, event: str) -> dict[str, Any]:
        """The team's own score, and its rank."""
        scores = (await self.call(team, "get", event))["scores"]
        own: dict[str, Any] = next(score for score in scores if score["id"] == team.id)
        return own
