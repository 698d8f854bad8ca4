"""What a configured reward comes to."""

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.teams.inventory.room import MOST_INSTANCES
from kizuna.teams.rewards import rolling
from kizuna.teams.rewards.rolling import (
    MOST_DRAWS,
    Lot,
    Properties,
    Rolled,
    is_certain,
    number_of_draws,
    roll,
    roll_properties,
)
from kizuna.teams.rewards.shapes import (
    Contents,
    EnergyModifier,
    FloatRange,
    IntRange,
    ItemReward,
    ItemSetReward,
    Part,
    RewardModifier,
    StringProperty,
)
from tests.teams.rewards.chance import evenly, fits

LARGEST = 2**63 - 1
SETS = {
    "banner": frozenset({"rare", "hall"}),
    "stone": frozenset({"hall"}),
    "torch": frozenset({"hall", "light"}),
    "key": frozenset[str](),
}


def rolled(part: Part, random: Random, **owned: int) -> Rolled:
    return roll(part, owned=lambda item_id: owned.get(item_id, 0), item_sets=SETS, random=random)


def coins(amount: int, weight: int = 0, currency: str = "gold") -> Contents:
    return Contents(currencies={currency: IntRange(amount)}, weight=weight)


def rows(*weights: int) -> tuple[Contents, ...]:
    """Rows that each give one of a currency of their own, "0", "1", …"""
    return tuple(coins(1, weight, str(place)) for place, weight in enumerate(weights))


# --- guaranteed contents, and sums ---


def test_everything_guaranteed_is_rolled() -> None:
    """T-149, T-150, T-157: every item, item set, currency, energy and modifier."""
    contents = Contents(
        items={"key": ItemReward(IntRange(2))},
        item_sets=(ItemSetReward(IntRange(1), set=("rare",)),),
        currencies={"gold": IntRange(5), "gems": IntRange(7)},
        energies={"stamina": IntRange(3)},
        energy_modifiers=(EnergyModifier("stamina", "infinite", IntRange(1), IntRange(60)),),
        reward_modifiers=(RewardModifier("gold", "currency", "multiplier", IntRange(2), IntRange(30)),),
    )
    result = rolled(Part(guaranteed=contents), Random(1))
    assert result.items == {"key": 2, "banner": 1}
    assert result.currencies == {"gold": 5, "gems": 7}
    assert result.energies == {"stamina": 3}
    assert result.energy_modifiers == [
        {"id": "stamina", "operator": "infinite", "value": "1", "duration_sec": "60"}
    ]
    assert result.reward_modifiers == [
        {"id": "gold", "type": "currency", "operator": "multiplier", "value": "2", "duration_sec": "30"}
    ]


def test_results_are_summed_and_zeros_dropped() -> None:
    """T-162: per currency, item and energy; modifiers one behind the other."""
    modifier = RewardModifier("gold", "currency", "addition", IntRange(1), IntRange(9))
    row = Contents(
        items={"key": ItemReward(IntRange(2))},
        currencies={"gold": IntRange(3), "dust": IntRange(0)},
        energies={"stamina": IntRange(1)},
        reward_modifiers=(modifier,),
        weight=1,
    )
    result = rolled(Part(guaranteed=row, weighted=(row,), max_rolls=2, max_repeat_rolls=5), Random(1))
    assert (result.items, result.currencies, result.energies) == ({"key": 6}, {"gold": 9}, {"stamina": 3})
    assert len(result.reward_modifiers) == 3


def test_sums_stay_within_64_bits() -> None:
    """T-162: clamped; energies are of 32 bits on the wire."""
    row = Contents(
        items={"key": ItemReward(IntRange(LARGEST))},
        currencies={"gold": IntRange(LARGEST)},
        energies={"stamina": IntRange(2**31 - 1)},
        weight=1,
    )
    result = rolled(Part(guaranteed=row, weighted=(row,)), Random(1))
    assert result.items == {"key": LARGEST}
    assert result.currencies == {"gold": LARGEST}
    assert result.energies == {"stamina": 2**31 - 1}


# --- draws by weight ---


