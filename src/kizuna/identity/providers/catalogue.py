"""The providers by the name their routes have."""

from kizuna.clock import Clock
from kizuna.identity.providers.apple import Apple
from kizuna.identity.providers.facebook import Facebook
from kizuna.identity.providers.facebook_instant import FacebookInstantGame
from kizuna.identity.providers.game_center import GameCenter
from kizuna.identity.providers.google import Google
from kizuna.identity.providers.interface import Provider
from kizuna.identity.providers.steam import Steam
from kizuna.outside.client import Outside
from kizuna.provider_settings import GoogleAuth, Social


def providers(social: Social, google_auth: GoogleAuth, outside: Outside, clock: Clock) -> dict[str, Provider]:
    """Every provider, by its name in paths and in the contract."""
    return {
        "Apple": Apple(social.apple, outside, clock),
        "Facebook": Facebook(social.facebook, social.facebook_limited_login, outside, clock),
        "FacebookInstantGame": FacebookInstantGame(social.facebook_instant_game, clock),
        "GameCenter": GameCenter(social.gamecenter, outside, clock),
        "Google": Google(social.google, google_auth, outside, clock),
        "Steam": Steam(social.steam, outside),
    }
