"""Other companies' accounts as a way to sign in."""

from kizuna.identity.providers.catalogue import ProviderKeys, providers
from kizuna.identity.providers.interface import Provider, Rejected

__all__ = ["Provider", "ProviderKeys", "Rejected", "providers"]