def test_the_example_is_as_likely_as_it_says() -> None:
    """T-158, T-160: case 89: 20, 40 or 60 gold; shards 30 %, a banner 10 %, nothing else 60 %."""
    part = Part(
        guaranteed=Contents(currencies={"gold": IntRange(20, 60, 20)}),
        weighted=(coins(1, 30, "shards"), Contents(items={"banner": ItemReward(IntRange(1))}, weight=10)),
        max_rolls=1,
        total_weight=100,
    )
    random = Random(89)
    gold: Counter[int] = Counter()
    drawn: Counter[str] = Counter()
    for _ in range(10_000):
        result = rolled(part, random)
        gold[result.currencies["gold"]] += 1
        drawn["shards" if "shards" in result.currencies else "banner" if result.items else "none"] += 1
    assert fits(gold, evenly([20, 40, 60], 10_000))
    assert fits(drawn, {"shards": 3000, "banner": 1000, "none": 6000})


def test_a_total_weight_that_is_too_small_is_the_sum() -> None:
    """T-158: 0 or too small means the sum: nothing comes to none."""
    for total in (0, 3):
        random = Random(total)
        part = Part(weighted=rows(1, 3), total_weight=total)
        drawn = Counter(next(iter(rolled(part, random).currencies)) for _ in range(4000))
        assert fits(drawn, {"0": 1000, "1": 3000})


def test_a_draw_of_none_is_used_up_and_others_follow() -> None:
    """T-160, T-161: two draws that each win by half come to 0, 1 or 2."""
    part = Part(weighted=rows(3), max_rolls=2, max_repeat_rolls=1, total_weight=6)
    random = Random(160)
    won = Counter(rolled(part, random).currencies.get("0", 0) for _ in range(4000))
    assert fits(won, {0: 1000, 1: 2000, 2: 1000})


def test_each_row_is_drawn_no_more_often_than_it_may() -> None:
    """T-159, T-161: case 90: with one repeat, two rows are each drawn exactly twice in five draws."""
    part = Part(weighted=rows(1, 1), max_rolls=5, max_repeat_rolls=1)
    for seed in range(50):
        assert rolled(part, Random(seed)).currencies == {"0": 2, "1": 2}


def test_a_row_that_is_used_up_leaves_its_weight_behind() -> None:
    """T-161: the total drops by its weight, that of none stays."""
    # After the first row is gone, the second has 1 of 2.
    part = Part(weighted=rows(2**62, 1), max_rolls=2, total_weight=2**62 + 2)
    random = Random(161)
    second = Counter("1" in rolled(part, random).currencies for _ in range(4000))
    assert fits(second, evenly([True, False], 4000))


def test_rows_without_weight_are_never_drawn() -> None:
    """T-160, T-161: weight 0 never wins, and with only such rows nothing is drawn at all."""
    random = Random(3)
    assert not any("0" in rolled(Part(weighted=rows(0, 1)), random).currencies for _ in range(500))
    assert not rolled(Part(weighted=rows(0, 0), max_rolls=100), random)
    assert not rolled(Part(weighted=rows(0), total_weight=10, max_rolls=100), random)


def test_no_number_of_draws_means_one() -> None:
    """T-159: 0 with rows is 1, without rows none."""
    assert number_of_draws(Part(weighted=rows(1))) == 1
    assert number_of_draws(Part(weighted=rows(1), max_rolls=7)) == 7
    assert number_of_draws(Part(max_rolls=7)) == 0
    assert number_of_draws(Part(weighted=rows(1), max_rolls=LARGEST)) == MOST_DRAWS


def test_a_roll_ends_whatever_is_configured() -> None:
    """T-159, T-163: draws are bounded."""
    part = Part(weighted=rows(1), max_rolls=LARGEST, max_repeat_rolls=LARGEST)
    assert rolled(part, Random(1)).currencies == {"0": MOST_DRAWS}
    drawn = Contents(item_sets=(ItemSetReward(IntRange(LARGEST), LARGEST, ("rare",)),))
    assert rolled(Part(guaranteed=drawn), Random(1)).items == {"banner": MOST_DRAWS}


parts = st.builds(
    lambda weights, **rest: Part(weighted=rows(*weights), **rest),
    st.lists(st.integers(0, 5) | st.integers(0, 2**60), max_size=6),
    max_rolls=st.integers(0, 30),
    max_repeat_rolls=st.integers(0, 4),
    total_weight=st.integers(0, 20) | st.integers(0, LARGEST),
)


