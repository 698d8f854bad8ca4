"""When a server has nothing to do any more: what was due has been done, and game code has been told."""

import asyncio

from kizuna.app import Application
from kizuna.clock import Clock
from kizuna.db.statements import Query

__tracebackhide__ = True  # from what pytest shows of an error

_PAUSE = 0.01

#: How many looks in a row must find nothing: one thing may set off another behind the look at it.
_LOOKS = 2

_WAITING = Query(
    "testing.waiting",
    "What is due and has not been done: on boards, for functions of these kinds, for deletions if $3, and "
    "for notifications of the stores $4, about subscriptions or not ($5).",
    """
    select 'the reset or the end of ' || l.id as what
    from board_schedule s join leaderboard l on l.key = s.board
    where s.due <= extract(epoch from $2::timestamptz)
    union all
    select c.kind || ' of ' || l.id
    from board_callback c join leaderboard l on l.key = c.board
    where c.kind = any($1::text[]) and c.next_try <= $2 and not l.deleted
    union all
    select 'account_deleted of ' || username from account_deletion where $3 and next_try <= $2
    union all
    select 'notification ' || id from store_notification where next_try <= $2
        and (store, is_subscription) in (select * from unnest($4::smallint[], $5::boolean[]))
    """,
)


async def settle(application: Application, clock: Clock, within: float) -> None:
    """Return when everything that is due has been done. TimeoutError, with what has not, after so long.

    A function that failed is called again later, which is not waited for.
    """
    waiting: list[str] = []
    try:
        async with asyncio.timeout(within):
            quiet = 0
            while quiet < _LOOKS:
                waiting = await _look(application, clock)
                quiet = 0 if waiting else quiet + 1
                await asyncio.sleep(_PAUSE if waiting else 0)
    except TimeoutError:
        raise TimeoutError(f"not done within {within:g} s: {', '.join(waiting)}") from None


async def _look(application: Application, clock: Clock) -> list[str]:
    """Let the server look for what is due now rather than within a second; what is still to be done then."""
    runtime = application.runtime
    application.deletions.wake()
    application.notice_delivery.wake()
    await application.scheduler.look()
    kinds, deletions = list(runtime.callbacks.kinds), bool(runtime.deletions)
    topics = runtime.notices.topics
    stores, which = [topic.store for topic in topics], [topic.is_subscription for topic in topics]
    rows = await application.database.read(_WAITING, kinds, clock.now(), deletions, stores, which)
    events = application.events.unfinished
    return [f"{events} events"] * bool(events) + [row["what"] for row in rows]
