"""Facebook Login: the Graph API, as far as a game server asks it."""

import base64
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from kizuna.testing.providers import graph
from kizuna.testing.providers.fields import NUMBER, TEXT, TEXTS
from kizuna.testing.providers.graph import GraphError
from kizuna.testing.providers.part import Handler, Offer, Part, Request, Response, World, json_response
from kizuna.testing.providers.steps import import_friends, link, sign_in

#: Friends on a page, unless a request says how many.
PAGE = 25

_VERSION = re.compile(r"v\d+\.\d+")


@dataclass(frozen=True)
class _User:
    id: str
    name: str
    email: str
    picture: str
    friends: tuple[str, ...]
    app: str
    expires: float


class Facebook(Part):
    """Knows users by their access tokens.

    Tokens belong to an app; `appsecret_proof` is checked when it is sent, with the secret of the token's app.
    """

    name = "facebook"
    app_id = graph.APP_ID
    app_secret = graph.app_secret(graph.APP_ID)

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._users: dict[str, _User] = {}

    def user(
        self,
        id: str,
        name: str = "",
        email: str = "",
        picture: str = "",
        friends: Sequence[str] = (),
        *,
        app: str = graph.APP_ID,
        expires_in: float = 5_184_000,
    ) -> str:
        """An access token of a user, good for so many seconds. What is "" is not told, as if not granted.

        `friends` are the ids of those who play the same game; `app` is which one the token was issued for.
        """
        token = f"EAA{secrets.token_hex(24)}"
        expires = self.world.clock.unix() + expires_in
        self._users[token] = _User(id, name, email, picture, tuple(friends), app, expires)
        return token

    def revoke(self, token: str) -> None:
        """The user has withdrawn what was granted."""
        del self._users[token]

    def routes(self) -> Mapping[str, Handler]:
        return {"GET /{version}/me": _asked(self._me), "GET /{version}/me/friends": _asked(self._friends)}

    def settings(self) -> Mapping[str, Any]:
        return {
            "social.facebook.app_id": self.app_id,
            "social.facebook.app_secret": self.app_secret,
            "social.facebook.graph_base_url": self.world.url,
        }

    def offers(self) -> Mapping[str, Offer]:
        user = Offer(
            lambda **fields: {"token": self.user(**fields)},
            "Facebook Login: an access token",
            fields={
                "id": TEXT.required,
                "name": TEXT,
                "email": TEXT,
                "picture": TEXT,
                "friends": TEXTS,
                "app": TEXT,
                "expires_in": NUMBER,
            },
            example={"id": "10001", "name": "Ada", "friends": ["10002"]},
            steps=[
                sign_in("facebook"),
                link("facebook", id="10009"),
                import_friends("facebook", id="10009", friends=["10001"]),
            ],
        )
        return {"user": user}

    def _me(self, request: Request) -> Any:
        user = self._authorized(request)
        picture = {"height": 50, "width": 50, "is_silhouette": False, "url": user.picture}
        known = {
            "id": user.id,
            "name": user.name,
            "email": user.email,
            "picture": {"data": picture} if user.picture else None,
        }
        wanted = {"id", *request.query.get("fields", "id,name").split(",")}
        return {field: value for field, value in known.items() if field in wanted and value}

    def _friends(self, request: Request) -> Any:
        friends = self._authorized(request).friends
        limit = min(int(request.query.get("limit", PAGE)), 5000)
        start = _position(request.query.get("after", ""))
        page = friends[start : start + limit]
        listed: dict[str, Any] = {
            "data": [{"id": id, "name": f"Friend {id}"} for id in page],
            "summary": {"total_count": len(friends)},
        }
        if page:
            listed["paging"] = {"cursors": {"before": _cursor(start), "after": _cursor(start + len(page))}}
        if start + limit < len(friends):
            query = {**request.query, "after": _cursor(start + len(page))}
            listed["paging"]["next"] = f"{self.world.url}{request.path}?{urlencode(query)}"
        return listed

    def _authorized(self, request: Request) -> _User:
        """Whose token a request carries. GraphError if it is not good."""
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        token = request.query.get("access_token", bearer if scheme.lower() == "bearer" else "")
        if not token:
            raise graph.no_token()
        user = self._users.get(token)
        if user is None:
            raise graph.unknown_token()
        proof = request.query.get("appsecret_proof")
        if proof is not None and not graph.is_proof(proof, token, user.app):
            raise graph.wrong_proof()
        if self.world.clock.unix() >= user.expires:
            raise graph.expired_token()
        return user


def _asked(answer: Callable[[Request], Any]) -> Handler:
    """What answers in Graph's way, for any version of it."""

    @wraps(answer)
    def handler(request: Request) -> Response:
        if not _VERSION.fullmatch(request.params["version"]):
            return json_response({"error": {"message": "Unknown path components", "code": 2500}}, 400)
        try:
            return json_response(answer(request))
        except GraphError as error:
            return error.response()

    return handler


def _cursor(position: int) -> str:
    """An opaque text with characters that have to be escaped in a query."""
    return base64.b64encode(f"friend >>> {position}".encode()).decode()


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("friend >>> "))
    except ValueError:
        raise graph.wrong_cursor() from None
