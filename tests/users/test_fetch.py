"""GET /v2/user: whom the three criteria find."""

import asyncio
import uuid
from collections import Counter
from typing import Any

import asyncpg
import httpx
import pytest

from tests.identity.support import PASSWORD, ban, link, new, new_email, told
from tests.support.players import Player, sign_in_async

NIL = "00000000-0000-0000-0000-000000000000"


async def fetch(api: httpx.AsyncClient, player: Player, query: Any) -> httpx.Response:
    return await api.get("/v2/user", params=query, headers=player.headers)


async def found(api: httpx.AsyncClient, player: Player, query: Any) -> Counter[str]:
    answer = await fetch(api, player, query)
    assert answer.status_code == 200, answer.text
    return Counter(user["id"] for user in answer.json().get("users", []))


async def test_spellings_of_an_id(api: httpx.AsyncClient) -> None:
    """`urn:uuid:` passes the reference's check and then fails in its database."""
    player = await sign_in_async(api)
    bare = player.id.replace("-", "")
    for text in (player.id, player.id.upper(), bare, bare.upper(), f"{{{player.id}}}", f"{{{bare}}}"):
        assert await found(api, player, {"ids": text}) == {player.id: 1}
    for text in (f"urn:uuid:{player.id}", f"urn:uuid:{bare}", f"urn:uuid:{player.id.upper()}"):
        assert await found(api, player, {"ids": text}) == {player.id: 1}


@pytest.mark.parametrize(
    "bad",
    [
        *("", "x", "'; --", "a\0", "٠" * 32, NIL[:-1], NIL + "0", "0000-00000000" + NIL[13:]),
        *(" " + NIL, NIL + " ", "{" + NIL, NIL + "}", "URN:UUID:" + NIL, NIL + "," + NIL),
    ],
    ids=ascii,
)
async def test_what_is_no_id(api: httpx.AsyncClient, bad: str) -> None:
    player = await sign_in_async(api)
    answer = await fetch(api, player, [("ids", player.id), ("ids", bad), ("ids", "later")])
    assert told(answer) == (400, 3, f"ID '{bad}' is not a valid system ID.")


async def test_an_id_in_brackets(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    answer = await fetch(api, player, {"ids[x]": player.id})
    assert told(answer) == (400, 3, "ID 'x' is not a valid system ID.")


async def test_each_once_by_any_criterion(api: httpx.AsyncClient, database_url: str) -> None:
    player, other, third = [await sign_in_async(api) for _ in range(3)]
    await store_facebook_id(database_url, third.id, facebook := new("fb"))
    query = [
        *(("ids", player.id), ("ids", player.id.upper()), ("ids", str(uuid.uuid4()))),
        *(("usernames", player.username), ("usernames", other.username), ("usernames", new())),
        *(("facebook_ids", facebook), ("facebookIds", facebook), ("facebook_ids", "")),
    ]
    assert await found(api, player, query) == {player.id: 1, other.id: 1, third.id: 1}


@pytest.mark.parametrize("name", ["facebook_ids", "facebookIds"])
async def test_facebook_ids(api: httpx.AsyncClient, database_url: str, name: str) -> None:
    player = await sign_in_async(api)
    await store_facebook_id(database_url, player.id, facebook := new("Fb"))
    answer = await fetch(api, player, {name: facebook})
    assert [user["facebook_id"] for user in answer.json()["users"]] == [facebook]
    for other in ("", facebook.lower(), facebook + " "):
        assert (await fetch(api, player, {name: other})).json() == {}


async def test_usernames_match_exactly(api: httpx.AsyncClient) -> None:
    name = f"With Spaces é {new()}"
    player = await sign_in_async(api, username=name)
    assert await found(api, player, {"usernames": name}) == {player.id: 1}
    for other in (name.upper(), name + " ", name.replace("é", "e\u0301"), f"{name},{name}", "%"):
        assert (await fetch(api, player, {"usernames": other})).json() == {}


async def test_nobody(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    for query in ({}, {"ids": str(uuid.uuid4())}, {"unknown": "x"}, {"usernames": new()}, {"Usernames": ""}):
        assert (await fetch(api, player, query)).json() == {}


@pytest.mark.parametrize("criterion", ["usernames", "facebook_ids"])
async def test_nul_is_the_clients_fault(api: httpx.AsyncClient, criterion: str) -> None:
    player = await sign_in_async(api)
    answer = await fetch(api, player, [("ids", player.id), (criterion, "a\0b")])
    assert told(answer) == (400, 3, "Error retrieving user accounts.")


async def test_the_system_user(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    for query in ({"ids": NIL}, {"usernames": ""}):
        [user] = (await fetch(api, player, query)).json()["users"]
        assert user["id"] == NIL
        assert "username" not in user
        assert {"metadata", "lang_tag", "create_time", "update_time"} < set(user)


async def test_what_others_see(api: httpx.AsyncClient, database_url: str) -> None:
    player, other = await sign_in_async(api), await sign_in_async(api)
    public = {"display_name": "D", "avatar_url": "A", "location": "L", "timezone": "T", "lang_tag": "de"}
    await api.put("/v2/account", json=public, headers=player.headers)
    await link(api, player, "custom", {"id": new("custom")})
    await link(api, player, "email", {"email": new_email(), "password": PASSWORD})
    await store_facebook_id(database_url, player.id, facebook := new("fb"))
    [user] = (await fetch(api, other, {"ids": player.id})).json()["users"]
    times = {name: user.pop(name) for name in ("create_time", "update_time")}
    assert all(len(time) == len("2026-11-21T04:19:17Z") for time in times.values())
    assert user == {
        **public,
        "id": player.id,
        "username": player.username,
        "metadata": "{}",
        "facebook_id": facebook,
    }


async def test_the_banned_are_found(api: httpx.AsyncClient) -> None:
    player, other = await sign_in_async(api), await sign_in_async(api)
    await ban(api, player.id)
    assert await found(api, other, {"ids": player.id}) == {player.id: 1}


async def test_many(api: httpx.AsyncClient) -> None:
    players = await asyncio.gather(*(sign_in_async(api) for _ in range(30)))
    query = [("ids", player.id) for player in players] + [("ids", str(uuid.uuid4())) for _ in range(150)]
    assert await found(api, players[0], query) == {player.id: 1 for player in players}


async def store_facebook_id(database_url: str, user: str, facebook_id: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("update users set facebook_id = $2 where id = $1", user, facebook_id)
    await connection.close()
