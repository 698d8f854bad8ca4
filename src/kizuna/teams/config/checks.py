"""What the entries of a configuration say about each other (T-131, T-142 to T-148)."""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import chain, pairwise
from typing import Any

from kizuna.teams.config.choices import choice
from kizuna.teams.config.errors import Place, Problem
from kizuna.teams.config.ids import Known
from kizuna.teams.config.shapes import Achievement, EventLeaderboard, Gift, RewardTier, TeamsConfig
from kizuna.teams.config.values import MAX_SIZE_INVALID
from kizuna.teams.config.walking import Placed, contents_of, parts_of, progress_of, rewards_of, team_contents
from kizuna.teams.rewards.shapes import Contents, Part, Reward
from kizuna.wire.integers import INT64_MAX

Problems = Iterator[Problem]


def problems(config: TeamsConfig, known: Known) -> Problems:
    """Everything that makes a configuration unusable."""
    yield from _sizes(config)
    yield from _store(config, known)
    yield from _achievements(config, known)
    for id, board in config.event_leaderboards.items():
        yield from _event_leaderboard(("event_leaderboards", "event_leaderboards", id), board)
    for id, gift in config.gifts.items():
        yield from _gift(("gifts", "gifts", id), gift)
    for placed in rewards_of(config):
        yield from _reward(placed, known)


def _unknown(place: Place, kind: str, id: str, known: Collection[str] | None) -> Problems:
    if known is not None and id not in known:
        yield Problem(place, f"{id!r} is no {kind} of this configuration; {choice(known, id)}")


# --- Teams and store ---


def _sizes(config: TeamsConfig) -> Problems:
    if config.max_team_size < config.initial_max_team_size:
        least = f"must be at least initial_max_team_size, {config.initial_max_team_size}"
        reason = f"{least}, not {config.max_team_size} ({MAX_SIZE_INVALID})"
        yield Problem(("max_team_size",), reason)


def _store(config: TeamsConfig, known: Known) -> Problems:
    for id, item in config.store_items.items():
        place = ("store_items", id)
        for currency in item.cost:
            yield from _unknown(
                (*place, "cost", "currencies", currency), "currency", currency, known.currencies
            )
        needs = (*place, "additional_properties")
        if (wanted := item.requires_achievement) is not None:
            yield from _unknown((*needs, "requires_achievement"), "achievement", wanted, known.achievements)
        if item.requires_stat is not None:
            yield from _unknown((*needs, "requires_stat"), "stat", item.requires_stat[0], known.stats)


# --- Achievements (T-144) ---


def _achievements(config: TeamsConfig, known: Known) -> Problems:
    seen: dict[str, Place] = {}
    for place, id, progress in progress_of(config):
        if id in seen:
            yield Problem(place, "another achievement or sub-achievement has the same id")
        seen[id] = place
        if progress.count > progress.max_count:
            reason = f"must be at most max_count, {progress.max_count}, not {progress.count}"
            yield Problem((*place, "count"), reason)
        for index, wanted in enumerate(progress.precondition_ids):
            at = (*place, "precondition_ids", index)
            yield from _unknown(at, "achievement", wanted, known.achievements)
        if isinstance(progress, Achievement):
            yield from _times(place, progress)
    yield from _cycles(config)


def _times(place: Place, entry: Achievement | EventLeaderboard) -> Problems:
    if entry.end_time_sec and entry.end_time_sec <= entry.start_time_sec:
        reason = f"must be 0 or later than start_time_sec, {entry.start_time_sec}, not {entry.end_time_sec}"
        yield Problem((*place, "end_time_sec"), reason)


def _cycles(config: TeamsConfig) -> Problems:
    """Preconditions that wait for each other, each cycle once; a part waits for what its whole does."""
    places = {id: place for place, id, _ in progress_of(config)}
    own = {id: progress.precondition_ids for _, id, progress in progress_of(config)}
    wholes = config.sub_achievement_parents

    def wants(id: str) -> Iterator[str]:
        return chain(own.get(id, ()), own[wholes[id]] if id in wholes else ())

    def named(id: str, wanted: str) -> str:
        return id if wanted in own[id] else f"{id}, part of {wholes[id]},"

    done: set[str] = set()
    for id in own:
        if cycle := _cycle_from(id, wants, done):
            first, second = cycle[:2]
            holder = first if second in own[first] else wholes[first]
            steps = [named(*step) for step in pairwise(cycle)]
            reason = f"wait for each other: {' -> '.join([*steps, first])}"
            yield Problem((*places[holder], "precondition_ids"), reason)


