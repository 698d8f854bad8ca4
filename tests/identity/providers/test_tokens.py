"""ID tokens of Apple, Facebook and Google: what is believed, and which check refuses everything else."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers, keys
from kizuna.testing.providers.id_tokens import IdTokens
from kizuna.testing.providers.jwt import base64url
from tests.identity.providers.support import REFUSALS, UNAVAILABLE, SignIns, later
from tests.identity.support import new, told, user_of


@dataclass(frozen=True)
class Issuer:
    """A provider of tokens: its route, how the log calls it, and where its keys are."""

    kind: str
    name: str
    keys: str
    part: Callable[[Providers], IdTokens]

    def token(self, providers: Providers, sub: str, **changes: Any) -> str:
        part: Any = self.part(providers)
        token: str = part.token(sub, **changes)
        return token

    def fetches(self, providers: Providers) -> int:
        """How often the keys were fetched."""
        return len(providers.asked(self.keys))


APPLE = Issuer("apple", "Apple", "/auth/keys", lambda providers: providers.apple)
LIMITED = Issuer(
    "facebook", "Facebook", "/.well-known/oauth/openid/jwks/", lambda providers: providers.limited_login
)
GOOGLE = Issuer("google", "Google", "/oauth2/v1/certs", lambda providers: providers.google)

issuers = pytest.mark.parametrize(
    "issuer", [pytest.param(issuer, id=issuer.kind) for issuer in (APPLE, LIMITED, GOOGLE)]
)

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


def now_of(clock: ShiftedClock) -> int:
    return int(clock.unix())


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
async def test_one_of_several_audiences_is_enough(
    issuer: Issuer, sign_ins: SignIns, providers: Providers
) -> None:
    audiences = ["com.example.other", issuer.part(providers).client_id]
    await sign_ins.new(issuer.kind, {"token": issuer.token(providers, new(), claims={"aud": audiences})})


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


@issuers
async def test_a_new_key_is_used_at_once(issuer: Issuer, sign_ins: SignIns, providers: Providers) -> None:
    old = issuer.token(providers, sub := new())
    account = await sign_ins.new(issuer.kind, {"token": old})
    issuer.part(providers).rotate()
    same = await sign_ins.known(issuer.kind, {"token": issuer.token(providers, sub)})
    assert same["user"]["id"] == account["user"]["id"]
    assert issuer.fetches(providers) == 2
    await sign_ins.refused(issuer.kind, {"token": old}, "key")


@issuers
async def test_a_withdrawn_key_counts_until_the_keys_are_due(
    issuer: Issuer, sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    old = issuer.token(providers, new(), claims={"exp": now_of(app_clock) + 86_400})
    await sign_ins.new(issuer.kind, {"token": old})
    issuer.part(providers).rotate()
    await sign_ins.known(issuer.kind, {"token": old})
    assert issuer.fetches(providers) == 1
    later(app_clock, hours=7)
    await sign_ins.refused(issuer.kind, {"token": old}, "key")


@issuers
async def test_unusable_entries_do_not_hide_good_ones(
    issuer: Issuer, sign_ins: SignIns, providers: Providers
) -> None:
    part = issuer.part(providers)
    good = keys.json_web_key(part.signing_key)
    part.publish([{**good, "n": ""}, {"kid": good["kid"]}, None, 1, {**good, "kid": 5}, good])
    if issuer is GOOGLE:
        yesterday = part.world.clock.now().replace(microsecond=0) - timedelta(days=1)
        expired = keys.certificate("expired", keys.rsa_key("attacker"), ends=yesterday)
        providers.google.publish_certificates(
            {"a": "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----", "b": None, "c": 1}
            | {"expired": keys.pem(expired).decode(), part.key_id: providers.google.certificate()}
        )
    try:
        await sign_ins.new(issuer.kind, {"token": issuer.token(providers, new())})
        if issuer is GOOGLE:
            forged = issuer.token(providers, new(), header={"kid": "expired"}, key=keys.rsa_key("attacker"))
            await sign_ins.refused(issuer.kind, {"token": forged}, "key")
    finally:
        part.rotate()


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
    "spoil",
    [
        lambda header, payload, signature: f"{header}.{payload}x.{signature}",
        lambda header, payload, signature: f"{header}.{payload}.",
        lambda header, payload, signature: f"{header}.{payload}.{flipped(signature)}",
        lambda header, payload, signature: f"{header}.{flipped(payload)}.{signature}",
        lambda header, payload, signature: f"{header}..{signature}",
        lambda header, payload, signature: f"{header}.{payload}.{signature}=",
        lambda header, payload, signature: f"{header}.{payload}.{signature}\n",
        lambda header, payload, signature: f"{header}.{base64url(b'[]')}.{signature}",
        lambda header, payload, signature: f"{header}.{base64url(b'{')}.{signature}",
        lambda header, payload, signature: f"{header}.{payload}.{signature}é",
    ],
)
async def test_a_spoilt_token_is_refused(
    issuer: Issuer, spoil: Callable[[str, str, str], str], sign_ins: SignIns, providers: Providers
) -> None:
    spoilt = spoil(*issuer.token(providers, new()).split("."))
    answer = await sign_ins(issuer.kind, {"token": spoilt})
    assert told(answer) == REFUSALS[issuer.kind]
    assert sign_ins.checks()[0] in ("form", "signature")


def flipped(part: str) -> str:
    """One character, and so at least one bit, is another one."""
    return ("B" if part[0] != "B" else "C") + part[1:]


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
    token = issuer.token(providers, new(), claims={"filling": "x" * 262_144})
    answer = await sign_ins(issuer.kind, {"token": token})
    assert answer.status_code in (400, 413)
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


# What the key server does wrong

WRONG: dict[str, dict[str, Any]] = {
    "down": {"reset": True},
    "500": {"status": 500},
    "404": {"status": 404},
    "204": {"status": 204},
    "garbage": {"body": b"<html>"},
    "empty": {"body": b""},
    "truncated": {"truncated": True},
    "oversized": {"huge": 50_000_000},
    "redirected": {"redirect": "https://keys.example.com/"},
    "null": {"json": None},
    "a list": {"json": []},
    "a text": {"json": "keys"},
    "no keys": {"json": {"keys": []}},
    "nothing": {"json": {}},
    "keys that are none": {"json": {"keys": 5}},
}


@issuers
@pytest.mark.parametrize("wrong", WRONG)
async def test_without_keys_nobody_signs_in(
    issuer: Issuer, wrong: str, sign_ins: SignIns, providers: Providers
) -> None:
    providers.faults.add(issuer.keys, **WRONG[wrong])
    token = issuer.token(providers, new())
    await sign_ins.refused(issuer.kind, {"token": token}, UNAVAILABLE)
    assert len(providers.requests) == 1, "nothing is tried again, and no redirect is followed"
    providers.faults.clear()
    await sign_ins.new(issuer.kind, {"token": token})


@issuers
@pytest.mark.parametrize("wrong", ["down", "500", "garbage", "oversized", "redirected", "no keys"])
async def test_old_keys_serve_while_there_are_no_new_ones(
    issuer: Issuer, wrong: str, sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    await sign_ins.new(issuer.kind, {"token": issuer.token(providers, new())})
    later(app_clock, hours=7)
    fault = providers.faults.add(issuer.keys, **WRONG[wrong])
    await sign_ins.new(issuer.kind, {"token": issuer.token(providers, new())})
    assert fault.hits == 1
    later(app_clock, hours=18)
    await sign_ins.refused(issuer.kind, {"token": issuer.token(providers, new())}, UNAVAILABLE)
