"""`AchievementList` and `AchievementsUpdateAck`: all achievements, as clients see them."""

from collections.abc import Collection
from typing import Any

import orjson

from kizuna.teams.achievements.rules import Standings
from kizuna.teams.achievements.states import Standing


def achievement_list(standings: Standings, shown: Collection[str] = ()) -> dict[str, Any]:
    """Every achievement, those that repeat apart. `shown` ones tell their claims even if they restarted."""
    messages: dict[str, Any] = {}
    for standing in standings.tops:
        kind = "repeat_achievements" if standing.goal.repeats else "achievements"
        messages.setdefault(kind, {})[standing.goal.id] = _achievement(standings, standing, shown)
    return messages


def _achievement(standings: Standings, standing: Standing, shown: Collection[str]) -> dict[str, Any]:
    message = _part(standings, standing, shown)
    subs = {sub.id: _part(standings, standings[sub.id], shown) for sub in standing.goal.subs}
    if subs:
        message["sub_achievements"] = subs
    return message


def _part(standings: Standings, standing: Standing, shown: Collection[str]) -> dict[str, Any]:
    """What achievements and sub-achievements have in common."""
    state = standing.state
    message = dict(standing.goal.template)
    _add_number(message, "count", min(state.count, standing.goal.config.max_count))
    _add_number(message, "current_time_sec", standings.now)
    _add_number(message, "expire_time_sec", standing.expiry)
    _add_number(message, "reset_time_sec", standing.period.reset)
    if standings.is_active(standing):
        message["is_active"] = True
    if not state.restarted or standing.goal.id in shown:
        _add_claims(message, standing)
    return message


def _add_claims(message: dict[str, Any], standing: Standing) -> None:
    """What is of the present completion, not of the one before."""
    state = standing.state
    _add_number(message, "update_time_sec", state.update_sec)
    _add_number(message, "claim_time_sec", state.claim_sec)
    if state.reward is not None:
        message["reward"] = orjson.loads(state.reward)
    # A part that was a whole in an earlier configuration may still have a total of that time (T-207).
    if standing.parent is None:
        _add_number(message, "total_claim_time_sec", state.total_claim_sec)
        if state.total_reward is not None:
            message["total_reward"] = orjson.loads(state.total_reward)


def _add_number(message: dict[str, Any], name: str, number: int | None) -> None:
    if number:
        message[name] = str(number)
