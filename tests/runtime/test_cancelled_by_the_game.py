"""Game code that cancels the task it runs in ends nothing but its own call."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from kizuna import cancellation
from kizuna.app import Application
from kizuna.events.service import Event
from kizuna.runtime import ModuleLoadError
from kizuna.scheduler.callbacks import BoardEvent
from tests.runtime.conftest import Folder, started
from tests.runtime.test_callbacks import BOARD, MIDNIGHT
from tests.support.players import HTTP_KEY, sign_in_async
from tests.support.waiting import wait_until_async

GAME = """
import asyncio, json
from kizuna.runtime import operations

noted = []

class Nasty(rt.Error):
    def __init__(self): ...
    @property
    def message(self): raise SystemExit(3)

class Mute(Exception):
    def __str__(self): raise SystemExit(3)

async def misbehave(how):
    if how == "raised":
        asyncio.current_task().cancel()
        await asyncio.sleep(0)
    elif how == "pending":
        asyncio.current_task().cancel()
    elif how == "swallowed":
        asyncio.current_task().cancel()
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            pass
    elif how == "nasty":
        raise Nasty
    elif how == "mute":
        raise Mute
    elif how == "interrupt":
        raise KeyboardInterrupt
    elif how == "surrogate":
        raise rt.Error("a\\ud800b", 3)

def register(app):
    @app.rpc("misbehave")
    async def call(ctx, payload):
        await misbehave(payload)
        return "fine"

    @app.rpc("hook")
    async def set_hooks(ctx, payload):
        hooks.update(json.loads(payload))

    @app.rpc("noted")
    async def what_was_noted(ctx, payload):
        return json.dumps(noted)

    @app.before(operations.ListFriends)
    async def before(ctx, request):
        await misbehave(hooks["before"])
        return request

    @app.after(operations.ListFriends)
    async def after(ctx, response, request):
        await misbehave(hooks["after"])

    @app.event
    async def event(ctx, event):
        await misbehave(event.name)
        event.properties["by"] = "first"

    @app.event
    async def second(ctx, event):
        noted.append([event.name, dict(event.properties)])

    @app.account_deleted
    async def deleted(ctx, event):
        noted.append(["deleted", event.attempt])
        if event.attempt == 1:
            await misbehave("raised")

hooks = {"before": "", "after": ""}
"""

SELF = ["raised", "pending", "swallowed"]


@pytest.fixture(scope="module")
def app_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """With this game."""
    folder = Folder(tmp_path_factory.mktemp("game"))
    folder.write("game.py", GAME)
    return {"runtime": {"modules": [folder.path], "event_queue_workers": 2}}


async def rpc(api: httpx.AsyncClient, id: str, payload: str = "") -> httpx.Response:
    return await api.post(f"/v2/rpc/{id}", params={"http_key": HTTP_KEY}, json=payload)


@pytest.mark.parametrize("how", ["raised", "nasty", "mute", "interrupt"])
async def test_an_rpc(api: httpx.AsyncClient, how: str) -> None:
    answer = await rpc(api, "misbehave", how)
    assert answer.status_code == 500
    body = answer.json()
    # A text of the game's that cannot be had is as good as none.
    assert (body["code"], body["message"]) == (13, "Internal error.")


@pytest.mark.parametrize("how", ["pending", "swallowed"])
async def test_an_rpc_that_answers_all_the_same(api: httpx.AsyncClient, how: str) -> None:
    assert (await rpc(api, "misbehave", how)).json() == {"payload": "fine"}


@pytest.mark.parametrize("how", [*SELF, "nasty", "mute", "interrupt", "surrogate"])
async def test_hooks(api: httpx.AsyncClient, how: str) -> None:
    player = await sign_in_async(api)
    await rpc(api, "hook", json.dumps({"before": "", "after": how}))
    answer = await api.get("/v2/friend", headers=player.headers)
    assert (answer.status_code, answer.json()) == (200, {})
    await rpc(api, "hook", json.dumps({"before": how, "after": ""}))
    answer = await api.get("/v2/friend", headers=player.headers)
    if how in ("pending", "swallowed"):
        assert (answer.status_code, answer.json()) == (200, {})
    elif how == "surrogate":
        assert (answer.status_code, answer.json()) == (400, {"code": 3, "message": "a\ufffdb"})
    else:
        assert (answer.status_code, answer.json()) == (500, {"code": 13, "message": "Internal error."})


async def test_events(app: Application, api: httpx.AsyncClient) -> None:
    for how in [*SELF, "nasty", "mute", "interrupt"]:
        for _ in range(4):  # there are two workers
            app.events.emit(Event(how, {"n": "1"}, None, True))
    app.events.emit(Event("last", {"n": "1"}, None, True))

    async def all_of_them() -> list[list[object]]:
        notes = json.loads((await rpc(api, "noted")).json()["payload"])
        return notes if ["last", {"n": "1"}] in notes else []

    notes = await wait_until_async(all_of_them, what="the last event")
    assert len([note for note in notes if note[0] != "deleted"]) == 25
    assert all(note[1] == {"n": "1"} for note in notes if note[0] != "deleted"), "each has its own properties"


async def test_deleted_accounts(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    assert (await api.delete("/v2/account", headers=player.headers)).status_code == 200

    async def second_attempt() -> bool:
        return ["deleted", 2] in json.loads((await rpc(api, "noted")).json()["payload"])

    await wait_until_async(second_attempt, what="the second attempt")


@pytest.mark.parametrize("how", SELF)
async def test_a_callback_of_a_board(folder: Folder, how: str) -> None:
    folder.write("game.py", GAME)
    folder.write(
        "reset.py",
        f"""
        from .game import misbehave

        def register(app):
            @app.leaderboard_reset
            async def reset(ctx, event: rt.LeaderboardReset):
                await misbehave({how!r})
        """,
    )
    async with started(folder.path) as game:
        call = game.runtime.callbacks.call(BoardEvent("leaderboard_reset", BOARD, MIDNIGHT, 1))
        if how == "swallowed":
            await call
        else:
            with pytest.raises(Exception, match="it ended by CancelledError"):
                await call
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0


@pytest.mark.parametrize("how", ["raised", "pending"])
async def test_a_startup_function(folder: Folder, how: str) -> None:
    folder.write("game.py", GAME)
    folder.write(
        "start.py",
        f"""
        from .game import misbehave

        def register(app):
            @app.startup
            async def start(ctx):
                await misbehave({how!r})
        """,
    )
    with pytest.raises(ModuleLoadError, match="cannot be started"):
        async with started(folder.path):
            pass


async def test_the_servers_end_of_a_task_passes() -> None:
    reached = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await cancellation.keep_running()
            reached.append("the end")

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    assert await cancellation.end([task]) == set()
    assert task.cancelled()
    assert reached == ["the end"]