def _cycle_from(start: str, wants: Callable[[str], Iterator[str]], done: set[str]) -> list[str]:
    """The ids of a cycle that `start` leads to, the first again at the end. What is looked at is `done`."""
    way: dict[str, None] = {}  # in order, and quick to look into
    rest: list[Iterator[str]] = [iter([start])]
    while rest:
        id = next(rest[-1], None)
        if id is None:
            rest.pop()
            if way:
                done.add(way.popitem()[0])
        elif id in way:
            done.update(way)
            steps = list(way)
            return [*steps[steps.index(id) :], id]
        elif id not in done:
            way[id] = None
            rest.append(wants(id))
    return []


# --- Event leaderboards (T-145) and gifts (T-146) ---


def _event_leaderboard(place: Place, board: EventLeaderboard) -> Problems:
    yield from _times(place, board)
    keyed: dict[str, Mapping[int, Any]] = {
        "tier_overrides": board.tier_overrides,
        "reward_tiers": board.reward_tiers,
        "change_zones": board.change_zones,
    }
    for key, by_tier in keyed.items():
        for tier in by_tier:
            if tier >= board.tiers:
                reason = f"is no tier: tiers is {board.tiers}, so the highest is {board.tiers - 1}"
                yield Problem((*place, key, str(tier)), reason)
    for tier, ranges in board.reward_tiers.items():
        yield from _ranks((*place, "reward_tiers", str(tier)), ranges)


def _ranks(place: Place, ranges: tuple[RewardTier, ...]) -> Problems:
    for index, ranks in enumerate(ranges):
        if ranks.rank_max < ranks.rank_min:
            reason = f"must be at least rank_min, {ranks.rank_min}, not {ranks.rank_max}"
            yield Problem((*place, index, "rank_max"), reason)
    order = sorted(range(len(ranges)), key=lambda index: ranges[index].rank_min)
    for former, index in pairwise(order):
        before, after = ranges[former], ranges[index]
        if after.rank_min <= before.rank_max:
            own, other = f"{after.rank_min} to {after.rank_max}", f"{before.rank_min} to {before.rank_max}"
            yield Problem((*place, index), f"the ranks {own} overlap with {other}")


def _gift(place: Place, gift: Gift) -> Problems:
    if gift.contribution_cost is not None:
        yield from _cost((*place, "contribution_cost"), gift.contribution_cost)
    least = 0
    for index, level in enumerate(gift.rewards):
        at = (*place, "rewards", index, "min_count")
        if level.min_count <= least:
            yield Problem(at, f"must be above the one before, {least}, not {level.min_count}")
        if gift.max_count and level.min_count > gift.max_count:
            yield Problem(at, f"must be at most max_count, {gift.max_count}, not {level.min_count}")
        least = max(least, level.min_count)


def _cost(place: Place, cost: Reward) -> Problems:
    amounts = cost.guaranteed.currencies if cost.guaranteed is not None else {}
    if cost != Reward(guaranteed=cost.guaranteed and Contents(currencies=amounts)):
        yield Problem(place, "is a cost and can have nothing but guaranteed.currencies")
    for currency, amount in amounts.items():
        if amount.max > amount.min:
            at = (*place, "guaranteed", "currencies", currency)
            yield Problem(at, f"is a cost and must be one amount, not {amount.min} to {amount.max}")


# --- Rewards (T-147) ---


def _reward(placed: Placed, known: Known) -> Problems:
    for place, contents in team_contents(placed):
        yield from _references(place, contents, known)
    for place, part, _ in parts_of(placed):
        yield from _weights(place, part)


def _references(place: Place, contents: Contents, known: Known) -> Problems:
    for id in contents.currencies:
        yield from _unknown((*place, "currencies", id), "currency", id, known.currencies)
    for id in contents.items:
        yield from _unknown((*place, "items", id), "item", id, known.items)
    for index, modifier in enumerate(contents.reward_modifiers):
        ids = known.currencies if modifier.type == "currency" else known.items
        yield from _unknown((*place, "reward_modifiers", index, "id"), modifier.type, modifier.id, ids)


def _weights(place: Place, part: Part) -> Problems:
    """Clients are told the sum, which must be a number that they can read."""
    if sum(contents.weight for contents in part.weighted) > INT64_MAX:
        yield Problem((*place, "weighted"), f"the weights are more than {INT64_MAX} together")
    for at, contents in contents_of(place, part):
        for id, item in contents.items.items():
            for name, text in item.string_properties.items():
                if sum(text.options.values()) > INT64_MAX:
                    where = (*at, "items", id, "string_properties", name, "options")
                    yield Problem(where, f"the weights are more than {INT64_MAX} together")
