"""Many who show the same identity, or want the same thing, at once and in two processes."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers
from tests.identity.identities import FIELDS, KINDS, TAKEN, Identities, enter, entrant, new_id
from tests.identity.support import (
    account,
    authenticate,
    link,
    new,
    new_email,
    told,
    unlink,
    user_of,
    wait_for_a_lock,
)
from tests.support.applications import client_of, running_application
from tests.support.players import Player, sign_in_async

ROUNDS = 4


@pytest.fixture(scope="module")
def app_settings(provider_settings: dict[str, Any]) -> dict[str, Any]:
    return provider_settings


@pytest_asyncio.fixture(scope="module")
async def neighbour(
    app: Application, database_url: str, app_clock: ShiftedClock, provider_settings: dict[str, Any]
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a second process on the same database."""
    async with (
        running_application(database_url, app_clock, provider_settings) as other,
        client_of(other) as client,
    ):
        yield client


@pytest.fixture
def both(api: httpx.AsyncClient, neighbour: httpx.AsyncClient) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    return api, neighbour


@pytest.fixture
def identity(providers: Providers, kind: str) -> Identities:
    return Identities(providers, kind)


@pytest.fixture
def google(providers: Providers) -> Identities:
    return Identities(providers, "google")


async def at_once(*calls: Awaitable[httpx.Response]) -> list[httpx.Response]:
    shuffled = list(calls)
    random.shuffle(shuffled)
    return list(await asyncio.gather(*shuffled))


def linking(client: httpx.AsyncClient, player: Player, kind: str, credentials: dict[str, Any]) -> Any:
    content = {"account": credentials, "sync": False} if kind == "steam" else credentials
    return link(client, player, kind, content)


@pytest.mark.parametrize("kind", KINDS)
async def test_many_first_sign_ins_of_one_identity(
    both: tuple[httpx.AsyncClient, ...], identity: Identities, kind: str
) -> None:
    for _ in range(ROUNDS):
        id = new_id()
        answers = await at_once(*[authenticate(api, kind, identity(id)) for api in both for _ in range(16)])
        assert Counter(answer.status_code for answer in answers) == {200: 32}
        assert len({user_of(answer) for answer in answers}) == 1
        assert sum(answer.json().get("created", False) for answer in answers) == 1


@pytest.mark.parametrize("kind", ["apple", "facebook", "google"])
async def test_many_first_sign_ins_of_one_identity_with_an_address(
    both: tuple[httpx.AsyncClient, ...], identity: Identities, kind: str
) -> None:
    for _ in range(ROUNDS):
        id, address = new_id(), new_email()
        answers = await at_once(
            *[authenticate(api, kind, identity(id, email=address)) for api in both for _ in range(16)]
        )
        assert len({user_of(answer) for answer in answers}) == 1
        assert (await account(both[0], entrant(answers[0])))["email"] == address


async def test_an_address_that_many_bring_at_once_is_one_player_s(
    both: tuple[httpx.AsyncClient, ...], providers: Providers
) -> None:
    """Half of them sign in for the first time, half of them link."""
    for _ in range(ROUNDS):
        address = new_email()
        linked = [await sign_in_async(both[0]) for _ in range(8)]
        kinds = ["apple", "facebook", "google", "apple"]

        def shown(kind: str, address: str = address) -> dict[str, Any]:
            return Identities(providers, kind)(new_id(), email=address)

        signing_in = [authenticate(api, kind, shown(kind)) for api in both for kind in kinds]
        changing = [
            linking(both[number % 2], player, kind, shown(kind))
            for number, (player, kind) in enumerate(zip(linked, kinds * 2, strict=True))
        ]
        answers = await at_once(*signing_in, *changing)
        assert Counter(answer.status_code for answer in answers) == {200: 16}
        entered = [entrant(answer) for answer in answers if "token" in answer.json()]
        assert len({player.id for player in entered}) == 8
        found = [await account(both[0], player) for player in (*entered, *linked)]
        assert [content["email"] for content in found if "email" in content] == [address]
        for content in found[8:]:
            assert set(FIELDS.values()) & set(content["user"]), (
                "whoever lost the address is linked all the same"
            )


@pytest.mark.parametrize("kind", KINDS)
async def test_of_many_who_link_one_identity_one_gets_it(
    both: tuple[httpx.AsyncClient, ...], identity: Identities, kind: str
) -> None:
    for _ in range(ROUNDS):
        id, players = new_id(), [await sign_in_async(both[0]) for _ in range(6)]
        answers = await at_once(
            *[linking(both[n % 2], player, kind, identity(id)) for n, player in enumerate(players)]
        )
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 5}
        assert {told(answer) for answer in answers if answer.status_code == 409} == {TAKEN[kind]}
        found = [(await account(both[0], player))["user"] for player in players]
        assert [content[FIELDS[kind]] for content in found if FIELDS[kind] in content] == [id]


