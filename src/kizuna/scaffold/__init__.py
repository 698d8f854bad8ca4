"""`kizuna new`: a project to start a game with, in a folder of its own.

The project is what lies in `templates`, which says what is in it better than this could.
"""

import re
from pathlib import Path

_TEMPLATES = Path(__file__).parent / "templates"

#: Names that git would take for its own if they stood in our folder, and what they are in the project.
_RENAMED = {"gitignore": ".gitignore"}

#: What every system takes as a folder's name: letters, digits, _ and between them also dots, - and spaces.
_NAME = re.compile(r"\w([\w. -]*\w)?")


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
        return [_write(project, path, name) for path in _templates()]
    except OSError as error:
        raise ScaffoldError(f"{error.filename or folder} cannot be written: {error.strerror}.") from None


def _check(folder: Path, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ScaffoldError(
            f"{name or str(folder)!r} is no name for a project. "
            "Use letters and digits, with dots, dashes, underscores or spaces between them."
        )


def _templates() -> list[Path]:
    found = (path.relative_to(_TEMPLATES) for path in _TEMPLATES.rglob("*") if path.is_file())
    return sorted(path for path in found if path.suffix != ".pyc")


def _write(project: Path, path: Path, name: str) -> Path:
    """Copy one file, with the project's name where it belongs."""
    written = path.with_name(_RENAMED.get(path.name, path.name))
    target = project / written
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text((_TEMPLATES / path).read_text().replace("{{name}}", name))
    return written
