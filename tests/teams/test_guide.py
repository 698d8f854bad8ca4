"""What docs/teams.md says is what the server does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from kizuna.configuration import load
from kizuna.settings import Settings
from kizuna.teams import catalogue
from kizuna.teams.functions import Access, Function
from tests.support.applications import client_of, running_application
from tests.support.players import sign_in_async
from tests.support.processes import Serve
from tests.support.shell import answers, blocks
from tests.teams.support import CONFIG, answered, ask, assemble

TOP = Path(__file__).parents[2]
PAGE = (TOP / "docs" / "teams.md").read_text()

#: A row of the table of functions: its id, its paths, who may call it, its fields.
ROW = re.compile(r"^\| `([A-Z_]+)` \| ([^|]+) \| (\w+) \| ([^|]*)\|$", re.MULTILINE)

#: A line of the examples of requests: a function's id, and a message without the team's id.
EXAMPLE = re.compile(r"^([A-Z_]+) +(\{.*\})$", re.MULTILINE)

#: A game that finds a word rude.
RUDE = """
def register(app):
    app.team_profanity(is_rude)

async def is_rude(ctx, text):
    return "rude" in text.lower()
"""

WHO = {Access.ANYBODY: "anybody", Access.MEMBER: "members", Access.ADMIN: "admins"}


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_table_has_all_functions() -> None:
    """T-001, T-005, T-466: where they are, who may call them, what they take."""
    functions = [value for value in vars(catalogue).values() if isinstance(value, Function)]
    assert [
        (id, tuple(re.findall(r"`([^`]+)`", paths)), who, re.findall(r"`(\w+)`", fields))
        for id, paths, who, fields in ROW.findall(section("All functions"))
    ] == [
        (
            function.name.removeprefix("TEAMS_"),
            function.rest,
            WHO[function.access],
            [name for name in function.request.fields if name != "id"],
        )
        for function in functions
    ]


def test_the_functions_to_close_are_functions(tmp_path: Path) -> None:
    file = tmp_path / "kizuna.yaml"
    [closed] = blocks(section("Who may do what"), "yaml")
    file.write_text(closed)
    assert len(load([file]).settings.teams.closed_functions) == 4
    assert Settings().teams.closed_functions == ()


async def test_the_examples_of_requests(database_url: str, app_clock: ShiftedClock) -> None:
    """T-365, T-372, T-379: with the guild hall, whose things they name."""
    sections = {"teams": {"config": TOP / "examples" / "guild_hall" / "teams.yaml"}}
    async with running_application(database_url, app_clock, sections) as app, client_of(app) as api:
        cast = await assemble(api)

        async def instance(item: str) -> str:
            owned = (await cast.call(cast.member, "TEAMS_INVENTORY_LIST_INVENTORY"))["items"]
            return str(next(key for key, each in owned.items() if each["id"] == item))

        told: dict[str, dict[str, Any]] = {}
        for id, message in EXAMPLE.findall(section("All functions")):
            item = "figurehead" if id == "INVENTORY_UPDATE" else "map_fragment"
            if "<instance id>" in message:
                message = message.replace("<instance id>", await instance(item))
            told[id] = await cast.call(cast.admin, f"TEAMS_{id}", **json.loads(message))
        assert list(told) == ["STATS_UPDATE", "INVENTORY_GRANT", "INVENTORY_UPDATE", "INVENTORY_CONSUME"]
        assert told["STATS_UPDATE"]["public"]["renown"]["value"] == "9"
        updated = told["INVENTORY_UPDATE"]["inventory"]["items"][await instance("figurehead")]
        assert updated["string_properties"]["paint"] == "red"
        consumed = told["INVENTORY_CONSUME"]["inventory"]["items"][await instance("map_fragment")]
        assert consumed["count"] == "3"


@pytest.mark.parametrize(("hooked", "size", "status"), [(False, 5000, 200), (True, 15, 404)])
async def test_hooks_keep_operations_on_groups_from_going_round_teams(
    database_url: str, app_clock: ShiftedClock, tmp_path: Path, hooked: bool, size: int, status: int
) -> None:
    """T-034: a group keeps its size, and its name is not looked at, unless the page's hooks do that."""
    (tmp_path / "words.py").write_text(RUDE)
    if hooked:
        [code] = blocks(section("Who may do what"), "python")
        (tmp_path / "groups.py").write_text(code)
    sections = {"teams": {"config": CONFIG}, "runtime": {"modules": [tmp_path]}}
    async with running_application(database_url, app_clock, sections) as app, client_of(app) as api:
        ada = await sign_in_async(api)
        body = {"name": f"Rude {hooked}", "max_count": 5000}
        group = answered(await api.post("/v2/group", json=body, headers=ada.headers))["id"]
        await ask(api, ada, "TEAMS_WALLET_GRANT", {"id": group, "currencies": {"guild_gold": 1}})
        assert answered(await ask(api, ada, "TEAMS_GET", {"team_id": group}))["max_count"] == size
        renamed = await api.put(f"/v2/group/{group}", json={"name": f"Ruder {hooked}"}, headers=ada.headers)
        assert renamed.status_code == status
        for name, expected in ((f"Polite {hooked}", 200), (f"Rudest {hooked}", 400)):
            update = await ask(api, ada, "TEAMS_UPDATE", {"id": group, "name": name})
            assert update.status_code == expected


def test_the_walk_with_three_players(serve: Serve, tmp_path: Path) -> None:
    """T-044, T-085, T-092, T-113: with the files of the page; without waiting for the sprint's end."""
    for name, text in zip(("kizuna.yaml", "teams.yaml"), blocks(section("Start"), "yaml"), strict=True):
        (tmp_path / name).write_text(text)
    server = serve(config=tmp_path / "kizuna.yaml", cwd=tmp_path)
    walk = "".join(blocks(section("A walk with three players")))
    script = re.sub(r"^sleep .*$", "", walk, flags=re.MULTILINE).replace(
        "http://127.0.0.1:7350", server.base_url
    )
    created, *asked, requests, added, said, chat, bought, changed, rolled, _, claimed, _ = answers(script)
    assert created["description"] == "We never sleep."
    assert (asked, added) == ([{}, {}], {})
    assert {each["user"]["username"] for each in requests["group_users"]} == {"ben", "cleo"}
    assert [each["code"] for each in chat["messages"]] == [0, 4, 4]
    assert {each["username"] for each in chat["messages"][1:]} == {"ben", "cleo"}
    assert chat["messages"][0]["message_id"] == said["message_id"]
    assert bought["wallet"] == {"gold": "40"}
    assert (changed["description"], changed["open"], changed["edge_count"]) == (
        "We sometimes sleep.",
        True,
        3,
    )
    assert (rolled["id"], claimed.get("code", 3)) == ("sprint", 3)
