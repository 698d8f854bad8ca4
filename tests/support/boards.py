"""Boards of a running application, and players in front of them."""

import asyncio
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.definitions import NewBoard
from kizuna.leaderboards.records import RecordWrite
from kizuna.leaderboards.service import Leaderboards
from kizuna.tournaments.service import Tournaments
from tests.support.players import Player

#: A Monday.
NOON = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp())
MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 604800

#: Sessions that outlive every jump of the clock.
SETTINGS = {"session": {"token_expiry_sec": 10**9, "refresh_token_expiry_sec": 10**9}}

#: A position on a board: score, subscore.
Score = tuple[int, int]


class StillClock(ShiftedClock):
    """A clock that stands at `NOON` until somebody moves it."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.unix(), UTC)

    def unix(self) -> float:
        return NOON + self.offset.total_seconds()

    def stand_at(self, instant: float) -> None:
        """Move it to a second since 1970."""
        self.offset = timedelta(seconds=instant - NOON)


class Boards:
    """Makes boards, and fills them as the server may."""

    def __init__(self, app: Application, clock: ShiftedClock) -> None:
        self._definitions = app._definitions
        self._leaderboards = Leaderboards(app.database, app._ranks, clock)
        self._tournaments = Tournaments(app.database, app._definitions, self._leaderboards, app._ranks, clock)

    async def leaderboard(self, id: str = "", **settings: Any) -> str:
        """The id of a new leaderboard; the settings are those of `NewBoard`."""
        id = id or f"board-{uuid.uuid4()}"
        await self._definitions.create(NewBoard(id, **settings))
        return id

    async def tournament(self, id: str = "", *, duration: int = HOUR, **settings: Any) -> str:
        """The id of a new tournament, by default one that is open for an hour from now on."""
        return await self.leaderboard(id, duration=duration, **settings)

    async def delete(self, id: str) -> None:
        await self._definitions.delete(id)

    async def disable_ranks(self, id: str) -> None:
        await self._definitions.disable_ranks(id)

    async def fill(self, id: str, scores: Mapping[str, Score]) -> None:
        """Write a score for each owner, who need not be a player."""
        board = await self.board(id)
        service = self._tournaments if board.is_tournament else self._leaderboards
        writes = [RecordWrite(owner, "", *score, server=True) for owner, score in scores.items()]
        await asyncio.gather(*(service.write(board, write) for write in writes))

    async def enter(self, id: str, owner_id: str, username: str = "nobody") -> None:
        """Let anybody join a tournament."""
        await self._tournaments.join(await self.board(id), owner_id, username, server=True)

    async def add_attempt(self, id: str, owner_id: str, count: int) -> None:
        await self._tournaments.add_attempt(await self.board(id), owner_id, count)

    async def board(self, id: str) -> Board:
        board = await self._definitions.find(id)
        assert board is not None
        return board


@dataclass(frozen=True)
class Contestant:
    """A signed-in player who uses the operations of one `kind`: "leaderboard" or "tournament"."""

    api: httpx.AsyncClient
    player: Player
    kind: str

    @property
    def id(self) -> str:
        return self.player.id

    async def ask(self, method: str, path: str = "", body: Any = None, **query: Any) -> httpx.Response:
        """The answer to a request below `/v2/KIND`; a body is JSON unless it is bytes."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return await self.api.request(
            method, f"/v2/{self.kind}{path}", content=content, params=query, headers=self.player.headers
        )

    async def list(self, id: str, **query: Any) -> httpx.Response:
        return await self.ask("GET", f"/{quote(id, safe='')}", **query)

    async def around(self, id: str, owner_id: str, **query: Any) -> httpx.Response:
        return await self.ask("GET", f"/{quote(id, safe='')}/owner/{quote(owner_id, safe='')}", **query)

    async def write(self, id: str, score: Any = 0, subscore: Any = 0, **record: Any) -> httpx.Response:
        record = {"score": score, "subscore": subscore, **record}
        return await self.ask("POST", f"/{quote(id, safe='')}", record)

    async def delete(self, id: str) -> httpx.Response:
        return await self.ask("DELETE", f"/{quote(id, safe='')}")

    async def join(self, id: str) -> httpx.Response:
        return await self.ask("POST", f"/{quote(id, safe='')}/join")

    async def record(self, id: str, **query: Any) -> dict[str, Any] | None:
        """The player's own record as a list shows it, if there is one."""
        found = good(await self.list(id, owner_ids=self.id, **query)).get("owner_records", [])
        return found[0] if found else None


def good(answer: httpx.Response) -> dict[str, Any]:
    """What was answered."""
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def refusal(answer: httpx.Response) -> tuple[int, int, str]:
    """(status, code, message) of a refusal."""
    content = answer.json()
    assert set(content) == {"code", "message"}, answer.text
    return answer.status_code, content["code"], content["message"]


def score_of(record: Mapping[str, Any]) -> Score:
    return int(record.get("score", 0)), int(record.get("subscore", 0))


def rank_of(record: Mapping[str, Any]) -> int:
    """The rank, 0 without one."""
    rank = record.get("rank", "0")
    assert isinstance(rank, str)
    return int(rank)


def owners(records: Iterable[Mapping[str, Any]]) -> list[str]:
    return [record["owner_id"] for record in records]


def ranks(records: Iterable[Mapping[str, Any]]) -> list[int]:
    return [rank_of(record) for record in records]


def ordered(scores: Mapping[str, Score], descending: bool) -> list[str]:
    """The owners as a board has them, by sorting."""
    return sorted(scores, key=lambda owner: (*scores[owner], uuid.UUID(owner).bytes), reverse=descending)


def new_owners(count: int) -> Sequence[str]:
    """Ids of nobody."""
    return [str(uuid.uuid4()) for _ in range(count)]
