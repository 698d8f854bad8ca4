"""The providers by the name their routes have."""

from dataclasses import dataclass

from kizuna.identity.providers.facebook_instant import FacebookInstantGame
from kizuna.identity.providers.interface import (
    Check,
    Credentials,
    Provider,
    Rejected,
    Words,
    configured,
    required,
)

_GAME_CENTER_CREDENTIALS = (
    ("bundle_id", "bundle ID"),
    ("player_id", "player ID"),
    ("public_key_url", "public key URL"),
    ("salt", "salt"),
    ("signature", "signature"),
    ("timestamp_seconds", "timestamp"),
)


@dataclass(frozen=True, slots=True)
class ProviderKeys:
    """What the operator configured, empty or 0 where nothing."""

    apple_bundle_id: str = ""
    steam_publisher_key: str = ""
    steam_app_id: int = 0
    facebook_instant_app_secret: str = ""


class _Unverifiable(Provider):
    """A provider that this release cannot ask: every credential is rejected, as when it cannot be reached."""

    def __init__(
        self, column: str, words: Words, authenticate: tuple[Check, ...], link: tuple[Check, ...]
    ) -> None:
        self.column = column
        self.label = words.label
        self.before_authenticate = authenticate
        self.before_link = link
        self.rejected = self.rejected_on_authenticate = words.rejection

    async def verify(self, credentials: Credentials) -> str:
        raise Rejected("this release does not verify these credentials")


class _GameCenter(_Unverifiable):
    def supplied(self, credentials: Credentials) -> bool:
        return all(credentials.get(field) for field, _ in _GAME_CENTER_CREDENTIALS)


def providers(keys: ProviderKeys) -> dict[str, Provider]:
    """Every provider, by its name in paths and in the contract."""
    apple_token = required("token", "Apple ID token is required.")
    apple = (configured(bool(keys.apple_bundle_id), "Apple"), apple_token)
    facebook = (required("token", "Facebook access token is required."),)
    google = (required("token", "Google access token is required."),)
    steam_token = required("token", "Steam access token is required.")
    steam = configured(bool(keys.steam_publisher_key and keys.steam_app_id), "Steam")
    game_center = tuple(
        required(field, f"GameCenter {name} is required.") for field, name in _GAME_CENTER_CREDENTIALS
    )
    return {
        "Apple": _Unverifiable("apple_id", Words("Apple", "Apple ID"), apple, apple),
        "Facebook": _Unverifiable("facebook_id", Words("Facebook", "Facebook ID"), facebook, facebook),
        "FacebookInstantGame": FacebookInstantGame(keys.facebook_instant_app_secret),
        "GameCenter": _GameCenter(
            "gamecenter_id", Words("GameCenter", "GameCenter ID"), game_center, game_center
        ),
        "Google": _Unverifiable("google_id", Words("Google", "Google ID"), google, google),
        # The reference asks in opposite orders.
        "Steam": _Unverifiable(
            "steam_id", Words("Steam", "Steam ID"), (steam, steam_token), (steam_token, steam)
        ),
    }
