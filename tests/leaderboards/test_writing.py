"""POST /v2/leaderboard/ID: what a submitted score makes of a record."""

import asyncio
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import starmap
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.clock import ShiftedClock
from kizuna.leaderboards.scoring import LARGEST, Operator, Score, ScoreError, combined, first
from tests.support.boards import Boards, Contestant, good, ordered, owners, rank_of, ranks, refusal, score_of
from tests.support.players import Player, sign_in_async

FAILED = (400, 3, "Error writing score to leaderboard.")
BAD_METADATA = (400, 3, "Metadata value must be JSON, if provided.")
BEST, SET, INCREMENT, DECREMENT = (operator.wire for operator in Operator)
NAMES = {0: "NO_OVERRIDE", BEST: "BEST", SET: "SET", INCREMENT: "INCREMENT", DECREMENT: "DECREMENT"}

#: What is submitted, and how it is stored; nothing keeps what is stored.
METADATA = {"": "", "{}": "{}", '{"b":1,"a":[]}': '{"a": [], "b": 1}'}

_EDGES = (0, 1, 2, 5, 2**62, LARGEST - 1, LARGEST, -1, -2, -(2**62), -LARGEST, -LARGEST - 1)
numbers = st.sampled_from(_EDGES) | st.integers(0, 20)


@dataclass(frozen=True)
class Write:
    """A submission by one of the players."""

    player: int
    operator: int
    score: int
    subscore: int
    metadata: str
    as_text: bool

    @property
    def body(self) -> dict[str, Any]:
        """The operator by name or number, the scores as text or number."""
        named = self.as_text and self.operator in NAMES
        body: dict[str, Any] = {
            "score": str(self.score) if self.as_text else self.score,
            "subscore": self.subscore,
            "metadata": self.metadata,
        }
        return body | {"operator": NAMES[self.operator] if named else self.operator}


writes = st.builds(
    Write,
    player=st.integers(0, 2),
    operator=st.sampled_from((0, 0, 1, 2, 3, 3, 4, 4, 5, 9, -1, 2**31 - 1)),
    score=numbers,
    subscore=numbers,
    metadata=st.sampled_from(tuple(METADATA)),
    as_text=st.booleans(),
)
#: None is a deletion by the first player.
acts = st.lists(writes | st.none(), min_size=1, max_size=14)


@dataclass
class Entry:
    score: Score
    metadata: str
    num_score: int = 1


@dataclass
class Model:
    """A board as the scoring rules have it."""

    operator: Operator
    descending: bool
    entries: dict[str, Entry] = field(default_factory=dict)

    def write(self, owner: str, write: Write) -> Entry:
        """The entry as it then is. ValueError for what is refused, which changes nothing."""
        chosen = Operator.from_wire(write.operator)
        operator = self.operator if chosen is None else chosen
        given = Score(write.score, write.subscore)
        entry = self.entries.get(owner)
        if entry is None:
            entry = self.entries[owner] = Entry(first(operator, given), METADATA[write.metadata] or "{}")
        elif not self._changes_nothing(operator, entry.score, given):
            entry.score = combined(operator, not self.descending, entry.score, given)
            entry.metadata = METADATA[write.metadata] or entry.metadata
            entry.num_score += 1
        return entry

    def _changes_nothing(self, operator: Operator, stored: Score, given: Score) -> bool:
        """Whether the record stays as it is, its count of submissions included."""
        result = combined(operator, not self.descending, stored, given)
        if operator is Operator.DECREMENT:
            return given == Score(0, 0)  # a record at 0 cannot sink, but the submission counts
        return result == stored

    def shown(self, owner: str) -> tuple[Any, ...]:
        entry = self.entries[owner]
        return *entry.score, entry.num_score, entry.metadata, self.order.index(owner) + 1

    @property
    def order(self) -> list[str]:
        return ordered({owner: entry.score for owner, entry in self.entries.items()}, self.descending)


def shown(record: dict[str, Any]) -> tuple[Any, ...]:
    return *score_of(record), record["num_score"], record["metadata"], rank_of(record)


@settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(operator=st.sampled_from(Operator), descending=st.booleans(), acts=acts)
async def test_every_operator_is_as_the_rules_have_it(
    boards: Boards,
    api: httpx.AsyncClient,
    crowd: Sequence[Player],
    operator: Operator,
    descending: bool,
    acts: list[Write | None],
) -> None:
    board = await boards.leaderboard(operator=operator, descending=descending)
    players = [Contestant(api, player, "leaderboard") for player in crowd]
    model = Model(operator, descending)
    for act in acts:
        if act is None:
            assert good(await players[0].delete(board)) == {}
            model.entries.pop(players[0].id, None)
            continue
        player = players[act.player]
        answer = await player.ask("POST", f"/{board}", act.body)
        try:
            model.write(player.id, act)
        except (ScoreError, ValueError):
            assert refusal(answer) == FAILED
        else:
            assert shown(good(answer)) == model.shown(player.id)
    page = good(await players[0].list(board, limit=10))
    assert owners(page.get("records", [])) == model.order
    for record in page.get("records", []):
        assert shown(record) == model.shown(record["owner_id"])
    assert page.get("rank_count", "0") == str(len(model.order))


