"""What the App Store has signed: JSON Web Signatures (JWS) that bring their certificates along."""

from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from kizuna.clock import Clock
from kizuna.outside.checks import Checks, quoted
from kizuna.outside.tokens import Parts, taken_apart
from kizuna.purchases.stores.answers import time_after_epoch
from kizuna.purchases.stores.app_store_chain import Chain, Chains

Payload = dict[str, Any]

#: Bytes of a signature with P-256: two numbers.
_SIGNATURE = 64

#: Members of a header by which the rest would mean something else.
_EXTENSIONS = frozenset(("crit", "b64"))

_ecdsa = ECDSA(SHA256())


class SignedData:
    """Verifies what the App Store has signed, whatever it says."""

    def __init__(self, chains: Chains, clock: Clock) -> None:
        self._chains = chains
        self._clock = clock

    def verified(self, jws: str, checks: Checks) -> Payload:
        """The payload of a JWS, after the checks on form, algorithm, certificates and signature. `Refused`.

        The certificates have to be valid at the time at which the payload says that it was signed: what
        Apple has signed stays good after its certificate has expired. Keys that a header brings along
        (`jwk`, `jku`) mean nothing.
        """
        signed = taken_apart(jws, checks)
        algorithm = signed.header.get("alg")
        checks.require("algorithm", algorithm == "ES256", f"{quoted(algorithm)} is not 'ES256'")
        extended = not _EXTENSIONS.isdisjoint(signed.header)
        checks.require("extensions of the header", not extended, "none is understood")
        chain = self._chains.find(signed.header.get("x5c"), checks)
        self._check_validity(signed.payload, chain, checks)
        checks.require("signature", _is_signed(signed, chain.key), "it does not match")
        return signed.payload

    def _check_validity(self, payload: Payload, chain: Chain, checks: Checks) -> None:
        now = self._clock.now()
        signed = now if payload.get("signedDate") is None else time(payload, "signedDate", checks)
        chain.check_valid_at(min(signed, now), checks)


def time(payload: Payload, name: str, checks: Checks) -> datetime:
    """A member that is a time, in milliseconds since 1970. `Refused` for anything else."""
    value = payload.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise checks.refused(name, f"{quoted(value)} is no whole number")
    return time_after_epoch(timedelta(milliseconds=1), value, name, checks)


def optional_time(payload: Payload, name: str, checks: Checks) -> datetime | None:
    """The same, None for one that is absent, null or 0."""
    return None if payload.get(name) in (None, 0) else time(payload, name, checks)


def _is_signed(signed: Parts, key: EllipticCurvePublicKey) -> bool:
    signature = signed.signature
    if len(signature) != _SIGNATURE:
        return False
    r, s = (int.from_bytes(half) for half in (signature[:32], signature[32:]))
    try:
        key.verify(encode_dss_signature(r, s), signed.signed, _ecdsa)
    except InvalidSignature:
        return False
    return True
