"""ID tokens of Apple, Facebook and Google: what is believed, and which check refuses everything else."""

import asyncio
import base64
import json
import string
from collections.abc import Callable
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers, keys
from kizuna.testing.providers.jwt import base64url
from tests.identity.providers.issuers import APPLE, GOOGLE, LIMITED, Issuer, issuers, now_of
from tests.identity.providers.support import REFUSALS, SignIns, later
from tests.identity.support import new, told, user_of

#: Changes to a good token, by what they are called: claims that depend on the present come from a function.
Changes = Callable[[int], dict[str, Any]]


def _claims(**claims: Any) -> Changes:
    return lambda now: {"claims": claims}


def _header(**header: Any) -> Changes:
    return lambda now: {"header": header}


BELIEVED: dict[str, Changes] = {
    "as it is": lambda now: {},
    "expires in a moment": lambda now: {"claims": {"exp": now + 30}},
    "expires at a fraction": lambda now: {"claims": {"exp": now + 30.5}},
    "begun": lambda now: {"claims": {"nbf": now - 1}},
    "issued in the future": lambda now: {"claims": {"iat": now + 1000}},
    "a verified address, in words": _claims(email="Ada@example.com", email_verified="true"),
    "an address that is not verified": _claims(email="ada@example.com", email_verified=False),
    "nothing known of the address": lambda now: {"claims": {"email": "ada@example.com"}},
    "header fields that nobody asked for": _header(typ="x", cty=1, zip="DEF"),
}

REFUSED: dict[str, tuple[str, Changes]] = {
    "expired a second ago": ("expiry", lambda now: {"claims": {"exp": now - 1}}),
    "expires now": ("expiry", lambda now: {"claims": {"exp": now}}),
    "expired yesterday": ("expiry", lambda now: {"claims": {"exp": now - 86_400}}),
    "never expires": ("expiry", lambda now: {"without": ("exp",)}),
    "expires at 0": ("expiry", _claims(exp=0)),
    "expires at text": ("expiry", lambda now: {"claims": {"exp": str(now + 1000)}}),
    "expires when true": ("expiry", _claims(exp=True)),
    "not yet begun": ("start", lambda now: {"claims": {"nbf": now + 100}}),
    "begins at text": ("start", _claims(nbf="0")),
    "for another app": ("audience", _claims(aud="com.example.other")),
    "for other apps": ("audience", _claims(aud=["com.example.other", 1, None])),
    "for nobody": ("audience", lambda now: {"without": ("aud",)}),
    "for a number": ("audience", _claims(aud=231520000000001)),
    "by another issuer": ("issuer", _claims(iss="https://issuer.example.com")),
    "by nobody": ("issuer", lambda now: {"without": ("iss",)}),
    "by several": ("issuer", _claims(iss=["https://appleid.apple.com", "accounts.google.com"])),
    "unsigned": ("algorithm", lambda now: {"algorithm": "none", "key": None}),
    "unsigned, with a signature": ("algorithm", _header(alg="none")),
    "unsigned in capitals": ("algorithm", _header(alg="NONE")),
    "no algorithm": ("algorithm", _header(alg=None)),
    "RS384": ("algorithm", lambda now: {"algorithm": "RS384"}),
    "RS512": ("algorithm", lambda now: {"algorithm": "RS512"}),
    "PS256": ("algorithm", lambda now: {"algorithm": "PS256"}),
    "ES256": ("algorithm", lambda now: {"algorithm": "ES256", "key": keys.ec_key("attacker")}),
    "another hash than it says": (
        "signature",
        lambda now: {"algorithm": "RS512", "header": {"alg": "RS256"}},
    ),
    "signed by an attacker": ("signature", lambda now: {"key": keys.rsa_key("attacker")}),
    "no signature": ("signature", lambda now: {"key": None}),
    "an unknown key": ("key", _header(kid="unknown")),
    "an empty key id": ("key", _header(kid="")),
    "extensions that must be understood": ("extensions", _header(crit=["b64"], b64=False)),
    "nobody": ("sub", lambda now: {"without": ("sub",)}),
    "an empty name": ("sub", _claims(sub="")),
    "a number": ("sub", _claims(sub=12345)),
    "too long a name": ("id", _claims(sub="x" * 129)),
    "a name that cannot be kept": ("id", _claims(sub="a\0b")),
    "perhaps verified": ("email_verified", _claims(email_verified="maybe")),
    "verified 1": ("email_verified", _claims(email_verified=1)),
    "an address that is none": ("email", _claims(email=["ada@example.com"])),
    "an algorithm of some depth": ("algorithm", _header(alg=json.loads("[" * 900 + "]" * 900))),
}


