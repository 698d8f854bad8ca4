"""Reloading goes on whatever happens to it."""

import pytest

from kizuna.runtime import modules
from tests.runtime.conftest import Folder, started
from tests.support.waiting import wait_until_async

GAME = """
import asyncio
{first}

def register(app):
    @app.rpc("version")
    async def version(ctx, payload):
        return "{version}"
"""


@pytest.mark.parametrize(
    "first", ["raise KeyboardInterrupt", "raise SystemExit", "asyncio.current_task().cancel()", "1 +"]
)
async def test_a_game_that_breaks_its_loading(folder: Folder, first: str) -> None:
    folder.write("game.py", GAME.format(first="", version="first"))
    async with started(folder.path, reload=True) as game:
        loading = game.runtime._loading
        folder.write("game.py", GAME.format(first=first, version="second, longer"))

        async def has_loaded() -> bool:
            task = game.runtime._loading
            return task is not loading and task is not None and task.done()

        await wait_until_async(has_loaded, what="the second loading")
        folder.write("game.py", GAME.format(first="", version="the third version"))

        async def is_third() -> bool:
            return await game.call("version") == "the third version"

        await wait_until_async(is_third, what="the third loading")


async def test_files_that_cannot_be_looked_at(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("game.py", GAME.format(first="", version="first"))
    async with started(folder.path, reload=True) as game:
        with monkeypatch.context() as broken:

            def refuse(_: object) -> None:
                raise PermissionError("no")

            broken.setattr(modules, "snapshot", refuse)

            async def was_told() -> bool:
                return any("cannot be looked at" in text for text in caplog.messages)

            await wait_until_async(was_told, what="the complaint")
        folder.write("game.py", GAME.format(first="", version="second, longer"))

        async def is_second() -> bool:
            return await game.call("version") == "second, longer"

        await wait_until_async(is_second, what="the second loading")
