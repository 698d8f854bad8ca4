"""Game Center's signatures, and the certificates that they are checked with."""

import asyncio
import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes

from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers, keys
from tests.identity.providers.support import UNAVAILABLE, SignIns, later
from tests.identity.support import new, user_of

KIND = "gamecenter"
GOOD = "/public-key/gc-prod-10.cer"
URL = f"https://static.gc.apple.com{GOOD}"


@pytest.mark.parametrize("certificate", ["good", "pem"])
async def test_a_signature_is_believed(certificate: str, sign_ins: SignIns, providers: Providers) -> None:
    credentials = providers.game_center.credentials(id := new(), certificate=certificate)
    account = await sign_ins.new(KIND, credentials)
    assert account["user"]["gamecenter_id"] == id
    assert len(providers.requests) == 1


@pytest.mark.parametrize("timestamp", [1, 2**63 - 1, -1, -(2**63)])
async def test_times_are_64_bits(timestamp: int, sign_ins: SignIns, providers: Providers) -> None:
    credentials = providers.game_center.credentials(id := new(), timestamp=timestamp)
    account = await sign_ins.new(KIND, credentials)
    assert account["user"]["gamecenter_id"] == id
    await sign_ins.known(KIND, {**credentials, "timestamp_seconds": str(timestamp)})


async def test_base64_may_have_breaks(sign_ins: SignIns, providers: Providers) -> None:
    credentials = providers.game_center.credentials(new())
    broken = {name: "\r\n".join(credentials[name]) for name in ("salt", "signature")}
    await sign_ins.new(KIND, {**credentials, **broken})


@pytest.mark.parametrize(
    ("check", "changes"),
    [
        ("signature", {"player_id": "somebody"}),
        ("signature", {"timestamp_seconds": 1}),
        ("signature", {"salt": base64.b64encode(b"pepper").decode()}),
        ("signature", {"signature": base64.b64encode(bytes(256)).decode()}),
        ("signature", {"signature": base64.b64encode(b"short").decode()}),
        ("bundle", {"bundle_id": "com.example.other"}),
        ("salt", {"salt": "_-8="}),
        ("salt", {"salt": "cGVwcGV"}),
        ("salt", {"salt": "cGV wcGVy"}),
        ("signature", {"signature": "_-8="}),
        ("signature", {"signature": "é"}),
    ],
)
async def test_what_was_changed_is_refused(
    check: str, changes: dict[str, Any], sign_ins: SignIns, providers: Providers
) -> None:
    await sign_ins.refused(KIND, {**providers.game_center.credentials(new()), **changes}, check)


