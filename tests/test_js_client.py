"""The official JavaScript client, unmodified, under Node."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Serve, Server, start_server

HERE = Path(__file__).parent / "js"
PROJECT = Path(__file__).parents[1]
#: A code block of a page that says which file of the game it is.
GAME_FILE = re.compile(r"```python\n# game/(?P<name>\w+\.py)\n(?P<code>.*?)```", re.DOTALL)
PACKAGES = HERE / "node_modules"
#: npm writes this when an installation is complete: newer than the lock file means nothing to do.
INSTALLED = PACKAGES / ".package-lock.json"


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node with the client's packages in place, or a skipped test."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        pytest.skip("Node is not installed")
    if not installed():
        if npm is None:
            pytest.skip("npm is not installed")
        install(npm)
    return node


def installed() -> bool:
    """Whether node_modules holds what the lock file says."""
    lock = HERE / "package-lock.json"
    return INSTALLED.exists() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime


def install(npm: str) -> None:
    """Fetch the locked packages; skip the test where they cannot be had."""
    quiet = {**os.environ, "CI": "true"}
    try:
        done = subprocess.run([npm, "ci"], cwd=HERE, env=quiet, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        pytest.skip("npm ci did not finish in two minutes")
    if done.returncode != 0:
        pytest.skip(f"npm ci failed: {done.stderr.strip()[-500:]}")
    INSTALLED.touch()


@pytest.fixture(scope="module")
def game_server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the game of `tests/js/modules`."""
    log = tmp_path_factory.mktemp("game") / "server.log"
    server = start_server(database_url=database_url, modules=HERE / "modules", log=log)
    yield server
    server.stop()


def drive(node: str, script: str, server: Server) -> str:
    """What a script of `tests/js` says that it has proved."""
    call = [node, script, server.host, str(server.port)]
    done = subprocess.run(call, cwd=HERE, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout


def test_the_official_client_plays(node: str, conformance_server: Server) -> None:
    assert drive(node, "drive.mjs", conformance_server).count("ok ") == 6


@pytest.mark.parametrize(
    ("script", "steps"), [("competition.mjs", 13), ("friends.mjs", 9), ("groups.mjs", 17), ("game.mjs", 8)]
)
def test_the_official_client_with_a_game(script: str, steps: int, node: str, game_server: Server) -> None:
    assert drive(node, script, game_server).count("ok ") == steps


@pytest.mark.parametrize("page", ["README.md", "docs/game-code.md"])
def test_the_first_function_that_the_documentation_shows(
    page: str, node: str, serve: Serve, tmp_path: Path
) -> None:
    snippets = list(GAME_FILE.finditer((PROJECT / page).read_text()))
    assert [snippet["name"] for snippet in snippets] == ["hello.py"]
    game = tmp_path / "game"
    game.mkdir()
    for snippet in snippets:
        (game / snippet["name"]).write_text(snippet["code"])
    server = serve(modules=game)
    assert drive(node, "hello.mjs", server).count("ok ") == 1


def test_the_leaderboard_that_the_readme_shows(node: str, serve: Serve, tmp_path: Path) -> None:
    page = (PROJECT / "README.md").read_text()
    [configuration] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    config = tmp_path / "kizuna.yaml"
    config.write_text(configuration)
    server = serve(config=config)
    connect, compete = re.findall(r"```js\n(.*?)```", page, re.DOTALL)
    script = connect.replace("127.0.0.1", server.host).replace("7350", str(server.port)) + compete
    done = subprocess.run(
        [node, "--input-type=module"], cwd=HERE, input=script, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"'1\. \w+: 120'", done.stdout), done.stdout


def test_the_lock_file_names_no_registry() -> None:
    assert "://" not in (HERE / "package-lock.json").read_text()
