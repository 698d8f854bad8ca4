"""What a piece of work costs, whatever else goes on in the process of the tests."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail if the block takes more CPU time than that.

    Other threads do not count, nor does a collection of garbage, which looks at whatever thousands of tests
    before have left behind.
    """
    gc.disable()
    try:
        began = time.thread_time()
        yield
        spent = time.thread_time() - began
    finally:
        gc.enable()
    assert spent < seconds, f"{spent:.3f} s of CPU time, {seconds} are allowed"
