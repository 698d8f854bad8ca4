"""The exception of the embedded database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class EmbeddedError(Exception):
    """The embedded database cannot do what was asked.

    The message is one or two plain sentences for the operator that end with the remedy.
    """


@contextmanager
def unusable_as_embedded_error(home: Path) -> Iterator[None]:
    """What the operating system refuses inside the block becomes an `EmbeddedError` about that directory."""
    try:
        yield
    except OSError as refused:
        where = f" ({refused.filename})" if refused.filename else ""
        raise EmbeddedError(
            f"The data directory {home} cannot be used: {refused.strerror or refused}{where}. "
            "Choose another one with --data-dir, or set DATABASE_URL."
        ) from refused
