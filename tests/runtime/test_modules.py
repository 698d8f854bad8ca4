"""Finding, importing and refusing game modules."""

import os
import py_compile
import sys
from pathlib import Path

import pytest

from kizuna.runtime import ModuleLoadError
from kizuna.runtime.errors import GAME_PREFIX
from tests.runtime.conftest import Folder, started

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
