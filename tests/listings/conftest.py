"""A player who looks at what is running; tests put it into the registries of `app`."""

from typing import Any

import httpx
import pytest_asyncio

from tests.support.players import Player, sign_in_async


class Visitor:
    """A player who looks around."""

    def __init__(self, api: httpx.AsyncClient, player: Player) -> None:
        self._api = api
        self._player = player

    async def ask(self, path: str, **parameters: Any) -> httpx.Response:
        return await self._api.get(path, params=parameters or None, headers=self._player.headers)

    async def sees(self, path: str, **parameters: Any) -> dict[str, Any]:
        """What a good request is answered with."""
        answer = await self.ask(path, **parameters)
        assert answer.status_code == 200, answer.text
        message: dict[str, Any] = answer.json()
        return message

    async def is_refused(self, path: str, **parameters: Any) -> str:
        """The text that a bad request is answered with."""
        answer = await self.ask(path, **parameters)
        message: dict[str, Any] = answer.json()
        assert (answer.status_code, message["code"]) == (400, 3), answer.text
        text: str = message["message"]
        return text


@pytest_asyncio.fixture
async def ada(api: httpx.AsyncClient) -> Visitor:
    """A new player."""
    return Visitor(api, await sign_in_async(api))
