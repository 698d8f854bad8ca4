"""When nobody can say whether a session has ended, the client is told so in the usual form."""

import asyncpg
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from tests.support.applications import client_of, running_application
from tests.support.players import sign_in_async


async def test_an_unreachable_database_is_a_503_in_json(
    database_url: str, app_clock: ShiftedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        running_application(database_url, app_clock, {"bus": "postgres"}) as app,
        client_of(app) as api,
    ):
        player = await sign_in_async(api)
        _cut_off(app, monkeypatch)
        for path in ("/v2/account", "/v2/rpc/anything"):
            answer = await api.get(path, headers=player.headers)
            assert answer.status_code == 503
            assert answer.json()["code"] == 14
            assert answer.json()["message"] == "Session cannot be checked. Try again later."
        refresh = await api.post(
            "/v2/account/session/refresh", json={"token": player.refresh_token}, auth=("defaultkey", "")
        )
        assert (refresh.status_code, refresh.json()["message"]) == (500, "Error finding user account.")


def _cut_off(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the database had gone: no notices, no statements."""

    async def gone(*_: object) -> None:
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    monkeypatch.setattr(app._bus, "connected", False)
    monkeypatch.setattr(app.database, "read", gone)
