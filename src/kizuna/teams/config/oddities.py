"""What works in a configuration and is hardly meant (T-143, T-147, T-152 to T-158, T-293, T-296)."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, pairwise
from math import inf

from kizuna.scheduler.cron import Schedule
from kizuna.teams.config.errors import Place, Problem
from kizuna.teams.config.shapes import EventLeaderboard, TeamsConfig
from kizuna.teams.config.walking import (
    Placed,
    contents_of,
    costs_of,
    parts_of,
    progress_of,
    ranges_of,
    rewards_of,
    team_contents,
)
from kizuna.teams.events import iterations
from kizuna.teams.events.rules import rules_of
from kizuna.teams.rewards.shapes import FloatRange, IntRange, ItemSetReward, Part

Warnings = Iterator[Problem]

#: So many ticks of a schedule tell how short its periods are.
_ENOUGH = 100


def warnings(config: TeamsConfig) -> Warnings:
    """Everything odd about a configuration that can be used."""
    yield from _idle_rewards(config)
    yield from _idle_schedules(config)
    for id, board in config.event_leaderboards.items():
        yield from _claims(("event_leaderboards", "event_leaderboards", id), board)
    for placed in rewards_of(config):
        yield from _reward(config, placed)
    for placed in costs_of(config):
        yield from _ranges(placed)


def _idle_rewards(config: TeamsConfig) -> Warnings:
    for id, item in config.inventory.items.items():
        if item.consume_reward is not None and not item.consumable:
            place = ("inventory", "items", id, "consume_reward")
            yield Problem(place, "is never given, for the item is not consumable")


def _idle_schedules(config: TeamsConfig) -> Warnings:
    for place, _, progress in progress_of(config):
        if progress.reset is not None and progress.reset.never:
            yield Problem((*place, "reset_cronexpr"), "has no time at all, so nothing is ever reset")
    for id, board in config.event_leaderboards.items():
        if board.reset is not None and board.reset.never:
            place = ("event_leaderboards", "event_leaderboards", id, "reset_schedule")
            yield Problem(place, "has no time at all, so it never begins anew")


# --- Event leaderboards: rewards are claimed from the end to the expiry ---


def _claims(place: Place, board: EventLeaderboard) -> Warnings:
    if _rewards_wait_for_the_end(board) and not _leaves_time_to_claim(board):
        yield Problem(place, f"has rewards, but no time to claim them: {_remedy(board)}")


def _rewards_wait_for_the_end(board: EventLeaderboard) -> bool:
    """Those of a race can be claimed as soon as it is decided."""
    return any(
        any(ranks.reward is not None for ranks in ranges) and not rules_of(board, tier).score_target
        for tier, ranges in board.reward_tiers.items()
    )


def _leaves_time_to_claim(board: EventLeaderboard) -> bool:
    if board.reset is None:
        only = iterations.following(board, board.start_time_sec - 1)
        return only is not None and only.end is not None and only.end != only.expiry
    if not board.duration:
        return board.reset.never
    return board.duration < _shortest_period(board.reset)


@lru_cache(maxsize=128)
def _shortest_period(schedule: Schedule) -> float:
    """Seconds between two ticks, of the first ones; infinite where there are no two."""
    ticks = islice(_ticks(schedule), _ENOUGH)
    return min((later - earlier for earlier, later in pairwise(ticks)), default=inf)


def _ticks(schedule: Schedule) -> Iterator[int]:
    tick = schedule.next(-1)
    while tick is not None:
        yield tick
        tick = schedule.next(tick)


def _remedy(board: EventLeaderboard) -> str:
    if board.reset is not None:
        return "`duration` must be shorter than the period"
    if board.end_time_sec:
        return "`start_time_sec` and `duration` must let it end before `end_time_sec`"
    return "it never ends without `start_time_sec` and `duration`"


# --- Rewards ---


def _reward(config: TeamsConfig, placed: Placed) -> Warnings:
    for place, contents in team_contents(placed):
        for index, draw in enumerate(contents.item_sets):
            if not _candidates(config, draw):
                reason = f"no item is in {' and '.join(draw.set) or 'the inventory'}, so nothing is given"
                yield Problem((*place, "item_sets", index, "set"), reason)
    team = placed.reward.team_reward
    if team is not None and team.member_reward is not None and team.member_reward.to_mailbox_expiry_sec:
        place = (*placed.place, "team_reward", "member_reward", "to_mailbox_expiry_sec")
        yield Problem(place, "has no effect: players have no mailbox, and are given it at once")
    yield from _ranges(placed)
    for place, part, _ in parts_of(placed):
        yield from _weights(place, part)


def _candidates(config: TeamsConfig, draw: ItemSetReward) -> bool:
    wanted = set(draw.set)
    items = config.inventory.items.values()
    return any(not item.disabled and wanted <= set(item.item_sets) for item in items)


def _ranges(placed: Placed) -> Warnings:
    for at, part, _ in parts_of(placed):
        for place, contents in contents_of(at, part):
            for where, amount in ranges_of(place, contents):
                if _is_upside_down(amount):
                    yield Problem((*where, "max"), f"is below min, {amount.min}, which counts for both")


def _is_upside_down(amount: IntRange | FloatRange) -> bool:
    """A whole `max` of 0 is as good as none (T-155); a number's is not (T-156)."""
    if isinstance(amount, FloatRange):
        return amount.max is not None and amount.max < amount.min
    return 0 < amount.max < amount.min


def _weights(place: Place, part: Part) -> Warnings:
    rows = [((*place, "weighted", index), row.weight) for index, row in enumerate(part.weighted)]
    yield from _table(rows, place, part.total_weight)
    for at, contents in contents_of(place, part):
        for id, item in contents.items.items():
            for name, text in item.string_properties.items():
                where = (*at, "items", id, "string_properties", name)
                options = [((*where, "options", option), weight) for option, weight in text.options.items()]
                yield from _table(options, where, text.total_weight)


def _table(rows: list[tuple[Place, int]], place: Place, total: int) -> Warnings:
    """What is drawn by weight, each row with its place; `place` is that of the whole."""
    for at, weight in rows:
        if not weight:
            yield Problem(at, "has no weight, so it is never drawn")
    together = sum(weight for _, weight in rows)
    if 0 < total < together:
        yield Problem((*place, "total_weight"), f"is below the sum of the weights, {together}, which counts")
