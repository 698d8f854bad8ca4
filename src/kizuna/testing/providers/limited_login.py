"""Facebook Limited Login."""

from collections.abc import Collection, Mapping
from typing import Any

from kizuna.testing.providers import graph
from kizuna.testing.providers.fields import OBJECT, TEXT, TEXTS
from kizuna.testing.providers.id_tokens import IdTokens
from kizuna.testing.providers.jwt import Key
from kizuna.testing.providers.part import Handler, Offer
from kizuna.testing.providers.steps import link, sign_in


class LimitedLogin(IdTokens):
    """Issues authentication tokens and publishes the keys."""

    name = "limited_login"
    company = "facebook"
    issuer = "https://www.facebook.com"
    client_id = graph.APP_ID
    lifetime = 3600

    def token(
        self,
        sub: str,
        *,
        name: str | None = None,
        email: str | None = None,
        picture: str | None = None,
        claims: Mapping[str, Any] | None = None,
        without: Collection[str] = (),
        header: Mapping[str, Any] | None = None,
        key: Key | str = "current",
        algorithm: str = "RS256",
    ) -> str:
        """An authentication token of the player whom Facebook calls `sub`; the rest as in `Apple.token`."""
        own = {
            "jti": f"fake-{sub}-{self.world.now()}",
            "nonce": "fake",
            "sub": sub,
            "name": name,
            "email": email,
            "picture": picture,
        }
        return self.issue(own, key=key, changed=claims, without=without, header=header, algorithm=algorithm)

    def routes(self) -> Mapping[str, Handler]:
        return {"GET /.well-known/oauth/openid/jwks/": self.key_set}

    def settings(self) -> Mapping[str, Any]:
        return {
            "social.facebook_limited_login.app_id": self.client_id,
            "social.facebook_limited_login.base_url": self.world.url,
        }

    def offers(self) -> Mapping[str, Offer]:
        token = Offer(
            lambda **fields: {"token": self.token(**fields)},
            "Facebook Limited Login: an authentication token",
            fields={
                "sub": TEXT.required,
                "name": TEXT,
                "email": TEXT,
                "picture": TEXT,
                "claims": OBJECT,
                "without": TEXTS,
                "header": OBJECT,
            },
            example={"sub": "10001", "name": "Ada"},
            steps=[sign_in("facebook"), link("facebook", sub="10009")],
        )
        return {"token": token}
