"""Functions of the game as clients call them."""

import base64
import gzip
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.clock import ShiftedClock
from tests.runtime.conftest import Folder
from tests.support.players import HTTP_KEY, SERVER_KEY, Player, sign_in_async

LIMIT = 262_144

GAME = """
import json

def register(app):
    @app.rpc("Echo/It")
    async def echo(ctx, payload):
        return payload

    @app.rpc("about")
    async def about(ctx, payload):
        return json.dumps({"headers": ctx.headers, "query": ctx.query_params, "ip": ctx.client_ip,
                           "port": ctx.client_port, "vars": ctx.vars, "user": ctx.user_id})

    @app.rpc("surrogate")
    async def surrogate(ctx, payload):
        return "\\ud800"

    @app.rpc("surrogate error")
    async def surrogate_error(ctx, payload):
        raise rt.Error("\\ud800", 5)
"""


@pytest.fixture(scope="module")
def app_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """With this game."""
    folder = Folder(tmp_path_factory.mktemp("game"))
    folder.write("game.py", GAME)
    return {"runtime": {"modules": [folder.path]}, "socket": {"proxy_count": 1}}


@pytest_asyncio.fixture
async def player(api: httpx.AsyncClient) -> Player:
    """A new player."""
    return await sign_in_async(api)


def basic(user: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()}


def refusal(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "error": message, "message": message}


async def test_who_may_call(api: httpx.AsyncClient, player: Player) -> None:
    path, key_invalid = "/v2/rpc/echo/it", refusal(16, "HTTP key invalid")
    token_invalid = refusal(16, "Auth token invalid")
    for query, headers, wanted in (
        ("", player.headers, None),
        ("?http_key=", player.headers, None),
        (f"?http_key={HTTP_KEY}", {"Authorization": "Bearer nonsense"}, None),
        (f"?httpKey={HTTP_KEY}", {}, None),
        (f"?%68ttp_key={HTTP_KEY}", {}, None),
        ("", basic(f"{HTTP_KEY}:anything"), None),
        ("?http_key=wrong", player.headers, key_invalid),
        ("?http_key=%C3%A4", {}, key_invalid),
        ("", basic(f"{SERVER_KEY}:"), key_invalid),
        ("", basic("no colon"), token_invalid),
        ("", {"Authorization": ""}, token_invalid),
        ("", {"Authorization": f"bearer {player.token}"}, token_invalid),
        ("", {"Authorization": f"Bearer {player.refresh_token}"}, token_invalid),
        ("", {}, refusal(16, "Auth token or HTTP key required")),
    ):
        answer = await api.post(path + query, headers=headers, content=b'"x"')
        assert answer.json() == (wanted or {"payload": "x"}), (query, headers)
        assert answer.status_code == (401 if wanted else 200)
        assert answer.headers["cache-control"] == "no-store, no-cache, must-revalidate"


async def test_a_session_that_is_over(api: httpx.AsyncClient, player: Player, clock: ShiftedClock) -> None:
    clock.offset = timedelta(days=1)
    answer = await api.get("/v2/rpc/echo/it", headers=player.headers)
    assert (answer.status_code, answer.json()) == (401, refusal(16, "Auth token invalid"))


async def test_the_order_of_checks(api: httpx.AsyncClient) -> None:
    key = {"http_key": HTTP_KEY}
    for path, query, wanted in (
        ("/v2/rpc/", {}, (401, refusal(16, "Auth token or HTTP key required"))),
        ("/v2/rpc/", key, (400, refusal(3, "RPC ID must be set"))),
        ("/v2/rpc/unknown", key, (404, refusal(5, "RPC function not found"))),
        ("/v2/rpc/echo/it/", key, (404, refusal(5, "RPC function not found"))),
        (
            "/v2/rpc/ECHO%2Fit",
            key,
            (400, refusal(3, "json: cannot unmarshal object into Go value of type string")),
        ),
    ):
        answer = await api.post(path, params=query, content=b"{" * (LIMIT if "it" in path else LIMIT + 1))
        assert (answer.status_code, answer.json()) == wanted


async def test_the_size_of_bodies(api: httpx.AsyncClient, player: Player) -> None:
    fits = b'"' + b"a" * (LIMIT - 2) + b'"'
    answer = await api.post("/v2/rpc/echo/it", headers=player.headers, content=fits)
    assert answer.json() == {"payload": fits[1:-1].decode()}
    answer = await api.post("/v2/rpc/echo/it?unwrap", headers=player.headers, content=fits + b" ")
    assert answer.status_code == 400
    assert answer.json() == {"code": 3, "message": "http: request body too large"}
    packed = {**player.headers, "Content-Encoding": "gzip"}
    answer = await api.post("/v2/rpc/echo/it", headers=packed, content=gzip.compress(b'"small"'))
    assert answer.json() == {"payload": "small"}


async def test_unwrapped_bodies_come_back_as_they_are(api: httpx.AsyncClient, player: Player) -> None:
    body = bytes(range(256))
    answer = await api.post("/v2/rpc/echo/it?unwrap=false", headers=player.headers, content=body)
    assert (answer.content, answer.headers["content-type"]) == (body, "text/plain")
    headers = {**player.headers, "Content-Type": "text/csv; charset=x"}
    answer = await api.post("/v2/rpc/echo/it?unwrap", headers=headers, content=body)
    assert (answer.content, answer.headers["content-type"]) == (body, "text/csv; charset=x")


async def test_text_that_no_client_could_read(api: httpx.AsyncClient, player: Player) -> None:
    wrapped = await api.get("/v2/rpc/surrogate", headers=player.headers)
    unwrapped = await api.get("/v2/rpc/surrogate?unwrap", headers=player.headers)
    failed = await api.get("/v2/rpc/surrogate%20error", headers=player.headers)
    assert (wrapped.json(), unwrapped.text) == ({"payload": "\ufffd"}, "\ufffd")
    assert (failed.status_code, failed.json()["message"]) == (404, "\ufffd")
    assert failed.json()["error"] == {"Message": "\ufffd", "Code": 5}


async def test_what_a_function_sees_of_the_request(api: httpx.AsyncClient, player: Player) -> None:
    headers = [
        *player.headers.items(),
        ("x-twice", "1"),
        ("X-Twice", "2"),
        ("grpc-timeout", "1S"),
        ("X-Forwarded-For", "203.0.113.9, 192.0.2.7"),
        ("Accept-Encoding", "gzip"),
    ]
    query = f"?unwrap&x=1&x=2&payload=p&http_key=&bad=%zz&user={player.id}"
    about = (await api.get(f"/v2/rpc/about{query}", headers=headers)).json()
    assert about["query"] == {"unwrap": [""], "x": ["1", "2"], "payload": ["p"], "user": [player.id]}
    assert about["headers"]["X-Twice"] == ["1", "2"]
    assert about["headers"]["Authorization"] == [f"Bearer {player.token}"]
    assert not {"Host", "Grpc-Timeout", "Accept-Encoding"} & about["headers"].keys()
    assert (about["ip"], about["user"]) == ("192.0.2.7", player.id)
    plain = (
        await api.get("/v2/rpc/about?unwrap", headers={**player.headers, "Accept-Encoding": "br"})
    ).json()
    assert plain["headers"]["Accept-Encoding"] == ["br"]


async def test_other_methods(api: httpx.AsyncClient, player: Player) -> None:
    answer = await api.put("/v2/rpc/echo/it", headers=player.headers)
    assert (answer.status_code, answer.json()) == (501, {"code": 12, "message": "Method Not Allowed"})