@given(part=parts, seed=st.integers())
def test_draws_keep_to_their_bounds(part: Part, seed: int) -> None:
    """T-159, T-160, T-161: never more draws than there are, nor more of a row than it may; seeds decide."""
    drawn = rolled(part, Random(seed)).currencies
    assert sum(drawn.values()) <= number_of_draws(part)
    for place, count in drawn.items():
        assert part.weighted[int(place)].weight > 0
        assert count <= 1 + part.max_repeat_rolls
    assert drawn == rolled(part, Random(seed)).currencies


@given(part=parts, seed=st.integers())
def test_without_none_every_draw_wins(part: Part, seed: int) -> None:
    """T-158, T-161: as long as a row is left."""
    weights = [row.weight for row in part.weighted]
    if part.total_weight > sum(weights):
        return
    possible = sum(weight > 0 for weight in weights) * (1 + part.max_repeat_rolls)
    drawn = rolled(part, Random(seed)).currencies
    assert sum(drawn.values()) == min(number_of_draws(part), possible)


# --- item sets ---


def drawn_items(
    count: int, repeats: int, sets: tuple[str, ...], random: Random, **owned: int
) -> dict[str, int]:
    contents = Contents(item_sets=(ItemSetReward(IntRange(count), repeats, sets),))
    return rolled(Part(guaranteed=contents), random, **owned).items


def test_items_are_those_of_all_the_sets() -> None:
    """T-163: the intersection, each as likely."""
    random = Random(163)
    one = Counter(next(iter(drawn_items(1, 0, ("hall",), random))) for _ in range(3000))
    assert fits(one, evenly(["banner", "stone", "torch"], 3000))
    assert drawn_items(3, 0, ("hall", "light"), random) == {"torch": 1}
    assert drawn_items(3, 9, ("hall", "unknown"), random) == {}


def test_what_is_owned_is_a_repeat() -> None:
    """T-163: case 91: with no repeats only what is new, and nothing where all is owned."""
    random = Random(91)
    for _ in range(100):
        assert drawn_items(1, 0, ("hall",), random, stone=1, torch=2) == {"banner": 1}
        assert drawn_items(5, 0, ("hall",), random, stone=1) == {"banner": 1, "torch": 1}
        assert drawn_items(5, 0, ("hall",), random, stone=1, torch=1, banner=1) == {}
        assert sum(drawn_items(5, 2, ("hall",), random, stone=1, torch=1, banner=1).values()) == 2


@given(
    count=st.integers(0, 20),
    repeats=st.integers(0, 20),
    owned=st.dictionaries(st.sampled_from(sorted(SETS)), st.integers(0, 2)),
    seed=st.integers(),
)
def test_repeats_are_no_more_than_allowed(count: int, repeats: int, owned: dict[str, int], seed: int) -> None:
    """T-163: at most so many draws are repeats, and drawing goes on while there is anything new."""
    items = drawn_items(count, repeats, ("hall",), Random(seed), **owned)
    fresh = [item_id for item_id in ("banner", "stone", "torch") if not owned.get(item_id)]
    new = sum(item_id in fresh for item_id in items)
    assert sum(items.values()) - new <= repeats
    assert sum(items.values()) <= count
    assert sum(items.values()) >= min(count, len(fresh))
    if sum(items.values()) < count:
        assert new == len(fresh)
        assert sum(items.values()) == len(fresh) + repeats


# --- properties ---


def banner(count: int = 1, **options: int) -> ItemReward:
    return ItemReward(
        IntRange(count), {"colour": StringProperty(options)}, {"tear": FloatRange(0.0, 1.0, 0.25)}
    )


def test_texts_go_by_weight_and_numbers_by_range() -> None:
    """T-153, T-164: one roll for each instance; "none" leaves a text unset."""
    entry = ItemReward(
        IntRange(1),
        {"colour": StringProperty({"red": 1, "blue": 3, "never": 0}, total_weight=8)},
        {"tear": FloatRange(0.0, 1.0, 0.5)},
    )
    random = Random(164)
    rolls = [roll_properties([Lot(1000, entry)], 1000, random, stack=False) for _ in range(8)]
    properties = [one for roll in rolls for one in roll]
    assert len(properties) == 8000
    colours = Counter(one.strings.get("colour") for one in properties)
    assert fits(colours, {"red": 1000, "blue": 3000, None: 4000})
    assert fits(Counter(one.numbers["tear"] for one in properties), evenly([0.0, 0.5, 1.0], 8000))


