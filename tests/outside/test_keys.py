"""Keys are fetched when they are needed, and seldom."""

import asyncio
import base64
from datetime import timedelta

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from kizuna.clock import ShiftedClock
from kizuna.outside.client import Outside, Unavailable
from kizuna.outside.keys import KeySet, json_web_keys
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
