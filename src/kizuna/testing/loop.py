"""An event loop beside the tests, which wait for what they ask of it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

from kizuna import cancellation

T = TypeVar("T")

#: What pytest shows of an error begins where the test, the game or the server is concerned.
__tracebackhide__ = True

#: Seconds that a loop has to end.
PATIENCE = 10.0


class LoopThread:
    """An event loop in a thread of its own, from the beginning of a `with` block to its end."""

    def __init__(self, name: str) -> None:
        self._loop = _new_loop()
        # Should something block the loop for ever, the process must still be able to end.
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def __enter__(self) -> "LoopThread":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            raise RuntimeError(f"the event loop of {self._thread.name} is blocked and does not end")

    def run(self, work: Coroutine[Any, Any, T], within: float | None = None) -> T:
        """The result of a coroutine, cancelled when the wait is interrupted or too long (TimeoutError)."""
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("this runs on the loop already: use await")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            done, _ = wait([future], within)
        finally:
            future.cancel()  # which changes nothing about one that is done
        if not done:
            raise TimeoutError(f"not done within {within} s")
        if error := future.exception():
            raise error  # with the stack of the coroutine alone
        return future.result()

    def _work(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            _finish(self._loop)


def apart(work: Callable[..., T], *arguments: Any) -> T:
    """What a blocking function gives that runs an event loop itself, which the tests' thread may have too."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *arguments).result()


def _new_loop() -> asyncio.AbstractEventLoop:
    """The kind of loop that a server runs on."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _finish(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    loop.run_until_complete(cancellation.end(tasks))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
