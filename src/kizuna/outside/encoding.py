"""base64 and JSON as signatures need them: one spelling of everything, nothing dropped, nothing guessed."""

import base64
import binascii
import re
from typing import Any

import orjson

_URL_SAFE = re.compile(r"[A-Za-z0-9_-]*")
_BREAKS = str.maketrans("", "", "\r\n")


def base64url(text: str) -> bytes:
    """Bytes from base64url without padding. ValueError for anything else."""
    if not _URL_SAFE.fullmatch(text) or len(text) % 4 == 1:
        raise ValueError("is not base64url without padding")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_")


def base64_standard(text: str) -> bytes:
    """Bytes from base64 with padding; line breaks do not count. ValueError for anything else."""
    try:
        return base64.b64decode(text.translate(_BREAKS), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64") from None


def json_object(data: str | bytes) -> dict[str, Any]:
    """A JSON object. ValueError for anything else."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise ValueError("is not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("is no JSON object")
    return value
