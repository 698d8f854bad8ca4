"""What docs/teams.md says is what the server does."""

import re
from pathlib import Path

from kizuna.configuration import load
from kizuna.settings import Settings
from kizuna.teams import catalogue
from kizuna.teams.functions import Access, Function
from tests.support.processes import Serve
from tests.support.shell import answers, blocks

PAGE = (Path(__file__).parents[2] / "docs" / "teams.md").read_text()

#: A row of the table of functions: its id, its paths, who may call it, its fields.
ROW = re.compile(r"^\| `([A-Z_]+)` \| ([^|]+) \| (\w+) \| ([^|]*)\|$", re.MULTILINE)

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
