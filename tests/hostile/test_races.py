"""Many at once for the same thing, over two workers that have nothing in common but the database."""

import asyncio
import base64
import json
import random
import time
import uuid
from collections.abc import Iterator
from typing import Any

import asyncpg
import psutil
import pytest

from tests.hostile.clients import Client, Refused, clients
from tests.hostile.conftest import MODULES
from tests.support.environment import WISHES
from tests.support.players import SERVER_KEY, claims
from tests.support.processes import Server, start_server

CROWD = 64
BASIC = "Basic " + base64.b64encode(f"{SERVER_KEY}:".encode()).decode()


@pytest.fixture(scope="module")
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two workers and the hostile tests' game code."""
    log = tmp_path_factory.mktemp("races") / "server.log"
    env = {"KIZUNA_SESSION__TOKEN_EXPIRY_SEC": "3600"}
    server = start_server("--workers", "2", database_url=database_url, modules=MODULES, log=log, env=env)
    yield server
    server.stop()


async def sign_in(client: Client, device: str, query: str = "") -> Any:
    target = f"/v2/account/authenticate/device?create=true{query}"
    return await client.ask("POST", target, {"id": device}, authorization=BASIC)


async def new_player(server: Server) -> tuple[str, str]:
    """(id, authorization) of somebody new."""
    async with clients(server.port, 1) as (client,):
        token = (await sign_in(client, str(uuid.uuid4())))["token"]
    return claims(token)["uid"], f"Bearer {token}"


async def outcome(asked: Any) -> Any:
    """The answer, or the refusal as a value."""
    try:
        return await asked
    except Refused as refusal:
        return refusal


def worker_of(server: Server, client: Client) -> int:
    """The process at the other end of a connection."""
    for worker in psutil.Process(server.process.pid).children(recursive=True):
        if any(end.raddr and end.raddr.port == client.port for end in worker.net_connections("tcp")):
            return worker.pid
    raise AssertionError("nobody has taken this connection")


async def one_client_of_each_worker(server: Server, crowd: list[Client]) -> list[Client]:
    found: dict[int, Client] = {}
    for client in crowd:
        await client.ask("GET", "/healthcheck")
        found.setdefault(worker_of(server, client), client)
        if len(found) == 2:
            return list(found.values())
    raise AssertionError("one worker took every connection")


async def test_one_device_makes_one_account(server: Server) -> None:
    async with clients(server.port, CROWD) as crowd:
        for _ in range(5):
            device = str(uuid.uuid4())
            sessions = await asyncio.gather(*(sign_in(client, device) for client in crowd))
            assert len({claims(session["token"])["uid"] for session in sessions}) == 1
            assert sum(session.get("created", False) for session in sessions) == 1


async def test_one_username_is_one_players(server: Server) -> None:
    """Different devices that want the same name: one has it, the others are told, and have no account."""
    async with clients(server.port, CROWD) as crowd:
        name = f"name{random.randrange(10**9)}"
        devices = [str(uuid.uuid4()) for _ in crowd]
        answers = await asyncio.gather(
            *(outcome(sign_in(c, d, f"&username={name}")) for c, d in zip(crowd, devices, strict=True))
        )
        refused = [answer for answer in answers if isinstance(answer, Refused)]
        assert len(refused) == CROWD - 1
        assert {str(refusal) for refusal in refused} == {"409 Username is already in use."}
        loser = devices[answers.index(refused[0])]
        again = await sign_in(crowd[0], loser)
        assert again.get("created"), "the refused one has left nothing behind"


async def test_one_custom_id_makes_one_account(server: Server) -> None:
    async with clients(server.port, CROWD) as crowd:
        body = {"id": str(uuid.uuid4())}
        target = "/v2/account/authenticate/custom?create=true"
        sessions = await asyncio.gather(*(c.ask("POST", target, body, authorization=BASIC) for c in crowd))
        assert len({claims(session["token"])["uid"] for session in sessions}) == 1
        assert sum(session.get("created", False) for session in sessions) == 1


async def write(client: Client, authorization: str, key: str, value: str, version: str) -> Any:
    body = {"objects": [{"collection": "races", "key": key, "value": value, "version": version}]}
    answer = await client.ask("PUT", "/v2/storage", body, authorization=authorization)
    return answer["acks"][0]["version"]


async def value_of(client: Client, owner: str, authorization: str, key: str) -> str:
    ids = {"object_ids": [{"collection": "races", "key": key, "user_id": owner}]}
    answer = await client.ask("POST", "/v2/storage", ids, authorization=authorization)
    value: str = answer["objects"][0]["value"]
    return value


@pytest.mark.parametrize("first", ["creation", "replacement"])
async def test_one_conditional_write_wins(server: Server, first: str) -> None:
    owner, authorization = await new_player(server)
    async with clients(server.port, CROWD) as crowd:
        for turn in range(5):
            key, version = f"{first}{turn}", "*"
            if first == "replacement":
                version = await write(crowd[0], authorization, key, "{}", "")
            values = [f'{{"n": {number}}}' for number in range(CROWD)]
            answers = await asyncio.gather(
                *(
                    outcome(write(c, authorization, key, v, version))
                    for c, v in zip(crowd, values, strict=True)
                )
            )
            won = [value for value, answer in zip(values, answers, strict=True) if isinstance(answer, str)]
            assert len(won) == 1, answers
            lost = {str(answer) for answer in answers if isinstance(answer, Refused)}
            assert lost == {"400 Storage write rejected - version check failed."}
            assert await value_of(crowd[0], owner, authorization, key) == won[0]


