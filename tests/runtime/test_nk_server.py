"""The server's configuration and files, live state, events, exports; and calls through the wire."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from kizuna.events.service import Event, Events, Sender
from kizuna.matches.service import MatchEntry
from kizuna.parties.service import PartyEntry
from kizuna.runtime import (
    ApiError,
    LeaderboardWrite,
    Match,
    Nakama,
    StorageWrite,
    WalletUpdate,
)
from kizuna.runtime.nakama import Services
from kizuna.settings import Runtime as RuntimeSettings
from kizuna.settings import Settings
from tests.runtime.conftest import Folder
from tests.support.applications import client_of, running_application
from tests.support.players import HTTP_KEY, sign_in_async

NewUser = Callable[[], Awaitable[str]]
NOBODY = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def with_settings(services: Services) -> Callable[..., Nakama]:
    """The server API under other settings."""
    return lambda **settings: Nakama(replace(services, settings=Settings(**settings)))


async def test_the_configuration_is_there_and_prints_no_secrets(with_settings: Callable[..., Nakama]) -> None:
    config = with_settings(
        name="node-7",
        session={"token_expiry_sec": 77, "encryption_key": "hidden-key"},
        runtime={"env": {"SEASON": "hidden-season"}, "http_key": "hidden-http"},
    ).config
    assert (config.name, config.session.token_expiry_sec) == ("node-7", 77)
    assert (config.session.encryption_key, config.runtime.http_key) == ("hidden-key", "hidden-http")
    assert config.runtime.env["SEASON"] == "hidden-season"
    assert (config.socket.port, config.logger_level, config.social.steam_app_id) == (7350, "info", 0)
    assert "hidden" not in repr(config)
    for change in (
        lambda: setattr(config, "name", "x"),
        lambda: config.runtime.env.update({}),  # type: ignore[attr-defined]
    ):
        with pytest.raises(AttributeError):
            change()


async def test_files_of_the_game_are_read_and_no_others(
    with_settings: Callable[..., Nakama], tmp_path: Path
) -> None:
    one, two, outside = tmp_path / "one", tmp_path / "two", tmp_path / "outside"
    for folder in (one, two / "data", outside):
        folder.mkdir(parents=True)
    (one / "items.json").write_text("[1]")
    (two / "items.json").write_text("[2]")
    (two / "data" / "map.bin").write_bytes(b"\x00\xff")
    (outside / "secret").write_text("secret")
    (two / "link").symlink_to(outside / "secret")
    (two / "folder").symlink_to(outside)
    (two / "inside").symlink_to(two / "data" / "map.bin")
    nk = with_settings(runtime=RuntimeSettings(modules=(one, two)))
    assert json.loads(await nk.read_file("items.json")) == [1]
    assert await nk.read_file("data/map.bin") == await nk.read_file("inside") == b"\x00\xff"
    for path in (
        "../outside/secret",
        str(outside / "secret"),
        "link",
        "folder/secret",
        "data/../../outside/secret",
    ):
        with pytest.raises(ValueError, match="leads out of the folder"):
            await nk.read_file(path)
    for path in ("nothing", "data", ""):
        with pytest.raises(ApiError, match="file not found"):
            await nk.read_file(path)
    with pytest.raises(ValueError, match="cannot be stored"):
        await nk.read_file("a\0b")
    with pytest.raises(ApiError, match="file not found"):
        await with_settings().read_file("items.json")


async def test_matches_are_found(nk: Nakama, services: Services) -> None:
    now = services.clock.now()
    relayed, mine = f"{uuid.uuid4()}.", f"{uuid.uuid4()}.node-1"
    services.matches.put(MatchEntry(relayed, False, 2, now))
    services.matches.put(MatchEntry(mine, True, 3, now, '{"mode": "duel"}', 10, "duel", "node-1"))
    try:
        match = Match(mine, True, '{"mode": "duel"}', 3, 10, "duel")
        assert [one.match_id for one in await nk.match_list()] == [mine, relayed]
        assert await nk.match_list(authoritative=True, min_size=3, max_size=3) == [match]
        assert await nk.match_list(query="+label.mode:duel") == [match]
        assert await nk.match_list(query="+label.mode:race") == []
        assert await nk.match_list(label="other") == []
        assert await nk.match_get(mine) == match
        assert await nk.match_get(f"{NOBODY}.node-1") is None
        for refused, told in (
            (nk.match_get("nonsense"), "match id invalid"),
            (nk.match_list(limit=101), "limit must be 1 to 100"),
            (nk.match_list(authoritative=False, label="x"), "Label filtering is not supported"),
            (nk.match_list(query='"'), "Error listing matches"),
        ):
            with pytest.raises((ApiError, ValueError), match=told):
                await refused
    finally:
        services.matches.remove(relayed)
        services.matches.remove(mine)


async def test_parties_are_found(nk: Nakama, services: Services) -> None:
    now = services.clock.now()
    ids = [f"{uuid.uuid4()}.node-1" for _ in range(3)]
    for n, id in enumerate(ids):
        services.parties.put(PartyEntry(id, n != 1, n == 2, 4, now, json.dumps({"rank": n})))
    try:
        assert {party.party_id for party in (await nk.party_list())[0]} == {ids[0], ids[1]}
        [hidden], _ = await nk.party_list(show_hidden=True, query="+label.rank:2")
        assert (hidden.party_id, hidden.hidden, hidden.open, hidden.label) == (
            ids[2],
            True,
            True,
            {"rank": 2},
        )
        assert [party.party_id for party in (await nk.party_list(open=False))[0]] == [ids[1]]
        [one], cursor = await nk.party_list(limit=1)
        [other], last = await nk.party_list(limit=1, cursor=cursor)
        assert ({one.party_id, other.party_id}, last) == ({ids[0], ids[1]}, "")
        with pytest.raises(ApiError, match="Error listing matches"):
            await nk.party_list(cursor="nonsense")
    finally:
        for id in ids:
            services.parties.remove(id)


class Heard:
    """Handlers that keep what they hear."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[tuple[Event, Sender | None]] = asyncio.Queue()

    def __bool__(self) -> bool:
        return True

    async def __call__(self, event: Event, sender: Sender | None) -> None:
        self.events.put_nowait((event, sender))


