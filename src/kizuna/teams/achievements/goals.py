"""The achievements of a configuration as one list, in the order in which they depend on each other."""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kizuna.teams.achievements.templates import template
from kizuna.teams.config.shapes import Achievement, Progress, TeamsConfig


@dataclass(eq=False)
class Goal:
    """An achievement, or a sub-achievement with its `parent`; `achievement` is the whole of either."""

    id: str
    config: Progress
    achievement: Achievement
    parent: "Goal | None" = None
    subs: "list[Goal]" = field(default_factory=list)

    @cached_property
    def needs(self) -> frozenset[str]:
        """What must be complete before this takes progress: a part needs what the whole does (T-217)."""
        return frozenset((*self.config.precondition_ids, *self.achievement.precondition_ids))

    @cached_property
    def is_given(self) -> bool:
        """Whether progress begins at its end, so that nothing but the preconditions is left to meet."""
        return self.config.count >= self.config.max_count

    @cached_property
    def repeats(self) -> bool:
        """Whether clients find it among the repeated ones (T-220)."""
        return self.config.reset is not None or self.config.auto_reset

    @cached_property
    def restarts_together(self) -> bool:
        """Whether it begins anew only as a whole, with its parts and its total reward (T-231)."""
        return bool(self.subs) or self.achievement.total_reward is not None

    @cached_property
    def template(self) -> dict[str, Any]:
        """What its message always holds."""
        return template(self.id, self.config)


class Goals:
    """All goals of a configuration: `in_order` has each behind its preconditions, and else goes by id."""

    def __init__(self, config: TeamsConfig) -> None:
        self.tops = [_goal(id, achievement) for id, achievement in config.achievements.items()]
        every = [goal for top in self.tops for goal in (top, *top.subs)]
        self.by_id: Mapping[str, Goal] = {goal.id: goal for goal in every}
        self.in_order = [self.by_id[id] for id in _sorted({goal.id: goal.needs for goal in every})]


def _goal(id: str, achievement: Achievement) -> Goal:
    top = Goal(id, achievement, achievement)
    top.subs = [Goal(sub_id, sub, achievement, top) for sub_id, sub in achievement.sub_achievements.items()]
    return top


def _sorted(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Ids behind what they need, the smallest first of those that may come next.

    Those that need each other, so that nobody can ever meet them, come last.
    """
    missing = {id: {need for need in of if need in needs} for id, of in needs.items()}
    needed_by: dict[str, list[str]] = {id: [] for id in needs}
    for id, of in missing.items():
        for need in of:
            needed_by[need].append(id)
    ready = [id for id, of in missing.items() if not of]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        order.append(heapq.heappop(ready))
        for id in needed_by[order[-1]]:
            missing[id].discard(order[-1])
            if not missing[id]:
                heapq.heappush(ready, id)
    return order + sorted(needs.keys() - set(order))


def goals_of(config: TeamsConfig) -> Goals:
    """The goals of a configuration."""
    return config.derived(Goals)


def prepare(config: TeamsConfig) -> None:
    """Make what every call about achievements needs of a configuration."""
    for goal in goals_of(config).in_order:
        _ = goal.template
