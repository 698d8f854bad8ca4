"""The paths of the stores' notifications: who finds them, and what becomes of what does not belong there."""

import asyncio
import gzip
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import yaml

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.errors import ApiError, Code
from kizuna.http.deadlines import Deadlines
from kizuna.http.webhooks import LARGEST_BODY, Webhook, Webhooks
from kizuna.testing.providers import Providers
from tests.hostile.raw import Line
from tests.purchases.notices import APPLE, GOOGLE, MONTH, NOW, noted
from tests.purchases.support import Shelf, Shopper, everything_kept
from tests.support.applications import client_of, running_application
from tests.support.processes import Server, start_server
from tests.support.providers import nested

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
SECRET = APPLE.rpartition("/")[2]
NOWHERE = "/v2/console/nobody/knows/this"


async def answer(api: httpx.AsyncClient, method: str, path: str, **options: Any) -> tuple[Any, ...]:
    """All that a client sees."""
    told = await api.request(method, path, **options)
    return told.status_code, sorted(told.headers.items()), told.content


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path",
    [
        APPLE[:-1],
        f"{APPLE}x",
        f"{APPLE}/",
        f"{APPLE}/x",
        APPLE.replace(SECRET, ""),
        APPLE.replace(SECRET, SECRET.upper()),
        APPLE.replace(SECRET, "%00"),
        APPLE.replace(SECRET, "\xfc\u20ac"),
        APPLE.replace("apple", "google"),
        APPLE.replace("apple", "huawei"),
        APPLE.replace("/v2/", "/v1/"),
    ],
)
async def test_without_the_secret_there_is_nothing(api: httpx.AsyncClient, method: str, path: str) -> None:
    body = {"content": b"{}"} if method in ("POST", "PUT") else {}
    assert await answer(api, method, path, **body) == await answer(api, method, NOWHERE, **body)
    assert (await api.post(path, content=b"{}")).status_code == 404


@pytest.mark.parametrize("path", [APPLE, GOOGLE, APPLE.replace("notifications/", "subscriptions/")])
async def test_only_post(api: httpx.AsyncClient, path: str) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH", "HEAD"):
        told = await api.request(method, path)
        assert (told.status_code, told.headers["allow"], told.content) == (405, "POST", b"")
    override = {"content-type": "application/x-www-form-urlencoded", "x-http-method-override": "POST"}
    assert (await api.get(path, headers=override)).status_code == 405


async def test_a_query_and_a_form_do_not_matter(api: httpx.AsyncClient, providers: Providers) -> None:
    body = providers.app_store.notification("TEST")
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert (await api.post(f"{APPLE}?a=b", content=body, headers=form)).status_code == 200
    assert (await api.post(APPLE, content=body, headers={"content-type": "none at all"})).status_code == 200


@pytest.mark.parametrize("size", [LARGEST_BODY - 1, LARGEST_BODY, LARGEST_BODY + 1, 5 * LARGEST_BODY])
async def test_a_megabyte_is_the_most(api: httpx.AsyncClient, size: int) -> None:
    told = await api.post(APPLE, content=b" " * size)
    assert told.status_code == (413 if size > LARGEST_BODY else 400)
    assert told.content == b""


async def test_what_is_too_large_is_not_taken_in(
    app: Application, api: httpx.AsyncClient, shelf: Shelf, ada: Shopper
) -> None:
    id = shelf.id()
    store = shelf.providers.app_store
    bought = store.transaction("vip", transaction_id=id, user_id=ada.id, expires=NOW + MONTH)
    body = store.notification("SUBSCRIBED", transaction=bought)
    before, rows = await noted(app), await everything_kept(app)
    padded = body + b" " * (LARGEST_BODY + 1 - len(body))
    assert (await api.post(APPLE, content=padded)).status_code == 413
    packed = {"content-encoding": "gzip"}
    assert (await api.post(APPLE, content=gzip.compress(padded), headers=packed)).status_code == 413
    assert (await noted(app), await everything_kept(app)) == (before, rows)
    assert (await api.post(APPLE, content=padded[:-1])).status_code == 200
    assert (await noted(app), await everything_kept(app)) == (before + 1, rows | {("subscription", id)})


async def test_a_megabyte_is_the_most_unpacked(api: httpx.AsyncClient) -> None:
    packed = gzip.compress(b" " * (LARGEST_BODY + 1))
    assert (await api.post(APPLE, content=packed, headers={"content-encoding": "gzip"})).status_code == 413
    broken = {"content-encoding": "gzip"}
    assert (await api.post(APPLE, content=b"x", headers=broken)).status_code == 400