@pytest.mark.parametrize("kind", KINDS)
async def test_linking_what_is_just_being_created(
    both: tuple[httpx.AsyncClient, ...], identity: Identities, kind: str
) -> None:
    api, neighbour = both
    for _ in range(2 * ROUNDS):
        player, id = await sign_in_async(api), new_id()
        linked, entered = await asyncio.gather(
            linking(api, player, kind, identity(id)), authenticate(neighbour, kind, identity(id))
        )
        if linked.status_code == 200:
            assert user_of(entered) == player.id
        else:
            assert told(linked) == TAKEN[kind]
            assert entered.json()["created"] is True


async def test_a_former_id_is_replaced_once(
    both: tuple[httpx.AsyncClient, ...], providers: Providers, google: Identities
) -> None:
    for _ in range(ROUNDS):
        former, present = new_id(), new_id()
        player = await enter(both[0], "google", google(former))

        def shown(former: str = former, present: str = present) -> dict[str, str]:
            return {"token": providers.google.auth_code(present, original_player_id=former)}

        answers = await at_once(
            *[authenticate(api, "google", shown()) for api in both for _ in range(8)],
            *[linking(api, player, "google", shown()) for api in both for _ in range(2)],
        )
        assert Counter(answer.status_code for answer in answers) == {200: 20}
        assert {user_of(answer) for answer in answers if "token" in answer.json()} == {player.id}
        assert not any("created" in answer.json() for answer in answers)
        assert (await account(both[0], player))["user"]["google_id"] == present


async def test_a_former_id_while_the_present_one_signs_in_as_somebody_new(
    both: tuple[httpx.AsyncClient, ...], providers: Providers, google: Identities
) -> None:
    """Whoever is first decides whether there is one account or two; from then on that is so."""
    for _ in range(ROUNDS):
        former, present = new_id(), new_id()
        player = await enter(both[0], "google", google(former))
        codes = [providers.google.auth_code(present, original_player_id=former) for _ in range(2)]
        answers = await asyncio.gather(
            *[
                authenticate(api, "google", shown)
                for api, code in zip(both, codes, strict=True)
                for shown in ({"token": code}, google(present))
            ]
        )
        [winner] = {user_of(answer) for answer in answers}
        assert sum(answer.json().get("created", False) for answer in answers) == (winner != player.id)


async def test_the_present_id_is_taken_while_the_former_one_is_being_replaced(
    api: httpx.AsyncClient, providers: Providers, google: Identities, database_url: str
) -> None:
    former, present = new_id(), new_id()
    player, newcomer = await enter(api, "google", google(former)), await sign_in_async(api)
    code = providers.google.auth_code(present, original_player_id=former)
    other = await asyncpg.connect(database_url)
    try:
        async with other.transaction():
            await other.execute("update users set google_id = $2 where id = $1", newcomer.id, present)
            signing_in = asyncio.create_task(authenticate(api, "google", {"token": code}))
            await wait_for_a_lock(database_url)
        assert user_of(await signing_in) == newcomer.id
    finally:
        await other.close()
    assert (await account(api, player))["user"]["google_id"] == former


async def test_unlinking_everything_at_once_leaves_one(
    both: tuple[httpx.AsyncClient, ...], providers: Providers
) -> None:
    for _ in range(ROUNDS):
        player = await sign_in_async(both[0])
        ids = {kind: new_id() for kind in KINDS}
        for kind, id in ids.items():
            await linking(both[0], player, kind, Identities(providers, kind)(id))
        answers = await at_once(
            unlink(both[0], player, "device", {"id": player.device}),
            *[
                unlink(both[number % 2], player, kind, Identities(providers, kind)(id))
                for number, (kind, id) in enumerate(ids.items())
            ],
        )
        assert Counter(answer.status_code for answer in answers) == {200: 6, 403: 1}
        found = await account(both[0], player)
        assert len(set(FIELDS.values()) & set(found["user"])) + len(found.get("devices", [])) == 1


async def test_one_username(both: tuple[httpx.AsyncClient, ...], providers: Providers) -> None:
    name = new("name")
    answers = await at_once(
        *[
            authenticate(api, kind, Identities(providers, kind)(new_id()), username=name)
            for api in both
            for kind in KINDS
        ]
    )
    losers = [answer for answer in answers if answer.status_code != 200]
    assert len(answers) - len(losers) == 1
    assert {told(answer) for answer in losers} == {(409, 6, "Username is already in use.")}
