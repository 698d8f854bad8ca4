"""A query whose parameters are not of an operation's message but game code's to read."""

import re
from urllib.parse import unquote_to_bytes

_BAD_ESCAPE = re.compile(rb"%(?![0-9a-fA-F]{2})")


def parse_query(query: bytes) -> dict[str, list[str]]:
    """Values by name. Parts that are badly escaped or hold a semicolon are left out, as the reference does;
    what is not UTF-8 becomes U+FFFD."""
    parameters: dict[str, list[str]] = {}
    for part in query.split(b"&"):
        if part and b";" not in part and not _BAD_ESCAPE.search(part):
            name, _, value = part.partition(b"=")
            parameters.setdefault(_text(name), []).append(_text(value))
    return parameters


def _text(part: bytes) -> str:
    if b"+" in part:
        part = part.replace(b"+", b" ")
    if b"%" in part:
        part = unquote_to_bytes(part)
    return part.decode("utf-8", "replace")