async def test_without_an_id_there_is_no_path(
    database_url: str, app_clock: ShiftedClock, provider_settings: dict[str, Any]
) -> None:
    iap = provider_settings["iap"]
    apple = {**iap["apple"], "notifications_endpoint_id": ""}
    settings = {**provider_settings, "iap": {**iap, "apple": apple}}
    async with running_application(database_url, app_clock, settings) as app, client_of(app) as api:
        for path in (APPLE, APPLE.replace(SECRET, ""), APPLE.replace(f"/{SECRET}", "")):
            assert await answer(api, "POST", path) == await answer(api, "POST", NOWHERE)
        assert (await api.get(GOOGLE)).status_code == 405


async def test_they_are_not_in_the_documentation(api: httpx.AsyncClient) -> None:
    assert "/v2/console" not in (await api.get("/openapi.json")).text


async def test_the_log_does_not_tell_the_secret(
    api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "kizuna")
    for body in (b"", b"{}", b" " * (LARGEST_BODY + 1)):
        await api.post(APPLE, content=body)
    assert "Apple notification rejected: body: it is not JSON" in caplog.text
    assert SECRET not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("kizuna"))


# --- what goes wrong ---


async def status(accept: Callable[[str, bytes], Awaitable[None]], seconds: float = 60) -> int:
    """The status of the answer of a webhook."""
    deadlines = Deadlines(seconds)
    webhook = Webhook("A webhook", ("/v2/console/x/",), "secret", accept)
    webhooks = Webhooks([webhook], deadlines)
    assert webhooks.find("/v2/console/x/secret") is webhook

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}"}

    sweep = asyncio.create_task(deadlines.sweep())
    try:
        told, _ = await webhooks.answer(webhook, {"method": "POST", "type": "http"}, receive, {})
    finally:
        sweep.cancel()
    return told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ApiError(Code.INVALID_ARGUMENT, "x"), 400),
        (ApiError(Code.UNAUTHENTICATED, "x"), 401),
        (ApiError(Code.UNAVAILABLE, "x"), 503),
        (asyncpg.DataError("x"), 400),
        (asyncpg.LockNotAvailableError("x"), 503),
        (asyncpg.DeadlockDetectedError("x"), 503),
        (asyncpg.CannotConnectNowError("x"), 503),
        (ConnectionRefusedError(), 503),
        (TimeoutError(), 503),
        (LookupError("our own fault"), 500),
    ],
)
async def test_what_may_pass_is_to_come_again(error: Exception, told: int) -> None:
    async def fail(authorization: str, body: bytes) -> None:
        raise error

    assert await status(fail) == told


async def test_what_takes_too_long_is_to_come_again() -> None:
    async def hang(authorization: str, body: bytes) -> None:
        await asyncio.sleep(60)

    assert await status(hang, seconds=0.01) == 503


# --- on the wire ---


@pytest.fixture(scope="module")
def wire(
    database_url: str, providers: Providers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server in a process of its own."""
    folder: Path = tmp_path_factory.mktemp("webhooks")
    config = folder / "kizuna.yaml"
    config.write_text(yaml.safe_dump(nested(providers.settings)))
    server = start_server(database_url=database_url, config=config, log=folder / "server.log")
    yield server
    server.stop()


def chunks(size: int) -> bytes:
    return b"10000\r\n" + b"x" * 0x10000 + b"\r\n" if size else b"0\r\n\r\n"


def test_on_the_wire(wire: Server) -> None:
    head = f"POST {APPLE} HTTP/1.1\r\nHost: x\r\n".encode()
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    for sent, told in (
        ((head + b"Content-Length: 0\r\n\r\n",), 400),
        ((head + b"Content-Length: 2\r\n\r\n{}",), 400),
        ((head + b"Content-Length: 5000000\r\n\r\n", b"x" * 5_000_000), 413),
        ((chunked, *[chunks(1)] * 16, chunks(0)), 400),
        ((chunked, *[chunks(1)] * 17, chunks(0)), 413),
        ((chunked, *[chunks(1)] * 100), 413),
        ((f"GET {APPLE} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),), 405),
        ((f"POST {APPLE}x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}".encode(),), 404),
    ):
        with Line(wire.port) as line:
            line.send(*sent)
            reply = line.reply()
            assert reply is not None
            assert reply.status == told
            assert reply.body == b"" or told == 404
            assert (b"connection: close" in reply.head) is (told == 413)
    with Line(wire.port) as line:
        line.send(head + b"Content-Length: 500\r\n\r\n{")  # and hangs up
    assert wire.answers()
    assert "Traceback" not in wire.output
