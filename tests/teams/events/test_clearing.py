"""What is left of cohorts that have expired."""

import asyncio

from kizuna.db.statements import Query
from kizuna.teams.config.shapes import ChangeZone
from kizuna.teams.events.clearing import clear_expired
from kizuna.teams.events.service import TeamEventLeaderboards
from kizuna.teams.hooks import TeamHooks
from tests.teams.events.stage import DAY, MONDAY, WEEK, Stage, Team

COUNTS = Query(
    "test.counts",
    "What there is of an event.",
    """
    select (select count(*) from team_event_cohort c where c.event_id = $1) as cohorts,
        (select count(*) from team_event_roll r where r.event_id = $1) as rolls,
        (select count(*) from team_event e where e.event_id = $1) as enrolments,
        (select count(*) from team_event_score s join team_event_cohort c on c.id = s.cohort_id
            where c.event_id = $1) as scores
    """,
)


async def _counts(stage: Stage, event: str) -> tuple[int, ...]:
    [row] = await stage.app.database.read(COUNTS, event)
    return tuple(row)


async def _clear(stage: Stage, *events: str) -> int:
    configured = {event: stage.configured(event) for event in events}
    return await clear_expired(stage.app.database, configured, stage.seconds + MONDAY)


async def _season(stage: Stage, event: str) -> list[Team]:
    """Four teams play a week; the last is idle."""
    teams = await stage.teams(4)
    for score, team in zip((9, 5, 1, None), teams, strict=True):
        await stage.call(team, "roll", event)
        if score is not None:
            await stage.call(team, "update", event, score=score)
    return teams


async def test_outcomes_outlive_cohorts(stage: Stage) -> None:
    """T-470, T-305: what is cleared away still decides in which tier a team is rolled."""
    zones = {0: ChangeZone(promotion=0.5), 1: ChangeZone(demotion=0.5, demote_idle=True)}
    tiers = []
    for clears in (False, True):
        stage.go(0)
        event = stage.event(change_zones=zones, max_idle_tier_drop=0)
        teams = await _season(stage, event)
        stage.go(WEEK - 1)
        assert await _clear(stage, event) == 0
        stage.go(WEEK)
        if clears:
            assert await _clear(stage, event) == 1
            assert await _counts(stage, event) == (0, 0, 4, 0)
            seen = await stage.call(teams[0], "get", event)
            assert seen["can_roll"]
            assert seen["tier"] == 1
            assert "cohort_id" not in seen
            refused = await stage.refusal(teams[0], "claim", event)
            assert refused == (3, "event leaderboard not claimable")
        tiers.append([(await stage.call(team, "roll", event)).get("tier", 0) for team in teams])
    assert tiers == [[1, 1, 0, 0]] * 2


async def test_only_what_expired_is_cleared(stage: Stage) -> None:
    """T-470: cohorts that somebody can still see stay, and events that are not configured."""
    event, other = stage.event(), stage.event()
    await _season(stage, event)
    await _season(stage, other)
    stage.go(6 * DAY)
    assert await _clear(stage, event, other) == 0
    stage.go(WEEK)
    assert await _clear(stage, event) == 1
    assert await _counts(stage, event) == (0, 0, 4, 0)
    assert await _counts(stage, other) == (1, 4, 4, 4)
    assert await _clear(stage, event, other) == 1


async def test_regular_clearing(stage: Stage) -> None:
    """T-470: what is done from time to time goes by the present and the configuration of then."""
    event = stage.event()
    await _season(stage, event)
    clock, teams = stage.clock, stage.app.teams
    events = TeamEventLeaderboards(
        stage.app.database, teams.rewards, TeamHooks(), clock, lambda: teams.versions.current
    )
    await events.clean_up()
    assert await _counts(stage, event) == (1, 4, 4, 4)
    stage.go(WEEK)
    await events.clean_up()
    assert await _counts(stage, event) == (0, 0, 4, 0)


async def test_another_clock_is_ahead(stage: Stage) -> None:
    """T-470, T-332, T-339: what another process has cleared away is no more, though its time is not over."""
    event = stage.event()
    first, *_ = await _season(stage, event)
    stage.go(WEEK - 1)
    assert await clear_expired(stage.app.database, {event: stage.configured(event)}, MONDAY + WEEK) == 1
    seen = await stage.call(first, "get", event)
    assert not seen.keys() & {"can_claim", "count", "scores"}
    assert await stage.refusal(first, "claim", event) == (3, "event leaderboard not claimable")
    for function in ("fill", "scores"):
        refused = await stage.refusal(first, function, event)
        assert refused == (9, "event leaderboard cohort not assigned")
    assert (await stage.call(first, "roll", event))["start_time_sec"] == str(MONDAY + WEEK)


async def test_clearing_while_teams_roll(stage: Stage) -> None:
    """T-470: teams that roll while their last cohort goes keep what it came to."""
    zones = {tier: ChangeZone(promotion=1.0) for tier in range(3)}
    events = [stage.event(change_zones=zones, cohort_size=1) for _ in range(3)]
    teams = await stage.teams(6)
    for event in events:
        for team in teams:
            await stage.call(team, "roll", event)
            await stage.call(team, "update", event, score=1)
    stage.go(WEEK)
    rolls = [stage.call(team, "roll", event) for event in events for team in teams]
    results = await asyncio.gather(_clear(stage, *events), _clear(stage, *events), *rolls)
    assert results[0] + results[1] == 18
    assert [rolled["tier"] for rolled in results[2:]] == [1] * 18
