"""The one way of sending a request out: limited in time, size and redirects."""

import asyncio
import logging
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

from kizuna.outside.encoding import json_object

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

#: The largest answer that is read, in bytes.
LARGEST_ANSWER = 1 << 20

#: What every request carries. Uncompressed, an answer is as large as it looks.
_HEADERS = {"user-agent": "kizuna", "accept-encoding": "identity"}

#: Connections without work are kept this long, in seconds.
_KEEP_ALIVE = 30.0

#: Whether what is under way is a request of ours, which httpx shall not log: it logs URLs with all they hold.
_ours: ContextVar[bool] = ContextVar("ours", default=False)


class Unavailable(Exception):
    """A server could not be asked, did not answer in time, or answered with what is no answer.

    The text is for the log: it names the host and never the rest of the URL, which may hold secrets.
    """


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server has answered, whatever the status. `headers` are by their lower-case names."""

    host: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_server_error(self) -> bool:
        """Whether the fault is the server's own: it may answer when asked again."""
        return self.status >= 500 or self.status == 429

    def json(self) -> dict[str, Any]:
        """The body, which is a JSON object. `Unavailable` for anything else."""
        try:
            return json_object(self.body)
        except ValueError as error:
            raise Unavailable(f"{self.host} answered with what {error}") from None


class Outside:
    """Sends requests to other companies' servers. `timeout` is the longest that one may take, in seconds.

    Redirects are answers like others. The environment's proxies are used (HTTPS_PROXY, NO_PROXY). Nobody
    waits for a connection that somebody else holds: a server that hangs holds its own requests alone.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._client: httpx.AsyncClient | None = None
        self._opening: asyncio.Task[httpx.AsyncClient] | None = None

    async def get(
        self,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        largest: int = LARGEST_ANSWER,
    ) -> Reply:
        """GET a URL; `query` is added to it. `Unavailable` unless there is an answer, of any status."""
        return await self._send("GET", url, query, headers, largest)

    async def post(
        self,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        json: bytes | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        largest: int = LARGEST_ANSWER,
    ) -> Reply:
        """POST a form, JSON, or nothing. `Unavailable` unless there is an answer, of any status."""
        content: dict[str, Any] = {}
        if form is not None:
            content = {"data": dict(form)}
        elif json is not None:
            headers = {"content-type": "application/json", **(headers or {})}
            content = {"content": json}
        return await self._send("POST", url, query, headers, largest, **content)

    async def close(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()

    async def _send(
        self,
        method: str,
        url: str,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        largest: int,
        **content: Any,
    ) -> Reply:
        import httpx

        try:
            target = httpx.URL(url) if query is None else httpx.URL(url, params=dict(query))
        except (httpx.InvalidURL, ValueError, TypeError):
            raise Unavailable("the URL is none") from None
        try:
            async with asyncio.timeout(self.timeout):
                client = await self._opened()
                with _unlogged():
                    async with client.stream(method, target, headers=headers, **content) as response:
                        body = await _read(response, largest)
        except TimeoutError:
            raise Unavailable(f"{target.host} did not answer within {self.timeout:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError, OSError) as error:
            raise Unavailable(f"{target.host} could not be asked: {type(error).__name__}") from None
        return Reply(target.host, response.status_code, response.headers, body)

    async def _opened(self) -> "httpx.AsyncClient":
        """The client, made when it is first needed: reading the certificates of authorities takes a while."""
        if self._client is None:
            if self._opening is None:
                self._opening = asyncio.create_task(_open())
            self._client = await asyncio.shield(self._opening)
        return self._client


async def _open() -> "httpx.AsyncClient":
    import httpx

    trusted = await asyncio.to_thread(_authorities)
    logging.getLogger("httpx").addFilter(_is_not_ours)
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=_KEEP_ALIVE)
    return httpx.AsyncClient(
        verify=trusted,
        limits=limits,
        timeout=None,
        follow_redirects=False,
        headers=_HEADERS,
        cookies=no_cookies,
    )


@contextmanager
def _unlogged() -> Iterator[None]:
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


def _is_not_ours(record: logging.LogRecord) -> bool:
    return not _ours.get()


@cache
def _authorities() -> ssl.SSLContext:
    return ssl.create_default_context()


async def _read(response: "httpx.Response", largest: int) -> bytes:
    body = bytearray()
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise Unavailable(f"{response.url.host} answered in a coding that nobody has asked for")
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > largest:
            raise Unavailable(f"{response.url.host} answered with more than {largest} bytes")
    return bytes(body)
