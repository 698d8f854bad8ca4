"""The command line, without a database where none is needed."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import certifi
import pytest

from kizuna import __version__
from kizuna.cli import main
from kizuna.db import tools
from kizuna.host.banner import Announcement
from kizuna.host.database import place_of
from kizuna.settings import Settings
from tests.host.running import Program, environment, running, until
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


def test_the_version_in_a_checkout(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"kizuna {__version__} (from a checkout)\n"


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


def test_an_external_database_has_no_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "db", "path", "--database-url", "postgresql://u:secret@db.example/x") == [
        "kizuna: The database is an external one, named by database.url; there is no data directory."
    ]


@pytest.mark.parametrize("more", [["-c", "select 1", "-A", "-c", "select 2"], ["-A", "-t", "-c", "select 1"]])
@pytest.mark.parametrize("separator", [[], ["--"]])
def test_options_of_psql(more: list[str], separator: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(tools, "psql", lambda url, arguments: told.append((url, arguments)) or 7)
    url = "postgresql://db.example/x"
    assert main(["db", "psql", "--database-url", url, *separator, *more]) == 7
    assert told == [(url, more)]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_game_code_that_is_not_there_is_noticed_before_the_database_starts(
    tmp_path: Path, workers: str
) -> None:
    (tmp_path / "file").touch()
    home = tmp_path / "home"
    start = ("-m", "kizuna", "serve", "--port", "0", "--data-dir", str(home), "--workers", workers)
    for name, reason in (("file", "is no folder"), ("missing", "does not exist")):
        server = Program(*start, "--modules", f"{tmp_path}/{name}")
        assert server.wait() == 1
        assert server.err[-1] == f"kizuna: Game code cannot be loaded: {tmp_path}/{name} {reason}."
    assert not home.exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_game_code_that_is_broken_is_told_without_our_own_frames(
    tmp_path: Path, databases: Databases, workers: str
) -> None:
    (tmp_path / "broken.py").write_text("1 / 0\n")
    start = ("-m", "kizuna", "serve", "--port", "0", "--database-url", databases.migrated())
    server = Program(*start, "--modules", str(tmp_path), "--workers", workers)
    assert server.wait() == 1
    assert f"kizuna: Game module {tmp_path}/broken.py cannot be loaded:" in server.errors
    assert "ZeroDivisionError" in server.errors
    assert "kizuna/host" not in server.errors


def test_clean_is_refused_while_a_server_runs(
    tmp_path: Path, databases: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    url = databases.migrated()
    assert main(["db", "dump", "--database-url", url, f"{tmp_path}/dump"]) == 0
    restore = ["db", "restore", "--clean", "--database-url", url, f"{tmp_path}/dump"]
    server = Program("-m", "kizuna", "serve", "--port", "0", "--database-url", url)
    try:
        until(lambda: any(line.startswith("curl ") for line in server.out), "the banner")
        assert refused(capsys, *restore) == [
            "kizuna: The database is in use: stop the servers that are connected to it first."
        ]
    finally:
        server.end(signal.SIGTERM)
    assert main(restore) == 0


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


def test_the_start_warns_of_what_is_open_to_other_apps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Until a setting says which app it is that players sign in to and buy in."""
    told: list[Sequence[str]] = []

    def serve(settings: Settings, *, announcement: Announcement, **others: object) -> int:
        told.append(announcement("http://127.0.0.1:1"))
        return 0

    monkeypatch.setattr("kizuna.host.parent.serve", serve)
    closed = tmp_path / "closed.yaml"
    closed.write_text(
        "social: {google: {client_ids: [a]}, facebook: {app_id: a, app_secret: a}, gamecenter: "
        "{bundle_ids: [a], trust_anchors: anchors.pem}}\niap: {apple: {bundle_ids: [a]}}\n"
    )
    end = "-----END CERTIFICATE-----\n"
    (tmp_path / "anchors.pem").write_text(certifi.contents().split(end)[0] + end)
    monkeypatch.chdir(tmp_path)
    assert main(["serve"]) == main(["serve", "--config", str(closed)]) == 0
    [warning], nothing = told
    assert warning.startswith("Warning: sign-ins and purchases made for other apps are accepted")
    assert not nothing


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


def test_a_password_that_spoils_the_url_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    for password in ("sec/ret", "p@ss/w", "secret#word"):
        url = f"postgresql://kizuna:{password}@127.0.0.1:1/kizuna"
        for command in (["migrate"], ["doctor"], ["serve"], ["db", "url"]):
            assert refused(capsys, *command, "--database-url", url) == [
                "kizuna: command line: database.url is no valid URL; percent-encode / # ? @ in the password."
            ]


def test_what_the_driver_cannot_read_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    url = "postgresql:///kizuna?host=127.0.0.1&port=secret"
    assert refused(capsys, "migrate", "--database-url", url) == [
        "kizuna: database.url is no valid URL; percent-encode / # ? @ in the password."
    ]


def test_a_database_in_another_encoding_is_refused(latin: str, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = refused(capsys, "migrate", "--database-url", latin)
    assert line.startswith(
        f"kizuna: The database at {place_of(latin)} has the encoding LATIN1 and kizuna needs UTF8. "
    )


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
