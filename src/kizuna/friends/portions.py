"""What is too much to be read by one statement."""

from collections.abc import Iterator, Sequence


def portions(sizes: Sequence[int], most: int) -> Iterator[range]:
    """The places of `sizes`, in pieces of one or more, none larger than `most` unless it is a single one."""
    start, total = 0, 0
    for place, size in enumerate(sizes):
        if total and total + size > most:
            yield range(start, place)
            start, total = place, 0
        total += size
    yield range(start, len(sizes))
