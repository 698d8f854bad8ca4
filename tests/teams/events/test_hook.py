"""Cohorts that a game chooses."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from kizuna.teams.hooks import CohortChoice, TeamHooks
from tests.teams.events.stage import Stage


class Chooser(TeamHooks):
    """Chooses as a test says, and notes what it was asked."""

    def __init__(self) -> None:
        self.choice: CohortChoice | None = None
        self.asked: list[tuple[str, str, int, list[dict[str, Any]]]] = []

    async def cohort(
        self, event_leaderboard_id: str, team_id: str, tier: int, cohorts: Sequence[Mapping[str, Any]]
    ) -> CohortChoice | None:
        self.asked.append((event_leaderboard_id, team_id, tier, [dict(one) for one in cohorts]))
        return self.choice


@pytest.fixture
def chooser(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Chooser:
    chooser = Chooser()
    monkeypatch.setattr(stage.app.teams.event_leaderboards, "_hooks", chooser)
    return chooser


async def test_choice(stage: Stage, chooser: Chooser) -> None:
    """T-306, T-267: the hook names a cohort with room or a new one, and what clients are told of it."""
    event = stage.event()
    teams = await stage.teams(4)
    first = await stage.call(teams[0], "roll", event)
    chooser.choice = CohortChoice("", {"skill": [1, "high"]})
    second = await stage.call(teams[1], "roll", event)
    assert second["cohort_id"] != first["cohort_id"]
    assert second["matchmaker_properties"] == {"skill": [1, "high"]}
    assert chooser.asked[1] == (
        event,
        teams[1].id,
        0,
        [{"id": first["cohort_id"], "count": 1, "size": 20, "matchmaker_properties": {}}],
    )
    chooser.choice = CohortChoice(second["cohort_id"])
    third = await stage.call(teams[2], "roll", event)
    assert (third["cohort_id"], third["count"]) == (second["cohort_id"], "2")
    assert third["matchmaker_properties"] == {"skill": [1, "high"]}
    offered = chooser.asked[2][3]
    assert [one["id"] for one in offered] == [first["cohort_id"], second["cohort_id"]]
    assert offered[1]["matchmaker_properties"] == {"skill": [1, "high"]}
    chooser.choice = CohortChoice(first["cohort_id"], {"skill": 0})
    assert (await stage.call(teams[3], "roll", event))["matchmaker_properties"] == {"skill": 0}
    assert (await stage.call(teams[0], "get", event))["matchmaker_properties"] == {"skill": 0}


@pytest.mark.parametrize(
    "choice",
    [
        CohortChoice("5b0e1f3e-8a38-4b60-9a8b-000000000000"),
        CohortChoice("nonsense"),
        CohortChoice("", {"x": object()}),
    ],
)
async def test_wrong_choice(
    stage: Stage, chooser: Chooser, choice: CohortChoice, caplog: pytest.LogCaptureFixture
) -> None:
    """T-306, T-025: a choice that cannot be is an error of the game's; nothing remains of the call."""
    team, event = await stage.team(), stage.event()
    chooser.choice = choice
    with caplog.at_level(logging.ERROR):
        answer = await stage.ask(team, "roll", event)
    assert (answer.status_code, answer.json()["message"]) == (500, "internal error occurred")
    assert "the hook `cohort`" in caplog.text
    chooser.choice = None
    assert (await stage.call(team, "roll", event))["count"] == "1"


async def test_cohorts_of_others_are_not_offered(stage: Stage, chooser: Chooser) -> None:
    """T-306: full cohorts, other tiers, events and iterations are none that a team can come into."""
    event, other = stage.event(cohort_size=1), stage.event()
    one, two = await stage.teams(2)
    full = await stage.call(one, "roll", event)
    elsewhere = await stage.call(one, "roll", other)
    await stage.call(two, "roll", event)
    assert chooser.asked[-1][3] == []
    for cohort_id in (full["cohort_id"], elsewhere["cohort_id"]):
        chooser.choice = CohortChoice(cohort_id)
        third = await stage.team()
        assert (await stage.ask(third, "roll", event)).status_code == 500
