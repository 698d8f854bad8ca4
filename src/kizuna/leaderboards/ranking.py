"""Exact ranks among millions of records, in memory: an order-statistics index over packed keys.

A record is known by its key, 32 bytes that compare as (score, subscore, owner id) do. The keys lie in order,
joined into blocks; neighbouring blocks form a group. A search walks down group, block, key, each step one
bisection in C; a rank adds the sizes of what lies to the left, in C too: up to ten million records that is
no slower than a tree of sums, whose upkeep every change would pay in Python. Nothing is stored per record but
its key, and a change touches one block and the two sizes above it.

    RankIndex     the keys of one board: rank, at, range, neighbours; insert, remove, extend
    SignedIndex   the same keys as the sum of changes that may arrive in any order

Nothing here does input or output or waits, and nothing is safe to use from two threads at once.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate, chain, islice, pairwise, starmap
from struct import Struct
from struct import error as StructError
from typing import ClassVar, Self

#: Bytes of a key, and of the owner id at its end.
KEY_SIZE = 32
OWNER_SIZE = 16

#: The most keys in a block, and blocks in a group. Up to 256 Python has the integers that count them ready.
FANOUT = 256

#: Rows that `from_sorted` packs at a time.
_ROWS_AT_ONCE = 65_536

#: Big-endian and unsigned, so that bytes compare as numbers do; the offset makes the least int64 zero.
_KEY = Struct(f">QQ{OWNER_SIZE}s")
_OFFSET = 1 << 63

#: Where the keys of a block lie. Bisecting these through a block's own `[]` keeps the whole search in C.
_PLACES = tuple(slice(start, start + KEY_SIZE) for start in range(0, FANOUT * KEY_SIZE, KEY_SIZE))


def pack_key(score: int, subscore: int, owner_id: bytes) -> bytes:
    """The key of a record; keys compare as (score, subscore, owner id).

    OverflowError for a number that is no int64, ValueError for an owner id that is not 16 bytes.
    """
    if len(owner_id) != OWNER_SIZE:
        raise ValueError(f"an owner id has {OWNER_SIZE} bytes, not {len(owner_id)}")
    try:
        return _KEY.pack(score + _OFFSET, subscore + _OFFSET, owner_id)
    except StructError:
        raise OverflowError(f"score {score} or subscore {subscore} is no int64") from None


def unpack_key(key: bytes) -> tuple[int, int, bytes]:
    """Score, subscore and owner id of a key."""
    score, subscore, owner_id = _KEY.unpack(key)
    return score - _OFFSET, subscore - _OFFSET, owner_id


class RankIndex:
    """The keys of a board, each once, and the rank of every one.

    Rank 1 is the first in the board's order: by score, subscore and owner id, all three ascending or all
    three descending. That an owner has one key only is for the caller to see to.
    """

    #: As `FANOUT`. From 8 to that; less than that makes small indexes deep, which is for tests.
    fanout: ClassVar[int] = FANOUT

    def __init__(self, *, descending: bool = False) -> None:
        self.descending = descending
        self._size = 0
        # Three lists in step: the groups, the keys in each, and the least key that each may hold.
        self._groups = [_Group([b""], [b""])]
        self._sizes = [0]
        self._floors = [b""]

    @classmethod
    def from_sorted(cls, rows: Iterable[tuple[int, int, bytes]], *, descending: bool = False) -> Self:
        """An index of (score, subscore, owner id) rows that come in ascending order, whatever the board's."""
        index = cls(descending=descending)
        remaining = iter(rows)
        while packed := b"".join(starmap(pack_key, islice(remaining, _ROWS_AT_ONCE))):
            index.extend(packed)
        return index

    def __len__(self) -> int:
        return self._size

    def __contains__(self, key: bytes) -> bool:
        return key in self._groups[self._group_for(key)]

    def rank(self, key: bytes) -> int:
        """One more than the keys before this one, which need not be in the index itself."""
        if self.descending:
            return self._size - self._below(_just_above(key)) + 1
        return self._below(key) + 1

    def at(self, rank: int) -> bytes:
        """The key of that rank; IndexError if there is none."""
        if not 1 <= rank <= self._size:
            raise IndexError(f"no rank {rank} among {self._size}")
        return self.range(rank, 1)[0]

    def range(self, first_rank: int, count: int) -> list[bytes]:
        """The keys of `count` ranks from `first_rank` on, in the board's order; those of them that exist."""
        start = max(first_rank - 1, 0)
        end = min(first_rank - 1 + count, self._size)
        if start >= end:
            return []
        if self.descending:
            return self._keys(self._size - end, self._size - start)[::-1]
        return self._keys(start, end)

    def neighbours(self, key: bytes, above: int, below: int) -> tuple[list[bytes], list[bytes]]:
        """Up to `above` keys right before this one and up to `below` right after it, in the board's order.

        The key need not be in the index, and is in neither list.
        """
        rank = self.rank(key)
        following = rank + 1 if key in self else rank
        return self.range(rank - above, above), self.range(following, below)

    def insert(self, key: bytes) -> bool:
        """Add a key; False if it was there. ValueError for one of another length than a key's."""
        if len(key) != KEY_SIZE:
            raise ValueError(f"a key has {KEY_SIZE} bytes, not {len(key)}")
        at = self._group_for(key)
        group = self._groups[at]
        if not group.insert(key, self.fanout):
            return False
        self._resize(at, 1)
        if len(group.blocks) > self.fanout:
            self._regroup(at, at + 1)
        return True

    def remove(self, key: bytes) -> bool:
        """Take a key out; False if it was not there."""
        at = self._group_for(key)
        group = self._groups[at]
        if not group.remove(key, self.fanout):
            return False
        self._resize(at, -1)
        if len(group.blocks) < self.fanout // 4 and len(self._groups) > 1:
            left = max(at - 1, 0)
            self._regroup(left, left + 2)
        return True

    def extend(self, packed: bytes) -> None:
        """Add many keys at once: joined, ascending whatever the board's order, all above those in the index.

        ValueError if the first is not above them, or if the last is cut short; nothing is added then. The
        order among the new keys is not checked.
        """
        count, rest = divmod(len(packed), KEY_SIZE)
        if rest:
            raise ValueError(f"{len(packed)} bytes are not a number of whole keys")
        if not count:
            return
        if self._size and packed[:KEY_SIZE] <= self._groups[-1].last():
            raise ValueError("new keys must be above those in the index")
        last = len(self._groups) - 1
        self._groups[last].extend(packed, self.fanout)
        self._resize(last, count)
        self._regroup(last, last + 1)

    def _group_for(self, key: bytes) -> int:
        return bisect_right(self._floors, key) - 1

    def _below(self, key: bytes) -> int:
        """How many keys are less than this one."""
        at = self._group_for(key)
        return self._before(at) + self._groups[at].below(key)

    def _before(self, at: int) -> int:
        """How many keys the groups before this one have, counted from the nearer end."""
        if 2 * at < len(self._sizes):
            return sum(self._sizes[:at])
        return self._size - sum(self._sizes[at:])

    def _keys(self, start: int, end: int) -> list[bytes]:
        """The keys of ascending positions from `start` up to `end`, counted from 0; at least one."""
        at, position = _locate(self._sizes, start)
        block, position = _locate(self._groups[at].counts, position)
        following = chain.from_iterable(group.blocks for group in islice(self._groups, at + 1, None))
        missing = (position + end - start) * KEY_SIZE
        pieces = []
        for piece in chain(self._groups[at].blocks[block:], following):
            pieces.append(piece)
            missing -= len(piece)
            if missing <= 0:
                break
        keys = b"".join(pieces)
        first = position * KEY_SIZE
        last = first + (end - start) * KEY_SIZE
        return [keys[offset : offset + KEY_SIZE] for offset in range(first, last, KEY_SIZE)]

    def _resize(self, at: int, difference: int) -> None:
        self._sizes[at] += difference
        self._size += difference

    def _regroup(self, start: int, end: int) -> None:
        """Deal the blocks of some neighbouring groups out anew: splits a large one, joins small ones."""
        groups = _dealt(self._groups[start:end], self.fanout)
        self._groups[start:end] = groups
        self._sizes[start:end] = [sum(group.counts) for group in groups]
        self._floors[start:end] = [group.floors[0] for group in groups]


