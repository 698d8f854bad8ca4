"""Payloads in their wrapping: a JSON string on the way in, `{"payload": …}` on the way out."""

import json
import re

import orjson

from kizuna.errors import invalid
from kizuna.wire.encode import without_surrogates

NOT_A_STRING = "json: cannot unmarshal object into Go value of type string"

_HTML = re.compile(rb"[<>&]|\xe2\x80[\xa8\xa9]")
_ESCAPES = {
    b"<": rb"\u003c",
    b">": rb"\u003e",
    b"&": rb"\u0026",
    b"\xe2\x80\xa8": rb"\u2028",
    b"\xe2\x80\xa9": rb"\u2029",
}


def unwrap(body: bytes) -> str:
    """The content of a JSON string; nothing and null are "". 400 with one fixed text for anything else."""
    if not body:
        return ""
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        payload = _unusual(body)
    if payload is None:
        return ""
    if not isinstance(payload, str):
        raise invalid(NOT_A_STRING)
    return payload


def _unusual(body: bytes) -> object:
    """What orjson refuses and the reference reads: bytes and escapes that are no text become U+FFFD."""
    if not body.lstrip().startswith(b'"'):
        raise invalid(NOT_A_STRING)
    try:
        return without_surrogates(json.loads(body.decode("utf-8", "replace")))
    except ValueError:
        raise invalid(NOT_A_STRING) from None


def wrap(payload: str) -> bytes:
    """The answer's body. What HTML would take for its own is escaped, as the reference does."""
    try:
        body = orjson.dumps({"payload": payload})
    except orjson.JSONEncodeError:
        body = orjson.dumps({"payload": without_surrogates(payload)})
    if b"<" in body or b">" in body or b"&" in body or b"\xe2\x80" in body:
        return _HTML.sub(lambda match: _ESCAPES[match[0]], body)
    return body
