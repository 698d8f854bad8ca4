"""The list of parties, with parties in it."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kizuna.app import Application
from kizuna.parties.service import Parties, PartyEntry, PartyFilter
from kizuna.wire.cursors import encode_cursor
from tests.listings.conftest import Visitor

LIST = "/v2/party"
FAILED = "Error listing matches."
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def party_id(name: str) -> str:
    return f"{uuid.uuid5(uuid.NAMESPACE_DNS, name)}.node"


def party(name: str, age: int, *, open: bool = True, hidden: bool = False, label: Any = None) -> PartyEntry:
    """A party that was made `age` minutes after the others could."""
    return PartyEntry(
        party_id=party_id(name),
        open=open,
        hidden=hidden,
        max_size=age,
        create_time=BEGINNING + timedelta(minutes=age),
        label=json.dumps(label or {}),
        node="node",
    )


ENTRIES = (
    party("one", 1, label={"mode": "duel", "level": 3}),
    party("two", 2, open=False, label={"mode": "duel", "level": 5}),
    party("three", 3, label={"mode": "raid", "level": 8}),
    party("four", 4, open=False),
    party("five", 5, label={"mode": "raid", "level": 9}),
    party("secret", 6, hidden=True, label={"mode": "raid"}),
)
NAMES = {party_id(name): name for name in ("one", "two", "three", "four", "five", "secret")}


@pytest.fixture(autouse=True)
def parties(app: Application) -> Iterator[Parties]:
    """Five parties, and one that is hidden."""
    for entry in reversed(ENTRIES):
        app.parties.put(entry)
    yield app.parties
    for entry in ENTRIES:
        app.parties.remove(entry.party_id)


def named(message: dict[str, Any]) -> list[str]:
    return [NAMES[party["party_id"]] for party in message.get("parties", ())]


async def names(visitor: Visitor, **parameters: Any) -> list[str]:
    """The names of the parties that a list shows."""
    return named(await visitor.sees(LIST, **parameters))


async def pages(visitor: Visitor, **parameters: Any) -> list[list[str]]:
    """The names on each page, from the first to the one without a cursor."""
    message = await visitor.sees(LIST, **parameters)
    found = [named(message)]
    while cursor := message.get("cursor"):
        message = await visitor.sees(LIST, cursor=cursor, **parameters)
        found.append(named(message))
    return found


async def test_what_a_party_looks_like(ada: Visitor) -> None:
    shown = await ada.sees(LIST)
    assert set(shown) == {"parties"}
    assert shown["parties"][0] == {
        "party_id": party_id("one"),
        "open": True,
        "max_size": 1,
        "label": '{"mode": "duel", "level": 3}',
    }
    assert shown["parties"][3] == {"party_id": party_id("four"), "max_size": 4, "label": "{}"}


async def test_open_and_closed(ada: Visitor) -> None:
    assert await names(ada) == ["one", "two", "three", "four", "five"]
    assert await names(ada, open="true") == ["one", "three", "five"]
    assert await names(ada, open="false") == ["two", "four"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["one", "two", "three", "four", "five"]),
        ("*", ["one", "two", "three", "four", "five"]),
        ("+label.mode:raid", ["three", "five"]),
        ("label.level:>4 label.mode:raid^2", ["three", "five", "two"]),
        ("+open:F", ["two", "four"]),
        ("hidden:T", []),
        ("-hidden:F", []),
        ("+max_size:>2 +node:node", ["three", "four", "five"]),
        (f"create_time:<{int((BEGINNING + timedelta(minutes=2)).timestamp()) * 1000}", ["one"]),
        ("raid", []),
    ],
)
async def test_queries(ada: Visitor, query: str, found: list[str]) -> None:
    assert await names(ada, query=query) == found


async def test_pages(ada: Visitor) -> None:
    assert await pages(ada, limit=2) == [["one", "two"], ["three", "four"], ["five"]]
    assert await pages(ada, limit=5) == [["one", "two", "three", "four", "five"]]
    assert await pages(ada, limit=1, open="false") == [["two"], ["four"]]
    assert await pages(ada, limit=1, open="true", query="label.mode:raid") == [["three"], ["five"]]
    assert await pages(ada, limit=2, query="*") == await pages(ada, limit=2)


async def test_ten_by_default(ada: Visitor, parties: Parties) -> None:
    more = [party(f"more {number}", 100 + number) for number in range(20)]
    for entry in more:
        parties.put(entry)
    shown = await ada.sees(LIST)
    assert len(shown["parties"]) == 10
    assert len((await ada.sees(LIST, limit=100))["parties"]) == 25
    for entry in more:
        parties.remove(entry.party_id)
    assert await ada.sees(LIST, cursor=shown["cursor"]) == {}, "there are no more so many"


async def test_a_cursor_is_of_one_list(ada: Visitor) -> None:
    asked = {"limit": 1, "query": "label.mode:raid", "open": "true"}
    cursor = (await ada.sees(LIST, **asked))["cursor"]
    assert await names(ada, cursor=cursor, **asked) == ["five"]
    for other in (
        {**asked, "limit": 2},
        {**asked, "query": "label.mode:duel"},
        {**asked, "open": "false"},
        {"limit": 1, "query": "label.mode:raid"},
        {"limit": 1, "open": "true"},
    ):
        assert await ada.is_refused(LIST, cursor=cursor, **other) == FAILED
    closed = (await ada.sees(LIST, limit=1, open="false"))["cursor"]
    assert await ada.is_refused(LIST, limit=1, cursor=closed) == FAILED


@pytest.mark.parametrize(
    "cursor",
    [
        *("x", "====", "A" * 9999, "\0", "é", "W10", "bnVsbA"),
        encode_cursor("storage", (0, "", "")),
        encode_cursor("parties", ("", 0)),
    ],
)
async def test_what_is_no_cursor(ada: Visitor, cursor: str) -> None:
    assert await ada.is_refused(LIST, cursor=cursor) == FAILED


async def test_a_cursor_never_leads_back(ada: Visitor) -> None:
    cursor = PartyFilter().cursor_at(-1)
    assert await ada.is_refused(LIST, cursor=cursor) == FAILED
    assert await ada.sees(LIST, cursor=PartyFilter().cursor_at(2**63 - 1)) == {}


LIMIT = "Invalid limit - limit must be between 1 and 100."


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ("limit=0&query=%22&cursor=x", LIMIT),
        ("limit=101", LIMIT),
        ("query=%22", FAILED),
        ("query=%20", FAILED),
        ("query=a:b:c&cursor=x", FAILED),
        ("open=maybe&limit=0", 'parsing field "open": strconv.ParseBool: parsing "maybe": invalid syntax'),
    ],
)
async def test_what_is_refused(ada: Visitor, parameters: str, text: str) -> None:
    assert await ada.is_refused(f"{LIST}?{parameters}") == text


async def test_a_party_changes(ada: Visitor, parties: Parties) -> None:
    parties.update(party_id("one"), open=False, hidden=False, label="")
    assert (await ada.sees(LIST, limit=1))["parties"] == [
        {"party_id": party_id("one"), "max_size": 1, "label": "{}"}
    ]
    parties.update(party_id("secret"), open=True, hidden=False, label='{"mode": "duel"}')
    assert await names(ada, query="label.mode:duel") == ["two", "secret"]
    parties.update(party_id("three"), open=True, hidden=True, label="{}")
    parties.update(party_id("nobody"), open=True, hidden=False, label="{}")
    parties.remove(party_id("two"))
    parties.remove(party_id("two"))
    assert await names(ada) == ["one", "four", "five", "secret"]


async def test_the_server_may_see_hidden_parties(parties: Parties) -> None:
    assert named(await parties.list(PartyFilter(show_hidden=True, query="label.mode:raid"))) == [
        *("three", "five", "secret")
    ]
    cursor = (await parties.list(PartyFilter(show_hidden=True, limit=1)))["cursor"]
    assert named(await parties.list(PartyFilter(show_hidden=True, limit=1, cursor=cursor))) == ["two"]


async def test_nothing_running(ada: Visitor, parties: Parties) -> None:
    for entry in ENTRIES:
        parties.remove(entry.party_id)
    assert await ada.sees(LIST) == {}
    assert await ada.is_refused(LIST, query='"') == FAILED
