"""What a configuration is refused for, each with its exact sentence; and what it is only warned of."""

from typing import Any

import pytest

from kizuna.teams.config import loading, sentences
from kizuna.teams.config.errors import Problem
from tests.teams.config.refusals import BELOW, ROOT
from tests.teams.config.reward_refusals import REWARDS
from tests.teams.config.support import GONE, VALID, changed, problems_of, warnings_of
from tests.teams.config.warned import WARNED


def paths(prefix: str, **values: Any) -> dict[str, Any]:
    """Values below a dotted place, as `changed` takes them."""
    start = prefix.replace("[", ".").replace("]", "").replace(".", "__")
    return {f"{start}__{path}" if path != "_" else start: value for path, value in values.items()}


@pytest.mark.parametrize(("changes", "sentence"), ROOT)
def test_what_a_configuration_is_refused_for(changes: dict[str, Any], sentence: str) -> None:
    """T-127 to T-133, T-135, T-137, T-140: one problem is one sentence with file, place and reason."""
    assert problems_of(changed(**changes)) == [f"guilds.json: {sentence}"]


@pytest.mark.parametrize(("place", "changes", "sentence"), BELOW + REWARDS)
def test_what_an_entry_is_refused_for(place: str, changes: dict[str, Any], sentence: str) -> None:
    """T-134, T-136, T-138, T-139, T-141 to T-154: the same for entries and rewards."""
    assert problems_of(changed(**paths(place, **changes))) == [f"guilds.json: {place}{sentence}"]


def test_unknown_keys_at_the_top() -> None:
    """T-128: the nearest key, and all that there are."""
    keys = (
        "achievements, allow_multiple_teams, event_leaderboards, gifts, initial_max_team_size, inventory, "
        "max_team_size, reward_mailbox, stats, store_items, wallet"
    )
    assert problems_of({"wallets": {}}) == [
        f"guilds.json: wallets: is no key here; did you mean wallet? there are {keys}"
    ]


def test_ids_are_case_sensitive() -> None:
    """T-129: two ids that differ in case are two, and naming one does not mean the other."""
    assert problems_of(changed(wallet__currencies__Guild_Gold=1)) == []
    cost = changed(store_items__key_bundle__cost__currencies={"GUILD_GOLD": 1})
    [problem] = problems_of(cost)
    assert "'GUILD_GOLD' is no currency" in problem
    assert problems_of(changed(**{f"wallet__currencies__{'é' * 64}": 1})) == []


def test_of_many_ids_the_near_ones_are_named() -> None:
    """A list of hundreds would hide the one that was meant."""
    many = {f"coin_{number:03}": 0 for number in range(300)}
    cost = {"k": {"cost": {"currencies": {"coin_1234": 1, "gems": 1}}}}
    near, none = problems_of({"wallet": {"currencies": many}, "store_items": cost})
    assert near.endswith(
        "is no currency of this configuration; did you mean coin_234 or coin_134 or coin_124?"
    )
    assert none.endswith("'gems' is no currency of this configuration; there are 300")


def test_of_hundreds_of_problems_enough_are_told() -> None:
    """T-127: a section that was renamed makes every reference to it wrong, in a file of any size."""
    costs = {f"item {number}": {"cost": {"currencies": {"gold": 1}}} for number in range(5_000)}
    problems = problems_of({"store_items": costs, "wallet": {"currencies": {"gold": True}, "x": 1}})
    assert len(problems) == 2
    problems = problems_of({"store_items": costs})
    assert len(problems) == 101
    assert problems[-1] == "guilds.json: and more of the kind"


