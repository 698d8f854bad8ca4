"""The pages for developers: what the fake offers, and the offers themselves."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kizuna.testing.providers.part import Offer, Response, json_response

Offers = Mapping[str, Callable[[dict[str, Any]], Any]]

_HEAD = """\
FAKE identity providers and stores, for development alone.

A server that trusts this address lets anybody sign in as anybody, and buy anything for nothing.
What follows gives you tokens and receipts; fields that you leave out are made up where that is possible.
"""


def answer(method: str, path: str, body: bytes, offers: Offers, url: str) -> Response:
    """The answer to a developer's request."""
    if path in offers:
        if method != "POST":
            return _refused(405, f"{path} is for POST.")
        return _given(offers[path], body)
    if path in ("/", "/fake", "/fake/"):
        return Response(200, page(offers, url).encode(), "text/plain; charset=utf-8")
    return _refused(404, f"There is no such offer; {url}/ lists them.")


def page(offers: Offers, url: str) -> str:
    """Every offer, with a command that takes it."""
    return "\n".join((_HEAD, *(line for path, offer in offers.items() for line in _lines(path, offer, url))))


def command(path: str, offer: Callable[[dict[str, Any]], Any], url: str) -> str:
    """A command for any POSIX shell that takes an offer."""
    example = json.dumps(getattr(offer, "example", {}))
    quoted = example.replace("'", "'\"'\"'")
    return f"curl {url}{path} --data '{quoted}'"


def _lines(path: str, offer: Callable[[dict[str, Any]], Any], url: str) -> Iterator[str]:
    about = offer.about if isinstance(offer, Offer) else (offer.__doc__ or "").split("\n")[0]
    yield f"# {about or path}"
    if isinstance(offer, Offer) and offer.use:
        yield f"# The answer is the body for POST {offer.use}"
    yield f"{command(path, offer, url)}\n"


def _given(offer: Callable[[dict[str, Any]], Any], body: bytes) -> Response:
    try:
        fields = json.loads(body or b"{}")
    except ValueError:
        return _refused(400, "The body is no JSON.")
    if not isinstance(fields, dict):
        return _refused(400, "The body is no JSON object.")
    try:
        return json_response(offer(fields))
    except Exception as error:  # whatever a developer's wish does to a function that is meant for tests
        return _refused(400, f"{type(error).__name__}: {error}")


def _refused(status: int, reason: str) -> Response:
    return Response(status, f"{reason}\n".encode(), "text/plain; charset=utf-8")
