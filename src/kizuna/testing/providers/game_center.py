"""Apple Game Center: identity signatures, and the certificates that they are checked with."""

import base64
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from kizuna.testing.providers import keys
from kizuna.testing.providers.fields import NUMBER, TEXT, choice
from kizuna.testing.providers.part import Handler, Offer, Part, Request, Response
from kizuna.testing.providers.payloads import merged
from kizuna.testing.providers.steps import link, sign_in

#: Where a client of the real one is told to find the certificate; the fake serves the path.
_URL = "https://static.gc.apple.com/public-key/{}.cer"

#: Kinds of certificates, and what they are called in URLs.
GOOD = "good"
_NAMES = {
    GOOD: "gc-prod-10",
    "pem": "gc-prod-pem",
    "expired": "gc-prod-expired",
    "not yet valid": "gc-prod-early",
    "self-signed": "gc-prod-self",
    "other authority": "gc-prod-other",
    "elliptic": "gc-prod-elliptic",
}
_KINDS = {name: kind for kind, name in _NAMES.items()}

Hash = hashes.SHA256 | hashes.SHA1


class GameCenter(Part):
    """Signs who a player is, with certificates that an authority of its own has issued."""

    name = "game_center"
    bundle_id = "com.example.game"

    def credentials(
        self,
        player_id: str,
        *,
        bundle_id: str | None = None,
        timestamp: int | None = None,
        certificate: str = GOOD,
        salt: bytes | None = None,
        digest: Hash | None = None,
        **overrides: Any,
    ) -> dict[str, Any]:
        """What GameKit gives the game, as the fields that kizuna takes.

        `timestamp` is in milliseconds, now if there is none. `certificate` is a kind: "good", "pem" (the same
        one, spelled in another way), "expired", "not yet valid", "self-signed", "other authority" or
        "elliptic". `overrides` replace fields after the signature was made.
        """
        bundle_id = self.bundle_id if bundle_id is None else bundle_id
        timestamp = int(self.world.clock.unix() * 1000) if timestamp is None else timestamp
        salt = secrets.token_bytes(8) if salt is None else salt
        signed = player_id.encode() + bundle_id.encode() + _eight_bytes(timestamp) + salt
        told = {
            "player_id": player_id,
            "bundle_id": bundle_id,
            "timestamp_seconds": timestamp,
            "salt": base64.b64encode(salt).decode(),
            "signature": base64.b64encode(_signed(_key(certificate), signed, digest)).decode(),
            "public_key_url": _URL.format(_NAMES[certificate]),
        }
        return {**told, **merged(told.keys(), overrides)}

    @property
    def authority(self) -> x509.Certificate:
        """Who has issued the certificates."""
        return _authority("game center authority")

    def routes(self) -> Mapping[str, Handler]:
        return {"GET /public-key/{name}.cer": self._published}

    def settings(self) -> Mapping[str, Any]:
        return {
            "social.gamecenter.bundle_ids": [self.bundle_id],
            "social.gamecenter.trust_anchors": self.world.file("game-center.pem", keys.pem(self.authority)),
            "social.gamecenter.base_url": self.world.url,
        }

    def offers(self) -> Mapping[str, Offer]:
        credentials = Offer(
            lambda **fields: self.credentials(**fields),
            "Apple Game Center: an identity signature",
            fields={
                "player_id": TEXT.required,
                "bundle_id": TEXT,
                "timestamp": NUMBER,
                "certificate": choice(*_NAMES),
            },
            example={"player_id": "T:_ada"},
            steps=[sign_in("gamecenter"), link("gamecenter", player_id="T:_grace")],
        )
        return {"credentials": credentials}

    def certificate(self, kind: str = GOOD) -> x509.Certificate:
        """A certificate of a kind, as it is published."""
        key = _key(kind)
        if kind == "self-signed":
            return keys.certificate(_OWNER, key)
        signer = "another authority" if kind == "other authority" else "game center authority"
        authority, authority_key = _authority(signer), keys.rsa_key(signer)
        return keys.certificate(
            _OWNER, key, issuer=authority, issuer_key=authority_key, **self._validity(kind)
        )

    def _validity(self, kind: str) -> Mapping[str, Any]:
        now = self.world.clock.now().replace(microsecond=0)
        if kind == "expired":
            return {"ends": now - timedelta(hours=1)}
        if kind == "not yet valid":
            return {"starts": now + timedelta(hours=1)}
        return {}

    def _published(self, request: Request) -> Response:
        kind = _KINDS.get(request.params["name"])
        if kind is None:
            return Response(404, b"<h1>Not Found</h1>", "text/html")
        certificate = self.certificate(kind)
        body = keys.pem(certificate) if kind == "pem" else keys.der(certificate)
        return Response(
            body=body, content_type="application/pkix-cert", headers={"cache-control": "max-age=3600"}
        )


_OWNER = keys.name("Apple Inc.", organization="Apple Inc.", unit="GC SRE", country="US")


def _authority(name: str) -> x509.Certificate:
    return keys.certificate(keys.name(f"Fake {name}"), keys.rsa_key(name), authority=True)


def _key(kind: str) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    return keys.ec_key("game center") if kind == "elliptic" else keys.rsa_key("game center")


def _signed(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, data: bytes, digest: Hash | None) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), digest or hashes.SHA256())
    return key.sign(data, ec.ECDSA(digest or hashes.SHA256()))


def _eight_bytes(timestamp: int) -> bytes:
    return (timestamp % 2**64).to_bytes(8)
