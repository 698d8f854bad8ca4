"""Values that PostgreSQL may choke on: stored and readable, or refused, and never stored by half."""

import asyncio
import json
from typing import Any

import pytest

from kizuna.app import Application
from tests.hostile.asking import Answer, check
from tests.hostile.attacker import BY_NAME, Attacker

WRITE, READ, DELETE = (BY_NAME[f"{name}StorageObjects"] for name in ("Write", "Read", "Delete"))
LIST = BY_NAME["ListStorageObjects"]

DEEP = 9_990

#: Texts of values, and whether they may be refused (None: either).
STORED: dict[str, tuple[str, bool | None]] = {
    "deep lists": ('{"a":' + "[" * DEEP + "]" * DEEP + "}", None),
    "deep objects": ('{"a":' * DEEP + "1" + "}" * DEEP, None),
    "beyond any depth": ('{"a":' + "[" * 10_001 + "]" * 10_001 + "}", True),
    "1e400": ('{"a":1e400}', False),
    "1e-400": ('{"a":1e-400}', False),
    "1e131071": ('{"a":1e131071}', False),
    "1e131072": ('{"a":1e131072}', True),
    "1e999999999999": ('{"a":1e999999999999}', True),
    "-1e-999999999999": ('{"a":-1e-999999999999}', True),
    "100 000 digits": ('{"a":' + "9" * 100_000 + "}", False),
    "200 000 digits": ('{"a":' + "9" * 200_000 + "}", True),
    "100 000 decimals": ('{"a":0.' + "1" * 100_000 + "}", None),
    "NUL": ('{"a":"\\u0000"}', True),
    "NUL in a key": ('{"\\u0000":1}', True),
    "a NUL byte": ('{"a":"\0"}', True),
    "a lone surrogate": ('{"a":"\\ud800"}', True),
    "surrogates in the wrong order": ('{"a":"\\udc00\\ud800"}', True),
    "duplicate keys": ('{"a":1,"a":2,"a":{"b":1,"b":2}}', False),
    "many members": ("{" + ",".join(f'"{n}":{n}' for n in range(15_000)) + "}", False),
    "a long key": ('{"' + "k" * 200_000 + '":1}', False),
    "a long string": ('{"a":"' + "s" * 200_000 + '"}', False),
    "emoji": ('{"a":"' + "\U0001f600" * 20_000 + '"}', False),
    "spaces around": (' \t\r\n{"a":1}\n ', False),
    "another space": ('\u00a0{"a":1}', True),
    "a comma too many": ('{"a":1,}', True),
    "NaN": ('{"a":NaN}', True),
    "a leading zero": ('{"a":01}', True),
    "a list": ("[]", True),
    "two objects": ("{}{}", True),
}


def _object(key: str, value: str, collection: str = "stored") -> dict[str, Any]:
    return {"collection": collection, "key": key, "value": value}


async def _write(attacker: Attacker, *objects: dict[str, Any]) -> Answer:
    return await attacker.ask(WRITE, json.dumps({"objects": objects}, ensure_ascii=False).encode())


async def _read(attacker: Attacker, *keys: str, collection: str = "stored") -> dict[str, str]:
    ids = [{"collection": collection, "key": key, "user_id": attacker.id} for key in keys]
    answer = await attacker.ask(READ, json.dumps({"object_ids": ids}).encode())
    check(answer, f"read {keys}")
    assert answer.status == 200, answer.body
    return {each["key"]: each["value"] for each in answer.json().get("objects", [])}


