"""Signing in by device and by custom id: what is refused, in which order, and what is created."""

import httpx
import pytest

from tests.identity.support import authenticate, by_custom, by_device, new, told, user_of
from tests.support.players import Player, claims, sign_in_async

CHARACTERS = "Username invalid, no spaces or control characters allowed."
LENGTH = "Username invalid, must be 1-128 bytes."
KINDS = {"device": ("Device", 10), "custom": ("Custom", 6)}
kinds = pytest.mark.parametrize("kind", KINDS)


@kinds
@pytest.mark.parametrize("character", ["\0", "\t", "\n", "\x1f", " ", "\x7f"], ids=ascii)
@pytest.mark.parametrize("place", ["{}", "{}0123456789", "01234{}56789", "0123456789{}", "{}" * 200])
async def test_characters_come_before_length(
    api: httpx.AsyncClient, kind: str, character: str, place: str
) -> None:
    answer = await authenticate(api, kind, {"id": place.replace("{}", character)}, username="bad\tname")
    message = f"{KINDS[kind][0]} ID invalid, no spaces or control characters allowed."
    assert told(answer) == (400, 3, message)


@kinds
async def test_lengths_are_bytes(api: httpx.AsyncClient, kind: str) -> None:
    name, least = KINDS[kind]
    wrong = (400, 3, f"{name} ID invalid, must be {least}-128 bytes.")
    unique = new()[3:]
    for bad in ("x" * (least - 1), "x" * 129, unique + "é" * 47, "é" * 65):
        assert told(await authenticate(api, kind, {"id": bad}, username="bad\tname")) == wrong
    for good in (unique[:least], unique + "x" * 92, unique + "é" * 46, unique + "🎮" * 23):
        assert (await authenticate(api, kind, {"id": good})).json()["created"] is True


@kinds
async def test_without_an_id(api: httpx.AsyncClient, kind: str) -> None:
    for body in ({}, {"id": ""}, {"id": None}):
        answer = await authenticate(api, kind, body, username="bad\tname", create="false")
        assert told(answer) == (400, 3, f"{KINDS[kind][0]} ID is required.")


@kinds
async def test_ids_are_exact(api: httpx.AsyncClient, kind: str) -> None:
    base = new().upper()
    spellings = [base, base.lower(), base + "\u00a0", base + "\u2028", base + "é", base + "e\u0301"]
    users = [user_of(await authenticate(api, kind, {"id": text})) for text in spellings]
    assert len(set(users)) == len(spellings)
    assert [user_of(await authenticate(api, kind, {"id": text})) for text in spellings] == users


@kinds
async def test_a_device_and_a_custom_id_are_two_things(api: httpx.AsyncClient, kind: str) -> None:
    text = new()
    assert user_of(await by_device(api, text)) != user_of(await by_custom(api, text))


@kinds
async def test_only_known_ones(api: httpx.AsyncClient, kind: str) -> None:
    unknown = {"id": new()}
    assert told(await authenticate(api, kind, unknown, create="false")) == (404, 5, "User account not found.")
    assert told(await authenticate(api, kind, unknown, create="false", username="[]")) == (400, 3, CHARACTERS)
    created = await authenticate(api, kind, unknown, create="true")
    assert created.json()["created"] is True
    again = await authenticate(api, kind, unknown, create="false")
    assert "created" not in again.json()
    assert user_of(again) == user_of(created)


@kinds
async def test_invalid_usernames(api: httpx.AsyncClient, kind: str) -> None:
    account = {"id": new()}
    for username in ("[]", "a[]b", "a\0b", "tab\t", "del\x7f", "\n" * 200):
        assert told(await authenticate(api, kind, account, username=username)) == (400, 3, CHARACTERS)
    for username in ("x" * 129, "é" * 65, "🎮" * 33):
        assert told(await authenticate(api, kind, account, username=username)) == (400, 3, LENGTH)
    assert (await authenticate(api, kind, account)).json()["created"] is True
    # Checked even where it would not be used.
    assert told(await authenticate(api, kind, account, username="[]")) == (400, 3, CHARACTERS)


@kinds
async def test_valid_usernames(api: httpx.AsyncClient, kind: str) -> None:
    run = new()[:20]
    for username in (
        f" {run} x ",
        f"{run}[",
        f"{run}é" + "é" * 52,
        f"{run}\u00a0\u2028",
        f"{run} 日本 🎮",
        run.upper(),
    ):
        answer = await authenticate(api, kind, {"id": new()}, username=username)
        assert claims(answer.json()["token"])["usn"] == username


@kinds
async def test_a_taken_username(api: httpx.AsyncClient, kind: str) -> None:
    owner = await sign_in_async(api)
    taken = (409, 6, "Username is already in use.")
    account = {"id": new()}
    for _ in range(2):
        assert told(await authenticate(api, kind, account, username=owner.username)) == taken
    assert (await authenticate(api, kind, account, create="false")).status_code == 404
    assert (await authenticate(api, kind, account, username=owner.username.swapcase())).status_code == 200
    # Known already: the username is not used.
    assert (await authenticate(api, kind, account, username=owner.username)).status_code == 200


@kinds
async def test_generated_usernames(api: httpx.AsyncClient, kind: str) -> None:
    names = [claims((await authenticate(api, kind, {"id": new()})).json()["token"])["usn"] for _ in range(5)]
    assert len(set(names)) == 5
    assert all(len(name) == 10 and name.isascii() and name.isalpha() for name in names)


async def test_a_new_account(api: httpx.AsyncClient) -> None:
    answer = await by_custom(api, custom := new(), username=(name := new("name")))
    session = answer.json()
    player = Player(user_of(answer), name, "", session["token"], session["refresh_token"])
    account = (await api.get("/v2/account", headers=player.headers)).json()
    assert account.pop("user") | {"create_time": "", "update_time": ""} == {
        "id": player.id,
        "username": name,
        "lang_tag": "en",
        "metadata": "{}",
        "create_time": "",
        "update_time": "",
    }
    assert account == {"wallet": "{}", "custom_id": custom}


async def test_signing_in_changes_nothing(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    before = (await api.get("/v2/account", headers=player.headers)).json()
    await by_device(api, player.device, username=new())
    assert (await api.get("/v2/account", headers=player.headers)).json() == before


@pytest.mark.parametrize("create", ["T", "1", "TRUE", "t", "True"])
async def test_spellings_of_create(api: httpx.AsyncClient, create: str) -> None:
    assert (await by_device(api, new("device"), create=create)).json()["created"] is True
    assert (await by_device(api, new("device"), create="no")).status_code == 400
