"""Game code is told of deleted accounts: at least once, whatever happens."""

import asyncio
import json
import logging
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from kizuna.clock import ShiftedClock
from tests.runtime.conftest import Folder
from tests.support.applications import client_of, running_application
from tests.support.players import HTTP_KEY, Player, sign_in, sign_in_async
from tests.support.processes import Serve
from tests.support.waiting import wait_until, wait_until_async

GAME = """
import asyncio, json

told = []

def register(app):
    app.account_deleted(deleted)

    @app.rpc("told")
    async def what_was_told(ctx, payload):
        return json.dumps(told, default=str)

    @app.rpc("delete")
    async def delete(ctx, payload):
        await ctx.nk.account_delete(payload)

async def deleted(ctx, event):
    there = await ctx.nk.users_get_id([event.user_id])
    told.append([event.user_id, event.username, event.delete_time, event.attempt, ctx.execution_mode,
                 ctx.user_id, len(there)])
    ctx.logger.warning("told")
    if event.username.startswith("hang"):
        await asyncio.sleep(60)
    if event.username.startswith("exit"):
        raise SystemExit
    if event.username.startswith("fail") and event.attempt < 3:
        raise LookupError("not\\0 yet \\ud800")
"""


@pytest.fixture(scope="module")
def app_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """With this game."""
    folder = Folder(tmp_path_factory.mktemp("game"))
    folder.write("game.py", GAME)
    return {"runtime": {"modules": [folder.path], "call_timeout_ms": 500}}


async def told(api: httpx.AsyncClient, player: Player) -> list[list[Any]]:
    """What the game was told of a player."""
    answer = await api.get("/v2/rpc/told", params={"http_key": HTTP_KEY})
    return [note for note in json.loads(answer.json()["payload"]) if note[0] == player.id]


async def is_told(api: httpx.AsyncClient, player: Player, times: int = 1) -> list[list[Any]]:
    """The same when it was told so often."""

    async def often_enough() -> list[list[Any]]:
        notes = await told(api, player)
        return notes if len(notes) >= times else []

    return await wait_until_async(often_enough, what=f"{times} calls for a deletion")


async def rows(database_url: str) -> list[asyncpg.Record]:
    """The deletions that the game is still to be told of."""
    connection = await asyncpg.connect(database_url)
    try:
        found: list[asyncpg.Record] = await connection.fetch("select * from account_deletion")
        return found
    finally:
        await connection.close()


async def all_told(database_url: str) -> None:
    async def none_left() -> bool:
        return not await rows(database_url)

    await wait_until_async(none_left, what="an end of the queue")


