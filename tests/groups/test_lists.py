"""GET /v2/group: every combination of filters against a model, page by page; cursors; bad input."""

import itertools
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from kizuna.clock import ShiftedClock
from kizuna.wire.cursors import encode_cursor
from tests.groups.support import Somebody, good, new_name, refusal
from tests.support.players import sign_in_async

FAILED = (400, 3, "Error while trying to list groups.")
COMBINED = (400, 3, "name filter cannot be combined with any other filter")
BAD_LIMIT = (400, 3, "Invalid limit - limit must be between 1 and 100.")

OPEN = (None, "true", "false")
LANG_TAGS = ("", "en", "de", "DE", "xx")
MEMBERS = (None, -1, 0, 1, 2, 4, 100)
LIMITS = (3, 8, 100)


@dataclass(frozen=True)
class Stored:
    """A group as the database has it."""

    id: str
    name: str
    lang_tag: str
    state: int
    edge_count: int
    update_time: datetime


@dataclass(frozen=True)
class World:
    """Groups of all kinds, of which many are alike in one or the other respect."""

    reader: Somebody
    groups: list[Stored]


@pytest_asyncio.fixture(scope="module")
async def world(app: Any, database_url: str, app_clock: ShiftedClock) -> World:
    from tests.support.applications import client_of

    chance = random.Random(4)
    async with client_of(app) as api:
        owners = [Somebody(api, await sign_in_async(api)) for _ in range(7)]
        for number in range(60):
            app_clock.offset = timedelta(seconds=chance.choice((0, 0, 1, 2)))
            owner = chance.choice(owners)
            group = await owner.create(
                f"{number} {new_name()}",
                open=chance.random() < 0.6,
                lang_tag=chance.choice(("en", "en", "de", "DE", "fr")),
            )
            others = chance.sample(owners, chance.choice((0, 0, 1, 2, 4, 6)))
            if others:
                app_clock.offset += timedelta(microseconds=chance.choice((0, 1)))
                await owner.do("add", group, *others)
    app_clock.offset = timedelta(0)
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(
        "select id::text, name, lang_tag, state, edge_count, update_time from groups"
    )
    await connection.close()
    return World(owners[0], [Stored(**row) for row in rows])


@pytest.fixture
def reader(world: World, api: httpx.AsyncClient) -> Somebody:
    return Somebody(api, world.reader.player)


Key = Callable[[Stored], Any]


def by(*columns: str) -> Key:
    return lambda group: tuple(getattr(group, column) for column in columns)


def order_of(open: str | None, lang_tag: str, members: int | None) -> tuple[Key, bool]:
    """What a list goes by, and whether it goes down."""
    size = members is not None and members >= 0
    match (open is not None, bool(lang_tag), size):
        case (_, False, False):
            return by("update_time", "edge_count", "id"), False
        case (False, True, False):
            return by("edge_count", "id"), False
        case (False, False, True):
            return by("edge_count", "update_time", "id"), True
        case (True, False, True):
            return by("edge_count", "lang_tag", "id"), True
        case _:
            return by("edge_count", "id"), True


def expected(
    groups: Sequence[Stored],
    open: str | None,
    lang_tag: str,
    members: int | None,
    after: Stored | None = None,
) -> list[str]:
    key, down = order_of(open, lang_tag, members)
    wanted = [
        group
        for group in groups
        if (open is None or group.state == (open == "false"))
        and (not lang_tag or group.lang_tag == lang_tag)
        and (members is None or members < 0 or group.edge_count <= members)
        and (after is None or (key(group) < key(after) if down else key(group) > key(after)))
    ]
    return [group.id for group in sorted(wanted, key=key, reverse=down)]


def query(open: str | None, lang_tag: str, members: int | None, **more: Any) -> dict[str, Any]:
    given = {"open": open, "lang_tag": lang_tag or None, "members": members, **more}
    return {name: value for name, value in given.items() if value is not None}


async def page(somebody: Somebody, **wanted: Any) -> dict[str, Any]:
    return good(await somebody.ask("GET", "/group", **wanted))


