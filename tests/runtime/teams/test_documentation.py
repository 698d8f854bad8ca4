"""What docs/game-code.md says of Teams."""

import re
from datetime import timedelta
from pathlib import Path

import kizuna.teams
from kizuna.clock import ShiftedClock
from kizuna.runtime.functions import REWARD_SOURCES
from tests.runtime.conftest import Folder
from tests.runtime.teams.test_team_events import EVENTS
from tests.support.applications import client_of, running_application
from tests.support.databases import Databases
from tests.teams.support import assemble, refused

TOP = Path(__file__).parents[3]
PAGE = (TOP / "docs" / "game-code.md").read_text().split("\n## Teams\n")[1].split("\n## ")[0]

#: A row of the table of events: its name, what it is told of, its metadata, its value.
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]*)\|$", re.MULTILINE)

#: Where the code tells of something.
PUBLISHED = re.compile(r"(?:publish\(|PublisherEvent\()\s*\"(\w+)\"")


async def test_the_game_of_the_page_works_with_the_guild_hall(
    databases: Databases, clock: ShiftedClock, folder: Folder
) -> None:
    """T-167, T-469: at the time of day of its happy hour."""
    folder.write("guild.py", PAGE.split("```python")[1].split("```")[0])
    config = TOP / "examples" / "guild_hall" / "teams.yaml"
    sections = {"teams": {"config": config}, "runtime": {"modules": [folder.path]}}
    clock.offset = timedelta(hours=5)
    async with running_application(databases.migrated(), clock, sections) as app, client_of(app) as api:
        cast = await assemble(api)

        async def treasure(team: str, headers: dict[str, str]) -> dict[str, object]:
            answer = await api.post("/v2/rpc/treasure?unwrap", content=team, headers=headers)
            found: dict[str, object] = answer.json()
            return found

        assert (await treasure(cast.team, cast.outsider.headers))["message"] == "Not your team."
        for unknown in (cast.member.id, "no id"):
            assert (await treasure(unknown, cast.member.headers))["message"] == "There is no such team."
        first = await treasure(cast.team, cast.member.headers)
        assert first == {
            "id": cast.team,
            "currencies": {"driftwood": 55, "amber": 0},
            "update_time_sec": first["update_time_sec"],
        }
        await treasure(cast.team, cast.member.headers)
        ack = await cast.call(cast.member, "TEAMS_STORE_PURCHASE", item_id="fragment_pack")
        assert ack["reward"]["items"] == {"map_fragment": "8"}
        answer = await cast.ask(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content="Dragon Dung!")
        assert refused(answer) == (400, 3, "input contains profanity")


def test_the_table_of_events_is_what_the_code_publishes() -> None:
    """T-035: their names, their metadata and whether they have a value."""
    told = {
        name: (set(re.findall(r"`([a-z]\w+)`", metadata)) - {"true", "false"}, bool(value.strip()))
        for name, _, metadata, value in ROW.findall(PAGE)
    }
    assert told == EVENTS
    sources = Path(kizuna.teams.__path__[0]).rglob("*.py")
    assert {name for file in sources for name in PUBLISHED.findall(file.read_text())} == told.keys()


def test_the_page_names_the_sources_that_there_are() -> None:
    """T-167."""
    [sources] = re.findall(r"The sources are (.*) \|\n", PAGE)
    assert tuple(re.findall(r"`(\w+)`", sources)) == REWARD_SOURCES
    [named] = re.findall(r"`team_reward (\w+)`", PAGE)
    assert named in REWARD_SOURCES
