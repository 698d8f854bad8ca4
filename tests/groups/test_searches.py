"""Searches by name: which patterns are looked for at all, and who waits for whom."""

import asyncio
from collections.abc import Awaitable
from typing import Any, cast

import pytest

from kizuna.app import Application
from kizuna.db.engine import Database
from kizuna.db.statements import Query
from kizuna.groups.listing import Listing
from tests.groups.support import Somebody, good, refusal
from tests.support.waiting import wait_until_async

REFUSED = (400, 3, "Error while trying to list groups.")
LONGEST = 255


async def named(somebody: Somebody, pattern: str) -> list[str]:
    found = good(await somebody.ask("GET", "/group", name=pattern, limit=100))
    return [group["name"] for group in found.get("groups", [])]


async def test_no_more_letters_than_a_name_can_have(ada: Somebody, app: Application) -> None:
    """Escapes and `%` are none."""
    name = "%\\_"[: LONGEST % 3] + "%\\_" * (LONGEST // 3)
    await ada.create(name)
    escaped = "".join(f"\\{letter}" for letter in name)
    for pattern in (escaped, escaped + "%", escaped[:-2] + "_", escaped[:-2] + "%_%"):
        assert await named(ada, pattern) == [name], pattern
    asked = app.database.counts.copy()
    for pattern in (escaped + "x", escaped + "%_", "_" * (LONGEST + 1), "%".join("abc") + "_" * LONGEST):
        assert await named(ada, pattern) == [], pattern
    assert not [statement for statement in app.database.counts - asked if statement.startswith("groups.list")]


async def test_at_most_eight_times_any_text(ada: Somebody) -> None:
    await ada.create("123456789 %%%%%%%%%%")
    for pattern in ("1%2%3%4%5%6%7%8%", "1%%%%%%%%%%", "%%%%%%%%%%1%%%%%%%%%%%9%", "123456789 " + "\\%" * 10):
        assert await named(ada, pattern) == ["123456789 %%%%%%%%%%"], pattern
    for pattern in ("1%2%3%4%5%6%7%8%9%", "1" + "%_" * 9, "_" + "%a" * 100):
        assert refusal(await ada.ask("GET", "/group", name=pattern)) == REFUSED, pattern


class Slow:
    """A database that answers searches when told to, and everything else at once: that nothing is found."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.sizes: list[int] = []

    async def read(self, query: Query, places: list[int], *_: Any) -> list[Any]:
        if query.name in ("groups.list_matching", "groups.list_beginning"):
            self.sizes.append(len(places))
            await self.open.wait()
        return []


def ask(listing: Listing, **wanted: Any) -> Awaitable[Any]:
    nothing: dict[str, Any] = {"name": "", "lang_tag": "", "members": None, "open": None, "cursor": ""}
    return listing.page(**nothing | {"limit": 10} | wanted)


@pytest.fixture
def slow() -> Slow:
    return Slow()


async def busy(slow: Slow, statements: int) -> None:
    """Wait until so many statements are under way."""

    async def are() -> bool:
        return len(slow.sizes) == statements

    await wait_until_async(are)


async def test_only_searches_wait_for_searches(slow: Slow) -> None:
    listing = Listing(cast(Database, slow))
    searches = [asyncio.ensure_future(ask(listing, name=f"_{number}%")) for number in range(40)]
    await busy(slow, 2)
    async with asyncio.timeout(5):
        for wanted in ({}, {"open": True}, {"lang_tag": "en"}, {"members": 3}, {"name": "somebody's"}):
            assert await ask(listing, **wanted) == {}
    assert slow.sizes == [4, 4]  # two statements at once, each for few
    slow.open.set()
    assert await asyncio.gather(*searches) == [{}] * 40
    assert slow.sizes == [4] * 10


async def test_equal_searches_are_one(slow: Slow) -> None:
    listing = Listing(cast(Database, slow))
    searches = [asyncio.ensure_future(ask(listing, name=f"_{number % 3}%")) for number in range(60)]
    await busy(slow, 1)
    slow.open.set()
    await asyncio.gather(*searches)
    assert slow.sizes == [3]


async def test_whoever_has_left_is_not_searched_for(slow: Slow) -> None:
    listing = Listing(cast(Database, slow))
    searches = [asyncio.ensure_future(ask(listing, name=f"_{number}%")) for number in range(20)]
    await busy(slow, 2)
    for search in searches[8:16]:
        search.cancel()
    slow.open.set()
    await asyncio.gather(*searches, return_exceptions=True)
    assert slow.sizes == [4, 4, 4]
