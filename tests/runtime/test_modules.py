"""Finding, importing and refusing game modules."""

import logging
import os
import py_compile
import sys
from pathlib import Path

import pytest

from kizuna.runtime import ModuleLoadError
from kizuna.runtime.errors import GAME_PREFIX
from tests.runtime.conftest import Folder, started
from tests.support.waiting import wait_until_async

HELLO = """
def register(app):
    app.rpc("{id}", fn)

async def fn(ctx, payload):
    return "{answer}"
"""


async def test_files_register_in_lexical_order_and_the_last_one_wins(folder: Folder) -> None:
    folder.write("b.py", HELLO.format(id="Same", answer="b"))
    folder.write("a/deep/z.py", HELLO.format(id="same", answer="a"))
    folder.write("c.py", HELLO.format(id="sAME", answer="c"))
    async with started(folder.path) as game:
        assert await game.call("SAME") == "c"


async def test_files_reach_each_other_by_relative_imports(folder: Folder) -> None:
    folder.write("helper.py", "WORD = 'top'")
    folder.write("pack/__init__.py", "from .words import WORD")
    folder.write("pack/words.py", "WORD = 'inner'")
    folder.write(
        "game.py",
        """
        from . import helper
        from .pack import WORD

        def register(app):
            app.rpc("words", words)

        async def words(ctx, payload):
            from .late import WORD as late
            return " ".join((helper.WORD, WORD, late))
        """,
    )
    folder.write("late.py", "WORD = 'late'")
    async with started(folder.path) as game:
        assert await game.call("words") == "top inner late"


async def test_a_folder_may_itself_be_a_package(folder: Folder) -> None:
    folder.write("__init__.py", "NAME = 'package'\n" + HELLO.format(id="init", answer="from init"))
    folder.write("part.py", "from . import NAME\n" + HELLO.format(id="part", answer="from part"))
    async with started(folder.path) as game:
        assert [await game.call("init"), await game.call("part")] == ["from init", "from part"]


async def test_two_folders_with_the_same_names_stay_apart(tmp_path: Path) -> None:
    folders = [Folder(tmp_path / name) for name in ("one", "two")]
    for each in folders:
        name = each.path.name
        each.write("helper.py", f"NAME = {name!r}")
        each.write(
            "main.py",
            f"""
            from .helper import NAME

            def register(app):
                app.rpc({name!r}, fn)

            async def fn(ctx, payload):
                return NAME
            """,
        )
    async with started(*(each.path for each in folders)) as game:
        assert [await game.call("one"), await game.call("two")] == ["one", "two"]


async def test_a_file_named_like_a_standard_module_shadows_nothing(folder: Folder) -> None:
    folder.write("json.py", "raise_if_used = True")
    folder.write(
        "main.py",
        """
        import json

        def register(app):
            app.rpc("fn", fn)

        async def fn(ctx, payload):
            return json.dumps([1])
        """,
    )
    async with started(folder.path) as game:
        assert await game.call("fn") == "[1]"


async def test_the_source_counts_not_bytecode_and_none_is_left(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = folder.write("game.py", HELLO.format(id="fn", answer="old"))
    py_compile.compile(str(path))
    compiled = path.stat()
    folder.write("game.py", HELLO.format(id="fn", answer="new"))
    # As when a file is saved twice in a second with the same length.
    os.utime(path, ns=(compiled.st_atime_ns, compiled.st_mtime_ns))
    folder.write("other.py", "")
    async with started(folder.path) as game:
        assert await game.call("fn") == "new"
    assert [each.stem.partition(".")[0] for each in folder.path.glob("__pycache__/*")] == ["game"]


async def test_hidden_files_are_not_loaded(folder: Folder) -> None:
    folder.write(".draft.py", "raise RuntimeError")
    folder.write(".venv/lib.py", "raise RuntimeError")
    async with started(folder.path) as game:
        assert game.runtime.rpc("fn") is None


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import no_such_thing", "ModuleNotFoundError: No module named 'no_such_thing'"),
        ("def register(app) return", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def register(app):\n    raise ValueError('not today')", "ValueError: not today"),
        ("async def register(app): pass", "register(app) must be defined with def"),
        ("def register(): pass", "TypeError: register() takes 0 positional arguments"),
        ("def register(app):\n    app.rpc('', print)", "must be text that is not empty"),
        ("def register(app):\n    app.rpc('a', lambda c, p: p)", "must be defined with async def"),
        ("async def f(ctx): ...\ndef register(app):\n    app.rpc('a', f)", "must take two arguments"),
        ("async def f(ctx, a, b): ...\ndef register(app):\n    app.rpc('a', f)", "must take two arguments"),
        ("async def f(*args): ...\ndef register(app):\n    app.rpc('a', f)", "must take two arguments"),
        ("async def f(ctx, p: 'Nope'): ...\ndef register(app):\n    app.rpc('a', f)", "name 'Nope'"),
        (
            "async def f(ctx, p: object()): ...\ndef register(app):\n    app.rpc('a', f)",
            "cannot be translated",
        ),
    ],
)
async def test_a_module_that_cannot_be_loaded_stops_the_start(folder: Folder, code: str, told: str) -> None:
    folder.write("good.py", HELLO.format(id="good", answer=""))
    broken = folder.write("wrong/broken.py", code)
    with pytest.raises(ModuleLoadError) as refusal:
        async with started(folder.path):
            pass
    assert refusal.value.path == str(broken)
    assert str(broken) in str(refusal.value)
    assert told in str(refusal.value)
    assert "importlib" not in str(refusal.value)
    assert not [name for name in sys.modules if name.startswith(GAME_PREFIX)]


