"""Finding and importing the files that a game consists of.

Each folder becomes a package under a name of its own, new with every loading: nothing in it can shadow the
standard library or another folder's files, and after a reload the old code lives on for calls that still run
it. Within a folder, files reach each other by relative imports.
"""

import inspect
import logging
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module, util
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from itertools import count
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any

import kizuna
from kizuna.runtime.app import App
from kizuna.runtime.errors import GAME_PREFIX, ModuleLoadError
from kizuna.runtime.functions import Functions

log = logging.getLogger(__name__)

_numbers = count()
_SERVER = Path(kizuna.__file__).parent


@dataclass(frozen=True, slots=True)
class Game:
    """The functions of all modules that were loaded together; `packages` are the folders' module names."""

    functions: Functions = field(default_factory=Functions)
    packages: tuple[str, ...] = ()

    def forget(self) -> None:
        """Let go of the modules. Their functions keep working, but can import nothing more."""
        for name in list(sys.modules):
            if name.partition(".")[0] in self.packages:
                del sys.modules[name]


def load(folders: Sequence[Path]) -> Game:
    """Import every `*.py` below the folders, in lexical order, and let each `register` its functions.

    The log warns of a folder that has none.
    `ModuleLoadError` if one cannot be imported or registered; then nothing of it stays.
    """
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)  # before the one that would read cached bytecode
    packages = tuple(f"{GAME_PREFIX}{next(_numbers)}" for _ in folders)
    game = Game(Functions(), packages)
    try:
        for folder, package in zip(folders, packages, strict=True):
            game.functions.update(_load_folder(folder, package))
    except BaseException:
        game.forget()
        raise
    return game


def files(folder: Path) -> list[Path]:
    """The Python files below a folder, in lexical order of their paths; hidden ones do not count."""
    found = (path.relative_to(folder) for path in folder.rglob("*.py"))
    visible = (path for path in found if not any(part.startswith(".") for part in path.parts))
    return [folder / path for path in sorted(visible, key=lambda path: path.parts)]


def _load_folder(folder: Path, package: str) -> Functions:
    """The functions of one folder."""
    if not folder.is_dir():
        raise ModuleLoadError(folder, "it is no folder.")
    with _reported(folder, folder / "__init__.py"):
        _make_package(folder, package)
    app, found = App(), files(folder)
    asked = [path for path in found if _load_file(folder, path, package, app)]
    functions = app.close()
    if not functions:
        _warn_of_none(folder, found, asked)
    return functions


def _load_file(folder: Path, path: Path, package: str, app: App) -> bool:
    """Import a file and let it register its functions; whether it has a `register` for that."""
    with _reported(folder, path):
        module = import_module(_module_name(folder, path, package))
        register = getattr(module, "register", None)
        if not callable(register):
            return False
        _check_register(register)
        register(app)
    return True


def _warn_of_none(folder: Path, found: list[Path], asked: list[Path]) -> None:
    """Say why a folder has no functions: nothing there, `register` forgotten or mistyped, or it adds none."""
    if not found:
        reason, looked_at = "there is no Python file", [folder]
    elif not asked:
        reason, looked_at = "no file defines register(app)", found
    else:
        reason, looked_at = "register(app) adds none with app.rpc(…), app.before(…) or another method", asked
    log.warning(
        "The game modules in %s have no functions: %s. Looked at %s.",
        folder,
        reason,
        ", ".join(str(path) for path in looked_at),
    )


def _make_package(folder: Path, name: str) -> None:
    """The folder as a package, with the content of its `__init__.py` if it has one."""
    init = folder / "__init__.py"
    if init.is_file():
        loader = _Loader(name, str(init))
        spec = util.spec_from_file_location(
            name, init, loader=loader, submodule_search_locations=[str(folder)]
        )
        assert spec is not None
        module = util.module_from_spec(spec)
        sys.modules[name] = module
        loader.exec_module(module)
    else:
        module = ModuleType(name, f"The game modules of {folder}.")
        module.__path__ = [str(folder)]
        sys.modules[name] = module


def _module_name(folder: Path, path: Path, package: str) -> str:
    parts = [package, *path.relative_to(folder).with_suffix("").parts]
    if parts[-1] == "__init__":
        parts.pop()
    if any("." in part for part in parts):
        raise ImportError("a dot in its path keeps it from being imported")
    return ".".join(parts)


def _check_register(register: Callable[..., Any]) -> None:
    if inspect.iscoroutinefunction(register):
        raise TypeError("register(app) must be defined with def, not async def")


class _Loader(SourceFileLoader):
    """Compiles the file as it is now: cached bytecode may be stale when a file is saved twice in a second."""

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


class _Finder:
    """Finds what belongs to a game package, in its folder and nowhere else."""

    @classmethod
    def find_spec(cls, name: str, path: Sequence[str] | None, target: object = None) -> ModuleSpec | None:
        if path is None or not name.startswith(GAME_PREFIX):
            return None
        for folder in path:
            spec = FileFinder(folder, (_Loader, [".py"])).find_spec(name)
            if spec is not None:
                return spec
        return None


class _reported:
    """Turns whatever importing a file raises into a `ModuleLoadError` with the part of the traceback that
    concerns the game."""

    def __init__(self, folder: Path, path: Path) -> None:
        self._folder = folder
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, KeyboardInterrupt | ModuleLoadError):
            return
        report = traceback.TracebackException.from_exception(error)
        report.stack = self._shortened(report.stack)
        lines = report.format() if report.stack else report.format_exception_only()
        # The message has the whole story; a second traceback below it would only hide it.
        raise ModuleLoadError(self._path, "".join(lines).rstrip()) from None

    def _shortened(self, stack: traceback.StackSummary) -> traceback.StackSummary:
        """The stack from the folder's code on, without the server's own part in it."""
        own = [place for place, frame in enumerate(stack) if _lies_in(self._folder, frame)]
        return without_server(stack[own[0] :] if own else [])


def without_server(stack: Iterable[traceback.FrameSummary]) -> traceback.StackSummary:
    """A stack less the server's own frames, which tell game developers nothing."""
    return traceback.StackSummary.from_list([frame for frame in stack if not _lies_in(_SERVER, frame)])


def _lies_in(folder: Path, frame: traceback.FrameSummary) -> bool:
    return Path(frame.filename).is_relative_to(folder)


def snapshot(folders: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """Time and size of every file, to tell when one has changed."""
    state = {}
    for folder in folders:
        for path in files(folder):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            state[path] = (stat.st_mtime_ns, stat.st_size)
    return state
