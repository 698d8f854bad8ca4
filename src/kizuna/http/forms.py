"""The corners of HTTP that form-posting clients can observe."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from kizuna.errors import invalid

CONTENT_TYPE = b"application/x-www-form-urlencoded"

# Possessive throughout: a header made for it must not make the search go back and forth.
_TOKEN = rb"[\w!#$%&'*+.^`|~-]++"
_VALUE = rb"(?:" + _TOKEN + rb'|"(?>(?:\\.|[^"\\])*)")'
_PARAMETER = rb";\s*+" + _TOKEN + rb"\s*+=\s*+" + _VALUE + rb"\s*+"
_TYPE = rb"\s*+[^\s;=/]++(?>(?:/[^\s;=/]++)?)\s*+"
_MEDIA_TYPE = re.compile(_TYPE + rb"(?>(?:" + _PARAMETER + rb")*);?+\s*+", re.DOTALL)


def overridden_method(headers: Mapping[bytes, bytes], method: str) -> str:
    """The method that a form asks to be taken for."""
    return headers.get(b"x-http-method-override", method.encode()).decode("latin-1") or method


def merged(query: bytes, form: bytes) -> bytes:
    """The form's fields as further query parameters."""
    return b"&".join(part for part in (form.strip(), query) if part)


def check_media_type(content_type: bytes) -> None:
    """400 for a Content-Type whose parameters cannot be parsed."""
    if content_type and content_type != b"application/json" and not _MEDIA_TYPE.fullmatch(content_type):
        raise invalid("mime: invalid media parameter")


def location(path: str, query: bytes) -> bytes:
    """A decoded path and its query as they go into a Location header."""
    return quote(path, safe="/:@!$&'()*+,;=~-._").encode() + (b"?" + query if query else b"")
