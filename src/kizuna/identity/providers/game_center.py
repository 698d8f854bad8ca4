"""Apple Game Center: what GameKit has signed for a player, by a certificate that Apple publishes."""

import re

from kizuna.clock import Clock
from kizuna.identity.providers.ages import check_age
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

#: A certificate's URL: a host and a file of certificates there, and nothing besides.
_URL = re.compile(r"(?i:https)://(?P<host>[A-Za-z0-9.-]+)(?P<path>/public-key/[A-Za-z0-9._-]{1,100}\.cer)")


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
        host, path = self._address(credentials["public_key_url"], checks)
        salt = _decoded(credentials["salt"], "salt", checks)
        signature = _decoded(credentials["signature"], "signature", checks)
        await self._certificates.check_signature(host, path, signature, _signed(credentials, salt), checks)
        milliseconds = credentials["timestamp_seconds"]  # whatever the field's name says
        check_age(milliseconds / 1000, self._settings.max_age_sec, self._clock, checks)
        return profile(checks, credentials["player_id"])

    def _check_bundle(self, bundle_id: str, checks: Checks) -> None:
        """The signature alone does not tell where the player's id ends and the bundle ID begins: nothing
        stands between them. So what another app got for a player counts here if its bundle ID ends in one of
        ours, with the rest of it at the end of the player's id: "x" for "xcom.example.game". While Apple's
        ids are of one length, nobody has that one. To check their form besides would shut players out when
        Apple changes it, as it did before.
        """
        ours = self._settings.bundle_ids
        checks.require("bundle", not ours or bundle_id in ours, f"{quoted(bundle_id)} is not one of {ours}")

    def _address(self, url: str, checks: Checks) -> tuple[str, str]:
        """Host and path of a certificate's URL. The reference takes every URL below apple.com: but a page of
        Apple's that repeats what it was asked for gives out any certificate.
        """
        parts = _URL.fullmatch(url)
        if parts is None:
            raise checks.refused("public key URL", f"{quoted(url)} is no https://…/public-key/….cer")
        host, path = parts["host"], parts["path"]
        known = host in self._settings.allowed_hosts
        checks.require("public key URL", known, f"{quoted(host)} is none of the hosts that are allowed")
        checks.passed("public key URL", quoted(url))
        return host, path


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
