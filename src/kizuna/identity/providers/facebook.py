"""Facebook: access tokens, which the Graph API is asked about, and tokens of Limited Login."""

from kizuna.clock import Clock
from kizuna.identity.providers.cleaning import profile
from kizuna.identity.providers.facebook_graph import Graph
from kizuna.identity.providers.interface import (
    Credentials,
    FriendSource,
    Profile,
    could_not_authenticate,
    patience,
    required,
)
from kizuna.outside.checks import Checks
from kizuna.outside.client import Outside
from kizuna.outside.encoding import base64url, json_object
from kizuna.outside.keys import KeySet, json_web_keys
from kizuna.outside.tokens import flag_claim, is_three_parts, text_claim, verified_claims
from kizuna.provider_settings import Facebook as Settings
from kizuna.provider_settings import FacebookLimitedLogin

_ISSUERS = ("https://www.facebook.com", "https://facebook.com")
_KEYS = "/.well-known/oauth/openid/jwks/"


class Facebook(FriendSource):
    """Verifies both kinds of tokens.

    What has the form of a JWT is one of Limited Login and nothing else. The reference tries every token as
    that and then as an access token, which waits twice when Facebook is slow.
    """

    column = "facebook_id"
    label = "Facebook ID"
    rejected = rejected_on_authenticate = could_not_authenticate("Facebook")

    def __init__(
        self, settings: Settings, limited_login: FacebookLimitedLogin, outside: Outside, clock: Clock
    ) -> None:
        self._clock = clock
        self.patience = patience(outside)
        self._graph = Graph(settings, outside)
        self._keys = KeySet(outside, limited_login.base_url + _KEYS, json_web_keys, clock)
        self._app_ids = tuple(sorted({limited_login.app_id, settings.app_id} - {""}))
        self.before_authenticate = self.before_link = (
            required("token", "Facebook access token is required."),
        )

    async def verify(self, credentials: Credentials) -> Profile:
        token, checks = credentials["token"], Checks()
        if _is_limited(token):
            return await self._by_limited_login(token, checks)
        return await self._graph.player(token, checks)

    async def friends(self, credentials: Credentials, profile: Profile | None = None) -> list[str] | None:
        token, checks = credentials["token"], Checks()
        checks.require("form", not _is_limited(token), "a token of Limited Login lists no friends")
        return await self._graph.friends(token, checks)

    async def _by_limited_login(self, token: str, checks: Checks) -> Profile:
        claims = await verified_claims(
            token,
            self._keys,
            issuers=_ISSUERS,
            audiences=self._app_ids,
            clock=self._clock,
            checks=checks,
        )
        # Facebook gives confirmed addresses only; if it begins to say so, it may as well say no.
        verified = "email_verified" not in claims or flag_claim(claims, "email_verified", checks)
        email, name, picture = (text_claim(claims, claim, checks) for claim in ("email", "name", "picture"))
        return profile(
            checks,
            text_claim(claims, "sub", checks, required=True),
            display_name=name,
            avatar_url=picture,
            email=email if verified else "",
            lists_friends=False,
        )


def _is_limited(token: str) -> bool:
    """Whether a token has the form of a JWT, which access tokens have not."""
    if not is_three_parts(token):
        return False
    try:
        json_object(base64url(token.partition(".")[0]))
    except ValueError:
        return False
    return True
