"""How a configuration spreads: what is stored, and what a running process makes of it."""

import asyncio
import gc
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from kizuna.clock import SystemClock
from kizuna.db.engine import Database
from kizuna.teams.config import loading
from kizuna.teams.config.errors import ConfigError
from kizuna.teams.config.versions import KEPT, ConfigVersions, publish
from tests.support.databases import Databases
from tests.support.waiting import wait_until_async


@pytest_asyncio.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    """A database of the test's own: versions count from 1."""
    database = Database(databases.migrated(), pool_size=4)
    yield database
    await database.close()


@asynccontextmanager
async def following(database: Database) -> AsyncIterator[ConfigVersions]:
    versions = ConfigVersions(database, SystemClock(), look_every=0.02)
    await versions.start()
    try:
        yield versions
    finally:
        await versions.stop()


async def store(database: Database, config: dict[str, Any]) -> int:
    return (await publish(database, SystemClock(), json.dumps(config))).version


async def at(versions: ConfigVersions, version: int) -> None:
    async def is_there() -> bool:
        return versions.current.version == version

    await wait_until_async(is_there, what=f"version {version}")


async def test_only_what_differs_is_a_new_version(database: Database) -> None:
    """T-127: storing the same again changes nothing, going back to an earlier one does."""
    publications = [
        await publish(database, SystemClock(), content) for content in ("{}", "{}", '{"wallet":{}}', "{}")
    ]
    assert [tuple(published)[:2] for published in publications] == [
        (1, True),
        (1, False),
        (2, True),
        (3, True),
    ]
    assert [published.replaces for published in publications] == [None, None, 1, 2]
    assert str(publications[0]) == (
        "Version 1 of the Teams configuration is stored; running servers take it up within a second."
    )
    assert str(publications[1]) == "The Teams configuration is unchanged: version 1."


async def test_what_goes_is_told(database: Database) -> None:
    """T-127: with the first publication nothing does, and with a repeated one."""
    more = {"wallet": {"currencies": {"gold": 1, "gems": 0}}, "max_team_size": 40}
    contents = [json.dumps(config) for config in (more, more, {"wallet": {"currencies": {"gems": 5}}}, {})]
    told = [(await publish(database, SystemClock(), content)).loss for content in contents]
    assert told == [
        "",
        "",
        "No longer configured, hidden but kept: currencies gold.",
        "No longer configured, hidden but kept: currencies gems.",
    ]


async def test_the_latest_versions_are_kept(database: Database) -> None:
    """T-127: so the table stays small however often a game changes."""
    for number in range(KEPT + 3):
        await store(database, {"max_team_size": 100 + number})
    async with following(database) as versions:
        assert versions.current.version == KEPT + 3
    connection = await asyncpg.connect(database.url)
    try:
        kept = await connection.fetch("select version from team_config order by version")
    finally:
        await connection.close()
    assert [row["version"] for row in kept] == list(range(4, KEPT + 4))


async def test_whoever_stores_at_once_gets_a_version_each(database: Database) -> None:
    """T-127: every content is in force at some time, in one order for everybody."""
    versions = await asyncio.gather(
        *(store(database, {"max_team_size": 100 + number}) for number in range(12))
    )
    assert sorted(versions) == list(range(1, 13))
    same = await asyncio.gather(*(store(database, {"max_team_size": 99}) for _ in range(6)))
    assert set(same) == {13}


async def test_a_process_begins_with_the_latest_and_takes_up_what_follows(database: Database) -> None:
    """T-127: the next call goes by the new one; who has the old one keeps it whole."""
    await store(database, {"max_team_size": 40})
    await store(database, {"max_team_size": 50})
    async with following(database) as versions:
        assert (versions.current.version, versions.current.max_team_size) == (2, 50)
        held = versions.current
        await store(database, {"max_team_size": 60})
        await at(versions, 3)
        assert versions.current.max_team_size == 60
        assert held.max_team_size == 50


async def test_whoever_takes_a_configuration_up_does_only_what_it_takes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-127: warnings are for whoever has written it, and the search for garbage stops calls as well."""
    monkeypatch.setattr(loading, "oddities", None)
    collecting: list[bool] = []
    await store(database, {"wallet": {"currencies": {"gold": 1}}})
    versions = ConfigVersions(database, SystemClock(), prepare=lambda _: collecting.append(gc.isenabled()))
    await versions.start()
    await versions.stop()
    assert versions.current.version == 1
    assert collecting == [False]
    assert gc.isenabled()


async def test_without_a_stored_configuration_there_is_no_start(database: Database) -> None:
    versions = ConfigVersions(database, SystemClock())
    with pytest.raises(ConfigError, match="holds no Teams configuration that this release can use"):
        await versions.start()
    await versions.stop()


async def test_what_this_release_cannot_use_is_passed_over(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """T-127: newer software may have stored it; said once, the earlier one stays, and a later one counts."""
    await store(database, {"max_team_size": 40})
    await store(database, {"invented_later": {}})
    async with following(database) as versions:
        assert (versions.current.version, versions.current.max_team_size) == (1, 40)
        await store(database, {"max_team_size": -1})
        looks = database.counts["teams.config.above"]

        async def several_looks() -> bool:
            return database.counts["teams.config.above"] > looks + 5

        await wait_until_async(several_looks)
        assert versions.current.version == 1
        await store(database, {"max_team_size": 41})
        await at(versions, 4)
    refusals = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(refusals) == 2
    assert "version 2 of the Teams configuration: invented_later: is no key here" in refusals[0]
    assert "version 3 of the Teams configuration: max_team_size: must be at least 1" in refusals[1]


async def test_lost_connections_are_made_again(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """T-127: a database that was away is asked again, and its absence is said once."""
    await store(database, {})
    name = database.url.split("?")[0].rpartition("/")[2]
    async with following(database) as versions:
        other = await asyncpg.connect(database.url, database="postgres")
        try:
            await other.execute(f'alter database "{name}" allow_connections false')
            await other.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name
            )

            async def noticed() -> bool:
                return "Nobody can look for a Teams configuration" in caplog.text

            await wait_until_async(noticed)
            await other.execute(f'alter database "{name}" allow_connections true')
        finally:
            await other.close()
        await store(database, {"max_team_size": 41})
        await at(versions, 2)
    assert caplog.text.count("Nobody can look for a Teams configuration") == 1
