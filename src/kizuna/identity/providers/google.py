"""Sign in with Google: ID tokens, and server auth codes of Play Games."""

from kizuna.clock import Clock
from kizuna.identity.providers.cleaning import profile
from kizuna.identity.providers.google_codes import PlayGames
from kizuna.identity.providers.interface import (
    Credentials,
    Profile,
    Provider,
    could_not_authenticate,
    required,
)
from kizuna.outside.checks import Checks
from kizuna.outside.client import Outside
from kizuna.outside.keys import google_keys
from kizuna.outside.tokens import flag_claim, is_three_parts, text_claim, verified_claims
from kizuna.provider_settings import Google as Settings
from kizuna.provider_settings import GoogleAuth

_ISSUERS = ("accounts.google.com", "https://accounts.google.com")


class Google(Provider):
    """Verifies ID tokens, and exchanges server auth codes, which have not exactly three parts."""

    column = "google_id"
    label = "Google ID"
    rejected = rejected_on_authenticate = could_not_authenticate("Google")
    fills_profile = True

    def __init__(self, settings: Settings, google_auth: GoogleAuth, outside: Outside, clock: Clock) -> None:
        self._clock = clock
        self._client_ids = settings.client_ids
        self._keys = google_keys(outside, settings.api_base_url, clock)
        self._play_games = PlayGames(google_auth.credentials_json, settings.api_base_url, outside)
        self.before_authenticate = self.before_link = (required("token", "Google access token is required."),)

    async def verify(self, credentials: Credentials) -> Profile:
        token, checks = credentials["token"], Checks()
        if is_three_parts(token):
            return await self._by_id_token(token, checks)
        return await self._play_games.player(token, checks)

    async def _by_id_token(self, token: str, checks: Checks) -> Profile:
        claims = await verified_claims(
            token,
            self._keys,
            issuers=_ISSUERS,
            audiences=self._client_ids,
            clock=self._clock,
            checks=checks,
            names_key=False,
        )
        verified = flag_claim(claims, "email_verified", checks)
        email, name, picture, _ = (
            text_claim(claims, claim, checks) for claim in ("email", "name", "picture", "azp")
        )
        subject = text_claim(claims, "sub", checks, required=True)
        return profile(
            checks, subject, display_name=name, avatar_url=picture, email=email if verified else ""
        )