async def listed(somebody: Somebody, limit: int, **wanted: Any) -> list[dict[str, Any]]:
    """All groups of a list, page by page; each page but the last is full."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        message = await page(somebody, limit=limit, **wanted, **cursor)
        found += message.get("groups", [])
        if "cursor" not in message:
            assert message == {} or len(message["groups"]) <= limit
            return found
        assert len(message["groups"]) == limit
        cursor = {"cursor": message["cursor"]}


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("open", OPEN)
@pytest.mark.parametrize("lang_tag", LANG_TAGS)
async def test_filters(reader: Somebody, world: World, open: str | None, lang_tag: str, limit: int) -> None:
    for members in MEMBERS:
        found = await listed(reader, limit, **query(open, lang_tag, members))
        assert [group["id"] for group in found] == expected(world.groups, open, lang_tag, members), members


async def test_the_model_sees_every_kind(world: World) -> None:
    """The world has ties in every order, or the tests above would say little about them."""
    assert len(world.groups) == 60
    for open, lang_tag, members in itertools.product((None, "true"), ("", "en"), (None, 100)):
        key, _ = order_of(open, lang_tag, members)
        groups = [group for group in world.groups if group.lang_tag == (lang_tag or group.lang_tag)]
        assert len({key(group)[:-1] for group in groups}) < len(groups)
    assert {group.edge_count for group in world.groups} >= {1, 2, 3, 5}


async def test_no_limit_is_one(reader: Somebody, world: World) -> None:
    [group] = (await page(reader))["groups"]
    assert group["id"] == expected(world.groups, None, "", None)[0]


async def test_a_cursor_is_applied_under_other_filters(reader: Somebody, world: World) -> None:
    """It has everything that any list goes by."""
    filters = list(itertools.product(OPEN, ("", "en", "de"), (None, 2, 100)))
    stored = {group.id: group for group in world.groups}
    for one in filters[::4]:
        first = await page(reader, **query(*one, limit=2))
        if "cursor" not in first:
            continue
        last = stored[first["groups"][-1]["id"]]
        for other in filters:
            following = await page(reader, **query(*other, limit=100, cursor=first["cursor"]))
            found = [group["id"] for group in following.get("groups", [])]
            assert found == expected(world.groups, *other, after=last), (one, other)
        named = await page(reader, name="%_%", limit=100, cursor=first["cursor"])
        assert [group["name"] for group in named.get("groups", [])] == sorted(
            group.name for group in world.groups if group.name > last.name
        )


async def test_a_position_that_nobody_has_any_more(reader: Somebody, world: World) -> None:
    """Pages go on from a group that has changed or gone meanwhile."""
    cursor = encode_cursor("groups", ("en", 2, str(uuid.uuid4()), 1, "nobody's", 1))
    found = await page(reader, members=100, limit=100, cursor=cursor)
    assert {group["edge_count"] for group in found["groups"]} == {1}


async def test_filters_that_do_not_go_with_a_name(reader: Somebody) -> None:
    for other in ({"lang_tag": "en"}, {"open": "true"}, {"open": "false"}, {"members": 0}, {"members": 5}):
        for name in ("a", "%", " "):
            answer = await reader.ask("GET", "/group", name=name, **other)
            assert refusal(answer) == COMBINED, (name, other)
    for other in ({"lang_tag": ""}, {"members": -1}):
        assert await page(reader, name="nobody's", **other) == {}


@pytest.mark.parametrize("limit", [0, -1, 101, 2**31 - 1])
async def test_limits(reader: Somebody, limit: int) -> None:
    """They are looked at first."""
    answer = await reader.ask("GET", "/group", limit=limit, name="a", members=5, cursor="garbage")
    assert refusal(answer) == BAD_LIMIT


NIL = str(uuid.UUID(int=0))


@pytest.mark.parametrize(
    "cursor",
    [
        "garbage",
        "%",
        "a\0",
        encode_cursor("edge", (0, 0, NIL)),
        encode_cursor("groups", ("en", 1, NIL, 1, "a")),
        encode_cursor("groups", ("en", "1", NIL, 1, "a", 1)),
        encode_cursor("groups", ("en", 1, "no id", 1, "a", 1)),
        encode_cursor("groups", ("en", 1, NIL, 1, "a", -1)),
        encode_cursor("groups", ("en", 1, NIL, 1, "a", 2**63 - 1)),
        encode_cursor("groups", ("en", 1, NIL, 1, None, 1)),
    ],
)
async def test_what_is_no_cursor(reader: Somebody, cursor: str) -> None:
    """The reference answers 500."""
    for filters in ({}, {"name": "a%"}, {"open": "true", "lang_tag": "en"}, {"members": 3}):
        assert refusal(await reader.ask("GET", "/group", cursor=cursor, **filters)) == FAILED


@pytest.mark.parametrize("edge_count", [-(2**63), 2**63 - 1])
async def test_positions_far_out(reader: Somebody, world: World, edge_count: int) -> None:
    for open, lang_tag, members in itertools.product(OPEN, ("", "en"), (None, 3)):
        cursor = encode_cursor("groups", ("\U0010ffff", edge_count, NIL, 1, "", 0))
        found = await page(reader, **query(open, lang_tag, members, limit=100, cursor=cursor))
        _, down = order_of(open, lang_tag, members)
        by_time = not lang_tag and members is None
        everything = expected(world.groups, open, lang_tag, members)
        rest = everything if by_time or down == (edge_count > 0) else []
        assert [group["id"] for group in found.get("groups", [])] == rest


@pytest.mark.parametrize("name", ["lang_tag", "name"])
async def test_nul_in_a_filter(reader: Somebody, name: str) -> None:
    assert refusal(await reader.ask("GET", "/group", **{name: "a\0b"})) == FAILED
