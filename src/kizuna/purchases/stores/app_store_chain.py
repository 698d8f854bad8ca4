"""The certificates that the App Store signs with, up to a root that is trusted."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.x509 import Certificate

from kizuna.outside.certificates import (
    check_valid_at,
    find_issuer,
    has_extension,
    is_authority,
    is_issued_by,
    read_certificate_file,
)
from kizuna.outside.checks import Check, Checks

#: Apple's extensions which tell that a certificate signs what the App Store says, and that it issues such.
LEAF_MARKER = "1.2.840.113635.100.6.11.1"
INTERMEDIATE_MARKER = "1.2.840.113635.100.6.2.1"

#: Chains that are kept: Apple uses a handful at a time.
_KEPT = 32

#: Critical extensions that are understood; one that is not may forbid what is being done.
_UNDERSTOOD = frozenset(
    [
        x509.BasicConstraints.oid,
        x509.KeyUsage.oid,
        x509.ExtendedKeyUsage.oid,
        x509.ObjectIdentifier(LEAF_MARKER),
        x509.ObjectIdentifier(INTERMEDIATE_MARKER),
    ]
)

#: What is raised by certificates that are broken inside, when what is broken is looked at.
_BROKEN = (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion)

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True)
class Chain:
    """Certificates of which each is signed by the next, the last being trusted. `key` is the leaf's."""

    leaf: Certificate
    intermediate: Certificate
    root: Certificate
    key: EllipticCurvePublicKey
    checks: tuple[Check, ...]

    def check_valid_at(self, time: datetime, checks: Checks) -> None:
        """The checks that all of it is valid at a time."""
        check_valid_at(self.leaf, time, checks, "leaf certificate")
        check_valid_at(self.intermediate, time, checks, "intermediate certificate")
        check_valid_at(self.root, time, checks, "root certificate")


class Chains:
    """Finds chains to the `roots`. Those that are good are kept: their signatures take milliseconds."""

    def __init__(self, roots: Sequence[Certificate]) -> None:
        self._roots = roots
        self._kept: dict[tuple[bytes, bytes], Chain] = {}

    def find(self, x5c: object, checks: Checks) -> Chain:
        """The chain of a JWS header's `x5c`, valid at some time or other. `Refused`.

        The rules are those of Apple's own libraries: three entries, of which the third does not count, since
        only the trusted roots do; key identifiers are there; a marker tells what each certificate is for.
        """
        entries = _entries(x5c, checks)
        chain = self._kept.get(entries)
        if chain is None:
            return self._keep(entries, self._build(entries, checks))
        checks.done.extend(chain.checks)
        return chain

    def _keep(self, entries: tuple[bytes, bytes], chain: Chain) -> Chain:
        if len(self._kept) >= _KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[entries] = chain
        return chain

    def _build(self, entries: tuple[bytes, bytes], checks: Checks) -> Chain:
        known = len(checks.done)
        try:
            leaf, intermediate = (x509.load_der_x509_certificate(entry) for entry in entries)
            root = self._root_of(leaf, intermediate, checks)
            _check_authority("root", root, 1, checks)
            _check_authority("intermediate", intermediate, 0, checks)
            _check_issued("intermediate", intermediate, root, INTERMEDIATE_MARKER, checks)
            _check_use(leaf, checks)
            _check_issued("leaf", leaf, intermediate, LEAF_MARKER, checks)
            key = _key_of(leaf, checks)
        except _BROKEN as error:
            raise checks.refused("certificates", f"one is broken: {type(error).__name__}") from None
        return Chain(leaf, intermediate, root, key, tuple(checks.done[known:]))

    def _root_of(self, leaf: Certificate, intermediate: Certificate, checks: Checks) -> Certificate:
        root = find_issuer(intermediate, self._roots)
        if root is None:
            raise checks.refused("chain", "the intermediate certificate is signed by no trusted root")
        signed = is_issued_by(leaf, intermediate)
        checks.require("chain", signed, "the leaf certificate is not signed by the intermediate one")
        return root


def trusted_roots(path: Path | None) -> list[Certificate]:
    """The roots in a PEM file, or Apple's own. ValueError with a sentence if the file holds none."""
    return read_certificate_file(path or Path(__file__).with_name("apple_root_ca_g3.pem"))


def _entries(x5c: object, checks: Checks) -> tuple[bytes, bytes]:
    """The two certificates of `x5c` that count, DER."""
    if not isinstance(x5c, list) or len(x5c) != 3:
        raise checks.refused("certificates", "x5c has not exactly three entries")
    try:
        leaf, intermediate = (base64.b64decode(entry, validate=True) for entry in x5c[:2])
    except (ValueError, TypeError):
        raise checks.refused("certificates", "an entry of x5c is not base64") from None
    checks.passed("certificates", "3")
    return leaf, intermediate


def _check_authority(name: str, certificate: Certificate, below: int, checks: Checks) -> None:
    """The checks that a certificate may sign others, with so many authorities below it."""
    usage = _extension(certificate, x509.KeyUsage)
    signs = is_authority(certificate) and usage is not None and usage.key_cert_sign
    checks.require(f"authority of the {name} certificate", signs, "it may not sign others")
    constraints = _extension(certificate, x509.BasicConstraints)
    length = constraints.path_length if constraints else None
    enough = length is None or length >= below
    checks.require(f"path length of the {name} certificate", enough, f"it is {length}")


def _check_use(leaf: Certificate, checks: Checks) -> None:
    usage = _extension(leaf, x509.KeyUsage)
    signs = usage is None or usage.digital_signature
    checks.require("key usage of the leaf certificate", signs, "it is not for signatures")


def _check_issued(
    name: str, certificate: Certificate, issuer: Certificate, marker: str, checks: Checks
) -> None:
    """The checks that all of a certificate is understood, that it names its issuer's key, and its marker."""
    unknown = [e.oid.dotted_string for e in certificate.extensions if e.critical and e.oid not in _UNDERSTOOD]
    otherwise = f"{' and '.join(unknown)} critical, and not understood"
    checks.require(f"extensions of the {name} certificate", not unknown, otherwise)
    named = _extension(certificate, x509.AuthorityKeyIdentifier)
    key = _extension(issuer, x509.SubjectKeyIdentifier)
    matches = named is not None and key is not None and named.key_identifier == key.digest
    checks.require(f"key identifier of the {name} certificate", matches, "it is not the issuer's")
    is_marked = has_extension(certificate, marker)
    checks.require(f"marker of the {name} certificate", is_marked, f"it has no extension {marker}")


def _key_of(leaf: Certificate, checks: Checks) -> EllipticCurvePublicKey:
    key = leaf.public_key()
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise checks.refused("key", "the leaf certificate's key is not on the curve P-256")
    checks.passed("key", "P-256")
    return key


def _extension(certificate: Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
