"""The list of matches, with matches in it."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.app import Application
from kizuna.errors import ApiError
from kizuna.matches.service import MatchEntry, Matches, MatchFilter
from tests.listings.conftest import Visitor

LIST = "/v2/match"
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
LABELS: dict[str, Any] = {
    "ranked": {"mode": "ranked", "skill": 60, "open": True},
    "casual": {"mode": "casual", "skill": 20, "open": True, "tags": ["ice", "two words"]},
    "full": {"mode": "ranked", "skill": 80, "open": False},
}


def match_id(name: str, node: str = "node") -> str:
    return f"{uuid.uuid5(uuid.NAMESPACE_DNS, name)}.{node}"


def authoritative(name: str, age: int, label: str, size: int = 0) -> MatchEntry:
    """A match that began `age` minutes after the others could."""
    return MatchEntry(
        match_id=match_id(name),
        authoritative=True,
        size=size,
        create_time=BEGINNING + timedelta(minutes=age),
        label=label,
        tick_rate=age,
        handler_name="arena" if age % 2 else "lobby",
        node="node",
    )


def relayed(name: str, size: int) -> MatchEntry:
    return MatchEntry(match_id(name, ""), authoritative=False, size=size, create_time=BEGINNING)


@pytest.fixture(autouse=True)
def matches(app: Application) -> Iterator[Matches]:
    """Three matches with JSON labels, one with a plain label, one without, each newer; and two relayed."""
    entries = [
        *(authoritative(name, age, json.dumps(LABELS[name]), age) for age, name in enumerate(LABELS, 1)),
        authoritative("plain", 4, "plain text", 4),
        authoritative("blank", 5, "", 0),
        relayed("two", 2),
        relayed("six", 6),
    ]
    for entry in entries:
        app.matches.put(entry)
    yield app.matches
    for entry in entries:
        app.matches.remove(entry.match_id)


NAMES = {
    **{match_id(name): name for name in (*LABELS, "plain", "blank")},
    **{match_id(name, ""): name for name in ("two", "six")},
}


async def names(visitor: Visitor, **parameters: Any) -> list[str]:
    """The names of the matches that a list shows."""
    return [NAMES[match["match_id"]] for match in (await visitor.sees(LIST, **parameters)).get("matches", ())]


async def test_what_a_match_looks_like(ada: Visitor) -> None:
    shown = await ada.sees(LIST, limit=100)
    assert shown["matches"][0] == {
        "match_id": match_id("blank"),
        "authoritative": True,
        "label": "",
        "tick_rate": 5,
        "handler_name": "arena",
    }
    assert shown["matches"][2] == {
        "match_id": match_id("full"),
        "authoritative": True,
        "label": json.dumps(LABELS["full"]),
        "size": 3,
        "tick_rate": 3,
        "handler_name": "arena",
    }
    assert shown["matches"][-1] == {"match_id": match_id("six", ""), "size": 6}


async def test_all_kinds(ada: Visitor) -> None:
    newest_first = ["blank", "plain", "full", "casual", "ranked"]
    assert await names(ada) == [*newest_first, "two", "six"]
    assert await names(ada, authoritative="true") == newest_first
    assert await names(ada, authoritative="false") == ["two", "six"]
    assert await names(ada, limit=6) == [*newest_first, "two"]
    assert await names(ada, limit=2) == ["blank", "plain"]
    assert await names(ada, limit=1, authoritative="false") == ["two"]


async def test_ten_by_default(ada: Visitor, matches: Matches) -> None:
    more = [relayed(f"more {number}", 1) for number in range(20)]
    for entry in more:
        matches.put(entry)
    assert len((await ada.sees(LIST))["matches"]) == 10
    assert len((await ada.sees(LIST, limit=100))["matches"]) == 27
    for entry in more:
        matches.remove(entry.match_id)


async def test_sizes(ada: Visitor, matches: Matches) -> None:
    assert await names(ada, min_size=2) == ["plain", "full", "casual", "two", "six"]
    assert await names(ada, max_size=2) == ["blank", "casual", "ranked", "two"]
    assert await names(ada, min_size=2, max_size=2) == ["casual", "two"]
    assert await names(ada, min_size=2, limit=1, authoritative="true") == ["plain"]
    assert await names(ada, max_size=0) == ["blank"]
    assert await names(ada, query="+label.mode:ranked", min_size=2) == ["full"]
    assert await names(ada, label="plain text", max_size=3) == []
    matches.update(match_id("ranked"), size=9)
    assert await names(ada, min_size=7) == ["ranked"]


async def test_labels(ada: Visitor, matches: Matches) -> None:
    assert await names(ada, label="plain text") == ["plain"]
    assert await names(ada, label="plain") == []
    assert await names(ada, label="") == ["blank"], "an empty label is asked for"
    assert await names(ada, label="", authoritative="true") == ["blank"]
    matches.update(match_id("plain"), label="")
    assert await names(ada, label="") == ["blank", "plain"]
    assert await names(ada, label="", limit=1) == ["blank"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["blank", "plain", "full", "casual", "ranked"]),
        ("*", ["blank", "plain", "full", "casual", "ranked"]),
        ("label.skill:>=50", ["full", "ranked"]),
        ("+label.skill:>=50 +label.open:T", ["ranked"]),
        ("+label.open:true", []),
        ("label.tags:ice", ["casual"]),
        (r"label.tags:two\ words", ["casual"]),
        ('label.tags:"two words"', ["casual"]),
        ("-label.mode:ranked", ["blank", "plain", "casual"]),
        ("label.mode:ranked label.mode:casual^2", ["casual", "full", "ranked"]),
        ("label.mode:/r.*d/", ["full", "ranked"]),
        ("label.mode:c*l", ["casual"]),
        ("label.mode:rankde~2", ["full", "ranked"]),
        (r"label_string:plain\ text", ["plain"]),
        ("+tick_rate:1", ["ranked"]),
        ("+handler_name:arena", ["blank", "full", "ranked"]),
        ("+node:node +label.skill:20", ["casual"]),
        (f"create_time:>={int((BEGINNING + timedelta(minutes=4)).timestamp()) * 1000}", ["blank", "plain"]),
        ("ranked", []),
    ],
)
async def test_queries(ada: Visitor, query: str, found: list[str]) -> None:
    assert await names(ada, query=query) == found


async def test_a_query_wins_over_a_label(ada: Visitor) -> None:
    assert await names(ada, query="label.skill:20", label="plain text") == ["casual"]
    assert await names(ada, query="", label="plain text", limit=2) == ["blank", "plain"]


async def test_the_best_are_shown_first(ada: Visitor) -> None:
    query = "label.open:T^2 label.mode:ranked^3 label.skill:>=80"
    assert await names(ada, query=query) == ["ranked", "full", "casual"]
    assert await names(ada, query=query, limit=1) == ["ranked"]


async def test_a_label_changes(ada: Visitor, matches: Matches) -> None:
    matches.update(match_id("plain"), label='{"mode": "new"}')
    assert await names(ada, query="label.mode:new") == ["plain"]
    matches.update(match_id("plain"), label="[1]", size=1)
    assert await names(ada, query="label.mode:new") == []
    matches.update(match_id("nobody"), label="x", size=1)
    matches.remove(match_id("plain"))
    matches.remove(match_id("plain"))
    assert await names(ada, limit=100) == ["blank", "full", "casual", "ranked", "two", "six"]


LIMIT = "Invalid limit - limit must be between 1 and 100."
LABEL = "Label filtering is not supported for non-authoritative matches."
QUERY = "Query filtering is not supported for non-authoritative matches."
MINIMUM = "Minimum size must be 0 or above."
MAXIMUM = "Maximum size must be 0 or above."
SIZES = "Maximum size must be greater than or equal to minimum size when both are specified."
FAILED = "Error listing matches."


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ("limit=0&label=x&authoritative=false&query=%22&min_size=-1&max_size=-2", LIMIT),
        ("limit=101&authoritative=false&label=x", LIMIT),
        ("limit=-1", LIMIT),
        ("label=x&authoritative=false&query=%22&min_size=-1&max_size=-2", LABEL),
        ("label=&authoritative=false", LABEL),
        ("authoritative=false&query=%22&min_size=-1&max_size=-2", QUERY),
        ("authoritative=false&query=", QUERY),
        ("query=%22&min_size=-1&max_size=-2", MINIMUM),
        ("query=%22&min_size=0&max_size=-2", MAXIMUM),
        ("query=%22&min_size=5&max_size=2", SIZES),
        ("query=%22&min_size=2&max_size=2", FAILED),
        ("query=%20", FAILED),
        ("query=label.skill:%3Ex", FAILED),
        ("query=label.mode:/(/&authoritative=true", FAILED),
        ("query=" + "a" * 17_000, FAILED),
        ("minSize=5&maxSize=2", SIZES),
        (
            "limit=x&label=y",
            'parsing field "limit": strconv.ParseInt: parsing "x": invalid syntax',
        ),
        ("limit=1&limit=2", 'too many values for field "limit": 1, 2'),
    ],
)
async def test_what_is_refused(ada: Visitor, parameters: str, text: str) -> None:
    assert await ada.is_refused(f"{LIST}?{parameters}") == text


async def test_a_bad_query_is_refused_where_nothing_runs(ada: Visitor, matches: Matches) -> None:
    for id in NAMES:
        matches.remove(id)
    assert await ada.is_refused(LIST, query='"') == FAILED
    for parameters in ("", "authoritative=true", "authoritative=false", "label=x", "query=x", "min_size=1"):
        assert await ada.sees(f"{LIST}?{parameters}") == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.text(alphabet=st.characters(codec="utf-8")) | st.text(alphabet='al.:>*?/"^~+- 5', max_size=12))
async def test_any_query_is_answered_or_refused(ada: Visitor, query: str) -> None:
    answer = await ada.ask(LIST, query=query)
    assert answer.status_code == 200 or (answer.status_code, answer.json()["message"]) == (400, FAILED)


async def test_one_match(matches: Matches) -> None:
    id = match_id("ranked")
    message = matches.get(id)
    assert message is not None
    assert (message["match_id"], message["size"], message["authoritative"]) == (id, 1, True)
    assert matches.get(id.upper().replace(".NODE", ".node")) == message
    assert matches.get(match_id("two", "")) == {"match_id": match_id("two", ""), "size": 2}
    matches.update(match_id("two", ""), size=0)
    assert matches.get(match_id("two", "")) is None, "nobody is in it"
    assert matches.get(match_id("ranked", "elsewhere")) is None
    assert matches.get(match_id("nobody")) is None
    for bad in ("", ".", "x.y", str(uuid.uuid4()), f"{uuid.uuid4()}x.node"):
        with pytest.raises(ApiError, match="match id invalid"):
            matches.get(bad)


async def test_a_long_search_lets_others_work() -> None:
    crowd = Matches()
    for number in range(1000):
        crowd.put(authoritative(f"crowd {number}", number, json.dumps(LABELS["ranked"])))
    query = " ".join(f"label.mode:{number}*" for number in range(100)) + " label.skill:60"
    search = asyncio.create_task(crowd.list(MatchFilter(query=query)))
    turns = 0
    while not search.done():
        await asyncio.sleep(0)
        turns += 1
    assert len(search.result()["matches"]) == 10
    assert turns > 5
