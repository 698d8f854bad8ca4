"""PUT /v2/account: the rules of each field, and when the update time moves."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kizuna.clock import ShiftedClock
from tests.identity.support import account, new, told
from tests.support.players import Player, sign_in_async

FAILED = (400, 3, "Error while trying to update account.")
WIDTHS = {"display_name": 255, "location": 255, "timezone": 255, "avatar_url": 512, "lang_tag": 18}
CLEARABLE = ("display_name", "avatar_url", "location", "timezone")


async def put(api: httpx.AsyncClient, player: Player, fields: dict[str, Any]) -> httpx.Response:
    return await api.put("/v2/account", json=fields, headers=player.headers)


async def user(api: httpx.AsyncClient, player: Player) -> dict[str, Any]:
    content: dict[str, Any] = (await account(api, player))["user"]
    return content


@pytest.mark.parametrize("field", WIDTHS)
async def test_widths_are_characters(api: httpx.AsyncClient, field: str) -> None:
    player, width = await sign_in_async(api), WIDTHS[field]
    for letter in ("x", "é", "🎮"):
        assert (await put(api, player, {field: letter * width})).json() == {}
        assert (await user(api, player))[field] == letter * width
        assert told(await put(api, player, {field: letter * (width + 1)})) == FAILED
        assert (await user(api, player))[field] == letter * width


@pytest.mark.parametrize("field", WIDTHS)
async def test_nul_is_the_clients_fault(api: httpx.AsyncClient, field: str) -> None:
    player = await sign_in_async(api)
    before = await account(api, player)
    assert told(await put(api, player, {field: "a\0b", "display_name": "other"} | {field: "a\0"})) == FAILED
    assert await account(api, player) == before


async def test_empty_text(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    full = dict.fromkeys(WIDTHS, "some")
    await put(api, player, full)
    assert (await put(api, player, dict.fromkeys(CLEARABLE, ""))).json() == {}
    assert not set(CLEARABLE) & set(await user(api, player))
    assert told(await put(api, player, {"lang_tag": ""})) == FAILED
    assert told(await put(api, player, {"lang_tag": "", "display_name": "not written"})) == FAILED
    after = await user(api, player)
    assert after["lang_tag"] == "some"
    assert "display_name" not in after


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "No fields to update."),
        ({"username": None, "display_name": None}, "No fields to update."),
        ({"metadata": "{}", "unknown": 1}, "No fields to update."),
        ({"username": ""}, "Username invalid, must be 1-128 bytes."),
        ({"username": "", "display_name": "x" * 999}, "Username invalid, must be 1-128 bytes."),
        ({"username": "é" * 65}, "Username invalid, must be 1-128 bytes."),
        ({"username": "\0" * 129}, "Username invalid, must be 1-128 bytes."),
        ({"username": "a\0"}, "Username invalid, no spaces or control characters allowed."),
        ({"username": "[]"}, "Username invalid, no spaces or control characters allowed."),
        ({"username": "a\x7f", "lang_tag": ""}, "Username invalid, no spaces or control characters allowed."),
    ],
)
async def test_refused_in_this_order(api: httpx.AsyncClient, fields: dict[str, Any], message: str) -> None:
    player = await sign_in_async(api)
    assert told(await put(api, player, fields)) == (400, 3, message)


async def test_a_taken_username(api: httpx.AsyncClient) -> None:
    """The reference says 400 with the printed form of this answer, by mistake."""
    player, owner = await sign_in_async(api), await sign_in_async(api)
    before = await account(api, player)
    answer = await put(api, player, {"username": owner.username, "display_name": "x"})
    assert told(answer) == (409, 6, "Username is already in use.")
    assert await account(api, player) == before
    assert (await put(api, player, {"username": owner.username.swapcase()})).status_code == 200
    assert (await put(api, owner, {"username": owner.username})).status_code == 200


async def test_one_username_for_many(api: httpx.AsyncClient) -> None:
    players = [await sign_in_async(api) for _ in range(8)]
    for _ in range(3):
        name = new("name")
        answers = await asyncio.gather(*[put(api, player, {"username": name}) for player in players])
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


async def test_two_who_swap_names(api: httpx.AsyncClient) -> None:
    """Each takes the other's: whatever the order, nobody fails for the server's reasons."""
    one, two = await sign_in_async(api), await sign_in_async(api)
    answers = await asyncio.gather(
        put(api, one, {"username": two.username}), put(api, two, {"username": one.username})
    )
    assert {answer.status_code for answer in answers} == {409}


async def test_the_update_time_moves_only_for_a_change(api: httpx.AsyncClient, clock: ShiftedClock) -> None:
    player = await sign_in_async(api)
    created = (await user(api, player))["update_time"]
    assert created == (await user(api, player))["create_time"]
    same = {"username": player.username, "lang_tag": "en", **dict.fromkeys(CLEARABLE, "")}
    clock.offset += timedelta(seconds=10)
    for fields in (same, *({name: value} for name, value in same.items())):
        assert (await put(api, player, fields)).json() == {}
        assert (await user(api, player))["update_time"] == created
    times = [created]
    for change in (
        {"username": new("name")},
        {"lang_tag": "de"},
        *({name: "x"} for name in CLEARABLE),
        {**dict.fromkeys(CLEARABLE, "x"), "timezone": ""},
        {"lang_tag": "DE", "location": "x"},
    ):
        clock.offset += timedelta(seconds=5)
        await put(api, player, change)
        times.append((await user(api, player))["update_time"])
        await put(api, player, change)
        assert (await user(api, player))["update_time"] == times[-1]
    assert times == sorted(set(times))


async def test_the_token_keeps_its_name(api: httpx.AsyncClient) -> None:
    player, name = await sign_in_async(api), new("name")
    await put(api, player, {"username": name})
    assert (await user(api, player))["username"] == name
    assert (
        await api.get("/v2/user", params={"usernames": player.username}, headers=player.headers)
    ).json() == {}


async def test_fields_at_once(api: httpx.AsyncClient) -> None:
    """Updates of different fields do not undo each other."""
    player = await sign_in_async(api)
    for turn in range(5):
        fields = [{name: f"{name}-{turn}"[:18]} for name in WIDTHS]
        answers = await asyncio.gather(*[put(api, player, field) for field in fields])
        assert {answer.status_code for answer in answers} == {200}
        after = await user(api, player)
        assert all(after.items() >= field.items() for field in fields)