@pytest.fixture
async def crowd(api: httpx.AsyncClient) -> Sequence[Player]:
    """Three players for many examples."""
    return [await sign_in_async(api) for _ in range(3)]


# --- operators, one by one ---


@pytest.mark.parametrize(
    ("settings", "writes", "kept", "num_score"),
    [
        ({}, [(10, 1), (1, 20)], (10, 20), 2),
        ({}, [(10, 1), (1, 0)], (10, 1), 1),
        ({"descending": False}, [(10, 20), (20, 1)], (10, 1), 2),
        ({"descending": False}, [(10, 1), (20, 20)], (10, 1), 1),
        ({"operator": Operator.SET}, [(10, 1), (1, 20)], (1, 20), 2),
        ({"operator": Operator.SET}, [(10, 1), (10, 1)], (10, 1), 1),
        ({"operator": Operator.INCREMENT}, [(10, 1), (1, 20)], (11, 21), 2),
        ({"operator": Operator.INCREMENT}, [(0, 0)], (0, 0), 1),
        ({"operator": Operator.INCREMENT}, [(10, 1), (0, 0)], (10, 1), 1),
        ({"operator": Operator.INCREMENT}, [(LARGEST - 1, 0), (1, LARGEST)], (LARGEST, LARGEST), 2),
        ({"operator": Operator.DECREMENT}, [(10, 1)], (0, 0), 1),
        ({"operator": Operator.DECREMENT}, [(10, 1), (-5, -6), (2, 9)], (3, 0), 3),
        ({"operator": Operator.DECREMENT}, [(10, 1), (1, 1)], (0, 0), 2),
        ({"operator": Operator.DECREMENT}, [(10, 1), (0, 0)], (0, 0), 1),
    ],
)
async def test_operators(
    boards: Boards,
    ada: Contestant,
    settings: dict[str, Any],
    writes: list[tuple[int, int]],
    kept: tuple[int, int],
    num_score: int,
) -> None:
    board = await boards.leaderboard(**settings)
    for score, subscore in writes:
        record = good(await ada.write(board, score, subscore))
    assert (score_of(record), record["num_score"]) == (kept, num_score)
    assert await ada.record(board) == record


@pytest.mark.parametrize("operator", [BEST, SET, INCREMENT])
@pytest.mark.parametrize("score", [(-1, 0), (0, -1), (-1, -1), (-(2**63), 5)])
async def test_negative_scores(
    boards: Boards, ada: Contestant, operator: int, score: tuple[int, int]
) -> None:
    board = await boards.leaderboard()
    assert refusal(await ada.write(board, *score, operator=operator)) == FAILED
    assert good(await ada.list(board)) == {}
    before = good(await ada.write(board, 10, 10))
    assert refusal(await ada.write(board, *score, operator=operator, metadata='{"a":1}')) == FAILED
    assert await ada.record(board) == before


@pytest.mark.parametrize(
    ("operator", "score"),
    [(INCREMENT, (1, 0)), (INCREMENT, (0, 1)), (INCREMENT, (LARGEST, LARGEST)), (DECREMENT, (-1, 0))],
)
async def test_overflow(boards: Boards, ada: Contestant, operator: int, score: tuple[int, int]) -> None:
    board = await boards.leaderboard()
    before = good(await ada.write(board, LARGEST, LARGEST))
    assert (before["score"], before["subscore"]) == ("9223372036854775807",) * 2
    assert refusal(await ada.write(board, *score, operator=operator)) == FAILED
    assert await ada.record(board) == before


async def test_the_operator_of_a_request(boards: Boards, ada: Contestant) -> None:
    board = await boards.leaderboard()
    expected = 10
    await ada.write(board, 10)
    for operator, score, becomes in (
        (INCREMENT, 5, 15),
        ("INCREMENT", 5, 20),
        (3.0, 5, 25),
        ("SET", 4, 4),
        (SET, 3, 3),
        ("DECREMENT", 1, 2),
        (BEST, 1, 2),
        ("NO_OVERRIDE", 7, 7),
        # Other text means the board's own.
        ("X", 8, 8),
        ("set", 1, 8),
        ("2", 1, 8),
        ("", 1, 8),
        (None, 9, 9),
    ):
        record = good(await ada.write(board, score, operator=operator))
        expected = becomes
        assert int(record["score"]) == expected, (operator, score)


