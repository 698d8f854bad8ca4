"""Server auth codes of Play Games: exchanged for an access token, by which the player is asked for."""

from typing import Any
from urllib.parse import parse_qsl

import orjson

from kizuna.identity.providers.answers import answer_about, error_code, text
from kizuna.identity.providers.cleaning import profile
from kizuna.identity.providers.interface import Profile, check_length
from kizuna.outside.checks import Checks
from kizuna.outside.client import Outside, Reply, Unavailable

_FORM = "application/x-www-form-urlencoded"


class PlayGames:
    """Players of Play Games. `credentials` is Google's file of a client, which the settings have checked; ""
    refuses every code.
    """

    def __init__(self, credentials: str, api_base_url: str, outside: Outside) -> None:
        self._client = _client(credentials) if credentials else None
        self._player = f"{api_base_url}/games/v1/players/me"
        self._outside = outside

    async def player(self, code: str, checks: Checks) -> Profile:
        """Whom a code stands for. `Refused`, `Unavailable`."""
        if self._client is None:
            raise checks.refused("configuration", "there are no credentials to exchange an auth code with")
        check_length(code, checks)
        access_token = await self._exchanged(code, self._client, checks)
        reply = await self._outside.get(self._player, query={"access_token": access_token})
        player = answer_about(reply, "access token", checks)
        return profile(
            checks,
            text(player, "playerId", checks),
            display_name=text(player, "displayName", checks),
            avatar_url=text(player, "avatarImageUrl", checks),
            former_id=text(player, "originalPlayerId", checks),
        )

    async def _exchanged(self, code: str, client: dict[str, Any], checks: Checks) -> str:
        """An access token for a code, which is then used up."""
        form = {
            "code": code,
            "grant_type": "authorization_code",
            "redirect_uri": client["redirect_uris"][0],
            # The reference tries HTTP Basic first, and uses the code twice when that fails.
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
        }
        reply = await self._outside.post(client["token_uri"], form=form)
        if reply.is_server_error:
            raise Unavailable(f"{reply.host} answered {reply.status}")
        answer = _answer(reply)
        error = answer.get("error") or (None if 200 <= reply.status < 300 else reply.status)
        checks.require("auth code", error is None, f"{reply.host} answered {error_code(error)}")
        access_token = text(answer, "access_token", checks)
        checks.require("auth code", bool(access_token), f"{reply.host} answered without an access token")
        return access_token


def _client(credentials: str) -> dict[str, Any]:
    file = orjson.loads(credentials)
    client: dict[str, Any] = file.get("web") or file["installed"]
    return client


def _answer(reply: Reply) -> dict[str, Any]:
    """JSON, or the form that the first versions of OAuth answered with."""
    if reply.headers.get("content-type", "").startswith(_FORM):
        return dict(parse_qsl(reply.body.decode("utf-8", "replace")))
    return reply.json()
