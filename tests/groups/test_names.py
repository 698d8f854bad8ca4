"""GET /v2/group?name=: patterns against a model."""

import re
import uuid

import httpx
import pytest_asyncio
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kizuna.app import Application
from tests.groups.support import Somebody, good, refusal
from tests.support.applications import client_of
from tests.support.players import sign_in_async

#: Letters of which some have no other case, some have one only in one direction, and one, a dotted capital I,
#: whose lower case is two letters; wildcards and the escape; the ends of what a character can be.
LETTERS = "aAbBzZéÉßẞKkKİiıΣσς%_\\ \ud7ff\ue000\U0010ffff中'"

NAMES = st.text(LETTERS, min_size=1, max_size=6)
PATTERNS = st.text(LETTERS + "%%__\\", min_size=1, max_size=7)

_CREATED: set[str] = set()


def folded(text: str) -> str:
    return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)


def model(pattern: str) -> re.Pattern[str] | None:
    """A pattern as a regular expression; None for one that ends in a lone escape."""
    expression = ""
    letters = iter(folded(pattern.lstrip("% ")))
    for letter in letters:
        if letter == "\\":
            letter = next(letters, "")
            if not letter:
                return None
            expression += re.escape(letter)
        else:
            expression += {"%": ".*", "_": "."}.get(letter, re.escape(letter))
    return re.compile(expression, re.DOTALL)


@pytest_asyncio.fixture(scope="module")
async def reader(app: Application) -> Somebody:
    async with client_of(app) as api:
        player = await sign_in_async(api)
    return Somebody(client_of(app), player)


async def found(reader: Somebody, pattern: str, limit: int) -> list[str]:
    names: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await reader.ask("GET", "/group", name=pattern, limit=limit, **cursor)
        page = good(answer)
        names += [group["name"] for group in page.get("groups", [])]
        if "cursor" not in page:
            return names
        cursor = {"cursor": page["cursor"]}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(NAMES, max_size=3), st.lists(PATTERNS, min_size=1, max_size=4), st.integers(1, 5))
@example(["a", "A", "ab", "Ab_", "%"], ["a%", "A", "a_", "\\%", "%", "_%", " a", "ab\\_", "\\", "a\\\\\\"], 2)
@example(["\U0010ffff", "\U0010ffffa", "\ud7ff", "\ue000", "\ud7ffz"], ["\U0010ffff%", "\ud7ff%"], 2)
@example(["k", "K", "K", "İ", "i", "ı", "Σσς"], ["k%", "K", "İ", "i%", "σΣ_", "σσς"], 1)
async def test_patterns(reader: Somebody, names: list[str], patterns: list[str], limit: int) -> None:
    for name in names:
        if name not in _CREATED:
            await reader.create(name)
            _CREATED.add(name)
    for pattern in patterns:
        expression = model(pattern)
        if expression is None:
            answer = await reader.ask("GET", "/group", name=pattern, limit=limit)
            assert refusal(answer) == (400, 3, "Error while trying to list groups.")
        elif expression.pattern:
            matching = sorted(name for name in _CREATED if expression.fullmatch(folded(name)))
            assert await found(reader, pattern, limit) == matching
        else:
            assert set(await found(reader, pattern, limit)) == _CREATED


async def test_a_changed_name_is_found_by_the_new_one(api: httpx.AsyncClient, reader: Somebody) -> None:
    reader = Somebody(api, reader.player)
    prefix = str(uuid.uuid4())
    group = await reader.create(f"{prefix} Old")
    good(await reader.update(group, name=f"{prefix} NEW"))
    assert await found(reader, f"{prefix} old", 1) == []
    assert await found(reader, f"{prefix} new", 1) == [f"{prefix} NEW"]
    good(await reader.delete(group))


async def test_a_letter_whose_lower_case_is_two_stands_for_itself(
    api: httpx.AsyncClient, reader: Somebody
) -> None:
    reader = Somebody(api, reader.player)
    name = f"İ{uuid.uuid4()}".ljust(255, "İ")
    group = await reader.create(name)
    assert await found(reader, f"{name[:30]}%", 1) == [name]
    good(await reader.delete(group))
