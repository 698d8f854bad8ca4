"""Certificates as Apple's App Store signs with, and wrong ones of every kind."""

import base64
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from kizuna.clock import Clock
from kizuna.testing.providers.keys import PrivateKey, der, ec_key, name, rsa_key

#: Apple's own extensions, which tell what a certificate is for: signing receipts, and certificates for that.
LEAF_MARKER = "1.2.840.113635.100.6.11.1"
INTERMEDIATE_MARKER = "1.2.840.113635.100.6.2.1"

_ASN1_NULL = b"\x05\x00"
_TEN_YEARS = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Chain:
    """What the App Store signs with: `x5c` for the header, and the leaf's key with its algorithm.

    `signed` is the time at which something is signed that does not say when.
    """

    x5c: tuple[str, ...]
    key: PrivateKey
    algorithm: str
    signed: datetime


@dataclass(frozen=True, slots=True)
class _Form:
    """What a certificate says. `starts` and `ends` are from now on."""

    subject: str
    key: PrivateKey
    starts: timedelta = -_TEN_YEARS
    ends: timedelta = _TEN_YEARS
    is_authority: bool = True
    signs_certificates: bool = True
    path_length: int | None = None
    marker: str = ""
    names_keys: bool = True
    purposes: tuple[x509.ObjectIdentifier, ...] = ()


@dataclass(frozen=True, slots=True)
class _Holder:
    """A certificate, and a key: the one that it is for, or an impostor's."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def entry(self) -> str:
        """The certificate as it stands in `x5c`."""
        return base64.b64encode(der(self.certificate)).decode()


class Chains:
    """The certificates of one fake App Store."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._root = _issued(_root_form("app store root"), None, clock.now())
        #: One of the same name that nobody trusts.
        self._other_root = _issued(_root_form("app store other root"), None, clock.now())
        #: What is good does not change: Apple signs a year and longer with the same certificates.
        self._good = self.made()

    @property
    def root(self) -> x509.Certificate:
        """What verifiers have to trust."""
        return self._root.certificate

    def chain(self, kind: str = "good") -> Chain:
        """A chain by the name of what is wrong with it, one of `CHAINS`. ValueError for another name."""
        if kind not in CHAINS:
            raise ValueError(f"there is no chain {kind!r}, but {', '.join(CHAINS)}")
        if kind == "good":
            return replace(self._good, signed=self._clock.now())
        return CHAINS[kind](self)

    def made(
        self,
        *,
        leaf: Mapping[str, Any] | None = None,
        intermediate: Mapping[str, Any] | None = None,
        is_trusted: bool = True,
        leaf_issuer: str = "intermediate",
        algorithm: str = "ES256",
        signed: timedelta = timedelta(0),
        listed: Callable[[list[str]], list[str]] = list,
    ) -> Chain:
        """A chain of Apple's form with changes to its parts; `listed` changes the entries of x5c."""
        now = self._clock.now()
        root = self._root if is_trusted else self._other_root
        middle = _issued(replace(_intermediate_form(), **(intermediate or {})), root, now)
        second = _issued(_leaf_form(), middle, now) if leaf_issuer == "leaf" else middle
        impostor = replace(middle, key=ec_key("app store impostor", "P-384"))
        issuer = {"root": root, "impostor": impostor}.get(leaf_issuer, second)
        last = _issued(replace(_leaf_form(), **(leaf or {})), issuer, now)
        entries = listed([last.entry, second.entry, root.entry])
        return Chain(tuple(entries), last.key, algorithm, now + signed)

    def with_other_root_listed(self) -> Chain:
        """A good chain whose last entry is a root that has nothing to do with it."""
        return self.made(listed=lambda x5c: [*x5c[:2], self._other_root.entry])


def _root_form(key: str) -> _Form:
    return _Form("Fake Apple Root CA - G3", ec_key(key, "P-384"))


def _intermediate_form() -> _Form:
    key = ec_key("app store intermediate", "P-384")
    return _Form("Fake Apple Intermediate", key, path_length=0, marker=INTERMEDIATE_MARKER)


def _leaf_form() -> _Form:
    key = ec_key("app store leaf", "P-256")
    return _Form("Fake App Store", key, is_authority=False, signs_certificates=False, marker=LEAF_MARKER)


