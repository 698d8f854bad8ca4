"""`kizuna serve --fake-providers`: the fakes beside a development server, which then believes them alone."""

import errno
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kizuna.host.banner import shell_quoted
from kizuna.host.errors import HostError
from kizuna.host.parent import require_loopback
from kizuna.settings import KEYS, Settings
from kizuna.testing.providers import Providers

#: Where the fakes are unless somebody wants them elsewhere, and how many ports are tried from there on.
DEFAULT_PORT = 7360
_TRIED = 100

_FAKE = "Sign-ins and purchases are FAKE (--fake-providers): anybody can sign in as anybody, and pay nothing."


class Fakes:
    """The fakes of a development server; `own` are the settings that it would have without them."""

    def __init__(self, providers: Providers, own: Settings) -> None:
        self._url = providers.url
        self._server_key = own.socket.server_key
        self.settings: Mapping[str, Any] = _settings(providers, own)
        self._replaced = [key for key in self.settings if own.value(key) != KEYS[key].default]

    @property
    def warnings(self) -> list[str]:
        """What the log is to say."""
        replaced = f"Settings that the fakes replace: {', '.join(self._replaced)}."
        return [f"{_FAKE} {self._url} tells how.", *([replaced] if self._replaced else [])]

    def announcement(self, url: str) -> Sequence[str]:
        """Lines for the banner of the server that has this address."""
        return (
            f"Warning: {_FAKE}",
            f"  fakes       {self._url} (has a command for every token and receipt)",
            "This signs a first player in with Apple:",
            first_sign_in(self._url, url, self._server_key),
        )


@contextmanager
def fake_providers(own: Settings, port: int | None = None) -> Iterator[Fakes]:
    """Fakes for a server with these settings, for the time of the block.

    They have this port, or else the default one or the next that is free. Raises HostError where others than
    this machine could connect to the server, and when there is no port.
    """
    require_loopback(own, "--fake-providers")
    providers = _started([port] if port else _candidates(own))
    try:
        yield Fakes(providers, own)
    finally:
        providers.stop()


def first_sign_in(fakes: str, server: str, server_key: str) -> str:
    """A command for any POSIX shell that gets a token of Apple's and signs in with it."""
    token = f"curl -s {fakes}/fake/apple/token --data {shell_quoted(json.dumps({'sub': 'ada'}))}"
    target = f"{server}/v2/account/authenticate/apple?create=true"
    return f'{token} | curl "{target}" --user {shell_quoted(server_key + ":")} --data @-'


def _settings(providers: Providers, own: Settings) -> Mapping[str, Any]:
    if not own.iap.apple.issuer_id:
        return providers.settings
    # Whoever asks Apple about purchases goes on doing so; the fake does not know his key.
    return {**providers.settings, **providers.app_store.api_settings()}


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
