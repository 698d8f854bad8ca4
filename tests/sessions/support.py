"""Sessions through the wire, and tokens of one's own making."""

import hmac
import json
import uuid
from base64 import urlsafe_b64encode
from typing import Any

import httpx

from tests.support.clocks import BEGINNING
from tests.support.players import SERVER_KEY

SESSION_KEY, REFRESH_KEY = "defaultencryptionkey", "defaultrefreshencryptionkey"
HEADER = '{"alg":"HS256","typ":"JWT"}'
DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
INVALID = (401, 16, "Auth token invalid")


def good_claims(**others: Any) -> dict[str, Any]:
    """The claims of a token that is accepted, some replaced; `...` as a value leaves the claim out."""
    usual = {
        "tid": str(uuid.uuid4()),
        "uid": str(uuid.uuid4()),
        "usn": "somebody",
        "exp": int(BEGINNING.timestamp()) + 3600,
        "iat": int(BEGINNING.timestamp()),
    }
    return {name: value for name, value in (usual | others).items() if value is not ...}


def signed(claims: Any, key: str = SESSION_KEY, header: str = HEADER, digest: str = "sha256") -> str:
    """A token with this signature; claims are an object to be written as JSON, or the text itself."""
    payload = claims if isinstance(claims, str) else json.dumps(claims)
    content = f"{_encoded(header.encode())}.{_encoded(payload.encode())}"
    return f"{content}.{_encoded(hmac.digest(key.encode(), content.encode(), digest))}"


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


async def use(api: httpx.AsyncClient, token: str) -> httpx.Response:
    """The answer to a request that needs nothing but a session and knows nothing of the database."""
    return await api.get("/v2/user", headers={"Authorization": f"Bearer {token}"})


async def lives(api: httpx.AsyncClient, token: str) -> bool:
    """Whether the session token is accepted."""
    answer = await use(api, token)
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200


async def refresh(api: httpx.AsyncClient, token: str, vars: Any = None) -> httpx.Response:
    body = {"token": token} | ({} if vars is None else {"vars": vars})
    return await api.post("/v2/account/session/refresh", json=body, auth=(SERVER_KEY, ""))


async def logout(
    api: httpx.AsyncClient, caller: str, token: str = "", refresh_token: str = ""
) -> httpx.Response:
    """Log out in the session of the token `caller`."""
    return await api.post(
        "/v2/session/logout",
        json={"token": token, "refresh_token": refresh_token},
        headers={"Authorization": f"Bearer {caller}"},
    )