@pytest.mark.parametrize("operator", [5, 9, -1, 2**31 - 1, -(2**31)])
async def test_unknown_operators(boards: Boards, ada: Contestant, operator: int) -> None:
    board = await boards.leaderboard()
    assert refusal(await ada.write(board, 1, operator=operator)) == FAILED
    assert good(await ada.list(board)) == {}


@pytest.mark.parametrize("operator", [2.5, True, [], {}, 2**31, -(2**31) - 1])
async def test_operators_of_other_types(boards: Boards, ada: Contestant, operator: Any) -> None:
    board = await boards.leaderboard()
    answer = await ada.write(board, 1, operator=operator)
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert good(await ada.list(board)) == {}


# --- what a write leaves, and what it changes ---


async def test_what_changes_nothing_leaves_all(boards: Boards, ada: Contestant, clock: ShiftedClock) -> None:
    board = await boards.leaderboard()
    before = good(await ada.write(board, 10, 10, metadata='{"a":1}'))
    clock.offset += timedelta(seconds=5)
    assert good(await ada.write(board, 10, 3, metadata='{"a":2}')) == before
    assert await ada.record(board) == before


async def test_times_and_metadata(boards: Boards, ada: Contestant, clock: ShiftedClock) -> None:
    board = await boards.leaderboard()
    await ada.write(board, 10, metadata='{"a":1}')
    clock.offset += timedelta(seconds=5, microseconds=999_999)
    record = good(await ada.write(board, 11))
    assert (record["create_time"], record["update_time"]) == ("2026-03-02T12:00:00Z", "2026-03-02T12:00:05Z")
    assert record["metadata"] == '{"a": 1}'
    assert good(await ada.write(board, 12, metadata='{"b":2}'))["metadata"] == '{"b": 2}'
    assert good(await ada.write(board, 13, metadata="{}"))["metadata"] == "{}"


async def test_the_username_of_the_session(boards: Boards, api: httpx.AsyncClient, ada: Contestant) -> None:
    board, name = await boards.leaderboard(), f"name-{uuid.uuid4()}"
    assert good(await ada.write(board, 1))["username"] == ada.player.username
    await api.put("/v2/account", json={"username": name}, headers=ada.player.headers)
    player = await sign_in_async(api, ada.player.device)
    renamed = Contestant(api, player, "leaderboard")
    assert good(await renamed.write(board, 1))["username"] == ada.player.username
    assert good(await renamed.write(board, 2))["username"] == name


async def test_ranks_of_writes(boards: Boards, ada: Contestant, bob: Contestant) -> None:
    board = await boards.leaderboard()
    assert rank_of(good(await ada.write(board, 5))) == 1
    assert rank_of(good(await bob.write(board, 9))) == 1
    assert rank_of(good(await ada.write(board, 4))) == 2
    assert rank_of(good(await ada.write(board, 10))) == 1
    assert rank_of(good(await bob.write(board, 9))) == 2


# --- numbers, text, and what is neither ---


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("5", 5),
        ('"5"', 5),
        ("5.0", 5),
        ("1e3", 1000),
        ('"1e3"', 1000),
        ("null", 0),
        ("-0", 0),
        (str(LARGEST), LARGEST),
        (f'"{LARGEST}"', LARGEST),
    ],
)
async def test_spellings_of_scores(boards: Boards, ada: Contestant, text: str, score: int) -> None:
    board = await boards.leaderboard()
    body = f'{{"score":{text},"subscore":{text}}}'.encode()
    assert score_of(good(await ada.ask("POST", f"/{board}", body))) == (score, score)


@pytest.mark.parametrize(
    "text",
    ["5.5", '"abc"', '""', '" 5"', "true", "[]", "{}", str(2**63), f'"{2**63}"', "1e19", "NaN"],
)
async def test_what_is_no_score(boards: Boards, ada: Contestant, text: str) -> None:
    board = await boards.leaderboard()
    for name in ("score", "subscore"):
        answer = await ada.ask("POST", f"/{board}", f'{{"{name}":{text}}}'.encode())
        assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert good(await ada.list(board)) == {}


@pytest.mark.parametrize("body", [b"", b"{}", b" {} ", b'{"score":0}', b'{"unknown":{"score":5}}'])
async def test_without_a_score_it_is_zero(boards: Boards, ada: Contestant, body: bytes) -> None:
    board = await boards.leaderboard()
    record = good(await ada.ask("POST", f"/{board}", body))
    assert "score" not in record
    assert "subscore" not in record
    assert (record["num_score"], record["rank"]) == (1, "1")


@pytest.mark.parametrize("body", [b"null", b"[]", b"5", b'"x"', b"{", b'{"score":1,"score":2}'])
async def test_what_is_no_submission(boards: Boards, ada: Contestant, body: bytes) -> None:
    board = await boards.leaderboard()
    answer = await ada.ask("POST", f"/{board}", body)
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert good(await ada.list(board)) == {}


