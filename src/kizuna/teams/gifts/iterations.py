"""When a gift's iterations begin and end (T-459). Pure."""

from dataclasses import dataclass

from kizuna.teams.config.shapes import Gift
from kizuna.wire.integers import INT64_MAX

#: The end of an iteration that no other follows, and its expiry.
NEVER = INT64_MAX


@dataclass(frozen=True, slots=True)
class Iteration:
    """One iteration, in unix seconds; it takes contributions from `start` until before `contribution_end`.

    Its rewards can be claimed until before `expiry`, the end of the one that follows (T-461).
    """

    start: int
    contribution_end: int
    end: int
    expiry: int

    def takes_contributions(self, now: int) -> bool:
        return self.start <= now < self.contribution_end


def current(gift: Gift, now: int) -> Iteration | None:
    """The iteration that runs at a time, None before the first."""
    start = gift.reset.floor(now)
    return None if start is None else _beginning_at(gift, start)


def previous(gift: Gift, iteration: Iteration) -> Iteration | None:
    """The iteration before another, None for the first."""
    start = gift.reset.last(iteration.start)
    return None if start is None else _beginning_at(gift, start)


def ended_at(gift: Gift, end: int, now: int) -> Iteration | None:
    """The iteration that ends at a time, 0 for the present one; None unless its rewards can be claimed now.

    Those are the present one, and the one before it.
    """
    present = current(gift, now)
    if present is None or end in (0, present.end):
        return present
    before = previous(gift, present)
    return before if before is not None and before.end == end else None


def _beginning_at(gift: Gift, start: int) -> Iteration:
    end = gift.reset.next(start)
    if end is None:
        return Iteration(start, min(start + gift.duration_sec, NEVER), NEVER, NEVER)
    expiry = gift.reset.next(end)
    return Iteration(start, min(start + gift.duration_sec, end), end, NEVER if expiry is None else expiry)
