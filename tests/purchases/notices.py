"""What the stores' servers send, and what is kept of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from kizuna.app import Application
from kizuna.db.statements import Query
from kizuna.testing.providers.app_store import NOTIFICATIONS_ENDPOINT_ID as APPLE_ID
from kizuna.testing.providers.app_store import AppStore
from kizuna.testing.providers.google_play import NOTIFICATIONS_ENDPOINT_ID as GOOGLE_ID
from kizuna.testing.providers.google_play import GooglePlay
from tests.support.boards import NOON

APPLE = f"/v2/console/apple/notifications/{APPLE_ID}"
GOOGLE = f"/v2/console/google/notifications/{GOOGLE_ID}"

NOW = datetime.fromtimestamp(NOON, UTC)
DAY = timedelta(days=1)
MONTH = timedelta(days=30)
EPOCH_TIME = datetime(1970, 1, 1, tzinfo=UTC)

_NOTICES = Query("test.notices", "Every notification.", "select * from store_notification")


async def notice(app: Application, id: str) -> dict[str, Any] | None:
    """The row of a notification, if there is one."""
    return next((dict(row) for row in await app.database.read(_NOTICES) if row["id"] == id), None)


async def noted(app: Application) -> int:
    """How many notifications there are."""
    return len(await app.database.read(_NOTICES))


@dataclass(frozen=True)
class Apple:
    """Apple's server."""

    store: AppStore
    api: httpx.AsyncClient

    async def send(self, body: bytes, path: str = APPLE) -> int:
        """The status of the answer to a request, which has no body."""
        answer = await self.api.post(path, content=body)
        assert answer.content == b""
        return answer.status_code

    async def tell(self, kind: str, subtype: str = "", **fields: Any) -> int:
        """The same for a notification; the fields are those of the fake."""
        return await self.send(self.store.notification(kind, subtype, **fields))


@dataclass(frozen=True)
class Google:
    """Google's server."""

    store: GooglePlay
    api: httpx.AsyncClient

    async def send(self, headers: dict[str, str], body: bytes, path: str = GOOGLE) -> int:
        """The status of the answer to a request, which has no body."""
        answer = await self.api.post(path, content=body, headers=headers)
        assert answer.content == b""
        return answer.status_code

    async def tell(self, kind: str = "test", token: str = "", **fields: Any) -> int:
        """The same for a notification; the fields are those of the fake."""
        return await self.send(*self.store.notification(kind, token, **fields))
