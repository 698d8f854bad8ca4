"""A process that owns an embedded database: `python owner.py HOME [--unsafe]`.

Says `ready` when the database answers, and stops it when its stdin ends. Run as a script, so that it needs
nothing of the tests.
"""

import sys
from pathlib import Path

from kizuna.db.embedded import EmbeddedError, EmbeddedPostgres


def main(home: str, *options: str) -> None:
    try:
        with EmbeddedPostgres(Path(home), fsync="--unsafe" not in options):
            print("ready", flush=True)  # noqa: T201
            sys.stdin.read()
    except EmbeddedError as refused:
        sys.exit(str(refused))


main(*sys.argv[1:])
