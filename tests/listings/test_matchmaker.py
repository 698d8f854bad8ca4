"""What the matchmaker tells of itself."""

from datetime import UTC, datetime, timedelta

import httpx

from kizuna.app import Application
from kizuna.matchmaker.service import Completion, Stats
from tests.listings.conftest import Visitor

STATS = "/v2/matchmaker/stats"
START = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)


async def test_stats(ada: Visitor, app: Application) -> None:
    assert await ada.sees(STATS) == {}
    app.matchmaker.publish(Stats(3, START + timedelta(microseconds=1500)))
    assert await ada.sees(STATS) == {
        "ticket_count": 3,
        "oldest_ticket_create_time": "2026-01-01T12:30:00.001500Z",
    }
    completions = [
        Completion(START + timedelta(seconds=number), START + timedelta(minutes=1)) for number in range(12)
    ]
    app.matchmaker.publish(Stats(completions=completions))
    told = (await ada.sees(STATS))["completions"]
    assert len(told) == 10
    assert told[0] == {"create_time": "2026-01-01T12:30:02Z", "complete_time": "2026-01-01T12:31:00Z"}
    assert told[-1]["create_time"] == "2026-01-01T12:30:11Z"
    app.matchmaker.publish(Stats())
    assert await ada.sees(STATS) == {}


async def test_lists_are_for_players(api: httpx.AsyncClient) -> None:
    for path in (STATS, "/v2/match", "/v2/party"):
        answer = await api.get(path)
        assert (answer.status_code, answer.json()["message"]) == (401, "Auth token required")
        answer = await api.get(path, auth=("defaultkey", ""))
        assert (answer.status_code, answer.json()["message"]) == (401, "Auth token invalid")
