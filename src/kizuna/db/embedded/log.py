"""PostgreSQL's log file, kept within bounds while the server writes to it."""

import os
import shutil
from pathlib import Path

from kizuna.db.embedded.home import open_private

#: Bytes after which the log is put aside; with the one before it the log takes about twice that.
LIMIT = 10 * 1024 * 1024


class ServerLog:
    """An append-only file that the server has as its stdout and stderr.

    The server holds the file open and cannot be told to reopen it, so rotation copies the content aside and
    cuts the file; since it is opened for appending, the server goes on at its new end. A line written between
    the two steps is lost.
    """

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.path = path
        self._limit = limit
        self._descriptor: int | None = None

    def open(self) -> int:
        """The descriptor to write to."""
        if self._descriptor is None:
            self._descriptor = open_private(self.path, os.O_RDWR | os.O_APPEND)
        self.rotate()
        return self._descriptor

    def rotate(self) -> None:
        """Put the log aside if it has reached its limit. Cheap when it has not."""
        if self._descriptor is None or os.fstat(self._descriptor).st_size < self._limit:
            return
        aside = open_private(self.path.with_name(f"{self.path.name}.1"), os.O_WRONLY | os.O_TRUNC)
        with open(aside, "wb") as target, open(self.path, "rb") as source:
            shutil.copyfileobj(source, target)
        os.ftruncate(self._descriptor, 0)

    def tail(self, lines: int) -> str:
        """The last lines of the log, or an empty string."""
        try:
            with open(self.path, "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - lines * 500))
                text = file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
