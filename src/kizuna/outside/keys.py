"""Public keys that are fetched, and kept by their ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from kizuna.clock import Clock
from kizuna.outside.certificates import is_valid_at, read_certificate
from kizuna.outside.client import Outside, Reply, Unavailable
from kizuna.outside.encoding import base64url
from kizuna.outside.published import Published


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A key, and the time at which it ends, in seconds since 1970."""

    key: RSAPublicKey
    ends: float = inf


Keys = Mapping[str, PublishedKey]


class Source(Protocol):
    """What the body of an answer with keys means."""

    def __call__(self, reply: Reply) -> Keys:
        """The usable keys by their ids, which may be none. `Unavailable` if the body is of another form."""


class KeySet:
    """The keys that a server publishes at a URL, fetched when they are needed.

    They are kept as `Published` says, and fetched anew when one of them ends and, at most once a minute, for
    an id that is unknown. A key that has ended is none.
    """

    def __init__(self, outside: Outside, url: str, source: Source, clock: Clock) -> None:
        def usable(reply: Reply) -> Keys:
            keys = source(reply)
            if not keys:
                raise Unavailable(f"{reply.host} has published no usable key")
            return keys

        self._clock = clock
        self._published = Published(outside, url, usable, clock, name="keys", ends=_earliest_end)

    async def find(self, key_id: str) -> RSAPublicKey | None:
        """The key with this id, None for an unknown one. `Unavailable` if there are no keys to look in."""
        keys = await self._published.get(suffices=lambda keys: key_id in self._usable(keys))
        return self._usable(keys).get(key_id)

    async def all(self) -> Mapping[str, RSAPublicKey]:
        """Every key by its id. `Unavailable` if there are none."""
        keys = self._usable(await self._published.get(suffices=lambda keys: bool(self._usable(keys))))
        if not keys:
            raise Unavailable("every key that was published has ended")
        return keys

    def _usable(self, keys: Keys) -> Mapping[str, RSAPublicKey]:
        now = self._clock.unix()
        return {key_id: each.key for key_id, each in keys.items() if now <= each.ends}


def google_keys(outside: Outside, api_base_url: str, clock: Clock) -> KeySet:
    """The keys by which Google signs ID tokens and pushes."""
    return KeySet(outside, f"{api_base_url}/oauth2/v1/certs", PublishedCertificates(clock), clock)


def _earliest_end(keys: Keys) -> float:
    return min(each.ends for each in keys.values())


def json_web_keys(reply: Reply) -> Keys:
    """A JSON Web Key Set: its RSA keys for RS256. Entries that are not usable are left out."""
    entries = reply.json().get("keys")
    if not isinstance(entries, list):
        raise Unavailable(f"{reply.host} answered with no list of keys")
    found = (_json_web_key(entry) for entry in entries)
    return dict(key for key in found if key is not None)


def _json_web_key(entry: object) -> tuple[str, PublishedKey] | None:
    if not isinstance(entry, dict):
        return None
    fields = [entry.get(name) for name in ("kty", "kid", "use", "alg", "n", "e")]
    if not all(isinstance(field, str) and field for field in fields):
        return None
    kind, key_id, _, algorithm, modulus, exponent = map(str, fields)
    if kind != "RSA" or algorithm != "RS256":
        return None
    try:
        n, e = (int.from_bytes(base64url(number)) for number in (modulus, exponent))
        return key_id, PublishedKey(RSAPublicNumbers(e, n).public_key())
    except ValueError:
        return None


class PublishedCertificates:
    """A map of key ids to PEM certificates, as Google publishes them: those that are RSA and valid now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, reply: Reply) -> Keys:
        found = ((key_id, self._key(text)) for key_id, text in reply.json().items())
        return {key_id: key for key_id, key in found if key is not None}

    def _key(self, text: object) -> PublishedKey | None:
        try:
            certificate = read_certificate(str(text).encode())
            key = certificate.public_key()
        except (ValueError, UnsupportedAlgorithm):
            return None
        if not isinstance(key, RSAPublicKey) or not is_valid_at(certificate, self._clock.now()):
            return None
        return PublishedKey(key, certificate.not_valid_after_utc.timestamp())
