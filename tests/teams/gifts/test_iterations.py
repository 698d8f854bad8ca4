"""When iterations begin and end."""

from hypothesis import example, given
from hypothesis import strategies as st

from kizuna.scheduler.cron import Schedule
from kizuna.teams.config.shapes import Gift
from kizuna.teams.gifts.iterations import NEVER, current, ended_at, previous

CRONS = (
    "0 12 * * *",
    "*/7 * * * *",
    "0 0 * * 1",
    "30 3 29 2 *",
    "15 10 1 * * 2024-2031",
    "5 0 0 1 1 * 2040",
)
YEAR = 366 * 24 * 3600

gifts = st.builds(
    lambda cron, duration: Gift(reset=Schedule.parse(cron), duration_sec=duration),
    st.sampled_from(CRONS),
    st.integers(1, 8 * YEAR) | st.integers(1, 7200),
)


@given(gifts, st.integers(0, 130 * YEAR))
@example(Gift(reset=Schedule.parse("0 12 * * *"), duration_sec=43200), 12 * 3600)
@example(Gift(reset=Schedule.parse("0 12 * * *"), duration_sec=43200), 12 * 3600 - 1)
def test_iterations_follow_each_other(gift: Gift, now: int) -> None:
    """T-459, T-461: from tick to tick, with contributions from the first moment on until they are over."""
    iteration = current(gift, now)
    if iteration is None:
        assert gift.reset.floor(now) is None
        return
    assert gift.reset.matches(iteration.start)
    assert iteration.start <= now < iteration.end
    assert iteration.end == (gift.reset.next(now) or NEVER)
    assert iteration.contribution_end == min(iteration.start + gift.duration_sec, iteration.end)
    assert iteration.takes_contributions(now) == (now - iteration.start < gift.duration_sec)
    assert current(gift, iteration.start) == iteration
    after = current(gift, iteration.end) if iteration.end != NEVER else None
    assert iteration.expiry == (after.end if after else NEVER)
    before = previous(gift, iteration)
    if before is None:
        assert gift.reset.last(iteration.start) is None
    else:
        assert before.end == iteration.start
        assert before == current(gift, iteration.start - 1)


@given(gifts, st.integers(0, 130 * YEAR))
def test_iterations_by_their_ends(gift: Gift, now: int) -> None:
    """T-463: the present one, the one before it, and no other."""
    present = current(gift, now)
    assert ended_at(gift, 0, now) == present
    if present is None:
        return
    assert ended_at(gift, present.end, now) == present
    before = previous(gift, present)
    if before is not None:
        assert ended_at(gift, before.end, now) == before
        assert ended_at(gift, before.end + 1, now) is None
        if older := previous(gift, before):
            assert ended_at(gift, older.end, now) is None
    assert ended_at(gift, -1, now) is None
