"""What `kizuna doctor` finds."""

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from kizuna import doctor
from kizuna.cli import main
from kizuna.clock import ShiftedClock
from kizuna.configuration import load
from kizuna.host.database import place_of
from kizuna.settings import Settings
from kizuna.testing.providers.keys import certificate, ec_key, pem
from tests.host.running import environment, running
from tests.support.databases import Databases


@pytest.fixture(autouse=True)
def no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the test-suite is not the one under test."""
    for name in os.environ.keys() - environment().keys():
        monkeypatch.delenv(name)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens who says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def settings(**flags: Any) -> Settings:
    return load([], {}, {key.replace("__", "."): value for key, value in flags.items()}).settings


def lines(findings: Any) -> list[str]:
    return [f"{verdict}: {sentence}" for verdict, sentence in findings]


def test_a_healthy_external_database(databases: Databases) -> None:
    found = lines(doctor.check_database(settings(database__url=databases.migrated()), ShiftedClock()))
    assert found[0].startswith("ok: PostgreSQL ")
    assert found[1:] == [
        "ok: The schema is up to date.",
        "ok: The clocks of this machine and the database agree.",
    ]


def test_a_database_without_schema_is_a_problem(databases: Databases) -> None:
    found = lines(doctor.check_database(settings(database__url=databases.empty()), ShiftedClock()))
    assert found[1].startswith("problem: The database has no schema yet. Run `kizuna migrate` first")


FAILING = """
with board as (
    insert into leaderboard (id, authoritative, sort_order, operator, metadata, enable_ranks, create_time,
        category, title, description, duration, start_time, end_time, join_required, max_size, max_num_score)
    values ('weekly', false, 1, 0, '{}', true, '2026-01-01', 0, '', '', 0, 0, 0, false, 1, 1) returning key
)
insert into board_callback (board, kind, instant, attempts, next_try, error)
select key, 'leaderboard_reset', 1767225600, 3, '2026-01-01', E'Traceback\nKeyError: gold' from board
"""


async def test_a_callback_that_fails_is_told(databases: Databases) -> None:
    url = databases.migrated()
    connection = await asyncpg.connect(url)
    await connection.execute(FAILING)
    await connection.close()
    found = await asyncio.to_thread(
        lambda: lines(doctor.check_database(settings(database__url=url), ShiftedClock()))
    )
    assert (
        "warning: leaderboard_reset of weekly at 2026-01-01 00:00:00 has failed 3 times and is tried again: "
        "KeyError: gold"
    ) in found


def test_a_clock_apart_from_the_databases(databases: Databases) -> None:
    clock = ShiftedClock()
    clock.offset = timedelta(minutes=2)
    found = lines(doctor.check_database(settings(database__url=databases.migrated()), clock))
    assert found[-1].startswith("warning: The clocks of this machine and the database differ by 1")


def test_a_database_out_of_reach_is_one_finding_among_others(capsys: pytest.CaptureFixture[str]) -> None:
    url = "postgresql://someone:hunter2@127.0.0.1:1/game"
    assert main(["doctor", "--port", "0", "--database-url", url]) == 1
    said = capsys.readouterr().out
    (line,) = [line for line in said.splitlines() if line.startswith("problem")]
    assert line.startswith("problem  The database at 127.0.0.1:1/game cannot be used: ")
    assert "warning  socket.server_key has its public default value." in said.splitlines()
    assert "hunter2" not in said


def test_a_database_in_another_encoding_is_a_problem(latin: str) -> None:
    found = lines(doctor.check_database(settings(database__url=latin), ShiftedClock()))
    assert found[1].startswith(f"problem: The database at {place_of(latin)} has the encoding LATIN1")


def test_a_socket_is_told_by_its_directory() -> None:
    assert place_of("postgresql://u:p@/game?host=/run/db&port=6000") == "/run/db (game)"
    assert place_of("postgresql://%2Frun%2Fdb/game") == "/run/db (game)"
    assert place_of("postgresql://u:p@db.example:6000/game") == "db.example:6000/game"
    assert place_of("postgresql://u@ser:sec/ret#x?y@db.example/game?sslmode=require") == "db.example/game"
    assert place_of("postgresql:///game") == "localhost/game"


def test_everything_well_is_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--port", "0", "--data-dir", f"/tmp/{tmp_path.name}-home"]) == 0
    assert "problem" not in capsys.readouterr().out


def test_warnings_of_the_settings_are_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("console: {port: 1}")
    main(["doctor", "--port", "0", "--data-dir", f"/tmp/{tmp_path.name}-home", "--config", str(file)])
    assert "warning  Settings without effect here: console." in capsys.readouterr().out.splitlines()


def test_settings_that_have_no_effect_yet_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIZUNA_SESSION__SINGLE_SOCKET", "true")
    assert main(["doctor", "--port", "0", "--data-dir", f"/tmp/{tmp_path.name}-home"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "warning  Settings without effect here: KIZUNA_SESSION__SINGLE_SOCKET." in said


def test_a_data_directory_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = lines(doctor.check_data_directory(settings(data_dir=f"{tmp_path}/file/home")))
    assert found[0].startswith("problem: ")


def test_a_game_that_can_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        """
def register(app):
    app.rpc("buy", buy)
    app.startup(begin)

