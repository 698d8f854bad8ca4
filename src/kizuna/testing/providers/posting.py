"""Requests from a store's servers to the game's."""

from http.client import HTTPException
from typing import Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

#: Seconds that the server may take.
_PATIENCE = 30

_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


class HasUrl(Protocol):
    """A server: `kizuna.testing.Server` is one."""

    url: str


class _NoRedirects(HTTPRedirectHandler):
    """Answers that lead elsewhere are answers like others."""

    def redirect_request(self, *_: object) -> None:
        return None


def post(server: HasUrl | str, path: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of a server's answer. ConnectionError if there is none."""
    url = (server if isinstance(server, str) else server.url).rstrip("/")
    request = Request(url + path, body, {"content-type": "application/json", **headers}, method="POST")
    try:
        with build_opener(ProxyHandler({}), _NoRedirects()).open(request, timeout=_PATIENCE) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code
    except (URLError, HTTPException, OSError) as error:
        raise ConnectionError(f"{url} does not answer: {getattr(error, 'reason', error)}") from None


def of_this_machine(url: str) -> str:
    """The URL of a server that runs on this machine. ValueError for any other text."""
    parts = urlsplit(str(url))
    if parts.scheme != "http" or parts.hostname not in _THIS_MACHINE:
        raise ValueError("no server of this machine")
    return url
