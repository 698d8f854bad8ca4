"""Games without Teams, and with an empty configuration."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.clock import ShiftedClock
from tests.support.applications import client_of, running_application
from tests.support.players import sign_in_async
from tests.teams.support import answered, ask, plain_team, refused


@pytest.fixture(scope="module")
def app_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """With a Teams configuration that says nothing."""
    file = tmp_path_factory.mktemp("game") / "empty.json"
    file.write_text("{}")
    return {"teams": {"config": file}}


@pytest_asyncio.fixture(scope="module")
async def without_teams(database_url: str, app_clock: ShiftedClock) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application without a Teams configuration, on the same database."""
    async with running_application(database_url, app_clock) as application, client_of(application) as client:
        yield client


LISTS = [
    "TEAMS_STORE_GET",
    "TEAMS_STATS_GET",
    "TEAMS_INVENTORY_LIST",
    "TEAMS_INVENTORY_LIST_INVENTORY",
    "TEAMS_ACHIEVEMENTS_GET",
    "TEAMS_EVENT_LEADERBOARD_LIST",
    "TEAMS_REWARD_MAILBOX_LIST",
    "TEAMS_GIFT_LIST",
]

WRITES: list[tuple[str, dict[str, Any], str]] = [
    ("TEAMS_STORE_PURCHASE", {"item_id": "x"}, "item not found"),
    ("TEAMS_WALLET_GRANT", {"currencies": {"x": 1}}, "team currency not found"),
    ("TEAMS_STATS_UPDATE", {"public": [{"name": "x", "value": 1, "operator": 1}]}, "stats not found"),
    ("TEAMS_INVENTORY_GRANT", {"items": {"x": 1}}, "item not found"),
    ("TEAMS_ACHIEVEMENTS_UPDATE", {"achievements": {"x": 1}}, "achievement not found"),
    ("TEAMS_ACHIEVEMENTS_CLAIM", {"achievement_ids": ["x"]}, "achievement not found"),
    (
        "TEAMS_EVENT_LEADERBOARD_UPDATE",
        {"event_leaderboard_id": "x", "score": 1},
        "event leaderboard not found",
    ),
    ("TEAMS_GIFT_CONTRIBUTE", {"gift_id": "x", "count": 1}, "team gift not found"),
]


@pytest.mark.parametrize("function", LISTS)
async def test_sections_that_are_missing_are_empty(api: httpx.AsyncClient, function: str) -> None:
    """T-033: what is listed is nothing, apart from the time."""
    owner = await sign_in_async(api)
    team = await plain_team(api, owner)
    message = answered(await ask(api, owner, function, {"id": team}))
    assert message.keys() <= {"current_time_sec"}


@pytest.mark.parametrize(("function", "request_", "error"), WRITES)
async def test_writes_to_missing_sections_find_nothing(
    api: httpx.AsyncClient, function: str, request_: dict[str, Any], error: str
) -> None:
    """T-033: each section has its own error for that."""
    owner = await sign_in_async(api)
    team = await plain_team(api, owner)
    assert refused(await ask(api, owner, function, {"id": team, **request_})) == (400, 3, error)


async def test_new_teams_have_the_default_size(api: httpx.AsyncClient) -> None:
    """T-130: 25, where the configuration says nothing."""
    owner = await sign_in_async(api)
    team = answered(await ask(api, owner, "TEAMS_CREATE", {"name": str(uuid.uuid4())}))
    assert team["max_count"] == 25


async def test_icon_is_the_old_name_of_the_avatar(api: httpx.AsyncClient) -> None:
    """T-018: older clients send it."""
    owner = await sign_in_async(api)
    request = {"name": str(uuid.uuid4()), "icon": "https://example.test/a.png"}
    assert answered(await ask(api, owner, "TEAMS_CREATE", request))["avatar_url"] == request["icon"]


@pytest.mark.parametrize(
    "function", ["TEAMS_CREATE", "TEAMS_WALLET_GET", "TEAMS_EVENT_LEADERBOARD_DEBUG_FILL"]
)
async def test_without_a_configuration_there_are_no_functions(
    without_teams: httpx.AsyncClient, function: str
) -> None:
    """T-007: their ids are as unknown as any other."""
    player = await sign_in_async(without_teams)
    known = await ask(without_teams, player, function, {"id": str(uuid.uuid4())})
    unknown = await ask(without_teams, player, "NO_SUCH_THING", {})
    assert known.status_code == 404
    assert known.json() == unknown.json()
    assert (known.json()["code"], known.json()["message"]) == (5, "RPC function not found")


async def test_a_file_may_lie_anywhere(database_url: str, app_clock: ShiftedClock, tmp_path: Path) -> None:
    """T-127: a path in the settings, absolute or from the working directory."""
    file = tmp_path / "teams.yaml"
    file.write_text("max_team_size: 77\n")
    settings = {"teams": {"config": str(file)}}
    async with running_application(database_url, app_clock, settings) as application:
        assert application.teams.versions.current.max_team_size == 77
