"""Facebook's Graph API: who has an access token, and who is a friend."""

import hashlib
import hmac

from kizuna.identity.providers.answers import answer_about, member, members, text
from kizuna.identity.providers.cleaning import profile
from kizuna.identity.providers.interface import Profile, check_length
from kizuna.outside.checks import Checks
from kizuna.outside.client import Outside
from kizuna.provider_settings import Facebook as Settings

#: Pages of friends after which Facebook, or whoever plays it, seems not to come to an end.
MOST_PAGES = 100


class Graph:
    """Asks in the name of players. With an app secret, Facebook refuses access tokens of other apps."""

    def __init__(self, settings: Settings, outside: Outside) -> None:
        self._me = f"{settings.graph_base_url}/{settings.graph_version}/me"
        self._secret = settings.app_secret.encode()
        self._outside = outside

    async def player(self, token: str, checks: Checks) -> Profile:
        """Whose access token this is. `Refused`, `Unavailable`."""
        query = {**self._authorization(token, checks), "fields": "id,name,email,picture"}
        me = answer_about(await self._outside.get(self._me, query=query), "access token", checks)
        picture = member(member(me, "picture", checks), "data", checks)
        return profile(
            checks,
            text(me, "id", checks),
            display_name=text(me, "name", checks),
            avatar_url=text(picture, "url", checks),
            email=text(me, "email", checks),
        )

    async def friends(self, token: str, checks: Checks) -> list[str]:
        """The ids of the friends who play the same game. `Refused`, `Unavailable`: one page is no list."""
        query = self._authorization(token, checks)
        found: list[str] = []
        for _ in range(MOST_PAGES):
            reply = await self._outside.get(f"{self._me}/friends", query=query)
            page = answer_about(reply, "access token", checks)
            found += [text(friend, "id", checks) for friend in members(page, "data", checks)]
            paging = member(page, "paging", checks)
            if not text(paging, "next", checks):
                return found
            after = text(member(paging, "cursors", checks), "after", checks)
            checks.require("friends", bool(after), "a next page is announced, and not where it is")
            query = {**query, "after": after}
        raise checks.refused("friends", f"there are more than {MOST_PAGES} pages of them")

    def _authorization(self, token: str, checks: Checks) -> dict[str, str]:
        check_length(token, checks)
        authorization = {"access_token": token}
        if self._secret:
            proof = hmac.new(self._secret, token.encode(), hashlib.sha256).hexdigest()
            authorization["appsecret_proof"] = proof
        return authorization
