"""What developers ask the fake itself for, with curl: the page, the settings, and the offers."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from kizuna.testing.providers.page import SETTINGS_PATH, page
from kizuna.testing.providers.part import Offer, Response, World, json_response

log = logging.getLogger(__name__)

_TEXT = "text/plain; charset=utf-8"
_PAGES = ("/", "/fake", "/fake/")


@dataclass(frozen=True)
class Desk:
    """Where developers ask. `offers` are by their paths; `settings` gives those of a server that believes."""

    offers: Mapping[str, Offer]
    settings: Callable[[], Mapping[str, Any]]
    world: World

    def is_asked(self, path: str) -> bool:
        """Whether a request is for a developer, and none of a server's."""
        return path in _PAGES or path.startswith("/fake/")

    def answer(self, method: str, path: str, body: bytes) -> Response:
        """The answer to a request, which may take as long as the game's server does."""
        if path in self.offers:
            return (
                _given(self.offers[path], body) if method == "POST" else _refused(405, f"{path} is for POST.")
            )
        if path in _PAGES:
            return Response(200, page(self.offers, self.world).encode(), _TEXT)
        if path == SETTINGS_PATH:
            return Response(200, yaml.safe_dump(dict(self.settings())).encode(), _TEXT)
        return _refused(404, f"There is no such offer; {self.world.url}/ lists them.")


def _given(offer: Offer, body: bytes) -> Response:
    try:
        fields = json.loads(body or b"{}")
    except ValueError:
        return _refused(400, "The body is no JSON.")
    if not isinstance(fields, dict):
        return _refused(400, "The body is no JSON object.")
    try:
        return json_response(offer(fields))
    except ValueError as error:
        return _refused(400, _sentence(str(error)))
    except ConnectionError as error:
        return _refused(502, f"The server {error}.")
    except Exception:
        log.exception("The fake has failed.")
        return _refused(500, "The fake itself has failed; the log says why.")


def _sentence(text: str) -> str:
    """What an error says, as a sentence."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def _refused(status: int, reason: str) -> Response:
    return Response(status, f"{reason}\n".encode(), _TEXT)
