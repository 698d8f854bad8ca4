"""What the developer's environment says to the tests, and nothing of it for the servers under test.

Importing this module takes kizuna's variables out of `os.environ`, so that no setting of the developer's own
server reaches the settings under test, in this process or in one that it starts.
"""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Wishes:
    """The variables that are meant for the tests.

    `database_url`: an existing PostgreSQL on which the tests make databases of their own, instead of an
    embedded one (KIZUNA_TEST_DATABASE_URL, else DATABASE_URL). `soak_seconds`: how long endurance tests may
    run (KIZUNA_SOAK_SECONDS).
    """

    database_url: str | None
    soak_seconds: float


def _take() -> Wishes:
    ours = [name for name in os.environ if name == "DATABASE_URL" or name.startswith("KIZUNA_")]
    taken = {name: os.environ.pop(name) for name in ours}
    return Wishes(
        database_url=taken.get("KIZUNA_TEST_DATABASE_URL") or taken.get("DATABASE_URL") or None,
        soak_seconds=float(taken.get("KIZUNA_SOAK_SECONDS", "3")),
    )


WISHES = _take()
