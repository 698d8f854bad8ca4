"""The watchdog and the logging, inside the test's process."""

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Iterator

import pytest

from kizuna.host import logs
from kizuna.host.watchdog import Watchdog
from tests.support.waiting import wait_until_async


async def test_a_loop_that_runs_is_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    watchdog = Watchdog(limit=0.5, period=0.02)
    watchdog.start()
    await asyncio.sleep(0.8)
    watchdog.stop()
    assert caplog.records == []


async def test_every_blockage_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    watchdog = Watchdog(limit=0.3, period=0.02)
    watchdog.start()
    for _ in range(2):
        await asyncio.sleep(0.05)
        time.sleep(0.6)  # noqa: ASYNC251 (that is the point)
        await wait_until_async(lambda: _is_over(caplog), what="the blockage's end")
    watchdog.stop()
    messages = [record.getMessage() for record in caplog.records]
    assert [message.split(" for ")[0].split(" after ")[0] for message in messages] == [
        "The event loop has been blocked",
        "The event loop runs again",
    ] * 2
    assert "time.sleep(0.6)" in messages[0]


async def _is_over(caplog: pytest.LogCaptureFixture) -> bool:
    """Whether every blockage that was told has ended."""
    return bool(caplog.records) and len(caplog.records) % 2 == 0


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Tells what was logged; afterwards the logging of the test-suite is as before."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield lambda: capsys.readouterr().err
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)


def test_a_line_of_text(log: Callable[[], str]) -> None:
    logs.configure("info", "text")
    logging.getLogger("kizuna.somewhere").info("hello %s", "you")
    logging.getLogger("kizuna.somewhere").debug("not this")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO \[\d+\] kizuna\.somewhere: hello you\n", log()
    )


def test_a_line_of_json(log: Callable[[], str]) -> None:
    logs.configure("warn", "json")
    try:
        raise ValueError("broken\nin two lines")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("it failed", extra={"user": "u1"})
    logging.getLogger("uvicorn.error").info("not this")
    entry = json.loads(log())
    assert {entry[key] for key in ("level", "logger", "message", "user")} == {
        "error",
        "uvicorn.error",
        "it failed",
        "u1",
    }
    assert "ValueError: broken" in entry["exception"]
