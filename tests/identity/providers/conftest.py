"""The application with every provider set up, and the fakes behind it."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers
from tests.identity.providers.support import SignIns


class Everything(logging.Handler):
    """Notes what is logged, apart from what the server of the fakes logs."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("uvicorn"):
            self.lines.append(self.format(record))


@pytest.fixture(scope="module")
def app_settings(provider_settings: dict[str, Any]) -> dict[str, Any]:
    return provider_settings


@pytest.fixture(autouse=True)
def two_days_later(providers: Providers, app_clock: ShiftedClock) -> None:
    """Every test begins with fakes that are well, and so late that nothing is kept from the one before."""
    providers.faults.clear()
    providers.requests.clear()
    app_clock.offset += timedelta(days=2)


@pytest.fixture
def sign_ins(
    app: Application, api: httpx.AsyncClient, providers: Providers, caplog: pytest.LogCaptureFixture
) -> Iterator[SignIns]:
    """Signs in, with an eye on what is created and logged; no secret may be."""
    caplog.set_level(logging.DEBUG)
    sign_ins, everything = SignIns(api, app.database, caplog), Everything()
    logging.getLogger().addHandler(everything)
    yield sign_ins
    logging.getLogger().removeHandler(everything)
    ours = (
        providers.facebook.app_secret,
        providers.facebook_instant.app_secret,
        providers.google.client_secret,
        providers.steam.publisher_key,
    )
    for secret in (*ours, *sign_ins.sent):
        assert not [line for line in everything.lines if secret in line]