@pytest.mark.parametrize(
    "values",
    [
        {f"key {number}": 1 for number in range(5_000)},
        {"wallet": {f"key {number}": 1 for number in range(5_000)}},
        {"achievements": {f"goal {number}": 1 for number in range(5_000)}},
    ],
)
def test_what_is_not_told_is_not_looked_into(values: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """T-127: what may be meant by a key that is none takes long to find, and each line may have one."""
    explained: list[Any] = []

    def explain(detail: Any) -> Problem:
        explained.append(detail)
        return sentences.problem_of(detail)

    monkeypatch.setattr(loading, "problem_of", explain)
    problems = problems_of(values)
    assert len(problems) == 101
    assert problems[-1] == "guilds.json: and more of the kind"
    assert len(explained) == 101


def test_there_may_be_nothing_to_name() -> None:
    [problem] = problems_of({"store_items": {"k": {"cost": {"currencies": {"gold": 1}}}}})
    assert problem.endswith("'gold' is no currency of this configuration; there is none")


def test_problems_are_named_as_the_file_spells_them() -> None:
    """T-128: places follow the spelling that the file has chosen."""
    theirs = changed(
        reward_mailbox=GONE,
        mailbox={"max_size": -1},
        achievements={**VALID["achievements"]["achievements"], "x": {"name": "X", "max_count": -1}},
        gifts={"y": {"reset_schedule": "0 0 * * *", "duration_sec": 0}},
    )
    assert problems_of(theirs) == [
        "guilds.json: achievements.x.max_count: must be at least 0, not -1",
        "guilds.json: mailbox.max_size: must be at least 0, not -1",
        "guilds.json: gifts.y.duration_sec: must be at least 1, not 0",
    ]


def test_all_problems_come_at_once() -> None:
    """T-127: entries that are wrong by themselves, and others that do not fit together, in one go."""
    broken = changed(
        initial_max_team_size=0,
        wallet__currencies__guild_gold="100",
        inventory__items__raid_key__max_count=-1,
        achievements__achievements__first_raid__max_count=-1,
        achievements__achievements__feast__precondition_ids=["feats", "first_raid"],
        store_items__key_bundle__cost__currencies={"coins": 1},
    )
    found = [problem.split(": ")[1] for problem in problems_of(broken)]
    assert sorted(found) == [
        "achievements.achievements.feast.precondition_ids[0]",
        "achievements.achievements.first_raid.max_count",
        "initial_max_team_size",
        "inventory.items.raid_key.max_count",
        "store_items.key_bundle.cost.currencies.coins",
        "wallet.currencies.guild_gold",
    ]


def test_a_broken_section_does_not_make_every_reference_wrong() -> None:
    """Where nobody can tell which currencies there are, none is called unknown."""
    assert problems_of(changed(wallet=5)) == ["guilds.json: wallet: must be a map, not 5"]
    assert problems_of(changed(inventory__items=5)) == ["guilds.json: inventory.items: must be a map, not 5"]


@pytest.mark.parametrize(
    "path", ["wallet", "wallet__currencies", "inventory", "inventory__items", "stats", "stats__stats_public"]
)
def test_a_misspelt_section_does_not_make_every_reference_wrong(path: str) -> None:
    """T-128: the misspelling is told, and not once more for each use of what it holds."""
    keys = path.split("__")
    values = changed()
    around = values if len(keys) == 1 else values[keys[0]]
    around[f"{keys[-1]}z"] = around.pop(keys[-1])
    [problem] = problems_of(values)
    assert problem.startswith(f"guilds.json: {'.'.join(keys)}z: is no key here; did you mean {keys[-1]}?")


def test_each_cycle_is_named_once() -> None:
    """T-144: two cycles, and others that only lead to them."""
    wants = {"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a", "e"], "e": ["f"], "f": ["e"], "g": []}
    entries = {id: {"name": id, "max_count": 1, "precondition_ids": ids} for id, ids in wants.items()}
    assert problems_of({"achievements": {"achievements": entries}}) == [
        "guilds.json: achievements.achievements.a.precondition_ids: wait for each other: a -> b -> c -> a",
        "guilds.json: achievements.achievements.e.precondition_ids: wait for each other: e -> f -> e",
    ]


def test_parts_wait_for_what_their_whole_waits_for() -> None:
    """T-144, T-217: so a whole cannot need its own part, nor two wholes each other's parts; a part may need
    its own whole, and a part of one that needs nothing of it."""

    def entry(needs: list[str], **parts: list[str]) -> dict[str, Any]:
        below = {id: entry(ids) for id, ids in parts.items()}
        own = {"name": "x", "max_count": 1, "precondition_ids": needs}
        return {**own, "sub_achievements": below} if below else own

    def refusals(**entries: Any) -> list[str]:
        return problems_of({"achievements": {"achievements": entries}})

    place = "guilds.json: achievements.achievements"
    assert refusals(a=entry(["b"], a1=[]), b=entry(["a1"])) == [
        f"{place}.b.precondition_ids: wait for each other: b -> a1, part of a, -> b"
    ]
    assert refusals(a=entry(["a1"], a1=[], a2=["a1"])) == [
        f"{place}.a.precondition_ids: wait for each other: a1, part of a, -> a1"
    ]
    assert refusals(a=entry(["b1"], a1=[]), b=entry(["a1"], b1=[])) == [
        f"{place}.b.precondition_ids: wait for each other: b1, part of b, -> a1, part of a, -> b1"
    ]
    assert refusals(a=entry(["b"], a1=["a"], a2=["b1"]), b=entry([], b1=["b"])) == []


def test_long_chains_of_preconditions_are_no_problem() -> None:
    """T-144: neither for their depth nor for the number of ways through them."""
    names = [f"a{number}" for number in range(5_000)]
    entries = {
        name: {"name": name, "max_count": 1, "precondition_ids": names[number + 1 : number + 3]}
        for number, name in enumerate(names)
    }
    assert problems_of({"achievements": {"achievements": entries}}) == []


def test_personal_rewards_are_not_checked() -> None:
    """T-147: members' rewards and gifts name what players have."""
    member = {"guaranteed": {"currencies": {"gems": {"min": 1}}, "items": {"hat": {"min": 1}}}}
    valid = changed(
        store_items__key_bundle__reward__team_reward={"member_reward": member},
        gifts__gifts__winter_feast__contribution_reward=member,
        gifts__gifts__winter_feast__rewards__0__contributor_reward=member,
    )
    assert problems_of(valid) == []


@pytest.mark.parametrize(("changes", "sentence"), WARNED)
def test_what_is_warned_of(changes: dict[str, Any], sentence: str) -> None:
    """T-143, T-147, T-152, T-155, T-156, T-158, T-160: it works, and is hardly meant."""
    assert warnings_of(changed(**changes)) == [f"guilds.json: {sentence}"]
