"""Tests for games: a server in the test process, on a database of its own, and players who use it.

`kizuna.testing.plugin` is a pytest plugin; its fixtures are ordinary functions, and so are the tests:

    def test_a_gift(kizuna_server, kizuna_player):
        kizuna_server.run(kizuna_server.nk.wallet_update(kizuna_player.id, {"coins": 5}))
        assert kizuna_player.wallet == {"coins": 5}

The rooms, from the bottom up:

    clock       a clock that a test can move
    loop        an event loop in a thread of its own
    databases   databases that are made for a test and dropped after it
    options     the settings that a server under test has
    providers   identity providers and stores that are fakes, see there
    players     players, who sign in and send requests as a game client does
    idle        when everything that is due has been done
    server      `Server`: the application behind a port of this machine
    plugin      the fixtures

    fake_providers   `kizuna serve --fake-providers`
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kizuna.testing.clock import MovableClock
    from kizuna.testing.players import Player, Refused
    from kizuna.testing.providers import Providers
    from kizuna.testing.server import Server, Servers

__all__ = ["MovableClock", "Player", "Providers", "Refused", "Server", "Servers"]

_ROOMS = {
    "MovableClock": "clock",
    "Player": "players",
    "Providers": "providers",
    "Refused": "players",
    "Server": "server",
    "Servers": "server",
}


def __getattr__(name: str) -> Any:
    """What is imported from here, when it is: pytest loads the plugin for tests that need none of it."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
