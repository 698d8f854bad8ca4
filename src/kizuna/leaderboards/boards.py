"""What a board is: the definition of a leaderboard or a tournament, and its periods."""

from dataclasses import dataclass
from datetime import datetime

from kizuna.db.engine import Record
from kizuna.leaderboards.scoring import Operator
from kizuna.scheduler.cron import Schedule
from kizuna.tournaments.windows import Event, Rules, Window, next_event, prev_reset, window
from kizuna.wire.integers import INT32_MAX, INT64_MAX, INT64_MIN

#: A size that is not limited.
UNLIMITED = INT32_MAX

#: The attempts that players of a leaderboard have, which nobody counts, and of a tournament by default.
DEFAULT_ATTEMPTS = 1_000_000


@dataclass(slots=True, eq=False)
class Board:
    """A definition; it never changes, except that ranks may be switched off.

    `key` is what records refer to: an id that is deleted and created again is another board. Times are whole
    seconds since 1970, an `end_time` of 0 is none. `metadata` is a JSON object's text.
    """

    key: int
    id: str
    authoritative: bool
    descending: bool
    operator: Operator
    reset_schedule: str
    metadata: str
    enable_ranks: bool
    create_time: datetime
    category: int
    title: str
    description: str
    join_required: bool
    max_size: int
    max_num_score: int
    rules: Rules
    #: The period that was last asked for: from when, until when, its expiry.
    _period: tuple[int, int, int] = (0, 0, 0)

    @property
    def is_tournament(self) -> bool:
        return self.rules.duration > 0

    @property
    def is_limited(self) -> bool:
        """Whether the number of players is limited."""
        return self.max_size != UNLIMITED

    def expiry(self, now: int) -> int:
        """The period that `now` belongs to, by the second in which it ends; 0 never ends.

        A tournament that has ended for good stays in its last period.
        """
        low, high, expiry = self._period
        if not low <= now < high:
            self._period = low, high, expiry = self._current(now)
        return expiry

    def window(self, now: int) -> Window:
        """When a tournament is active, as seen at `now`."""
        return window(self.rules, now)

    def has_ended(self, now: int) -> bool:
        """Whether a tournament's end has passed."""
        return 0 < self.rules.end_time <= now

    def prev_reset(self, now: int) -> int:
        """The last reset before `now`, 0 for none."""
        if self.is_tournament:
            return prev_reset(self.rules, now)
        return (self.rules.schedule.last(now) if self.rules.schedule else None) or 0

    def next_reset(self, now: int) -> int:
        """The next reset, 0 for none."""
        return self.expiry(now)

    def next_event(self, after: int) -> Event | None:
        """The first reset or end after an instant."""
        if self.is_tournament:
            return next_event(self.rules, after)
        instant = self.rules.schedule.next(after) if self.rules.schedule else None
        return None if instant is None else Event(instant, end=False, reset=True)

    def _current(self, now: int) -> tuple[int, int, int]:
        if self.is_tournament:
            # What is announced depends on more than the period; within a second it cannot change.
            return now, now + 1, window(self.rules, now).expiry
        if self.rules.schedule is None:
            return INT64_MIN, INT64_MAX, 0
        expiry = self.rules.schedule.next(now) or 0
        return now, expiry or INT64_MAX, expiry


def board_of(row: Record) -> Board:
    """The board of a row of `queries.BY_ID` and its like."""
    schedule = row["reset_schedule"] or ""
    return Board(
        key=row["key"],
        id=row["id"],
        authoritative=row["authoritative"],
        descending=row["sort_order"] == 1,
        operator=Operator(row["operator"]),
        reset_schedule=schedule,
        metadata=row["metadata"],
        enable_ranks=row["enable_ranks"],
        create_time=row["create_time"],
        category=row["category"],
        title=row["title"],
        description=row["description"],
        join_required=row["join_required"],
        max_size=row["max_size"],
        max_num_score=row["max_num_score"],
        rules=Rules(
            start_time=row["start_time"],
            end_time=row["end_time"],
            duration=row["duration"],
            schedule=Schedule.parse(schedule) if schedule else None,
        ),
    )
