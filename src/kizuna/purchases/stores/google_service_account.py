"""Google's service accounts: who has the private key, is given access tokens."""

import asyncio
import logging
from dataclasses import dataclass, field

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kizuna.clock import Clock
from kizuna.credential_types import with_lines
from kizuna.outside.client import Outside, Unavailable
from kizuna.purchases.stores.access_tokens import Token, token_of

log = logging.getLogger(__name__)

_SCOPE = "https://www.googleapis.com/auth/androidpublisher"
_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"

#: How long an assertion is valid, in seconds: as long as Google allows.
_ASSERTION_LIFETIME = 3600


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """An account by its e-mail address, its private key (PEM), and where it gets its tokens."""

    client_email: str
    private_key: str = field(repr=False)
    token_url: str

    async def grant(self, outside: Outside, clock: Clock) -> Token:
        """Ask Google for a token. `Unavailable` unless there is one."""
        try:
            assertion = await asyncio.to_thread(self._assertion, int(clock.unix()))
        except ValueError as error:
            log.error("Google Play cannot be asked: iap.google.private_key %s", error)
            raise Unavailable("the service account has no usable private key") from None
        form = {"grant_type": _GRANT_TYPE, "assertion": assertion}
        reply = await outside.post(self.token_url, form=form, headers={"accept": "application/json"})
        return token_of(reply, f"the service account {self.client_email}")

    def _assertion(self, now: int) -> str:
        """What the account says of itself, signed. ValueError if the key is none."""
        # The endpoint that is asked is the audience, as Google documents it today; the reference names
        # another one, which Google once had.
        claims = {
            "iss": self.client_email,
            "scope": _SCOPE,
            "aud": self.token_url,
            "iat": now,
            "exp": now + _ASSERTION_LIFETIME,
        }
        return jwt.encode(claims, _load(self.private_key), algorithm="RS256")


def _load(text: str) -> RSAPrivateKey:
    """A private key in the form PEM. ValueError, whose text goes on after the setting's name, for none."""
    try:
        key = load_pem_private_key(with_lines(text).encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("is no private key in the form PEM (PKCS #8)") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("is no RSA key, as those of service accounts are")
    return key
