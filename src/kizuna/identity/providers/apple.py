"""Sign in with Apple: identity tokens."""

from kizuna.clock import Clock
from kizuna.identity.providers.cleaning import profile
from kizuna.identity.providers.interface import (
    Credentials,
    Profile,
    Provider,
    configured,
    could_not_authenticate,
    required,
)
from kizuna.outside.checks import Checks
from kizuna.outside.client import Outside
from kizuna.outside.keys import KeySet, json_web_keys
from kizuna.outside.tokens import flag_claim, text_claim, verified_claims
from kizuna.provider_settings import Apple as Settings

_ISSUERS = ("https://appleid.apple.com",)


class Apple(Provider):
    """Verifies identity tokens, JWTs that Apple has signed for the app or one of its web sites."""

    column = "apple_id"
    label = "Apple ID"
    rejected = rejected_on_authenticate = could_not_authenticate("Apple")

    def __init__(self, settings: Settings, outside: Outside, clock: Clock) -> None:
        self._clock = clock
        self._keys = KeySet(outside, f"{settings.base_url}/auth/keys", json_web_keys, clock)
        # The reference takes tokens for any app.
        self._audiences = (settings.bundle_id, *settings.client_ids) if settings.bundle_id else ()
        self.before_authenticate = self.before_link = (
            configured(bool(settings.bundle_id), "Apple"),
            required("token", "Apple ID token is required."),
        )

    async def verify(self, credentials: Credentials) -> Profile:
        checks = Checks()
        checks.require("configuration", bool(self._audiences), "there is no bundle ID")
        claims = await verified_claims(
            credentials["token"],
            self._keys,
            issuers=_ISSUERS,
            audiences=self._audiences,
            clock=self._clock,
            checks=checks,
        )
        email, verified = text_claim(claims, "email", checks), flag_claim(claims, "email_verified", checks)
        subject = text_claim(claims, "sub", checks, required=True)
        return profile(checks, subject, email=email if verified else "")
