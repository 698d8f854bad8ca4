"""Game code that swallows its cancellation cannot keep the server from ending."""

import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.runtime.conftest import Folder
from tests.support.players import HTTP_KEY
from tests.support.processes import Serve, Server
from tests.support.waiting import wait_until

GAME = """
import asyncio, os

async def for_ever(where):
    note(where)
    while True:
        try:
            await asyncio.sleep(600)
        except:
            pass

def note(text):
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(text + "\\n")

def register(app):
    for name in ("startup", "event", "account_deleted", "shutdown"):
        if name in os.environ["HANGING"].split():
            getattr(app, name)(hanging(name))

    @app.shutdown
    async def end(ctx):
        note("the end")

    app.shutdown(interrupted)

    @app.rpc("hang")
    async def hang(ctx, payload):
        await for_ever("rpc")

    @app.rpc("others")
    async def others(ctx, payload):
        global task
        task = asyncio.create_task(for_ever("background"))
        await ctx.nk.event("it happens")
        user = (await ctx.nk.authenticate_device(rt.SYSTEM_USER)).user_id
        await ctx.nk.account_delete(user)

async def interrupted(ctx):
    raise KeyboardInterrupt

def hanging(name):
    async def hang(*_):
        await for_ever(name)
    return {
        "startup": hang_1, "shutdown": hang_1, "event": hang_2, "account_deleted": hang_2,
    }[name](hang)

def hang_1(hang):
    async def function(ctx):
        await hang()
    return function

def hang_2(hang):
    async def function(ctx, event):
        await hang()
    return function
"""

ALL = ("rpc", "background", "event", "account_deleted")


@pytest.fixture
def noted(tmp_path: Path) -> Path:
    """Where the game takes notes."""
    return tmp_path / "notes"


def start(serve: Serve, folder: Folder, noted: Path, hanging: str, *args: str, wait: bool = True) -> Server:
    folder.write("game.py", GAME)
    noted.touch()
    env = {"NOTES": str(noted), "HANGING": hanging, "KIZUNA_SHUTDOWN_GRACE_SEC": "2"}
    return serve(*args, modules=folder.path, env=env, wait=wait)


def call(server: Server, id: str, timeout: float) -> None:
    url = f"{server.base_url}/v2/rpc/{id}"
    httpx.get(url, params={"http_key": HTTP_KEY}, timeout=timeout).raise_for_status()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_game_that_hangs_everywhere(serve: Serve, folder: Folder, noted: Path, workers: int) -> None:
    server = start(serve, folder, noted, "event account_deleted shutdown", "--workers", str(workers))
    call(server, "others", timeout=10)
    with pytest.raises(httpx.ReadTimeout):
        call(server, "hang", timeout=0.5)
    wait_until(lambda: set(noted.read_text().split()) >= set(ALL), within=10)
    assert server.stop(timeout=45) == 0
    assert noted.read_text().count("the end") == workers, "the other shutdown functions run"
    assert "The process ends by force, game code goes on: " in server.output
    assert "KeyboardInterrupt" in server.output, "an exception like any other"
    if workers > 1:
        assert "are killed" not in server.output


def test_a_startup_function_that_hangs(serve: Serve, folder: Folder, noted: Path) -> None:
    server = start(serve, folder, noted, "startup", wait=False)
    wait_until(lambda: "startup" in noted.read_text(), within=20)
    assert server.stop(timeout=12) == 0
    assert "the startup function hang_1.<locals>.function in " in server.output
    assert "the end" not in noted.read_text()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_signal_ends_a_start_at_once(
    serve: Serve, folder: Folder, noted: Path, workers: int
) -> None:
    server = start(serve, folder, noted, "startup", "--workers", str(workers), wait=False)
    wait_until(lambda: noted.read_text().count("startup") == workers, within=20)
    begun = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.1)  # two of them at once are one
    assert server.stop(timeout=10) == 0
    assert time.monotonic() - begun < 8
    assert "goes on all the same" in server.output
