"""Linking: what is refused and in which order, whose an identifier is, and two at once."""

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest

from kizuna.clock import ShiftedClock
from tests.identity.support import (
    PASSWORD,
    account,
    authenticate,
    by_custom,
    by_device,
    by_email,
    link,
    new,
    new_email,
    told,
    user_of,
)
from tests.sessions.support import good_claims, signed
from tests.support.players import Player, sign_in_async

TAKEN = {
    "device": (409, 6, "Device ID already in use."),
    "custom": (409, 6, "Custom ID is already in use."),
    "email": (409, 6, "Email is already in use."),
}
kinds = pytest.mark.parametrize("kind", TAKEN)


def something(kind: str) -> dict[str, str]:
    """A new identifier of this kind, as link and unlink take it."""
    return {"email": new_email(), "password": PASSWORD} if kind == "email" else {"id": new(kind)}


async def deleted_player(api: httpx.AsyncClient) -> Player:
    """The account is gone, and its token was issued by a clock that runs ahead: it is still good."""
    player = await sign_in_async(api)
    await api.delete("/v2/account", headers=player.headers)
    return Player(player.id, "", player.device, signed(good_claims(uid=player.id, iat=2**40)), "")


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("device", {}, "Device ID is required."),
        ("device", {"id": "a b"}, "Device ID invalid, no spaces or control characters allowed."),
        ("device", {"id": "0123456789\0"}, "Device ID invalid, no spaces or control characters allowed."),
        ("device", {"id": "x" * 9}, "Device ID invalid, must be 10-128 bytes."),
        ("device", {"id": "é" * 65}, "Device ID invalid, must be 10-128 bytes."),
        ("custom", {}, "Custom ID is required."),
        ("custom", {"id": "\0"}, "Invalid custom ID, no spaces or control characters allowed."),
        ("custom", {"id": "x" * 5}, "Invalid custom ID, must be 6-128 bytes."),
        ("custom", {"id": "x" * 129}, "Invalid custom ID, must be 6-128 bytes."),
        ("email", {}, "Email address and password is required."),
        ("email", {"email": "a b"}, "Email address and password is required."),
        ("email", {"password": "x"}, "Email address and password is required."),
        (
            "email",
            {"email": "a\0b", "password": "x"},
            "Invalid email address, no spaces or control characters allowed.",
        ),
        ("email", {"email": "abc", "password": "x"}, "Password must be at least 8 characters long."),
        ("email", {"email": "abc", "password": "password"}, "Invalid email address format."),
        ("email", {"email": "a@b.c", "password": "password"}, "Invalid email address, must be 10-255 bytes."),
        ("email", {"email": "abc", "password": "\0" * 80}, "Invalid email address format."),
        (
            "email",
            {"email": "a@example.com", "password": "x" * 73},
            "Password must be at most 72 bytes long.",
        ),
        (
            "email",
            {"email": "a@example.com", "password": "password\0"},
            "Password must not contain the NUL character.",
        ),
    ],
)
async def test_refused_in_this_order(
    api: httpx.AsyncClient, kind: str, content: object, message: str
) -> None:
    player = await sign_in_async(api)
    before = await account(api, player)
    assert told(await link(api, player, kind, content)) == (400, 3, message)
    assert await account(api, player) == before


@kinds
async def test_the_account_tells_and_is_touched(
    api: httpx.AsyncClient, clock: ShiftedClock, kind: str
) -> None:
    player = await sign_in_async(api)
    content = something(kind)
    before = await account(api, player)
    for _ in range(2):  # the second time it is one's own already
        clock.offset += timedelta(seconds=20)
        assert (await link(api, player, kind, content)).json() == {}
        after = await account(api, player)
        touched = datetime.fromisoformat(after["user"]["update_time"])
        assert touched.timestamp() == int(touched.timestamp())
        assert abs(touched.timestamp() - clock.unix()) < 5
        assert after["user"]["create_time"] == before["user"]["create_time"]
    if kind == "device":
        assert {device["id"] for device in after["devices"]} == {player.device, content["id"]}
    else:
        assert after["custom_id" if kind == "custom" else "email"] in content.values()


@kinds
async def test_taken_by_somebody_else(api: httpx.AsyncClient, kind: str) -> None:
    owner, other = await sign_in_async(api), await sign_in_async(api)
    content = something(kind)
    assert (await link(api, owner, kind, content)).status_code == 200
    before = await account(api, other)
    assert told(await link(api, other, kind, content)) == TAKEN[kind]
    if kind == "email":
        upper = content | {"email": content["email"].upper()}
        assert told(await link(api, other, kind, upper)) == TAKEN[kind]
    assert await account(api, other) == before


async def test_a_new_custom_id_or_address_replaces_the_old(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    old, address = new("custom"), new_email()
    await link(api, player, "custom", {"id": old})
    await link(api, player, "email", {"email": address, "password": PASSWORD})
    await link(api, player, "custom", {"id": new("custom")})
    await link(api, player, "email", {"email": new_email(), "password": PASSWORD})
    assert (await by_custom(api, old, create="false")).status_code == 404
    assert (await by_email(api, address, PASSWORD, create="false")).status_code == 404


async def test_linking_ones_own_address_changes_the_password(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    address = new_email()
    for password in (PASSWORD, "x" * 72):
        content = {"email": address.upper(), "password": password}
        assert (await link(api, player, "email", content)).status_code == 200
        assert user_of(await by_email(api, address, password)) == player.id
    assert (await by_email(api, address, PASSWORD)).status_code == 401
    assert user_of(await by_email(api, "", "x" * 72, username=player.username)) == player.id


@kinds
async def test_of_two_who_want_one_identifier_one_gets_it(api: httpx.AsyncClient, kind: str) -> None:
    for _ in range(6):
        players = [await sign_in_async(api) for _ in range(4)]
        content = something(kind)
        answers = await asyncio.gather(*[link(api, player, kind, content) for player in players])
        refused = [answer for answer in answers if answer.status_code != 200]
        assert {told(answer) for answer in refused} == {TAKEN[kind]}
        assert len(refused) == 3


@pytest.mark.parametrize("kind", ["device", "custom"])
async def test_linking_what_is_just_being_created(api: httpx.AsyncClient, kind: str) -> None:
    for _ in range(10):
        player, content = await sign_in_async(api), something(kind)
        linked, signed_in = await asyncio.gather(
            link(api, player, kind, content), authenticate(api, kind, content)
        )
        if linked.status_code == 200:
            assert user_of(signed_in) == player.id
        else:
            assert told(linked) == TAKEN[kind]
            assert signed_in.json()["created"] is True


async def test_many_of_ones_own_at_once(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    devices = [new("device") for _ in range(12)]
    answers = await asyncio.gather(*[link(api, player, "device", {"id": device}) for device in devices * 2])
    assert {answer.status_code for answer in answers} == {200}
    assert {device["id"] for device in (await account(api, player))["devices"]} == {player.device, *devices}


@kinds
async def test_a_deleted_caller(api: httpx.AsyncClient, kind: str) -> None:
    ghost, content = await deleted_player(api), something(kind)
    wanted = (400, 3, "Error linking Device ID.") if kind == "device" else TAKEN[kind]
    assert told(await link(api, ghost, kind, content)) == wanted
    if kind == "device":
        assert (await by_device(api, content["id"])).json()["created"] is True
