"""The configuration in force: stored in the database with a version, and taken up by every process."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from kizuna.clock import Clock
from kizuna.db.engine import UNREACHABLE, Database, Record, Transaction
from kizuna.teams.config import queries
from kizuna.teams.config.errors import ConfigError
from kizuna.teams.config.loading import uncollected, usable
from kizuna.teams.config.removals import removed
from kizuna.teams.config.shapes import TeamsConfig
from kizuna.wire.integers import INT64_MAX

log = logging.getLogger(__name__)

#: Time between looks for a new version. Seconds.
LOOK_EVERY = 0.5

#: So many versions are kept. A process goes back to one only where it cannot use those that came after.
KEPT = 100

#: Above every version.
_NEWEST = INT64_MAX


class Published(NamedTuple):
    """The version in force, whether it is a new one, and the ids that the one before had besides."""

    version: int
    is_new: bool
    removed: str = ""

    @property
    def replaces(self) -> int | None:
        """The version that was in force before."""
        return self.version - 1 if self.is_new and self.version > 1 else None

    @property
    def loss(self) -> str:
        """What players miss from now on, in a sentence; "" for nothing."""
        return f"No longer configured, hidden but kept: {self.removed}." if self.removed else ""

    def __str__(self) -> str:
        if not self.is_new:
            return f"The Teams configuration is unchanged: version {self.version}."
        return (
            f"Version {self.version} of the Teams configuration is stored; "
            "running servers take it up within a second."
        )


async def publish(database: Database, clock: Clock, content: str) -> Published:
    """Make a configuration the one in force, unless it is.

    `content` is what `read_file` gives, and `load` has accepted it.
    """

    async def store(tx: Transaction) -> tuple[int, str]:
        await tx.read(queries.HOLD)
        latest = await tx.read(queries.BELOW, _NEWEST)
        before, version = (latest[0]["content"], latest[0]["version"]) if latest else ("", 0)
        if before == content:
            return version, before
        await tx.write(queries.STORE, version + 1, content, int(clock.unix()))
        await tx.write(queries.FORGET, version + 1 - KEPT)
        return version + 1, before

    version, before = await database.atomically(store)
    if before == content:
        return Published(version, is_new=False)
    return Published(version, is_new=True, removed=removed(before, content) if before else "")


class ConfigVersions:
    """The stored configurations, and the one that this process goes by: `current`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        prepare: Callable[[TeamsConfig], None] = lambda _: None,
        look_every: float = LOOK_EVERY,
    ) -> None:
        """`prepare` makes of a configuration, before it is taken up, what calls need of it."""
        self._database = database
        self._clock = clock
        self._prepare = prepare
        self._look_every = look_every
        self._seen = 0  # the latest version that was looked at, usable or not
        self._looking: asyncio.Task[None] | None = None
        self.current = TeamsConfig()

    async def start(self) -> None:
        """Take up the latest version that this process can use, and look for later ones.

        A newer release may have stored one that this release does not understand. Raises ConfigError where
        there is no usable version at all.
        """
        below = _NEWEST
        while not self.current.version:
            rows = await self._database.read(queries.BELOW, below)
            if not rows:
                raise ConfigError(["The database holds no Teams configuration that this release can use."])
            below = rows[0]["version"]
            self._seen = max(self._seen, below)
            await self._take_up(rows[0])
        self._looking = asyncio.create_task(self._look(), name="looking for a Teams configuration")

    async def stop(self) -> None:
        """Look no longer."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    async def _look(self) -> None:
        failing = False
        while True:
            await asyncio.sleep(self._look_every)
            try:
                for row in await self._database.read(queries.ABOVE, self._seen):
                    self._seen = row["version"]
                    await self._take_up(row)
            except Exception as error:  # the database is away, and will be back
                if not failing:
                    trace = None if isinstance(error, UNREACHABLE) else error
                    log.warning("Nobody can look for a Teams configuration: %s", error, exc_info=trace)
                failing = True
            else:
                failing = False

    async def _take_up(self, row: Record) -> None:
        """Go by a stored version, if this process can; otherwise that is logged."""
        version: int = row["version"]
        source = f"version {version} of the Teams configuration"
        try:
            # In a thread: a large one takes longer than requests can wait.
            self.current = await asyncio.to_thread(self._loaded, row["content"], source, version)
            log.info("The Teams configuration is at version %d.", version)
        except ConfigError as error:
            log.error("A Teams configuration cannot be used here and is passed over:\n%s", error)

    def _loaded(self, content: str, source: str, version: int) -> TeamsConfig:
        with uncollected():
            config = usable(content, source=source, version=version)
            self._prepare(config)
            return config
