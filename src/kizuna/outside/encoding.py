"""base64 and JSON as signatures need them: one spelling of everything, nothing dropped, nothing guessed."""

import base64
import binascii
import re
from typing import Any

import orjson

_URL_SAFE = re.compile(r"[A-Za-z0-9_-]*")
_BREAKS = str.maketrans("", "", "\r\n")

#: What the last letter is, by how many there are after the last whole four. Some of its bits belong to no
#: byte: whoever may choose them has several spellings of the same bytes.
_LAST_LETTERS = {2: frozenset("AQgw"), 3: frozenset("AEIMQUYcgkosw048")}


def base64url(text: str) -> bytes:
    """Bytes from base64url without padding. ValueError for anything else."""
    if not _URL_SAFE.fullmatch(text) or len(text) % 4 == 1 or not _ends_well(text):
        raise ValueError("is not base64url without padding")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_")


def base64_standard(text: str) -> bytes:
    """Bytes from base64 with padding; line breaks do not count. ValueError for anything else."""
    text = text.translate(_BREAKS)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64") from None
    if not _ends_well(text.rstrip("=")):
        raise ValueError("is not base64")
    return data


def _ends_well(letters: str) -> bool:
    """Whether the last letter is the one that an encoder writes."""
    last = _LAST_LETTERS.get(len(letters) % 4)
    return last is None or letters[-1] in last


def json_object(data: str | bytes) -> dict[str, Any]:
    """A JSON object. ValueError for anything else."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise ValueError("is not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("is no JSON object")
    return value