async def test_what_it_is_told(
    api: httpx.AsyncClient, clock: ShiftedClock, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    player = await sign_in_async(api, username=f"ada-{uuid.uuid4()}")
    assert (await api.delete("/v2/account", headers=player.headers)).status_code == 200
    [note] = await is_told(api, player)
    id, username, time, attempt, mode, user, there = note
    assert (id, username, attempt, mode, user) == (player.id, player.username, 1, "account_deleted", "")
    assert there == 0, "the account is gone when it is told"
    assert timedelta(0) <= clock.now() - datetime.fromisoformat(time) < timedelta(minutes=1)
    await all_told(database_url)
    [entry] = [record for record in caplog.records if record.name == "game"]
    assert (vars(entry)["callback"], vars(entry)["deleted_user_id"]) == ("account_deleted", player.id)
    assert len(await told(api, player)) == 1


async def test_deletions_by_game_code_count_too(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    await api.post("/v2/rpc/delete", params={"http_key": HTTP_KEY}, json=player.id)
    await is_told(api, player)


async def test_who_is_not_there_is_not_deleted(api: httpx.AsyncClient, database_url: str) -> None:
    player = await sign_in_async(api)
    for _ in range(3):
        answer = await api.delete("/v2/account", headers=player.headers)
        assert answer.status_code in (200, 401)
    await is_told(api, player)
    await api.post("/v2/rpc/delete", params={"http_key": HTTP_KEY}, json=str(uuid.uuid4()))
    await all_told(database_url)
    assert len(await told(api, player)) == 1


async def test_many_at_once(api: httpx.AsyncClient, database_url: str) -> None:
    players = [await sign_in_async(api) for _ in range(12)]
    answers = await asyncio.gather(*(api.delete("/v2/account", headers=each.headers) for each in players))
    assert {answer.status_code for answer in answers} == {200}
    for player in players:
        assert len(await is_told(api, player)) == 1
    await all_told(database_url)


async def test_a_failure_is_kept_and_tried_again_later(
    api: httpx.AsyncClient, database_url: str, clock: ShiftedClock, caplog: pytest.LogCaptureFixture
) -> None:
    player = await sign_in_async(api, username=f"fail-{uuid.uuid4()}")
    assert (await api.delete("/v2/account", headers=player.headers)).status_code == 200

    async def failed(attempts: int) -> asyncpg.Record | None:
        [row] = await rows(database_url)
        return row if row["attempts"] == attempts else None

    row = await wait_until_async(lambda: failed(1))
    assert row is not None
    assert row["error"] == "LookupError: not yet ?"
    assert timedelta(0) < row["next_try"] - clock.now() <= timedelta(seconds=1)
    [error] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert f"account_deleted failed for {player.id} (attempt 1), it is tried again at " in error.getMessage()
    assert error.exc_info is not None
    clock.offset += timedelta(seconds=1)
    row = await wait_until_async(lambda: failed(2))
    assert row is not None
    assert timedelta(seconds=1) < row["next_try"] - clock.now() <= timedelta(seconds=2)
    clock.offset += timedelta(seconds=2)
    assert [note[3] for note in await is_told(api, player, times=3)] == [1, 2, 3]
    await all_told(database_url)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("hang", "it took longer than runtime.call_timeout_ms"), ("exit", "it ended by SystemExit")],
)
async def test_what_does_not_end_properly_is_a_failure(
    api: httpx.AsyncClient, database_url: str, name: str, reason: str
) -> None:
    player = await sign_in_async(api, username=f"{name}-{uuid.uuid4()}")
    assert (await api.delete("/v2/account", headers=player.headers)).status_code == 200

    async def failed() -> asyncpg.Record | None:
        [row] = await rows(database_url)
        return row if row["attempts"] else None

    row = await wait_until_async(failed)
    assert row is not None
    assert reason in row["error"]
    connection = await asyncpg.connect(database_url)
    await connection.execute("delete from account_deletion")
    await connection.close()


async def test_without_a_function_nothing_is_kept(
    database_url: str, clock: ShiftedClock, folder: Folder
) -> None:
    folder.write("game.py", "def register(app):\n    app.rpc('f', f)\nasync def f(ctx, payload): ...\n")
    sections = {"runtime": {"modules": [folder.path]}}
    async with running_application(database_url, clock, sections) as app, client_of(app) as api:
        player = await sign_in_async(api)
        assert (await api.delete("/v2/account", headers=player.headers)).status_code == 200
        assert await rows(database_url) == []


async def test_a_refused_deletion_is_not_told(api: httpx.AsyncClient, database_url: str) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    answer = await api.post("/v2/rpc/delete", params={"http_key": HTTP_KEY}, json=nobody)
    assert answer.status_code == 500
    assert await rows(database_url) == []


# --- the server is ended in the worst way ---

MORTAL = """
import asyncio, os, pathlib

NOTES = pathlib.Path(os.environ["NOTES"])

def register(app):
    app.account_deleted(deleted)

async def deleted(ctx, event):
    with NOTES.open("a") as notes:
        notes.write(f"begin {event.user_id} {event.attempt}\\n")
    if "HANG" in os.environ:
        await asyncio.sleep(60)
    with NOTES.open("a") as notes:
        notes.write(f"end {event.user_id} {event.attempt}\\n")
"""


def test_a_killed_server_tells_again(serve: Serve, folder: Folder, tmp_path: Path, database_url: str) -> None:
    notes = tmp_path / "notes"
    notes.touch()
    folder.write("game.py", MORTAL)
    first = serve(modules=folder.path, env={"NOTES": str(notes), "HANG": "yes"})
    with httpx.Client(base_url=first.base_url) as client:
        player = sign_in(client)
        assert client.delete("/v2/account", headers=player.headers).status_code == 200
    wait_until(lambda: notes.read_text() == f"begin {player.id} 1\n")
    first.kill()
    serve(modules=folder.path, env={"NOTES": str(notes)})
    wait_until(lambda: notes.read_text().endswith(f"end {player.id} 1\n"))
    assert notes.read_text().count("begin") == 2
    assert notes.read_text().count("end") == 1
