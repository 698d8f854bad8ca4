"""The requests that are sent, as the bytes that go over the wire, the same whichever driver sends them."""

import json
import secrets
from base64 import b64encode
from typing import Any, NamedTuple
from urllib.parse import urlsplit

#: Stands in a request for text that is another one each time the request is sent. As long as that text is.
UNIQUE = "<another-one-each-time>"

_TAG_LENGTH = 8

#: Length of the number in that text, behind the run's tag.
UNIQUE_DIGITS = len(UNIQUE) - _TAG_LENGTH


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> "Address":
        """The address in a URL, which must be of the form http://host:port."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"{url} is not of the form http://host:port")
        return cls(parts.hostname, parts.port or 80)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Request(NamedTuple):
    """One request; `UNIQUE` may stand in its body. A body that is no text is sent as its JSON."""

    method: str
    path: str
    authorization: str = ""
    body: Any = None

    def render(self, address: Address) -> bytes:
        """The request as it goes over the wire."""
        body = b"" if self.body is None else _text(self.body).encode()
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {address}"]
        if self.authorization:
            lines.append(f"Authorization: {self.authorization}")
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body


def _text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))


def basic(server_key: str) -> str:
    """The authorization of a client that signs a player in."""
    return "Basic " + b64encode(f"{server_key}:".encode()).decode()


def bearer(token: str) -> str:
    """The authorization of a signed-in player."""
    return f"Bearer {token}"


def new_tag() -> str:
    """What makes one run's unique texts differ from every other run's."""
    return secrets.token_hex(_TAG_LENGTH // 2)


def unique(tag: str, number: int) -> str:
    """The text that takes the place of `UNIQUE`."""
    return f"{tag}{number:0{UNIQUE_DIGITS}d}"
