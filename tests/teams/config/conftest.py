"""Files that tests write are whole when they are read."""

from collections.abc import Iterator

import pytest

from kizuna.teams.config import raw


@pytest.fixture(autouse=True, scope="package")
def without_waiting() -> Iterator[None]:
    """Nobody waits for a file to hold still."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw, "STILL", 0)
        yield
