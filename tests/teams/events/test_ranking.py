"""Ranks, and what becomes of tiers."""

import itertools
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kizuna.scheduler.cron import Schedule
from kizuna.teams.config.shapes import ChangeZone, EventLeaderboard, RewardTier, TierOverride
from kizuna.teams.events.iterations import Iteration
from kizuna.teams.events.ranking import (
    Outcome,
    keeps_roll_count,
    next_tier,
    ranked,
    ranked_contributions,
    tier_change,
)
from kizuna.teams.events.rules import reward_range, rules_of
from kizuna.teams.row import Row

INT64 = st.sampled_from([-(2**63), -1, 0, 1, 2, 2**63 - 1])
SCORES = st.lists(
    st.fixed_dictionaries(
        {
            "score": INT64,
            "subscore": INT64,
            "num_scores": st.integers(0, 2),
            "create_sec": st.integers(0, 2),
            "update_sec": st.integers(0, 2),
            "update_order": st.integers(0, 2),
        }
    ),
    max_size=8,
)


def _numbered(scores: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**score, "id": f"{n:02}"} for n, score in enumerate(scores)]


@given(SCORES, st.booleans(), st.randoms())
def test_order(scores: list[dict[str, Any]], ascending: bool, random: Any) -> None:
    """T-298, T-278: every team is before those that it beats, whatever order they are read in."""
    rows = _numbered(scores)
    order = ranked(rows, ascending=ascending)
    assert sorted(row["id"] for row in order) == [row["id"] for row in rows]
    for better, worse in itertools.pairwise(order):
        assert _beats(better, worse, ascending)
    random.shuffle(rows)
    assert ranked(rows, ascending=ascending) == order


def _beats(one: Row, other: Row, ascending: bool) -> bool:
    """Whether one team is before another, decided field by field."""
    if bool(one["num_scores"]) != bool(other["num_scores"]):
        return bool(one["num_scores"])
    if one["num_scores"]:
        for name in ("score", "subscore"):
            if one[name] != other[name]:
                return bool((one[name] < other[name]) is ascending)
        times = ("update_sec", "update_order", "id")
    else:
        times = ("create_sec", "update_order", "id")
    for name in times:
        if one[name] != other[name]:
            return bool(one[name] < other[name])
    return False


@given(SCORES, st.booleans())
def test_contributions(scores: list[dict[str, Any]], ascending: bool) -> None:
    """T-299: by score and subscore, then by time, then by user."""
    rows = _numbered(scores)
    order = ranked_contributions(rows, ascending=ascending)
    sign = 1 if ascending else -1
    keys = [(sign * row["score"], sign * row["subscore"], row["update_sec"], row["id"]) for row in order]
    assert keys == sorted(keys)
    assert len(order) == len(rows)


PERCENT = st.integers(0, 100)


@given(st.integers(1, 60), st.integers(0, 60), PERCENT, PERCENT, st.booleans(), st.booleans())
@example(50, 0, 58, 0, False, False)
@example(25, 0, 0, 56, False, False)
def test_zones(count: int, spare: int, up: int, down: int, idle: bool, whole: bool) -> None:
    """T-333: shares of the cohort rise and fall, counted as exact fractions."""
    zone = ChangeZone(promotion=up / 100, demotion=down / 100, demote_idle=idle, use_max_cohort_size=whole)
    event = EventLeaderboard(tiers=9, change_zones={4: zone})
    among = count + spare if whole else count
    for rank, submitted in itertools.product(range(1, count + 1), (True, False)):
        expected = 0
        if idle and not submitted:
            expected = -1
        elif submitted and rank <= Fraction(among * up, 100):
            expected = 1
        elif rank > among - Fraction(among * down, 100):
            expected = -1
        assert tier_change(event, 4, Outcome(rank, count, count + spare, submitted)) == expected


@pytest.mark.parametrize(
    ("count", "share", "risers"), [(10, 0.3, 3), (10, 0.2, 2), (3, 0.34, 1), (20, 0.7, 14)]
)
def test_tolerance(count: int, share: float, risers: int) -> None:
    """T-333: 10 × 0.3 counts as 3."""
    event = EventLeaderboard(change_zones={0: ChangeZone(promotion=share)})
    changes = [tier_change(event, 0, Outcome(rank, count, 99, True)) for rank in range(1, count + 1)]
    assert sum(changes) == risers


