"""Game Center's signatures, and the certificates that they are checked with."""

import asyncio
import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers, keys
from tests.identity.providers.support import UNAVAILABLE, SignIns, later
from tests.identity.support import new, user_of
from tests.support.waiting import wait_until_async

KIND = "gamecenter"
GOOD = "/public-key/gc-prod-10.cer"
HOST = "static.gc.apple.com"
URL = f"https://{HOST}{GOOD}"


def signed_with(key: RSAPrivateKey, credentials: dict[str, Any]) -> dict[str, Any]:
    """The same credentials, signed by another key."""
    names = credentials["player_id"] + credentials["bundle_id"]
    signed = (
        names.encode() + credentials["timestamp_seconds"].to_bytes(8) + base64.b64decode(credentials["salt"])
    )
    signature = key.sign(signed, PKCS1v15(), hashes.SHA256())
    return {**credentials, "signature": base64.b64encode(signature).decode()}


def published_as(providers: Providers, body: bytes) -> dict[str, Any]:
    """Credentials whose certificate is at an address of its own, where this is found."""
    path = f"/public-key/{new()}.cer"
    providers.faults.add(path, body=body)
    return providers.game_center.credentials(new(), public_key_url=f"https://{HOST}{path}")


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
    swapped = game_center.credentials(game_center.bundle_id, bundle_id=new())
    await sign_ins.refused(KIND, {**swapped, "player_id": swapped["bundle_id"]}, "bundle")
    seconds = game_center.credentials(new(), timestamp=timestamp)
    await sign_ins.refused(KIND, {**seconds, "timestamp_seconds": timestamp // 1000}, "signature")
    off = game_center.credentials(new(), timestamp=timestamp)
    await sign_ins.refused(KIND, {**off, "timestamp_seconds": timestamp + 1}, "signature")


async def test_what_lies_between_player_and_bundle_is_not_signed(
    sign_ins: SignIns, providers: Providers
) -> None:
    """What another app got does not count, unless its bundle ID ends in ours: then for a longer id."""
    game_center = providers.game_center
    player = new()
    foreign = game_center.credentials(player, bundle_id=f"x{game_center.bundle_id}")
    await sign_ins.refused(KIND, foreign, "bundle")
    ours = {**foreign, "bundle_id": game_center.bundle_id}
    await sign_ins.refused(KIND, ours, "signature")
    account = await sign_ins.new(KIND, {**ours, "player_id": f"{player}x"})
    assert account["user"]["gamecenter_id"] == f"{player}x"


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


async def test_the_issuer_must_be_an_anchor_itself(sign_ins: SignIns, providers: Providers) -> None:
    """What is sent along with a certificate does not count, even if an anchor has issued it."""
    between_key, leaf_key = keys.rsa_key("between"), keys.rsa_key("game center")
    root: dict[str, Any] = {
        "issuer": providers.game_center.authority,
        "issuer_key": keys.rsa_key("game center authority"),
    }
    between = keys.certificate("between", between_key, authority=True, **root)
    leaf = keys.certificate("leaf", leaf_key, issuer=between, issuer_key=between_key)
    for chain, check in (((leaf,), "chain"), ((leaf, between), UNAVAILABLE)):
        credentials = published_as(providers, keys.pem(*chain))
        await sign_ins.refused(KIND, credentials, check)


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"<html>No results for ", b"</html>"), (b"\n", b""), (b"", b"</html>"), (b"a: b\r\n\r\n", b"")],
)
async def test_a_page_with_a_certificate_is_none(
    before: bytes, after: bytes, sign_ins: SignIns, providers: Providers
) -> None:
    good = keys.pem(providers.game_center.certificate())
    await sign_ins.refused(KIND, published_as(providers, before + good + after), UNAVAILABLE)
    await sign_ins.new(KIND, published_as(providers, good + b"\r\n"))


async def test_two_certificates_are_none(sign_ins: SignIns, providers: Providers) -> None:
    good = keys.pem(providers.game_center.certificate())
    await sign_ins.refused(KIND, published_as(providers, good + good), UNAVAILABLE)


async def test_a_small_key_is_refused(sign_ins: SignIns, providers: Providers) -> None:
    key = keys.rsa_key("small", 1024)
    root: dict[str, Any] = {
        "issuer": providers.game_center.authority,
        "issuer_key": keys.rsa_key("game center authority"),
    }
    credentials = published_as(providers, keys.der(keys.certificate("small", key, **root)))
    await sign_ins.refused(KIND, signed_with(key, credentials), "certificate")


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


