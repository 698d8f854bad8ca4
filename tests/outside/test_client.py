"""Requests to other companies' servers are limited in every way."""

import asyncio
import gzip

import pytest

from kizuna.outside.client import MOST_TO_A_HOST, Outside, Unavailable
from tests.outside.origin import Origin, hangs, says, sends

SECRET = "the-secret"


async def test_an_answer_of_any_status_is_an_answer(outside: Outside, origin: Origin) -> None:
    origin.answer = says(b'{"a": 1}', "418 Teapot", x_y="z")
    reply = await outside.get(f"{origin.url}/path", query={"q": "a b&c"})
    assert (reply.status, reply.json(), reply.headers["x-y"]) == (418, {"a": 1}, "z")
    assert origin.heard[0].startswith("GET /path?q=a+b%26c HTTP/1.1\r\n")


async def test_forms_and_json_are_posted(outside: Outside, origin: Origin) -> None:
    await outside.post(f"{origin.url}/form", form={"code": "4/0"})
    assert "content-type: application/x-www-form-urlencoded" in origin.heard[0].lower()


async def test_what_is_no_json_object_is_no_answer(outside: Outside, origin: Origin) -> None:
    for body in (b"", b"<html>", b"null", b"[]", b'"x"', b"1", b"\xff", b'{"a":1'):
        origin.answer = says(body)
        reply = await outside.get(origin.url)
        with pytest.raises(Unavailable):
            reply.json()


async def test_redirects_are_not_followed(outside: Outside, origin: Origin) -> None:
    origin.answer = says(b"", "302 Found", location=f"{origin.url}/elsewhere")
    assert (await outside.get(origin.url)).status == 302
    assert len(origin.heard) == 1


async def test_who_does_not_answer_in_time_is_given_up(origin: Origin) -> None:
    outside = Outside(0.2)
    drip = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx"
    for answer in (hangs, sends(b"HTTP/1.1 200 OK\r\n"), sends(drip)):
        origin.answer = answer
        with pytest.raises(Unavailable, match=r"did not answer within 0\.2 s"):
            await outside.get(f"{origin.url}/?token={SECRET}")
    await outside.close()


async def test_an_answer_that_is_too_large_is_not_read(outside: Outside, origin: Origin) -> None:
    origin.answer = says(b"x" * 1000)
    assert len((await outside.get(origin.url, largest=1000)).body) == 1000
    with pytest.raises(Unavailable, match="more than 999 bytes"):
        await outside.get(origin.url, largest=999)


async def test_a_compressed_answer_is_none(outside: Outside, origin: Origin) -> None:
    """A few bytes could become any number of them."""
    origin.answer = says(gzip.compress(b"{}"), content_encoding="gzip")
    with pytest.raises(Unavailable, match="coding"):
        await outside.get(origin.url)
    assert "accept-encoding: identity" in origin.heard[0].lower()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_a_broken_answer_is_none(outside: Outside, origin: Origin, data: bytes) -> None:
    origin.answer = sends(data, close=True)
    with pytest.raises(Unavailable) as caught:
        await outside.get(f"{origin.url}/{SECRET}?{SECRET}")
    assert SECRET not in str(caught.value)


async def test_nobody_is_there(outside: Outside) -> None:
    for url in (
        "http://127.0.0.1:1/",
        "http://[",
        "nonsense",
        "http://nobody.invalid/",
        "file:///etc/passwd",
    ):
        with pytest.raises(Unavailable):
            await outside.get(f"{url}?{SECRET}")


async def test_who_hangs_holds_up_nobody_else(origin: Origin) -> None:
    outside = Outside(30.0)
    origin.answer = hangs
    hanging = [asyncio.create_task(outside.get(origin.url)) for _ in range(150)]
    await origin.has_heard(len(hanging))
    origin.answer = says(b"{}")
    assert (await asyncio.wait_for(outside.get(origin.url), 10)).status == 200
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)
    await outside.close()


async def test_no_host_holds_more_than_its_share(origin: Origin) -> None:
    outside = Outside(30.0)
    origin.answer = hangs
    hanging = [asyncio.create_task(outside.get(origin.url)) for _ in range(MOST_TO_A_HOST)]
    await origin.has_heard(len(hanging))
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1 is being asked 256 times already"):
        await asyncio.wait_for(outside.get(origin.url), 10)
    elsewhere = origin.url.replace("127.0.0.1", "localhost")
    origin.answer = says(b"{}")
    assert (await asyncio.wait_for(outside.get(elsewhere), 10)).status == 200
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)
    assert (await asyncio.wait_for(outside.get(origin.url), 10)).status == 200, "there is room again"
    await outside.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1/", "127.0.0.1:1 could not be asked: ConnectError"),
        ("http://xn--a.invalid/x.cer", "xn--a.invalid could not be asked"),
        ("https://xn--a.invalid:81/x.cer", "xn--a.invalid:81 could not be asked"),
        ("http://user:the-secret@127.0.0.1:1/", "127.0.0.1:1 could not be asked"),
    ],
)
async def test_messages_name_the_host_and_a_port_of_its_own(outside: Outside, url: str, said: str) -> None:
    with pytest.raises(Unavailable) as caught:
        await outside.get(url, query={"key": SECRET})
    assert str(caught.value).startswith(said)
    assert SECRET not in str(caught.value)


async def test_long_names_of_hosts_are_cut(outside: Outside) -> None:
    with pytest.raises(Unavailable) as caught:
        await outside.get(f"http://{'x' * 60_000}.invalid/")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "error", [OverflowError(), RuntimeError(), ExceptionGroup("none", [ValueError()]), ImportError()]
)
async def test_whatever_fails_is_told_as_one_error(
    error: Exception, outside: Outside, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("httpcore.AnyIOBackend.connect_tcp", fails)
    with pytest.raises(Unavailable, match=f"could not be asked: {type(error).__name__}"):
        await outside.get(origin.url)


async def test_a_port_that_there_is_not(outside: Outside) -> None:
    with pytest.raises(Unavailable):
        await outside.get("http://127.0.0.1:99999/")
