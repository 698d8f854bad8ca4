"""Players who use a server under test as a game client does: through HTTP."""

from base64 import b64encode, urlsafe_b64decode
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_DNS, uuid5

import httpx
import orjson

#: What pytest shows of an error begins where the test, the game or the server is concerned.
__tracebackhide__ = True


class Refused(Exception):
    """An answer that is no success: its HTTP `status`, with `code` and `message` as a client gets them."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{message} (status {status}, code {code})")
        self.status = status
        self.code = code
        self.message = message


class Caller:
    """Somebody who sends requests with the same credentials each time.

    Answers are decoded JSON, with the field names of the API. What is refused raises `Refused`.
    """

    def __init__(self, http: httpx.Client, headers: dict[str, str]) -> None:
        self._http = http
        self._headers = headers

    def rpc(self, id: str, payload: Any = None) -> Any:
        """What a function of the game answers, decoded from JSON; None for nothing.

        Text and bytes are sent as they are, any other payload (a dict, a dataclass) as JSON. An answer that
        is no JSON comes as text.
        """
        answer = _succeeded(self.send("POST", f"/v2/rpc/{quote(id, safe='')}?unwrap", payload))
        if not answer.content:
            return None
        try:
            return orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            return answer.text

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """The answer to `GET`: `player.get("/v2/leaderboard/weekly", limit=3)`."""
        return _message(self.send("GET", path, **query))

    def post(self, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """The answer to `POST`; the body is sent as JSON."""
        return _message(self.send("POST", path, _json(body), **query))

    def put(self, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """The answer to `PUT`; the body is sent as JSON."""
        return _message(self.send("PUT", path, _json(body), **query))

    def delete(self, path: str, **query: Any) -> dict[str, Any]:
        """The answer to `DELETE`."""
        return _message(self.send("DELETE", path, **query))

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """The whole answer to a request, a refusal too.

        Text and bytes are sent as they are, any other body as JSON, None as nothing.
        """
        content = body if isinstance(body, str | bytes) else _json(body)
        return self._http.request(method, path, content=content, params=query or None, headers=self._headers)


class Player(Caller):
    """A player who is signed in. `token` is the session's, for clients of the test's own."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        super().__init__(http, {"Authorization": f"Bearer {token}"})
        self.token = token
        told = _claims(token)
        self.id: str = told["uid"]
        self.username: str = told["usn"]

    @property
    def wallet(self) -> dict[str, int]:
        """What the player has now."""
        wallet: dict[str, int] = orjson.loads(self.get("/v2/account")["wallet"])
        return wallet

    def __repr__(self) -> str:
        return f"Player({self.username!r})"


def sign_in(http: httpx.Client, server_key: str, username: str) -> Player:
    """The player of this name, whose account is created at the first time."""
    newcomer = Caller(http, basic(server_key))
    # The name itself may be nothing that a device could be called, and it is the name that is to be refused.
    device = {"id": str(uuid5(NAMESPACE_DNS, username))}
    session = newcomer.post("/v2/account/authenticate/device", device, create=True, username=username)
    return Player(http, session["token"])


def basic(key: str) -> dict[str, str]:
    """The headers of a request with one of the server's keys."""
    return {"Authorization": f"Basic {b64encode(f'{key}:'.encode()).decode()}"}


def _json(value: Any) -> bytes | None:
    return None if value is None else orjson.dumps(value)


def _message(answer: httpx.Response) -> dict[str, Any]:
    message: dict[str, Any] = _succeeded(answer).json()
    return message


def _succeeded(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        told = answer.json()
    except ValueError:
        told = {"message": answer.text}
    raise Refused(answer.status_code, told.get("code", 0), told.get("message", ""))


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
