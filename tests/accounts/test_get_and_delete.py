"""GET and DELETE /v2/account."""

import asyncio
from datetime import datetime

import asyncpg
import httpx
import pytest

from tests.identity.support import PASSWORD, account, by_device, by_email, link, new, new_email, told
from tests.identity.test_linking import deleted_player
from tests.support.players import Player, sign_in_async


async def test_wallet_and_metadata_are_text(api: httpx.AsyncClient, database_url: str) -> None:
    player = await sign_in_async(api)
    assert (await account(api, player))["wallet"] == "{}"
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "update users set wallet = $2::text::jsonb, metadata = $3::text::jsonb, verify_time = $4"
        " where id = $1",
        player.id,
        '{"gems":5,"b":1,"a":2,"big":9007199254740993}',
        '{"b":[1,{"c":null}],"a":"é","a":"2"}',
        datetime.fromisoformat("2024-02-03T04:05:06.999999+00:00"),
    )
    await connection.close()
    content = await account(api, player)
    assert content["wallet"] == '{"a": 2, "b": 1, "big": 9007199254740993, "gems": 5}'
    assert content["user"]["metadata"] == '{"a": "2", "b": [1, {"c": null}]}'
    assert content["verify_time"] == "2024-02-03T04:05:06Z"


async def test_every_identifier_is_told(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    custom, email, device = new("custom"), new_email(), new("device")
    await link(api, player, "custom", {"id": custom})
    await link(api, player, "email", {"email": email.upper(), "password": PASSWORD})
    await link(api, player, "device", {"id": device, "vars": {"a": "b"}})
    content = await account(api, player)
    content.pop("user")
    assert content == {
        "wallet": "{}",
        "custom_id": custom,
        "email": email,
        "devices": [{"id": player.device}, {"id": device}],
    }


async def test_input_is_ignored(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    answer = await api.request("GET", "/v2/account?id=x&%zz", content=b"{not json", headers=player.headers)
    assert answer.status_code == 200


async def test_deleting_frees_every_identifier(api: httpx.AsyncClient) -> None:
    player, email = await sign_in_async(api, username=new("name")), new_email()
    await link(api, player, "email", {"email": email, "password": PASSWORD})
    assert (await api.delete("/v2/account", headers=player.headers)).json() == {}
    again = await by_device(api, player.device, username=player.username)
    assert again.json()["created"] is True
    other = await by_email(api, email, "another password")
    assert other.json()["created"] is True


@pytest.mark.parametrize("table", ["user_device", "storage", "wallet_ledger", "user_tombstone"])
async def test_what_is_left_in_the_tables(api: httpx.AsyncClient, database_url: str, table: str) -> None:
    player = await sign_in_async(api)
    objects = [{"collection": "c", "key": "k", "value": "{}"}]
    written = await api.put("/v2/storage", json={"objects": objects}, headers=player.headers)
    assert written.status_code == 200
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "insert into wallet_ledger (id, user_id, changeset, create_time, update_time)"
        " values (gen_random_uuid(), $1, '{}', now(), now())",
        player.id,
    )
    count = f"select count(*) from {table} where user_id = $1"
    assert await connection.fetchval(count, player.id) == (0 if table == "user_tombstone" else 1)
    await api.delete("/v2/account", headers=player.headers)
    assert await connection.fetchval(count, player.id) == 0
    await connection.close()


async def test_deleting_twice_and_at_once(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    answers = await asyncio.gather(*[api.delete("/v2/account", headers=player.headers) for _ in range(8)])
    # Whoever comes after the end of the session is told so.
    assert {answer.status_code for answer in answers} <= {200, 401}
    assert answers[0].status_code == 200


async def test_deleting_while_signing_in(api: httpx.AsyncClient) -> None:
    for _ in range(10):
        player = await sign_in_async(api)
        deleted, *answers = await asyncio.gather(
            api.delete("/v2/account", headers=player.headers),
            *[by_device(api, player.device) for _ in range(6)],
        )
        assert deleted.status_code == 200
        assert {answer.status_code for answer in answers} == {200}
        assert sum(answer.json().get("created", False) for answer in answers) <= 1
        for answer in answers:
            headers = {"Authorization": f"Bearer {answer.json()['token']}"}
            assert (await api.get("/v2/account", headers=headers)).status_code in (200, 401)


async def test_what_a_ghost_is_told(api: httpx.AsyncClient) -> None:
    ghost: Player = await deleted_player(api)
    assert told(await api.get("/v2/account", headers=ghost.headers)) == (404, 5, "Account not found.")
    assert (await api.put("/v2/account", json={"display_name": "x"}, headers=ghost.headers)).json() == {}
    owner = await sign_in_async(api)
    taken = await api.put("/v2/account", json={"username": owner.username}, headers=ghost.headers)
    assert taken.json() == {}
    assert told(await api.put("/v2/account", json={}, headers=ghost.headers)) == (
        400,
        3,
        "No fields to update.",
    )
    for _ in range(2):
        assert (await api.delete("/v2/account", headers=ghost.headers)).json() == {}
    assert (await api.get(f"/v2/user?ids={ghost.id}", headers=ghost.headers)).json() == {}
    objects = [{"collection": "c", "key": "k", "value": "{}"}]
    written = await api.put("/v2/storage", json={"objects": objects}, headers=ghost.headers)
    assert told(written) == (400, 3, "Error writing storage objects.")
