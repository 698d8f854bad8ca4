"""The ranking engine: against a plain sorted list, in any order of changes, and as it grows."""

import random
from bisect import bisect_left, bisect_right
from collections import Counter
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kizuna.leaderboards.ranking import KEY_SIZE, RankIndex, SignedIndex, pack_key, unpack_key
from tests.leaderboards.support import unsettled

Row = tuple[int, int, bytes]

LEAST, GREATEST = -(2**63), 2**63 - 1


class SmallIndex(RankIndex):
    """So small in its parts that a few keys split and join blocks and groups."""

    fanout = 8


def _owner(number: int) -> bytes:
    return number.to_bytes(16)


def _keys(rows: list[Row]) -> list[bytes]:
    return [pack_key(*row) for row in rows]


#: Few numbers, so that records tie; the ends of int64 among them.
NUMBERS = st.sampled_from([LEAST, LEAST + 1, -256, -1, 0, 1, 255, GREATEST - 1, GREATEST])
OWNERS = st.one_of(st.integers(0, 40), st.integers(2**128 - 40, 2**128 - 1)).map(_owner)
ROWS = st.tuples(NUMBERS, NUMBERS, OWNERS)
MANY = st.lists(ROWS, min_size=20, max_size=120)


def _check_shape(index: RankIndex) -> None:
    """The parts hold together, none is too large, and none is too small that has a neighbour."""
    groups = index._groups
    assert index._sizes == [sum(group.counts) for group in groups]
    assert index._floors == [group.floors[0] for group in groups]
    assert len(index) == sum(index._sizes)
    for group in groups:
        assert group.counts == [len(block) // KEY_SIZE for block in group.blocks]
        assert len(group.floors) == len(group.blocks) <= index.fanout
        assert max(group.counts) <= index.fanout
        assert len(groups) == 1 or len(group.blocks) >= index.fanout // 4
    floors = [floor for group in groups for floor in group.floors]
    blocks = [block for group in groups for block in group.blocks]
    assert floors == sorted(floors)
    assert all(block and block[:KEY_SIZE] >= floor for block, floor in zip(blocks, floors, strict=True)) or (
        blocks == [b""]
    )


class AgainstSortedList(RuleBasedStateMachine):
    """`self.rows` is what the index should hold, ascending."""

    @initialize(descending=st.booleans(), rows=st.lists(ROWS, max_size=200))
    def start(self, descending: bool, rows: list[Row]) -> None:
        self.rows = sorted(set(rows))
        self.index = SmallIndex.from_sorted(self.rows, descending=descending)

    def _board(self) -> list[Row]:
        return self.rows[::-1] if self.index.descending else self.rows

    def _expected_rank(self, row: Row) -> int:
        if self.index.descending:
            return len(self.rows) - bisect_right(self.rows, row) + 1
        return bisect_left(self.rows, row) + 1

    def _insert(self, row: Row) -> None:
        new = row not in self.rows
        assert self.index.insert(pack_key(*row)) is new
        if new:
            self.rows.insert(bisect_left(self.rows, row), row)

    def _remove(self, row: Row) -> None:
        there = row in self.rows
        assert self.index.remove(pack_key(*row)) is there
        if there:
            self.rows.remove(row)

    @rule(row=ROWS)
    def insert(self, row: Row) -> None:
        self._insert(row)

    @rule(rows=MANY)
    def insert_many(self, rows: list[Row]) -> None:
        for row in rows:
            self._insert(row)

    @rule(row=ROWS)
    def remove_perhaps(self, row: Row) -> None:
        self._remove(row)

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def remove_run(self, data: st.DataObject) -> None:
        """Neighbours, so that whole blocks and groups go."""
        start = data.draw(st.integers(0, len(self.rows) - 1))
        length = data.draw(st.integers(1, len(self.rows)))
        for row in self.rows[start : start + length]:
            self._remove(row)

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), new=ROWS)
    def move(self, data: st.DataObject, new: Row) -> None:
        self._remove(data.draw(st.sampled_from(self.rows)))
        self._insert(new)

    @rule(rows=MANY)
    def extend(self, rows: list[Row]) -> None:
        above = sorted({row for row in rows if not self.rows or row > self.rows[-1]})
        self.index.extend(b"".join(_keys(above)))
        self.rows += above

    @precondition(lambda self: self.rows)
    @rule(rows=MANY)
    def extend_from_within(self, rows: list[Row]) -> None:
        rows = sorted({*rows, self.rows[-1]})
        with pytest.raises(ValueError, match="above"):
            self.index.extend(b"".join(_keys(rows)))

    @rule(row=ROWS)
    def rank(self, row: Row) -> None:
        key = pack_key(*row)
        assert (key in self.index) is (row in self.rows)
        assert self.index.rank(key) == self._expected_rank(row)

    @rule()
    def rank_and_at_of_all(self) -> None:
        for rank, row in enumerate(self._board(), 1):
            key = pack_key(*row)
            assert key in self.index
            assert self.index.rank(key) == rank
            assert self.index.at(rank) == key

    @rule(first=st.integers(-20, 400), count=st.integers(-3, 200))
    def range(self, first: int, count: int) -> None:
        expected = [row for rank, row in enumerate(self._board(), 1) if first <= rank < first + count]
        assert self.index.range(first, count) == _keys(expected)

    @rule(row=ROWS, above=st.integers(0, 30), below=st.integers(0, 30))
    def neighbours(self, row: Row, above: int, below: int) -> None:
        board = self._board()
        before = [other for other in board if self._expected_rank(other) < self._expected_rank(row)]
        after = [other for other in board[len(before) :] if other != row]
        expected = _keys(before[max(len(before) - above, 0) :]), _keys(after[:below])
        assert self.index.neighbours(pack_key(*row), above, below) == expected

    @invariant()
    def same(self) -> None:
        if hasattr(self, "index"):
            assert self.index.range(1, len(self.rows) + 1) == _keys(self._board())
            assert len(self.index) == len(self.rows)
            _check_shape(self.index)


