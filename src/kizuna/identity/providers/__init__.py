"""Other companies' accounts as a way to sign in."""

from kizuna.identity.providers.catalogue import providers
from kizuna.identity.providers.interface import REJECTED, FriendSource, Profile, Provider

__all__ = ["REJECTED", "FriendSource", "Profile", "Provider", "providers"]
