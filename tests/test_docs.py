"""What the documentation says is what the code does."""

import re
from itertools import chain
from pathlib import Path

import pytest
import yaml

from kizuna.configuration import load
from kizuna.settings import KEYS, LeaderboardEntry, TournamentEntry

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CONFIGURATION, BOARDS = (DOCS / "configuration.md").read_text().split("## Leaderboards and tournaments")

#: Where pages of the project are.
FOLDERS = (".", "benchmarks", "docs", "examples/*", "tests/conformance")
PAGES = sorted(chain.from_iterable(ROOT.glob(f"{folder}/*.md") for folder in FOLDERS))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_what_there_is(page: Path) -> None:
    """Files of the project, and headings in its pages."""
    for file, heading in re.findall(r"\]\((?!http)([^)#\s]*)#?([^)\s]*)\)", page.read_text()):
        target = page.parent / file if file else page
        assert target.exists(), file
        assert not heading or heading in headings(target), f"{file}#{heading}"


def headings(page: Path) -> set[str]:
    """The names by which links call the headings of a page."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_setting_is_documented() -> None:
    """`docs/configuration.md` has a row for each setting, with its default and its meaning."""
    assert rows(CONFIGURATION) == [
        f"| `{key}` | `{_as_yaml(field.default)}` | {field.description} |" for key, field in KEYS.items()
    ]


def test_every_key_of_a_leaderboard_or_tournament_is_documented() -> None:
    """It has a row for each, with the defaults of both kinds, and its meaning."""
    assert rows(BOARDS) == [
        f"| `{name}` | {_default(LeaderboardEntry, name)} | {_default(TournamentEntry, name)} | "
        f"{field.description} |"
        for name, field in TournamentEntry.model_fields.items()
    ]


def test_the_leaderboards_and_tournaments_of_the_documentation_are_accepted(tmp_path: Path) -> None:
    file = tmp_path / "boards.yaml"
    file.write_text(BOARDS.split("```yaml")[1].split("```")[0])
    loaded = load([file])
    assert loaded.settings.leaderboards
    assert loaded.settings.tournaments
    assert loaded.warnings == []


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| `")]


def _default(entry: type[LeaderboardEntry], name: str) -> str:
    field = entry.model_fields.get(name)
    if field is None:
        return "–"
    return "required" if field.is_required() else f"`{_as_yaml(field.default)}`"


def _as_yaml(default: object) -> str:
    """A default as a line of YAML."""
    value = list(default) if isinstance(default, tuple) else default
    return yaml.safe_dump(value, default_flow_style=True).removesuffix("...\n").strip()
