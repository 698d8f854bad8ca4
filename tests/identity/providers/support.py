"""Signing in by a provider, and what must not happen when that is refused."""

import logging
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kizuna.clock import ShiftedClock
from kizuna.db.engine import Database
from kizuna.db.statements import Query
from tests.identity.support import authenticate, told

_COUNT = Query("test.count_users", "How many accounts there are.", "select count(*) as users from users")
_INSTANT = "Error extracting the Facebook Instant Game player ID or validating the signature"

#: What a client is told whose credentials are refused, by the last part of the path.
REFUSALS = {
    "apple": (401, 16, "Could not authenticate Apple profile."),
    "facebook": (401, 16, "Could not authenticate Facebook profile."),
    "facebookinstantgame": (500, 15, _INSTANT),
    "gamecenter": (401, 16, "Could not authenticate GameCenter profile."),
    "google": (401, 16, "Could not authenticate Google profile."),
    "steam": (401, 16, "Could not authenticate Steam profile."),
}

#: What the log says in place of a failed check when a provider could not be asked.
UNAVAILABLE = "not verified"

#: Credentials shorter than this are not secret: they may be words of the log.
_SECRET = 20


class SignIns:
    """Signs in; `sent` are the credentials that were."""

    def __init__(self, api: httpx.AsyncClient, database: Database, log: pytest.LogCaptureFixture) -> None:
        self._api = api
        self._database = database
        self._log = log
        self.sent: set[str] = set()

    async def __call__(self, kind: str, account: dict[str, Any], **options: Any) -> httpx.Response:
        self.sent |= {
            value
            for name, value in account.items()
            if isinstance(value, str) and len(value) >= _SECRET and name in ("token", "signed_player_info")
        }
        return await authenticate(self._api, kind, account, **options)

    async def new(self, kind: str, account: dict[str, Any]) -> dict[str, Any]:
        """Sign in a player whom nobody knew; the account afterwards."""
        answer = await self(kind, account)
        assert answer.status_code == 200, (answer.text, self.reasons())
        assert answer.json().get("created"), "somebody has this id already"
        return await self._account(answer)

    async def known(self, kind: str, account: dict[str, Any]) -> dict[str, Any]:
        """Sign in a player who has an account; the account."""
        answer = await self(kind, account, create="false")
        assert answer.status_code == 200, (answer.text, self.reasons())
        return await self._account(answer)

    async def refused(self, kind: str, account: dict[str, Any], check: str) -> None:
        """Sign in, and be refused by this check, of which the log tells, with nothing created."""
        before = await self.count()
        self._log.clear()
        answer = await self(kind, account)
        assert told(answer) == REFUSALS[kind]
        assert await self.count() == before
        assert self.checks() == [check], self.reasons()

    async def count(self) -> int:
        """How many accounts there are."""
        [row] = await self._database.read(_COUNT)
        users: int = row["users"]
        return users

    def reasons(self) -> list[str]:
        """What the log says of credentials that were refused."""
        return [
            record.getMessage()
            for record in self._log.records
            if record.name == "kizuna.identity.verification" and record.levelno >= logging.INFO
        ]

    def checks(self) -> list[str]:
        """The checks that the log names, `UNAVAILABLE` for a provider that could not be asked."""
        parts = (reason.partition(" credentials ")[2].split(": ") for reason in self.reasons())
        return [check if what == "rejected" else what for what, check, *_ in parts]

    async def _account(self, answer: httpx.Response) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        account = await self._api.get("/v2/account", headers=headers)
        assert account.status_code == 200, account.text
        content: dict[str, Any] = account.json()
        return content


def later(clock: ShiftedClock, **by: float) -> None:
    """Let time pass. It never goes back here: a cache would take what it keeps for new."""
    clock.offset += timedelta(**by)
