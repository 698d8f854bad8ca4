"""TEAMS_SEARCH."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from kizuna.app import Application
from kizuna.teams.core import service
from tests.teams.core.conftest import Enter
from tests.teams.core.support import BAD_INPUT, Founder, Game, Team, new_code
from tests.teams.support import Configure, answered, refused

Make = Callable[..., Any]


def word() -> str:
    """Letters that are in no other name."""
    return "w" + uuid.uuid4().hex


@pytest.fixture
def make(enter: Enter, configure: Configure) -> Make:
    """Makes a team of a name."""

    async def team(name: str, **fields: Any) -> Team:
        configure(allow_multiple_teams=True)
        return await (await enter()).create(name, **fields)

    return team


async def names(owl: Founder, **request: Any) -> list[str]:
    return [team["name"] for team in (await owl.call("TEAMS_SEARCH", **request)).get("teams", ())]


async def test_the_order_of_matches(enter: Enter, make: Make) -> None:
    """T-099, T-100, T-102: short code, name, beginning, anywhere; then by name."""
    owl, text = await enter(), word()[:16]
    wanted = [
        "ZZ by code",
        text.upper(),
        text,
        f"{text.upper()} b",
        f"{text} a",
        f"{text} c",
        f"A {text}",
        f"a{text}a",
        f"z {text.upper()}",
    ]
    for name in reversed(wanted[1:]):
        await make(name)
    await make(wanted[0], metadata={"short_code": text.upper()})
    await make("not that")
    assert await names(owl, input=text, limit=100) == wanted
    assert await names(owl, input=text.upper(), limit=100) == wanted
    for limit in range(1, len(wanted)):
        assert await names(owl, input=text, limit=limit) == wanted[:limit]
    rest = answered(await owl.rest("GET", "/team/search", input=text, limit=3))
    assert [team["name"] for team in rest["teams"]] == wanted[:3]


async def test_what_a_search_tells(enter: Enter, make: Make) -> None:
    """T-040, T-079, T-099 (case 21): teams without members, no cursor, and ten unless asked for more."""
    owl, text = await enter(), word()
    teams = [await make(f"{text} {number:02}") for number in range(12)]
    for team in teams:
        del team["members"]
    assert await owl.call("TEAMS_SEARCH", input=text) == {"teams": teams[:10]}
    assert await owl.call("TEAMS_SEARCH", input=text, limit=100) == {"teams": teams}
    assert await owl.call("TEAMS_SEARCH", input=text, limit=-1) == {"teams": teams[:1]}
    assert await owl.call("TEAMS_SEARCH", input=text + "x") == {}


async def test_short_codes(enter: Enter, make: Make) -> None:
    """T-100, T-103 (case 21): the whole of it in whatever case, once where the name has it too."""
    owl, code = await enter(), new_code()
    team = await make(f"{word()} {code}", metadata={"short_code": code.upper()})
    await make(f"{code} first")
    assert await names(owl, input=code) == [team["name"], f"{code} first"]
    assert await names(owl, input=code, limit=1) == [team["name"]]
    assert team["name"] not in await names(owl, input=code[:-1], lang_tag="fr")
    exact = await make(f"only {word()}", metadata={"short_code": "x" + code})
    assert await names(owl, input="X" + code.upper()) == [exact["name"]]
    assert await names(owl, input=("X" + code)[:-1]) == []


async def test_the_length_of_the_input(enter: Enter, make: Make) -> None:
    """T-100 (case 21): three letters or none; letters are counted, not bytes."""
    owl, text = await enter(), word()
    await make(f"{text} äöü ößä")
    for short in ("o", "ow", "äö", " ", "%%"):
        assert refused(await owl.ask("TEAMS_SEARCH", input=short)) == BAD_INPUT
    assert await names(owl, input="äÖü", limit=100) == [f"{text} äöü ößä"]
    assert refused(await owl.ask("TEAMS_SEARCH", input="ow\0")) == BAD_INPUT
    assert await names(owl, input="x" * 5000) == []
    assert await names(owl, input="\U0010ffff" * 3) == []


async def test_wildcards_are_letters(enter: Enter, make: Make) -> None:
    """T-100: so is the backslash."""
    owl, text = await enter(), word()
    named = [f"{text}{letter}x" for letter in ("%", "_", "\\", "a")]
    for name in named:
        await make(name)
    for name in named:
        assert await names(owl, input=name) == [name]
        assert await names(owl, input=name[3:]) == [name]
    assert await names(owl, input="%%%") == []
    assert await names(owl, input="___") == []
    assert await names(owl, input="\\\\\\") == []


async def test_filters(enter: Enter, make: Make) -> None:
    """T-101: the language exactly, together with the input or alone; open, closed and full ones."""
    owl, text, language = await enter(), word(), uuid.uuid4().hex[:10]
    german = await make(f"{text} g", lang_tag=language)
    plain = await make(f"{text} e", open=True)
    assert await names(owl, input=text) == [plain["name"], german["name"]]
    assert await names(owl, input=text, lang_tag=language) == [german["name"]]
    assert await names(owl, lang_tag=language) == [german["name"]]
    assert await names(owl, lang_tag=language.upper()) == []
    assert await names(owl, input=text, lang_tag="fr") == []


async def test_no_input(enter: Enter, make: Make) -> None:
    """T-100, T-102: everything, by name."""
    owl = await enter()
    await make(f"!! {word()}")
    everything = await names(owl, limit=100)
    assert everything == sorted(everything)
    assert len(await names(owl)) == min(10, len(everything))


async def test_activity(enter: Enter, make: Make, game: type[Game]) -> None:
    """T-101, T-104: the sum of the members', or what the game says of the team."""
    owl, text = await enter(), word()
    busy, quiet, own = [await make(f"{text} {letter}", open=True) for letter in "abc"]
    answered(await owl.join(busy))
    game.scores = {owl.id: 4, busy["creator_id"]: 3, quiet["creator_id"]: 2}
    game.team_scores = {own["id"]: 100}

    async def found(least: int) -> dict[str, str | None]:
        page = await owl.call("TEAMS_SEARCH", input=text, min_activity=str(least))
        return {team["name"][-1]: team.get("activity") for team in page.get("teams", ())}

    assert await found(0) == {"a": "7", "b": "2", "c": "100"}
    assert await found(-5) == await found(0)
    assert await found(3) == {"a": "7", "c": "100"}
    assert await found(8) == {"c": "100"}
    assert await found(101) == {}
    team = await owl.get(busy)
    assert team["activity"] == "7"
    assert team["members"] == [
        {"id": busy["creator_id"], "activity": "3"},
        {"id": owl.id, "activity": "4"},
    ]


