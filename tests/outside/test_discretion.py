"""What is asked of one server is neither logged nor told to the next."""

import logging

import httpx
import pytest

from kizuna.outside.checks import quoted
from kizuna.outside.client import Outside
from tests.outside.origin import Origin, says


async def test_urls_of_ours_are_not_logged(
    outside: Outside, origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await outside.get(f"{origin.url}/path", query={"key": "our-secret"})
    assert "our-secret" in origin.heard[0]
    assert "our-secret" not in caplog.text
    async with httpx.AsyncClient() as client:
        await client.get(f"{origin.url}/?key=of-the-game")
    assert "of-the-game" in caplog.text, "what others send is theirs to log"


async def test_answers_are_not_logged(
    outside: Outside, origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    origin.answer = says(b"{}", set_cookie="session=their-secret")
    await outside.get(origin.url)
    assert "their-secret" not in caplog.text
    assert not [record for record in caplog.records if record.name.startswith("httpcore.http")]
    async with httpx.AsyncClient() as client:
        await client.get(origin.url)
    assert "their-secret" in caplog.text, "what others ask is theirs to log"


async def test_cookies_are_not_kept(outside: Outside, origin: Origin) -> None:
    origin.answer = says(b"{}", set_cookie="player=ada; Path=/")
    for _ in range(2):
        await outside.get(origin.url)
    assert len(origin.heard) == 2
    assert "ada" not in "".join(origin.heard)


def test_what_others_have_sent_is_quoted_in_short() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    for value in ("x" * 1_000_000, deep, ["x" * 1000] * 1000, {"a": deep}, 10**4000):
        assert len(quoted(value)) <= 201
    assert quoted("a\nb\x1bé") == r"'a\nb\x1b\xe9'"
    assert [quoted(value) for value in (None, True, 1.5, ["a"])] == ["None", "True", "1.5", "['a']"]
