"""The pytest plugin, in runs of pytest of its own."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from tests.support.databases import Databases
from tests.support.waiting import run_apart
from tests.testing.project import Project

GAME = """
    import kizuna.runtime as rt

    def register(app: rt.App) -> None:
        app.rpc("ratio", ratio)
        app.leaderboard_reset(praise)

    async def ratio(ctx: rt.Context, payload: dict[str, int]) -> dict[str, float]:
        ctx.logger.info("somebody divides")
        return {"ratio": divided(**payload)}

    def divided(one: int, other: int) -> float:
        return one / other

    async def praise(ctx: rt.Context, event: rt.LeaderboardReset) -> None:
        page = await ctx.nk.leaderboard_records_list(event.leaderboard.id, expiry=event.reset, limit=1)
        await ctx.nk.wallet_update(page.records[0].owner_id, {"medals": 1})
"""

GOOD_TESTS = """
    from datetime import UTC, datetime

    import pytest

    from kizuna.testing import MovableClock

    @pytest.fixture
    def kizuna_clock():
        return MovableClock(datetime(2030, 3, 4, 12, tzinfo=UTC))

    @pytest.fixture
    def kizuna_settings():
        return {"name": "under-test"}

    def test_the_game_is_there(kizuna_player, caplog):
        assert kizuna_player.rpc("ratio", {"one": 1, "other": 2}) == {"ratio": 0.5}
        assert "somebody divides" in caplog.text

    @pytest.mark.parametrize("time", ["first", "second"])
    def test_everything_is_new(kizuna_server, time):
        users = kizuna_server.run(kizuna_server.nk.users_get_username(["ada"]))
        assert users == []
        kizuna_server.player("ada")

    def test_what_is_overridden_is_used(kizuna_server):
        assert kizuna_server.settings.name == "under-test"
        assert kizuna_server.clock.now().year == 2030

    def test_a_week_passes(kizuna_server, kizuna_player):
        nk = kizuna_server.nk
        kizuna_server.run(nk.leaderboard_create("weekly", reset_schedule="0 0 * * 1"))
        kizuna_player.post("/v2/leaderboard/weekly", {"score": 10})
        kizuna_server.clock.advance(days=7)
        kizuna_server.settle()
        assert kizuna_player.wallet == {"medals": 1}

    def test_two_at_once(kizuna_server, kizuna_servers):
        other = kizuna_servers({"name": "other"})
        assert other.url != kizuna_server.url
        assert other.player("ada").id != kizuna_server.player("ada").id
        assert other.settings.name == "other"

    def test_nothing_of_kizuna():
        pass
"""


BAD_TESTS = """
    import pytest

    @pytest.fixture
    def kizuna_settings(request):
        return getattr(request, "param", {})

    def test_ratio(kizuna_player):
        assert kizuna_player.rpc("ratio", {"one": 1, "other": 0})

    @pytest.mark.parametrize(
        "kizuna_settings", [{"runtime.modules": ["bad"]}, {"sesion.single_session": True}], indirect=True
    )
    def test_what_does_not_begin(kizuna_server):
        pass

    def test_what_does_not_begin_either(kizuna_servers):
        kizuna_servers({"runtime.modules": ["bad"]})
"""


@pytest.fixture
def databases_before(databases: Databases) -> set[str]:
    """The databases that were there before the test, on the server that its runs use."""
    return run_apart(database_names(databases._server_url))


@pytest.fixture
def project(tmp_path: Path, databases: Databases, databases_before: set[str]) -> Project:
    """A project whose runs use the PostgreSQL of this session, and the game above."""
    project = Project(tmp_path, {"KIZUNA_TEST_DATABASE_URL": databases._server_url})
    project.write("modules/game.py", GAME)
    return project


@pytest.fixture
def alone(tmp_path: Path, data_dir: Path) -> Project:
    """A project whose runs bring their own PostgreSQL; their temporary files are in `data_dir`."""
    project = Project(tmp_path, {"TMPDIR": str(data_dir)})
    project.write("modules/game.py", GAME)
    return project


@pytest.fixture
def nothing_left(data_dir: Path) -> Iterator[None]:
    """After the test there must be nothing left of `alone`: no file, no process."""
    if os.geteuid() == 0:
        data_dir.chmod(0o755)  # the user that PostgreSQL runs as comes through here
    yield
    assert [path for path in data_dir.iterdir() if path.name.startswith("kizuna")] == []
    assert [
        p for p in psutil.process_iter(["cmdline"]) if str(data_dir) in " ".join(p.info["cmdline"] or ())
    ] == []


@pytest.mark.usefixtures("nothing_left")
def test_a_game_is_tested_on_a_database_that_comes_and_goes(alone: Project) -> None:
    alone.write("test_game.py", GOOD_TESTS)
    run = alone.test("-W", "error")
    assert run.counts == {"passed": 7}, run.output


def test_a_failure_shows_what_happened_in_the_game_and_nothing_of_the_plugin(project: Project) -> None:
    project.write("bad/game.py", "def register(app):\n    app.rpc('x', missing)\n")
    project.write("test_game.py", BAD_TESTS)
    run = project.test()
    assert run.counts == {"failed": 2, "error": 2}, run.output
    assert re.search(r"^E .*Refused: .*division by zero \(status 500, code 13\)$", run.output, re.MULTILINE)
    assert "return one / other" in run.output
    assert len(re.findall(r"NameError: name 'missing' is not defined$", run.output, re.MULTILINE)) == 2
    assert "During handling" not in run.output
    assert (
        "a test's own: sesion.single_session is no setting. Did you mean session.single_session?"
        in run.output
    )
    assert "kizuna/testing" not in run.output


def test_the_plugin_can_be_named_in_a_conftest_and_a_database_server_in_the_configuration(
    project: Project, databases: Databases, databases_before: set[str]
) -> None:
    url = project.env.pop("KIZUNA_TEST_DATABASE_URL")
    project.write("conftest.py", 'pytest_plugins = ["kizuna.testing.plugin"]\n')
    project.write(
        "test_game.py",
        f"""
        def test_it(kizuna_server):
            assert kizuna_server.database_url.partition("?")[2] == {url.partition("?")[2]!r}
        """,
    )
    run = project.test("-o", f"kizuna_database_url={url}", "-o", "addopts=")
    assert run.counts == {"passed": 1}, run.output
    assert run_apart(database_names(databases._server_url)) == databases_before


def test_a_database_server_that_is_not_there_is_named(project: Project) -> None:
    project.env["KIZUNA_TEST_DATABASE_URL"] = "postgresql://nobody:secret@127.0.0.1:1/nothing"
    project.write("test_game.py", "def test_it(kizuna_server):\n    pass\n")
    run = project.test()
    assert run.counts == {"error": 1}, run.output
    assert "The database at 127.0.0.1:1/nothing cannot be used" in run.output
    assert "secret" not in run.output


@pytest.mark.usefixtures("nothing_left")
def test_nothing_is_left_after_ctrl_c(alone: Project, tmp_path: Path) -> None:
    alone.write(
        "test_game.py",
        """
        import asyncio
        from pathlib import Path

        def test_for_ever(kizuna_server):
            async def wait():
                Path("begun").touch()
                await asyncio.sleep(600)

            kizuna_server.run(wait())
        """,
    )
    run = alone.interrupted(tmp_path / "begun")
    assert run.status == 2, run.output
    assert "KeyboardInterrupt" in run.output


async def database_names(server_url: str) -> set[str]:
    connection = await asyncpg.connect(server_url)
    try:
        return {row["datname"] for row in await connection.fetch("select datname from pg_database")}
    finally:
        await connection.close()
