"""What a part of the fake is: one provider or store, with its routes and what it can be asked to issue."""

import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from kizuna.clock import Clock
from kizuna.testing.providers.fields import Kinds, read_fields
from kizuna.testing.providers.keys import KeyRing
from kizuna.testing.providers.steps import Step


@dataclass(frozen=True)
class Request:
    """What came in. `params` are the path's. Headers have lower-case names; of twins the last counts."""

    method: str
    path: str
    params: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The body as an HTML form; {} for anything else."""
        if not self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))

    @property
    def json(self) -> Any:
        """The body as JSON. ValueError for anything else."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Response:
    """What goes out; lengths are added to the headers."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Response]


def json_response(value: Any, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(status, json.dumps(value).encode())


class World:
    """What the parts of one fake have in common: its time, its address, its keys, a folder for files."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.url = ""  # before the fake has started
        #: The game's server, where it is known.
        self.server = ""
        self.server_key = "defaultkey"
        self._rings: dict[str, KeyRing] = {}
        self._folder: Path | None = None

    def now(self) -> int:
        """The present in whole seconds since 1970."""
        return int(self.clock.unix())

    def server_of(self, given: str) -> str:
        """The game's server: the given one, or the one that is known. ValueError if there is none."""
        if not given and not self.server:
            raise ValueError('the game\'s server has not started yet; name it in the field "server"')
        return given or self.server

    def keys(self, name: str) -> KeyRing:
        """The signing keys of a company, the same for all of its parts."""
        return self._rings.setdefault(name, KeyRing(name))

    def file(self, name: str, content: bytes) -> str:
        """The path of a file with this content, which is there for as long as the fake is an object."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="kizuna-providers-"))
            weakref.finalize(self, _remove, self._folder, os.getpid())
        path = self._folder / name
        path.write_bytes(content)
        return str(path)


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # and not a process that was forked off
        shutil.rmtree(folder, ignore_errors=True)


class Offer:
    """Something that a part issues to whoever asks for it, with the fields of a JSON object.

    `give` is called with those of the `fields` that were sent, once they are what they may be; ValueError of
    it is told to the developer. `about` is one line for people, `example` the fields of a request that shows
    how it is done, `more` others. `steps` are what one does with the answer.
    """

    def __init__(
        self,
        give: Callable[..., Any],
        about: str,
        *,
        fields: Kinds,
        example: Mapping[str, Any],
        more: Sequence[Mapping[str, Any]] = (),
        steps: Sequence[Step] = (),
    ) -> None:
        self._give = give
        self.about = about
        self.fields = fields
        self.examples = (example, *more)
        self.steps = steps

    def __call__(self, given: Mapping[str, Any]) -> Any:
        """What is given, as JSON.

        ValueError for what cannot be, ConnectionError if a server does not answer.
        """
        return self._give(**read_fields(self.fields, given))


class Part:
    """One provider or store. `name` is what it is called in paths of offers: POST /fake/<name>/<offer>."""

    name: str

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> Mapping[str, Handler]:
        """What answers what: "GET /auth/keys"; "{name}" in a path stands for one segment of it."""
        return {}

    def settings(self) -> Mapping[str, Any]:
        """Settings by dotted keys with which a server believes this part, once there is an address."""
        return {}

    def offers(self) -> Mapping[str, Offer]:
        """What a developer can get with curl, by name."""
        return {}
