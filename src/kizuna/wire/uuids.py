"""Identifiers as clients may spell them."""

import re

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DASHED = re.compile(_CANONICAL.pattern, re.IGNORECASE | re.ASCII)
_BARE = re.compile(r"[0-9a-f]{32}", re.IGNORECASE | re.ASCII)
_URN = "urn:uuid:"


def parse_uuid(text: str) -> str | None:
    """The canonical lower-case spelling, or None for what is no UUID.

    Accepted are 36 characters with dashes and 32 without, in either case, also in braces or after
    `urn:uuid:`. Version and variant are not looked at.
    """
    if _CANONICAL.fullmatch(text):
        return text
    if text.startswith(_URN):
        text = text.removeprefix(_URN)
    elif text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    if _DASHED.fullmatch(text):
        return text.lower()
    if not _BARE.fullmatch(text):
        return None
    digits = text.lower()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
