"""Certificates up to a trusted root: Apple's own, and what no rule of theirs allows."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from random import Random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from kizuna.outside.checks import Checks, Refused
from kizuna.purchases.stores.app_store_chain import (
    INTERMEDIATE_MARKER,
    LEAF_MARKER,
    Chain,
    Chains,
    trusted_roots,
)

FINGERPRINT = "63343abfb89a6a03ebb57e9b3f5fa7be7c4f5c756f3017b3a8c488c3653e9179"

#: Certificates that Apple has signed transactions with until September 2023: the leaf, the intermediate.
APPLES = (
    "MIIEMDCCA7agAwIBAgIQaPoPldvpSoEH0lBrjDPv9jAKBggqhkjOPQQDAzB1MUQwQgYDVQQDDDtBcHBsZSBXb3JsZHdpZGUgRGV2"
    "ZWxvcGVyIFJlbGF0aW9ucyBDZXJ0aWZpY2F0aW9uIEF1dGhvcml0eTELMAkGA1UECwwCRzYxEzARBgNVBAoMCkFwcGxlIEluYy4x"
    "CzAJBgNVBAYTAlVTMB4XDTIxMDgyNTAyNTAzNFoXDTIzMDkyNDAyNTAzM1owgZIxQDA+BgNVBAMMN1Byb2QgRUNDIE1hYyBBcHAg"
    "U3RvcmUgYW5kIGlUdW5lcyBTdG9yZSBSZWNlaXB0IFNpZ25pbmcxLDAqBgNVBAsMI0FwcGxlIFdvcmxkd2lkZSBEZXZlbG9wZXIg"
    "UmVsYXRpb25zMRMwEQYDVQQKDApBcHBsZSBJbmMuMQswCQYDVQQGEwJVUzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOoTcaPc"
    "peipNL9eQ06tCu7pUcwdCXdN8vGqaUjd58Z8tLxiUC0dBeA+euMYggh1/5iAk+FMxUFmA2a1r4aCZ8SjggIIMIICBDAMBgNVHRMB"
    "Af8EAjAAMB8GA1UdIwQYMBaAFD8vlCNR01DJmig97bB85c+lkGKZMHAGCCsGAQUFBwEBBGQwYjAtBggrBgEFBQcwAoYhaHR0cDov"
    "L2NlcnRzLmFwcGxlLmNvbS93d2RyZzYuZGVyMDEGCCsGAQUFBzABhiVodHRwOi8vb2NzcC5hcHBsZS5jb20vb2NzcDAzLXd3ZHJn"
    "NjAyMIIBHgYDVR0gBIIBFTCCAREwggENBgoqhkiG92NkBQYBMIH+MIHDBggrBgEFBQcCAjCBtgyBs1JlbGlhbmNlIG9uIHRoaXMg"
    "Y2VydGlmaWNhdGUgYnkgYW55IHBhcnR5IGFzc3VtZXMgYWNjZXB0YW5jZSBvZiB0aGUgdGhlbiBhcHBsaWNhYmxlIHN0YW5kYXJk"
    "IHRlcm1zIGFuZCBjb25kaXRpb25zIG9mIHVzZSwgY2VydGlmaWNhdGUgcG9saWN5IGFuZCBjZXJ0aWZpY2F0aW9uIHByYWN0aWNl"
    "IHN0YXRlbWVudHMuMDYGCCsGAQUFBwIBFipodHRwOi8vd3d3LmFwcGxlLmNvbS9jZXJ0aWZpY2F0ZWF1dGhvcml0eS8wHQYDVR0O"
    "BBYEFCOCmMBq//1L5imvVmqX1oCYeqrMMA4GA1UdDwEB/wQEAwIHgDAQBgoqhkiG92NkBgsBBAIFADAKBggqhkjOPQQDAwNoADBl"
    "AjEAl4JB9GJHixP2nuibyU1k3wri5psGIxPME05sFKq7hQuzvbeyBu82FozzxmbzpogoAjBLSFl0dZWIYl2ejPV+Di5fBnKPu8my"
    "mBQtoE/H2bES0qAs8bNueU3CBjjh1lwnDsI=",
    "MIIDFjCCApygAwIBAgIUIsGhRwp0c2nvU4YSycafPTjzbNcwCgYIKoZIzj0EAwMwZzEbMBkGA1UEAwwSQXBwbGUgUm9vdCBDQSAt"
    "IEczMSYwJAYDVQQLDB1BcHBsZSBDZXJ0aWZpY2F0aW9uIEF1dGhvcml0eTETMBEGA1UECgwKQXBwbGUgSW5jLjELMAkGA1UEBhMC"
    "VVMwHhcNMjEwMzE3MjAzNzEwWhcNMzYwMzE5MDAwMDAwWjB1MUQwQgYDVQQDDDtBcHBsZSBXb3JsZHdpZGUgRGV2ZWxvcGVyIFJl"
    "bGF0aW9ucyBDZXJ0aWZpY2F0aW9uIEF1dGhvcml0eTELMAkGA1UECwwCRzYxEzARBgNVBAoMCkFwcGxlIEluYy4xCzAJBgNVBAYT"
    "AlVTMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEbsQKC94PrlWmZXnXgtxzdVJL8T0SGYngDRGpngn3N6PT8JMEb7FDi4bBmPhCnZ3/"
    "sq6PF/cGcKXWsL5vOteRhyJ45x3ASP7cOB+aao90fcpxSv/EZFbniAbNgZGhIhpIo4H6MIH3MBIGA1UdEwEB/wQIMAYBAf8CAQAw"
    "HwYDVR0jBBgwFoAUu7DeoVgziJqkipnevr3rr9rLJKswRgYIKwYBBQUHAQEEOjA4MDYGCCsGAQUFBzABhipodHRwOi8vb2NzcC5h"
    "cHBsZS5jb20vb2NzcDAzLWFwcGxlcm9vdGNhZzMwNwYDVR0fBDAwLjAsoCqgKIYmaHR0cDovL2NybC5hcHBsZS5jb20vYXBwbGVy"
    "b290Y2FnMy5jcmwwHQYDVR0OBBYEFD8vlCNR01DJmig97bB85c+lkGKZMA4GA1UdDwEB/wQEAwIBBjAQBgoqhkiG92NkBgIBBAIF"
    "ADAKBggqhkjOPQQDAwNoADBlAjBAXhSq5IyKogMCPtw490BaB677CaEGJXufQB/EqZGd6CSjiCtOnuMTbXVXmxxcxfkCMQDTSPxa"
    "rZXvNrkxU3TkUMI33yzvFVVRT4wxWJC994OsdcZ4+RGNsYDyR5gmdr0nDGg=",
)
DURING_THEIRS = datetime(2023, 4, 12, tzinfo=UTC)


def found(chains: Chains, x5c: Sequence[str]) -> tuple[Chain, Checks]:
    checks = Checks()
    return chains.find([*x5c, "of no account"], checks), checks


def refused(chains: Chains, x5c: Sequence[str]) -> str:
    checks = Checks()
    with pytest.raises(Refused) as caught:
        chains.find([*x5c, "of no account"], checks)
    assert not checks.done[-1].passed
    return caught.value.check


# Apple's


def test_the_root_is_apples() -> None:
    [root] = trusted_roots(None)
    assert hashlib.sha256(root.public_bytes(Encoding.DER)).hexdigest() == FINGERPRINT
    root.verify_directly_issued_by(root)
    assert root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "Apple Root CA - G3"
    assert files("kizuna.purchases.stores").joinpath("apple_root_ca_g3.pem").is_file()


def test_what_apple_signs_with_is_trusted() -> None:
    chain, checks = found(Chains(trusted_roots(None)), APPLES)
    chain.check_valid_at(DURING_THEIRS, checks)
    assert all(check.passed for check in checks.done)
    later = datetime(2023, 9, 25, tzinfo=UTC)
    with pytest.raises(Refused, match="validity of the leaf certificate: it is valid from 2021-08-25"):
        chain.check_valid_at(later, checks)


def test_no_byte_of_apples_certificates_may_be_another_one() -> None:
    """Nor does any break what reads them."""
    chains, random = Chains(trusted_roots(None)), Random(1)
    for _ in range(120):
        which = random.randrange(2)
        der = bytearray(base64.b64decode(APPLES[which]))
        signed = len(x509.load_der_x509_certificate(bytes(der)).tbs_certificate_bytes)
        der[random.randrange(4 + signed)] ^= 1 << random.randrange(8)
        x5c = list(APPLES)
        x5c[which] = base64.b64encode(der).decode()
        assert refused(chains, x5c) in ("certificates", "chain")


def test_certificates_that_nobody_can_read() -> None:
    der = bytearray(base64.b64decode(APPLES[0]))
    assert der[8:13] == b"\xa0\x03\x02\x01\x02"  # version 3
    der[12] = 7
    for leaf in (der, b"", b"garbage"):
        x5c = [base64.b64encode(leaf).decode(), APPLES[1]]
        assert refused(Chains(trusted_roots(None)), x5c) == "certificates"


# Others


@dataclass(frozen=True)
class Form:
    """What a certificate says. `key_identifier` is its issuer's, unless it names another one."""

    key: ec.EllipticCurvePrivateKey
    path_length: int | None = None
    is_authority: bool = True
    usages: frozenset[str] | None = frozenset(["key_cert_sign"])
    marker: str = ""
    key_identifier: bytes | None = None
    critical: str = ""


USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
ROOT = Form(KEYS[0])
INTERMEDIATE = Form(KEYS[1], path_length=0, marker=INTERMEDIATE_MARKER)
LEAF = Form(KEYS[2], is_authority=False, usages=frozenset(["digital_signature"]), marker=LEAF_MARKER)


def issued(form: Form, name: str, issuer: Form, issuer_name: str) -> x509.Certificate:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    own = x509.SubjectKeyIdentifier.from_public_key(form.key.public_key())
    issuers = x509.SubjectKeyIdentifier.from_public_key(issuer.key.public_key()).digest
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name)]))
        .public_key(form.key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(form.is_authority, form.path_length), critical=True)
        .add_extension(own, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier(form.key_identifier or issuers, None, None), critical=False
        )
    )
    if form.usages is not None:
        usage = x509.KeyUsage(**{usage: usage in form.usages for usage in USAGES})
        builder = builder.add_extension(usage, critical=True)
    for oid, critical in ((form.marker, False), (form.critical, True)):
        if oid:
            extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\x05\x00")
            builder = builder.add_extension(extension, critical)
    return builder.sign(issuer.key, hashes.SHA256())


def made(root: Form = ROOT, intermediate: Form = INTERMEDIATE, leaf: Form = LEAF) -> tuple[Chains, list[str]]:
    certificates = [
        issued(leaf, "leaf", intermediate, "intermediate"),
        issued(intermediate, "intermediate", root, "root"),
        issued(root, "root", root, "root"),
    ]
    entries = [base64.b64encode(each.public_bytes(Encoding.DER)).decode() for each in certificates]
    return Chains(certificates[2:]), entries[:2]


