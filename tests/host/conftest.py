"""Databases that a server refuses."""

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.embedded.support import query
from tests.support.databases import Databases


@pytest.fixture
def latin(databases: Databases) -> Iterator[str]:
    """The URL of an empty database that cannot hold every text."""
    url = databases.empty()
    query(url, "create database latin encoding 'LATIN1' locale 'C' template template0")
    yield urlunsplit(urlsplit(url)._replace(path="/latin"))
    query(url, "drop database latin with (force)")
