"""Receipts of StoreKit 1, and what verifyReceipt answers about them."""

import base64
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from kizuna.testing.providers import payloads
from kizuna.testing.providers.app_store_chain import Chain
from kizuna.testing.providers.part import Request, Response, json_response
from kizuna.testing.providers.payloads import merged
from kizuna.testing.providers.times import Moment, instant, milliseconds

log = logging.getLogger(__name__)

# Statuses of verifyReceipt.
MALFORMED, WRONG_PASSWORD, IS_FOR_SANDBOX, IS_FOR_PRODUCTION = 21002, 21004, 21007, 21008

Entry = Mapping[str, str]

# Types of the fields of a receipt, and of a purchase in it.
_ENVIRONMENT, _BUNDLE_ID, _VERSION, _CREATED, _PURCHASE = 0, 2, 3, 12, 17
_IN_PURCHASE = {
    "product_id": 1702,
    "transaction_id": 1703,
    "purchase_date": 1704,
    "original_transaction_id": 1705,
    "original_purchase_date": 1706,
    "expires_date": 1708,
    "cancellation_date": 1712,
}


class Receipts:
    """The receipts that were issued, with what Apple says of each."""

    def __init__(self, shared_password: str) -> None:
        self._shared_password = shared_password
        self._answers: dict[str, dict[str, Any]] = {}

    def add(self, receipt: str, answer: dict[str, Any]) -> None:
        """From now on Apple says this of a receipt; its "environment" decides where."""
        self._answers[receipt] = answer

    def verify(self, request: Request, environment: str) -> Response:
        """The answer of one of the two servers, "Production" or "Sandbox"."""
        return json_response(self._answer(request, environment))

    def _answer(self, request: Request, environment: str) -> dict[str, Any]:
        if fault := _fault(request):
            log.warning("A request for verifyReceipt is refused: %s", fault)
            return {"status": MALFORMED}
        if request.json.get("password") != self._shared_password:
            return {"status": WRONG_PASSWORD}
        answer = self._answers.get(request.json["receipt-data"])
        if answer is None:
            return {"status": MALFORMED}
        if answer["environment"] == environment:
            return answer
        return {"status": IS_FOR_SANDBOX if environment == "Production" else IS_FOR_PRODUCTION}


def _fault(request: Request) -> str:
    """What is wrong with the form of a request, "" for nothing."""
    try:
        body = request.json
    except ValueError:
        return "it is no JSON"
    if not isinstance(body, dict) or not isinstance(body.get("receipt-data"), str):
        return "it has no receipt-data"
    if body.get("exclude-old-transactions") is not True:
        return "it asks for old transactions too"
    return ""


def entry(
    product_id: str,
    transaction_id: str,
    purchased: Moment,
    *,
    original_transaction_id: str = "",
    original_purchased: Moment | None = None,
    expires: Moment | None = None,
    cancelled: Moment | None = None,
    payload: Mapping[str, str] | None = None,
    **fields: str,
) -> dict[str, str]:
    """A purchase in a receipt, as verifyReceipt tells it: all values are text."""
    times = {
        "purchase_date": purchased,
        "original_purchase_date": original_purchased or purchased,
        "expires_date": expires,
        "cancellation_date": cancelled,
    }
    told = {
        "quantity": "1",
        "product_id": product_id,
        "transaction_id": transaction_id,
        "original_transaction_id": original_transaction_id or transaction_id,
        "is_trial_period": "false",
        "in_app_ownership_type": "PURCHASED",
    }
    for name, moment in times.items():
        if moment is not None:
            told[name] = f"{instant(moment).astimezone(UTC):%Y-%m-%d %H:%M:%S} Etc/GMT"
            told[f"{name}_ms"] = str(milliseconds(moment))
    return {**told, **merged(payloads.RECEIPT_ENTRY, fields, payload)}


def answer(
    entries: Sequence[Entry], latest: Sequence[Entry], bundle_id: str, environment: str, created: datetime
) -> dict[str, Any]:
    """What verifyReceipt says of a good receipt."""
    return {
        "status": 0,
        "environment": environment,
        "receipt": {
            "receipt_type": _receipt_type(environment),
            "bundle_id": bundle_id,
            "application_version": "1",
            "receipt_creation_date_ms": str(milliseconds(created)),
            "in_app": list(entries),
        },
        "latest_receipt_info": list(latest),
        "pending_renewal_info": [],
    }


def sealed(
    entries: Sequence[Entry], bundle_id: str, environment: str, created: datetime, chain: Chain
) -> str:
    """A receipt as an app has it: base64 of a signed message (PKCS #7) that holds the purchases."""
    fields = [
        _field(_ENVIRONMENT, _text(_receipt_type(environment))),
        _field(_BUNDLE_ID, _text(bundle_id)),
        _field(_VERSION, _text("1")),
        _field(_CREATED, _text(f"{created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")),
        *(_field(_PURCHASE, _purchase(each)) for each in entries),
    ]
    leaf = x509.load_der_x509_certificate(base64.b64decode(chain.x5c[0]))
    builder = pkcs7.PKCS7SignatureBuilder().set_data(_der(_SET, b"".join(fields)))
    signer = builder.add_signer(leaf, chain.key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoAttributes]
    return base64.b64encode(signer.sign(Encoding.DER, options)).decode()


def _receipt_type(environment: str) -> str:
    return "Production" if environment == "Production" else "ProductionSandbox"


# ASN.1

_INTEGER, _OCTETS, _UTF8, _SEQUENCE, _SET = 0x02, 0x04, 0x0C, 0x30, 0x31


def _purchase(told: Entry) -> bytes:
    fields = (_field(kind, _text(told[name])) for name, kind in _IN_PURCHASE.items() if name in told)
    return _der(_SET, b"".join(fields))


def _field(kind: int, value: bytes) -> bytes:
    return _der(_SEQUENCE, _number(kind) + _number(1) + _der(_OCTETS, value))


def _number(value: int) -> bytes:
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def _text(value: str) -> bytes:
    return _der(_UTF8, value.encode())


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(size)]) + size + content
