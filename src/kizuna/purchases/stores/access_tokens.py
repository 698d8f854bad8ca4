"""Access tokens (OAuth 2): fetched when they are needed, and kept for as long as they serve."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Protocol

from kizuna.clock import Clock
from kizuna.outside.checks import quoted
from kizuna.outside.client import Outside, Reply, Unavailable
from kizuna.purchases.stores.answers import Answer, whole_number

log = logging.getLogger(__name__)

#: How long before its end a token serves no longer, in seconds; of one with a short life, the second half.
_MARGIN = 300.0

#: How many tokens are kept: game code may bring credentials of its own.
_MOST = 64

_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")

#: What a token endpoint answers to credentials that it does not take.
_REFUSALS = frozenset((400, 401, 403))


@dataclass(frozen=True, slots=True)
class Token:
    """A token and how long it is valid, in seconds from now."""

    text: str = field(repr=False)
    lifetime: float


class Credentials(Hashable, Protocol):
    """What tokens are given for."""

    async def grant(self, outside: Outside, clock: Clock) -> Token:
        """Ask for a token. `Unavailable` unless there is one."""


class AccessTokens:
    """A store's tokens, by the credentials they were given for. However many ask, there is one request."""

    def __init__(self, outside: Outside, clock: Clock) -> None:
        self._outside = outside
        self._clock = clock
        self._kept: dict[Credentials, tuple[str, float]] = {}
        self._fetching: dict[Credentials, asyncio.Task[str]] = {}

    async def token(self, credentials: Credentials) -> str:
        """A token that is valid for a while yet. `Unavailable` unless there is one."""
        text, until = self._kept.get(credentials, ("", float("-inf")))
        if self._clock.unix() < until:
            return text
        # The request is everybody's who waits for it: it goes on when the first of them leaves.
        return await asyncio.shield(self._fetching.get(credentials) or self._fetch(credentials))

    async def used(self, credentials: Credentials, send: Callable[[str], Awaitable[Reply]]) -> Reply:
        """The answer to what `send` sends with a token; once more with a new one if that is refused (401)."""
        text = await self.token(credentials)
        reply = await send(text)
        if reply.status != 401:
            return reply
        if self._kept.get(credentials, ("", 0.0))[0] == text:  # and nobody else has fetched another
            del self._kept[credentials]
        return await send(await self.token(credentials))

    def _fetch(self, credentials: Credentials) -> asyncio.Task[str]:
        def done(task: asyncio.Task[str]) -> None:
            del self._fetching[credentials]
            if not task.cancelled():
                task.exception()  # whoever waits has it

        task = asyncio.create_task(self._granted(credentials), name="access token")
        self._fetching[credentials] = task
        task.add_done_callback(done)
        return task

    async def _granted(self, credentials: Credentials) -> str:
        token = await credentials.grant(self._outside, self._clock)
        self._kept.pop(credentials, None)
        serves = token.lifetime - min(_MARGIN, token.lifetime / 2)
        self._kept[credentials] = token.text, self._clock.unix() + serves
        if len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]
        return token.text


def token_of(reply: Reply, owner: str) -> Token:
    """The token in the answer of a token endpoint. `Unavailable` if there is none; `owner` says in the log
    whose credentials were refused."""
    if reply.status in _REFUSALS:
        log.error("%s refuses the credentials of %s: %s", reply.host, owner, _reason(reply))
    if reply.status != 200:
        raise Unavailable(f"{reply.host} answered {reply.status}")
    answer = Answer(reply)
    text = answer.member("access_token", str)
    lifetime = whole_number(answer.members.get("expires_in"))
    if lifetime is None or not _HEADER_SAFE.fullmatch(text):
        raise Unavailable(f"{reply.host} answered with what is no access token")
    return Token(text, lifetime)


def _reason(reply: Reply) -> str:
    try:
        return quoted(reply.json().get("error"))
    except Unavailable:
        return f"status {reply.status}"
