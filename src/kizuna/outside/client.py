"""The one way of sending a request out: limited in time, size and redirects."""

import asyncio
import logging
import ssl
from collections import Counter
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

#: Requests to one host at once; whoever comes beyond them is told so and does not wait.
MOST_TO_A_HOST = 256

#: The longest name of a host that there is, in characters: clients may send longer ones, for the log.
_LONGEST_HOST = 253

#: Loggers that tell of requests, at some level with all that these hold.
_TELLTALES = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)

#: What every request carries. Uncompressed, an answer is as large as it looks.
_HEADERS = {"user-agent": "kizuna", "accept-encoding": "identity"}

#: What the environment may have wrong when not even a connection can be tried.
_WHAT_TO_CHECK = (
    "Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, which must be of the form http://HOST:PORT (SOCKS is not"
    " spoken), NO_PROXY and SSL_CERT_FILE."
)

#: Whether what is under way is a request of ours, of which the libraries shall not log anything.
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
    waits for a connection or a lookup of a name that somebody else holds: a server that hangs, or that nobody
    finds, holds its own requests alone, `MOST_TO_A_HOST` of them. Behind a proxy, lookups share the few
    threads of the event loop.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._client: httpx.AsyncClient | None = None
        self._opening: asyncio.Task[None] | None = None
        self._under_way: Counter[str] = Counter()

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
        return await self._send("POST", url, None, headers, largest, **content)

    async def close(self) -> None:
        """Close every connection."""
        if self._opening is not None:
            await self._opening
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
        host, where = _host(target), _shortened(target.netloc)
        try:
            async with asyncio.timeout(self.timeout):
                client = await self._opened()
                with self._one_more(host), _unlogged():
                    async with client.stream(method, target, headers=headers, **content) as response:
                        body = await _read(response, host, largest)
        except Unavailable:
            raise
        except TimeoutError:
            raise Unavailable(f"{where} did not answer within {self.timeout:g} s") from None
        except Exception as error:
            # Of the libraries' own classes, the system's, or what the environment's proxies bring about.
            raise Unavailable(f"{where} could not be asked: {type(error).__name__}") from None
        return Reply(host, response.status_code, response.headers, body)

    @contextmanager
    def _one_more(self, host: str) -> Iterator[None]:
        """One more request to a host, if there is room for it; each holds a connection."""
        if self._under_way[host] >= MOST_TO_A_HOST:
            raise Unavailable(f"{host} is being asked {MOST_TO_A_HOST} times already")
        self._under_way[host] += 1
        try:
            yield
        finally:
            self._under_way[host] -= 1
            if not self._under_way[host]:
                del self._under_way[host]

    async def _opened(self) -> "httpx.AsyncClient":
        """The client, made when it is first needed: reading the certificates of authorities takes a while.
        `Unavailable` if it cannot be made, which is tried anew for the next request.
        """
        if self._client is None:
            if self._opening is None:
                self._opening = asyncio.create_task(self._open())
            await asyncio.shield(self._opening)
        if self._client is None:
            raise Unavailable("nobody can be asked: connections cannot be made")
        return self._client

    async def _open(self) -> None:
        try:
            self._client = await _client()
        except Exception as error:
            # The error's own text may hold a proxy's password.
            log.error("No other company's server can be asked (%s). %s", type(error).__name__, _WHAT_TO_CHECK)
        finally:
            self._opening = None


async def _client() -> "httpx.AsyncClient":
    import httpx

    from kizuna.outside.connections import connecting

    trusted = await asyncio.to_thread(_authorities)
    for telltale in _TELLTALES:
        logging.getLogger(telltale).addFilter(_is_not_ours)
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx.AsyncClient(
        timeout=None, follow_redirects=False, headers=_HEADERS, cookies=no_cookies, **connecting(trusted)
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


def _host(url: "httpx.URL") -> str:
    """The host as it is asked for; its spelling with other letters need not be decodable."""
    return _shortened(url.raw_host)


def _shortened(host: bytes) -> str:
    return host.decode("ascii", "backslashreplace")[:_LONGEST_HOST]


async def _read(response: "httpx.Response", host: str, largest: int) -> bytes:
    body = bytearray()
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise Unavailable(f"{host} answered in a coding that nobody has asked for")
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > largest:
            raise Unavailable(f"{host} answered with more than {largest} bytes")
    return bytes(body)
