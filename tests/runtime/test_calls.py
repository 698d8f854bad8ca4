"""How calls end: by errors, by their time limit, by what must not reach the server."""

import asyncio
import logging

import pytest

from kizuna import cancellation
from kizuna.runtime.errors import CallFailed
from tests.runtime.conftest import PLAYER, FakeOrigin, Folder, assert_tells_of_the_time_limit, started
from tests.support.waiting import wait_until_async

GAME = """
import asyncio, json, sqlite3, sys
import asyncpg, httpx, pydantic

class Own(Exception): ...

class Speechless(Exception):
    def __str__(self):
        raise RuntimeError("not even that")

class Unfinished(rt.Error):
    def __init__(self): pass

class Mislabelled(rt.Error):
    code = "no number"
    def __init__(self, message): self.message = message

def register(app):
    @app.rpc("raise")
    async def fail(ctx, payload):
        raise eval(payload)

    @app.rpc("cancelled task")
    async def cancelled(ctx, payload):
        task = asyncio.ensure_future(asyncio.sleep(60))
        asyncio.get_running_loop().call_soon(task.cancel)
        await task

    @app.rpc("sleep")
    async def sleep(ctx, payload):
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("slept")

    @app.rpc("ended")
    async def has_ended(ctx, payload):
        return json.dumps(ended)

    @app.rpc("context")
    async def context(ctx, payload):
        ctx.logger.warning("seen", extra={"more": 1})
        ctx.logger.with_fields(deeper=2).info("again")
        return json.dumps([
            ctx.user_id, ctx.username, ctx.vars, ctx.expires_at, dict(ctx.env), ctx.node, ctx.execution_mode,
            ctx.headers, ctx.query_params, ctx.client_ip, ctx.client_port, ctx.trace_id == ctx.trace_id,
            len(ctx.trace_id),
        ])

    @app.rpc("trace")
    async def trace(ctx, payload):
        return ctx.trace_id

ended = []
"""


@pytest.mark.parametrize(
    ("raised", "code", "told"),
    [
        ("rt.Error('no', 5)", 5, "no"),
        ("rt.Error('no', rt.Code.PERMISSION_DENIED)", 7, "no"),
        ("rt.Error('no')", 13, "no"),
        ("rt.Error('no', 0)", 13, "no"),
        ("rt.Error('no', 17)", 13, "no"),
        ("rt.Error('no', -1)", 13, "no"),
        ("rt.Error(42, 5)", 5, "42"),
        ("Unfinished()", 13, "Internal error."),
        ("Mislabelled('no')", 13, "no"),
        ("Speechless()", 13, "Internal error."),
        ("RuntimeError('plain failure')", 13, "plain failure"),
        ("ValueError()", 13, "Internal error."),
        ("Own('of the game')", 13, "of the game"),
        ("json.JSONDecodeError('bad', 'x', 0)", 13, "bad: line 1 column 1 (char 0)"),
        ("rt.WalletError('u', 'coins', 1, -2)", 13, "wallet update rejected negative value at path 'coins'"),
        (
            "rt.StorageRefusal('Storage write rejected - version check failed.')",
            13,
            "Storage write rejected - version check failed.",
        ),
        ("rt.ApiError(5, 'user not found')", 13, "user not found"),
        ("asyncpg.PostgresError('secret')", 13, "Internal error."),
        ("httpx.ConnectError('secret')", 13, "Internal error."),
        ("sqlite3.OperationalError('secret')", 13, "Internal error."),
        ("FileNotFoundError('secret')", 13, "Internal error."),
        ("TimeoutError('secret')", 13, "Internal error."),
        ("SystemExit('secret')", 13, "Internal error."),
        ("KeyboardInterrupt('secret')", 13, "Internal error."),
        ("asyncio.CancelledError()", 13, "Internal error."),
        ("pydantic.TypeAdapter(int).validate_python('x')", 13, "Internal error."),
    ],
)
async def test_errors_have_a_code_and_a_text(folder: Folder, raised: str, code: int, told: str) -> None:
    folder.write("game.py", GAME)
    async with started(folder.path) as game:
        with pytest.raises(CallFailed) as refusal:
            await game.call("raise", raised)
    assert (refusal.value.code, refusal.value.message) == (code, told)


