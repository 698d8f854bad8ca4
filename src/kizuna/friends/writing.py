"""How relations get into the tables: locks, edges, counters, all as parts of a transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from kizuna.db.engine import Transaction
from kizuna.friends import queries
from kizuna.friends.relations import Change, Operation, Relation, State, edges
from kizuna.wire.microseconds import to_microseconds

#: How often the locks are given back for neighbours who have appeared while they were taken.
_ROUNDS = 10


class Given(NamedTuple):
    """The metadata that the edges written by an operation gain: texts of JSON."""

    mine: str = "{}"
    theirs: str = "{}"


NOTHING = Given()


class _Edge(NamedTuple):
    source: str
    destination: str
    state: State
    position: int
    metadata: str


async def hold(tx: Transaction, user_ids: Iterable[str]) -> set[str]:
    """Lock players against changes of their relations; those of them who exist."""
    rows = await tx.read(queries.LOCK, sorted(set(user_ids)))
    return {row["id"] for row in rows}


async def hold_neighbours(tx: Transaction, user_id: str, *others: str) -> set[str]:
    """Lock a player, whoever has an edge to or from them, and some others; those of them who exist.

    Nobody gets an edge to a player whose row is locked. Until it is, new neighbours may appear, and locking
    them afterwards would break the order of the ids: the locks are given back then, and taken together.
    """
    wanted = {user_id, *others, *await neighbours(tx, user_id)}
    for _ in range(_ROUNDS):
        await tx.write(queries.SAVEPOINT)
        held = await hold(tx, wanted)
        late = await neighbours(tx, user_id) - wanted
        if not late:
            return held
        await tx.write(queries.BACK)
        wanted |= late
    # So popular that they never end: should two wait for each other, PostgreSQL ends one, which tries again.
    held = await hold(tx, wanted)
    return held | await hold(tx, await neighbours(tx, user_id) - wanted)


async def neighbours(tx: Transaction, user_id: str) -> set[str]:
    """Everybody who has an edge to or from a player."""
    return {row["id"] for row in await tx.read(queries.NEIGHBOURS, user_id)}


async def relations(tx: Transaction, me: str, others: Iterable[str]) -> dict[str, Relation]:
    """How I and the others stand to each other, whose rows are locked; in the order of the others."""
    rows = await tx.read(queries.RELATIONS, me, list(others))
    return {row["id"]: Relation(_state(row["mine"]), _state(row["theirs"])) for row in rows}


def _state(number: int | None) -> State | None:
    return None if number is None else State(number)


async def carry_out(
    tx: Transaction,
    operation: Operation,
    me: str,
    before: Mapping[str, Relation],
    now: datetime,
    given: Given = NOTHING,
) -> dict[str, Change]:
    """Write what an operation makes of my relations to the others, and count; what has changed, by other."""
    changes = {other: operation[relation] for other, relation in before.items() if relation in operation}
    await _remove(tx, me, before, changes)
    await _put(tx, _written(me, before, changes, now, given), now)
    await _count(tx, me, before, changes, now)
    return changes


async def _remove(
    tx: Transaction, me: str, before: Mapping[str, Relation], changes: Mapping[str, Change]
) -> None:
    gone: list[tuple[str, str]] = []
    for other, change in changes.items():
        (mine, theirs), (mine_stays, theirs_stays) = edges(before[other]), edges(change.after)
        if mine and not mine_stays:
            gone.append((me, other))
        if theirs and not theirs_stays:
            gone.append((other, me))
    if gone:
        await tx.write(queries.REMOVE, [source for source, _ in gone], [target for _, target in gone])


def _written(
    me: str, before: Mapping[str, Relation], changes: Mapping[str, Change], now: datetime, given: Given
) -> list[_Edge]:
    written: list[_Edge] = []
    # Those who are named in one call stand in their order.
    for position, (other, (after, _)) in enumerate(changes.items(), start=to_microseconds(now) * 1000):
        if after.mine is not None:
            written.append(_Edge(me, other, after.mine, position, given.mine))
        if after.theirs is not None and after.theirs != before[other].theirs:
            written.append(_Edge(other, me, after.theirs, position, given.theirs))
    return written


async def _put(tx: Transaction, written: Sequence[_Edge], now: datetime) -> None:
    if written:
        await tx.write(queries.PUT, *map(list, zip(*written, strict=True)), now)


async def _count(
    tx: Transaction, me: str, before: Mapping[str, Relation], changes: Mapping[str, Change], now: datetime
) -> None:
    """Add to everybody's number of edges; the update time moves where it changes."""
    more = {me: 0}
    for other, change in changes.items():
        (mine, theirs), (mine_now, theirs_now) = edges(before[other]), edges(change.after)
        more[me] += mine_now - mine
        more[other] = theirs_now - theirs
    more = {user_id: number for user_id, number in more.items() if number}
    if more:
        await tx.write(queries.COUNT, list(more), list(more.values()), now)
