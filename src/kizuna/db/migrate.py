"""The schema's versions: what the database has, what this release wants, and the way from one to the other.

Alembic is imported only when there is something to do: a warm start must not pay for it.
"""

import asyncio
import re
from pathlib import Path
from typing import Any

import asyncpg

#: Where the migrations lie: inside an installed package, or at the top of a checkout.
_PLACES = (Path(__file__).parents[1] / "_migrations", Path(__file__).parents[3] / "migrations")


def directory() -> Path:
    """The folder of the migrations."""
    for place in _PLACES:
        if (place / "env.py").is_file():
            return place
    raise RuntimeError("kizuna's migrations are missing from this installation")


def revisions() -> list[str]:
    """Every version in order; a migration's file name begins with its number."""
    files = (directory() / "versions").glob("[0-9]*.py")
    return sorted(match[0] for file in files if (match := re.match(r"\d+", file.name)))


def status(url: str) -> tuple[str | None, str]:
    """(the database's version, None when it has no schema; the version this release wants)."""
    return asyncio.run(_current(url)), revisions()[-1]


async def _current(url: str) -> str | None:
    connection: asyncpg.Connection[Any] = await asyncpg.connect(url)
    try:
        if await connection.fetchval("select to_regclass('alembic_version')") is None:
            return None
        version: str | None = await connection.fetchval("select version_num from alembic_version")
        return version
    finally:
        await connection.close()


def upgrade(url: str) -> list[str]:
    """Bring the database up to date; the versions that were applied, in order."""
    before, head = status(url)
    if before == head:
        return []
    if before is not None and before > head:
        raise RuntimeError(
            f"The database is at version {before}, which is newer than this release knows ({head}). "
            "Start the newer release, or restore a dump made before the upgrade."
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(directory()).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    command.upgrade(config, "head")
    return [version for version in revisions() if before is None or version > before]