async def test_events_reach_the_handlers(services: Services, clock: ShiftedClock) -> None:
    heard, events = Heard(), Events(queue_size=4, workers=1)
    nk = Nakama(replace(services, events=events))
    await events.start(heard)
    try:
        then = datetime(2026, 3, 1, tzinfo=UTC)
        await nk.event("boss_killed", {"boss": "dragon"}, timestamp=then, external=True)
        event, sender = await asyncio.wait_for(heard.events.get(), 5)
        assert (event, sender) == (Event("boss_killed", {"boss": "dragon"}, then, True), None)
        await nk.event("bare")
        event, _ = await asyncio.wait_for(heard.events.get(), 5)
        assert (event.properties, event.external) == ({}, False)
        assert event.timestamp is not None
        assert abs((event.timestamp - clock.now()).total_seconds()) < 5
    finally:
        await events.stop()
    for refused, told in (
        (nk.event("x", {"n": 1}), r"properties\['n'\] must be text"),  # type: ignore[dict-item]
        (nk.event("x", ["n"]), "properties must be a dict of texts"),  # type: ignore[arg-type]
        (nk.event("x", timestamp=datetime(2026, 3, 1)), "must have a time zone"),  # noqa: DTZ001
    ):
        with pytest.raises((ValueError, TypeError), match=told):
            await refused