@pytest.mark.parametrize("metadata", ["[]", "x", '"{}"', "null", "{", "1", " ", '{"a":1}}', '{"a":NaN}'])
async def test_metadata_that_is_no_object(boards: Boards, ada: Contestant, metadata: str) -> None:
    board = await boards.leaderboard()
    assert refusal(await ada.write(board, 1, metadata=metadata)) == BAD_METADATA
    assert good(await ada.list(board)) == {}


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ('{"a":"\\u0000"}', FAILED),
        ('{"a":"\\ud800"}', FAILED),
        ('{"a":1e999999}', BAD_METADATA),
    ],
)
async def test_metadata_that_cannot_be_stored(
    boards: Boards, ada: Contestant, metadata: str, told: tuple[int, int, str]
) -> None:
    board = await boards.leaderboard()
    before = good(await ada.write(board, 1))
    assert refusal(await ada.write(board, 2, metadata=metadata)) == told
    assert await ada.record(board) == before


async def test_metadata_that_grows_in_the_database(boards: Boards, ada: Contestant) -> None:
    board = await boards.leaderboard()
    record = good(await ada.write(board, 1, metadata='{"a":1e131071}'))
    assert record["metadata"] == '{"a": 1' + "0" * 131_071 + "}"
    assert await ada.record(board) == record


@pytest.mark.parametrize("metadata", [{"a": 1}, [], 1, True])
async def test_metadata_is_text(boards: Boards, ada: Contestant, metadata: Any) -> None:
    board = await boards.leaderboard()
    answer = await ada.write(board, 1, metadata=metadata)
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert good(await ada.list(board)) == {}


async def test_deeply_nested_metadata(boards: Boards, ada: Contestant) -> None:
    board = await boards.leaderboard()
    for depth in (10, 500, 5_000, 100_000):
        answer = await ada.write(board, depth, metadata='{"a":' + "[" * depth + "]" * depth + "}")
        assert answer.status_code in (200, 400), depth
    good(await ada.list(board))


async def test_long_metadata(boards: Boards, ada: Contestant) -> None:
    """A list may hold a thousand records."""
    board = await boards.leaderboard()
    longest = '{"a":"' + "x" * (16_384 - len('{"a":""}')) + '"}'
    good(await ada.write(board, 1, metadata=longest))
    told = (400, 3, "Metadata must have at most 16384 bytes.")
    assert refusal(await ada.write(board, 2, metadata=longest + " ")) == told
    assert score_of(good(await ada.list(board))["records"][0]) == (1, 0)


# --- together ---


async def test_writers_at_once(boards: Boards, ada: Contestant, bob: Contestant) -> None:
    board = await boards.leaderboard(operator=Operator.INCREMENT)
    answers = await asyncio.gather(*(player.write(board, 1, 2) for _ in range(24) for player in (ada, bob)))
    assert sorted(int(good(answer)["score"]) for answer in answers) == sorted([*range(1, 25)] * 2)
    page = good(await ada.list(board, limit=2))
    assert [shown(record)[:3] for record in page["records"]] == [(24, 48, 24)] * 2
    assert ranks(page["records"]) == [1, 2]


async def test_a_bad_write_fails_alone(boards: Boards, ada: Contestant, bob: Contestant) -> None:
    """Writes that share a statement with one that the database refuses."""
    board = await boards.leaderboard(operator=Operator.INCREMENT)
    await ada.write(board, LARGEST)
    submissions = [(ada, 1), (bob, 1), (ada, 0), (bob, 2), (ada, 5)]
    answers = await asyncio.gather(*starmap(lambda player, score: player.write(board, score), submissions))
    assert [answer.status_code for answer in answers] == [400, 200, 200, 200, 400]
    page = good(await ada.list(board, limit=2))
    assert [shown(record)[:3] for record in page["records"]] == [(LARGEST, 0, 1), (3, 0, 2)]


async def test_boards_of_all_kinds_at_once(boards: Boards, ada: Contestant, bob: Contestant) -> None:
    kinds = [(operator, descending) for operator in Operator for descending in (True, False)]
    ids = [
        await boards.leaderboard(operator=operator, descending=descending) for operator, descending in kinds
    ]
    for score, subscore in ((10, 3), (4, 8)):
        await asyncio.gather(*(player.write(id, score, subscore) for id in ids for player in (ada, bob)))
    for id, (operator, descending) in zip(ids, kinds, strict=True):
        given = Score(10, 3), Score(4, 8)
        expected = combined(operator, not descending, first(operator, given[0]), given[1])
        for player in (ada, bob):
            record = await player.record(id)
            assert record is not None
            assert score_of(record) == expected, json.dumps(record)