async def test_what_was_signed_must_be_for_this_app_and_by_this_hash(
    sign_ins: SignIns, providers: Providers
) -> None:
    game_center = providers.game_center
    timestamp = 1_600_000_000_000
    await sign_ins.refused(KIND, game_center.credentials(new(), digest=hashes.SHA1()), "signature")
    other = game_center.credentials(new(), bundle_id="com.example.other")
    await sign_ins.refused(KIND, other, "bundle")
    # Player and bundle are signed without anything between them.
    shifted = game_center.credentials("somebody.com", bundle_id=".example.game")
    moved = {"player_id": "somebody.", "bundle_id": "com.example.game"}
    await sign_ins.refused(KIND, {**shifted, **moved, "player_id": "somebod"}, "signature")
    swapped = game_center.credentials(game_center.bundle_id, bundle_id=new())
    await sign_ins.refused(KIND, {**swapped, "player_id": swapped["bundle_id"]}, "bundle")
    seconds = game_center.credentials(new(), timestamp=timestamp)
    await sign_ins.refused(KIND, {**seconds, "timestamp_seconds": timestamp // 1000}, "signature")
    off = game_center.credentials(new(), timestamp=timestamp)
    await sign_ins.refused(KIND, {**off, "timestamp_seconds": timestamp + 1}, "signature")


@pytest.mark.parametrize("id", ["x" * 129, "a\0b"])
async def test_an_id_that_cannot_be_kept_is_refused(id: str, sign_ins: SignIns, providers: Providers) -> None:
    await sign_ins.refused(KIND, providers.game_center.credentials(id), "id")


# Certificates


@pytest.mark.parametrize(
    ("check", "certificate"),
    [
        ("validity of the certificate", "expired"),
        ("validity of the certificate", "not yet valid"),
        ("certificate", "self-signed"),
        ("certificate", "elliptic"),
        ("chain", "other authority"),
    ],
)
async def test_a_certificate_is_not_trusted_blindly(
    check: str, certificate: str, sign_ins: SignIns, providers: Providers
) -> None:
    credentials = providers.game_center.credentials(new(), certificate=certificate)
    await sign_ins.refused(KIND, credentials, check)


async def test_an_authority_may_stand_between(sign_ins: SignIns, providers: Providers) -> None:
    between_key, leaf_key = keys.rsa_key("between"), keys.rsa_key("game center")
    root = {"issuer": providers.game_center.authority, "issuer_key": keys.rsa_key("game center authority")}
    between = keys.certificate("between", between_key, authority=True, **root)
    no_authority = keys.certificate("between", between_key, **root)
    leaf = keys.certificate("leaf", leaf_key, issuer=between, issuer_key=between_key)
    for chain, believed in (
        ((leaf, between), True),
        ((leaf,), False),
        ((leaf, no_authority), False),
        ((leaf, keys.certificate("between", between_key, authority=True)), False),
    ):
        providers.faults.clear()
        url = f"/public-key/{new()}.cer"
        providers.faults.add(url, body=keys.pem(*chain))
        credentials = providers.game_center.credentials(new(), public_key_url=f"https://x.apple.com{url}")
        if believed:
            await sign_ins.new(KIND, credentials)
        else:
            await sign_ins.refused(KIND, credentials, "chain")


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 404},
        {"status": 204},
        {"body": b"<html>"},
        {"body": b""},
        {"body": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
        {"body": b"-----BEGIN CERTIFICATE-----"},
        {"body": keys.public_pem(keys.rsa_key("game center")).encode()},
        {"redirect": "https://static.gc.apple.com/public-key/gc-prod-pem.cer"},
        {"reset": True},
        {"truncated": True},
        {"huge": 50_000_000},
        {"body": keys.pem(keys.certificate("a", keys.rsa_key("game center"))) + b" " * 65_536},
    ],
)
async def test_without_a_certificate_nobody_signs_in(
    fault: dict[str, Any], sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    providers.faults.add(GOOD, **fault)
    credentials = providers.game_center.credentials(new())
    await sign_ins.refused(KIND, credentials, UNAVAILABLE)
    assert len(providers.requests) == 1
    providers.faults.clear()
    await sign_ins.new(KIND, credentials)
    later(app_clock, hours=2)
    fault_again = providers.faults.add(GOOD, **fault)
    await sign_ins.new(KIND, providers.game_center.credentials(new()))
    assert fault_again.hits == 1, "it was due, and the old one served"


async def test_a_certificate_is_kept_as_long_as_apple_says(
    sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    credentials = providers.game_center.credentials(new())
    answers = await asyncio.gather(*(sign_ins(KIND, credentials) for _ in range(20)))
    assert len({user_of(answer) for answer in answers}) == 1
    later(app_clock, minutes=59)
    await sign_ins.known(KIND, credentials)
    assert len(providers.requests) == 1
    later(app_clock, minutes=2)
    await sign_ins.known(KIND, credentials)
    assert len(providers.requests) == 2


async def test_a_kept_certificate_ends(
    sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    game_center, now = providers.game_center, app_clock.now()
    ending = keys.certificate(
        "ending",
        keys.rsa_key("game center"),
        issuer=game_center.authority,
        issuer_key=keys.rsa_key("game center authority"),
        **keys.around(now, 1 / 48),
    )
    providers.faults.add(GOOD, body=keys.der(ending))
    credentials = game_center.credentials(new())
    await sign_ins.new(KIND, credentials)
    later(app_clock, minutes=31)
    await sign_ins.refused(KIND, credentials, "validity of the certificate")
    later(app_clock, minutes=2)
    providers.faults.clear()
    await sign_ins.known(KIND, credentials)


async def test_many_names_of_certificates_are_not_kept(sign_ins: SignIns, providers: Providers) -> None:
    credentials = providers.game_center.credentials(new())
    await sign_ins.new(KIND, credentials)
    for number in range(40):
        url = f"https://static.gc.apple.com/public-key/invented-{number}.cer"
        await sign_ins.refused(KIND, {**credentials, "public_key_url": url}, UNAVAILABLE)
    await sign_ins.known(KIND, credentials)
    assert len(providers.asked(GOOD)) == 1, "inventions do not push out what exists"


# URLs


@pytest.mark.parametrize(
    "url",
    [
        f"HTTPS://static.gc.apple.com{GOOD}",
        f"https://a-b.c.apple.com{GOOD}",
        f"https://user:password@static.gc.apple.com{GOOD}",
        f"{URL}?query=1",
        f"{URL}#fragment",
    ],
)
async def test_a_url_of_apples_is_fetched(url: str, sign_ins: SignIns, providers: Providers) -> None:
    await sign_ins.new(KIND, providers.game_center.credentials(new(), public_key_url=url))
    [fetch] = providers.requests
    assert fetch.path == GOOD
    assert "authorization" not in fetch.headers


@pytest.mark.parametrize(
    "url",
    [
        f"http://static.gc.apple.com{GOOD}",
        f"ftp://static.gc.apple.com{GOOD}",
        f"//static.gc.apple.com{GOOD}",
        GOOD,
        "x",
        "https://static.gc.apple.com",
        "https://static.gc.apple.com/",
        "https://static.gc.apple.com?x",
        "https://static.gc.apple.com/?x",
        "https://static.gc.apple.com/#x",
        f"https://apple.com{GOOD}",
        f"https://.apple.com{GOOD}",
        f"https://static.gc.apple.com:443{GOOD}",
        f"https://STATIC.GC.APPLE.COM{GOOD}",
        f"https://static.gc.apple.com.{GOOD}",
        f"https://static.gc.apple.com.example.com{GOOD}",
        f"https://example.com/.apple.com{GOOD}",
        f"https://example.com?.apple.com{GOOD}",
        f"https://example.com#.apple.com{GOOD}",
        f"https://example.com\\.apple.com{GOOD}",
        f"https://example.com\\@static.gc.apple.com{GOOD}",
        f"https://static.gc.apple.com@example.com{GOOD}",
        f"https://notapple.com{GOOD}",
        f"https://a%2eapple.com{GOOD}",
        f"https://static.gc。apple.com{GOOD}",
        f"https://static.gc.apple.com{GOOD}\n",
        f" {URL}",
        f"https://static.gc.apple.com/\r\nHost: example.com{GOOD}",
        f"https://static.gc.apple.com/é{GOOD}",
    ],
)
async def test_a_url_of_others_is_not_fetched(url: str, sign_ins: SignIns, providers: Providers) -> None:
    credentials = providers.game_center.credentials(new(), public_key_url=url)
    await sign_ins.refused(KIND, credentials, "public key URL")
    assert providers.requests == []
