"""Storage requests that share statements, and requests that must not."""

import asyncio
import uuid
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.app import Application
from tests.support.players import Player, sign_in_async

#: A write that succeeds, is refused for what is stored, for what it says, or by the database itself.
VALUES = (
    '{"a":1}',
    '{"a":2}',
    '{"a":"\\u0000"}',
    '{"a":"\\ud800"}',
    "[]",
    '{"deep":' + "[" * 50 + "]" * 50 + "}",
)
writes = st.lists(
    st.fixed_dictionaries(
        {"key": st.sampled_from(("k1", "k2", "k3", "x" * 129)), "value": st.sampled_from(VALUES)},
        optional={"permission_read": st.integers(0, 3), "permission_write": st.integers(0, 1)},
    ),
    max_size=12,
)


async def put(api: httpx.AsyncClient, player: Player, *objects: dict[str, Any]) -> httpx.Response:
    return await api.put("/v2/storage", json={"objects": list(objects)}, headers=player.headers)


def told(answer: httpx.Response) -> Any:
    """The answer without what differs between two players and two moments."""
    body = answer.json()
    for ack in body.get("acks", ()):
        for name in ("create_time", "update_time", "user_id"):
            ack.pop(name)
    return answer.status_code, body


async def stored(api: httpx.AsyncClient, player: Player) -> set[tuple[Any, ...]]:
    page = await api.get(f"/v2/storage/c/{player.id}?limit=100", headers=player.headers)
    return {
        (row["key"], row["value"], row["version"], row.get("permission_read"), row.get("permission_write"))
        for row in page.json().get("objects", ())
    }


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(writes)
async def test_together_is_one_by_one(api: httpx.AsyncClient, objects: list[dict[str, Any]]) -> None:
    alone, together, neighbour = [await sign_in_async(api) for _ in range(3)]
    objects = [{"collection": "c", **wanted} for wanted in objects]
    one_by_one = [told(await put(api, alone, wanted)) for wanted in objects]
    good = {"collection": "c", "key": "n", "value": "{}"}
    at_once, neighbours = await asyncio.gather(
        asyncio.gather(*[put(api, together, wanted) for wanted in objects]),
        asyncio.gather(*[put(api, neighbour, good) for _ in range(3)]),
    )
    assert [told(answer) for answer in at_once] == one_by_one
    assert await stored(api, together) == await stored(api, alone)
    assert [answer.status_code for answer in neighbours] == [200] * 3


async def test_exactly_one_of_many_conditional_writes_wins(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    first = (await put(api, player, {"collection": "c", "key": "k", "value": "{}"})).json()["acks"][0]
    version = first["version"]
    rivals = [{"collection": "c", "key": "k", "value": f'{{"n":{n}}}', "version": version} for n in range(64)]
    answers = await asyncio.gather(*[put(api, player, rival) for rival in rivals])
    winners = [answer for answer in answers if answer.status_code == 200]
    assert len(winners) == 1
    refusals = {answer.json()["message"] for answer in answers if answer.status_code != 200}
    assert refusals == {"Storage write rejected - version check failed."}
    [(_, _, version, _, _)] = await stored(api, player)
    assert version == winners[0].json()["acks"][0]["version"]


async def test_exactly_one_of_many_creators_wins(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    rivals = [{"collection": "c", "key": "k", "value": f'{{"n":{n}}}', "version": "*"} for n in range(64)]
    answers = await asyncio.gather(*[put(api, player, rival) for rival in rivals])
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 63


async def test_identical_first_writes_all_succeed(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    same = {"collection": "c", "key": "k", "value": '{"a":1}'}
    answers = await asyncio.gather(*[put(api, player, same) for _ in range(16)])
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["acks"][0]["update_time"] for answer in answers}) == 1


async def test_batches_that_cross_neither_mix_nor_deadlock(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    keys = [f"k{n}" for n in range(8)]

    async def batch(n: int) -> httpx.Response:
        order = keys if n % 2 else keys[::-1]
        return await put(
            api, player, *[{"collection": "c", "key": key, "value": f'{{"n":{n}}}'} for key in order]
        )

    answers = await asyncio.gather(*[batch(n) for n in range(24)])
    assert {answer.status_code for answer in answers} == {200}
    assert len({value for _, value, _, _, _ in await stored(api, player)}) == 1


async def test_a_batch_is_all_or_nothing(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    bad = {"collection": "c", "key": "z", "value": '{"a":"\\u0000"}'}
    answer = await put(api, player, {"collection": "c", "key": "a", "value": "{}"}, bad)
    assert told(answer) == (400, {"code": 3, "message": "Error writing storage objects."})
    assert await stored(api, player) == set()


async def test_one_statement_for_a_hot_request(app: Application, api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)

    async def statements(call: Any) -> int:
        before = app.database.counts.total()
        assert (await call).status_code == 200
        return app.database.counts.total() - before

    write = {"collection": "c", "key": "k", "value": "{}"}
    read = {"object_ids": [{"collection": "c", "key": "k", "user_id": player.id}]}
    assert await statements(put(api, player, write)) == 1
    assert await statements(put(api, player, write)) == 1
    assert await statements(api.post("/v2/storage", json=read, headers=player.headers)) == 1
    assert await statements(api.get(f"/v2/storage/c/{player.id}", headers=player.headers)) == 1
    assert await statements(api.get("/v2/storage/c", headers=player.headers)) == 1


async def test_many_reads_share_statements(app: Application, api: httpx.AsyncClient) -> None:
    players = [await sign_in_async(api) for _ in range(4)]
    await asyncio.gather(*[put(api, p, {"collection": "c", "key": "k", "value": "{}"}) for p in players])
    before = app.database.counts["storage.read"]
    answers = await asyncio.gather(
        *[
            api.post(
                "/v2/storage",
                json={"object_ids": [{"collection": "c", "key": "k", "user_id": p.id}]},
                headers=p.headers,
            )
            for p in players * 16
        ]
    )
    owners = [answer.json()["objects"][0]["user_id"] for answer in answers]
    assert owners == [p.id for p in players * 16]
    assert app.database.counts["storage.read"] - before <= 16


async def test_a_page_boundary_inside_equal_read_permissions(api: httpx.AsyncClient) -> None:
    player, collection = await sign_in_async(api), f"c-{uuid.uuid4()}"
    for n in range(7):
        wanted = {"collection": collection, "key": f"k{n}", "value": "{}", "permission_read": 1 + n % 2}
        await put(api, player, wanted)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (
            await api.get(
                f"/v2/storage/{collection}/{player.id}",
                params={"limit": 2, "cursor": cursor} if cursor else {"limit": 2},
                headers=player.headers,
            )
        ).json()
        seen += [row["key"] for row in page["objects"]]
        cursor = page.get("cursor")
    assert seen == ["k0", "k2", "k4", "k6", "k1", "k3", "k5"]
