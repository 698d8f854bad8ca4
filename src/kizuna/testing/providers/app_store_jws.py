"""Signed texts of the App Store (JWS), and forged ones of every kind."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from kizuna.testing.providers.app_store_chain import Chain
from kizuna.testing.providers.jwt import base64url, signature, signed_token
from kizuna.testing.providers.keys import ec_key, json_web_key, public_pem, rsa_key

Header = Mapping[str, Any]


def sign(payload: Any, chain: Chain, header: Header | None = None, forgery: str = "") -> str:
    """A payload, as JSON, signed with the leaf's key; `header` is merged into the right one.

    `forgery` is the name of what is wrong with it, one of `FORGERIES`. ValueError for another name.
    """
    whole = {"alg": chain.algorithm, "x5c": list(chain.x5c), **(header or {})}
    if not forgery:
        return _plain(payload, chain, whole)
    if forgery not in FORGERIES:
        raise ValueError(f"there is no forgery {forgery!r}, but {', '.join(FORGERIES)}")
    return FORGERIES[forgery](payload, chain, whole)


def _plain(payload: Any, chain: Chain, header: Header) -> str:
    return signed_token(chain.key, header, _json(payload), algorithm=chain.algorithm)


def _json(value: Any) -> bytes:
    # Unlike the tokens of other companies, those of Apple hold more than ASCII.
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _head(header: Header, payload: Any) -> str:
    """What a signature is for."""
    return f"{base64url(_json(header))}.{base64url(_json(payload))}"


def _unsigned(payload: Any, chain: Chain, header: Header) -> str:
    return signed_token(None, {**header, "alg": "none"}, _json(payload))


def _hmac_with_public_key(payload: Any, chain: Chain, header: Header) -> str:
    return signed_token(public_pem(chain.key).encode(), {**header, "alg": "HS256"}, _json(payload))


def _rsa(payload: Any, chain: Chain, header: Header) -> str:
    return signed_token(rsa_key("app store stranger"), {**header, "alg": "RS256"}, _json(payload))


def _other_algorithm_named(payload: Any, chain: Chain, header: Header) -> str:
    return _plain(payload, chain, {**header, "alg": "ES384"})


def _other_key(payload: Any, chain: Chain, header: Header) -> str:
    return _plain(payload, replace(chain, key=_stranger()), header)


def _embedded_key(payload: Any, chain: Chain, header: Header) -> str:
    return _other_key(payload, chain, {**header, "jwk": json_web_key(_stranger())})


def _key_url(payload: Any, chain: Chain, header: Header) -> str:
    return _other_key(payload, chain, {**header, "jku": "https://127.0.0.1:1/keys"})


def _stranger() -> ec.EllipticCurvePrivateKey:
    return ec_key("app store stranger")


def _der_signature(payload: Any, chain: Chain, header: Header) -> str:
    text = _head(header, payload)
    key = chain.key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return f"{text}.{base64url(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))}"


def _tampered_payload(payload: Any, chain: Chain, header: Header) -> str:
    _, right = _plain(payload, chain, header).rsplit(".", 1)
    return f"{_head(header, {**payload, 'productId': 'something else'})}.{right}"


def _tampered_header(payload: Any, chain: Chain, header: Header) -> str:
    _, right = _plain(payload, chain, header).rsplit(".", 1)
    return f"{_head({**header, 'typ': 'something else'}, payload)}.{right}"


def _tampered_signature(payload: Any, chain: Chain, header: Header) -> str:
    text = _head(header, payload)
    right = bytearray(signature(chain.key, text.encode(), chain.algorithm))
    right[len(right) // 2] ^= 1
    return f"{text}.{base64url(bytes(right))}"


def _empty_signature(payload: Any, chain: Chain, header: Header) -> str:
    return f"{_head(header, payload)}."


def _zero_signature(payload: Any, chain: Chain, header: Header) -> str:
    return f"{_head(header, payload)}.{base64url(bytes(64))}"


def _without_chain(payload: Any, chain: Chain, header: Header) -> str:
    return _plain(payload, chain, {name: value for name, value in header.items() if name != "x5c"})


def _four_parts(payload: Any, chain: Chain, header: Header) -> str:
    return f"{_plain(payload, chain, header)}.e30"


def _trailing_dot(payload: Any, chain: Chain, header: Header) -> str:
    return f"{_plain(payload, chain, header)}."


def _two_parts(payload: Any, chain: Chain, header: Header) -> str:
    return _head(header, payload)


def _no_json(payload: Any, chain: Chain, header: Header) -> str:
    return signed_token(chain.key, header, b"not JSON", algorithm=chain.algorithm)


def _padded(payload: Any, chain: Chain, header: Header) -> str:
    return f"{_plain(payload, chain, header)}=="


_Forgery = Callable[[Any, Chain, Header], str]

#: Every forgery by its name. That of the payload needs one that is an object.
FORGERIES: Mapping[str, _Forgery] = {
    "unsigned": _unsigned,
    "hmac_with_public_key": _hmac_with_public_key,
    "rsa": _rsa,
    "other_algorithm_named": _other_algorithm_named,
    "other_key": _other_key,
    "embedded_key": _embedded_key,
    "key_url": _key_url,
    "der_signature": _der_signature,
    "empty_signature": _empty_signature,
    "zero_signature": _zero_signature,
    "tampered_header": _tampered_header,
    "tampered_payload": _tampered_payload,
    "tampered_signature": _tampered_signature,
    "without_chain": _without_chain,
    "four_parts": _four_parts,
    "trailing_dot": _trailing_dot,
    "two_parts": _two_parts,
    "no_json": _no_json,
    "padded": _padded,
}
