"""A server under test: players, the server API, several at once, and its beginning and end."""

import asyncio
import json
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from kizuna.runtime import ModuleLoadError, WalletError
from kizuna.testing import Refused, Server, Servers
from kizuna.testing.databases import Databases
from kizuna.testing.options import settings_for_tests
from kizuna.testing.players import Caller
from tests.support.waiting import run_apart
from tests.testing.conftest import Game

GAME = """
import json
from dataclasses import dataclass

@dataclass
class Order:
    item: str
    count: int = 1

def register(app: rt.App) -> None:
    app.rpc("buy", buy)
    app.rpc("who", who)
    app.rpc("say/anything", say)
    app.rpc("crash", crash)

async def buy(ctx: rt.Context, payload: Order) -> dict[str, int]:
    if payload.item != "sword":
        raise rt.Error("Swords only.", rt.Code.NOT_FOUND)
    return (await ctx.nk.wallet_update(ctx.user_id, {"coins": -5 * payload.count})).updated

async def who(ctx: rt.Context, payload: str) -> str:
    return json.dumps([ctx.user_id, ctx.username])

async def say(ctx: rt.Context, payload: str) -> str:
    return payload

async def crash(ctx: rt.Context, payload: str) -> str:
    return str(1 // 0)
"""


@pytest.fixture
def server(start: Servers, game: Game) -> Server:
    """A server with the game above."""
    game.write(GAME)
    return start()


def test_players_have_a_name_and_an_account(server: Server) -> None:
    ada, first, second = server.player("ada"), server.player(), server.player()
    assert (ada.username, first.username, second.username) == ("ada", "player-1", "player-2")
    assert server.player("ada").id == ada.id
    assert len({ada.id, first.id, second.id}) == 3
    assert ada.rpc("who") == [ada.id, "ada"]


def test_a_player_may_have_every_name_that_the_server_allows(server: Server) -> None:
    for name in ("A name!", "ä", "x" * 128):
        assert server.player(name).username == name
    for name in ("a\tname", "x" * 129):
        with pytest.raises(Refused, match="Username invalid"):
            server.player(name)


def test_players_use_the_api(server: Server) -> None:
    player = server.player("ada")
    stored = {"objects": [{"collection": "saves", "key": "one", "value": '{"level": 3}'}]}
    [ack] = player.put("/v2/storage", stored)["acks"]
    [found] = player.get(f"/v2/storage/saves/{player.id}", limit=3)["objects"]
    assert found["version"] == ack["version"]
    assert player.post("/v2/storage", {"object_ids": [{**ack, "user_id": player.id}]})["objects"]
    assert player.delete("/v2/account") == {}
    with pytest.raises(Refused):
        player.get("/v2/account")


def test_a_payload_is_json_unless_it_is_text(server: Server) -> None:
    player = server.player()
    assert player.rpc("say/anything") is None
    assert player.rpc("say/anything", {"a": [1, None]}) == {"a": [1, None]}
    assert player.rpc("say/anything", '{"a": 2}') == {"a": 2}
    assert player.rpc("say/anything", "no JSON") == "no JSON"


def test_the_server_api_runs_where_the_server_runs(server: Server) -> None:
    player = server.player()
    server.run(server.nk.wallet_update(player.id, {"coins": 12}))
    assert player.wallet == {"coins": 12}
    assert player.rpc("buy", {"item": "sword", "count": 2}) == {"coins": 2}
    with pytest.raises(WalletError) as refused:
        server.run(server.nk.wallet_update(player.id, {"coins": -3}))
    files = {Path(frame.filename).name for frame in traceback.extract_tb(refused.tb)}
    assert "_base.py" not in files  # of concurrent.futures, where nothing is to be seen


def test_a_coroutine_on_the_loop_cannot_wait_for_another(server: Server) -> None:
    async def confused() -> None:
        server.run(asyncio.sleep(0))

    with pytest.raises(RuntimeError, match="use await"):
        server.run(confused())


