"""The command line, without a database where none is needed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kizuna.cli import main
from tests.host.running import Program, environment, running
from tests.support.databases import Databases


@pytest.fixture(autouse=True)
def no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the test-suite is not the one under test."""
    for name in os.environ.keys() - environment().keys():
        monkeypatch.delenv(name)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """What a command that fails says."""
    assert main(arguments) == 1
    return capsys.readouterr().err.splitlines()


def test_help_is_quick() -> None:
    """It imports nothing that a server needs."""
    code = "import sys, kizuna.cli; kizuna.cli._parser(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment())
    assert "kizuna.cli" in loaded.stdout.split()
    assert not {"pydantic", "uvicorn", "asyncpg", "asyncio", "yaml"} & set(loaded.stdout.split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["serve", "--help"], ["db", "dump", "--help"], ["--version"]]
)
def test_what_only_informs_succeeds(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert "kizuna" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["serv"], ["serve", "--prot", "1"], ["db"], ["migrate", "down"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "kizuna" in capsys.readouterr().err


def test_options_win_over_environment_and_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"data_dir: {tmp_path}/file")
    said = []
    for variable, option in ((None, []), (f"{tmp_path}/env", []), (f"{tmp_path}/env", ["--data-dir", "/x"])):
        if variable:
            monkeypatch.setenv("KIZUNA_DATA_DIR", variable)
        assert main(["db", "path", "--config", str(file), *option]) == 0
        said.append(capsys.readouterr().out.strip())
    assert said == [f"{tmp_path}/file", f"{tmp_path}/env", "/x"]


def test_settings_that_are_wrong_are_told_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KIZUNA_SOCKET__PROT", "1")
    monkeypatch.setenv("KIZUNA_WORKRES", "1")
    assert refused(capsys, "serve") == [
        "kizuna: environment: KIZUNA_SOCKET__PROT is no setting. Did you mean KIZUNA_SOCKET__PORT?",
        "kizuna: environment: KIZUNA_WORKRES is no setting. Did you mean KIZUNA_WORKERS?",
    ]
    monkeypatch.undo()
    assert refused(capsys, "serve", "--port", "x") == [
        "kizuna: command line: socket.port must be a whole number, not 'x'."
    ]


def test_reload_is_refused_where_others_could_connect(tmp_path: Path) -> None:
    home = tmp_path / "home"
    server = Program("-m", "kizuna", "serve", "--reload", "--host", "0.0.0.0", "--data-dir", str(home))
    assert server.wait() == 1
    assert server.err == [
        "kizuna: --reload is for development and refused on 0.0.0.0, "
        "where others could connect. Listen on 127.0.0.1."
    ]
    assert not home.exists()


def test_healthcheck(capsys: pytest.CaptureFixture[str]) -> None:
    with running() as server:
        assert main(["healthcheck", "--port", str(server.port)]) == 0
        assert main(["healthcheck", "--host", "0.0.0.0", "--port", str(server.port)]) == 0
        assert main(["healthcheck", "--url", f"http://127.0.0.1:{server.port}/"]) == 0
    (line,) = refused(capsys, "healthcheck", "--port", str(server.port))
    assert line.startswith(f"kizuna: http://127.0.0.1:{server.port} does not answer: ")


def test_an_external_database_out_of_reach(capsys: pytest.CaptureFixture[str]) -> None:
    url = "postgresql://someone:secret@127.0.0.1:1/game"
    for command in (["migrate"], ["migrate", "status"]):
        (line,) = refused(capsys, *command, "--database-url", url)
        assert line.startswith("kizuna: The database at 127.0.0.1:1/game cannot be used: ")
    server = Program("-m", "kizuna", "serve", "--port", "0", "--database-url", url)
    assert server.wait() == 1
    assert server.errors.startswith("kizuna: The database at 127.0.0.1:1/game cannot be used: ")
    assert "secret" not in server.errors


def test_an_external_database_is_migrated_only_on_demand(
    databases: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    url = databases.empty()
    server = Program("-m", "kizuna", "serve", "--port", "0", "--database-url", url)
    assert server.wait() == 1
    advice = "Run `kizuna migrate` first, or start with `kizuna serve --migrate`."
    assert server.err == [f"kizuna: The database has no schema yet. {advice}"]
    assert main(["migrate", "status", "--database-url", url]) == 1
    assert main(["migrate", "--database-url", url]) == 0
    assert main(["migrate", "status", "--database-url", url]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"The database has no schema yet. {advice}"
    assert said[1].startswith("Applied 0001")
    assert said[2] == "The database is up to date."