def test_a_chain_of_apples_form() -> None:
    found(*made())


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        ({"root": replace(ROOT, path_length=0)}, "path length of the root certificate"),
        ({"root": replace(ROOT, usages=frozenset(["crl_sign"]))}, "authority of the root certificate"),
        ({"root": replace(ROOT, is_authority=False)}, "authority of the root certificate"),
        (
            {"intermediate": replace(INTERMEDIATE, usages=None)},
            "authority of the intermediate certificate",
        ),
        (
            {"intermediate": replace(INTERMEDIATE, usages=frozenset(["digital_signature"]))},
            "authority of the intermediate certificate",
        ),
        (
            {"intermediate": replace(INTERMEDIATE, is_authority=False, path_length=None)},
            "authority of the intermediate certificate",
        ),
        (
            {"intermediate": replace(INTERMEDIATE, critical="1.2.3.4")},
            "extensions of the intermediate certificate",
        ),
        (
            {"intermediate": replace(INTERMEDIATE, key_identifier=b"x")},
            "key identifier of the intermediate certificate",
        ),
        (
            {"intermediate": replace(INTERMEDIATE, marker=LEAF_MARKER)},
            "marker of the intermediate certificate",
        ),
        ({"leaf": replace(LEAF, usages=frozenset(["key_agreement"]))}, "key usage of the leaf certificate"),
        ({"leaf": replace(LEAF, critical="1.2.3.4")}, "extensions of the leaf certificate"),
        ({"leaf": replace(LEAF, key_identifier=b"x")}, "key identifier of the leaf certificate"),
        ({"leaf": replace(LEAF, marker=INTERMEDIATE_MARKER)}, "marker of the leaf certificate"),
    ],
)
def test_what_no_rule_allows(parts: dict[str, Form], name: str) -> None:
    assert refused(*made(**parts)) == name


def test_a_chain_that_was_refused_is_not_trusted_the_next_time() -> None:
    chains, x5c = made(leaf=replace(LEAF, marker=""))
    for _ in range(2):
        assert refused(chains, x5c) == "marker of the leaf certificate"


def test_a_chain_is_not_known_by_its_parts() -> None:
    """The leaf of one and the intermediate of another make no third."""
    chains, x5c = made()
    found(chains, x5c)
    other = issued(INTERMEDIATE, "intermediate", replace(ROOT, key=KEYS[2]), "root")
    assert refused(chains, [x5c[0], base64.b64encode(other.public_bytes(Encoding.DER)).decode()]) == "chain"


def test_only_so_many_chains_are_kept() -> None:
    root = issued(ROOT, "root", ROOT, "root")
    intermediate = issued(INTERMEDIATE, "intermediate", ROOT, "root")
    second = base64.b64encode(intermediate.public_bytes(Encoding.DER)).decode()
    chains = Chains([root])
    for _ in range(40):  # a signature is never the same
        leaf = issued(LEAF, "leaf", INTERMEDIATE, "intermediate")
        chain, _ = found(chains, [base64.b64encode(leaf.public_bytes(Encoding.DER)).decode(), second])
        assert chain.leaf == leaf
    assert len(chains._kept) == 32