@issuers
@pytest.mark.parametrize("case", BELIEVED)
async def test_a_token_is_believed(
    issuer: Issuer, case: str, sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    token = issuer.token(providers, new(), **BELIEVED[case](now_of(app_clock)))
    account = await sign_ins.new(issuer.kind, {"token": token})
    again = await sign_ins.known(issuer.kind, {"token": token})
    assert account["user"]["id"] == again["user"]["id"]
    assert issuer.fetches(providers) == 1


@issuers
@pytest.mark.parametrize("case", REFUSED)
async def test_a_token_is_refused(
    issuer: Issuer, case: str, sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    check, changes = REFUSED[case]
    token = issuer.token(providers, new(), **changes(now_of(app_clock)))
    await sign_ins.refused(issuer.kind, {"token": token}, check)
    assert f"{issuer.name} credentials rejected: {check}: " in sign_ins.reasons()[0]


@issuers
@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": 1_700_000_000}, "expiry: it was over at 2023-11-14 22:13:20 UTC, and it is 20"),
        ({"exp": -1e300}, "expiry: it was over at -1e+300, and it is 20"),
        ({"nbf": 7_000_000_000}, "start: it begins at 2191-10-27 12:26:40 UTC, and it is 20"),
        ({"nbf": 1e300}, "start: it begins at 1e+300, and it is 20"),
    ],
)
async def test_times_are_told_as_dates(
    issuer: Issuer, claims: dict[str, float], reason: str, sign_ins: SignIns, providers: Providers
) -> None:
    await sign_ins.refused(
        issuer.kind, {"token": issuer.token(providers, new(), claims=claims)}, reason.partition(":")[0]
    )
    assert reason in sign_ins.reasons()[0]


@pytest.mark.parametrize("issuer", [APPLE, GOOGLE])
@pytest.mark.parametrize("space", [" ", "\n", "\t", "\u00a0"])
async def test_white_space_in_a_token_is_told(
    issuer: Issuer, space: str, sign_ins: SignIns, providers: Providers
) -> None:
    token = issuer.token(providers, new())
    for broken in (token + space, space + token, token.replace(".", f"{space}.", 1)):
        await sign_ins.refused(issuer.kind, {"token": broken}, "form")
        assert sign_ins.reasons()[0].endswith("form: it holds white space")


@issuers
async def test_one_of_several_audiences_is_enough(
    issuer: Issuer, sign_ins: SignIns, providers: Providers
) -> None:
    audiences = ["com.example.other", issuer.part(providers).client_id]
    await sign_ins.new(issuer.kind, {"token": issuer.token(providers, new(), claims={"aud": audiences})})


async def test_an_app_that_is_configured_twice_is_told_once(sign_ins: SignIns, providers: Providers) -> None:
    foreign = providers.limited_login.token(new(), claims={"aud": "another"})
    await sign_ins.refused(LIMITED.kind, {"token": foreign}, "audience")
    assert sign_ins.reasons()[0].endswith(f"'another' is not '{providers.limited_login.client_id}'")


@pytest.mark.parametrize(
    ("issuer", "name"), [(LIMITED, "https://facebook.com"), (GOOGLE, "accounts.google.com")]
)
async def test_an_issuer_may_have_two_names(
    issuer: Issuer, name: str, sign_ins: SignIns, providers: Providers
) -> None:
    await sign_ins.new(issuer.kind, {"token": issuer.token(providers, new(), claims={"iss": name})})


@issuers
async def test_the_issuer_is_compared_exactly(
    issuer: Issuer, sign_ins: SignIns, providers: Providers
) -> None:
    exact = issuer.part(providers).issuer
    for almost in (f"{exact}/", exact.upper(), exact.replace("https", "http"), f"{exact}.example.com"):
        token = issuer.token(providers, new(), claims={"iss": almost})
        await sign_ins.refused(issuer.kind, {"token": token}, "issuer")


