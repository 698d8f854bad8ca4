"""The stores that are played, their time, and a client of theirs."""

from collections.abc import Iterator

import httpx
import pytest

from kizuna.testing import MovableClock
from kizuna.testing.providers import Providers


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def fakes(clock: MovableClock) -> Iterator[Providers]:
    with Providers(clock) as fakes:
        yield fakes


@pytest.fixture
def web(fakes: Providers) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=fakes.url, trust_env=False, verify=False) as web:
        yield web
