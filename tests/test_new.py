"""`kizuna new`: the project that it writes, and what it refuses."""

import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import httpx
import pytest

from kizuna.cli import main
from kizuna.configuration import load
from tests.support.players import sign_in
from tests.support.processes import KIZUNA, Serve
from tests.test_packaging import DEPENDENCIES, installed, wheel

__all__ = ["installed", "wheel"]  # fixtures

FILES = {
    ".gitignore",
    "README.md",
    "kizuna.yaml",
    "modules/gifts.py",
    "pytest.ini",
    "tests/test_game.py",
}

#: Without the plugins of this suite, which are not the game's.
PLAIN = ["-p", "no:asyncio", "-p", "no:cacheprovider"]


def new(name: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*KIZUNA, "new", name], cwd=cwd, capture_output=True, text=True, timeout=60)


def files(folder: Path) -> set[str]:
    """Every file below a folder, as it is called from there."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A new project."""
    made = new("my-game", tmp_path)
    assert made.returncode == 0, made.stderr
    return tmp_path / "my-game"


def test_a_project_is_written(project: Path) -> None:
    assert files(project) == FILES
    assert (project / "README.md").read_text().startswith("# my-game\n")
    assert not [path for path in project.rglob("*") if path.is_file() and "{{" in path.read_text()]


def test_an_empty_folder_will_do_and_the_present_one_too(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    assert new(".", folder).returncode == 0
    assert files(folder) == FILES
    assert (folder / "README.md").read_text().startswith("# empty\n")


def test_the_project_s_tests_pass_by_the_command_that_is_printed(tmp_path: Path) -> None:
    made = new("a game", tmp_path)
    assert " install pytest" not in made.stdout  # it is here
    command = made.stdout.splitlines()[-1]
    assert re.fullmatch(r"  cd 'a game' && (pytest|\S+ -m pytest)", command), made.stdout
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} {' '.join(PLAIN)}"],
        cwd=tmp_path,
        env={"PATH": f"{sysconfig.get_path('scripts')}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_the_project_is_served_by_the_command_that_is_printed(project: Path, serve: Serve) -> None:
    server = serve("--reload", cwd=project, config=Path("kizuna.yaml"))
    with httpx.Client(base_url=server.base_url) as client:
        player = sign_in(client)
        answer = client.post("/v2/rpc/gift?unwrap", headers=player.headers)
        assert answer.json() == {"coins": 100, "balance": 100}
        refused = client.put("/v2/account", json={"display_name": "A"}, headers=player.headers)
        assert refused.status_code == 400
    assert "without effect" not in server.output  # every setting in the file is one


def test_the_commands_that_are_printed_are_those_of_this_environment(tmp_path: Path) -> None:
    said = new("game", tmp_path).stdout.splitlines()
    own = Path(sys.executable).parent
    for line, name in zip(said[-2:], ("kizuna", "pytest"), strict=True):
        command = line.partition(" && ")[2]
        assert command.startswith((f"{name} ", f"{own}/")) or command == name
    assert said[-2].endswith(" serve --config kizuna.yaml --reload")


def test_where_pytest_is_missing_its_installation_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)
    assert main(["new", "game"]) == 0
    *_, install, test = capsys.readouterr().out.splitlines()
    assert install == f"  {sys.executable} -m pip install pytest"
    assert test == f"  cd game && {sys.executable} -m pytest"
    told = (tmp_path / "game" / "README.md").read_text()
    assert f"```sh\n{sys.executable} -m pip install pytest\n{sys.executable} -m pytest\n```" in told
    assert f"\n{sys.executable} -m kizuna serve --config kizuna.yaml --reload\n" in told


@pytest.fixture
def reachable(data_dir: Path) -> Path:
    """A folder that every user may enter."""
    data_dir.chmod(0o755)
    return data_dir


def test_a_project_has_a_database_of_its_own_in_its_folder(
    reachable: Path, tmp_path: Path, serve: Serve
) -> None:
    assert new("game", reachable).returncode == 0
    project = reachable / "game"
    server = serve(cwd=project, config=Path("kizuna.yaml"), database_url=None)
    assert (project / "data" / "pgdata" / "PG_VERSION").is_file()
    assert "/data/" in (project / ".gitignore").read_text().splitlines()
    assert "`data`" in (project / "README.md").read_text()
    server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's PostgreSQL gets wherever the user does")
def test_root_s_data_goes_to_where_postgresql_gets(tmp_path: Path) -> None:
    home = tmp_path / "root's"
    home.mkdir(mode=0o700)
    assert new("game", home).returncode == 0
    settings = load([home / "game" / "kizuna.yaml"]).settings
    assert settings.data_dir == Path(f"/var/lib/kizuna/projects{home}/game")
    assert f"`{settings.data_dir}`" in (home / "game" / "README.md").read_text()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("taken", "taken is not empty"),
        ("file", "file cannot be written: Not a directory"),
        ("file/game", "cannot be written: Not a directory"),
        ("a:b", "'a:b' is no name for a project"),
        ("..", "not empty"),
        ("/", "'/' is no name for a project"),
        ("game ", "'game ' is no name for a project"),
        ("new\nline", "is no name for a project"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_sentence(name: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").touch()
    (tmp_path / "file").touch()
    made = new(name, tmp_path)
    assert made.returncode == 1
    assert made.stdout == ""
    assert made.stderr.startswith("kizuna: ")
    assert reason in made.stderr
    assert "Traceback" not in made.stderr
    assert files(tmp_path) == {"file", "taken/notes.txt"}


def test_the_wheel_has_the_project_and_its_plugin(installed: Path, tmp_path: Path) -> None:
    env = {"PYTHONPATH": DEPENDENCIES, "PATH": "/usr/bin:/bin"}

    def run(cwd: Path, *command: str) -> str:
        done = subprocess.run(
            [installed, "-m", *command], cwd=cwd, env=env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(tmp_path, "kizuna", "new", "game")
    assert files(tmp_path / "game") == FILES
    # pytest finds the plugin because kizuna is installed, and the project may name it as well.
    assert "4 passed" in run(tmp_path / "game", "pytest", "-o", "addopts=", *PLAIN)
    assert "4 tests collected" in run(tmp_path / "game", "pytest", "--collect-only", *PLAIN)
