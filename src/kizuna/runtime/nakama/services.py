"""What the server API stands on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kizuna.accounts.lookup import AccountLookup
from kizuna.accounts.service import Accounts
from kizuna.clock import Clock
from kizuna.db.engine import REFUSED, Database
from kizuna.errors import internal
from kizuna.leaderboards.definitions import Definitions
from kizuna.leaderboards.service import Leaderboards
from kizuna.storage.service import Storage
from kizuna.tournaments.service import Tournaments
from kizuna.users.service import Users
from kizuna.wallets.service import Wallets


@dataclass(frozen=True, slots=True)
class Services:
    """The features that game code reaches."""

    database: Database
    lookup: AccountLookup
    accounts: Accounts
    users: Users
    storage: Storage
    wallets: Wallets
    definitions: Definitions
    leaderboards: Leaderboards
    tournaments: Tournaments
    clock: Clock


class Calls:
    """The base of each feature's calls."""

    def __init__(self, services: Services) -> None:
        self._services = services


@contextmanager
def refusing(text: str) -> Iterator[None]:
    """Turn what the database refuses into an error with this text; its own words are not for clients."""
    try:
        yield
    except REFUSED as error:
        raise internal(text) from error
