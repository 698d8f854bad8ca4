"""`kizuna db` and the embedded database as a whole: running or not, and deleted."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kizuna.db import tools
from kizuna.db.embedded import EmbeddedError, EmbeddedPostgres, attach
from tests.embedded.support import processes_in, query

Start = Callable[..., EmbeddedPostgres]


def test_a_database_that_does_not_run_is_started_for_the_time(made: Path) -> None:
    assert tools.url(made) is None
    with tools.database(made) as url:
        assert query(url, "select 1") == 1
        with tools.database(made) as attached:
            assert attached == url == tools.url(made)
        assert attach(made) == url
    assert attach(made) is None
    assert processes_in(made) == []


def test_an_external_database_is_given_as_it_is(home: Path) -> None:
    external = "postgresql://somebody@db.example/kizuna"
    with tools.database(home, external) as url:
        assert url == external == tools.url(home, external)
    assert not home.exists()


def test_reset(made: Path, start: Start) -> None:
    assert tools.reset(made / "missing") is False
    server = start(made)
    query(server.url, "create table old ()")
    with pytest.raises(EmbeddedError, match=f"in use by another kizuna .pid {os.getpid()}"):
        tools.reset(made)
    assert query(server.url, "select to_regclass('old') is not null") is True
    server.stop()
    assert tools.path(made) == made
    assert tools.reset(made) is True
    assert not (made / "pgdata").exists()
    server.start()
    assert query(server.url, "select to_regclass('old') is null") is True
