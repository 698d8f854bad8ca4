"""Keys are fetched when they are needed, and seldom."""

import asyncio
import base64
from datetime import timedelta

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from kizuna.clock import ShiftedClock
from kizuna.outside.client import Outside, Unavailable
from kizuna.outside.keys import KeySet, google_keys, json_web_keys
from kizuna.testing.providers import keys as fake
from tests.outside.origin import Answer, Origin, hangs, says

_PUBLIC = rsa.generate_private_key(65537, 2048).public_key().public_numbers()


def _number(value: int) -> str:
    data = value.to_bytes((value.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def entry(key_id: str, **changes: object) -> dict[str, object]:
    """A key as it is published."""
    key = {"kty": "RSA", "kid": key_id, "use": "sig", "alg": "RS256"}
    return {**key, "n": _number(_PUBLIC.n), "e": _number(_PUBLIC.e), **changes}


def published(*entries: object, **headers: str) -> Answer:
    return says(orjson.dumps({"keys": entries}), **headers)


@pytest.fixture
def time() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
def keys(outside: Outside, origin: Origin, time: ShiftedClock) -> KeySet:
    origin.answer = published(entry("a"))
    return KeySet(outside, f"{origin.url}/keys", json_web_keys, time)


def later(time: ShiftedClock, **by: float) -> None:
    time.offset += timedelta(**by)


async def test_keys_are_fetched_once_while_they_are_fresh(
    keys: KeySet, origin: Origin, time: ShiftedClock
) -> None:
    assert await keys.find("a") is not None
    later(time, minutes=59)
    assert await keys.find("a") is not None
    assert len(origin.heard) == 1
    later(time, minutes=2)
    assert await keys.find("a") is not None
    assert len(origin.heard) == 2


@pytest.mark.parametrize(
    ("said", "fresh"),
    [("public, max-age=600", 600), ("max-age=0", 60), ("max-age=999999999", 86400), ("no-store", 3600)],
)
async def test_how_long_keys_are_fresh_is_theirs_to_say_within_bounds(
    keys: KeySet, origin: Origin, time: ShiftedClock, said: str, fresh: int
) -> None:
    origin.answer = published(entry("a"), cache_control=said)
    await keys.find("a")
    later(time, seconds=fresh - 5)
    await keys.find("a")
    assert len(origin.heard) == 1
    later(time, seconds=10)
    await keys.find("a")
    assert len(origin.heard) == 2


async def test_many_at_once_are_one_request(keys: KeySet, origin: Origin) -> None:
    found = await asyncio.gather(*(keys.find("a") for _ in range(50)))
    assert all(found)
    assert len(origin.heard) == 1


async def test_an_unknown_id_is_looked_up_once_a_minute(
    keys: KeySet, origin: Origin, time: ShiftedClock
) -> None:
    await keys.find("a")
    origin.answer = published(entry("a"), entry("b"))
    assert await keys.find("b") is not None, "a key that was published just now"
    for number in range(20):
        assert await keys.find(f"invented-{number}") is None
    assert len(origin.heard) == 2
    later(time, seconds=61)
    origin.answer = published(entry("c"))
    assert await keys.find("c") is not None
    assert await keys.find("a") is None, "it was withdrawn"
    assert len(origin.heard) == 3


async def test_old_keys_serve_for_a_day_when_new_ones_cannot_be_had(
    keys: KeySet, origin: Origin, time: ShiftedClock
) -> None:
    await keys.find("a")
    later(time, hours=2)
    for bad in (says(b"", "500 No"), says(b"<html>"), published(), says(b'{"keys": 1}')):
        origin.answer = bad
        assert await keys.find("a") is not None
        later(time, seconds=10)
    assert len(origin.heard) == 5
    later(time, hours=23)
    with pytest.raises(Unavailable):
        await keys.find("a")
    origin.answer = published(entry("a"))
    assert await keys.find("a") is not None


async def test_keys_that_were_fresh_for_long_serve_for_a_day_after_that(
    keys: KeySet, origin: Origin, time: ShiftedClock
) -> None:
    origin.answer = published(entry("a"), cache_control="max-age=86400")
    await keys.find("a")
    origin.answer = says(b"", "500 No")
    later(time, hours=47)
    assert await keys.find("a") is not None
    assert len(origin.heard) == 2
    later(time, hours=2)
    with pytest.raises(Unavailable):
        await keys.find("a")


async def test_a_failure_is_not_repeated_at_once_while_old_keys_serve(
    keys: KeySet, origin: Origin, time: ShiftedClock
) -> None:
    await keys.find("a")
    later(time, hours=2)
    origin.answer = says(b"", "500 No")
    for _ in range(10):
        assert await keys.find("a") is not None
    assert len(origin.heard) == 2


async def test_without_any_key_each_wait_is_its_own(keys: KeySet, origin: Origin) -> None:
    origin.answer = says(b"", "503 No")
    for _ in range(2):
        with pytest.raises(Unavailable, match="503"):
            await keys.find("a")
    origin.answer = published(entry("a"))
    assert await keys.find("a") is not None


async def test_who_gives_up_waiting_takes_nothing_from_the_others(origin: Origin, time: ShiftedClock) -> None:
    outside = Outside(30.0)
    keys = KeySet(outside, origin.url, json_web_keys, time)
    origin.answer = hangs
    waiting = [asyncio.create_task(keys.find("a")) for _ in range(3)]
    await origin.has_heard(1)
    waiting[0].cancel()
    await asyncio.wait(waiting[:1])
    assert waiting[0].cancelled()
    assert not waiting[1].done()
    assert len(origin.heard) == 1
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    await outside.close()


class Held:
    """An answer that waits to be let go."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.go = asyncio.Event()

    async def __call__(self, writer: asyncio.StreamWriter) -> None:
        await self.go.wait()
        await self._answer(writer)


async def test_who_joins_a_fetch_of_old_keys_looks_once_more(
    keys: KeySet, origin: Origin, time: ShiftedClock
) -> None:
    origin.answer = old = Held(published(entry("a")))
    first = asyncio.create_task(keys.find("a"))
    await origin.has_heard(1)
    origin.answer = published(entry("a"), entry("b"))
    joining = [asyncio.create_task(keys.find(key_id)) for key_id in ("b", "b", "invented", "a")]
    await asyncio.sleep(0)
    old.go.set()
    assert [key is not None for key in await asyncio.gather(*joining)] == [True, True, False, True]
    assert await first is not None
    assert len(origin.heard) == 2
    assert await keys.find("invented") is None
    assert len(origin.heard) == 2


async def test_who_has_what_suffices_hardly_waits_for_a_server_that_hangs(
    origin: Origin, time: ShiftedClock
) -> None:
    outside = Outside(30.0)
    keys = KeySet(outside, origin.url, json_web_keys, time)
    origin.answer = published(entry("a"))
    await keys.find("a")
    later(time, hours=2)
    origin.answer = hanging = Held(published(entry("b")))
    for _ in range(20):
        assert await asyncio.wait_for(keys.find("a"), 5) is not None
    await asyncio.wait_for(keys.all(), 5)
    assert len(origin.heard) == 2
    unknown = asyncio.create_task(keys.find("b"))
    hanging.go.set()
    assert await asyncio.wait_for(unknown, 10) is not None, "whom it does not suffice waits"
    assert len(origin.heard) == 2
    assert await keys.find("a") is None
    await outside.close()


async def test_a_fetch_that_fails_is_told_where_nobody_else_does(
    keys: KeySet, origin: Origin, time: ShiftedClock, caplog: pytest.LogCaptureFixture
) -> None:
    origin.answer = says(b"", "500 No")
    with pytest.raises(Unavailable):
        await keys.find("a")
    assert caplog.messages == []
    origin.answer = published(entry("a"))
    await keys.find("a")
    later(time, hours=2)
    origin.answer = says(b"", "500 No")
    await keys.find("a")
    assert caplog.messages == ["The keys could not be fetched: 127.0.0.1 answered 500"]


# Certificates


def certificate(name: str, time: ShiftedClock, hours: float) -> str:
    """PEM of one that ends after so many hours."""
    ends = time.now().replace(microsecond=0) + timedelta(hours=hours)
    return fake.pem(fake.certificate(name, fake.rsa_key(name), ends=ends)).decode()


@pytest.fixture
def certificates(outside: Outside, origin: Origin, time: ShiftedClock) -> KeySet:
    """Keys of Google's: "short" ends after two hours, "long" after ten. They may be kept for a day."""
    both = {"short": certificate("short", time, 2), "long": certificate("long", time, 10)}
    origin.answer = says(orjson.dumps(both), cache_control="max-age=86400")
    return google_keys(outside, origin.url, time)


async def test_keys_are_fetched_anew_when_a_certificate_ends(
    certificates: KeySet, origin: Origin, time: ShiftedClock
) -> None:
    assert sorted(await certificates.all()) == ["long", "short"]
    assert origin.heard[0].startswith("GET /oauth2/v1/certs ")
    later(time, minutes=119)
    assert await certificates.find("short") is not None
    assert len(origin.heard) == 1
    later(time, minutes=2)
    assert await certificates.find("short") is None
    assert len(origin.heard) == 2
    assert list(await certificates.all()) == ["long"]


async def test_a_certificate_that_has_ended_does_not_serve_although_no_new_one_can_be_had(
    certificates: KeySet, origin: Origin, time: ShiftedClock
) -> None:
    assert await certificates.find("short") is not None
    origin.answer = says(b"", "500 No")
    later(time, hours=3)
    assert await certificates.find("short") is None
    assert await certificates.find("long") is not None
    assert list(await certificates.all()) == ["long"]
    later(time, hours=8)
    assert await certificates.find("long") is None
    with pytest.raises(Unavailable, match="every key that was published has ended"):
        await certificates.all()


async def test_unusable_entries_are_passed_over(keys: KeySet, origin: Origin) -> None:
    unusable = [
        *(
            entry("bad", **{name: value})
            for name in ("kty", "use", "alg", "n", "e")
            for value in ("", None, 1)
        ),
        entry("bad", kid=""),
        entry("bad", kty="EC"),
        entry("bad", alg="HS256"),
        entry("bad", n="not/base64url"),
        entry("bad", n="AQ"),
        entry("bad", e="AA"),
        None,
        [],
        "key",
    ]
    origin.answer = published(*unusable, entry("good"))
    assert await keys.find("good") is not None
    assert list(await keys.all()) == ["good"]