async def buy(ctx, payload): return ""
async def begin(ctx): raise RuntimeError("a database is needed here")
"""
    )
    (found,) = lines(doctor.check_modules(settings(runtime__modules=[str(tmp_path)])))
    assert found == "ok: The game code can be loaded: buy, startup (handler)."
    assert not [name for name in sys.modules if name.startswith("kizuna_game_")]


def test_a_game_without_functions_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (found,) = lines(doctor.check_modules(settings(runtime__modules=[str(tmp_path)])))
    assert found.startswith(f"warning: The game modules in {tmp_path} have no functions: ")
    assert caplog.records == []


@pytest.mark.parametrize(
    ("pool_size", "what"), [(1, "write anything"), (2, "write anything"), (3, "change other teams"), (5, "")]
)
def test_too_few_connections_for_functions_for_teams_are_a_warning(
    tmp_path: Path, pool_size: int, what: str
) -> None:
    """Those that are only told of what was done are not within a call."""
    (tmp_path / "guild.py").write_text(
        """
def register(app):
    app.team_event(noted)
    app.team_profanity(rude)

async def noted(ctx, event): ...
async def rude(ctx, text): return False
"""
    )
    game = {"runtime__modules": [str(tmp_path)], "database__pool_size": pool_size}
    text = f"With a database.pool_size of {pool_size} these functions cannot {what}: team_profanity."
    _, *found = lines(doctor.check_modules(settings(**game, teams__config=tmp_path / "guilds.json")))
    assert found == ([f"warning: {text}"] if what else [])
    assert len(lines(doctor.check_modules(settings(**game)))) == 1


def test_a_game_that_cannot_be_loaded_is_a_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shop.py").write_text("import missing_package\n")
    home = f"/tmp/{tmp_path.name}-home"
    assert main(["doctor", "--port", "0", "--data-dir", home, "--modules", str(tmp_path)]) == 1
    said = capsys.readouterr().out.splitlines()
    begun = said.index(f"problem  Game module {tmp_path}/shop.py cannot be loaded:")
    assert said[begun + 1] == "         Traceback (most recent call last):"
    assert "         ModuleNotFoundError: No module named 'missing_package'" in said
    # The other findings come as well.
    assert any("has its public default value." in line for line in said[begun:])


def test_a_folder_of_game_code_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    (found,) = lines(doctor.check_modules(settings(runtime__modules=[f"{tmp_path}/games"])))
    assert found == f"problem: Game module {tmp_path}/games cannot be loaded: it is no folder."


def test_a_server_without_a_game_is_not_asked_for_one() -> None:
    assert lines(doctor.check_modules(settings())) == []


def test_a_port_that_a_server_of_ours_answers() -> None:
    with running() as server:
        found = lines(doctor.check_port(settings(socket__port=server.port)))
    assert found == [f"ok: A server is healthy at http://127.0.0.1:{server.port}."]


def test_a_port_that_somebody_else_has(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ANSWER_MOST", 0.1)
    (found,) = lines(doctor.check_port(settings(socket__port=taken)))
    assert found.startswith(f"problem: Port {taken} on 127.0.0.1 is already in use.")


def test_a_clock_before_the_release() -> None:
    clock = ShiftedClock()
    clock.offset = datetime(2001, 1, 1, tzinfo=UTC) - datetime.now(UTC)
    (found,) = lines(doctor.check_clock(clock))
    assert found.startswith("problem: The clock of this machine is wrong: it says ")
    assert lines(doctor.check_clock(ShiftedClock()))[0].startswith("ok: ")


def test_keys_left_at_their_default() -> None:
    assert lines(doctor.check_keys(settings(socket__server_key="mine", runtime__http_key="mine"))) == [
        "warning: session.encryption_key has its public default value.",
        "warning: session.refresh_encryption_key has its public default value.",
    ]


# Identity providers and stores


def test_what_is_open_to_other_apps() -> None:
    """Where nothing says which app is the game's own, what was signed for any is taken: a warning each."""
    told = "\n".join(line for line in lines(doctor.check_providers(Settings())) if "warning: " in line)
    for key in (
        "social.google.client_ids",
        "social.facebook.app_secret",
        "social.facebook_limited_login.app_id or social.facebook.app_id",
        "social.gamecenter.bundle_ids",
        "iap.apple.bundle_ids",
    ):
        assert f"for other apps are accepted as well: set {key}." in told
    assert "set social.gamecenter.trust_anchors." in told
    assert told.count("warning: ") == told.count("\n") + 1 == 6


def test_stores_count_once_they_are_set_up() -> None:
    options = {
        "iap.google.client_email": "a@example.com",
        "iap.google.notifications_endpoint_id": "n",
        "iap.facebook_instant.app_secret": "s",
    }
    told = lines(doctor.check_providers(load(flags=options).settings))
    assert "problem: iap.google.client_email is of no use without iap.google.private_key." in told
    assert any("set iap.google.package_names." in sentence for sentence in told)
    assert any("set iap.facebook_instant.app_id." in sentence for sentence in told)
    assert any("without a token: set iap.google.push_audience." in sentence for sentence in told)


def test_nothing_is_said_of_what_is_set_up(tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.pem"
    anchors.write_bytes(pem(certificate("an authority", ec_key("an authority"))))
    options: dict[str, object] = {
        "social.google.client_ids": "a",
        "social.facebook.app_id": "a",
        "social.facebook.app_secret": "s",
        "social.gamecenter.bundle_ids": "a",
        "social.gamecenter.trust_anchors": str(anchors),
        "social.steam.publisher_key": "k",
        "social.steam.app_id": 7,
        "iap.apple.bundle_ids": "a",
    }
    on, off = lines(doctor.check_providers(load(flags=options).settings))
    assert on == "ok: On: sign-in with Steam."
    assert off.startswith("ok: Off, with what to set: sign-in with Apple (social.apple.bundle_id); ")
