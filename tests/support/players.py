"""Players as the tests meet them: signed in by device, through the wire."""

import base64
import json
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

SERVER_KEY, HTTP_KEY = "defaultkey", "defaulthttpkey"
_SIGN_IN = "/v2/account/authenticate/device"


@dataclass(frozen=True)
class Player:
    """One signed-in device player."""

    id: str
    username: str
    device: str
    token: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request that this player makes."""
        return {"Authorization": f"Bearer {self.token}"}


def sign_in(client: httpx.Client, device: str | None = None, username: str | None = None) -> Player:
    """Sign a device in, creating its account when it is new; without a device, a new one."""
    device = device or f"device-{uuid.uuid4()}"
    answer = client.post(_SIGN_IN, params=_query(username), json={"id": device}, auth=(SERVER_KEY, ""))
    return _player(answer, device)


async def sign_in_async(
    client: httpx.AsyncClient, device: str | None = None, username: str | None = None
) -> Player:
    """The same through an asynchronous client."""
    device = device or f"device-{uuid.uuid4()}"
    answer = await client.post(_SIGN_IN, params=_query(username), json={"id": device}, auth=(SERVER_KEY, ""))
    return _player(answer, device)


def claims(token: str) -> dict[str, Any]:
    """What a session token says, unverified."""
    payload = token.split(".")[1]
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return content


def _query(username: str | None) -> dict[str, str]:
    return {"create": "true"} | ({"username": username} if username else {})


def _player(answer: httpx.Response, device: str) -> Player:
    assert answer.status_code == 200, f"sign-in of {device}: {answer.status_code} {answer.text}"
    session = answer.json()
    told = claims(session["token"])
    return Player(told["uid"], told["usn"], device, session["token"], session["refresh_token"])
