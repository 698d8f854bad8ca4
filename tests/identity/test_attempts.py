"""Guessing passwords: limits for each account and address, and for each address."""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from tests.identity.support import (
    PASSWORD,
    ban,
    by_email,
    client_at,
    new,
    new_email,
    told,
    user_of,
)
from tests.support.applications import running_application

GUESS = "a wrong password"
WRONG = (401, 16, "Invalid credentials.")
TOO_MANY = (429, 8, "Too many attempts. Try again later.")


def an_address() -> str:
    """An address that no other test comes from."""
    number = uuid.uuid4().int
    return f"10.{number % 256}.{number // 256 % 256}.{number // 65536 % 256}"


@pytest_asyncio.fixture
async def here(app: Application) -> AsyncIterator[httpx.AsyncClient]:
    """A client from an address of its own."""
    async with client_at(app, an_address()) as client:
        yield client


@pytest_asyncio.fixture
async def elsewhere(app: Application) -> AsyncIterator[httpx.AsyncClient]:
    async with client_at(app, an_address()) as client:
        yield client


@pytest_asyncio.fixture
async def email(api: httpx.AsyncClient) -> str:
    """The address of a new account."""
    email = new_email()
    assert (await by_email(api, email, PASSWORD)).status_code == 200
    return email


async def guess(client: httpx.AsyncClient, email: str, times: int, **options: object) -> list[int]:
    """The statuses of so many wrong sign-ins, one after the other."""
    return [(await by_email(client, email, GUESS, **options)).status_code for _ in range(times)]


async def test_ten_in_five_minutes(here: httpx.AsyncClient, email: str, clock: ShiftedClock) -> None:
    assert await guess(here, email, 10) == [401] * 10
    refused = await by_email(here, email, PASSWORD)
    assert told(refused) == TOO_MANY
    assert 290 <= int(refused.headers["retry-after"]) <= 300
    clock.offset += timedelta(seconds=280)
    refused = await by_email(here, email, GUESS)
    assert told(refused) == TOO_MANY
    wait = int(refused.headers["retry-after"])
    assert 10 <= wait <= 20
    clock.offset += timedelta(seconds=wait)
    assert (await by_email(here, email, PASSWORD)).status_code == 200
    assert await guess(here, email, 11) == [401] * 10 + [429]


async def test_another_address_and_another_account(
    here: httpx.AsyncClient, elsewhere: httpx.AsyncClient, email: str
) -> None:
    other = new_email()
    await by_email(here, other, PASSWORD)
    assert await guess(here, email, 11) == [401] * 10 + [429]
    assert (await by_email(elsewhere, email, PASSWORD)).status_code == 200
    assert (await by_email(here, other, PASSWORD)).status_code == 200
    assert await guess(elsewhere, email, 11) == [401] * 10 + [429]


async def test_email_and_username_are_one_account(here: httpx.AsyncClient) -> None:
    email, name = new_email(), new("name")
    await by_email(here, email, PASSWORD, username=name)
    assert await guess(here, email.upper(), 5) == [401] * 5
    assert await guess(here, "", 6, username=name) == [401] * 5 + [429]
    assert told(await by_email(here, email, PASSWORD)) == TOO_MANY


async def test_right_passwords_do_not_count(here: httpx.AsyncClient, email: str) -> None:
    for _ in range(4):
        assert await guess(here, email, 2) == [401] * 2
        assert [(await by_email(here, email, PASSWORD)).status_code for _ in range(5)] == [200] * 5
    assert await guess(here, email, 3) == [401] * 2 + [429]


async def test_the_window_begins_with_the_first_wrong_password(
    here: httpx.AsyncClient, email: str, clock: ShiftedClock
) -> None:
    assert (await by_email(here, email, PASSWORD)).status_code == 200
    clock.offset += timedelta(seconds=290)
    assert await guess(here, email, 10) == [401] * 10
    clock.offset += timedelta(seconds=20)
    assert told(await by_email(here, email, GUESS)) == TOO_MANY


async def test_many_right_passwords_at_once(here: httpx.AsyncClient, email: str) -> None:
    answers = await asyncio.gather(*[by_email(here, email, PASSWORD) for _ in range(32)])
    assert {answer.status_code for answer in answers} == {200}


async def test_guesses_at_once(here: httpx.AsyncClient, email: str) -> None:
    answers = await asyncio.gather(*[by_email(here, email, GUESS) for _ in range(32)])
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 22
    assert told(await by_email(here, email, PASSWORD)) == TOO_MANY


async def test_the_right_one_among_many_guesses(here: httpx.AsyncClient, email: str) -> None:
    """Refused or not, a right password among guesses gives nobody more guesses."""
    passwords = [GUESS] * 20 + [PASSWORD] + [GUESS] * 20
    answers = await asyncio.gather(*[by_email(here, email, password) for password in passwords])
    assert sum(answer.status_code == 401 for answer in answers) <= 10


