"""Claiming what a cohort's rank is worth (T-325 to T-332)."""

from dataclasses import replace
from typing import Any

import orjson

from kizuna.teams.events import queries
from kizuna.teams.events.rules import reward_range
from kizuna.teams.events.situation import Situation
from kizuna.teams.held import Held
from kizuna.teams.rewards.granting import Rewards
from kizuna.teams.rewards.sources import Source, SourceKind


async def grant(held: Held, rewards: Rewards, situation: Situation) -> tuple[dict[str, Any] | None, int]:
    """Give a team what its final rank is worth, None for nothing; and that rank.

    Nothing is noted here: the caller changes the enrolment.
    """
    enrolment, outcome = situation.enrolment, situation.outcome
    assert enrolment is not None
    assert outcome is not None
    reached = reward_range(situation.event, enrolment.tier, outcome.rank)
    reward = None
    if reached is not None and reached.reward is not None:
        source = Source(SourceKind.EVENT_LEADERBOARD, situation.event_id)
        reward = await rewards.grant(held, reached.reward, source)
    held.publish("teamEventLeaderboardClaimed", eventLeaderboardId=situation.event_id)
    return reward, best_rank(situation, outcome.rank)


def best_rank(situation: Situation, rank: int) -> int:
    """The best rank that the team has claimed in the iteration, with this one."""
    before = situation.enrolment.best_rank if situation.enrolment else None
    return rank if before is None else min(before, rank)


async def claim(held: Held, rewards: Rewards, situation: Situation) -> Situation:
    """Claim once; a repetition changes nothing. How the team stands then."""
    enrolment = situation.current
    if enrolment is not None and enrolment.claim_sec is not None:
        return situation
    if refusal := situation.claim_refusal():
        raise refusal()
    assert enrolment is not None
    reward, best = await grant(held, rewards, situation)
    text = None if reward is None else orjson.dumps(reward).decode()
    await held.tx.write(queries.CLAIM, held.team_id, situation.event_id, held.now, text, best)
    return replace(situation, enrolment=replace(enrolment, claim_sec=held.now, reward=text, best_rank=best))
