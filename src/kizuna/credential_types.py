"""The kinds of values that settings of other companies' services hold: URLs, names, keys, certificates.

What is wrong with one is told when the settings are read, not when the first player needs it.
"""

import base64
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from kizuna.setting_types import OptionalPath, Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_BASE_URL = re.compile(r"https?://[^\s/?#@]+")
_ENDPOINT = re.compile(r"[A-Za-z0-9._~-]*")
_BREAKS = str.maketrans("", "", "\r\n")


def _base_url(value: str) -> str:
    if not _BASE_URL.fullmatch(value):
        raise ValueError("must be a scheme and a host, such as https://example.com")
    return _with_port(value)


def _with_port(value: str) -> str:
    """A URL whose host and port can be asked."""
    try:
        _ = urlsplit(value).port
    except ValueError:
        raise ValueError("must have a port that is a number from 0 to 65535, if any") from None
    return value


def _url(value: str) -> str:
    if not re.match(_BASE_URL.pattern + "/", value):
        raise ValueError("must be a URL, such as https://example.com/token")
    return _with_port(value)


def _endpoint(value: str) -> str:
    if not _ENDPOINT.fullmatch(value):
        raise ValueError("must be letters, digits and . _ ~ - only: it becomes a part of a path")
    return value


def _certificates(path: Path | None) -> Path | None:
    """A file of certificates in PEM, which is read when the server starts."""
    if path is None:
        return None
    from cryptography import x509

    try:
        x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise ValueError("holds no certificates in PEM") from None
    return path


def _rsa_key(text: str) -> str:
    text = with_lines(text)
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if text and not isinstance(_private_key(text), RSAPrivateKey):
        raise ValueError("must be an RSA key in PEM, as the service account's file has it")
    return text


def _ec_key(text: str) -> str:
    text = with_lines(text)
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey

    key = _private_key(text) if text else None
    if text and not (isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1)):
        raise ValueError("must be the text of the .p8 file from App Store Connect")
    return text


def with_lines(text: str) -> str:
    """PEM whose line breaks are written `\\n`, as in Google's JSON files, with real ones."""
    return text.replace("\\n", "\n")


def _private_key(text: str) -> object:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def _huawei_key(text: str) -> str:
    try:
        if text:
            read_huawei_key(text)
    except ValueError:
        raise ValueError("must be base64 of an RSA key in DER, as AppGallery Connect shows it") from None
    return text


def read_huawei_key(text: str) -> "RSAPublicKey":
    """A public key from the base64 of its DER form; line breaks do not count. ValueError, whose text goes on
    after the setting's name."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(base64.b64decode(text.translate(_BREAKS), validate=True))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("is no public key in base64") from None
    if not isinstance(key, RSAPublicKey):
        raise ValueError("is no RSA key, as Huawei's are")
    return key


def _client_secrets(text: str) -> str:
    """Google's file for a client: an object that has `web` or `installed`, and in it what is needed."""
    if text and not _is_client(_client_of(text)):
        raise ValueError(
            "must be Google's JSON file of a client, "
            "with client_id, client_secret, token_uri and redirect_uris"
        )
    return text


def _client_of(text: str) -> Any:
    try:
        file = json.loads(text)
    except ValueError:
        return None
    return (file.get("web") or file.get("installed")) if isinstance(file, dict) else None


def _is_client(client: Any) -> bool:
    if not isinstance(client, dict):
        return False
    texts = [client.get(name) for name in ("client_id", "client_secret", "token_uri")]
    uris = client.get("redirect_uris")
    if not isinstance(uris, list) or not uris:
        return False
    return all(isinstance(text, str) and text for text in [*texts, uris[0]])


def _names(value: Any) -> Any:
    """`"a, b"` as a list of two."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


BaseUrl = Annotated[str, AfterValidator(_base_url)]
OptionalBaseUrl = Annotated[str, AfterValidator(lambda value: _base_url(value) if value else value)]
Url = Annotated[str, AfterValidator(_url)]
EndpointId = Annotated[str, AfterValidator(_endpoint), Field(max_length=256, repr=False)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
CertificateFile = Annotated[OptionalPath, AfterValidator(_certificates)]
ServiceAccountKey = Annotated[Secret, AfterValidator(_rsa_key)]
AppStoreKey = Annotated[Secret, AfterValidator(_ec_key)]
HuaweiKey = Annotated[str, AfterValidator(_huawei_key)]
ClientSecrets = Annotated[Secret, AfterValidator(_client_secrets)]
