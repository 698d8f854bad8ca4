"""What companies have in common that sign ID tokens (JWT) and publish the keys: OpenID Connect."""

from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kizuna.testing.providers import jwt, keys
from kizuna.testing.providers.part import Part, Request, Response, World, json_response


class IdTokens(Part):
    """A part with tokens.

    `company` is whose keys they are signed with, `client_id` the audience that its settings name. `max_age`
    is for how many seconds it lets others keep its keys, None to say nothing about that.
    """

    company: str
    issuer: str
    client_id: str
    lifetime: int
    max_age: int | None = None

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._keys = world.keys(self.company)

    @property
    def signing_key(self) -> RSAPrivateKey:
        """The key that signs now."""
        return self._keys.current

    @property
    def key_id(self) -> str:
        """The id of the key that signs now."""
        return keys.key_id(self.signing_key)

    def rotate(self) -> None:
        """Sign with a new key from now on, publish it, and withdraw the one before."""
        self._keys.rotate()

    def publish(self, entries: Sequence[Any]) -> None:
        """Publish exactly these entries in the key set: keys, or any JSON. `rotate` ends that."""
        self._keys.publish(entries)

    def issue(
        self,
        claims: Mapping[str, Any],
        *,
        key: jwt.Key | str = "current",
        **changes: Any,
    ) -> str:
        """A token with these claims and those that every one has; see `jwt.issue` for the changes."""
        now = self.world.now()
        common = {"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + self.lifetime}
        given = {name: value for name, value in claims.items() if value is not None}
        signing = self.signing_key if isinstance(key, str) else key
        return jwt.issue(signing, self.key_id, {**common, **given}, **changes)

    def key_set(self, request: Request) -> Response:
        """The published keys."""
        return self.cached(self._keys.published)

    def cached(self, value: Any) -> Response:
        """An answer that says for how long it may be kept."""
        if self.max_age is None:
            return json_response(value)
        said = {"cache-control": f"public, max-age={self.max_age}, must-revalidate"}
        return Response(body=json_response(value).body, headers=said)


def verified(email: str | None, email_verified: bool | str | None) -> bool | str | None:
    """What is said of an address: that it is verified, unless a test says something else."""
    return True if email is not None and email_verified is None else email_verified
