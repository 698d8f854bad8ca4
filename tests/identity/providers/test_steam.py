"""Steam's tickets and friend lists."""

import random
from typing import Any

import httpx
import pytest

from kizuna.testing.providers import Providers
from tests.identity.providers.support import REFUSALS, UNAVAILABLE, SignIns
from tests.identity.support import authenticate, told
from tests.support.players import sign_in_async

TICKET, FRIENDS = "/ISteamUserAuth/AuthenticateUserTicket/v1/", "/ISteamUser/GetFriendList/v0001/"


def steam_id() -> str:
    """An id that nobody has."""
    return str(76561197960265728 + random.getrandbits(40))


def says(**params: Any) -> dict[str, Any]:
    """An answer to the question about a ticket."""
    return {"response": {"params": {"result": "OK", "steamid": "76561197960287930", **params}}}


async def test_steam_is_asked_whose_ticket_it_is(sign_ins: SignIns, providers: Providers) -> None:
    ticket = providers.steam.ticket(id := steam_id())
    account = await sign_ins.new("steam", {"token": ticket})
    assert account["user"]["steam_id"] == id
    [question] = providers.requests
    assert question.path == TICKET
    assert list(question.query.items()) == [
        ("format", "json"),
        ("key", providers.steam.publisher_key),
        ("appid", str(providers.steam.app_id)),
        ("ticket", ticket),
        ("identity", providers.steam.identity),
    ]


async def test_an_id_is_a_number_of_64_bits(sign_ins: SignIns, providers: Providers) -> None:
    account = await sign_ins.new("steam", {"token": providers.steam.ticket(2**64 - 1)})
    assert account["user"]["steam_id"] == str(2**64 - 1)
    spelled = f"000{(id := steam_id())}"
    account = await sign_ins.new("steam", {"token": providers.steam.ticket(spelled)})
    assert account["user"]["steam_id"] == id


async def test_bans_are_for_the_game_to_judge(sign_ins: SignIns, providers: Providers) -> None:
    banned = {"vacbanned": True, "publisherbanned": True, "ownersteamid": "76561197960287930"}
    await sign_ins.new("steam", {"token": providers.steam.ticket(steam_id(), params=banned)})


async def test_a_ticket_for_something_else_is_refused(sign_ins: SignIns, providers: Providers) -> None:
    for ticket in (
        providers.steam.ticket(steam_id(), identity="elsewhere"),
        "00ff",
        "not hexadecimal &key=x",
    ):
        await sign_ins.refused("steam", {"token": ticket}, "ticket")
        assert "the error 101" in sign_ins.reasons()[0]
    assert providers.requests[-1].query["ticket"] == "not hexadecimal &key=x"


async def test_a_ticket_for_another_app_is_refused(
    sign_ins: SignIns, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for = str(providers.steam.app_id)
    monkeypatch.setattr(providers.steam, "app_id", 730)
    await sign_ins.refused("steam", {"token": providers.steam.ticket(steam_id())}, "ticket")
    assert "the error 102" in sign_ins.reasons()[0]
    assert providers.requests[-1].query["appid"] == asked_for


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("ticket", {"json": {"response": {"error": {"errorcode": 3, "errordesc": "no"}}}}),
        ("ticket", {"json": {"response": {"error": {"errorcode": 3}, **says()["response"]}}}),
        ("ticket", {"json": {"response": {}}}),
        ("ticket", {"json": {"response": {"params": {}}}}),
        ("ticket", {"json": {}}),
        ("ticket", {"json": says(result="Expired")}),
        ("ticket", {"json": says(result=None)}),
        ("id", {"json": says(steamid=76561197960287930)}),
        ("id", {"json": says(steamid="0")}),
        ("id", {"json": says(steamid="")}),
        ("id", {"json": says(steamid="-1")}),
        ("id", {"json": says(steamid="7656119796028793x")}),
        ("id", {"json": says(steamid="٧٦٥٦")}),
        ("id", {"json": says(steamid=str(2**64))}),
        ("id", {"json": says(steamid=None)}),
        ("response", {"json": {"response": []}}),
        ("params", {"json": {"response": {"params": "OK"}}}),
        ("ticket", {"status": 403, "body": b"<html>Forbidden</html>"}),
        ("ticket", {"status": 401, "body": b"<html>Unauthorized</html>"}),
        ("ticket", {"redirect": "https://steam.example.com/"}),
        (UNAVAILABLE, {"status": 500}),
        (UNAVAILABLE, {"status": 503}),
        (UNAVAILABLE, {"body": b"<html>"}),
        (UNAVAILABLE, {"json": []}),
        (UNAVAILABLE, {"reset": True}),
        (UNAVAILABLE, {"truncated": True}),
        (UNAVAILABLE, {"huge": 50_000_000}),
    ],
)
async def test_an_answer_that_names_nobody(
    check: str, fault: dict[str, Any], sign_ins: SignIns, providers: Providers
) -> None:
    providers.faults.add(TICKET, **fault)
    await sign_ins.refused("steam", {"token": providers.steam.ticket(steam_id())}, check)
    assert len(providers.requests) == 1