# Keys


@issuers
async def test_a_public_key_is_no_secret_of_an_hmac(
    issuer: Issuer, sign_ins: SignIns, providers: Providers
) -> None:
    key = issuer.part(providers).signing_key
    modulus = keys.json_web_key(key)["n"]
    for secret in (keys.public_pem(key).encode(), keys.public_der(key), modulus.encode(), b""):
        token = issuer.token(providers, new(), key=secret, algorithm="HS256")
        await sign_ins.refused(issuer.kind, {"token": token}, "algorithm")


@issuers
async def test_a_key_of_another_kind_is_not_used(
    issuer: Issuer, sign_ins: SignIns, providers: Providers
) -> None:
    elliptic = keys.ec_key("published")
    publish(issuer, providers, {"elliptic": elliptic, "good": issuer.part(providers).signing_key})
    try:
        token = issuer.token(
            providers, new(), key=elliptic, algorithm="ES256", header={"kid": keys.key_id(elliptic)}
        )
        await sign_ins.refused(issuer.kind, {"token": token}, "algorithm")
        lying = issuer.token(providers, new(), header={"kid": keys.key_id(elliptic)})
        await sign_ins.refused(issuer.kind, {"token": lying}, "key")
    finally:
        issuer.part(providers).rotate()


@issuers
async def test_an_unknown_key_is_looked_for_once(
    issuer: Issuer, sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    await sign_ins.new(issuer.kind, {"token": issuer.token(providers, new())})
    for number in range(5):
        token = issuer.token(providers, new(), header={"kid": f"invented-{number}"})
        await sign_ins.refused(issuer.kind, {"token": token}, "key")
    assert issuer.fetches(providers) == 2
    later(app_clock, seconds=61)
    token = issuer.token(providers, new(), header={"kid": "invented"})
    await sign_ins.refused(issuer.kind, {"token": token}, "key")
    assert issuer.fetches(providers) == 3


@issuers
@pytest.mark.parametrize("key_id", [None, 1, ["a"]])
async def test_a_token_names_its_key_unless_it_is_googles(
    issuer: Issuer, key_id: Any, sign_ins: SignIns, providers: Providers
) -> None:
    token = issuer.token(providers, new(), header={"kid": key_id})
    if issuer is GOOGLE:
        await sign_ins.new(issuer.kind, {"token": token})
        forged = issuer.token(providers, new(), header={"kid": key_id}, key=keys.rsa_key("attacker"))
        await sign_ins.refused(issuer.kind, {"token": forged}, "signature")
    else:
        await sign_ins.refused(issuer.kind, {"token": token}, "key id")


@issuers
async def test_keys_that_a_token_brings_along_are_ignored(
    issuer: Issuer, sign_ins: SignIns, providers: Providers
) -> None:
    attacker = keys.rsa_key("attacker")
    brought = {
        "jku": f"{providers.url}/attacker/keys",
        "x5u": f"{providers.url}/attacker/certificate",
        "jwk": keys.json_web_key(attacker),
        "x5c": [base64url(keys.der(keys.certificate("attacker", attacker)))],
    }
    await sign_ins.refused(
        issuer.kind,
        {"token": issuer.token(providers, new(), header=brought, key=attacker)},
        "signature",
    )
    await sign_ins.refused(
        issuer.kind,
        {"token": issuer.token(providers, new(), header={**brought, "kid": "theirs"}, key=attacker)},
        "key",
    )
    await sign_ins.new(issuer.kind, {"token": issuer.token(providers, new(), header=brought)})
    assert {seen.path for seen in providers.requests} == {issuer.keys}


def publish(issuer: Issuer, providers: Providers, published: dict[str, keys.PrivateKey]) -> None:
    """Publish exactly these keys, whatever the form in which the provider does."""
    issuer.part(providers).publish(list(published.values()))
    if issuer is GOOGLE:
        providers.google.publish_certificates(
            {
                keys.key_id(key): keys.pem(keys.certificate(name, key)).decode()
                for name, key in published.items()
            }
        )


# Forms


@issuers
@pytest.mark.parametrize(
    ("check", "spoil"),
    [
        ("form", lambda header, payload, signature: f"{header}.{payload}x.{signature}"),
        ("signature", lambda header, payload, signature: f"{header}.{payload}."),
        ("signature", lambda header, payload, signature: f"{header}.{payload}.{flipped(signature)}"),
        ("form", lambda header, payload, signature: f"{header}.{payload}.{respelled(signature)}"),
        ("form", lambda header, payload, signature: f"{header}.{flipped(payload)}.{signature}"),
        ("form", lambda header, payload, signature: f"{header}..{signature}"),
        ("form", lambda header, payload, signature: f"{header}.{payload}.{signature}="),
        ("form", lambda header, payload, signature: f"{header}.{payload}.{signature}\n"),
        ("form", lambda header, payload, signature: f"{header}.{base64url(b'[]')}.{signature}"),
        ("form", lambda header, payload, signature: f"{header}.{base64url(b'{')}.{signature}"),
        ("form", lambda header, payload, signature: f"{header}.{payload}.{signature}é"),
        ("signature", lambda header, payload, signature: f"{header}.{retold(payload)}.{signature}"),
        ("signature", lambda header, payload, signature: f"{retold(header)}.{payload}.{signature}"),
    ],
)
async def test_a_spoilt_token_is_refused(
    issuer: Issuer, check: str, spoil: Callable[[str, str, str], str], sign_ins: SignIns, providers: Providers
) -> None:
    spoilt = spoil(*issuer.token(providers, new()).split("."))
    await sign_ins.refused(issuer.kind, {"token": spoilt}, check)


@issuers
@pytest.mark.parametrize("told", [{"sub": "somebody else"}, {"exp": 2**40}, {"more": True}])
async def test_other_claims_than_were_signed_are_refused(
    issuer: Issuer, told: dict[str, Any], sign_ins: SignIns, providers: Providers
) -> None:
    token = issuer.token(providers, new())
    await sign_ins.new(issuer.kind, {"token": token})
    header, payload, signature = token.split(".")
    await sign_ins.refused(
        issuer.kind, {"token": f"{header}.{retold(payload, **told)}.{signature}"}, "signature"
    )


def flipped(part: str) -> str:
    """One character, and so at least one bit, is another one."""
    return ("B" if part[0] != "B" else "C") + part[1:]


def respelled(part: str) -> str:
    """The last character is another one, of which the bits that count are the same."""
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    return part[:-1] + letters[letters.index(part[-1]) + 1]


def retold(part: str, **changes: Any) -> str:
    """The same JSON with changes, spelled in another way even without any."""
    members = json.loads(base64.urlsafe_b64decode(part + "=="))
    return base64url(json.dumps({**members, **changes}, indent=1).encode())


@issuers
@pytest.mark.parametrize("token", ["..", "a.b.c", "....", "x", "x.y", "a.b.c.d", "=.=.=", "😀.é.ß"])
async def test_garbage_is_refused(issuer: Issuer, token: str, sign_ins: SignIns) -> None:
    before = await sign_ins.count()
    answer = await sign_ins(issuer.kind, {"token": token})
    assert told(answer) == REFUSALS[issuer.kind]
    assert await sign_ins.count() == before


@issuers
async def test_a_token_that_is_too_large_reaches_nobody(
    issuer: Issuer, sign_ins: SignIns, providers: Providers
) -> None:
    before = await sign_ins.count()
    token = issuer.token(providers, new(), claims={"filling": "x" * 262_144})
    answer = await sign_ins(issuer.kind, {"token": token})
    assert answer.status_code in (400, 413)
    assert await sign_ins.count() == before
    assert providers.requests == []


# Many at once


@issuers
async def test_many_first_sign_ins_at_once_are_one_player_and_one_request(
    issuer: Issuer, sign_ins: SignIns, providers: Providers
) -> None:
    before = await sign_ins.count()
    token = issuer.token(providers, new())
    answers = await asyncio.gather(*(sign_ins(issuer.kind, {"token": token}) for _ in range(50)))
    assert len({user_of(answer) for answer in answers}) == 1
    assert [answer.json().get("created") for answer in answers].count(True) == 1
    assert await sign_ins.count() == before + 1
    assert issuer.fetches(providers) == 1