async def test_activity_without_a_game(app: Application, enter: Enter, make: Make) -> None:
    """T-101, T-104 (case 21): everything is 0, and nobody needs to look for it."""
    owl, text = await enter(), word()
    await make(text)
    before = app.database.counts.copy()
    assert await owl.call("TEAMS_SEARCH", min_activity="1") == {}
    assert await owl.call("TEAMS_SEARCH", input=text, min_activity="1") == {}
    assert not app.database.counts - before


async def test_activity_of_many(
    enter: Enter, make: Make, game: type[Game], monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-101: matches are gone through until there are enough that are active."""
    monkeypatch.setattr(service, "_SCORED_AT_ONCE", 2)
    owl, text = await enter(), word()
    teams = [await make(f"{text} {number}") for number in range(7)]
    game.team_scores = {teams[number]["id"]: 9 for number in (0, 3, 6)}
    found = await names(owl, input=text, min_activity="9")
    assert found == [teams[number]["name"] for number in (0, 3, 6)]
    assert await names(owl, input=text, min_activity="9", limit=2) == found[:2]


async def test_one_search_at_a_time(app: Application, enter: Enter, make: Make) -> None:
    """T-100: those who look for the same share a statement."""
    owl, text = await enter(), word()
    await make(text)
    before = app.database.counts.copy()
    assert await asyncio.gather(*(names(owl, input=text) for _ in range(20))) == [[text]] * 20
    assert sum((app.database.counts - before).values()) <= 4