class _Group:
    """Neighbouring blocks: three lists in step. A block's floor is the least key that belongs into it."""

    __slots__ = ("blocks", "counts", "floors")

    def __init__(self, blocks: list[bytes], floors: list[bytes]) -> None:
        self.blocks = blocks
        self.counts = [len(block) // KEY_SIZE for block in blocks]
        self.floors = floors

    def __contains__(self, key: bytes) -> bool:
        block = self.blocks[self._block_for(key)]
        offset = _below(block, key) * KEY_SIZE
        return block[offset : offset + KEY_SIZE] == key

    def below(self, key: bytes) -> int:
        """How many keys here are less than this one."""
        at = self._block_for(key)
        return sum(self.counts[:at]) + _below(self.blocks[at], key)

    def last(self) -> bytes:
        return self.blocks[-1][-KEY_SIZE:]

    def insert(self, key: bytes, fanout: int) -> bool:
        at = self._block_for(key)
        block = self.blocks[at]
        offset = _below(block, key) * KEY_SIZE
        if block[offset : offset + KEY_SIZE] == key:
            return False
        self.blocks[at] = b"".join((block[:offset], key, block[offset:]))
        self.counts[at] += 1
        if self.counts[at] > fanout:
            self._reblock(at, at + 1, fanout)
        return True

    def remove(self, key: bytes, fanout: int) -> bool:
        at = self._block_for(key)
        block = self.blocks[at]
        offset = _below(block, key) * KEY_SIZE
        if block[offset : offset + KEY_SIZE] != key:
            return False
        self.blocks[at] = block[:offset] + block[offset + KEY_SIZE :]
        self.counts[at] -= 1
        if self.counts[at] < fanout // 4 and len(self.blocks) > 1:
            left = max(at - 1, 0)
            self._reblock(left, left + 2, fanout)
        return True

    def extend(self, packed: bytes, fanout: int) -> None:
        """Add keys behind the last one; more blocks than belong into a group may come of it."""
        self.blocks[-1] += packed
        self._reblock(len(self.blocks) - 1, len(self.blocks), fanout)

    def _block_for(self, key: bytes) -> int:
        return bisect_right(self.floors, key) - 1

    def _reblock(self, start: int, end: int, fanout: int) -> None:
        """Deal the keys of some neighbouring blocks out anew: splits a large one, joins small ones."""
        keys = b"".join(self.blocks[start:end])
        parts = _parts(len(keys) // KEY_SIZE, fanout)
        blocks = [keys[first * KEY_SIZE : last * KEY_SIZE] for first, last in parts]
        self.blocks[start:end] = blocks
        self.counts[start:end] = [last - first for first, last in parts]
        self.floors[start + 1 : end] = [block[:KEY_SIZE] for block in blocks[1:]]


class SignedIndex:
    """A `RankIndex` as the sum of its changes: the same, in whatever order a set of changes arrives.

    Each insertion counts +1 for its key and each removal -1, and a key is in the index while its sum is 1 or
    more. What the index cannot show is kept until its counterpart arrives: a removal that came before its
    insertion, an insertion of a key that is there already.

    `index` is to be read; from the first change on, only `apply` may write to it.
    """

    def __init__(self, index: RankIndex) -> None:
        self.index = index
        #: Sums below 0 of keys that are absent, and what is above 1 of keys that are present.
        self._outstanding: dict[bytes, int] = {}

    def apply(self, key: bytes, change: int) -> None:
        """An insertion of the key, +1, or a removal, -1; ValueError for any other change."""
        if change not in (1, -1):
            raise ValueError(f"a change is 1 or -1, not {change}")
        outstanding = self._outstanding.get(key, 0)
        if outstanding * change < 0 or not self._change(key, change):
            self._keep(key, outstanding + change)

    def _change(self, key: bytes, change: int) -> bool:
        return self.index.insert(key) if change > 0 else self.index.remove(key)

    def _keep(self, key: bytes, outstanding: int) -> None:
        if outstanding:
            self._outstanding[key] = outstanding
        else:
            del self._outstanding[key]


def _below(block: bytes, key: bytes) -> int:
    """How many keys of a block are less than this one."""
    return bisect_left(_PLACES, key, 0, len(block) // KEY_SIZE, key=block.__getitem__)


def _just_above(key: bytes) -> bytes:
    """What is greater than this key and less than every greater one."""
    return key + b"\0"


def _locate(sizes: list[int], position: int) -> tuple[int, int]:
    """In which of several runs a position falls, and its place there."""
    ends = list(accumulate(sizes))
    at = bisect_right(ends, position)
    return at, position - ends[at] + sizes[at]


def _dealt(groups: list[_Group], fanout: int) -> list[_Group]:
    blocks = list(chain.from_iterable(group.blocks for group in groups))
    floors = list(chain.from_iterable(group.floors for group in groups))
    return [_Group(blocks[first:last], floors[first:last]) for first, last in _parts(len(blocks), fanout)]


def _parts(count: int, fanout: int) -> list[tuple[int, int]]:
    """Start and end of equal parts of `count` things, as few as leave each part a quarter of room to grow."""
    parts = max(-(-count // (fanout * 3 // 4)), 1)
    return list(pairwise(count * part // parts for part in range(parts + 1)))
