"""The certificates by which Apple signs for Game Center: fetched, kept, and not trusted blindly."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import Certificate

from kizuna.clock import Clock
from kizuna.outside.certificates import (
    check_valid_at,
    is_authority,
    is_issued_by,
    is_valid_at,
    read_certificate,
    read_certificate_file,
)
from kizuna.outside.checks import Checks
from kizuna.outside.client import Outside, Reply, Unavailable
from kizuna.outside.published import Published
from kizuna.outside.signatures import is_rsa_signed
from kizuna.provider_settings import GameCenter as Settings

#: The largest file with a certificate, in bytes.
_LARGEST = 1 << 16

#: The smallest key, in bits.
_LEAST_BITS = 2048

#: URLs whose certificates are kept. Apple uses one or two at a time.
_MOST_KEPT = 16

#: Clients name URLs. Of those by which nothing was verified yet, so many are fetched at once, and so many are
#: remembered, for so many seconds, whether there was a certificate or not.
_MOST_FETCHED = 4
_MOST_CANDIDATES = 64
_CANDIDATE_FOR = 60.0


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A URL by which nothing was verified yet: what was there, or still is being fetched, and since when."""

    published: Published[Certificate]
    first: asyncio.Task[Certificate]
    since: float


class AppleCertificates:
    """Certificates by their URLs, kept as `Published` says once one of them has verified a signature.

    Until then a URL is a candidate: whatever clients invent pushes out nothing that is in use.
    """

    def __init__(self, settings: Settings, outside: Outside, clock: Clock) -> None:
        path = settings.trust_anchors
        self._anchors = read_certificate_file(path) if path is not None else None
        self._base_url = settings.base_url
        self._outside = outside
        self._clock = clock
        self._kept: OrderedDict[str, Published[Certificate]] = OrderedDict()
        self._candidates: dict[str, _Candidate] = {}

    async def check_signature(
        self, host: str, path: str, signature: bytes, signed: bytes, checks: Checks
    ) -> None:
        """The checks on the certificate at a path of one of Apple's hosts, and that it has signed some data.
        `Refused` by the first that fails, `Unavailable` if the certificate cannot be had.
        """

        def suffices(certificate: Certificate) -> bool:
            key = _rsa_key(certificate)
            return (
                is_valid_at(certificate, self._clock.now())
                and key is not None
                and is_rsa_signed(key, signature, signed)
            )

        url = f"{self._base_url or f'https://{host}'}{path}"
        kept = self._kept.get(url)
        certificate = await (kept.get(suffices) if kept else self._candidate(url))
        key = self._trusted_key(certificate, checks)
        checks.require("signature", is_rsa_signed(key, signature, signed), "it does not match")
        self._keep(url)

    def _trusted_key(self, certificate: Certificate, checks: Checks) -> RSAPublicKey:
        """The key of a certificate, after the checks on it."""
        now, key = self._clock.now(), _rsa_key(certificate)
        if key is None or key.key_size < _LEAST_BITS:
            raise checks.refused("certificate", f"its key is not RSA with at least {_LEAST_BITS} bits")
        check_valid_at(certificate, now, checks, "certificate")
        checks.require("certificate", certificate.issuer != certificate.subject, "it is self-signed")
        if self._anchors is not None:
            checks.require("chain", self._is_anchored(certificate, now), "it comes from no trust anchor")
        return key

    def _is_anchored(self, certificate: Certificate, now: datetime) -> bool:
        return any(_has_issued(anchor, certificate, now) for anchor in self._anchors or ())

    async def _candidate(self, url: str) -> Certificate:
        """What is at a URL that is not kept; what was there, or was not, within the last minute."""
        candidate = self._known(url) or self._begin(url)
        try:
            return await asyncio.shield(candidate.first)
        except Unavailable as error:
            raise Unavailable(*error.args) from None  # one that is raised again and again collects frames

    def _known(self, url: str) -> _Candidate | None:
        oldest = self._clock.unix() - _CANDIDATE_FOR
        over = [key for key, each in self._candidates.items() if each.first.done() and each.since <= oldest]
        for key in over:
            del self._candidates[key]
        return self._candidates.get(url)

    def _begin(self, url: str) -> _Candidate:
        done = [key for key, each in self._candidates.items() if each.first.done()]
        if len(self._candidates) - len(done) >= _MOST_FETCHED:
            raise Unavailable(f"{_MOST_FETCHED} other certificates are being fetched")
        if len(self._candidates) >= _MOST_CANDIDATES:
            del self._candidates[done[0]]
        published = Published(self._outside, url, _read, self._clock, name="certificate", largest=_LARGEST)
        first = asyncio.create_task(published.get(), name="fetch a certificate")
        first.add_done_callback(_heard)
        candidate = self._candidates[url] = _Candidate(published, first, self._clock.unix())
        return candidate

    def _keep(self, url: str) -> None:
        """Keep a certificate that has verified a signature, for longer than those that did so earlier."""
        if (candidate := self._candidates.pop(url, None)) is not None:
            self._kept[url] = candidate.published
        if url in self._kept:
            self._kept.move_to_end(url)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


def _heard(task: asyncio.Task[Certificate]) -> None:
    if not task.cancelled():
        task.exception()  # whoever waited has it; nobody else needs to hear of it


def _read(reply: Reply) -> Certificate:
    try:
        return read_certificate(reply.body)
    except ValueError as error:
        raise Unavailable(f"what {reply.host} answered {error}") from None


def _rsa_key(certificate: Certificate) -> RSAPublicKey | None:
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return None
    return key if isinstance(key, RSAPublicKey) else None


def _has_issued(authority: Certificate, certificate: Certificate, time: datetime) -> bool:
    return is_authority(authority) and is_valid_at(authority, time) and is_issued_by(certificate, authority)
