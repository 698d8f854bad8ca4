"""Signed tokens (JWT), put together by hand: a library that both sides used would hide its own mistakes."""

import base64
import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

#: What signs: a private key, the secret of an HMAC, or nothing at all.
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | bytes | None

_HASHES: dict[str, Any] = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}


def base64url(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed_token(
    key: Key,
    header: Mapping[str, Any],
    claims: Mapping[str, Any] | bytes,
    *,
    algorithm: str | None = None,
) -> str:
    """A token. It is signed as the header's `alg` says, whatever that is, or as `algorithm` says instead.

    RS…, PS… (RSA), ES… (elliptic curves), HS… (HMAC with bytes) and none. `claims` may be the payload itself.
    """
    payload = claims if isinstance(claims, bytes) else _json(claims)
    signed = f"{base64url(_json(header))}.{base64url(payload)}"
    how = algorithm or str(header.get("alg"))
    return f"{signed}.{base64url(signature(key, signed.encode(), how))}"


def signature(key: Key, data: bytes, algorithm: str) -> bytes:
    """The signature of a token's first two parts."""
    if isinstance(key, rsa.RSAPrivateKey):
        return _rsa_signature(key, data, algorithm)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return _ec_signature(key, data, algorithm)
    if key is None or algorithm == "none":
        return b""
    return hmac.new(key, data, getattr(hashlib, f"sha{algorithm[2:]}")).digest()


def _rsa_signature(key: rsa.RSAPrivateKey, data: bytes, algorithm: str) -> bytes:
    digest = _hash(algorithm)
    if algorithm.startswith("PS"):
        scheme = padding.PSS(padding.MGF1(digest), digest.digest_size)
        return key.sign(data, scheme, digest)
    return key.sign(data, padding.PKCS1v15(), digest)


def _ec_signature(key: ec.EllipticCurvePrivateKey, data: bytes, algorithm: str) -> bytes:
    size = (key.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(_hash(algorithm))))
    return r.to_bytes(size) + s.to_bytes(size)


def _hash(algorithm: str) -> Any:
    return _HASHES.get(algorithm[2:], hashes.SHA256)()


def issue(
    key: Key,
    key_id: str,
    claims: Mapping[str, Any],
    *,
    changed: Mapping[str, Any] | None = None,
    without: Collection[str] = (),
    header: Mapping[str, Any] | None = None,
    algorithm: str = "RS256",
) -> str:
    """A token of a provider, with what a test wants otherwise.

    `changed` claims replace those that are due, claims `without` are left out; so are fields of the `header`
    that are None.
    """
    head = {"alg": algorithm, "kid": key_id, "typ": "JWT", **(header or {})}
    told = {name: value for name, value in {**claims, **(changed or {})}.items() if name not in without}
    return signed_token(
        key, {name: value for name, value in head.items() if value is not None}, told, algorithm=algorithm
    )


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