async def test_unknown_accounts_and_the_banned_are_not_counted(here: httpx.AsyncClient, email: str) -> None:
    banned = new_email()
    await ban(here, user_of(await by_email(here, banned, PASSWORD)))
    assert await guess(here, banned, 12) == [403] * 12
    assert await guess(here, new_email(), 12, create="false") == [404] * 12
    assert (await by_email(here, email, PASSWORD)).status_code == 200


async def test_two_hundred_a_minute_from_one_address(
    app: Application, api: httpx.AsyncClient, clock: ShiftedClock
) -> None:
    emails = [new_email() for _ in range(21)]
    for email in emails:
        await by_email(api, email, PASSWORD)
    async with client_at(app, an_address()) as here, client_at(app, an_address()) as elsewhere:
        for email in emails[:20]:
            assert await guess(here, email, 10) == [401] * 10
        refused = await by_email(here, emails[20], PASSWORD)
        assert told(refused) == TOO_MANY
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert (await by_email(elsewhere, emails[0], PASSWORD)).status_code == 200
        clock.offset += timedelta(seconds=61)
        assert (await by_email(here, emails[20], PASSWORD)).status_code == 200
        assert told(await by_email(here, emails[0], PASSWORD)) == TOO_MANY


async def test_an_ipv6_client_is_a_network(app: Application, email: str) -> None:
    for n in range(10):
        async with client_at(app, f"2001:db8:1:2::{n:x}") as client:
            assert await guess(client, email, 1) == [401]
    async with client_at(app, "2001:db8:1:2:ffff:ffff:ffff:ffff") as client:
        assert told(await by_email(client, email, PASSWORD)) == TOO_MANY
    async with client_at(app, "2001:db8:1:3::1") as client:
        assert (await by_email(client, email, PASSWORD)).status_code == 200


async def test_an_ipv4_client_on_an_ipv6_socket_is_one_client(app: Application, email: str) -> None:
    async with client_at(app, "::ffff:10.1.1.1") as client:
        assert await guess(client, email, 11) == [401] * 10 + [429]
    async with client_at(app, "::ffff:10.1.1.2") as client:
        assert (await by_email(client, email, PASSWORD)).status_code == 200
    async with client_at(app, "10.1.1.1") as client:
        assert told(await by_email(client, email, PASSWORD)) == TOO_MANY


async def test_without_proxies_a_forwarded_address_is_not_believed(
    here: httpx.AsyncClient, email: str
) -> None:
    statuses = [
        (await by_email(here, email, GUESS, headers={"X-Forwarded-For": an_address()})).status_code
        for _ in range(11)
    ]
    assert statuses == [401] * 10 + [429]


@pytest_asyncio.fixture(scope="module")
async def behind_a_proxy(database_url: str, app_clock: ShiftedClock) -> AsyncIterator[Application]:
    settings = {"socket": {"proxy_count": 1}}
    async with running_application(database_url, app_clock, settings) as application:
        yield application


async def test_behind_a_proxy_its_entry_counts(behind_a_proxy: Application, email: str) -> None:
    async def sign_in(password: str, forwarded: str) -> int:
        answer = await by_email(proxy, email, password, headers={"X-Forwarded-For": forwarded})
        return answer.status_code

    attacker, player = an_address(), an_address()
    async with client_at(behind_a_proxy, an_address()) as proxy:
        guesses = [await sign_in(GUESS, f"{an_address()}, {player}, {attacker}") for _ in range(11)]
        assert guesses == [401] * 10 + [429]
        assert await sign_in(PASSWORD, attacker) == 429
        assert await sign_in(PASSWORD, player) == 200
        assert await sign_in(PASSWORD, f"{attacker}, {player}") == 200
        assert await sign_in(PASSWORD, "nonsense") == 200


async def test_processes_share_the_count(app: Application, behind_a_proxy: Application, email: str) -> None:
    address = an_address()
    async with client_at(app, address) as one, client_at(behind_a_proxy, address) as other:
        assert await guess(other, email, 6) == [401] * 6
        assert await guess(one, email, 5) == [401] * 4 + [429]
        assert told(await by_email(other, email, PASSWORD)) == TOO_MANY


@asynccontextmanager
async def full_queue(application: Application) -> AsyncIterator[None]:
    """The one thread for passwords has work, and so much waits for it."""
    done = threading.Event()
    work = [asyncio.create_task(application._passwords._run(done.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        done.set()
        await asyncio.gather(*work)


@pytest.mark.parametrize("password", [PASSWORD, GUESS])
async def test_a_password_that_could_not_be_checked_does_not_count(
    database_url: str, app_clock: ShiftedClock, email: str, password: str
) -> None:
    """A full queue puts sign-ins off; whoever tries again later is not suspected of guessing."""
    crowded = {"password": {"threads": 1, "queue_limit": 1}}
    async with (
        running_application(database_url, app_clock, crowded) as busy,
        client_at(busy, an_address()) as one,
    ):
        async with full_queue(busy):
            answers = await asyncio.gather(*[by_email(one, email, password) for _ in range(10)])
        assert [answer.status_code for answer in answers] == [503] * 10
        assert await guess(one, email, 11) == [401] * 10 + [429]
