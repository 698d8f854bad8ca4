"""Certificates: whatever somebody sends, it is read or refused, and never an error of another kind."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from kizuna.outside.certificates import (
    check_valid_at,
    find_issuer,
    has_extension,
    is_authority,
    is_issued_by,
    read_certificate,
    read_certificates,
)
from kizuna.outside.checks import Checks, Refused
from kizuna.testing.providers import keys

AUTHORITY = keys.certificate("authority", keys.rsa_key("authority"), authority=True)
ISSUED = keys.certificate(
    "issued",
    keys.rsa_key("issued"),
    issuer=AUTHORITY,
    issuer_key=keys.rsa_key("authority"),
    marks=["1.2.3.4"],
    starts=datetime(2026, 1, 1, tzinfo=UTC),
    ends=datetime(2027, 1, 1, tzinfo=UTC),
)


def changed(old: str, new: str) -> bytes:
    """The issued certificate with other bytes, in hexadecimal digits, wherever these are."""
    data = keys.der(ISSUED)
    assert bytes.fromhex(old) in data
    return data.replace(bytes.fromhex(old), bytes.fromhex(new))


def test_pem_and_der_are_read() -> None:
    assert read_certificates(keys.der(ISSUED)) == [ISSUED]
    assert read_certificates(keys.pem(ISSUED, AUTHORITY)) == [ISSUED, AUTHORITY]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"-----BEGIN CERTIFICATE-----",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        keys.der(ISSUED)[:-1],
        keys.der(ISSUED) + b"\0",
        changed("a003020102", "a003020101"),  # a version that there is not
        changed(b"issued".hex(), "ff" * 6),  # a name that is no text
    ],
)
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    for read in (read_certificates, read_certificate):
        with pytest.raises(ValueError, match=r"^is (no|more than a) certificate$"):
            read(data)


def test_one_certificate_is_all_there_is() -> None:
    pem = keys.pem(ISSUED)
    for good in (keys.der(ISSUED), pem, pem + b"\n", pem.replace(b"\n", b"\r\n")):
        assert read_certificate(good) == ISSUED
    for bad in (b"\n" + pem, b"<html>" + pem, pem + b"</html>", pem + pem, pem + keys.pem(AUTHORITY)):
        with pytest.raises(ValueError, match="certificate"):
            read_certificate(bad)


def test_who_has_issued_what() -> None:
    other = keys.certificate("authority", keys.rsa_key("other"), authority=True)
    assert is_issued_by(ISSUED, AUTHORITY)
    assert not is_issued_by(ISSUED, other), "only the name is the same"
    assert not is_issued_by(AUTHORITY, ISSUED)
    assert find_issuer(ISSUED, [other, AUTHORITY]) == AUTHORITY
    assert find_issuer(ISSUED, [other]) is None
    assert (is_authority(AUTHORITY), is_authority(ISSUED)) == (True, False)
    assert (has_extension(ISSUED, "1.2.3.4"), has_extension(AUTHORITY, "1.2.3.4")) == (True, False)


@pytest.mark.parametrize(
    "data",
    [
        changed("06092a864886f70d010101", "06092a864886f70d01017f"),  # an unknown kind of key
        changed("06092a864886f70d01010b", "06092a864886f70d01017e"),  # an unknown algorithm of signature
        changed("0603551d0f", "0603551d13"),  # one extension twice
    ],
)
@pytest.mark.parametrize(
    "question",
    [
        lambda odd: is_issued_by(odd, AUTHORITY),
        lambda odd: is_issued_by(ISSUED, odd),
        is_authority,
        lambda odd: has_extension(odd, "2.5"),
    ],
)
def test_of_odd_certificates_nothing_is_true(data: bytes, question: Callable[[object], bool]) -> None:
    [odd] = read_certificates(data)
    assert not question(odd)


@pytest.mark.parametrize(
    ("year", "valid"), [(2025, False), (2026, True), (2028, False)], ids=["before", "in", "after"]
)
def test_a_certificate_is_valid_from_and_until(year: int, valid: bool) -> None:
    checks = Checks()
    if valid:
        check_valid_at(ISSUED, datetime(year, 6, 1, tzinfo=UTC), checks, "leaf")
    else:
        with pytest.raises(Refused, match="validity of the leaf: it is valid from 2026-01-01 00:00 to 2027"):
            check_valid_at(ISSUED, datetime(year, 6, 1, tzinfo=UTC), checks, "leaf")
    assert [(check.name, check.passed) for check in checks.done] == [("validity of the leaf", valid)]