async def test_a_new_certificate_at_the_same_place_is_used(
    sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    game_center, new_key = providers.game_center, keys.rsa_key("game center, renewed")
    await sign_ins.new(KIND, game_center.credentials(new()))
    renewed = keys.certificate(
        "renewed",
        new_key,
        issuer=game_center.authority,
        issuer_key=keys.rsa_key("game center authority"),
    )
    providers.faults.add(GOOD, body=keys.der(renewed))
    await sign_ins.new(KIND, signed_with(new_key, game_center.credentials(new())))
    for _ in range(5):
        await sign_ins.refused(KIND, game_center.credentials(new()), "signature")
    assert len(providers.asked(GOOD)) == 2, "bad signatures do not make it be fetched again and again"


async def test_many_names_of_certificates_are_not_kept(sign_ins: SignIns, providers: Providers) -> None:
    credentials = providers.game_center.credentials(new())
    await sign_ins.new(KIND, credentials)
    for number in range(80):
        await sign_ins.refused(KIND, {**credentials, "public_key_url": invented(number)}, UNAVAILABLE)
    await sign_ins.known(KIND, credentials)
    assert len(providers.asked(GOOD)) == 1, "inventions do not push out what exists"


async def test_other_certificates_of_apples_do_not_push_out_the_one_in_use(
    sign_ins: SignIns, providers: Providers
) -> None:
    """Whoever cannot sign gets nothing kept, though what is named exists and is in order."""
    credentials = providers.game_center.credentials(new())
    await sign_ins.new(KIND, credentials)
    root: dict[str, Any] = {
        "issuer": providers.game_center.authority,
        "issuer_key": keys.rsa_key("game center authority"),
    }
    for number in range(20):
        other = keys.certificate(f"other {number}", keys.rsa_key("other"), **root)
        providers.faults.add(f"/public-key/invented-{number}.cer", body=keys.der(other))
        await sign_ins.refused(KIND, {**credentials, "public_key_url": invented(number)}, "signature")
    await sign_ins.known(KIND, credentials)
    assert len(providers.asked(GOOD)) == 1


async def test_where_there_was_none_is_not_asked_again_for_a_minute(
    sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    credentials = providers.game_center.credentials(new(), public_key_url=invented(1))
    for fetched, seconds in ((1, 0), (1, 55), (2, 10)):
        later(app_clock, seconds=seconds)
        await sign_ins.refused(KIND, credentials, UNAVAILABLE)
        assert len(providers.requests) == fetched


async def test_few_certificates_are_fetched_at_once(
    sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    credentials = providers.game_center.credentials(new())
    await sign_ins.new(KIND, credentials)
    providers.requests.clear()
    for number in range(20):
        providers.faults.add(f"/public-key/invented-{number}.cer", delay=20.0)
    hanging = [
        asyncio.create_task(sign_ins(KIND, {**credentials, "public_key_url": invented(number)}))
        for number in range(4)
    ]

    async def are_asked() -> bool:
        return len(providers.requests) >= len(hanging)

    await wait_until_async(are_asked, what="fetches that hang")
    for number in range(4, 20):
        await sign_ins.refused(KIND, {**credentials, "public_key_url": invented(number)}, UNAVAILABLE)
    assert len(providers.requests) == len(hanging)
    await sign_ins.known(KIND, credentials)
    answers = await asyncio.gather(*hanging)
    assert {answer.status_code for answer in answers} == {401}


async def test_that_there_is_none_is_told_once(
    sign_ins: SignIns, providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    await sign_ins(KIND, providers.game_center.credentials(new(), public_key_url=invented(2)))
    assert [line.levelname for line in caplog.records if line.name.startswith("kizuna")].count("WARNING") == 1


def invented(number: int) -> str:
    """The address of a certificate that there is not."""
    return f"https://{HOST}/public-key/invented-{number}.cer"


# URLs


@pytest.mark.parametrize(
    "url",
    [
        f"HTTPS://static.gc.apple.com{GOOD}",
        "https://static.gc.apple.com/public-key/gc-prod-pem.cer",
    ],
)
async def test_a_url_of_apples_is_fetched(url: str, sign_ins: SignIns, providers: Providers) -> None:
    await sign_ins.new(KIND, providers.game_center.credentials(new(), public_key_url=url))
    [fetch] = providers.requests
    assert f"https://{HOST}{fetch.path}" == url.replace("HTTPS", "https")


@pytest.mark.parametrize(
    "url",
    [
        f"https://a-b.c.apple.com{GOOD}",
        f"https://xn--a.apple.com{GOOD}",
        f"https://user:password@static.gc.apple.com{GOOD}",
        f"https://user@static.gc.apple.com{GOOD}",
        f"{URL}?query=1",
        f"{URL}?",
        f"{URL}#fragment",
        f"{URL}/",
        f"https://static.gc.apple.com/search{GOOD}",
        "https://static.gc.apple.com/public-key/../search.cer",
        "https://static.gc.apple.com/public-key/%2e%2e/search.cer",
        "https://static.gc.apple.com/public-key/a/b.cer",
        "https://static.gc.apple.com/public-key/.cer",
        "https://static.gc.apple.com/public-key/gc-prod-10.pem",
        f"https://static.gc.apple.com/public-key/{'x' * 101}.cer",
        f"https://static.gc.apple.com/public-key/{'x' * 100_000}.cer",
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
