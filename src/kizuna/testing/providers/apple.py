"""Sign in with Apple."""

from collections.abc import Collection, Mapping
from typing import Any

from kizuna.testing.providers.fields import FLAG, OBJECT, TEXT, TEXTS
from kizuna.testing.providers.id_tokens import IdTokens, verified
from kizuna.testing.providers.jwt import Key
from kizuna.testing.providers.part import Handler, Offer
from kizuna.testing.providers.steps import link, sign_in


class Apple(IdTokens):
    """Issues identity tokens and publishes the keys."""

    name = "apple"
    company = "apple"
    issuer = "https://appleid.apple.com"
    client_id = "com.example.game"
    lifetime = 86_400

    def token(
        self,
        sub: str,
        *,
        email: str | None = None,
        email_verified: bool | str | None = None,
        claims: Mapping[str, Any] | None = None,
        without: Collection[str] = (),
        header: Mapping[str, Any] | None = None,
        key: Key | str = "current",
        algorithm: str = "RS256",
    ) -> str:
        """An identity token of the player whom Apple calls `sub`.

        `claims` replace those that are due, those `without` are left out, `header` replaces fields of the
        header (None: left out), `key` signs in place of the current one, whose id the header still names.
        """
        own = {
            "sub": sub,
            "email": email,
            "email_verified": verified(email, email_verified),
            "auth_time": self.world.now(),
            "nonce_supported": True,
        }
        return self.issue(own, key=key, changed=claims, without=without, header=header, algorithm=algorithm)

    def routes(self) -> Mapping[str, Handler]:
        return {"GET /auth/keys": self.key_set}

    def settings(self) -> Mapping[str, Any]:
        return {"social.apple.bundle_id": self.client_id, "social.apple.base_url": self.world.url}

    def offers(self) -> Mapping[str, Offer]:
        token = Offer(
            lambda **fields: {"token": self.token(**fields)},
            "Sign in with Apple: an identity token",
            fields={
                "sub": TEXT.required,
                "email": TEXT,
                "email_verified": FLAG,
                "claims": OBJECT,
                "without": TEXTS,
                "header": OBJECT,
            },
            example={"sub": "001234.ada", "email": "ada@example.com"},
            steps=[sign_in("apple"), link("apple", sub="001234.grace")],
        )
        return {"token": token}