async def test_an_export_holds_all_that_a_user_has(nk: Nakama, new_user: NewUser) -> None:
    user, friend = await new_user(), await new_user()
    board = f"export-{user}"
    await nk.leaderboard_create(board)
    group = await nk.group_create(user, f"g-{user}")
    await nk.friends_add(user, "u", [friend], metadata={"a": 1})
    await nk.notification_send(user, "s", {"b": 2}, 1, sender_id=friend)
    sent = await nk.channel_message_send("2...export", {"c": 3}, sender_id=user, sender_username="u")
    await nk.multi_update(
        storage_writes=[StorageWrite("c", "k", {"d": 4}, user, permission_read=0)],
        wallet_updates=[WalletUpdate(user, {"coins": 5}, {"why": "test"})],
        update_ledger=True,
        leaderboard_writes=[LeaderboardWrite(board, user, "u", 6)],
    )
    export = json.loads(json.dumps(await nk.account_export(user)))
    assert (export["account"]["user"]["id"], export["account"]["wallet"]) == (user, '{"coins": 5}')
    [thing], [known], [belongs] = export["objects"], export["friends"], export["groups"]
    assert (thing["key"], thing["value"]) == ("k", '{"d": 4}')
    assert (known["user"]["id"], known["state"], known["metadata"]) == (friend, 1, '{"a": 1}')
    assert belongs["id"] == group.id
    [said], [record], [notified] = export["messages"], export["leaderboard_records"], export["notifications"]
    assert (said["message_id"], said["channel_id"], said["content"]) == (
        sent.message_id,
        "2...export",
        '{"c": 3}',
    )
    assert (record["leaderboard_id"], record["score"]) == (board, "6")
    assert (notified["sender_id"], notified["content"]) == (friend, '{"b": 2}')
    [change] = export["wallet_ledgers"]
    assert (change["changeset"], change["metadata"]) == ('{"coins": 5}', '{"why": "test"}')
    assert set(await nk.account_export(friend)) == set(export)
    with pytest.raises(ApiError, match=r"Account not found\."):
        await nk.account_export(NOBODY)


GAME = """
    import json

    def register(app: rt.App) -> None:
        app.rpc("buy", buy)
        app.rpc("overwrite", overwrite)
        app.rpc("found", found)
        app.rpc("token", token)

    async def buy(ctx: rt.Context, payload: str) -> str:
        changes = [rt.GroupCreate(ctx.user_id, "guild of " + ctx.user_id)]
        await ctx.nk.multi_update(
            storage_writes=[rt.StorageWrite("items", "sword", {}, ctx.user_id)],
            group_changes=changes,
            wallet_updates=[rt.WalletUpdate(ctx.user_id, {"coins": -5})],
        )

    async def overwrite(ctx: rt.Context, payload: str) -> str:
        await ctx.nk.storage_write([rt.StorageWrite("items", "sword", {}, ctx.user_id, version="x")])

    async def found(ctx: rt.Context, payload: str) -> str:
        await ctx.nk.group_create(ctx.user_id, payload)

    async def token(ctx: rt.Context, payload: str) -> str:
        return json.dumps((await ctx.nk.authenticate_token_generate(payload))._asdict())
"""


async def test_game_code_uses_it_and_clients_are_told_what_it_lets_pass(
    database_url: str, app_clock: ShiftedClock, folder: Folder
) -> None:
    folder.write("game.py", GAME)
    settings = {"runtime": {"modules": [str(folder.path)]}}
    async with running_application(database_url, app_clock, settings) as app, client_of(app) as api:
        player = await sign_in_async(api)

        async def call(id: str, payload: str = "") -> Any:
            answer = await api.post(f"/v2/rpc/{id}?unwrap", content=payload, headers=player.headers)
            return answer.status_code, answer.json() if answer.content else None

        refused = "wallet update rejected negative value at path 'coins'"
        status, error = await call("buy")
        assert (status, error["code"], error["message"]) == (500, 13, refused)
        objects = await api.get(f"/v2/storage/items/{player.id}", headers=player.headers)
        groups = await api.get(f"/v2/user/{player.id}/group", headers=player.headers)
        assert (objects.json(), groups.json()) == ({}, {})
        status, error = await call("overwrite")
        text = "Storage write rejected - version check failed."
        assert (status, error["code"], error["message"]) == (500, 13, text)
        name = f"guild of {player.id}"
        assert (await call("found", name))[0] == 200
        status, error = await call("found", name)
        assert (status, error["code"], error["message"]) == (500, 13, "group name in use")

        answer = await api.post(f"/v2/rpc/token?unwrap&http_key={HTTP_KEY}", content=player.id)
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        assert (await api.get("/v2/account", headers=headers)).json()["user"]["id"] == player.id
