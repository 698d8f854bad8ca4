"""Signing in by every identifier, through the wire, the refusals included."""

import uuid
from typing import Any

import asyncpg
import httpx

from kizuna.app import Application
from tests.support.players import SERVER_KEY, Player, claims
from tests.support.waiting import wait_until_async

PASSWORD = "correct horse"


def new(kind: str = "id") -> str:
    """An identifier that nobody has."""
    return f"{kind}-{uuid.uuid4()}"


def new_email() -> str:
    """An address that nobody has."""
    return f"{uuid.uuid4().hex}@example.com"


async def authenticate(
    api: httpx.AsyncClient, kind: str, account: dict[str, Any], /, **options: Any
) -> httpx.Response:
    """The answer to a sign-in; the options are query parameters, `headers` apart."""
    headers = options.pop("headers", {})
    return await api.post(
        f"/v2/account/authenticate/{kind}",
        params=options,
        json=account,
        auth=(SERVER_KEY, ""),
        headers=headers,
    )


async def by_device(api: httpx.AsyncClient, device: str, **options: Any) -> httpx.Response:
    return await authenticate(api, "device", {"id": device}, **options)


async def by_custom(api: httpx.AsyncClient, custom_id: str, **options: Any) -> httpx.Response:
    return await authenticate(api, "custom", {"id": custom_id}, **options)


async def by_email(api: httpx.AsyncClient, email: str, password: str, **options: Any) -> httpx.Response:
    return await authenticate(api, "email", {"email": email, "password": password}, **options)


def told(answer: httpx.Response) -> tuple[int, int, str]:
    """(status, code, message) of a refusal."""
    body = answer.json()
    return answer.status_code, body["code"], body["message"]


def user_of(answer: httpx.Response) -> str:
    """The id of the player who was signed in."""
    assert answer.status_code == 200, answer.text
    user_id: str = claims(answer.json()["token"])["uid"]
    return user_id


def bearer(answer: httpx.Response) -> dict[str, str]:
    """The headers of requests in the session that was answered."""
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def client_at(application: Application, address: str) -> httpx.AsyncClient:
    """A client whose connection comes from this address."""
    transport = httpx.ASGITransport(app=application, client=(address, 40_000))
    return httpx.AsyncClient(transport=transport, base_url="http://kizuna.test")


async def account(api: httpx.AsyncClient, player: Player) -> dict[str, Any]:
    """The player's account as GET tells it."""
    answer = await api.get("/v2/account", headers=player.headers)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


async def link(api: httpx.AsyncClient, player: Player, kind: str, content: Any) -> httpx.Response:
    return await api.post(f"/v2/account/link/{kind}", json=content, headers=player.headers)


async def unlink(api: httpx.AsyncClient, player: Player, kind: str, content: Any) -> httpx.Response:
    return await api.post(f"/v2/account/unlink/{kind}", json=content, headers=player.headers)


async def ban(api: httpx.AsyncClient, user_id: str) -> None:
    """Ban through the game code of the conformance server."""
    await _call(api, "conf_user_ban", user_id)


async def unban(api: httpx.AsyncClient, user_id: str) -> None:
    await _call(api, "conf_user_unban", user_id)


async def _call(api: httpx.AsyncClient, function: str, user_id: str) -> None:
    answer = await api.post(
        f"/v2/rpc/{function}",
        params={"http_key": "defaulthttpkey", "unwrap": ""},
        json={"user_id": user_id},
    )
    assert answer.status_code == 200, answer.text


async def wait_for_a_lock(database_url: str) -> None:
    """Return once a statement in this database waits for somebody's lock."""
    connection = await asyncpg.connect(database_url)

    async def somebody_waits() -> bool:
        found: bool = await connection.fetchval(
            "select exists (select from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock')"
        )
        return found

    try:
        await wait_until_async(somebody_waits, what="a statement that waits for a lock")
    finally:
        await connection.close()