async def test_the_traceback_shows_the_line_of_the_game(folder: Folder) -> None:
    folder.write("helper.py", "def fail():\n    raise ValueError('deep down')")
    folder.write("zz.py", "from .helper import fail\nfail()")
    with pytest.raises(ModuleLoadError, match=r'zz\.py", line 3(.|\n)*helper\.py", line 3(.|\n)*deep down'):
        async with started(folder.path):
            pass


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("async def f(ctx, a, b): ...", "must take two arguments, context and payload"),
        ("async def f(ctx): ...", "must take two arguments, context and payload"),
        ("def f(ctx, payload): ...", "must be defined with async def"),
        ("async def f(ctx, p: 'Nope'): ...", "cannot be resolved: name 'Nope' is not defined"),
    ],
)
async def test_a_refused_function_is_told_with_the_line_that_registers_it_and_nothing_else(
    folder: Folder, code: str, told: str
) -> None:
    path = folder.write("game.py", f"{code}\ndef register(app):\n    app.rpc('a', f)")
    with pytest.raises(ModuleLoadError) as refusal:
        async with started(folder.path):
            pass
    lines = str(refusal.value).splitlines()
    assert "RegistrationError: the function f for RPC 'a' " in lines[-1]
    assert lines[-1].endswith(told)
    assert [line for line in lines if "File " in line] == [f'  File "{path}", line 4, in register']
    assert sum("Traceback" in line for line in lines) == 1


MISTYPED = "def regsiter(app):\n    app.rpc('a', print)"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a.py": "", "b/c.py": MISTYPED}, "no file defines register(app). Looked at {0}/a.py, {0}/b/c.py."),
        (
            {"a.py": "", "b.py": "def register(app): pass"},
            "register(app) adds none with app.rpc(…), app.before(…) or another method. Looked at {0}/b.py.",
        ),
        ({}, "there is no Python file. Looked at {0}."),
    ],
)
async def test_a_folder_without_functions_is_warned_of(
    folder: Folder, tmp_path: Path, files: dict[str, str], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    for name, code in files.items():
        folder.write(name, code)
    other = Folder(tmp_path / "other")
    other.write("good.py", HELLO.format(id="good", answer=""))
    with caplog.at_level(logging.INFO, "kizuna.runtime"):
        async with started(folder.path, other.path):
            pass
    warning, loaded = caplog.records
    assert warning.levelname == "WARNING"
    assert warning.getMessage().startswith(f"The game modules in {folder.path} have no functions: ")
    assert warning.getMessage().endswith(told.format(folder.path))
    assert loaded.getMessage() == "Loaded game code: good"


async def test_the_log_names_what_is_loaded_and_loaded_again(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    path = folder.write("b.py", HELLO.format(id="unban", answer=""))
    folder.write("c.py", HELLO.format(id="Ban", answer=""))

    async def reloaded(ids: str) -> bool:
        return f"Reloaded game code: {ids}" in caplog.messages

    with caplog.at_level(logging.INFO, "kizuna.runtime"):
        async with started(folder.path, reload=True):
            assert caplog.messages == ["Loaded game code: ban, unban"]
            path.unlink()
            await wait_until_async(lambda: reloaded("ban"), what="the second loading in the log")
            folder.write("c.py", MISTYPED)
            await wait_until_async(lambda: reloaded("no functions"), what="the third loading in the log")
    assert "no file defines register(app)" in caplog.messages[-2]


async def test_a_name_that_cannot_be_imported_is_refused(folder: Folder) -> None:
    folder.write("daily.rewards.py", "")
    with pytest.raises(ModuleLoadError, match="a dot in its path"):
        async with started(folder.path):
            pass


async def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModuleLoadError, match="it is no folder"):
        async with started(tmp_path / "nowhere"):
            pass


async def test_registering_after_register_is_refused(folder: Folder) -> None:
    folder.write(
        "late.py",
        """
        kept = []

        def register(app):
            kept.append(app)
            app.rpc("late", late)

        async def late(ctx, payload):
            kept[0].rpc("later", late)
        """,
    )
    async with started(folder.path) as game:
        with pytest.raises(Exception, match="comes too late"):
            await game.call("late")
        assert game.runtime.rpc("later") is None