# Friends


async def import_friends(api: httpx.AsyncClient, ticket: str) -> tuple[httpx.Response, set[str]]:
    """The answer to an import, and the Steam ids of the friends that the player then has."""
    player = await sign_in_async(api)
    answer = await api.post("/v2/friend/steam", json={"token": ticket}, headers=player.headers)
    listed = (await api.get("/v2/friend", params={"limit": 100}, headers=player.headers)).json()
    return answer, {friend["user"]["steam_id"] for friend in listed.get("friends", [])}


async def test_the_friends_of_a_ticket_are_asked_for(api: httpx.AsyncClient, providers: Providers) -> None:
    ids = [steam_id() for _ in range(2000)]
    for id in ids[:3]:
        await authenticate(api, "steam", {"token": providers.steam.ticket(id)})
    providers.requests.clear()
    ticket = providers.steam.ticket(me := steam_id(), friends=ids)
    answer, friends = await import_friends(api, ticket)
    assert (answer.status_code, friends) == (200, set(ids[:3]))
    assert [seen.path for seen in providers.requests] == [TICKET, FRIENDS]
    assert providers.requests[-1].query == {
        "key": providers.steam.publisher_key,
        "steamid": me,
        "relationship": "friend",
    }


async def test_whose_friends_are_private_has_none_here(api: httpx.AsyncClient, providers: Providers) -> None:
    answer, friends = await import_friends(api, providers.steam.ticket(steam_id(), private=True))
    assert (answer.status_code, friends) == (200, set())


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 403},
        {"status": 500},
        {"body": b"<html>"},
        {"json": {}},
        {"json": {"friendslist": {}}},
        {"json": {"friendslist": []}},
        {"json": {"friendslist": {"friends": {}}}},
        {"json": {"friendslist": {"friends": ["76561197960287930"]}}},
        {"json": {"friendslist": {"friends": [{"steamid": 76561197960287930}]}}},
        {"json": {"friendslist": {"friends": [{}]}}},
        {"reset": True},
        {"truncated": True},
        {"huge": 50_000_000},
    ],
)
async def test_a_list_that_cannot_be_had(
    fault: dict[str, Any], api: httpx.AsyncClient, providers: Providers
) -> None:
    providers.faults.add(FRIENDS, **fault)
    answer, _ = await import_friends(api, providers.steam.ticket(steam_id()))
    assert told(answer) == REFUSALS["steam"]


async def test_an_empty_list_is_one(api: httpx.AsyncClient, providers: Providers) -> None:
    providers.faults.add(FRIENDS, json={"friendslist": {"friends": []}})
    answer, friends = await import_friends(api, providers.steam.ticket(steam_id()))
    assert (answer.status_code, friends) == (200, set())
