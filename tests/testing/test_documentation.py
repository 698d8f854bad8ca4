"""What docs/testing-your-game.md shows."""

import re
from pathlib import Path

from tests.support.databases import Databases
from tests.testing.project import Project

PAGE = Path(__file__).parents[2] / "docs" / "testing-your-game.md"

#: A block of the page that says which file it is.
FILE = re.compile(r"```\w+\n(# (?P<name>\S+)\n.*?)```", re.DOTALL)


def test_the_game_and_the_tests_of_the_page_do_what_it_says(tmp_path: Path, databases: Databases) -> None:
    project = Project(tmp_path, {"KIZUNA_TEST_DATABASE_URL": databases._server_url})
    shown = {file["name"]: file[1] for file in FILE.finditer(PAGE.read_text())}
    assert {"pytest.ini", "kizuna.yaml", "modules/shop.py", "tests/test_week.py"} <= shown.keys()
    for name, text in shown.items():
        project.write(name, text)
    run = project.test()
    assert run.counts == {"passed": 12}, run.output


def test_every_block_of_python_is_one_of_these_files() -> None:
    text = PAGE.read_text()
    assert text.count("```python") == sum(file["name"].endswith(".py") for file in FILE.finditer(text))
