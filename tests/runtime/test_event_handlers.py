"""Handlers of events: in their order, whatever becomes of others."""

import asyncio
import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from kizuna.events.service import Event, Sender
from tests.runtime.conftest import PLAYER, Folder, assert_tells_of_the_time_limit, runtime_of, started
from tests.support.players import HTTP_KEY, sign_in_async
from tests.support.waiting import wait_until_async

GAME = """
import asyncio, json

noted = []

def register(app):
    app.event(first)
    app.event(failing)
    app.event(hanging)
    app.event(last)

    @app.rpc("noted")
    async def what_was_noted(ctx, payload):
        return json.dumps(noted, default=str)

async def first(ctx, event):
    ctx.logger.warning("first")
    noted.append(["first", event.name])

async def failing(ctx, event):
    if event.name == "cancel":
        raise asyncio.CancelledError
    if event.name == "exit":
        raise SystemExit
    raise LookupError(event.name)

async def hanging(ctx, event):
    if event.name == "hang":
        await asyncio.sleep(60)

async def last(ctx, event):
    noted.append(["last", event.name, dict(event.properties), event.timestamp, event.external,
                  ctx.execution_mode, ctx.user_id, ctx.username, ctx.vars, ctx.client_ip, ctx.client_port,
                  ctx.headers, ctx.query_params])
"""


@pytest.fixture(scope="module")
def app_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """With this game."""
    folder = Folder(tmp_path_factory.mktemp("game"))
    folder.write("game.py", GAME)
    return {"runtime": {"modules": [folder.path], "call_timeout_ms": 500}}


async def noted(api: httpx.AsyncClient, name: str) -> list[list[Any]]:
    """What has been noted of events of a name, when the last handler has."""

    async def all_of_them() -> list[list[Any]]:
        answer = await api.get("/v2/rpc/noted", params={"http_key": HTTP_KEY})
        notes = [note for note in json.loads(answer.json()["payload"]) if note[1] == name]
        return notes if any(note[0] == "last" for note in notes) else []

    return await wait_until_async(all_of_them, what=f"the handling of {name}")


async def test_what_handlers_are_told_of_clients_events(
    api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    player = await sign_in_async(api)
    event = {"name": "won", "properties": {"level": "3"}, "timestamp": "2026-01-02T03:04:05Z"}
    answer = await api.post("/v2/event", headers=player.headers, json=event)
    assert (answer.status_code, answer.json()) == (200, {})
    first, last = await noted(api, "won")
    assert first == ["first", "won"]
    assert last[2:6] == [{"level": "3"}, "2026-01-02 03:04:05+00:00", True, "event"]
    assert last[6:9] == [player.id, player.username, {}]
    assert last[9] == "127.0.0.1"
    assert last[11:] == [{}, {}]
    entries = [record for record in caplog.records if record.name == "game"]
    fields = vars(entries[0])
    assert (fields["callback"], fields["event"], fields["user_id"]) == ("event", "won", player.id)
    error = entries[1]
    assert error.levelno == logging.ERROR
    assert "failing in" in error.getMessage()
    assert "'won'" in error.getMessage()
    assert error.exc_info is not None
    assert error.exc_info[0] is LookupError


@pytest.mark.parametrize("name", ["cancel", "exit", "hang"])
async def test_however_a_handler_ends_the_next_one_runs(
    api: httpx.AsyncClient, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    player = await sign_in_async(api)
    for _ in range(2):
        answer = await api.post("/v2/event", headers=player.headers, json={"name": name})
        assert answer.status_code == 200
    assert [note[0] for note in await noted(api, name)][:1] == ["first"]

    async def twice() -> bool:
        return [note[0] for note in await noted(api, name)].count("last") == 2

    await wait_until_async(twice)
    if name == "hang":
        [error, _] = [record for record in caplog.records if "hanging in" in record.getMessage()]
        assert_tells_of_the_time_limit(error, "in hanging")


async def test_handlers_and_their_context_without_a_queue(folder: Folder) -> None:
    folder.write("game.py", GAME)
    async with started(folder.path) as game:
        handlers = game.runtime.events
        assert handlers
        time = datetime(2026, 1, 2, tzinfo=UTC)
        await handlers(Event("own", {}, time, False), None)
        await handlers(Event("sent", {}, None, True), Sender(PLAYER, "192.0.2.7", "4711"))
        own, sent = [note for note in json.loads(await game.call("noted")) if note[0] == "last"]
    assert own[3:] == ["2026-01-02 00:00:00+00:00", False, "event", "", "", {}, "", "", {}, {}]
    assert sent[3:] == [
        None,
        True,
        "event",
        PLAYER.user_id,
        "ada",
        {"team": "red"},
        "192.0.2.7",
        "4711",
        {},
        {},
    ]


async def test_a_handler_ends_with_its_worker(folder: Folder) -> None:
    folder.write("game.py", GAME)
    async with started(folder.path) as game:
        handling = asyncio.ensure_future(game.runtime.events(Event("hang", {}, None, False), None))

        async def has_begun() -> bool:
            return bool(json.loads(await game.call("noted")))

        await wait_until_async(has_begun)
        handling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await handling
        assert [note[0] for note in json.loads(await game.call("noted"))] == ["first"]


async def test_without_functions_there_are_no_handlers(folder: Folder) -> None:
    folder.write("game.py", "def register(app):\n    app.session_start(f)\nasync def f(ctx, event): ...\n")
    async with started(folder.path) as game:
        assert not game.runtime.events
        assert game.runtime._game.functions.handlers.keys() == {"session_start"}


async def test_events_of_startup_functions_are_handled_once_all_have_ended(folder: Folder) -> None:
    folder.write(
        "game.py",
        """
        noted = []

        def register(app):
            app.startup(start)
            app.event(handle)

        async def start(ctx):
            await proceed.wait()
            noted.append("started")

        async def handle(ctx, event):
            noted.append(event.name)

        import asyncio
        proceed = asyncio.Event()
        """,
    )
    runtime = runtime_of(folder.path)
    starting = asyncio.create_task(runtime.start())

    async def loaded() -> bool:
        return bool(runtime.events)

    await wait_until_async(loaded)
    module = sys.modules[runtime._game.packages[0] + ".game"]
    handling = asyncio.create_task(runtime.events(Event("early", {}, None, False), None))
    await asyncio.sleep(0)
    module.proceed.set()
    await asyncio.gather(starting, handling)
    assert module.noted == ["started", "early"]
    await runtime.stop()