def _issued(form: _Form, issuer: _Holder | None, now: datetime) -> _Holder:
    """A certificate of this form, signed by its issuer, or by itself without one."""
    subject = name(form.subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(form.key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + form.starts)
        .not_valid_after(now + form.ends)
    )
    signer = issuer.key if issuer else form.key
    for extension, is_critical in _extensions(form, issuer.certificate if issuer else None):
        builder = builder.add_extension(extension, critical=is_critical)
    return _Holder(builder.sign(signer, hashes.SHA256()), form.key)


def _extensions(form: _Form, issuer: x509.Certificate | None) -> list[tuple[x509.ExtensionType, bool]]:
    """Extensions, and whether each is critical."""
    found: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(form.is_authority, form.path_length if form.is_authority else None), True),
        (_key_usage(form.signs_certificates), True),
    ]
    if form.names_keys:
        own = x509.SubjectKeyIdentifier.from_public_key(form.key.public_key())
        issuers = _key_identifier(issuer) if issuer else own
        found.append((own, False))
        found.append((x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuers), False))
    if form.marker:
        found.append((x509.UnrecognizedExtension(x509.ObjectIdentifier(form.marker), _ASN1_NULL), False))
    if form.purposes:
        found.append((x509.ExtendedKeyUsage(form.purposes), False))
    return found


def _key_identifier(certificate: x509.Certificate) -> x509.SubjectKeyIdentifier:
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value


def _key_usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _with_line_breaks(x5c: list[str]) -> list[str]:
    return ["\n".join(textwrap.wrap(entry, 64)) for entry in x5c]


def _for_days(starts: int, ends: int) -> dict[str, timedelta]:
    return {"starts": timedelta(days=starts), "ends": timedelta(days=ends)}


def _p384_leaf(chains: Chains) -> Chain:
    key = ec_key("app store P-384 leaf", "P-384")
    return chains.made(leaf={"key": key}, algorithm="ES384")


def _rsa_leaf(chains: Chains) -> Chain:
    return chains.made(leaf={"key": rsa_key("app store RSA leaf")}, algorithm="RS256")


def _changed(**changes: Any) -> Callable[[Chains], Chain]:
    return lambda chains: chains.made(**changes)


_OVER = _for_days(-400, -30)

#: Every chain by the name of what is wrong with it.
CHAINS: Mapping[str, Callable[[Chains], Chain]] = {
    "good": _changed(),
    "no_leaf_marker": _changed(leaf={"marker": ""}),
    "no_intermediate_marker": _changed(intermediate={"marker": ""}),
    "other_root": _changed(is_trusted=False),
    "expired_since_signing": _changed(leaf=_OVER, signed=timedelta(days=-60)),
    "expired_at_signing": _changed(leaf=_OVER),
    "not_yet_valid": _changed(leaf=_for_days(30, 400)),
    "intermediate_expired": _changed(intermediate=_OVER),
    "leaf_by_root": _changed(leaf_issuer="root"),
    "leaf_by_leaf": _changed(leaf_issuer="leaf"),
    "leaf_by_impostor": _changed(leaf_issuer="impostor"),
    "intermediate_is_no_authority": _changed(intermediate={"is_authority": False}),
    "intermediate_signs_no_certificates": _changed(intermediate={"signs_certificates": False}),
    "no_certificates": _changed(listed=lambda x5c: []),
    "two_certificates": _changed(listed=lambda x5c: x5c[:2]),
    "four_certificates": _changed(listed=lambda x5c: [*x5c, x5c[2]]),
    "reversed": _changed(listed=lambda x5c: x5c[::-1]),
    "p384_leaf": _p384_leaf,
    "rsa_leaf": _rsa_leaf,
    "no_key_identifiers": _changed(leaf={"names_keys": False}, intermediate={"names_keys": False}),
    "code_signing": _changed(leaf={"purposes": (ExtendedKeyUsageOID.CODE_SIGNING,)}),
    "garbage_as_root": _changed(listed=lambda x5c: [*x5c[:2], base64.b64encode(b"garbage").decode()]),
    "other_root_listed": Chains.with_other_root_listed,
    "garbage_as_leaf": _changed(listed=lambda x5c: ["garbage", *x5c[1:]]),
    "line_breaks": _changed(listed=_with_line_breaks),
}
