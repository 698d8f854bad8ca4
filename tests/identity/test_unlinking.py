"""Unlinking: what must match, and that no player is left without a way in."""

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.db.statements import Command
from tests.identity.support import (
    PASSWORD,
    account,
    by_custom,
    by_device,
    by_email,
    link,
    new,
    new_email,
    told,
    unlink,
    user_of,
)
from tests.identity.test_linking import deleted_player, something
from tests.support.players import Player, sign_in_async

_TOLD = Command("test.told_email", "Give an account an address.", "update users set email = $2 where id = $1")

LAST = (403, 7, "Cannot unlink last account identifier. Check profile exists and is not last link.")


async def player_with(api: httpx.AsyncClient, *kinds: str) -> tuple[Player, list[dict[str, str]]]:
    """A player with a device and one identifier of each kind besides."""
    player = await sign_in_async(api)
    contents = [something(kind) for kind in kinds]
    for kind, content in zip(kinds, contents, strict=True):
        assert (await link(api, player, kind, content)).status_code == 200
    return player, contents


def identifiers(content: dict[str, object]) -> int:
    devices = content.get("devices", [])
    assert isinstance(devices, list)
    return len(devices) + ("custom_id" in content) + ("email" in content)


@pytest.mark.parametrize("kind", ["custom", "email"])
async def test_by_value_or_without(api: httpx.AsyncClient, clock: ShiftedClock, kind: str) -> None:
    player, [content] = await player_with(api, kind)
    field = "id" if kind == "custom" else "email"
    assert told(await unlink(api, player, kind, {field: new_email()})) == LAST
    assert told(await unlink(api, player, kind, {field: content[field] + " "})) == LAST
    clock.offset += timedelta(seconds=30)
    spelled = content[field].upper() if kind == "email" else content[field]
    assert (await unlink(api, player, kind, {field: spelled, "password": "ignored"})).json() == {}
    after = await account(api, player)
    assert identifiers(after) == 1
    assert abs(datetime.fromisoformat(after["user"]["update_time"]).timestamp() - clock.unix()) < 5
    # Nothing there any more: without a value that is fine, with one it is a mismatch.
    assert (await unlink(api, player, kind, {})).status_code == 200
    assert told(await unlink(api, player, kind, {field: content[field]})) == LAST


async def test_custom_ids_match_exactly(api: httpx.AsyncClient) -> None:
    player, [content] = await player_with(api, "custom")
    assert told(await unlink(api, player, "custom", {"id": content["id"].upper()})) == LAST
    nul = told(await unlink(api, player, "custom", {"id": "a\0"}))
    assert nul in ((400, 3, "Error while trying to unlink custom ID."), LAST)


async def test_an_address_takes_its_password_along(api: httpx.AsyncClient) -> None:
    player, [content] = await player_with(api, "email")
    await unlink(api, player, "email", {})
    refused = await by_email(api, "", PASSWORD, username=player.username)
    assert told(refused) == (401, 16, "Invalid credentials.")
    assert (await by_email(api, content["email"], PASSWORD)).json()["created"] is True


async def test_devices(api: httpx.AsyncClient) -> None:
    player, [second] = await player_with(api, "device")
    other = await sign_in_async(api)
    assert told(await unlink(api, player, "device", {})) == (400, 3, "A device ID must be supplied.")
    for foreign in (new("device"), other.device, player.device.upper()):
        assert told(await unlink(api, player, "device", {"id": foreign})) == LAST
    nul = told(await unlink(api, player, "device", {"id": "a\0"}))
    assert nul in ((400, 3, "Could not unlink device ID."), LAST)
    assert (await unlink(api, player, "device", second)).json() == {}
    assert told(await unlink(api, player, "device", second)) == LAST
    assert told(await unlink(api, player, "device", {"id": player.device})) == LAST
    assert user_of(await sign_in_again(api, player)) == player.id


async def sign_in_again(api: httpx.AsyncClient, player: Player) -> httpx.Response:
    return await by_device(api, player.device, create="false")


@pytest.mark.parametrize("kind", ["custom", "email"])
async def test_the_last_one_stays(api: httpx.AsyncClient, kind: str) -> None:
    player, [content] = await player_with(api, kind)
    assert (await unlink(api, player, "device", {"id": player.device})).status_code == 200
    for body in ({}, content):
        assert told(await unlink(api, player, kind, body)) == LAST
    assert identifiers(await account(api, player)) == 1


async def test_unlinking_ends_no_session(api: httpx.AsyncClient) -> None:
    player, _ = await player_with(api, "custom")
    await unlink(api, player, "device", {"id": player.device})
    assert user_of(await by_custom(api, (await account(api, player))["custom_id"])) == player.id


@pytest.mark.parametrize("kinds", [["custom"], ["email"], ["device"], ["custom", "email"], ["device"] * 3])
async def test_all_at_once_leave_one(api: httpx.AsyncClient, kinds: list[str]) -> None:
    for _ in range(6):
        player, contents = await player_with(api, *kinds)
        pairs = [("device", {"id": player.device}), *zip(kinds, contents, strict=True)]
        answers = await asyncio.gather(*[unlink(api, player, kind, content) for kind, content in pairs * 2])
        assert sum(answer.status_code == 200 for answer in answers) >= len(kinds)
        assert identifiers(await account(api, player)) == 1
        assert {told(answer) for answer in answers if answer.status_code != 200} == {LAST}


async def test_while_another_is_linked(api: httpx.AsyncClient) -> None:
    for _ in range(8):
        player = await sign_in_async(api)
        linked, unlinked = await asyncio.gather(
            link(api, player, "custom", {"id": new("custom")}),
            unlink(api, player, "device", {"id": player.device}),
        )
        assert linked.status_code == 200
        assert unlinked.status_code in (200, 403)
        assert identifiers(await account(api, player)) == 2 - (unlinked.status_code == 200)


@pytest.mark.parametrize("kind", ["device", "custom", "email"])
async def test_a_deleted_caller(api: httpx.AsyncClient, kind: str) -> None:
    ghost = await deleted_player(api)
    body = {"id": ghost.device} if kind == "device" else {}
    assert told(await unlink(api, ghost, kind, body)) == LAST


@pytest.mark.parametrize("other", ["device", "custom"])
async def test_an_address_without_a_password_is_no_way_in(
    other: str, api: httpx.AsyncClient, app: Application
) -> None:
    """One that a provider has told: the player has never had a password for it."""
    player, _ = await player_with(api, "custom")
    if other == "device":
        await unlink(api, player, "custom", {})
    else:
        await unlink(api, player, "device", {"id": player.device})
    await app.database.write(_TOLD, player.id, address := new_email())
    body = {"id": player.device} if other == "device" else {}
    assert told(await unlink(api, player, other, body)) == LAST
    assert (await account(api, player))["email"] == address
    if other == "device":
        assert user_of(await sign_in_again(api, player)) == player.id
    content = {"email": address, "password": PASSWORD}
    assert (await link(api, player, "email", content)).status_code == 200
    assert (await unlink(api, player, other, body)).status_code == 200
    assert user_of(await by_email(api, address, PASSWORD)) == player.id
