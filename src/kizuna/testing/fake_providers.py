"""`kizuna serve --fake-providers`: the fakes beside a development server, which then believes them alone."""

import errno
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kizuna.host.banner import shell_quoted
from kizuna.host.database import place_of
from kizuna.host.errors import HostError
from kizuna.host.parent import require_loopback
from kizuna.settings import KEYS, Settings
from kizuna.testing.providers import Providers

log = logging.getLogger(__name__)

#: Where the fakes are unless somebody wants them elsewhere, and how many ports are tried from there on.
DEFAULT_PORT = 7360
_TRIED = 100

#: Where databases of this machine are: a socket's folder, or one of these hosts.
_OF_THIS_MACHINE = re.compile(r"/|(localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)")

#: How long sessions last, in seconds, unless somebody wants it otherwise: long enough to try things out.
_SESSION = 86_400

_FAKE = "Sign-ins and purchases are FAKE (--fake-providers): anybody can sign in as anybody, and pay nothing."


class Fakes:
    """The fakes of a development server; `own` are the settings that it would have without them."""

    def __init__(self, providers: Providers, own: Settings) -> None:
        self._providers = providers
        self._server_key = own.socket.server_key
        self.settings: Mapping[str, Any] = _settings(providers, own)
        self._replaced = [key for key in self.settings if own.value(key) != KEYS[key].default]

    def announce(self, url: str) -> Sequence[str]:
        """Tell the fakes, and the log, of the server that serves at this address; lines for its banner."""
        fakes = self._providers.url
        self._providers.serve(url, self._server_key, self.settings)
        log.warning("Identity providers and stores are fakes, at %s.", fakes)
        if self._replaced:
            log.warning("Settings that the fakes replace: %s.", ", ".join(self._replaced))
        return (
            f"Warning: {_FAKE}",
            f"  fakes       {fakes} (has a command for every token and receipt)",
            "This signs a first player in with Apple:",
            first_sign_in(fakes, url, self._server_key),
        )


@contextmanager
def fake_providers(own: Settings, port: int | None = None) -> Iterator[Fakes]:
    """Fakes for a server with these settings, for the time of the block.

    They have this port, or else the default one or the next that is free. Raises HostError where others than
    this machine could connect to the server, and when there is no port.
    """
    require_loopback(own, "--fake-providers")
    _require_own_database(own)
    providers = _started([port] if port else _candidates(own))
    try:
        yield Fakes(providers, own)
    finally:
        providers.stop()


def _require_own_database(settings: Settings) -> None:
    """HostError if the database is on another machine: its players would be anybody's who is on this one."""
    url = settings.database.url
    if url and not _OF_THIS_MACHINE.match(place_of(url)):
        raise HostError(
            f"--fake-providers is for development and refused with the database at {place_of(url)}: "
            "anybody here could sign in as its players. Take one of this machine."
        )


def first_sign_in(fakes: str, server: str, server_key: str) -> str:
    """A command for any POSIX shell that gets a token of Apple's and signs in with it."""
    token = f"curl -s {fakes}/fake/apple/token --data {shell_quoted(json.dumps({'sub': 'ada'}))}"
    target = f"{server}/v2/account/authenticate/apple?create=true"
    return f'{token} | curl "{target}" --user {shell_quoted(server_key + ":")} --data @-'


def _settings(providers: Providers, own: Settings) -> Mapping[str, Any]:
    settings = providers.settings
    if own.iap.apple.issuer_id:
        # Whoever asks Apple about purchases goes on doing so; the fake does not know their key.
        settings |= providers.app_store.api_settings()
    if "token_expiry_sec" not in own.session.model_fields_set:
        settings["session.token_expiry_sec"] = _SESSION
    return settings


def _candidates(own: Settings) -> list[int]:
    ports = range(DEFAULT_PORT, DEFAULT_PORT + _TRIED)
    return [port for port in ports if port != own.socket.port]


def _started(ports: Sequence[int]) -> Providers:
    """Fakes on the first of some ports that is free. Raises HostError."""
    for port in ports:
        providers = Providers(port=port)
        try:
            providers.start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise HostError(f"The fakes cannot listen on port {port}: {error.strerror}.") from None
        else:
            return providers
    place = f"Port {ports[0]} is" if len(ports) == 1 else f"Ports {ports[0]} to {ports[-1]} are"
    raise HostError(
        f"{place} already in use on 127.0.0.1. Choose another for the fakes with --fake-providers-port."
    )
