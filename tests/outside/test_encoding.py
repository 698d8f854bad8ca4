"""Each value has one spelling."""

import base64
import string
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.outside.checks import quoted
from kizuna.outside.encoding import base64_standard, base64url, json_object


@given(st.binary())
def test_what_was_encoded_is_decoded(data: bytes) -> None:
    assert base64url(base64.urlsafe_b64encode(data).rstrip(b"=").decode()) == data
    assert base64_standard(base64.b64encode(data).decode()) == data
    assert base64_standard(base64.encodebytes(data).decode()) == data


@given(st.binary(min_size=1), st.integers(0), st.sampled_from(string.ascii_letters + string.digits + "-_"))
def test_another_letter_is_never_the_same(data: bytes, place: int, letter: str) -> None:
    """Whoever changes a letter of a signature has another signature, or none."""
    for decode, encoded in (
        (base64url, base64.urlsafe_b64encode(data).rstrip(b"=").decode()),
        (base64_standard, base64.b64encode(data).decode()),
    ):
        at = place % len(encoded.rstrip("="))
        changed = f"{encoded[:at]}{letter}{encoded[at + 1 :]}"
        with suppress(ValueError):
            assert (decode(changed) == data) is (changed == encoded)


@given(st.text())
def test_whatever_it_is_it_is_decoded_or_refused(text: str) -> None:
    for decode in (base64url, base64_standard, json_object):
        with suppress(ValueError):
            decode(text)


@pytest.mark.parametrize("text", ["QQ==", "Q", "Q+/", "QQ QQ", "QQ\n", "Q\u00e9", "A", "\ud800", "QR", "QUJ"])
def test_base64url_is_strict(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        base64url(text)


@pytest.mark.parametrize(
    "text", ["QQ", "Q-_=", "QQ==QQ==", "=", "QQ ==", "\u00e9", "QQ=="[:3], "QR==", "QUJ="]
)
def test_base64_is_strict(text: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        base64_standard(text)


@given(st.text())
def test_what_is_quoted_stands_in_one_line(text: str) -> None:
    assert len(quoted(text)) <= 201
    assert quoted(text).isprintable()
