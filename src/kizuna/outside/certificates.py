"""Certificates (X.509): reading them, and chains of them up to one that is trusted."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509 import Certificate

from kizuna.outside.checks import Checks

_PEM = b"-----BEGIN CERTIFICATE-----"
_ONE_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*")

#: A certificate lacks an extension, or its extensions cannot be read at all.
_NO_EXTENSION = (
    ValueError,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
)


def read_certificates(data: bytes) -> list[Certificate]:
    """The certificates of a PEM text, or the one of DER bytes. ValueError if there is none.

    Other text around PEM does not count: this is for files that somebody of ours has written.
    """
    try:
        if _PEM in data:
            return [_read_whole(each) for each in x509.load_pem_x509_certificates(data)]
        return [_read_whole(x509.load_der_x509_certificate(data))]
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise ValueError("is no certificate") from error


def read_certificate(data: bytes) -> Certificate:
    """The certificate that is all there is, in PEM or DER. ValueError for anything else.

    What a server answers may hold what others have sent, such as a page that repeats a search.
    """
    if data.startswith(_PEM) and not _ONE_PEM.fullmatch(data):
        raise ValueError("is more than a certificate")
    if _PEM in data and not data.startswith(_PEM):
        raise ValueError("is no certificate")
    [certificate] = read_certificates(data)
    return certificate


def _read_whole(certificate: Certificate) -> Certificate:
    """The certificate, of which names and times are read at last. ValueError if they cannot be."""
    for part in ("issuer", "subject", "not_valid_before_utc", "not_valid_after_utc"):
        getattr(certificate, part)
    return certificate


def read_certificate_file(path: Path) -> list[Certificate]:
    """The certificates of a file. ValueError with a sentence if it cannot be read or has none."""
    try:
        return read_certificates(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise ValueError(f"{path} holds no certificate") from None


def is_valid_at(certificate: Certificate, time: datetime) -> bool:
    """Whether a certificate is valid at a time: its first and its last second count."""
    return certificate.not_valid_before_utc <= time <= certificate.not_valid_after_utc


def check_valid_at(certificate: Certificate, time: datetime, checks: Checks, name: str) -> None:
    """The check that a certificate is valid at a time; `name` says in words which one it is."""
    if is_valid_at(certificate, time):
        checks.passed(f"validity of the {name}")
        return
    starts, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    reason = (
        f"it is valid from {starts:%Y-%m-%d %H:%M} to {ends:%Y-%m-%d %H:%M}, not at {time:%Y-%m-%d %H:%M}"
    )
    raise checks.refused(f"validity of the {name}", reason)


def is_issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether a certificate was signed by the holder of another one, and names it as its issuer."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def is_authority(certificate: Certificate) -> bool:
    """Whether a certificate may sign others."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except _NO_EXTENSION:
        return False


def has_extension(certificate: Certificate, oid: str) -> bool:
    """Whether a certificate has an extension, by its dotted number."""
    try:
        certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(oid))
    except _NO_EXTENSION:
        return False
    return True


def find_issuer(certificate: Certificate, trusted: Sequence[Certificate]) -> Certificate | None:
    """The one of some trusted certificates that has signed this one."""
    return next((anchor for anchor in trusted if is_issued_by(certificate, anchor)), None)
