"""Apple Game Center: what GameKit has signed for a player, by a certificate that Apple publishes."""

import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from kizuna.clock import Clock
from kizuna.identity.providers.cleaning import profile
from kizuna.identity.providers.game_center_certificates import AppleCertificates
from kizuna.identity.providers.interface import (
    Credentials,
    Profile,
    Provider,
    could_not_authenticate,
    required,
)
from kizuna.outside.checks import Checks, quoted
from kizuna.outside.client import Outside
from kizuna.outside.encoding import base64_standard
from kizuna.provider_settings import GameCenter as Settings

#: The credentials and their names in refusals, in the reference's order.
_CREDENTIALS = (
    ("bundle_id", "bundle ID"),
    ("player_id", "player ID"),
    ("public_key_url", "public key URL"),
    ("salt", "salt"),
    ("signature", "signature"),
    ("timestamp_seconds", "timestamp"),
)

#: A certificate's URL: of a host below apple.com, without a port; a user's name before it does not count.
_URL = re.compile(
    r"(?i:https)://(?:[^\s/?#@\\]*@)?(?P<host>[A-Za-z0-9.-]+\.apple\.com)(?P<path>/(?![?#])[!-~]+)", re.ASCII
)


class GameCenter(Provider):
    """Verifies the signature over player, bundle, time and salt. Without `bundle_ids`, it counts for any app:
    whoever has one of another app can sign in here.
    """

    column = "gamecenter_id"
    label = "GameCenter ID"
    rejected = rejected_on_authenticate = could_not_authenticate("GameCenter")

    def __init__(self, settings: Settings, outside: Outside, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._certificates = AppleCertificates(settings, outside, clock)
        self.before_authenticate = self.before_link = tuple(
            required(field, f"GameCenter {name} is required.") for field, name in _CREDENTIALS
        )

    def supplied(self, credentials: Credentials) -> bool:
        return all(credentials.get(field) for field, _ in _CREDENTIALS)

    async def verify(self, credentials: Credentials) -> Profile:
        checks = Checks()
        self._check_bundle(credentials["bundle_id"], checks)
        host, path = _address(credentials["public_key_url"], checks)
        salt = _decoded(credentials["salt"], "salt", checks)
        signature = _decoded(credentials["signature"], "signature", checks)
        key = await self._certificates.trusted_key(host, path, checks)
        signed = _signed(credentials, salt)
        checks.require("signature", _is_signed(signed, signature, key), "it does not match")
        self._check_age(credentials["timestamp_seconds"], checks)
        return profile(checks, credentials["player_id"])

    def _check_bundle(self, bundle_id: str, checks: Checks) -> None:
        """Also because player and bundle are signed without anything between them."""
        ours = self._settings.bundle_ids
        checks.require("bundle", not ours or bundle_id in ours, f"{quoted(bundle_id)} is not one of {ours}")

    def _check_age(self, timestamp: int, checks: Checks) -> None:
        """`timestamp` is in milliseconds, whatever the field's name says."""
        most = self._settings.max_age_sec
        age = self._clock.unix() - timestamp / 1000
        checks.require("age", not most or age < most, f"it is {age:.0f} s old, and {most} s is too old")


def _address(url: str, checks: Checks) -> tuple[str, str]:
    """Host and path of a certificate's URL. Nothing else of it is used: what was checked is what is asked."""
    parts = _URL.fullmatch(url)
    if parts is None:
        raise checks.refused("public key URL", f"{quoted(url)} is no file of a host below apple.com")
    checks.passed("public key URL", quoted(url))
    return parts["host"], parts["path"].partition("#")[0]


def _decoded(text: str, name: str, checks: Checks) -> bytes:
    try:
        return base64_standard(text)
    except ValueError as error:
        raise checks.refused(name, str(error)) from None


def _signed(credentials: Credentials, salt: bytes) -> bytes:
    """What Apple has signed."""
    names = f"{credentials['player_id']}{credentials['bundle_id']}".encode()
    milliseconds: int = credentials["timestamp_seconds"] % (1 << 64)
    return names + milliseconds.to_bytes(8) + salt


def _is_signed(signed: bytes, signature: bytes, key: RSAPublicKey) -> bool:
    try:
        key.verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
