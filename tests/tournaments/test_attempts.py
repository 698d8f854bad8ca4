"""Attempts: what each makes of a record, how many there are, and joining."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.clock import ShiftedClock
from kizuna.errors import ApiError
from kizuna.leaderboards.scoring import LARGEST, Operator, Score, ScoreError, combined, first
from tests.support.boards import (
    DAY,
    HOUR,
    Boards,
    Contestant,
    StillClock,
    good,
    ordered,
    owners,
    rank_of,
    ranks,
    refusal,
    score_of,
)
from tests.support.players import Player, sign_in_async

WRITE_FAILED = (400, 3, "Error writing score to tournament.")
USED_UP = (400, 9, "Reached allowed max number of score attempts.")
NOT_JOINED = (400, 9, "Must join tournament before attempting to write value.")
FULL = (400, 9, "Tournament has reached max size.")
NO_ROOM = (400, 3, "Tournament cannot be joined as it has reached its max size.")
BEST, SET, INCREMENT, DECREMENT = (operator.wire for operator in Operator)

Refusal = tuple[int, int, str]

#: What is submitted, and how it is stored; nothing keeps what is stored.
METADATA = {"": "", "{}": "{}", '{"b":1,"a":[]}': '{"a": [], "b": 1}'}

numbers = st.sampled_from((0, 1, 2, 5, LARGEST - 1, LARGEST, -1, -2, -LARGEST - 1)) | st.integers(0, 9)


@dataclass(frozen=True)
class Act:
    """Something that one of the players does, or has done to him."""

    kind: str
    player: int
    operator: int
    given: Score
    metadata: str


acts = st.lists(
    st.builds(
        Act,
        kind=st.sampled_from(("write", "write", "write", "write", "join", "join", "delete", "add")),
        player=st.integers(0, 2),
        operator=st.sampled_from((0, 0, 0, 1, 2, 3, 3, 4, 4, 9)),
        given=st.builds(Score, numbers, numbers),
        metadata=st.sampled_from(tuple(METADATA)),
    ),
    min_size=1,
    max_size=16,
)
rules = st.fixed_dictionaries(
    {
        "operator": st.sampled_from(Operator),
        "descending": st.booleans(),
        "join_required": st.booleans(),
        "max_num_score": st.integers(1, 4),
        "max_size": st.integers(0, 3),
    }
)


class Refused(Exception):
    """With what is told."""


@dataclass
class Entry:
    score: Score
    metadata: str
    num_score: int
    max_num_score: int


@dataclass
class Model:
    """A tournament as its rules have it."""

    operator: Operator
    descending: bool
    join_required: bool
    max_num_score: int
    max_size: int
    entries: dict[str, Entry] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        return 0 < self.max_size <= len(self.entries)

    def join(self, owner: str) -> None:
        if not self.join_required or owner in self.entries:
            return
        if self.is_full:
            raise Refused(NO_ROOM)
        self.entries[owner] = Entry(Score(0, 0), "{}", 0, self.max_num_score)

    def write(self, owner: str, act: Act) -> None:
        operator = self.chosen(act.operator)
        entry = self.entries.get(owner)
        if self.join_required:
            if entry is None:
                raise Refused(NOT_JOINED)
            if entry.num_score < entry.max_num_score:
                self.improve(entry, self.result(operator, entry, act.given), act)
            return
        try:
            new = first(operator, act.given)
        except ScoreError:
            raise Refused(WRITE_FAILED) from None
        if entry is None:
            if self.is_full:
                raise Refused(FULL)
            self.entries[owner] = Entry(new, METADATA[act.metadata] or "{}", 1, self.max_num_score)
        elif entry.num_score >= entry.max_num_score:
            raise Refused(USED_UP)
        else:
            self.improve(entry, self.result(operator, entry, act.given), act)

    def chosen(self, number: int) -> Operator:
        try:
            chosen = Operator.from_wire(number)
        except ValueError:
            raise Refused(WRITE_FAILED) from None
        return self.operator if chosen is None else chosen

    def result(self, operator: Operator, entry: Entry, given: Score) -> Score:
        """What an attempt makes of a record. Who has joined and not scored takes what is given on an
        ascending board; and to his score something negative may be added."""
        try:
            if self.join_required and operator is Operator.INCREMENT and min(given) < 0:
                sums = Score(entry.score.score + given.score, entry.score.subscore + given.subscore)
                return first(Operator.SET, sums)
            if operator is Operator.BEST and not self.descending and not entry.num_score:
                return first(operator, given)
            return combined(operator, not self.descending, entry.score, given)
        except ScoreError:
            raise Refused(WRITE_FAILED) from None

    def improve(self, entry: Entry, score: Score, act: Act) -> None:
        entry.score, entry.num_score = score, entry.num_score + 1
        entry.metadata = METADATA[act.metadata] or entry.metadata

    def shown(self, owner: str) -> tuple[Any, ...]:
        entry = self.entries[owner]
        rank = self.order.index(owner) + 1
        return *entry.score, entry.num_score, entry.max_num_score, entry.metadata, rank

    @property
    def order(self) -> list[str]:
        return ordered({owner: entry.score for owner, entry in self.entries.items()}, self.descending)

    def leaves_negative_scores_open(self, owner: str, act: Act) -> bool:
        """Whether the rules do not say what becomes of a negative score: after joining, where the attempt
        fails whatever the score is, or the record would keep what it has."""
        entry = self.entries.get(owner)
        if not self.join_required or min(act.given) >= 0:
            return False
        is_best = act.operator == BEST or (act.operator == 0 and self.operator is Operator.BEST)
        keeps = is_best and self.descending
        return keeps or entry is None or entry.num_score >= entry.max_num_score


def shown(record: dict[str, Any]) -> tuple[Any, ...]:
    numbers = (*score_of(record), record.get("num_score", 0), record["max_num_score"])
    return *numbers, record["metadata"], rank_of(record)


@pytest.fixture
async def crowd(api: httpx.AsyncClient) -> Sequence[Player]:
    """Three players for many examples."""
    return [await sign_in_async(api) for _ in range(3)]


@settings(
    max_examples=80,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rules=rules, acts=acts)
async def test_tournaments_are_as_the_rules_have_them(
    boards: Boards, api: httpx.AsyncClient, crowd: Sequence[Player], rules: dict[str, Any], acts: list[Act]
) -> None:
    id = await boards.tournament(category=120, **rules)
    try:
        model = Model(**rules)
        players = [Contestant(api, player, "tournament") for player in crowd]
        for act in acts:
            player = players[act.player]
            if act.kind != "write" or not model.leaves_negative_scores_open(player.id, act):
                await do(boards, id, player, act, model)
        await compare(players[0], id, model)
    finally:
        await boards.delete(id)


async def do(boards: Boards, id: str, player: Contestant, act: Act, model: Model) -> None:
    """Do it, and expect what the model expects."""
    match act.kind:
        case "delete":
            assert good(await player.delete(id)) == {}
            model.entries.pop(player.id, None)
        case "add":
            await boards.add_attempt(id, player.id, 1)
            if player.id in model.entries:
                model.entries[player.id].max_num_score += 1
        case "join":
            answer = await player.join(id)
            told = refused(model.join, player.id)
            assert (refusal(answer) == told) if told else (good(answer) == {})
        case _:
            answer = await player.write(id, *act.given, operator=act.operator, metadata=act.metadata)
            told = refused(model.write, player.id, act)
            if told:
                assert refusal(answer) == told
            else:
                assert shown(good(answer)) == model.shown(player.id)


def refused(work: Callable[..., None], *args: Any) -> Refusal | None:
    """What is told when the model refuses, None when it does not."""
    try:
        work(*args)
    except Refused as error:
        told: Refusal = error.args[0]
        return told
    return None


async def compare(reader: Contestant, id: str, model: Model) -> None:
    """The lists show what the model has."""
    page = good(await reader.list(id))
    assert owners(page.get("records", [])) == model.order
    for record in page.get("records", []):
        assert shown(record) == model.shown(record["owner_id"])
    assert page.get("rank_count", "0") == str(len(model.order))
    [told] = good(await reader.ask("GET", category_start=120, category_end=120))["tournaments"]
    assert told.get("size", 0) == (len(model.order) if model.max_size else 0)
    assert told.get("can_enter", False) != model.is_full


# --- how many ---


async def test_attempts_that_are_used_up(boards: Boards, ada: Contestant) -> None:
    id = await boards.tournament(max_num_score=2)
    for score in (5, 4):
        before = good(await ada.write(id, score))
    assert (before["score"], before["num_score"], before["max_num_score"]) == ("5", 2, 2)
    assert refusal(await ada.write(id, 9, metadata='{"a":1}')) == USED_UP
    assert await ada.record(id) == before
    await boards.add_attempt(id, ada.id, 1)
    after = good(await ada.write(id, 9))
    assert (after["score"], after["num_score"], after["max_num_score"]) == ("9", 3, 3)
    assert refusal(await ada.write(id, 10)) == USED_UP


async def test_attempts_that_are_used_up_after_joining(boards: Boards, ada: Contestant) -> None:
    """Whoever had to join is answered with his record as it is."""
    id = await boards.tournament(max_num_score=2, join_required=True)
    await ada.join(id)
    for score in (5, 4):
        before = good(await ada.write(id, score))
    assert good(await ada.write(id, 9, metadata='{"a":1}')) == before
    assert await ada.record(id) == before
    await boards.add_attempt(id, ada.id, 1)
    after = good(await ada.write(id, 9))
    assert (after["score"], after["num_score"], after["max_num_score"]) == ("9", 3, 3)


async def test_attempts_can_be_taken_away(boards: Boards, ada: Contestant, bob: Contestant) -> None:
    id = await boards.tournament(max_num_score=3)
    await ada.write(id, 1)
    await boards.add_attempt(id, ada.id, -2)
    assert refusal(await ada.write(id, 2)) == USED_UP
    await boards.add_attempt(id, bob.id, 5)
    assert good(await bob.write(id, 1))["max_num_score"] == 3


async def test_no_attempts_after_the_window(boards: Boards, ada: Contestant, clock: StillClock) -> None:
    id = await boards.tournament()
    await ada.write(id, 1)
    clock.offset += timedelta(seconds=HOUR)
    with pytest.raises(ApiError, match="tournament outside of duration"):
        await boards.add_attempt(id, ada.id, 1)


async def test_every_attempt_counts(boards: Boards, ada: Contestant, clock: ShiftedClock) -> None:
    """Also one that improves nothing, unlike on leaderboards."""
    id = await boards.tournament()
    await ada.write(id, 10, 10, metadata='{"a":1}')
    clock.offset += timedelta(seconds=5)
    record = good(await ada.write(id, 1, 1, metadata='{"a":2}'))
    assert (score_of(record), record["num_score"], record["metadata"]) == ((10, 10), 2, '{"a": 2}')
    assert (record["create_time"], record["update_time"]) == ("2026-03-02T12:00:00Z", "2026-03-02T12:00:05Z")
    assert good(await ada.write(id))["num_score"] == 3


@pytest.mark.parametrize("operator", Operator)
async def test_nothing_on_nothing_counts(boards: Boards, ada: Contestant, operator: Operator) -> None:
    id = await boards.tournament(operator=operator)
    assert [good(await ada.write(id))["num_score"] for _ in range(3)] == [1, 2, 3]


async def test_both_verbs(boards: Boards, ada: Contestant) -> None:
    id = await boards.tournament(operator=Operator.INCREMENT)
    for method, expected in (("PUT", "5"), ("POST", "10")):
        assert good(await ada.ask(method, f"/{id}", {"score": "5"}))["score"] == expected
    for method, number in (("PUT", 3), ("POST", 4)):
        assert good(await ada.ask(method, f"/{id}", b""))["num_score"] == number


async def test_attempts_at_once(boards: Boards, ada: Contestant) -> None:
    open, joined = [
        await boards.tournament(max_num_score=5, join_required=must, operator=Operator.INCREMENT)
        for must in (False, True)
    ]
    await ada.join(joined)
    answers = await asyncio.gather(*(ada.write(open, 1) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [400] * 15
    assert {refusal(answer) for answer in answers if answer.status_code == 400} == {USED_UP}
    answers = await asyncio.gather(*(ada.write(joined, 1) for _ in range(20)))
    assert sorted(int(good(answer)["score"]) for answer in answers) == [1, 2, 3, 4, *[5] * 16]
    for id in (open, joined):
        record = await ada.record(id)
        assert record is not None
        assert (record["score"], record["num_score"]) == ("5", 5)


async def test_negative_scores_and_overflow(boards: Boards, ada: Contestant) -> None:
    id = await boards.tournament(max_num_score=3)
    for score in ((-1, 0), (0, -1)):
        assert refusal(await ada.write(id, *score)) == WRITE_FAILED
    assert good(await ada.list(id)) == {}
    before = good(await ada.write(id, LARGEST, 1))
    for operator, score in ((INCREMENT, (1, 0)), (DECREMENT, (-1, 0)), (SET, (0, -1)), (BEST, (-1, -1))):
        assert refusal(await ada.write(id, *score, operator=operator)) == WRITE_FAILED
    assert await ada.record(id) == before


# --- joining ---


async def test_an_entry_before_the_first_attempt(boards: Boards, ada: Contestant, bob: Contestant) -> None:
    id = await boards.tournament(join_required=True, max_num_score=7)
    assert refusal(await ada.write(id, 1)) == NOT_JOINED
    assert good(await ada.join(id)) == {}
    page = good(await ada.list(id, owner_ids=ada.id))
    entry = {
        "leaderboard_id": id,
        "owner_id": ada.id,
        "username": ada.player.username,
        "max_num_score": 7,
        "metadata": "{}",
        "create_time": "2026-03-02T12:00:00Z",
        "update_time": "2026-03-02T12:00:00Z",
        "rank": "1",
    }
    assert page == {"records": [entry], "owner_records": [entry], "rank_count": "1"}
    assert good(await bob.around(id, ada.id))["records"] == [entry]
    await bob.join(id)
    assert rank_of(good(await bob.write(id, 3))) == 1
    assert ranks(good(await ada.list(id, owner_ids=ada.id))["owner_records"]) == [2]


async def test_joining_again_changes_nothing(boards: Boards, ada: Contestant, clock: ShiftedClock) -> None:
    id = await boards.tournament(join_required=True)
    await ada.join(id)
    before = good(await ada.write(id, 5))
    clock.offset += timedelta(seconds=5)
    answers = await asyncio.gather(*(ada.join(id) for _ in range(6)))
    assert [good(answer) for answer in answers] == [{}] * 6
    assert await ada.record(id) == before


@pytest.mark.parametrize(
    ("descending", "attempts", "kept"),
    [
        (True, [(3, 5), (1, 9)], (3, 9)),
        # The reference leaves those who have joined an ascending tournament at 0 for ever.
        (False, [(3, 5), (1, 9)], (1, 5)),
        (False, [(3, 5), (4, 6), (5, 1)], (3, 1)),
    ],
)
async def test_the_best_of_those_who_joined(
    boards: Boards, ada: Contestant, descending: bool, attempts: list[tuple[int, int]], kept: tuple[int, int]
) -> None:
    id = await boards.tournament(join_required=True, descending=descending)
    await ada.join(id)
    for score, subscore in attempts:
        record = good(await ada.write(id, score, subscore))
    assert score_of(record) == kept


async def test_taking_away_from_those_who_joined(boards: Boards, ada: Contestant) -> None:
    id = await boards.tournament(join_required=True, operator=Operator.INCREMENT)
    await ada.join(id)
    await ada.write(id, 10, 5)
    assert score_of(good(await ada.write(id, -4, -5))) == (6, 0)
    assert refusal(await ada.write(id, -7)) == WRITE_FAILED
    assert refusal(await ada.write(id, 1, -1)) == WRITE_FAILED
    assert score_of(good(await ada.write(id, -6, 0))) == (0, 0)


async def test_joining_is_for_one_period(boards: Boards, ada: Contestant, clock: StillClock) -> None:
    id = await boards.tournament(join_required=True, reset_schedule="0 0 * * *", duration=DAY)
    await ada.join(id)
    await ada.write(id, 1)
    clock.offset += timedelta(seconds=DAY)
    assert refusal(await ada.write(id, 1)) == NOT_JOINED
    await ada.join(id)
    assert good(await ada.write(id, 1))["num_score"] == 1


async def test_joining_an_authoritative_tournament(
    boards: Boards, enter: Callable[[], Awaitable[Contestant]]
) -> None:
    id = await boards.tournament(join_required=True, authoritative=True)
    players = [await enter() for _ in range(3)]
    for player in players:
        assert good(await player.join(id)) == {}
    await boards.fill(id, {player.id: (n, 0) for n, player in enumerate(players)})
    page = good(await players[0].list(id))
    assert owners(page["records"]) == [player.id for player in reversed(players)]
