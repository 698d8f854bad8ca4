"""Connections: names that are looked up, addresses that are tried, and what the environment has wrong."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509

from kizuna.outside import client
from kizuna.outside.client import Outside, Unavailable
from kizuna.testing.providers import keys
from tests.outside.origin import Origin, says
from tests.support.waiting import wait_until_async

PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")

_getaddrinfo = socket.getaddrinfo


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class Resolver:
    """Tells the addresses of `known` hosts; those whose names begin with "hanging" wait for `release`."""

    def __init__(self) -> None:
        self.known: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.release = Event()

    def __call__(self, name: str | bytes, port: Any, *args: Any, **options: Any) -> list[Any]:
        host = name if isinstance(name, str) else name.decode()
        self.asked.append(host)
        if host.startswith("hanging"):
            self.release.wait()
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        addresses = self.known.get(host, [host])
        return [entry for address in addresses for entry in _getaddrinfo(address, port, *args, **options)]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    resolver = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    yield resolver
    resolver.release.set()


def at(origin: Origin, host: str, scheme: str = "http") -> str:
    """The server's URL by another name."""
    return f"{scheme}://{host}:{origin.url.rpartition(':')[2]}/"


# Names


@pytest.mark.parametrize("names", [lambda _: "hanging", lambda number: f"hanging-{number}"])
async def test_names_that_hang_hold_up_no_other_name(
    names: Callable[[int], str], origin: Origin, resolver: Resolver
) -> None:
    outside, hosts = Outside(30.0), {names(number) for number in range(50)}
    resolver.known["good.test"] = ["127.0.0.1"]
    hanging = [asyncio.create_task(outside.get(f"http://{names(number)}/")) for number in range(50)]

    async def are_looked_up() -> bool:
        return hosts <= set(resolver.asked)

    try:
        await wait_until_async(are_looked_up, what="lookups that hang")
        assert (await asyncio.wait_for(outside.get(at(origin, "good.test")), 10)).status == 200
        assert len(resolver.asked) == len(hosts) + 1, "a name is looked up once, however many wait for it"
    finally:
        resolver.release.set()
        answers = await asyncio.gather(*hanging, return_exceptions=True)
        await outside.close()
    assert all(isinstance(answer, Unavailable) for answer in answers)


async def test_who_hangs_is_given_up_in_time_and_asked_again_later(
    origin: Origin, resolver: Resolver
) -> None:
    outside = Outside(0.2)
    for _ in range(3):
        with pytest.raises(Unavailable, match=r"hanging\.test:\d+ did not answer within 0\.2 s"):
            await outside.get(at(origin, "hanging.test"))
    assert resolver.asked == ["hanging.test"]
    resolver.release.set()

    async def is_asked_again() -> bool:
        with pytest.raises(Unavailable):
            await outside.get(at(origin, "hanging.test"))
        return len(resolver.asked) > 1

    await wait_until_async(is_asked_again, what="another lookup")
    await outside.close()


@pytest.mark.parametrize("host", ["nobody.invalid", "x" * 64 + ".test", "a..test"])
async def test_a_name_of_nobody(host: str, outside: Outside, origin: Origin) -> None:
    for _ in range(2):
        with pytest.raises(Unavailable):
            await outside.get(at(origin, host))


async def test_the_next_address_is_tried(outside: Outside, origin: Origin, resolver: Resolver) -> None:
    resolver.known["two.test"] = ["127.0.0.9", "127.0.0.8", "127.0.0.1"]
    assert (await outside.get(at(origin, "two.test"))).status == 200
    assert "host: two.test:" in origin.heard[0].lower()
    resolver.known["none.test"] = ["127.0.0.9", "127.0.0.8"]
    with pytest.raises(Unavailable, match="ConnectError"):
        await outside.get(at(origin, "none.test"))


# TLS


@pytest_asyncio.fixture
async def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Origin]:
    """A server with a certificate for good.test, which counts."""
    key = keys.rsa_key("good.test")
    names = x509.SubjectAlternativeName([x509.DNSName("good.test")])
    certificate = keys.certificate("good.test", key, extensions=[(names, False)])
    path = tmp_path / "server.pem"
    path.write_bytes(keys.pem(certificate) + keys.private_pem(key).encode())
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(path)
    monkeypatch.setattr(client, "_authorities", lambda: ssl.create_default_context(cafile=str(path)))

    origin = Origin()
    server = await asyncio.start_server(origin.serve, "127.0.0.1", 0, ssl=own)
    origin.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield origin
    server.close()


async def test_a_certificate_must_be_of_the_name_that_is_asked(
    outside: Outside, secure: Origin, resolver: Resolver
) -> None:
    resolver.known = {"good.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]}
    secure.answer = says(b'{"a": 1}')
    for _ in range(2):
        assert (await outside.get(at(secure, "good.test", "https"))).json() == {"a": 1}
    for host in ("other.test", "127.0.0.1"):
        with pytest.raises(Unavailable, match="ConnectError"):
            await outside.get(at(secure, host, "https"))
    assert len(secure.heard) == 2
    assert resolver.asked.count("good.test") == 1, "the connection was kept"


# The environment


@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://user:the-secret@127.0.0.1:1",
        "gopher://user:the-secret@127.0.0.1:1",
        "http://user:the/secret@127.0.0.1:1",
    ],
)
async def test_a_proxy_that_cannot_be_used_is_told_and_tried_anew(
    proxy: str,
    outside: Outside,
    origin: Origin,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    for _ in range(2):
        with pytest.raises(Unavailable, match="connections cannot be made"):
            await outside.get("http://example.test/")
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 2
    assert all("Check HTTPS_PROXY" in line and "secret" not in line for line in told)
    monkeypatch.delenv("ALL_PROXY")
    assert (await outside.get(origin.url)).status == 200


@pytest.mark.parametrize(
    "environment",
    [{"ALL_PROXY": "http://127.0.0.1:99999"}, {"HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "[::1]"}],
)
async def test_an_environment_in_disorder_is_no_error_of_another_kind(
    environment: dict[str, str], outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await outside.get("http://example.test/")


async def test_a_proxy_is_used(
    outside: Outside, origin: Origin, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", origin.url)
    assert (await outside.get("http://somewhere.test/path")).status == 200
    assert origin.heard[0].startswith("GET http://somewhere.test/path HTTP/1.1")
    assert "somewhere.test" not in resolver.asked
