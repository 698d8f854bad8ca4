"""Sign in with Steam: Valve's Web API, as far as a game server asks it."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kizuna.testing.providers.fields import FLAG, ID, IDS, OBJECT, TEXT
from kizuna.testing.providers.part import Handler, Offer, Part, Request, Response, World, json_response
from kizuna.testing.providers.steps import import_friends, link, sign_in


@dataclass(frozen=True)
class _Ticket:
    steam_id: str
    identity: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class _Player:
    friends: tuple[str, ...]
    private: bool


class Steam(Part):
    """Issues tickets and tells whose they are, to whoever has the publisher's key."""

    name = "steam"
    publisher_key = "0123456789ABCDEF0123456789ABCDEF"
    app_id = 480
    identity = "kizuna"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._tickets: dict[str, _Ticket] = {}
        self._players: dict[str, _Player] = {}

    def ticket(
        self,
        steam_id: str | int,
        *,
        friends: Sequence[str | int] = (),
        private: bool = False,
        params: Mapping[str, Any] | None = None,
        identity: str = identity,
    ) -> str:
        """What `GetAuthTicketForWebApi(identity)` gives the game, in hexadecimal digits.

        `friends` are Steam ids; whose profile is `private` tells nobody. `params` replace fields of what
        Steam says of the ticket, such as `vacbanned`.
        """
        ticket = secrets.token_hex(120)
        self._tickets[ticket] = _Ticket(str(steam_id), identity, params or {})
        self._players[str(steam_id)] = _Player(tuple(map(str, friends)), private)
        return ticket

    def routes(self) -> Mapping[str, Handler]:
        return {
            "GET /ISteamUserAuth/AuthenticateUserTicket/v1/": self._authenticate,
            "GET /ISteamUser/GetFriendList/v0001/": self._friends,
        }

    def settings(self) -> Mapping[str, Any]:
        return {
            "social.steam.publisher_key": self.publisher_key,
            "social.steam.app_id": self.app_id,
            "social.steam.identity": self.identity,
            "social.steam.base_url": self.world.url,
        }

    def offers(self) -> Mapping[str, Offer]:
        ticket = Offer(
            lambda **fields: {"token": self.ticket(**fields)},
            "Steam: a session ticket",
            fields={
                "steam_id": ID.required,
                "friends": IDS,
                "private": FLAG,
                "params": OBJECT,
                "identity": TEXT,
            },
            example={"steam_id": "76561197960287930", "friends": ["76561197960287931"]},
            steps=[
                sign_in("steam"),
                link("steam", member="account", steam_id="76561197960287939"),
                import_friends("steam", steam_id="76561197960287939", friends=["76561197960287930"]),
            ],
        )
        return {"ticket": ticket}

    def _authenticate(self, request: Request) -> Response:
        if refusal := self._refusal(request, "appid", "ticket"):
            return refusal
        ticket = self._tickets.get(request.query["ticket"].lower())
        if ticket is None or ticket.identity != request.query.get("identity", ""):
            return _error(101, "Invalid ticket")
        if request.query["appid"] != str(self.app_id):
            return _error(102, "Ticket for other app")
        about = {
            "result": "OK",
            "steamid": ticket.steam_id,
            "ownersteamid": ticket.steam_id,
            "vacbanned": False,
            "publisherbanned": False,
        }
        return json_response({"response": {"params": {**about, **ticket.params}}})

    def _friends(self, request: Request) -> Response:
        if refusal := self._refusal(request, "steamid"):
            return refusal
        player = self._players.get(request.query["steamid"])
        if player is None:
            return _page(500, "Internal Server Error")
        if player.private:
            return _page(401, "Unauthorized")
        since = self.world.now() - 86_400
        friends = [{"steamid": id, "relationship": "friend", "friend_since": since} for id in player.friends]
        return json_response({"friendslist": {"friends": friends}})

    def _refusal(self, request: Request, *required: str) -> Response | None:
        for parameter in ("key", *required):
            if not request.query.get(parameter):
                return _page(400, "Bad Request", f"Required parameter '{parameter}' is missing")
        if request.query["key"] != self.publisher_key:
            return _page(403, "Forbidden", "Access is denied. Verify your <pre>key=</pre> parameter.")
        return None


def _error(code: int, description: str) -> Response:
    return json_response({"response": {"error": {"errorcode": code, "errordesc": description}}})


def _page(status: int, title: str, text: str = "") -> Response:
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{text}</body></html>"
    return Response(status, page.encode(), "text/html; charset=UTF-8")
