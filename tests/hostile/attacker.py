"""A client that knows every operation, fills in what lets it get deep, and changes one thing."""

import base64
import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from kizuna.app import Application
from kizuna.http.contract import OPERATIONS, Auth, BodyKind, Operation
from kizuna.wire.messages import Field, Kind, Message
from tests.hostile.asking import Answer, Headers, ask

BY_NAME = {operation.name: operation for operation in OPERATIONS}
WITH_BODY = [o for o in OPERATIONS if o.body_kind in (BodyKind.WHOLE, BodyKind.FIELD)]
WITH_QUERY = [o for o in OPERATIONS if o.query is not None]

#: After these the session is over.
_ENDS_SESSION = ("SessionLogout", "DeleteAccount")

_BASIC = b"Basic " + base64.b64encode(b"defaultkey:")

#: Values with which an operation does its work; other strings are "x".
_PLAUSIBLE: dict[str, Any] = {
    "id": "attacker-0000001",
    "email": "attacker@example.com",
    "password": "long enough",
    "collection": "c",
    "key": "k",
    "value": '{"a":1}',
    "version": "",
    "user_id": "",
    "cursor": "",
    "username": "",
    "signed_player_info": "c2ln.e30",
    "token": "token",
    "refresh_token": "",
    "limit": 10,
}


class Attacker:
    """A signed-in player who sends what no client would."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self.id = ""
        self.token = ""
        self.refresh_token = ""

    async def sign_in(self) -> None:
        """Become a new player."""
        body = b'{"id":"%s"}' % str(uuid.uuid4()).encode()
        answer = await ask(
            self.app,
            "POST",
            "/v2/account/authenticate/device?create=true",
            body,
            [(b"authorization", _BASIC)],
        )
        assert answer.status == 200, answer.body
        self.token, self.refresh_token = answer.json()["token"], answer.json()["refresh_token"]
        payload = self.token.split(".")[1]
        self.id = json.loads(base64.urlsafe_b64decode(payload + "=="))["uid"]

    def credentials(self, operation: Operation) -> list[tuple[bytes, bytes]]:
        """The header that the operation asks for."""
        if operation.auth is Auth.NONE:
            return []
        value = _BASIC if operation.auth is Auth.SERVER_KEY else b"Bearer " + self.token.encode()
        return [(b"authorization", value)]

    async def ask(
        self,
        operation: Operation,
        body: bytes = b"",
        query: str = "",
        *,
        headers: Headers = (),
        path: Mapping[str, str] | None = None,
    ) -> Answer:
        """An operation with valid credentials, and "x" for path parameters unless `path` says otherwise."""
        target = operation.path
        for name in operation.path_params:
            target = target.replace(f"{{{name}}}", (path or {}).get(name, "x"))
        answer = await ask(
            self.app,
            operation.method,
            f"{target}?{query}",
            body,
            [*self.credentials(operation), *headers],
        )
        if operation.name in _ENDS_SESSION and answer.status == 200:
            await self.sign_in()
        return answer


def plausible(message: Message) -> dict[str, Any]:
    """A message that gets through the first checks."""
    return {field.name: _plausible(field) for field in message.fields}


def _plausible(field: Field) -> Any:
    if field.kind is Kind.STRING_MAP:
        return {"a": "b"}
    if field.message is not None:
        value: Any = plausible(field.message)
    elif field.name in _PLAUSIBLE:
        value = _PLAUSIBLE[field.name]
    else:
        value = {
            Kind.STRING: "x",
            Kind.BOOL: True,
            Kind.TIMESTAMP: "2026-11-21T04:19:17Z",
        }.get(field.kind, 1)
    return [value] if field.repeated else value


def variants(message: Message, hostile: Mapping[Kind, list[Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The plausible message with one field, however deep, set to each hostile value of its kind."""
    whole = plausible(message)
    for field in message.fields:
        if field.message is not None:
            for name, inner in variants(field.message, hostile):
                yield f"{field.name}.{name}", whole | {field.name: [inner] if field.repeated else inner}
        for value in hostile.get(field.kind, []):
            yield field.name, whole | {field.name: [value] if field.repeated else value}
