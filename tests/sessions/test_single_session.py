"""`session.single_session`: a new sign-in ends the earlier sessions of its player."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.identity.support import by_device
from tests.sessions.support import lives, refresh
from tests.support.players import sign_in_async


@pytest.fixture(scope="module")
def app_settings() -> dict[str, Any]:
    return {"session": {"single_session": True}}


async def test_the_last_one_lives_whatever_the_second(api: httpx.AsyncClient) -> None:
    stranger = await sign_in_async(api)
    sessions = [await sign_in_async(api)]
    for _ in range(4):
        sessions.append(await sign_in_async(api, sessions[0].device))
        *earlier, last = [await lives(api, session.token) for session in sessions]
        assert last
        assert not any(earlier)
        assert (await refresh(api, sessions[-2].refresh_token)).status_code == 401
    assert await lives(api, stranger.token)


async def test_refreshing_ends_nothing(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    renewed = (await refresh(api, player.refresh_token)).json()
    assert await lives(api, player.token)
    assert await lives(api, renewed["token"])


async def test_of_many_at_once_one_lives(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    for _ in range(5):
        answers = await asyncio.gather(*[by_device(api, player.device) for _ in range(12)])
        assert {answer.status_code for answer in answers} == {200}
        assert sum([await lives(api, answer.json()["token"]) for answer in answers]) == 1
