"""Bodies made to be slow are not: the exact way takes time in proportion to their length."""

import contextlib
import time

import pytest

from kizuna.errors import ApiError
from kizuna.wire.integers import parse_integer
from kizuna.wire.messages import Kind
from kizuna.wire.reader import read_body

from .samples import SAMPLE

#: A head, a part to repeat and a tail.
SHAPES = {
    "numbers": (b'{"a":[', b"1,", b"1]}"),
    "empty lists": (b'{"a":[', b"[],", b"1]}"),
    "empty objects": (b'{"object_ids":[', b"{},", b"{}]}"),
    "members": (b"{", b'"":1,', b'"":1}'),
    "objects": (b'{"a":[', b'{"b":{}},', b"1]}"),
    "deep lists": (b'{"a":[', b"[" * 4000 + b"]" * 4000 + b",", b"1]}"),
    "opened only": (b'{"a":', b"[", b""),
    "a long string": (b'{"id":"', b"x", b""),
    "escapes": (b'{"id":"', b"\\n", b""),
    "surrogates": (b'{"id":"', b"\\ud800", b'"}'),
    "backslashes": (b'{"id":"', b"\\\\", b""),
    "quotes": (b'{"a":[', b'"",', b"1]}"),
    "spaces": (b"", b" ", b"{}x"),
    "lines": (b"{", b"\n", b'"id":1}'),
    "digits": (b'{"limit":', b"1", b"}"),
    "fraction": (b'{"limit":0.', b"0", b"1}"),
    "exponent": (b'{"limit":1e', b"9", b"}"),
    "zeros": (b'{"limit":1', b"0", b".5}"),
    "a literal's beginning": (b'{"a":[', b"t", b""),
    "minus": (b'{"a":', b"-", b""),
    "continuation bytes": (b'{"id":"', b"\x80", b'"}'),
}


def seconds(shape: str, size: int) -> float:
    """CPU time, the best of three, to read or refuse a body of about this size."""
    head, part, tail = SHAPES[shape]
    body = head + part * (size // len(part)) + tail
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        with contextlib.suppress(ApiError):
            read_body(SAMPLE, body)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("shape", SHAPES)
def test_time_grows_with_the_length_only(shape: str) -> None:
    small, large = seconds(shape, 262_144 // 8), seconds(shape, 262_144)
    assert large < 8 * 3 * small + 0.02


@pytest.mark.parametrize("text", ["9" * 262_144, "1e" + "9" * 262_144, "0." + "0" * 262_144, "0" * 262_144])
def test_integers_of_any_length_are_judged(text: str) -> None:
    assert parse_integer(text, Kind.INT64) in (None, 0)
