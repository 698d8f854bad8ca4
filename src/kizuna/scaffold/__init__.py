"""`kizuna new`: a project to start a game with, in a folder of its own.

The project is what lies in `templates`, which says what is in it better than this could. Where it says
`{{name}}` and the like, it is told what the project is called, how its developer calls programs, and where
its data goes.
"""

import json
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from kizuna.db.embedded import EmbeddedError, default_home
from kizuna.db.embedded.privileges import first_closed, server_account

_TEMPLATES = Path(__file__).parent / "templates"

#: Names that git would take for its own if they stood in our folder, and what they are in the project.
_RENAMED = {"gitignore": ".gitignore"}

#: What every system takes as a folder's name: letters, digits, _ and between them also dots, - and spaces.
_NAME = re.compile(r"\w([\w. -]*\w)?")

#: Where a template is told something.
_BRACES = re.compile(r"\{\{(\w+)\}\}")


class ScaffoldError(Exception):
    """A project that cannot be made; the message is a sentence for whoever wanted it."""


def create(folder: Path) -> list[Path]:
    """Make a project in a folder that is not there yet, or empty. The files, relative to the folder.

    Raises ScaffoldError; nothing is written then, unless the disk fails halfway.
    """
    project = folder.absolute()
    name = project.resolve().name
    _check(folder, name)
    try:
        if project.exists() and any(project.iterdir()):
            raise ScaffoldError(f"{folder} is not empty. Choose a name that is not taken.")
        project.mkdir(parents=True, exist_ok=True)
        texts = _texts(project.resolve())
        return [_write(project, path, texts) for path in _templates()]
    except OSError as error:
        raise ScaffoldError(f"{error.filename or folder} cannot be written: {error.strerror}.") from None


def command(program: str) -> str:
    """How the developer can call a program that belongs to this Python's environment."""
    return program if _is_found(program) else f"{python()} -m {program}"


def python() -> str:
    """How the developer can call this Python."""
    return "python" if _is_found("python") else shlex.quote(sys.executable)


def _is_found(program: str) -> bool:
    """Whether the program's name leads to the one beside this Python."""
    found = shutil.which(program)
    return found is not None and Path(found).absolute().parent == Path(sys.executable).parent


def _texts(project: Path) -> dict[str, str]:
    """What the templates are told, by the names that stand there in braces."""
    data = str(_data_directory(project))
    return {
        "name": project.name,
        "python": python(),
        "kizuna": command("kizuna"),
        "pytest": command("pytest"),
        "data": data,
        "data_in_yaml": json.dumps(data),  # text of JSON is text of YAML too
    }


def _data_directory(project: Path) -> Path:
    """Where the embedded database of a project lives, from there: in its folder, if PostgreSQL gets there.

    Root's PostgreSQL runs as another user, to whom root's own folders are closed; the data goes to where it
    does without a project then, under the project's path so that no two projects share it.
    """
    own = Path("data")
    try:
        account = server_account(project / own / "pgdata")
    except EmbeddedError:  # there can be no embedded database at all, wherever; the server says why
        return own
    if account is None or first_closed(project, account) is None:
        return own
    return default_home().joinpath("projects", *project.parts[1:])


def _check(folder: Path, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ScaffoldError(
            f"{name or str(folder)!r} is no name for a project. "
            "Use letters and digits, with dots, dashes, underscores or spaces between them."
        )


def _templates() -> list[Path]:
    found = (path.relative_to(_TEMPLATES) for path in _TEMPLATES.rglob("*") if path.is_file())
    return sorted(path for path in found if path.suffix != ".pyc")


def _write(project: Path, path: Path, texts: Mapping[str, str]) -> Path:
    """Copy one file, with the texts where they belong."""
    written = path.with_name(_RENAMED.get(path.name, path.name))
    target = project / written
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_BRACES.sub(lambda found: texts[found[1]], (_TEMPLATES / path).read_text()))
    return written
