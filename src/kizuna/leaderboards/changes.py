"""What happens to records, as rank indices must know it, and as processes tell each other."""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from kizuna.db.engine import Record
from kizuna.leaderboards.ranking import KEY_SIZE, pack_key

#: Changes in one notice: PostgreSQL takes less than 8,000 bytes, and a key is 43 characters.
_CHANGES_AT_ONCE = 80

_NONE = bytes(KEY_SIZE)


class Change(NamedTuple):
    """A record's key that was removed, one that was inserted, or both, by the transaction `xid`."""

    xid: int
    board: int
    expiry: int
    removed: bytes | None
    inserted: bytes | None


def inserted(row: Record) -> Change:
    """The change by a new record."""
    return Change(row["xid"], row["board"], row["expiry"], None, key_of(row))


def written(row: Record) -> Change:
    """The change by a write to a record that existed."""
    owner = owner_bytes(row["owner_id"])
    return Change(
        row["xid"],
        row["board"],
        row["expiry"],
        pack_key(row["prev_score"], row["prev_subscore"], owner),
        pack_key(row["score"], row["subscore"], owner),
    )


def deleted(row: Record) -> Change:
    """The change by a deleted record."""
    return Change(row["xid"], row["board"], row["expiry"], key_of(row), None)


def key_of(row: Record) -> bytes:
    """The packed key of a record's row."""
    return pack_key(row["score"], row["subscore"], owner_bytes(row["owner_id"]))


def owner_bytes(owner_id: str) -> bytes:
    """A UUID in its canonical spelling as 16 bytes."""
    return bytes.fromhex(owner_id.replace("-", ""))


def encode_changes(changes: Sequence[Change]) -> Iterator[str]:
    """The changes as texts for notices."""
    for place, run in groupby(sorted(changes, key=_period), key=_period):
        some = list(run)
        for start in range(0, len(some), _CHANGES_AT_ONCE):
            part = some[start : start + _CHANGES_AT_ONCE]
            keys = b"".join((change.removed or _NONE) + (change.inserted or _NONE) for change in part)
            yield " ".join((*map(str, place), b64encode(keys).decode()))


def decode_changes(text: str) -> list[Change]:
    """The changes in the text of a notice."""
    xid, board, expiry, packed = text.split(" ")
    keys = b64decode(packed)
    place = int(xid), int(board), int(expiry)
    pairs = (keys[start : start + 2 * KEY_SIZE] for start in range(0, len(keys), 2 * KEY_SIZE))
    return [Change(*place, _key(pair[:KEY_SIZE]), _key(pair[KEY_SIZE:])) for pair in pairs]


def _period(change: Change) -> tuple[int, int, int]:
    return change[:3]


def _key(data: bytes) -> bytes | None:
    # No record has the key of zeros: its score would be negative.
    return None if data == _NONE else data
