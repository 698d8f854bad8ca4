"""What a refusal leaves behind."""

import gc
import traceback

import httpx

from kizuna.identity.authentication import USERNAME_TAKEN
from tests.support.players import SERVER_KEY


async def test_refusals_keep_nothing_of_the_requests_alive(api: httpx.AsyncClient) -> None:
    """An exception that is raised again and again gathers the frames of all times, with what is in them."""

    async def sign_up(device: str) -> int:
        answer = await api.post(
            "/v2/account/authenticate/device",
            params={"username": "taken"},
            json={"id": device},
            auth=(SERVER_KEY, ""),
        )
        return answer.status_code

    assert await sign_up("the-first-one") == 200
    for number in range(20):
        assert await sign_up(f"another-one-{number}") == 409
    gc.collect()
    assert not traceback.extract_tb(USERNAME_TAKEN.__traceback__)
    assert USERNAME_TAKEN.__context__ is USERNAME_TAKEN.__cause__ is None
