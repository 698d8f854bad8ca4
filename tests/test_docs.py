"""What the documentation says is what the code does."""

from pathlib import Path

from kizuna.configuration import load
from kizuna.settings import KEYS, LeaderboardEntry, TournamentEntry, as_yaml

DOCS = Path(__file__).parents[1] / "docs"
CONFIGURATION, BOARDS = (DOCS / "configuration.md").read_text().split("## Leaderboards and tournaments")


def test_every_setting_is_documented() -> None:
    """`docs/configuration.md` has a row for each setting, with its default and its meaning."""
    assert rows(CONFIGURATION) == [
        f"| `{key}` | `{as_yaml(field.default)}` | {field.description} |" for key, field in KEYS.items()
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
    return "required" if field.is_required() else f"`{as_yaml(field.default)}`"