@pytest.mark.parametrize("name", STORED)
async def test_stored_values(attacker: Attacker, name: str) -> None:
    """A value is stored and can be read and listed, or refused, and then nothing of its batch is stored."""
    text, refused = STORED[name]
    alone = await _write(attacker, _object(name, text))
    check(alone, name)
    if refused is not None:
        assert (alone.status == 400) is refused, alone.body
    if alone.status == 200:
        assert name in await _read(attacker, name)
        page = await attacker.ask(
            LIST, query=f"limit=100&user_id={attacker.id}", path={"collection": "stored"}
        )
        assert page.status == 200, page.body[:200]
    batch = await _write(
        attacker, _object("before", "{}", name), _object("m", text, name), _object("z", "{}", name)
    )
    check(batch, name)
    if len(text) < 120_000:
        assert batch.status == alone.status
    stored = await _read(attacker, "before", "m", "z", collection=name)
    assert len(stored) == (3 if batch.status == 200 else 0)


async def test_a_poisoned_neighbour_hurts_nobody(attacker: Attacker) -> None:
    """Writes that share a statement with one that the database refuses are stored all the same."""
    poison = [text for text, refused in STORED.values() if refused is not False and len(text) < 50_000]
    writes = [_write(attacker, _object(f"good{n}", "{}", "shared")) for n in range(20)]
    writes[10:10] = [_write(attacker, _object(f"bad{n}", text, "shared")) for n, text in enumerate(poison)]
    answers = await asyncio.gather(*writes)
    for answer in answers:
        check(answer, "a shared write")
    assert len(await _read(attacker, *(f"good{n}" for n in range(20)), collection="shared")) == 20


@pytest.mark.parametrize("number", ["1e131071", "1e9999", "-1.5E+308", "1e-16000"])
async def test_small_values_do_not_become_large(attacker: Attacker, number: str) -> None:
    """The database writes numbers out: what is read back may not be out of proportion to what was sent."""
    for count in (1, 100, 3_000, 20_000):
        answer = await _write(
            attacker, _object(number, '{"a":[' + ",".join([number] * count) + "]}", "numbers")
        )
        check(answer, number)
        assert len((await _read(attacker, number, collection="numbers")).get(number, "")) < 1_000_000
    assert answer.status == 400, "the last of them is too large"


async def test_names_at_the_edge(attacker: Attacker) -> None:
    for name in ("é" * 128, "é" * 129, "\U0001f600" * 128, "\0", " ", ".", "/", "%2F"):
        answer = await _write(attacker, _object(name, "{}", name))
        check(answer, name)
        assert answer.status == (400 if len(name) > 128 or "\0" in name else 200), name
        for operation in (READ, DELETE):
            body = json.dumps({"object_ids": [{"collection": name, "key": name}]}).encode()
            check(await attacker.ask(operation, body), name)


async def test_a_request_for_very_many_objects(attacker: Attacker) -> None:
    assert (await _write(attacker, _object("many", "{}"))).status == 200
    ids = [{"collection": "stored", "key": f"k{n}", "user_id": attacker.id} for n in range(2_500)]
    check(await attacker.ask(READ, json.dumps({"object_ids": ids}).encode()), "a read of 2500")
    same = [{"collection": "stored", "key": "many"}] * 5_000
    check(await attacker.ask(READ, json.dumps({"object_ids": same}).encode()), "a read of 5000 times one")
    check(await attacker.ask(DELETE, json.dumps({"object_ids": same}).encode()), "a delete of 5000 times one")
    assert "many" in await _read(attacker, "many")
    write = await _write(attacker, *(_object(f"n{n}", "{}", "batch") for n in range(3_000)))
    check(write, "a write of 3000")
    assert write.status == 200


async def test_it_still_works(app: Application, attacker: Attacker) -> None:
    """After all this, everything that is done all day is done in time, and nothing is left under way."""
    await attacker.sign_in()
    for operation in ("GetAccount", "Healthcheck", "GetUsers"):
        answer = await attacker.ask(BY_NAME[operation])
        assert answer.status == 200
        assert answer.seconds < 1
    assert (await _write(attacker, _object("last", "{}"))).status == 200
    assert await _read(attacker, "last") == {"last": "{}"}
    assert app.database._engine.pool.checkedout() == 0  # type: ignore[attr-defined]
