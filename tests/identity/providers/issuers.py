"""Who issues ID tokens, and whose keys they are checked with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers
from kizuna.testing.providers.id_tokens import IdTokens


@dataclass(frozen=True)
class Issuer:
    """A provider of tokens: its route, how the log calls it, and where its keys are."""

    kind: str
    name: str
    keys: str
    part: Callable[[Providers], IdTokens]

    def token(self, providers: Providers, sub: str, **changes: Any) -> str:
        part: Any = self.part(providers)
        token: str = part.token(sub, **changes)
        return token

    def fetches(self, providers: Providers) -> int:
        """How often the keys were fetched."""
        return len(providers.asked(self.keys))


APPLE = Issuer("apple", "Apple", "/auth/keys", lambda providers: providers.apple)
LIMITED = Issuer(
    "facebook", "Facebook", "/.well-known/oauth/openid/jwks/", lambda providers: providers.limited_login
)
GOOGLE = Issuer("google", "Google", "/oauth2/v1/certs", lambda providers: providers.google)

issuers = pytest.mark.parametrize(
    "issuer", [pytest.param(issuer, id=issuer.kind) for issuer in (APPLE, LIMITED, GOOGLE)]
)


def now_of(clock: ShiftedClock) -> int:
    return int(clock.unix())