def test_a_refusal_tells_status_code_and_message(server: Server) -> None:
    player = server.player()
    with pytest.raises(Refused, match=r"Swords only\.") as refused:
        player.rpc("buy", {"item": "shield"})
    assert (refused.value.status, refused.value.code, refused.value.message) == (404, 5, "Swords only.")
    with pytest.raises(Refused) as refused:
        player.rpc("crash")
    assert (refused.value.status, refused.value.code) == (500, 13)
    assert player.send("GET", "/v2/nothing").status_code == 404


def test_any_request_can_be_sent_with_a_body_as_a_call_has_it(server: Server) -> None:
    player = server.player()
    named = {"display_name": "Ada"}
    for body in (named, json.dumps(named), json.dumps(named).encode()):
        assert player.send("PUT", "/v2/account", body).status_code == 200
    assert player.get("/v2/account")["user"]["display_name"] == "Ada"
    answer = player.send("GET", "/v2/user", usernames=["nobody", player.username])
    assert [user["id"] for user in answer.json()["users"]] == [player.id]


def test_the_studio_s_servers_call_functions_without_a_player(server: Server) -> None:
    assert server.rpc("who") == ["", ""]


def test_a_client_of_one_s_own_reaches_the_server(server: Server) -> None:
    player = server.player()
    answer = httpx.get(f"{server.url}/v2/account", headers={"Authorization": f"Bearer {player.token}"})
    assert answer.json()["user"]["id"] == player.id


def test_players_act_at_the_same_time(server: Server) -> None:
    player = server.player()
    server.run(server.nk.wallet_update(player.id, {"coins": 22}))

    def buy(_: int) -> bool:
        try:
            player.rpc("buy", {"item": "sword"})
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(buy, range(8))) == [False] * 4 + [True] * 4
    assert player.wallet == {"coins": 2}


def test_two_servers_know_nothing_of_each_other(start: Servers, game: Game) -> None:
    game.write(GAME)
    one, other = start(), start({"socket.server_key": "another-key", "name": "other"})
    ada = one.player("ada")
    one.clock.advance(days=400)
    assert other.player("ada").id != ada.id
    assert one.clock.now() - other.clock.now() > timedelta(days=399)
    assert other.settings.name == "other"
    with pytest.raises(Refused) as stranger:
        Caller(other._http, ada._headers).rpc("buy", {"item": "sword"})
    assert stranger.value.status == 500  # there is no such account


def test_a_game_that_cannot_be_loaded_is_told_and_nothing_of_the_server_stays(
    start: Servers, game: Game
) -> None:
    before = threading.active_count()
    game.write("def register(app):\n    app.rpc('x')\n    1 / 0\n")
    with pytest.raises(ModuleLoadError, match="ZeroDivisionError"):
        start()
    assert threading.active_count() == before


LIVING = """
    import json

    in_memory = []

    def register(app):
        app.startup(begin)
        app.shutdown(end)
        app.rpc("remember", remember)

    async def begin(ctx):
        await note(ctx, "started")

    async def end(ctx):
        await note(ctx, "ended")

    async def note(ctx, what):
        key = f"{len(await ctx.nk.storage_read(KEYS)):02}"
        await ctx.nk.storage_write([rt.StorageWrite("notes", key, {"what": what})])

    async def remember(ctx, payload):
        in_memory.append(payload)
        return json.dumps(in_memory)

    KEYS = [rt.StorageRead("notes", f"{number:02}") for number in range(10)]
"""


def notes(server: Server) -> list[str]:
    """What the game above has noted."""
    objects, _ = server.run(server.nk.storage_list("notes"))
    return [found.value["what"] for found in objects]


def test_a_server_restarts_on_its_database_clock_and_address(start: Servers, game: Game) -> None:
    game.write(LIVING)
    server = start()
    ada, url = server.player("ada"), server.url
    server.clock.advance(days=30)
    server.run(server.nk.wallet_update(ada.id, {"coins": 12}))
    assert ada.rpc("remember", "one") == ["one"]
    assert notes(server) == ["started"]
    server.restart()
    assert notes(server) == ["started", "ended", "started"]
    assert ada.rpc("remember", "two") == ["two"]
    assert (ada.wallet, server.url) == ({"coins": 12}, url)
    assert server.player("ada").id == ada.id
    assert server.run(server.nk.account_get(ada.id)).user.create_time < server.clock.now() - timedelta(
        days=29
    )


