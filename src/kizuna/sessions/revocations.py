"""Which sessions have ended early, known to every process.

The truth is in PostgreSQL. Each process keeps a copy, so that checking a token costs no statement: read at
the start, kept up to date by notices on the bus, and read again after the bus was lost. While it is lost,
the tables are asked for each request.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from kizuna.bus import Bus
from kizuna.caller import Caller
from kizuna.clock import Clock
from kizuna.db.engine import Database, Record, Transaction
from kizuna.sessions import queries

TOPIC = "sessions"

#: asyncpg's largest timestamp is later; tokens may claim to live longer than datetime can say.
_FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)

#: How many seconds after the present a cut-off lies. Between taking the time and committing, and between the
#: clocks of two nodes, may lie a second; a session that a sign-in begins meanwhile must end as well.
_MARGIN = 2


def instant(seconds: float) -> datetime:
    """Seconds since 1970 as a time, bounded by what a database column holds."""
    if seconds >= _FAR_FUTURE.timestamp():
        return _FAR_FUTURE
    return datetime.fromtimestamp(max(seconds, 0), UTC)


@dataclass(slots=True)
class Ended:
    """Ended sessions: by user the cut-off, by (user, session, refresh) single ones; each with its expiry."""

    cutoffs: dict[str, tuple[int, float]] = field(default_factory=dict)
    single: dict[tuple[str, str, bool], float] = field(default_factory=dict)

    def rejects(self, caller: Caller, refresh: bool) -> bool:
        cutoff = self.cutoffs.get(caller.user_id)
        if cutoff is not None and caller.issued_at < cutoff[0]:
            return True
        return bool(self.single) and (caller.user_id, caller.token_id, refresh) in self.single


class Revocations:
    """Ends sessions and tells which have ended.

    `keep` is how long the longest-lived token of the configured lifetimes lives; one that outlives it needs
    `keep_cutoff`.
    """

    def __init__(self, database: Database, bus: Bus, clock: Clock, *, keep: timedelta) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._keep = keep
        self._ended = Ended()

    async def start(self) -> None:
        """Subscribe, then read: nothing that happens in between is missed."""
        self._bus.subscribe(TOPIC, self._reread_user, on_reconnect=self._reread)
        await self._reread()

    async def rejects(self, caller: Caller, *, refresh: bool) -> bool:
        """Whether the session behind a verified token has ended."""
        if self._bus.connected:
            return self._ended.rejects(caller, refresh)
        return (await self._read(caller.user_id)).rejects(caller, refresh)

    async def cutoff(self, user_id: str) -> int:
        """Sessions of this user that began before this time, in seconds since 1970, have ended."""
        ended = await self._read(user_id)
        return ended.cutoffs[user_id][0] if user_id in ended.cutoffs else 0

    async def keep_cutoff(self, user_id: str, until: float) -> int:
        """The same, for a new token that outlives `keep`: any end of its session is remembered `until` then.

        This is in the table before the token exists, so whichever process ends the session will find it.
        """
        [row] = await self._database.write(queries.KEEP_CUTOFF, user_id, instant(until))
        cutoff: int = row["cutoff"]
        return cutoff

    async def end_all(self, tx: Transaction, user_ids: Sequence[str]) -> Ended:
        """End every session of these users, as part of a transaction: `apply_committed` must follow.

        The cut-off lies after the present second: sessions that began in it end too. The reference lets those
        live, which leaves a banned player signed in. A session that begins after this is dated forward to the
        cut-off instead: whoever signs in reads it along with the account.
        """
        now = self._clock.now()
        cutoff = int(now.timestamp()) + _MARGIN
        rows = await tx.write(queries.CUT_OFF, list(user_ids), cutoff, now + self._keep)
        for user_id in user_ids:
            await self._bus.announce(tx, TOPIC, user_id)
        return Ended(_cutoffs(rows))

    async def end(self, tx: Transaction, user_id: str, sessions: Sequence[tuple[str, bool, int]]) -> Ended:
        """End single sessions: (token id, refresh tokens?, expiry) each. `apply_committed` must follow."""
        ids, refresh, expiries = zip(*sessions, strict=True)
        times = [instant(expiry + 1) for expiry in expiries]
        await tx.write(queries.REVOKE, user_id, list(ids), list(refresh), times)
        await self._bus.announce(tx, TOPIC, user_id)
        expired = [time.timestamp() for time in times]
        keys = [(user_id, token_id, kind) for token_id, kind in zip(ids, refresh, strict=True)]
        return Ended(single=dict(zip(keys, expired, strict=True)))

    def apply_committed(self, ended: Ended) -> None:
        """Know what has been committed. Nothing is taken back: an older answer must not undo a newer one."""
        for user, (cutoff, expires) in ended.cutoffs.items():
            known = self._ended.cutoffs.get(user)
            if known is None or known[0] < cutoff:
                self._ended.cutoffs[user] = (cutoff, expires)
        self._ended.single |= ended.single

    async def clean_up(self) -> None:
        """Drop what no living token can name any more.

        The tables are read again besides: a commit whose answer was lost with the connection may have
        ended sessions that nobody was told of.
        """
        now = self._clock.now()
        await self._database.write(queries.FORGET_CUTOFFS, now)
        await self._database.write(queries.FORGET_REVOCATIONS, now)
        seconds = now.timestamp()
        ended = self._ended
        ended.cutoffs = {user: entry for user, entry in ended.cutoffs.items() if entry[1] > seconds}
        ended.single = {key: expiry for key, expiry in ended.single.items() if expiry > seconds}
        await self._reread()

    async def _reread(self) -> None:
        self.apply_committed(await self._read(None))

    async def _reread_user(self, user_id: str) -> None:
        self.apply_committed(await self._read(user_id))

    async def _read(self, user_id: str | None) -> Ended:
        now = self._clock.now()
        cutoffs = await self._database.read(queries.ALL_CUTOFFS, now, user_id)
        single = await self._database.read(queries.ALL_REVOCATIONS, now, user_id)
        return Ended(
            _cutoffs(cutoffs),
            {(row["user_id"], row["token_id"], row["refresh"]): row["expires"] for row in single},
        )


def _cutoffs(rows: Sequence[Record]) -> dict[str, tuple[int, float]]:
    return {row["user_id"]: (row["cutoff"], row["expires"]) for row in rows}
