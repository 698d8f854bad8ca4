"""The game's functions for the start and the end of the server."""

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from kizuna.http.deadlines import Deadlines, Overdue
from kizuna.runtime import ModuleLoadError, lifecycle
from tests.runtime.conftest import Folder, started, turns_of_the_end
from tests.support.players import HTTP_KEY
from tests.support.processes import Serve
from tests.support.waiting import wait_until, wait_until_async

GAME = """
import asyncio, json

noted = []

def register(app):
    app.startup(first)
    app.startup(second)
    app.shutdown(close)
    app.shutdown(fail)
    app.shutdown(flush)

    @app.rpc("noted")
    async def what_was_noted(ctx, payload):
        return json.dumps(noted)

async def first(ctx):
    await asyncio.sleep(0.01)
    noted.append(["first", ctx.execution_mode, ctx.user_id, dict(ctx.env), ctx.node])

async def second(ctx):
    ctx.logger.warning("second")
    noted.append(["second"])

async def close(ctx):
    ctx.logger.warning("close")

async def fail(ctx):
    raise SystemExit("not now")

async def flush(ctx):
    ctx.logger.warning("flush in mode " + ctx.execution_mode)
"""


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "game"]


async def test_a_game_is_started_and_ended_in_order(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    folder.write("game.py", GAME)
    async with started(folder.path, env={"KEY": "value"}) as game:
        first, second = json.loads(await game.call("noted"))
        assert first == ["first", "startup", "", {"KEY": "value"}, "node-1"]
        assert second == ["second"]
        assert told(caplog) == ["second"]
        assert vars(caplog.records[-1])["callback"] == "startup"
    started_, flushed, failed, closed = told(caplog)
    assert (started_, flushed, closed) == ("second", "flush in mode shutdown", "close")
    assert failed.startswith("The shutdown function fail in ")
    assert failed.endswith("not now")


@pytest.mark.parametrize(
    "raised", ["LookupError('no such luck')", "rt.Error('no such luck', 5)", "SystemExit('no such luck')"]
)
async def test_a_game_that_does_not_start(
    folder: Folder, raised: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = folder.write(
        "game.py",
        f"""
        def register(app):
            app.startup(fail)
            app.startup(never)
            app.shutdown(never)

        async def fail(ctx):
            raise {raised}

        async def never(ctx):
            ctx.logger.error("it was called")
        """,
    )
    with pytest.raises(ModuleLoadError) as caught:
        async with started(folder.path):
            pass
    text = str(caught.value)
    assert text.startswith(f"Game module {path} cannot be started:\nTraceback (most recent call last):\n")
    assert "in fail\n" in text
    assert "no such luck" in text
    assert "kizuna/runtime" not in text, "the server's own frames"
    assert caught.value.path == str(path)
    assert told(caplog) == []


async def test_what_takes_long_is_told(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lifecycle, "_TELL_EVERY", 0.02)
    folder.write(
        "game.py",
        """
        import asyncio

        def register(app):
            app.startup(long)

        async def long(ctx):
            await asyncio.sleep(0.5)
        """,
    )
    async with started(folder.path):
        lines = [text for text in caplog.messages if "waits for the startup function long in" in text]
    assert len(lines) >= 2
    await asyncio.sleep(0)  # what was cancelled is gone after a turn
    assert not [t for t in asyncio.all_tasks() if t.get_coro().__qualname__ == lifecycle._tell.__qualname__]


HANGING = """
import asyncio, time

def register(app):
    app.shutdown(hang)
    app.shutdown(flush)
    app.shutdown(hang)

async def hang(ctx):
    try:
        await asyncio.sleep(60)
    finally:
        ctx.logger.warning("hang ends")

async def flush(ctx):
    ctx.logger.warning("flush")
"""


async def test_what_does_not_end_is_cut_short(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lifecycle, "GRACE", 0.6)
    folder.write("game.py", HANGING)
    async with started(folder.path):
        begun = time.monotonic()
    assert 0.5 < time.monotonic() - begun < 5
    assert told(caplog) == ["hang ends", "flush", "hang ends"]
    lines = [record.getMessage() for record in caplog.records if record.name == lifecycle.__name__]
    # A third of it, and then half of what the others have left.
    assert [line.partition(" in ")[0] for line in lines] == ["The shutdown function hang"] * 2
    assert lines[0].endswith("game.py:10 was cut short after 0.2 s.")
    assert 0.35 < float(lines[1].rpartition("after ")[2].removesuffix(" s.")) <= 0.4


async def test_what_has_no_time_left_does_not_run(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lifecycle, "GRACE", 0.05)
    folder.write("game.py", HANGING.replace("await asyncio.sleep(60)", "time.sleep(0.1)"))
    async with started(folder.path):
        pass
    assert told(caplog) == ["hang ends"]
    [line] = [text for text in caplog.messages if "these did not run" in text]
    assert line.startswith("The 0.05 s for the end of the game are over, these did not run: flush in ")
    assert "hang in " in line


# --- reloading ---

VERSION = """
import asyncio, json

def register(app):
    app.startup(start)
    app.shutdown(end)

    @app.rpc("version")
    async def version(ctx, payload):
        return "{version}"

    @app.rpc("wait")
    async def wait(ctx, payload):
        await gate.wait()
        ctx.logger.warning("call {version} ends")
        return "{version}"

async def start(ctx):
    ctx.logger.warning("start {version}")
    {start}

async def end(ctx):
    ctx.logger.warning("end {version}")

gate = asyncio.Event()
"""


async def test_the_old_game_ends_when_its_calls_have(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("game.py", VERSION.format(version="one", start=""))
    async with started(folder.path, reload=True) as game:
        waiting = asyncio.create_task(game.call("wait"))
        await asyncio.sleep(0)
        wait = game.runtime.rpc("wait")
        assert wait is not None
        folder.write("game.py", VERSION.format(version="second", start=""))
        await wait_until_async(lambda: answers(game.call("version"), "second"))
        assert await game.call("version") == "second"
        await turns_of_the_end(game)
        assert told(caplog) == ["start one", "start second"]
        wait.call.__globals__["gate"].set()
        assert await waiting == "one"

        async def ended() -> bool:
            return "end one" in told(caplog)

        await wait_until_async(ended)
    assert told(caplog) == ["start one", "start second", "call one ends", "end one", "end second"]


async def test_a_new_game_that_does_not_start_leaves_the_old_one_in_place(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("game.py", VERSION.format(version="one", start=""))
    async with started(folder.path, reload=True) as game:
        folder.write("game.py", VERSION.format(version="broken", start="raise LookupError('no luck')"))

        async def refused() -> bool:
            return "The game code from before stays in place." in caplog.text

        await wait_until_async(refused)
        assert "cannot be started" in caplog.text
        assert "no luck" in caplog.text
        assert await game.call("version") == "one"
    assert told(caplog) == ["start one", "start broken", "end one"]


async def test_a_game_that_hangs_in_its_start_can_be_corrected(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("game.py", VERSION.format(version="one", start=""))
    async with started(folder.path, reload=True) as game:
        folder.write("game.py", VERSION.format(version="hanging", start="await asyncio.sleep(600)"))

        async def hangs() -> bool:
            return "start hanging" in told(caplog)

        await wait_until_async(hangs)
        assert await game.call("version") == "one"
        folder.write("game.py", VERSION.format(version="right", start=""))
        await wait_until_async(lambda: answers(game.call("version"), "right"))
        folder.write("game.py", VERSION.format(version="hanging again", start="await asyncio.sleep(600)"))

        async def hangs_again() -> bool:
            return "start hanging again" in told(caplog)

        await wait_until_async(hangs_again)
    assert told(caplog)[-1] == "end right"
    assert not any(text.startswith("end hanging") for text in told(caplog))


async def answers(call: object, wanted: str) -> bool:
    return bool(await call == wanted)  # type: ignore[misc]


# --- the server's processes ---

PROCESS = """
import asyncio, os, pathlib

NOTES = pathlib.Path(os.environ["NOTES"])

def register(app):
    app.startup(start)
    app.shutdown(end)

    @app.rpc("ready")
    async def ready(ctx, payload):
        return "yes"

def note(text):
    with NOTES.open("a") as notes:
        notes.write(f"{{text}} {{os.getpid()}}\\n")

async def start(ctx):
    users = await ctx.nk.users_get_id([rt.SYSTEM_USER])
    note("start")
    {start}

async def end(ctx):
    await asyncio.sleep({end})
    await ctx.nk.users_get_id([rt.SYSTEM_USER])
    note("end")
"""


@pytest.fixture
def noted(tmp_path: Path) -> Path:
    """Where the server's processes take notes."""
    return tmp_path / "notes"


def test_every_process_starts_and_ends_the_game(serve: Serve, folder: Folder, noted: Path) -> None:
    folder.write("game.py", PROCESS.format(start="", end=0))
    server = serve("--workers", "2", modules=folder.path, env={"NOTES": str(noted)})
    assert httpx.get(f"{server.base_url}/v2/rpc/ready", params={"http_key": HTTP_KEY}).status_code == 200
    wait_until(lambda: len(noted.read_text().split()) == 4)
    lines = noted.read_text().split()
    assert lines[::2] == ["start", "start"]
    assert server.stop() == 0
    started_, ended = set(lines[1::2]), set(noted.read_text().split()[5::2])
    assert started_ == ended
    assert len(ended) == 2


def test_the_end_may_take_the_time_that_the_settings_grant(serve: Serve, folder: Folder, noted: Path) -> None:
    folder.write("game.py", PROCESS.format(start="", end=6))
    env = {"NOTES": str(noted), "KIZUNA_SHUTDOWN_GRACE_SEC": "20"}
    server = serve(modules=folder.path, env=env)
    assert server.stop() == 0
    assert noted.read_text().split()[::2] == ["start", "end"]


def test_a_server_whose_game_does_not_start_does_not_either(
    serve: Serve, folder: Folder, noted: Path
) -> None:
    path = folder.write("game.py", PROCESS.format(start="raise LookupError('no such luck')", end=0))
    server = serve(modules=folder.path, env={"NOTES": str(noted)}, wait=False)
    assert server.process.wait(30) == 1
    assert f"Game module {path} cannot be started:" in server.output
    assert "LookupError: no such luck" in server.output
    assert noted.read_text().split()[::2] == ["start"]


def test_a_server_that_waits_for_its_game_can_be_stopped(serve: Serve, folder: Folder, noted: Path) -> None:
    folder.write("game.py", PROCESS.format(start="await asyncio.sleep(600)", end=0))
    server = serve(modules=folder.path, env={"NOTES": str(noted)}, wait=False)
    wait_until(lambda: noted.exists() and noted.read_text(), within=20)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{server.base_url}/healthcheck", timeout=1)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(15) == 0
    assert noted.read_text().split()[::2] == ["start"]
    assert "Traceback" not in server.output


# --- time limits within time limits ---


@pytest.fixture
async def limits() -> AsyncIterator[tuple[Deadlines, Deadlines]]:
    """A long and a short time limit."""
    long, short = Deadlines(1.2), Deadlines(0.1)
    sweeps = [asyncio.create_task(each.sweep()) for each in (long, short)]
    yield long, short
    for sweep in sweeps:
        sweep.cancel()


async def test_a_limit_within_a_limit(limits: tuple[Deadlines, Deadlines]) -> None:
    long, short = limits
    task = asyncio.current_task()
    assert task is not None
    with long:
        for _ in range(2):
            with pytest.raises(Overdue), short:
                await asyncio.sleep(60)
            assert task.cancelling() == 0

    async def both() -> None:
        with long:
            with pytest.raises(Overdue), short:
                await asyncio.sleep(60)
            await asyncio.sleep(60)

    with pytest.raises(Overdue):
        await both()
    assert task.cancelling() == 0


async def test_who_ignores_a_limit_is_not_taken_for_ended_later(limits: tuple[Deadlines, Deadlines]) -> None:
    _, short = limits
    task = asyncio.current_task()
    assert task is not None
    with short, contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(60)
    assert task.cancelling() == 0


async def test_of_two_limits_at_once_the_outer_one_counts() -> None:
    outer, inner = Deadlines(0.1), Deadlines(0.1)
    reached = []

    async def work() -> None:
        with outer:
            try:
                with inner:
                    await asyncio.sleep(60)
            except Overdue:
                reached.append("inner")
                raise

    sweeps = [asyncio.create_task(each.sweep()) for each in (outer, inner)]
    with pytest.raises(Overdue):
        await work()
    assert reached == []
    for sweep in sweeps:
        sweep.cancel()


async def test_the_end_of_a_task_passes_a_limit(limits: tuple[Deadlines, Deadlines]) -> None:
    _, short = limits
    began = asyncio.Event()

    async def work() -> None:
        with short:
            began.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
