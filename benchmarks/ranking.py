"""What ranks cost in CPU time and memory: `python -m benchmarks.ranking`.

Each section is a function of the number of records that returns what it measured. It runs in a process of its
own, so that its memory is its own too. Ranks, moves and the build from rows are the best of several rounds.
"""

import argparse
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from time import process_time

import psutil

from benchmarks.figures import Figure
from benchmarks.ranking_database import from_postgresql
from kizuna.leaderboards.ranking import RankIndex, pack_key

ROUNDS = 5

#: Ranks, or moves, that are timed together.
OPERATIONS = 50_000

#: Random moves after which memory is read again.
MOVES = 1_000_000

#: Records that arrive together, as slices of a table do; and how many have the same score.
SLICE = 50_000
TIED = 4

#: Beyond this, rows that are Python objects take more memory than is worth it.
MOST_ROWS = 2_000_000

#: The most that a figure may be, by the number of records and the figure's name.
GOALS: dict[int, dict[str, float]] = {
    1_000_000: {
        "build from sorted rows": 1.5,
        "rank": 5,
        "move": 15,
        "memory of a record": 64,
        "memory of a record, after moves": 64,
    },
    10_000_000: {
        "rank": 8,
        "memory of the process": 450,
        "build from PostgreSQL": 60,
        "  peak memory of the server": 700,
        "  requests failed": 0,
        "build from a table in use": 60,
    },
}


Section = Callable[[int], list[Figure]]


# The sections


def build(records: int) -> list[Figure]:
    """The index from rows in order; nothing for more than `MOST_ROWS`."""
    if records > MOST_ROWS:
        return []
    chance = random.Random(records)
    rows = sorted((number // TIED, 0, chance.randbytes(16)) for number in range(records))
    best = min(_seconds(partial(RankIndex.from_sorted, rows)) for _ in range(ROUNDS))
    return [Figure("build from sorted rows", best, "s")]


def operations(records: int) -> list[Figure]:
    """The index from slices, its memory, and ranks and moves in it."""
    chance = random.Random(records)
    before = _own_memory()
    index = RankIndex(descending=True)
    slices = [_seconds(partial(index.extend, keys)) for keys in _slices(records, chance)]
    built = _own_memory()
    ranks = [_time_ranks(index, chance) for _ in range(ROUNDS)]
    moves = [_time_moves(index, chance) for _ in range(MOVES // OPERATIONS)]
    moved = _own_memory()
    return [
        Figure("slice added, longest", max(slices) * 1e3, "ms"),
        Figure("all slices added", sum(slices), "s"),
        Figure("rank", min(ranks), "µs"),
        Figure("move", min(moves[:ROUNDS]), "µs"),
        Figure("memory of a record", (built - before) / records, "bytes"),
        Figure("memory of a record, after moves", (moved - before) / records, "bytes"),
        Figure("memory of the process", max(built, moved) / 1e6, "MB"),
    ]


#: In the order in which they run.
SECTIONS: tuple[Section, ...] = (build, operations, from_postgresql)


def _slices(records: int, chance: random.Random) -> Iterator[bytes]:
    """The keys of that many records in ascending order, packed."""
    for start in range(0, records, SLICE):
        numbers = range(start, min(start + SLICE, records))
        yield b"".join(sorted(pack_key(number // TIED, 0, chance.randbytes(16)) for number in numbers))


def _time_ranks(index: RankIndex, chance: random.Random) -> float:
    """Microseconds for the rank of a random record."""
    keys = _some_keys(index, chance)
    return _seconds(partial(_rank_all, index, keys)) / len(keys) * 1e6


def _time_moves(index: RankIndex, chance: random.Random) -> float:
    """Microseconds for a random record's move to a random place."""
    old = _some_keys(index, chance)
    scores = len(index) // TIED + 1
    new = [pack_key(chance.randrange(scores), 0, key[-16:]) for key in old]
    return _seconds(partial(_move_all, index, old, new)) / len(old) * 1e6


def _rank_all(index: RankIndex, keys: list[bytes]) -> None:
    for key in keys:
        index.rank(key)


def _move_all(index: RankIndex, old: list[bytes], new: list[bytes]) -> None:
    for before, after in zip(old, new, strict=True):
        index.remove(before)
        index.insert(after)


def _some_keys(index: RankIndex, chance: random.Random) -> list[bytes]:
    """Keys of random records, in no order."""
    ranks = chance.sample(range(1, len(index) + 1), min(OPERATIONS, len(index)))
    return [index.at(rank) for rank in ranks]


def _seconds(work: Callable[[], object]) -> float:
    """The CPU time that it takes."""
    begun = process_time()
    work()
    return process_time() - begun


def _own_memory() -> int:
    """Bytes that would be free if this process ended."""
    return int(psutil.Process().memory_full_info().uss)


# The command line


def main() -> int:
    """Measure and print; 1 with --check if a goal was missed."""
    options = _parser().parse_args()
    print(_line("records", "figure", "measured", "", "goal", ""))
    missed = False
    sections = [section for section in SECTIONS if section.__name__ in options.only]
    for records in options.records:
        for figure in _measure(records, sections):
            goal = GOALS.get(records, {}).get(figure.name)
            missed |= goal is not None and figure.value > goal
            print(_row(records, figure, goal), flush=True)
    return int(options.check and missed)


def _measure(records: int, sections: Sequence[Section]) -> Iterator[Figure]:
    for section in sections:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            yield from process.submit(section, records).result()


def _row(records: int, figure: Figure, goal: float | None) -> str:
    value = f"{figure.value:.1f}" if figure.value >= 10 else f"{figure.value:.2f}"
    if goal is None:
        return _line(f"{records:,}", figure.name, value, figure.unit, "-", "-")
    verdict = "ok" if figure.value <= goal else "over"
    return _line(f"{records:,}", figure.name, value, figure.unit, f"{goal:g}", verdict)


def _line(records: str, name: str, value: str, unit: str, goal: str, verdict: str) -> str:
    return f"{records:>12}  {name:<32}{value:>9} {unit:<6}{goal:>6}  {verdict}".rstrip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ranking", description=__doc__)
    parser.add_argument("--records", type=_count, nargs="+", metavar="N", default=list(GOALS))
    names = [section.__name__ for section in SECTIONS]
    parser.add_argument("--only", choices=names, nargs="+", default=names, help="sections to run")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a goal was missed")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
