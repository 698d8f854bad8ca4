"""A server of this machine that plays the identity providers and stores which kizuna asks.

It has keys and certificates of its own and signs what the real ones would sign; a server with its settings
believes it, and nobody else does. It is for tests and for development without a network.

    with Providers() as providers:
        server = start({**providers.settings})
        token = providers.apple.token("a-player")

It shares no code with what verifies: a mistake cannot be made in both places at once.

    part      what a part of it is: `Part`, `Offer`, `Request`, `Response`, `World`
    fields    what the fields of an offer may be
    steps     what a developer does with what is offered
    times     times as developers write them
    payloads  what fields the companies' payloads have
    posting   requests to the game's server
    keys      keys and certificates
    jwt       signed tokens, put together by hand
    faults    what a test can let go wrong
    routing   which part answers a request
    wire      HTTP, with the faults
    server    `Providers`: all parts behind one port
    index     what developers ask for with curl
    page      the page that tells them what there is

Everything else is a part: one provider or store.
"""

from kizuna.testing.providers.faults import Fault, Faults
from kizuna.testing.providers.part import Offer, Part, Request, Response, World, json_response
from kizuna.testing.providers.server import Providers, Seen

__all__ = [
    "Fault",
    "Faults",
    "Offer",
    "Part",
    "Providers",
    "Request",
    "Response",
    "Seen",
    "World",
    "json_response",
]
