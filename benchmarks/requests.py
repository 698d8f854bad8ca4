"""Requests, and the bytes that go over the wire for them: the same ones whichever driver sends them."""

import json
import secrets
from base64 import b64encode
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

#: Stands in a body for text that differs each time the request is sent. As long as that text is.
UNIQUE = "<another-one-each-time>"

_TAG_LENGTH = 8

#: Length of the number in that text, behind a tag of the run.
UNIQUE_DIGITS = len(UNIQUE) - _TAG_LENGTH


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> "Address":
        """The address in a URL of the form http://host:port; ValueError for any other."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or parts.path.strip("/"):
            raise ValueError(f"{url} is not of the form http://host:port")
        return cls(parts.hostname, parts.port or 80)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Request(NamedTuple):
    """One request, its body as JSON."""

    method: str
    path: str
    authorization: str = ""
    body: Any = None

    @property
    def payload(self) -> bytes:
        """The body as it is sent."""
        return b"" if self.body is None else json.dumps(self.body, separators=(",", ":")).encode()

    @property
    def headers(self) -> dict[str, str]:
        """What a client would send beside `Host` and `Content-Length`."""
        found = {"Authorization": self.authorization, "Content-Type": "application/json" if self.body else ""}
        return {name: value for name, value in found.items() if value}

    def render(self, address: Address) -> bytes:
        """The whole request as it goes over the wire."""
        payload = self.payload
        headers = {"Host": str(address)} | self.headers
        if payload:
            headers["Content-Length"] = str(len(payload))
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        return "\r\n".join(lines).encode() + payload


def basic(server_key: str) -> str:
    """The authorization of a client that signs a player in."""
    return "Basic " + b64encode(f"{server_key}:".encode()).decode()


def bearer(token: str) -> str:
    """The authorization of a signed-in player."""
    return f"Bearer {token}"


def new_tag() -> str:
    """What tells one run's unique texts from every other run's."""
    return secrets.token_hex(_TAG_LENGTH // 2)


def unique(tag: str, number: int) -> str:
    """The text in the place of `UNIQUE`."""
    return f"{tag}{number:0{UNIQUE_DIGITS}d}"


class Refused(Exception):
    """A request was answered, but not with what it asked for."""


class Client:
    """A connection for requests whose answers matter."""

    def __init__(self, address: Address) -> None:
        self._connection = HTTPConnection(address.host, address.port, timeout=30)

    def ask(self, request: Request) -> bytes:
        """The answer's body; `Refused` unless the status is from 200 to 299."""
        payload = request.payload.replace(UNIQUE.encode(), unique(new_tag(), 0).encode())
        self._connection.request(request.method, request.path, payload or None, request.headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if not 200 <= answer.status < 300:
            text = body[:200].decode(errors="replace")
            raise Refused(f"{request.method} {request.path} was answered with {answer.status}: {text}")
        return body

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()