def test_change_by_reward_range() -> None:
    """T-333, T-327: without zones it is the range that says; nobody idle rises."""
    ranges = (
        RewardTier(rank_min=1, rank_max=2, tier_change=2),
        RewardTier(rank_min=4, rank_max=9, tier_change=-1),
    )
    event = EventLeaderboard(reward_tiers={0: ranges}, tiers=5)
    changes = {rank: tier_change(event, 0, Outcome(rank, 9, 9, True)) for rank in (1, 2, 3, 4, 10)}
    assert changes == {1: 2, 2: 2, 3: 0, 4: -1, 10: 0}
    assert tier_change(event, 0, Outcome(1, 9, 9, False)) == 0
    assert tier_change(event, 0, Outcome(4, 9, 9, False)) == -1
    assert reward_range(event, 0, 3) is None
    assert reward_range(event, 1, 1) is None
    zoned = EventLeaderboard(reward_tiers={0: ranges}, change_zones={0: ChangeZone()})
    assert tier_change(zoned, 0, Outcome(1, 9, 9, True)) == 0


DAY = 86400
DAILY = Schedule.parse("0 0 * * *")


def _day(number: int) -> Iteration:
    return Iteration(number * DAY, (number + 1) * DAY, (number + 1) * DAY)


@given(
    st.integers(0, 4),
    st.integers(1, 40),
    st.integers(0, 6),
    st.integers(-2, 2),
    st.integers(1, 6),
    st.integers(-1, 1),
)
def test_next_tier(tier: int, later: int, drop: int, delta: int, tiers: int, change: int) -> None:
    """T-305: the result, less a tier for each missed iteration up to the limit, plus the phase's delta."""
    zone = {1: ChangeZone(promotion=1.0), 0: ChangeZone(), -1: ChangeZone(demotion=1.0)}[change]
    event = EventLeaderboard(
        reset=DAILY,
        tiers=tiers,
        change_zones={tier: zone},
        max_idle_tier_drop=drop,
        tier_delta_per_phase=delta,
    )
    expected = min(max(tier + change - min(later - 1, drop) + delta, 0), tiers - 1)
    outcome = Outcome(1, 1, 9, True)
    assert next_tier(event, tier, _day(3), outcome, _day(3 + later)) == expected
    same = min(max(tier + change, 0), tiers - 1)
    assert next_tier(event, tier, _day(3), outcome, _day(3)) == same


def test_frozen_rolls() -> None:
    """T-336: by the range that was reached, or by what became of the tier."""
    zone = ChangeZone(promotion=0.25, demotion=0.25, promotion_reroll_count_freeze=True)
    ranges = (RewardTier(rank_min=3, rank_max=3, reroll_count_freeze=True),)
    event = EventLeaderboard(change_zones={0: zone}, reward_tiers={0: ranges})
    kept = [rank for rank in (1, 2, 3, 4) if keeps_roll_count(event, 0, Outcome(rank, 4, 4, True))]
    assert kept == [1, 3]
    zone = ChangeZone(
        promotion=0.25, demotion=0.25, nochange_reroll_count_freeze=True, demotion_reroll_count_freeze=True
    )
    event = EventLeaderboard(change_zones={0: zone})
    kept = [rank for rank in (1, 2, 3, 4) if keeps_roll_count(event, 0, Outcome(rank, 4, 4, True))]
    assert kept == [2, 3, 4]
    assert not keeps_roll_count(EventLeaderboard(), 0, Outcome(1, 1, 1, True))


def test_rules_of_a_tier() -> None:
    """T-145, T-245, T-246: a tier has otherwise what is set for it."""
    override = TierOverride(name="Legends", cohort_size=10, tier_delta_per_phase=-1)
    event = EventLeaderboard(
        name="Siege",
        description="Walls.",
        cohort_size=20,
        max_num_score=3,
        tiers=3,
        tier_overrides={2: override},
    )
    plain, legends = rules_of(event, 0), rules_of(event, 2)
    assert (plain.name, plain.cohort_size, plain.tier_delta_per_phase) == ("Siege", 20, 0)
    assert (legends.name, legends.cohort_size, legends.tier_delta_per_phase) == ("Legends", 10, -1)
    assert legends.description == "Walls."
    assert legends.max_num_score == 3


def test_outcomes_are_kept_as_text() -> None:
    """T-470: what is kept of a cohort is what is read again."""
    outcome = Outcome(3, 17, 20, False)
    assert Outcome.read(outcome.text()) == outcome
