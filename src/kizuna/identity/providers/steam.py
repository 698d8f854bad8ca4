"""Steam: session tickets, which the Web API is asked about, and friend lists."""

import re

from kizuna.identity.providers.answers import answer_about, error_code, member, members
from kizuna.identity.providers.cleaning import profile
from kizuna.identity.providers.interface import (
    Credentials,
    FriendSource,
    Profile,
    check_length,
    configured,
    could_not_authenticate,
    patience,
    required,
)
from kizuna.outside.checks import Checks, quoted
from kizuna.outside.client import Outside
from kizuna.provider_settings import Steam as Settings

_NUMBER = re.compile(r"[0-9]{1,20}")


class Steam(FriendSource):
    """Verifies tickets. Bans by Valve or the publisher are the game's to judge, and not looked at."""

    column = "steam_id"
    label = "Steam ID"
    rejected = rejected_on_authenticate = could_not_authenticate("Steam")

    def __init__(self, settings: Settings, outside: Outside) -> None:
        self._settings = settings
        self._outside = outside
        self.patience = patience(outside)
        self._configured = bool(settings.publisher_key and settings.app_id)
        configuration = configured(self._configured, "Steam")
        ticket = required("token", "Steam access token is required.")
        # The reference asks in opposite orders.
        self.before_authenticate = (configuration, ticket)
        self.before_link = (ticket, configuration)

    async def verify(self, credentials: Credentials) -> Profile:
        checks = Checks()
        checks.require("configuration", self._configured, "there is no publisher key or app ID")
        url = f"{self._settings.base_url}/ISteamUserAuth/AuthenticateUserTicket/v1/"
        reply = await self._outside.get(url, query=self._question(credentials["token"], checks))
        answer = member(answer_about(reply, "ticket", checks), "response", checks)
        error = answer.get("error")
        checks.require("ticket", error is None, f"Steam answered {error_code(error)}")
        params = member(answer, "params", checks)
        result = params.get("result")
        checks.require("ticket", result == "OK", f"Steam answered the result {quoted(result)}")
        return profile(checks, _steam_id(params.get("steamid"), checks))

    async def friends(self, credentials: Credentials, profile: Profile | None = None) -> list[str] | None:
        checks = Checks()
        player = profile or await self.verify(credentials)
        query = {"key": self._settings.publisher_key, "steamid": player.id, "relationship": "friend"}
        reply = await self._outside.get(
            f"{self._settings.base_url}/ISteamUser/GetFriendList/v0001/", query=query
        )
        if reply.status == 401:
            return None
        listed = member(answer_about(reply, "friends", checks), "friendslist", checks)
        ids = [friend.get("steamid") for friend in members(listed, "friends", checks)]
        for id in ids:
            checks.require("id", isinstance(id, str), f"{quoted(id)} is no text")
        return [friend for friend in map(_canonical, ids) if friend]

    def _question(self, ticket: str, checks: Checks) -> dict[str, str]:
        check_length(ticket, checks)
        question = {
            "format": "json",
            "key": self._settings.publisher_key,
            "appid": str(self._settings.app_id),
            "ticket": ticket,
        }
        if self._settings.identity:
            question["identity"] = self._settings.identity
        return question


def _steam_id(value: object, checks: Checks) -> str:
    """The id as a number of 64 bits, in digits; it is text in JSON, whose numbers are too small for it."""
    id = _canonical(value)
    checks.require("id", bool(id), f"{quoted(value)} is no Steam ID")
    return id


def _canonical(value: object) -> str:
    """An id in digits, without zeros in front; "" for what is none."""
    number = int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else 0
    return str(number) if 0 < number < 1 << 64 else ""
