"""Cursors come back as they went out, and nothing else is taken for one."""

from base64 import urlsafe_b64encode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.wire.cursors import decode_cursor, encode_cursor

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

plain_text = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))


@unhurried
@given(plain_text, st.integers(-(2**63), 2**63 - 1), st.none() | plain_text)
def test_cursors_come_back(text: str, number: int, maybe: str | None) -> None:
    cursor = encode_cursor("objects", (text, number, maybe))
    assert decode_cursor("objects", cursor, str, int, str | None) == (text, number, maybe)
    assert cursor.isascii()
    assert "=" not in cursor


@unhurried
@given(st.text(st.characters()) | st.binary().map(lambda raw: urlsafe_b64encode(raw).rstrip(b"=").decode()))
def test_any_text_is_a_cursor_or_not(text: str) -> None:
    assert decode_cursor("objects", text, str) is None


def packed(json: bytes) -> str:
    return urlsafe_b64encode(json).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "json",
    [b"", b"null", b"[]", b"{}", b'"objects"', b"[null]", b'["objects"]', b'["objects","a"]',
     b'["objects","a",1,2]', b'["friends","a",1]', b'[["objects"],"a",1]', b'["objects",1,"a"]',
     b'["objects","a","1"]', b'["objects","a",true]', b'["objects","a",1.0]', b'["objects","a",null]',
     b'["objects",null,1]', b'["objects",["a"],1]', b'["objects","a",9223372036854775808]',
     b'["objects","a",-9223372036854775809]', b'["objects","a",1e400]',
     rb'["objects","a\u0000",1]', rb'["objects","\ud800",1]', b'["objects","\xff",1]', b'["objects","a",1]x',
     b"[" * 5000, b'["objects","a",1'],
)  # fmt: skip
def test_what_is_no_cursor(json: bytes) -> None:
    assert decode_cursor("objects", packed(json), str, int) is None


def test_the_alphabet_is_strict() -> None:
    cursor = encode_cursor("objects", ("ab", 1))
    assert decode_cursor("objects", cursor, str, int) == ("ab", 1)
    for text in (
        "",
        cursor + "=",
        cursor + "==",
        f" {cursor}",
        f"{cursor}\n",
        cursor[:-1],
        cursor + "!",
        f"{cursor}é",
    ):
        assert decode_cursor("objects", text, str, int) is None