async def test_writers_in_each_others_way_do_not_deadlock(server: Server, database_url: str) -> None:
    """Both workers' batches hold the same keys in different orders; a deadlock would cost a second each."""
    _, authorization = await new_player(server)
    keys = [f"crossed{n}" for n in range(8)]
    before = await _deadlocks(database_url)
    async with clients(server.port, CROWD) as crowd:
        versions = {key: await write(crowd[0], authorization, key, "{}", "") for key in keys}
        until = time.monotonic() + max(1.0, WISHES.soak_seconds / 3)
        turn = 0
        while time.monotonic() < until:
            turn += 1
            order = [random.choice(keys) for _ in crowd]
            answers = await asyncio.gather(
                *(
                    outcome(write(c, authorization, key, f'{{"n":{turn}}}', versions[key]))
                    for c, key in zip(crowd, order, strict=True)
                )
            )
            for key, answer in zip(order, answers, strict=True):
                if isinstance(answer, str):
                    versions[key] = answer
                else:
                    assert answer.status == 400
    assert await _deadlocks(database_url) == before


async def _deadlocks(database_url: str) -> int:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("select pg_stat_force_next_flush()")
        await asyncio.sleep(1.1)  # the other connections tell their numbers once a second
        query = "select deadlocks from pg_stat_database where datname = current_database()"
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


async def rpc(client: Client, authorization: str, function: str, payload: str = "") -> str:
    answer = await client.ask("POST", f"/v2/rpc/{function}", payload, authorization=authorization)
    result: str = answer["payload"]
    return result


async def test_a_wallet_never_falls_below_zero(server: Server) -> None:
    _, authorization = await new_player(server)
    async with clients(server.port, CROWD) as crowd:
        await rpc(crowd[0], authorization, "earn", "100")
        amounts = [random.randint(1, 9) for _ in range(CROWD)]
        spent = await asyncio.gather(
            *(outcome(rpc(c, authorization, "spend", str(a))) for c, a in zip(crowd, amounts, strict=True))
        )
        taken = [a for a, answer in zip(amounts, spent, strict=True) if not isinstance(answer, Refused)]
        assert {str(answer) for answer in spent if isinstance(answer, Refused)} == {"400 not enough coins"}
        assert all(int(answer) >= 0 for answer in spent if isinstance(answer, str))
        purse = json.loads(await rpc(crowd[0], authorization, "purse"))
    assert purse == {"coins": 100 - sum(taken), "sum": 100 - sum(taken), "changes": 1 + len(taken)}
    assert 0 <= purse["coins"] < 9


async def test_earning_and_spending_for_a_while(server: Server) -> None:
    players = [await new_player(server) for _ in range(4)]
    totals = {authorization: [0, 0] for _, authorization in players}
    until = time.monotonic() + WISHES.soak_seconds / 2

    async def trade(client: Client, dice: random.Random) -> None:
        while time.monotonic() < until:
            authorization = dice.choice(players)[1]
            function, amount = dice.choice(("earn", "spend", "spend")), dice.randint(1, 5)
            answer = await outcome(rpc(client, authorization, function, str(amount)))
            if isinstance(answer, Refused):
                assert str(answer) == "400 not enough coins"
                continue
            assert int(answer) >= 0
            totals[authorization][0] += amount if function == "earn" else -amount
            totals[authorization][1] += 1

    async with clients(server.port, 16) as crowd:
        await asyncio.gather(*(trade(client, random.Random(n)) for n, client in enumerate(crowd)))
        for _, authorization in players:
            purse = json.loads(await rpc(crowd[0], authorization, "purse"))
            total, changes = totals[authorization]
            assert purse == {"coins": total, "sum": total, "changes": changes}


@pytest.mark.parametrize(
    "how", ["POST /v2/session/logout", "POST /v2/session/logout this", "DELETE /v2/account"]
)
async def test_every_worker_obeys_within_a_second(server: Server, how: str) -> None:
    async with clients(server.port, CROWD) as crowd:
        here, there = await one_client_of_each_worker(server, crowd)
        for ending, other in ((here, there), (there, here), (here, there)):
            session = await sign_in(ending, str(uuid.uuid4()))
            authorization = f"Bearer {session['token']}"
            for client in (here, there):
                await client.ask("GET", "/v2/account", authorization=authorization)
            method, target, *this = how.split()
            body = {"token": session["token"]} if this else None
            await ending.ask(method, target, body, authorization=authorization)
            answered = time.monotonic()
            assert str(await outcome(_account(ending, authorization))) == "401 Auth token invalid"
            while not isinstance(await outcome(_account(other, authorization)), Refused):
                assert time.monotonic() - answered < 1, "the other worker has not heard of it"
                await asyncio.sleep(0.01)


async def _account(client: Client, authorization: str) -> Any:
    return await client.ask("GET", "/v2/account", authorization=authorization)
