"""Many first sign-ins at once: one account for each identifier, one owner for each username."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from tests.identity.support import (
    PASSWORD,
    authenticate,
    by_custom,
    by_device,
    by_email,
    new,
    new_email,
    told,
    user_of,
)
from tests.support.applications import client_of, running_application

MANY = 64


@pytest.fixture(scope="module")
def app_settings() -> dict[str, Any]:
    """With room for many passwords at once."""
    return {"password": {"bcrypt_cost": 4, "queue_limit": 200, "attempts": {"per_account": 1000}}}


@pytest_asyncio.fixture(scope="module")
async def neighbour(
    app: Application, database_url: str, app_clock: ShiftedClock
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a second process on the same database."""
    async with running_application(database_url, app_clock) as other, client_of(other) as client:
        yield client


def one_account(answers: list[httpx.Response]) -> None:
    assert Counter(answer.status_code for answer in answers) == {200: len(answers)}
    assert len({user_of(answer) for answer in answers}) == 1
    assert sum(answer.json().get("created", False) for answer in answers) == 1


@pytest.mark.parametrize("kind", ["device", "custom"])
async def test_one_new_id(api: httpx.AsyncClient, kind: str) -> None:
    for _ in range(3):
        account = {"id": new()}
        one_account(list(await asyncio.gather(*[authenticate(api, kind, account) for _ in range(MANY)])))


async def test_one_new_email(api: httpx.AsyncClient) -> None:
    email = new_email()
    one_account(list(await asyncio.gather(*[by_email(api, email, PASSWORD) for _ in range(MANY)])))


async def test_one_new_email_with_different_passwords(api: httpx.AsyncClient) -> None:
    """Whoever was first has chosen the password."""
    email = new_email()
    answers = await asyncio.gather(*[by_email(api, email, f"password {n}") for n in range(16)])
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 15}


@pytest.mark.parametrize("kind", ["device", "custom"])
async def test_one_new_id_in_two_processes(
    api: httpx.AsyncClient, neighbour: httpx.AsyncClient, kind: str
) -> None:
    for _ in range(10):
        account = {"id": new()}
        clients = [api, neighbour] * 8
        one_account(list(await asyncio.gather(*[authenticate(client, kind, account) for client in clients])))


@pytest.mark.parametrize("kinds", [["device"], ["custom"], ["device", "custom"]], ids="-".join)
async def test_one_username(api: httpx.AsyncClient, neighbour: httpx.AsyncClient, kinds: list[str]) -> None:
    for _ in range(5):
        username = new("name")
        answers = await asyncio.gather(
            *[
                authenticate(client, kind, {"id": new()}, username=username)
                for client in (api, neighbour)
                for kind in kinds
                for _ in range(8)
            ]
        )
        losers = [answer for answer in answers if answer.status_code != 200]
        assert len(answers) - len(losers) == 1
        assert {told(answer) for answer in losers} == {(409, 6, "Username is already in use.")}


@pytest.mark.parametrize("kind", ["device", "custom"])
async def test_one_id_with_one_username(
    api: httpx.AsyncClient, neighbour: httpx.AsyncClient, kind: str
) -> None:
    for _ in range(5):
        account, username = {"id": new()}, new("name")
        calls = [authenticate(client, kind, account, username=username) for client in [api, neighbour] * 8]
        one_account(list(await asyncio.gather(*calls)))


async def test_one_id_with_different_usernames(api: httpx.AsyncClient) -> None:
    device = new("device")
    one_account(list(await asyncio.gather(*[by_device(api, device, username=new()) for _ in range(16)])))


async def test_a_loser_disturbs_nobody(api: httpx.AsyncClient) -> None:
    """A batch of strangers in which one asks for a taken username and one for an old device."""
    taken, known = new("name"), new("device")
    await by_device(api, known, username=taken)
    answers = await asyncio.gather(
        by_device(api, new("device"), username=taken),
        by_device(api, known),
        *[by_device(api, new("device")) for _ in range(20)],
    )
    assert [answer.status_code for answer in answers] == [409, *[200] * 21]
    assert [answer.json().get("created", False) for answer in answers[1:]] == [False, *[True] * 20]


async def test_create_or_not(api: httpx.AsyncClient) -> None:
    for _ in range(5):
        custom = new()
        answers = await asyncio.gather(
            *[by_custom(api, custom, create="true" if n % 2 else "false") for n in range(16)]
        )
        assert {answer.status_code for answer in answers} <= {200, 404}
        assert len({user_of(answer) for answer in answers if answer.status_code == 200}) == 1
