"""Requests of other companies' servers, at paths of which the last part is a secret.

They are no part of the API: no session, no message, no documentation, and answers without a body. Who does
not know the secret finds nothing there, like at any path that does not exist.
"""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.types import Receive, Scope

from kizuna.cancellation import is_end_of_task
from kizuna.db.engine import REFUSED, UNREACHABLE
from kizuna.errors import ApiError, Code
from kizuna.http.body import CONNECTION_CLOSE, ClientGone, TooLarge, read_body
from kizuna.http.deadlines import Deadlines, Overdue

log = logging.getLogger(__name__)

#: The largest body that is read, in bytes, as it comes and unpacked.
LARGEST_BODY = 1 << 20

#: What the paths of all webhooks begin with.
PREFIX = "/v2/console/"

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Webhook:
    """One company's. `paths` are those that end in the secret, without it; `name` stands in the log.

    `accept` receives the value of the Authorization header, "" for none, and the body. When it returns, what
    was sent is kept; it raises `ApiError` when it is not, whose status says whether to send it again.
    """

    name: str
    paths: tuple[str, ...]
    secret: str = field(repr=False)
    accept: Callable[[str, bytes], Awaitable[None]]


class Webhooks:
    """Finds and answers them. `deadlines` are those of all requests."""

    def __init__(self, webhooks: Sequence[Webhook], deadlines: Deadlines) -> None:
        self._webhooks = [
            (path, webhook.secret.encode(), webhook)
            for webhook in webhooks
            for path in webhook.paths
            if webhook.secret
        ]
        self._deadlines = deadlines

    def find(self, path: str) -> Webhook | None:
        """The webhook at a path. How long that takes does not depend on how much of the secret is right."""
        if not self._webhooks or not path.startswith(PREFIX):
            return None
        for start, secret, webhook in self._webhooks:
            given = path.removeprefix(start).encode(errors="replace")
            if path.startswith(start) and hmac.compare_digest(given, secret):
                return webhook
        return None

    async def answer(
        self, webhook: Webhook, scope: Scope, receive: Receive, headers: Mapping[bytes, bytes]
    ) -> tuple[int, Headers]:
        """The status and headers of the answer to a request. `ClientGone` if nobody waits for one."""
        if scope["method"] != "POST":
            return 405, [(b"allow", b"POST")]
        try:
            body = await _whole_body(receive, headers)
            if body is None:
                return 413, [CONNECTION_CLOSE]
            with self._deadlines:
                await webhook.accept(headers.get(b"authorization", b"").decode("latin-1"), body)
        except ClientGone:
            raise
        except (Exception, asyncio.CancelledError) as error:
            if is_end_of_task(error):
                raise
            return _refusal(webhook, error)
        return 200, []


async def _whole_body(receive: Receive, headers: Mapping[bytes, bytes]) -> bytes | None:
    """The body, None for one that is too large, packed or unpacked."""
    try:
        body = await read_body(receive, LARGEST_BODY, headers)
    except ApiError as error:
        if isinstance(error, TooLarge) or error.code == Code.RESOURCE_EXHAUSTED:
            return None
        raise
    return None if body.cut else body.data


def _refusal(webhook: Webhook, error: BaseException) -> tuple[int, Headers]:
    """The answer after an error: 503 for what may pass, so that the same is sent again."""
    if isinstance(error, ApiError):
        challenge = [(b"www-authenticate", b"Bearer")] if error.code == Code.UNAUTHENTICATED else []
        return error.status, challenge
    if isinstance(error, REFUSED):
        log.warning("%s: the database refuses what was sent: %s", webhook.name, error)
        return 400, []
    if isinstance(error, (*UNREACHABLE, Overdue)):
        log.error("%s failed: %s: %s", webhook.name, type(error).__name__, error)
        return 503, []
    log.error("%s failed", webhook.name, exc_info=error)
    return 500, []