TestAgainstSortedList = AgainstSortedList.TestCase
TestAgainstSortedList.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


# Keys


@given(st.lists(st.tuples(st.integers(LEAST, GREATEST), NUMBERS, st.binary(min_size=16, max_size=16))))
def test_keys_compare_as_rows_do(rows: list[Row]) -> None:
    assert sorted(_keys(rows)) == _keys(sorted(rows))
    assert [unpack_key(key) for key in _keys(rows)] == rows


@pytest.mark.parametrize("number", [LEAST - 1, GREATEST + 1])
def test_a_number_beyond_int64_has_no_key(number: int) -> None:
    with pytest.raises(OverflowError):
        pack_key(number, 0, _owner(1))
    with pytest.raises(OverflowError):
        pack_key(0, number, _owner(1))


@pytest.mark.parametrize("length", [0, 15, 17])
def test_an_owner_id_of_another_length_has_no_key(length: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        pack_key(0, 0, bytes(length))


# The index


@pytest.mark.parametrize("length", [0, 16, KEY_SIZE - 1, KEY_SIZE + 1, 2 * KEY_SIZE])
def test_only_whole_keys_are_inserted(length: int) -> None:
    index = RankIndex()
    with pytest.raises(ValueError, match="32 bytes"):
        index.insert(bytes(length))
    assert len(index) == 0


def test_part_of_a_key_is_not_in_the_index() -> None:
    key = pack_key(1, 2, _owner(3))
    index = RankIndex.from_sorted([unpack_key(key)])
    assert key[:16] not in index
    assert not index.remove(key[:16])
    assert index.range(1, 2) == [key]


def test_extending_by_half_a_key_adds_nothing() -> None:
    index = RankIndex()
    with pytest.raises(ValueError, match="whole keys"):
        index.extend(pack_key(1, 2, _owner(3)) + b"half")
    assert index.range(1, 2) == []


@pytest.mark.parametrize("rank", [-1, 0, 3])
def test_no_key_has_a_rank_outside(rank: int) -> None:
    index = RankIndex.from_sorted([(0, 0, _owner(1)), (0, 0, _owner(2))])
    with pytest.raises(IndexError):
        index.at(rank)


@pytest.mark.parametrize("descending", [False, True])
def test_an_empty_index_ranks_everything_first(descending: bool) -> None:
    index = RankIndex(descending=descending)
    key = pack_key(5, 0, _owner(1))
    assert index.rank(key) == 1
    assert index.neighbours(key, 3, 3) == ([], [])


def test_rows_out_of_order_are_refused_where_slices_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kizuna.leaderboards.ranking._ROWS_AT_ONCE", 2)
    rows = [(number, 0, _owner(1)) for number in (1, 2, 2, 3)]
    with pytest.raises(ValueError, match="above"):
        RankIndex.from_sorted(rows)
    assert len(RankIndex.from_sorted(sorted({*rows}))) == 3


@pytest.mark.parametrize("descending", [False, True])
def test_grows_and_shrinks_by_thousands(descending: bool) -> None:
    """Levels fill, split, thin out and join; at each turn the ranks are those of a sort."""
    chance = random.Random(7)
    rows = [(chance.randrange(-5, 5), chance.randrange(3), _owner(owner)) for owner in range(3000)]
    index = SmallIndex(descending=descending)
    for row in rows:
        index.insert(pack_key(*row))
    assert len(index._groups) > 20
    while rows:
        _check_shape(index)
        board = sorted(_keys(rows), reverse=descending)
        assert [index.rank(key) for key in board] == list(range(1, len(board) + 1))
        chance.shuffle(rows)
        for row in rows[-600:]:
            index.remove(pack_key(*row))
        del rows[-600:]
    _check_shape(index)
    assert (len(index), len(index._groups)) == (0, 1)


def test_keys_in_order_leave_no_sparse_blocks() -> None:
    """However small the slices are."""
    index = SmallIndex()
    for start in range(0, 3000, 3):
        index.extend(b"".join(pack_key(score, 0, _owner(1)) for score in range(start, start + 3)))
    _check_shape(index)
    assert sum(len(group.blocks) for group in index._groups) <= 3000 / (index.fanout * 3 / 8)


def test_a_rank_among_a_million_costs_little_more_than_among_ten_thousand() -> None:
    assert _cost_of_a_rank(10**6) < 3 * _cost_of_a_rank(10**4)


def _cost_of_a_rank(records: int) -> float:
    """CPU seconds for a few thousand, the best of several."""
    index = RankIndex.from_sorted((score, 0, bytes(16)) for score in range(records))
    keys = [pack_key(score, 0, bytes(16)) for score in random.Random(1).choices(range(records), k=5000)]
    return min(_cost(index, keys) for _ in range(9))


def _cost(index: RankIndex, keys: list[bytes]) -> float:
    begun = process_time()
    for key in keys:
        index.rank(key)
    return process_time() - begun


# Changes in any order

FEW_KEYS = st.sampled_from(_keys([(score, 0, _owner(1)) for score in range(6)]))
CHANGES = st.lists(st.tuples(FEW_KEYS, st.sampled_from([1, -1])), max_size=60)


def _matches(signed: SignedIndex, sums: Counter[bytes]) -> bool:
    present = sorted(key for key, total in sums.items() if total >= 1)
    waiting = sum(abs(total - (total >= 1)) for total in sums.values())
    return signed.index.range(1, 99) == present and unsettled(signed) == waiting


@given(present=st.sets(FEW_KEYS), changes=CHANGES)
def test_changes_add_up(present: set[bytes], changes: list[tuple[bytes, int]]) -> None:
    index = SmallIndex()
    index.extend(b"".join(sorted(present)))
    signed = SignedIndex(index)
    sums = Counter(present)
    for key, change in changes:
        signed.apply(key, change)
        sums[key] += change
        assert _matches(signed, sums)


@given(data=st.data(), moves=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=30))
def test_moves_of_owners_arrive_in_any_order(data: st.DataObject, moves: list[tuple[int, int]]) -> None:
    """Everybody's scores change, and change back; what is left is each owner's last one."""
    scores: dict[int, bytes] = {}
    changes: list[tuple[bytes, int]] = []
    for owner, score in moves:
        new = pack_key(score, 0, _owner(owner))
        if owner in scores:
            changes.append((scores[owner], -1))
        changes.append((new, 1))
        scores[owner] = new
    signed = SignedIndex(SmallIndex())
    for key, change in data.draw(st.permutations(changes)):
        signed.apply(key, change)
    assert signed.index.range(1, 99) == sorted(scores.values())
    assert unsettled(signed) == 0


@pytest.mark.parametrize("change", [0, 2, -2])
def test_a_change_is_one_insertion_or_one_removal(change: int) -> None:
    with pytest.raises(ValueError, match="change"):
        SignedIndex(RankIndex()).apply(pack_key(0, 0, _owner(1)), change)
