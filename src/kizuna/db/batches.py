"""Large changes in small steps: no statement holds many rows for long."""

from typing import Any

from kizuna.db.engine import Database
from kizuna.db.statements import Command


async def in_batches(database: Database, command: Command, *parameters: Any, size: int) -> None:
    """Run a command until it finds no more than it changes at once.

    Its last parameter is the most rows that it may change, and it returns one row for each.
    """
    while len(await database.write(command, *parameters, size)) == size:
        pass
