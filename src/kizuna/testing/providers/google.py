"""Sign in with Google, and server auth codes of Play Games."""

import base64
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from kizuna.testing.providers import keys
from kizuna.testing.providers.fields import FLAG, OBJECT, TEXT, TEXTS
from kizuna.testing.providers.id_tokens import IdTokens, verified
from kizuna.testing.providers.jwt import Key
from kizuna.testing.providers.part import Handler, Offer, Request, Response, World, json_response
from kizuna.testing.providers.steps import link, sign_in

#: Seconds that a code waits for its exchange.
_CODE_LIFETIME = 600

#: Days before and after the present for which certificates are valid.
_CERTIFICATE_DAYS = 8.0


@dataclass(frozen=True)
class _Player:
    id: str
    display_name: str
    avatar: str
    original_id: str


class Google(IdTokens):
    """Issues ID tokens and auth codes, exchanges codes, and knows players by access tokens."""

    name = "google"
    company = "google"
    issuer = "https://accounts.google.com"
    client_id = "231520000000-game.apps.googleusercontent.com"
    client_secret = "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e"
    redirect_uri = "https://game.example.com/oauth"
    lifetime = 3600
    max_age = 21_600

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._codes: dict[str, tuple[_Player, float]] = {}
        self._players: dict[str, _Player] = {}
        self._certificates: Mapping[str, Any] | None = None

    def token(
        self,
        sub: str,
        *,
        name: str | None = None,
        picture: str | None = None,
        email: str | None = None,
        email_verified: bool | str | None = None,
        claims: Mapping[str, Any] | None = None,
        without: Collection[str] = (),
        header: Mapping[str, Any] | None = None,
        key: Key | str = "current",
        algorithm: str = "RS256",
    ) -> str:
        """An ID token of the player whom Google calls `sub`; the rest as in `Apple.token`."""
        own = {
            "azp": self.client_id,
            "sub": sub,
            "name": name,
            "picture": picture,
            "email": email,
            "email_verified": verified(email, email_verified),
        }
        return self.issue(own, key=key, changed=claims, without=without, header=header, algorithm=algorithm)

    def auth_code(
        self, player_id: str, display_name: str = "", avatar: str = "", original_player_id: str = ""
    ) -> str:
        """A server auth code of a player of Play Games, good for one exchange within ten minutes."""
        code = f"4/0A{secrets.token_urlsafe(40)}"
        player = _Player(player_id, display_name, avatar, original_player_id)
        self._codes[code] = player, self.world.clock.unix() + _CODE_LIFETIME
        return code

    def rotate(self) -> None:
        super().rotate()
        self._certificates = None

    def publish_certificates(self, certificates: Mapping[str, Any]) -> None:
        """Publish exactly these, by key ids: PEM, or any JSON. `rotate` ends that."""
        self._certificates = certificates

    def certificate(self, days: float = _CERTIFICATE_DAYS) -> str:
        """PEM of a certificate for the key that signs now, valid for so many days before and after now."""
        validity = keys.around(self.world.clock.now(), days)
        return keys.pem(keys.certificate("federated-signon", self.signing_key, **validity)).decode()

    def routes(self) -> Mapping[str, Handler]:
        return {
            "GET /oauth2/v1/certs": self._published_certificates,
            "GET /oauth2/v3/certs": self.key_set,
            "POST /token": self._exchange,
            "GET /games/v1/players/me": self._player,
        }

    def settings(self) -> Mapping[str, Any]:
        return {
            "social.google.client_ids": [self.client_id],
            "social.google.api_base_url": self.world.url,
            "google_auth.credentials_json": json.dumps({"web": self._client()}),
        }

    def offers(self) -> Mapping[str, Offer]:
        token = Offer(
            lambda **fields: {"token": self.token(**fields)},
            "Sign in with Google: an ID token",
            fields={
                "sub": TEXT.required,
                "name": TEXT,
                "picture": TEXT,
                "email": TEXT,
                "email_verified": FLAG,
                "claims": OBJECT,
                "without": TEXTS,
                "header": OBJECT,
            },
            example={"sub": "108000000000000000001", "name": "Ada", "email": "ada@example.com"},
            steps=[sign_in("google"), link("google", sub="108000000000000000009", email="grace@example.com")],
        )
        code = Offer(
            lambda **fields: {"token": self.auth_code(**fields)},
            "Google Play Games: a server auth code, good for one request",
            fields={
                "player_id": TEXT.required,
                "display_name": TEXT,
                "avatar": TEXT,
                "original_player_id": TEXT,
            },
            example={"player_id": "a_0001", "display_name": "Ada"},
            steps=[sign_in("google")],
        )
        return {"token": token, "auth_code": code}

    def _client(self) -> dict[str, Any]:
        return {
            "client_id": self.client_id,
            "project_id": "fake",
            "auth_uri": f"{self.world.url}/o/oauth2/auth",
            "token_uri": f"{self.world.url}/token",
            "client_secret": self.client_secret,
            "redirect_uris": [self.redirect_uri],
        }

    def _published_certificates(self, request: Request) -> Response:
        if self._certificates is not None:
            return self.cached(self._certificates)
        return self.cached({self.key_id: self.certificate()})

    # Auth codes

    def _exchange(self, request: Request) -> Response:
        form = request.form
        if _client_of(request) != (self.client_id, self.client_secret):
            return _refused("invalid_client", "The OAuth client was not found.", 401)
        if form.get("grant_type") != "authorization_code":
            return _refused("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")
        if form.get("redirect_uri") != self.redirect_uri:
            return _refused("redirect_uri_mismatch", "Bad Request")
        if not form.get("code"):
            return _refused("invalid_request", "Missing required parameter: code")
        player, until = self._codes.pop(form["code"], (None, 0.0))
        if player is None or self.world.clock.unix() >= until:
            return _refused("invalid_grant", "Bad Request")
        return self._granted(player)

    def _granted(self, player: _Player) -> Response:
        access = f"ya29.{secrets.token_urlsafe(40)}"
        self._players[access] = player
        scope = "https://www.googleapis.com/auth/games_lite"
        granted = {"access_token": access, "expires_in": 3599, "scope": scope, "token_type": "Bearer"}
        return json_response(granted)

    def _player(self, request: Request) -> Response:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        access = request.query.get("access_token", bearer if scheme.lower() == "bearer" else "")
        player = self._players.get(access)
        if player is None:
            message = "Request had invalid authentication credentials."
            error = {"code": 401, "message": message, "status": "UNAUTHENTICATED"}
            return json_response({"error": error}, 401)
        told = {
            "kind": "games#player",
            "playerId": player.id,
            "displayName": player.display_name,
            "avatarImageUrl": player.avatar,
            "originalPlayerId": player.original_id,
        }
        return json_response({field: value for field, value in told.items() if value})


def _client_of(request: Request) -> tuple[str | None, str | None]:
    """The id and the secret that a request to the token endpoint carries: in its form, or as Basic."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request.form.get("client_id"), request.form.get("client_secret")
    try:
        id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None, None
    return unquote(id), unquote(secret)


def _refused(error: str, description: str, status: int = 400) -> Response:
    return json_response({"error": error, "error_description": description}, status)
