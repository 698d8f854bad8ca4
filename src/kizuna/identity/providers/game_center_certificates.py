"""The certificates by which Apple signs for Game Center: fetched, kept, and not trusted blindly."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import Certificate

from kizuna.clock import Clock
from kizuna.outside.certificates import (
    check_valid_at,
    is_authority,
    is_issued_by,
    read_certificate_file,
    read_certificates,
)
from kizuna.outside.checks import Checks
from kizuna.outside.client import Outside, Reply, Unavailable
from kizuna.outside.published import Published
from kizuna.provider_settings import GameCenter as Settings

#: The largest file with a certificate, in bytes.
_LARGEST = 1 << 16

#: URLs whose certificates are kept. Apple uses one or two at a time; clients may name others.
_MOST_KEPT = 16

#: A certificate, and whatever others were in its file.
_Certificates = Sequence[Certificate]


class AppleCertificates:
    """Certificates by their URLs, each fetched once and kept as `Published` says."""

    def __init__(self, settings: Settings, outside: Outside, clock: Clock) -> None:
        path = settings.trust_anchors
        self._anchors = read_certificate_file(path) if path is not None else None
        self._base_url = settings.base_url
        self._outside = outside
        self._clock = clock
        self._kept: OrderedDict[str, Published[_Certificates]] = OrderedDict()

    async def trusted_key(self, host: str, path: str, checks: Checks) -> RSAPublicKey:
        """The key of the certificate at a path of one of Apple's hosts, after the checks on it. `Refused` by
        the first that fails, `Unavailable` if it cannot be had.
        """
        certificate, *others = await self._published(f"{self._base_url or f'https://{host}'}{path}")
        now, key = self._clock.now(), _rsa_key(certificate)
        if key is None:
            raise checks.refused("certificate", "its key is not RSA")
        check_valid_at(certificate, now, checks, "certificate")
        checks.require("certificate", certificate.issuer != certificate.subject, "it is self-signed")
        if self._anchors is not None:
            checks.require("chain", self._is_trusted(certificate, others, now), "it ends at no trust anchor")
        return key

    async def _published(self, url: str) -> _Certificates:
        published = self._kept.pop(url, None) or self._new(url)
        self._kept[url] = published
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        try:
            return await published.get(suffices=lambda file: _is_valid(file[0], self._clock.now()))
        except Unavailable:
            # Names that clients invent do not push out those that exist.
            self._kept.pop(url, None)
            raise

    def _new(self, url: str) -> Published[_Certificates]:
        return Published(self._outside, url, _read, self._clock, name="certificate", largest=_LARGEST)

    def _is_trusted(self, certificate: Certificate, others: _Certificates, now: datetime) -> bool:
        """Whether a trust anchor has issued it, or one of the `others` that a trust anchor has issued."""
        issuers = [other for other in others if _has_issued(other, certificate, now)]
        return any(self._is_anchored(each, now) for each in [certificate, *issuers])

    def _is_anchored(self, certificate: Certificate, now: datetime) -> bool:
        return any(_has_issued(anchor, certificate, now) for anchor in self._anchors or ())


def _read(reply: Reply) -> _Certificates:
    try:
        return read_certificates(reply.body)
    except ValueError as error:
        raise Unavailable(f"what {reply.host} answered {error}") from None


def _rsa_key(certificate: Certificate) -> RSAPublicKey | None:
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return None
    return key if isinstance(key, RSAPublicKey) else None


def _is_valid(certificate: Certificate, time: datetime) -> bool:
    return certificate.not_valid_before_utc <= time <= certificate.not_valid_after_utc


def _has_issued(authority: Certificate, certificate: Certificate, time: datetime) -> bool:
    return is_authority(authority) and _is_valid(authority, time) and is_issued_by(certificate, authority)
