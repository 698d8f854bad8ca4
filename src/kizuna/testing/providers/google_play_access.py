"""Access tokens of Google: for whom they are issued, and what they open."""

import logging
from itertools import count
from typing import Any

from kizuna.testing.providers.keys import PrivateKey
from kizuna.testing.providers.part import Request, Response, World, json_response
from kizuna.testing.providers.received_tokens import Untrusted, check_claims, trusted_claims

log = logging.getLogger(__name__)

TOKEN_PATH = "/google_play/token"

_SCOPE = "https://www.googleapis.com/auth/androidpublisher"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: Google's own address, which service accounts may name as the audience wherever they really ask.
_TOKEN_URL = "https://oauth2.googleapis.com/token"
_LONGEST = 3600


class AccessTokens:
    """Tokens for one service account: "tok-1", "tok-2" and so on, each good for `expires_in` seconds."""

    def __init__(self, world: World, client_email: str, key: PrivateKey) -> None:
        self.expires_in = 3600
        self._world = world
        self._client_email = client_email
        self._key = key
        self._numbers = count(1)
        self._ends: dict[str, float] = {}

    def withdraw(self) -> None:
        """Let no token that was issued count any longer."""
        self._ends.clear()

    def issue(self, request: Request) -> Response:
        """The answer to a service account that asks for a token."""
        try:
            self._check(request)
        except Untrusted as error:
            log.warning("A service account is refused: %s", error)
            return json_response({"error": "invalid_grant", "error_description": str(error)}, 400)
        token = f"tok-{next(self._numbers)}"
        self._ends[token] = self._world.clock.unix() + self.expires_in
        told = {"access_token": token, "expires_in": self.expires_in, "token_type": "Bearer"}
        return json_response(told)

    def refusal(self, request: Request) -> Response | None:
        """The answer to a request without a token that counts, as a bearer's in the header alone."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind == "Bearer" and self._world.clock.unix() < self._ends.get(token, 0):
            return None
        return error_response(401, "Request had invalid authentication credentials.", "authError")

    def _check(self, request: Request) -> None:
        form = request.form
        if form.get("grant_type") != _GRANT:
            raise Untrusted(f"the grant type is {form.get('grant_type')!r}")
        claims = trusted_claims(form.get("assertion", ""), self._key, {"alg": "RS256", "typ": "JWT"})
        if claims.get("aud") not in (_TOKEN_URL, self._world.url + TOKEN_PATH):
            raise Untrusted(f"aud is {claims.get('aud')!r}")
        if "iat" not in claims:
            raise Untrusted("it does not say when it was issued")
        expected = {"iss": self._client_email, "scope": _SCOPE}
        check_claims(claims, expected, self._world.clock.unix(), _LONGEST)


_STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}


def error_response(status: int, message: str, reason: str) -> Response:
    """An error as Google's APIs tell it."""
    details: list[Any] = [{"message": message, "domain": "androidpublisher", "reason": reason}]
    error = {"code": status, "message": message, "errors": details, "status": _STATUSES[status]}
    return json_response({"error": error}, status)
