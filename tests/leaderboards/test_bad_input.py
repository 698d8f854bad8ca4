"""Requests that mean no good, to the operations of leaderboards and of tournaments."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.app import Application
from kizuna.wire.cursors import encode_cursor
from tests.hostile.asking import Answer, ask, check
from tests.support.boards import Boards, Contestant, good, new_owners
from tests.support.players import Player

OWNER = "7b9a6f4e-0000-4000-8000-000000000001"
LOW, HIGH = -(2**63), 2**63 - 1

OPERATIONS = tuple(
    (method, f"/v2/{kind}/{{id}}{rest}")
    for kind in ("leaderboard", "tournament")
    for method, rest in (
        ("GET", ""),
        ("POST", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("GET", "/owner/{owner}"),
        ("POST", "/join"),
    )
)
EVERY_OPERATION = (("GET", "/v2/tournament"), *OPERATIONS)

NUMBERS = (0, 1, -1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, HIGH, HIGH + 1, LOW, LOW - 1, 10**400)
TEXTS = ("", "\0", "\ud800", "x" * 5000, "%", "null", "a/b", "☃", "' or 1=1 --", "NaN", "1e3", "1.5", OWNER)
#: What stands for the boards of the test.
IDS = ("board", "tournament", "joined", "limited")
CURSORS = (
    encode_cursor("records", ()),
    encode_cursor("storage", ("a", "b")),
    encode_cursor("tournaments", ("\0",)),
    encode_cursor("tournaments", ("x" * 5000,)),
    encode_cursor("leaderboards", (0, "")),
    encode_cursor("records", (0, 1, 0, 1, 1, "not an id", 1)),
    encode_cursor("records", (0, HIGH, LOW, 0, 0, OWNER, 2**53)),
    "e30",
    "W10",
    "bnVsbA",
    "WyJyZWNvcmRzIl0",
    "====",
    "A" * 10_000,
)
REPLACEMENTS: tuple[Any, ...] = (
    *(0, 1, 2, -1, LOW, HIGH, HIGH + 1, 1.5),
    *("", "records", OWNER, "\0"),
    *(None, True, [], {}),
)
METADATA = (
    "",
    "{}",
    "[]",
    '{"a":1e131071}',
    '{"a":1e9999999}',
    '{"a":-1e-9999999}',
    '{"a":"\\u0000"}',
    '{"a":"\\ud800"}',
    '{"a":"\0"}',
    '{"a":' * 3000 + "1" + "}" * 3000,
    '{"a":' + "[" * 9000 + "]" * 9000 + "}",
    '{"a":1,"a":2}',
)

texts = st.sampled_from(TEXTS) | st.text(max_size=4)
values = st.sampled_from(NUMBERS).map(str) | texts | st.sampled_from(CURSORS)
names = st.sampled_from(
    (
        "limit",
        "cursor",
        "expiry",
        "owner_ids",
        "ownerIds",
        "category_start",
        "category_end",
        "start_time",
        "end_time",
    )
)
queries = st.lists(st.tuples(names, values), max_size=4)
anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.sampled_from(NUMBERS) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=3,
)
scores = st.sampled_from(NUMBERS) | anything
bodies = anything | st.fixed_dictionaries(
    {},
    optional={
        "score": scores,
        "subscore": scores,
        "operator": st.integers(-1, 6) | anything,
        "metadata": st.sampled_from(METADATA) | anything,
    },
)


@pytest.fixture
async def boards_by_name(boards: Boards, ada: Contestant) -> dict[str, str]:
    """Boards of each kind, with records."""
    made = {
        "board": await boards.leaderboard(reset_schedule="0 0 * * *"),
        "tournament": await boards.tournament(),
        "joined": await boards.tournament(join_required=True),
        "limited": await boards.tournament(max_size=2, max_num_score=3),
    }
    for name in ("board", "tournament"):
        await boards.fill(made[name], dict.fromkeys(new_owners(3), (1, 1)))
    return made


@settings(
    max_examples=400,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    operation=st.sampled_from(EVERY_OPERATION),
    id=st.sampled_from(IDS) | texts,
    owner=st.just(OWNER) | texts,
    query=queries,
    body=bodies,
)
async def test_no_request_is_a_server_error(
    app: Application,
    ada: Contestant,
    boards_by_name: dict[str, str],
    operation: tuple[str, str],
    id: str,
    owner: str,
    query: list[tuple[str, str]],
    body: Any,
) -> None:
    method, path = operation
    path = path.format(id=escaped(boards_by_name.get(id, id)), owner=escaped(owner))
    answer = await send(app, ada.player, method, path, query, json.dumps(body).encode())
    if answer.status == 200:
        answer.json()


def escaped(text: str) -> str:
    """Text as a part of a path or a query; a lone surrogate becomes bytes that are not UTF-8."""
    return quote(text, safe="", errors="surrogatepass")


async def send(
    app: Application, player: Player, method: str, path: str, query: list[tuple[str, str]], body: bytes = b""
) -> Answer:
    target = path + "?" + "&".join(f"{name}={escaped(value)}" for name, value in query)
    headers = [(name.encode(), value.encode()) for name, value in player.headers.items()]
    answer = await ask(app, method, target, body, headers)
    check(answer, f"{method} {target}")
    return answer


def is_cursor(place: int, value: Any, genuine: Any) -> bool:
    """Whether a cursor for records stays one when a member is replaced by this."""
    if type(value) is not type(genuine):
        return False
    if place in (0, 2, 3):  # what it is a cursor for, the board, the period
        return bool(value == genuine)
    if place == 1:  # the direction
        return value in (0, 1)
    if place == 6:
        return bool(value == OWNER)
    return bool(abs(value) <= 2**53) if place == 7 else bool(LOW <= value <= HIGH)


@pytest.mark.parametrize("place", range(8))
@pytest.mark.parametrize("kind", ["leaderboard", "tournament"])
async def test_cursors_that_were_tampered_with(
    app: Application, ada: Contestant, boards_by_name: dict[str, str], kind: str, place: int
) -> None:
    """A cursor for this board and period is taken for what it says, every other one is refused."""
    id = boards_by_name["board" if kind == "leaderboard" else "tournament"]
    path = f"/v2/{kind}/{id}"
    whole = (await send(app, ada.player, "GET", path, [("limit", "1")])).json()["next_cursor"]
    genuine = json.loads(urlsafe_b64decode(whole + "=="))
    assert len(genuine) == 8
    for value in REPLACEMENTS:
        forged = [*genuine[:place], value, *genuine[place + 1 :]]
        cursor = urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
        for where, text in (
            ("", "Cursor is invalid or expired."),
            (f"/owner/{OWNER}", "Error querying records from leaderboard."),
        ):
            answer = await send(app, ada.player, "GET", path + where, [("cursor", cursor), ("limit", "2")])
            if is_cursor(place, value, genuine[place]):
                assert answer.status == 200, value
                for record in answer.json().get("records", []):
                    assert record["leaderboard_id"] == id
            else:
                assert (answer.status, answer.json()) == (400, {"code": 3, "message": text}), value


@pytest.mark.parametrize("name", ["score", "subscore"])
@pytest.mark.parametrize("number", [-1, HIGH + 1, LOW, LOW - 1, "x", 1.5, True, [], {}, 10**400])
async def test_a_refused_write_changes_nothing(
    ada: Contestant, boards_by_name: dict[str, str], name: str, number: Any
) -> None:
    board = boards_by_name["board"]
    before = good(await ada.write(board, 5, metadata='{"a":1}'))
    answer = await ada.ask("POST", f"/{board}", {name: number, "metadata": '{"a":2}'})
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert await ada.record(board) == before