def test_options_are_walked_in_the_order_of_their_keys() -> None:
    """T-164: however the file has them, one seed gives one text."""
    one, other = banner(red=1, blue=2), banner(blue=2, red=1)
    for seed in range(30):
        assert roll_properties([Lot(1, one)], 1, Random(seed), stack=False) == roll_properties(
            [Lot(1, other)], 1, Random(seed), stack=False
        )


def test_instances_have_the_properties_of_the_entry_that_they_came_from() -> None:
    """T-164: in the order of rolling; those that modifiers add are like the others, in turn."""
    lots = [Lot(2, banner(red=1)), Lot(1, None), Lot(1, banner(blue=1))]
    colours = [one.strings.get("colour") for one in roll_properties(lots, 6, Random(1), stack=False)]
    assert colours == ["red", "red", None, "blue", "red", "red"]
    assert len(roll_properties(lots, 2, Random(1), stack=False)) == 2


def test_a_stack_has_one_roll() -> None:
    """T-164: one for each reward, whatever the number."""
    lots = [
        Lot(LARGEST, banner(red=1)),
        Lot(1, ItemReward(IntRange(1), {"mood": StringProperty({"calm": 1})})),
    ]
    [properties] = roll_properties(lots, LARGEST, Random(1), stack=True)
    assert properties.strings == {"colour": "red", "mood": "calm"}


def test_properties_are_bounded_and_absent_where_none_are_configured() -> None:
    """T-164: an amount beyond all bounds is no work without end."""
    assert roll_properties([Lot(LARGEST, ItemReward(IntRange(1)))], LARGEST, Random(1), stack=False) == []
    many = roll_properties([Lot(LARGEST, banner(red=1))], LARGEST, Random(1), stack=False)
    assert len(many) == MOST_INSTANCES
    nothing = ItemReward(IntRange(1), {"colour": StringProperty({"red": 0})})
    assert roll_properties([Lot(1, nothing)], 1, Random(1), stack=False) == [Properties()]


# --- sums of rolls ---


def test_what_is_certain_is_multiplied() -> None:
    """T-162: as if it were rolled so many times."""
    part = Part(guaranteed=Contents(currencies={"gold": IntRange(3)}, energies={"stamina": IntRange(1)}))
    one = rolled(part, Random(1))
    one.multiply(10**18)
    assert is_certain(part)
    assert (one.currencies, one.energies) == ({"gold": 3 * 10**18}, {"stamina": 2**31 - 1})
    assert rolling.is_certain(None)
    assert is_certain(Part())


@pytest.mark.parametrize(
    "contents",
    [
        Contents(currencies={"gold": IntRange(1, 2)}),
        Contents(items={"key": ItemReward(IntRange(1, 3))}),
        Contents(items={"banner": banner(red=1)}),
        Contents(energies={"stamina": IntRange(0, 1)}),
        Contents(item_sets=(ItemSetReward(IntRange(1), set=("hall",)),)),
        Contents(reward_modifiers=(RewardModifier("a", "item", "addition", IntRange(1), IntRange(1)),)),
        Contents(energy_modifiers=(EnergyModifier("a", "infinite", IntRange(1), IntRange(1)),)),
    ],
)
def test_what_depends_on_chance_is_not_certain(contents: Contents) -> None:
    """T-162: and neither is what is more than an amount."""
    assert not is_certain(Part(guaranteed=contents))
    assert not is_certain(Part(weighted=(coins(1, 1),)))


amounts: Any = st.dictionaries(st.sampled_from("abc"), st.integers(0, 9) | st.just(LARGEST))


@settings(max_examples=50)
@given(rolls=st.lists(st.builds(lambda a: {k: v for k, v in a.items() if v}, amounts), max_size=5))
def test_sums_do_not_depend_on_the_order(rolls: list[dict[str, int]]) -> None:
    """T-162: forwards or backwards, clamped or not."""

    def total(amounts: list[dict[str, int]]) -> Rolled:
        sums = Rolled()
        for one in amounts:
            sums.add(Rolled(currencies=one, items=one))
        return sums

    forwards, backwards = total(rolls), total(rolls[::-1])
    assert forwards.currencies == backwards.currencies == forwards.items
    assert all(0 < amount <= LARGEST for amount in forwards.currencies.values())