async def test_the_log_has_the_traceback(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    folder.write("game.py", GAME)
    with caplog.at_level(logging.DEBUG, "game"):
        async with started(folder.path) as game:
            for error in ("OSError('disk')", "rt.Error('no', 5)"):
                with pytest.raises(CallFailed):
                    await game.call("raise", error, PLAYER)
    accident, refusal = caplog.records
    assert (accident.levelname, refusal.levelname) == ("ERROR", "DEBUG")
    assert accident.exc_info is not None
    assert isinstance(accident.exc_info[1], OSError)
    assert vars(accident)["rpc_id"] == "raise"
    assert vars(accident)["user_id"] == PLAYER.user_id
    assert vars(accident)["trace_id"] in accident.getMessage()


async def test_a_cancellation_within_the_game_is_an_ordinary_failure(folder: Folder) -> None:
    folder.write("game.py", GAME)
    async with started(folder.path) as game:
        with pytest.raises(CallFailed, match=r"Internal error\."):
            await game.call("cancelled task")


async def test_a_cancellation_from_outside_ends_the_call(folder: Folder) -> None:
    folder.write("game.py", GAME)
    async with started(folder.path) as game:
        call = asyncio.create_task(game.call("sleep"))
        await asyncio.sleep(0)
        cancellation.cancel(call)
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await game.call("ended") == '["slept"]'


async def test_a_call_that_takes_too_long_is_ended(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    folder.write("game.py", GAME)
    async with started(folder.path, call_timeout_ms=50) as game:
        with pytest.raises(CallFailed) as refusal:
            await game.call("sleep")
        assert (refusal.value.code, refusal.value.message) == (4, "context deadline exceeded")
        assert await game.call("ended") == '["slept"]'
    [record] = caplog.records
    assert_tells_of_the_time_limit(record, "in sleep")


async def test_what_a_function_is_told(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    folder.write("game.py", GAME)
    origin = FakeOrigin({"User-Agent": ["curl"]}, {"x": ["1", "2"]})
    with caplog.at_level(logging.INFO, "game"):
        async with started(folder.path, env={"KEY": "value"}) as game:
            told = await game.call("context", "", PLAYER, origin)
            server = await game.call("context", "", None, origin)
            traces = {await game.call("trace") for _ in range(3)}
    common = ', {"KEY": "value"}, "node-1", "rpc", {"User-Agent": ["curl"]}, {"x": ["1", "2"]}, ' + (
        '"192.0.2.1", "4711", true, 36]'
    )
    assert told == f'["{PLAYER.user_id}", "ada", {{"team": "red"}}, 2000{common}'
    assert server == f'["", "", {{}}, null{common}'
    assert len(traces) == 3
    seen, again = caplog.records[:2]
    assert {"rpc_id", "trace_id", "user_id", "more"} <= vars(seen).keys()
    assert vars(again)["deeper"] == 2
    assert vars(again)["trace_id"] == vars(seen)["trace_id"]


async def test_saved_files_are_loaded_and_running_calls_finish_on_the_old_code(folder: Folder) -> None:
    code = """
    import asyncio
    from .part import WORD

    started, go_on = asyncio.Event(), asyncio.Event()

    def register(app):
        app.rpc("word", word)
        app.rpc("wait", wait)
        app.rpc("go on", release)

    async def word(ctx, payload):
        return WORD

    async def wait(ctx, payload):
        started.set()
        await go_on.wait()
        from .part import WORD as late
        return late
    """
    release = """
    async def release(ctx, payload):
        go_on.set()
    """
    folder.write("part.py", "WORD = 'old'")
    folder.write("game.py", code + release)
    async with started(folder.path, reload=True) as game:

        async def word_is(wanted: str) -> bool:
            return await game.call("word") == wanted

        waiting = asyncio.create_task(game.call("wait"))
        await asyncio.sleep(0)
        let_go = game.runtime.rpc("go on")
        assert let_go is not None
        folder.write("part.py", "WORD = 'new'")
        await wait_until_async(lambda: word_is("new"), what="the new code")
        await game.runtime.call(let_go, None, FakeOrigin(), "")
        assert await waiting == "old"


async def test_a_broken_save_keeps_the_old_code(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    good = """
    def register(app):
        app.rpc("word", word)

    async def word(ctx, payload):
        return "{word}"
    """
    folder.write("game.py", good.format(word="first"))
    async with started(folder.path, reload=True) as game:

        async def is_logged() -> bool:
            return "1/0" in caplog.text

        async def word_is(wanted: str) -> bool:
            return await game.call("word") == wanted

        folder.write("game.py", "1/0")
        await wait_until_async(is_logged, what="the traceback in the log")
        assert "ZeroDivisionError" in caplog.text
        assert await game.call("word") == "first"
        folder.write("game.py", good.format(word="other"))
        await wait_until_async(lambda: word_is("other"), what="the repaired code")
        (folder.path / "game.py").unlink()
        folder.write("another.py", good.format(word="moved"))
        await wait_until_async(lambda: word_is("moved"), what="the other file")