def test_a_server_that_has_been_stopped_can_be_started(start: Servers, game: Game) -> None:
    game.write(LIVING)
    server = start()
    ada = server.player("ada")
    server.stop()
    server.stop()
    with pytest.raises(httpx.ConnectError):
        ada.get("/v2/account")
    server.start()
    assert ada.get("/v2/account")["user"]["username"] == "ada"
    assert notes(server) == ["started", "ended", "started"]


def test_a_restart_takes_the_files_as_they_are_and_can_be_tried_again(start: Servers, game: Game) -> None:
    game.write(GAME)
    server = start()
    ada = server.player("ada")
    game.write("1 / 0")
    with pytest.raises(ModuleLoadError, match="ZeroDivisionError") as refused:
        server.restart()
    assert {Path(frame.filename).name for frame in traceback.extract_tb(refused.tb)} == {
        "test_server.py",
        "server.py",
    }
    game.write(GAME.replace('"who"', '"who_now"'))
    server.restart()
    assert ada.rpc("who_now") == [ada.id, "ada"]


def test_nothing_of_a_server_stays_behind_it(start: Servers, copies: Databases) -> None:
    before, threads = run_apart(names(copies)), threading.active_count()
    server = start()
    server.player()
    assert len(run_apart(names(copies))) == len(before) + 1
    start.stop()
    assert run_apart(names(copies)) == before
    assert threading.active_count() == threads
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)


def test_a_request_under_way_does_not_keep_a_server_from_ending(start: Servers, game: Game) -> None:
    game.write("""
        import asyncio

        def register(app):
            app.rpc("sleep", sleep)

        async def sleep(ctx, payload):
            ctx.logger.info("asleep")
            await asyncio.sleep(60)
    """)
    server = start()
    player = server.player()
    with ThreadPoolExecutor(1) as thread:
        asleep = thread.submit(player.rpc, "sleep")
        while not server.run(requests_under_way(server)):
            time.sleep(0.01)
        begun = time.monotonic()
        start.stop()
        assert time.monotonic() - begun < 5
        with pytest.raises((httpx.HTTPError, Refused)):
            asleep.result()


def test_the_start_of_a_server_takes_less_than_half_a_second_of_work(start: Servers, game: Game) -> None:
    game.write(GAME)
    start()  # the template of its database is made but once
    assert min(seconds_to_start(start) for _ in range(3)) < 0.5


def test_files_are_believed_less_than_the_test_and_the_environment_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kizuna.yaml"
    file.write_text(
        json.dumps({"name": "file", "session": {"token_expiry_sec": 5}, "runtime": {"path": "m"}})
    )
    monkeypatch.setenv("KIZUNA_NAME", "environment")
    settings = settings_for_tests([file], {}, tmp_path)
    assert settings.name == "file"
    assert settings.session.token_expiry_sec > 10**6
    assert settings.runtime.modules == (tmp_path / "m",)
    own = settings_for_tests([file], {"name": "own", "session.token_expiry_sec": 7}, tmp_path)
    assert (own.name, own.session.token_expiry_sec) == ("own", 7)


async def names(copies: Databases) -> set[str]:
    """The databases on the server."""
    import asyncpg

    connection = await asyncpg.connect(copies._server_url)
    try:
        return {row["datname"] for row in await connection.fetch("select datname from pg_database")}
    finally:
        await connection.close()


async def requests_under_way(server: Server) -> int:
    """How many calls of game code are running."""
    return len(server._application.runtime._deadlines._running)


def seconds_to_start(start: Servers) -> float:
    """The processor's time, which other programs take nothing from."""
    begun = time.process_time()
    start()
    return time.process_time() - begun
