"""Players of the six providers, as the fake vouches for them."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from tests.identity.support import authenticate
from tests.support.players import Player, claims

if TYPE_CHECKING:
    from kizuna.testing.providers import Providers

#: The kinds in paths, and the fields of `User` that tell their ids.
FIELDS = {
    "apple": "apple_id",
    "facebook": "facebook_id",
    "facebookinstantgame": "facebook_instant_game_id",
    "gamecenter": "gamecenter_id",
    "google": "google_id",
    "steam": "steam_id",
}
KINDS = tuple(FIELDS)

#: How the kinds are called in messages about ids.
LABELS = {
    "apple": "Apple ID",
    "facebook": "Facebook ID",
    "facebookinstantgame": "Facebook Instant Game ID",
    "gamecenter": "GameCenter ID",
    "google": "Google ID",
    "steam": "Steam ID",
}

_NAMES = {
    "apple": "Apple",
    "facebook": "Facebook",
    "facebookinstantgame": "Facebook Instant Game",
    "gamecenter": "GameCenter",
    "google": "Google",
    "steam": "Steam",
}

TAKEN = {kind: (409, 6, f"{label} is already in use.") for kind, label in LABELS.items()}
REJECTED = {kind: (401, 16, f"Could not authenticate {name} profile.") for kind, name in _NAMES.items()}
REJECTED_AT_SIGN_IN = REJECTED | {
    "facebookinstantgame": (
        500,
        15,
        "Error extracting the Facebook Instant Game player ID or validating the signature",
    )
}

#: A number as long as Steam's ids, which do for the others as well.
_LOWEST = 76_561_190_000_000_000


def new_id() -> str:
    """An id that nobody has at any provider."""
    return str(_LOWEST + random.SystemRandom().randrange(10**12))


@dataclass(frozen=True)
class Identities:
    """Issues credentials of one kind."""

    providers: "Providers"
    kind: str

    def __call__(self, id: str, **profile: Any) -> dict[str, Any]:
        """The account object that shows who somebody is; the profile as the fake's part takes it."""
        fake = self.providers
        if self.kind == "facebookinstantgame":
            return {"signed_player_info": fake.facebook_instant.signed_player_info(id)}
        if self.kind == "gamecenter":
            return dict(fake.game_center.credentials(id))
        issue: dict[str, Callable[..., str]] = {
            "apple": fake.apple.token,
            "facebook": fake.facebook.user,
            "google": fake.google.token,
            "steam": fake.steam.ticket,
        }
        return {"token": issue[self.kind](id, **profile)}

    def bad(self) -> dict[str, Any]:
        """Credentials that are none, of the right form."""
        good = self(new_id())
        if self.kind == "gamecenter":
            return good | {"bundle_id": "com.example.another"}
        if self.kind == "facebookinstantgame":
            signature, payload = good["signed_player_info"].split(".")
            return {"signed_player_info": f"{signature[::-1]}.{payload}"}
        return {"token": "a.b.c"}


def entrant(answer: httpx.Response) -> Player:
    """The player who has signed in with this answer."""
    assert answer.status_code == 200, answer.text
    session = answer.json()
    told = claims(session["token"])
    return Player(told["uid"], told["usn"], "", session["token"], session["refresh_token"])


async def enter(api: httpx.AsyncClient, kind: str, account: dict[str, Any], /, **options: Any) -> Player:
    """Sign in."""
    return entrant(await authenticate(api, kind, account, **options))
