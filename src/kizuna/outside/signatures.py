"""Signatures of other companies."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256


def is_rsa_signed(key: RSAPublicKey, signature: bytes, data: bytes) -> bool:
    """Whether the holder of a key has signed some data: RSA with SHA-256, PKCS #1 v1.5 (RS256)."""
    try:
        key.verify(signature, data, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
