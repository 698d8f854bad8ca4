"""The keys that ID tokens are checked with: kept, changed, and missed when they cannot be had."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers, keys
from tests.identity.providers.issuers import GOOGLE, Issuer, issuers, now_of
from tests.identity.providers.support import UNAVAILABLE, SignIns, later
from tests.identity.support import new
from tests.support.waiting import wait_until_async


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
async def test_a_key_that_is_published_during_a_fetch_is_used(
    issuer: Issuer, sign_ins: SignIns, providers: Providers
) -> None:
    slow = providers.faults.add(issuer.keys, json=published(issuer, providers), body_delay=1.0, times=1)
    first = asyncio.create_task(sign_ins(issuer.kind, {"token": issuer.token(providers, new())}))

    async def is_asked() -> bool:
        return slow.hits == 1

    await wait_until_async(is_asked, what="a fetch under way")
    issuer.part(providers).rotate()
    await sign_ins.new(issuer.kind, {"token": issuer.token(providers, new())})
    assert (await first).status_code == 200
    assert issuer.fetches(providers) == 2


def published(issuer: Issuer, providers: Providers) -> dict[str, Any]:
    """The key that signs now, in the form in which it is published."""
    part = issuer.part(providers)
    if issuer is GOOGLE:
        return {part.key_id: providers.google.certificate()}
    return {"keys": [keys.json_web_key(part.signing_key)]}


async def test_a_certificate_of_googles_ends_while_it_is_kept(
    sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    google, hour = providers.google, 1 / 24
    google.publish_certificates({google.key_id: google.certificate(days=hour)})
    try:
        await sign_ins.new("google", {"token": google.token(new())})
        later(app_clock, minutes=59)
        await sign_ins.new("google", {"token": google.token(new())})
        assert GOOGLE.fetches(providers) == 1
        later(app_clock, minutes=2)
        await sign_ins.refused("google", {"token": google.token(new())}, "key")
        unnamed = google.token(new(), header={"kid": None})
        await sign_ins.refused("google", {"token": unnamed}, UNAVAILABLE)
        assert GOOGLE.fetches(providers) == 2
    finally:
        google.rotate()
    later(app_clock, seconds=6)
    await sign_ins.new("google", {"token": google.token(new())})


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
    later(app_clock, hours=24)
    await sign_ins.refused(issuer.kind, {"token": issuer.token(providers, new())}, UNAVAILABLE)
