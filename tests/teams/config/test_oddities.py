"""When a configuration is warned of, and when it is not."""

from typing import Any

import pytest

from tests.teams.config.support import changed, put, warnings_of

DASH = "event_leaderboards.event_leaderboards.dragon_dash"
DAY = 86_400


def of_dash(**values: Any) -> list[str]:
    """What is said about a leaderboard with rewards, without its place."""
    found = warnings_of(
        changed(**{f"{DASH.replace('.', '__')}__{key}": value for key, value in values.items()})
    )
    return [warning.removeprefix(f"guilds.json: {DASH}: ") for warning in found]


def no_time(remedy: str) -> list[str]:
    return [f"has rewards, but no time to claim them: {remedy}"]


TOO_LONG = no_time("`duration` must be shorter than the period")
ENDLESS = no_time("it never ends without `start_time_sec` and `duration`")
NOT_BEFORE = no_time("`start_time_sec` and `duration` must let it end before `end_time_sec`")


@pytest.mark.parametrize(
    ("schedule", "duration", "expected"),
    [
        ("0 */6 * * *", 0, TOO_LONG),
        ("0 */6 * * *", 21_600, TOO_LONG),
        ("0 */6 * * *", 21_599, []),
        ("0 0 1 * *", 28 * DAY - 1, []),
        ("0 0 1 * *", 28 * DAY, TOO_LONG),  # as long as a February
        ("0 0 1,10 * *", 10 * DAY, TOO_LONG),
        ("0 0 1 1 * 2031", 0, TOO_LONG),  # without an end
        ("0 0 1 1 * 2031", DAY, []),  # claimed whenever the team likes
    ],
)
def test_a_period_must_leave_time_to_claim(schedule: str, duration: int, expected: list[str]) -> None:
    """T-293: rewards are claimed from the end to the expiry, which is the next tick."""
    assert of_dash(reset_schedule=schedule, duration=duration) == expected


@pytest.mark.parametrize(
    ("start", "duration", "end", "expected"),
    [
        (0, 0, 0, ENDLESS),
        (0, DAY, 0, ENDLESS),
        (DAY, 0, 0, ENDLESS),
        (DAY, DAY, 0, []),
        (DAY, 0, 5 * DAY, NOT_BEFORE),
        (0, DAY, 5 * DAY, NOT_BEFORE),
        (DAY, 4 * DAY, 5 * DAY, NOT_BEFORE),
        (DAY, 4 * DAY - 1, 5 * DAY, []),
    ],
)
def test_a_single_event_must_leave_time_to_claim(
    start: int, duration: int, end: int, expected: list[str]
) -> None:
    """T-296: a duration counts from a start only."""
    given = of_dash(reset_schedule="", start_time_sec=start, duration=duration, end_time_sec=end)
    assert given == expected


def test_an_end_may_cut_the_last_period_short() -> None:
    """T-295: all the others leave time."""
    assert of_dash(end_time_sec=1_800_000_000) == []


def test_races_and_what_has_no_rewards_need_no_time() -> None:
    """T-326: a race is decided before its end; one tier that is none is enough for a warning."""
    assert of_dash(duration=0, score_target=5) == []
    assert of_dash(duration=0, reward_tiers={"0": [{"rank_min": 1, "rank_max": 1, "tier_change": 1}]}) == []
    assert of_dash(duration=0, tier_overrides={"0": {"score_target": 5}}) == []
    tiers = {"0": [], "1": [{"rank_min": 1, "rank_max": 1, "reward": {}}]}
    races = {"0": {"score_target": 5}}
    assert of_dash(duration=0, tiers=2, tier_overrides=races, reward_tiers=tiers) == TOO_LONG


def test_every_part_of_a_reward_is_looked_at() -> None:
    """T-149: personal ones too."""
    upside_down = {"guaranteed": {"currencies": {"coins": {"min": 2, "max": 1}}}}
    places = [
        "achievements.achievements.first_raid.reward.team_reward.member_reward",
        "gifts.gifts.winter_feast.contribution_reward",
        "gifts.gifts.winter_feast.rewards[0].noncontributor_reward",
    ]
    values = changed()
    for place in places:
        put(values, place.replace("[", ".").replace("]", "").split("."), upside_down)
    assert warnings_of(values) == [
        f"guilds.json: {place}.guaranteed.currencies.coins.max: is below min, 2, which counts for both"
        for place in places
    ]


def test_of_hundreds_of_warnings_enough_are_told() -> None:
    rows: list[Any] = [{"currencies": {}} for _ in range(500)]
    warnings = warnings_of(changed(store_items__key_bundle__reward={"weighted": rows}))
    assert len(warnings) == 101
    assert warnings[-1] == "guilds.json: and more of the kind"
