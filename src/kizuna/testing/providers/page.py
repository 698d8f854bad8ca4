"""The page that tells a developer what there is, with a command for everything."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from kizuna.testing.providers.part import Offer, World
from kizuna.testing.providers.steps import Step
from kizuna.testing.providers.times import FORMS

#: Where the settings are with which a server believes the fakes.
SETTINGS_PATH = "/fake/settings.yaml"

#: Where the game's server is, until it has said so.
_USUAL_SERVER = "http://127.0.0.1:7350"

_HEAD = f"""\
FAKE identity providers and stores, for development alone.

A server that trusts this address lets anybody sign in as anybody, and buy anything for nothing.

`tee` shows what you were given, or what was wrong with your wish, before the game's server gets it.
Fields that you leave out are made up where that is possible.
A field for a time takes {FORMS}.

A restart makes new keys and forgets all purchases. What a server has validated stays in its data directory
all the same: give `kizuna serve --fake-providers` a --data-dir of its own.
"""

_SESSION = """\
# First of all a session, for everything but signing in. It lasts for session.token_expiry_sec: a day with
# --fake-providers, unless you have set it; a minute on other servers.
TOKEN=$({command} | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
"""

_SETTINGS = """\
# The settings with which a server, or `kizuna replay-receipt`, believes this address
curl -s {url} > fakes.yaml
curl -s {receipt} > receipt.json
kizuna replay-receipt receipt.json --config fakes.yaml
"""

_BEARER = '--header "Authorization: Bearer $TOKEN"'


def page(offers: Mapping[str, Offer], world: World) -> str:
    """Every offer, with commands for any POSIX shell that take it and what one does with it."""
    lines = (line for path, offer in offers.items() for line in _lines(path, offer, world))
    return "\n".join((_HEAD, _session(world), *lines, _settings(world)))


def _session(world: World) -> str:
    return _SESSION.format(command=_first_request(world))


def _first_request(world: World) -> str:
    target = _server(world, "/v2/account/authenticate/device?create=true")
    body = shlex.quote(json.dumps({"id": "my-first-device"}))
    return f'curl -s "{target}" {_key(world)} --data {body}'


def _settings(world: World) -> str:
    receipt = _command("/fake/app_store/transaction", {"product_id": "sword"}, world)
    return _SETTINGS.format(url=world.url + SETTINGS_PATH, receipt=receipt.removeprefix("curl -s "))


def _lines(path: str, offer: Offer, world: World) -> Iterator[str]:
    yield f"# {offer.about}"
    for name, kind in offer.fields.items():
        yield f"#   {name}: {kind}"
    for step in offer.steps:
        if step.about:
            yield f"# {step.about}:"
        yield _piped(path, offer, step, world)
    if not offer.steps:
        yield from (_command(path, example, world) for example in offer.examples)
    yield ""


def _piped(path: str, offer: Offer, step: Step, world: World) -> str:
    """A command that takes an offer and sends it to the server."""
    take = _command(path, {**offer.examples[0], **step.fields}, world)
    if step.member:
        take = f"{{ printf '{{\"{step.member}\":'; {take}; printf '}}'; }}"
    who = _BEARER if step.needs_session else _key(world)
    return f'{take} | tee /dev/stderr | curl -s "{_server(world, step.path)}" {who} --data @-'


def _command(path: str, example: Mapping[str, Any], world: World) -> str:
    return f"curl -s {world.url}{path} --data {shlex.quote(json.dumps(example))}"


def _server(world: World, path: str) -> str:
    return (world.server or _USUAL_SERVER) + path


def _key(world: World) -> str:
    return f"--user {shlex.quote(world.server_key + ':')}"
