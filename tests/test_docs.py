"""What the documentation says is what the code does."""

from pathlib import Path

import yaml

from kizuna.settings import KEYS

DOCS = Path(__file__).parents[1] / "docs"


def test_every_setting_is_documented() -> None:
    """`docs/configuration.md` has a row for each setting, with its default and its meaning."""
    page = (DOCS / "configuration.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{key}` | `{_shown(field.default)}` | {field.description} |" for key, field in KEYS.items()
    ]


def _shown(default: object) -> str:
    value = list(default) if isinstance(default, tuple) else default
    return yaml.safe_dump(value, default_flow_style=True).removesuffix("...\n").strip()
