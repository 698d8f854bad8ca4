"""Keys and certificates of the fakes. Each key is made once in a process, when it is first needed."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Lock
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from kizuna.testing.providers.jwt import base64url

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_CURVES: dict[str, type[ec.EllipticCurve]] = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1}

_making = Lock()


def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The RSA key of this name."""
    with _making:
        return _rsa_key(name, bits)


def ec_key(name: str, curve: str = "P-256") -> ec.EllipticCurvePrivateKey:
    """The key of this name on an elliptic curve, "P-256" or "P-384"."""
    with _making:
        return _ec_key(name, curve)


@cache
def _rsa_key(name: str, bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@cache
def _ec_key(name: str, curve: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(_CURVES[curve]())


def private_pem(key: PrivateKey) -> str:
    """A private key as PKCS #8 PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: PrivateKey) -> str:
    """The public half of a key as PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def public_der(key: PrivateKey) -> bytes:
    """The public half of a key as DER."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_id(key: PrivateKey) -> str:
    """An id that belongs to this very key."""
    return hashlib.sha256(public_der(key)).hexdigest()[:20]


# JSON Web Keys


def json_web_key(key: PrivateKey) -> dict[str, str]:
    """The public half of a key as providers publish it."""
    public = key.public_key()
    common = {"kid": key_id(key), "use": "sig"}
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", **common, "alg": "RS256", "n": _number(numbers.n), "e": _number(numbers.e)}
    point, size = public.public_numbers(), (public.key_size + 7) // 8
    curve, algorithm = {256: ("P-256", "ES256"), 384: ("P-384", "ES384")}[public.key_size]
    x, y = (base64url(number.to_bytes(size)) for number in (point.x, point.y))
    return {"kty": "EC", **common, "alg": algorithm, "crv": curve, "x": x, "y": y}


def _number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8))


class KeyRing:
    """The RSA keys that a company signs with: one is current, and some are published."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._generation = 1
        self._published: list[Any] | None = None

    @property
    def current(self) -> rsa.RSAPrivateKey:
        """The key that signs now."""
        return rsa_key(f"{self._name} {self._generation}")

    def rotate(self) -> rsa.RSAPrivateKey:
        """Sign with a new key from now on, publish it, and withdraw the one before."""
        self._generation += 1
        self._published = None
        return self.current

    def publish(self, entries: Sequence[Any]) -> None:
        """Publish exactly these entries, whatever they are; keys become entries as they should be."""
        self._published = [
            json_web_key(entry) if isinstance(entry, PrivateKey) else entry for entry in entries
        ]

    @property
    def published(self) -> dict[str, Any]:
        """The published keys as a JSON Web Key Set."""
        return {"keys": [json_web_key(self.current)] if self._published is None else self._published}


# Certificates


def name(common_name: str, **others: str) -> x509.Name:
    """A name in a certificate: `name("Apple Root", organization="Apple Inc.", country="US")`."""
    oids = {
        "organization": NameOID.ORGANIZATION_NAME,
        "unit": NameOID.ORGANIZATIONAL_UNIT_NAME,
        "country": NameOID.COUNTRY_NAME,
    }
    parts = [x509.NameAttribute(oids[key], value) for key, value in others.items()]
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name), *parts])


def certificate(
    subject: str | x509.Name,
    key: PrivateKey,
    *,
    issuer: x509.Certificate | None = None,
    issuer_key: PrivateKey | None = None,
    authority: bool = False,
    starts: datetime | None = None,
    ends: datetime | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    marks: Sequence[str] = (),
    algorithm: hashes.SHA256 | hashes.SHA384 | None = None,
) -> x509.Certificate:
    """A certificate for a key: signed by an issuer, or by itself where none is named.

    It is valid from the year 2000 for a century unless `starts` and `ends` say otherwise. `extensions` come
    with whether they are critical; `marks` are dotted numbers of extensions that are only there or not.
    """
    own = subject if isinstance(subject, x509.Name) else name(subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(issuer.subject if issuer else own)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts or datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(ends or datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(_usage(authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_authority_of(issuer_key or key), critical=False)
    )
    for extension, critical in (*extensions, *map(_mark, marks)):
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key or key, algorithm or hashes.SHA256())


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_of(key: PrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _mark(oid: str) -> tuple[x509.ExtensionType, bool]:
    null = b"\x05\x00"
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), null), False


def around(now: datetime, days: float) -> dict[str, Any]:
    """`starts` and `ends` of a certificate that is valid this long before and after a time."""
    whole = now.replace(microsecond=0)
    return {"starts": whole - timedelta(days=days), "ends": whole + timedelta(days=days)}


def pem(*certificates: x509.Certificate) -> bytes:
    """Certificates as PEM, one after another."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def der(certificate: x509.Certificate) -> bytes:
    """A certificate as DER."""
    return certificate.public_bytes(Encoding.DER)
