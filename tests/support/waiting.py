"""Waiting for a condition, never for a duration."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
_PAUSE = 0.02


def wait_until(condition: Callable[[], T], within: float = 10, what: str = "the condition") -> T:
    """The condition's value as soon as it is true; a failed test after `within` seconds."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true in {within} s")
        time.sleep(_PAUSE)
    return value


async def wait_until_async(
    condition: Callable[[], Awaitable[T]], within: float = 10, what: str = "the condition"
) -> T:
    """The same for a condition that has to be awaited."""
    deadline = time.monotonic() + within
    while not (value := await condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true in {within} s")
        await asyncio.sleep(_PAUSE)
    return value


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """The result of asynchronous work, from synchronous code, without touching the tests' own event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
