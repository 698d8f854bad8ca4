"""Signing players in from game code: identifiers, tokens, links."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kizuna.clock import ShiftedClock
from kizuna.runtime import ApiError, Nakama
from tests.support.players import claims, sign_in_async

NewUser = Callable[[], Awaitable[str]]
NOBODY = "99999999-9999-4999-8999-999999999999"
PASSWORD = "correct horse"


def unique(kind: str) -> str:
    return f"{kind}-{uuid.uuid4()}"


async def account(api: httpx.AsyncClient, token: str) -> httpx.Response:
    return await api.get("/v2/account", headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("kind", ["custom", "device"])
async def test_who_has_an_id_is_found_or_made(nk: Nakama, kind: str) -> None:
    authenticate = getattr(nk, f"authenticate_{kind}")
    id, name = unique(kind), unique("name")
    with pytest.raises(ApiError, match=r"User account not found\."):
        await authenticate(id, create=False)
    new = await authenticate(id, username=name)
    assert (new.username, new.created) == (name, True)
    known = await authenticate(id, username="another", create=False)
    assert (known.user_id, known.username, known.created) == (new.user_id, name, False)
    with pytest.raises(ApiError, match=r"Username is already in use\."):
        await authenticate(unique(kind), username=name)
    await nk.users_ban([new.user_id])
    with pytest.raises(ApiError, match=r"User account banned\."):
        await authenticate(id)


async def test_a_player_of_the_wire_is_the_same_player(nk: Nakama, api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    assert (await nk.authenticate_device(player.device)).user_id == player.id


async def test_an_email_address_needs_its_password(nk: Nakama) -> None:
    email, name = f"{unique('Ada')}@example.com", unique("ada")
    new = await nk.authenticate_email(email, PASSWORD, username=name)
    assert new.created
    assert (await nk.authenticate_email(email.upper(), PASSWORD, create=False)).user_id == new.user_id
    assert (await nk.authenticate_email("", PASSWORD, username=name)).user_id == new.user_id
    with pytest.raises(ApiError, match=r"Invalid credentials\."):
        await nk.authenticate_email(email, "wrong password")


async def test_guesses_at_one_account_end_and_leave_the_others_alone(nk: Nakama) -> None:
    guessed, other = [f"{unique('x')}@example.com" for _ in range(2)]
    for email in (guessed, other):
        await nk.authenticate_email(email, PASSWORD)
    for spelling in (guessed, guessed.upper()) * 5:
        with pytest.raises(ApiError, match=r"Invalid credentials\."):
            await nk.authenticate_email(spelling, "wrong password")
    with pytest.raises(ApiError, match="Too many attempts"):
        await nk.authenticate_email(guessed, PASSWORD)
    assert not (await nk.authenticate_email(other, PASSWORD)).created


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda nk: nk.authenticate_custom("x"), "Custom ID invalid, must be 6-128 bytes."),
        (lambda nk: nk.authenticate_custom(""), "Custom ID is required."),
        (lambda nk: nk.authenticate_device("with a space"), "Device ID invalid, no spaces"),
        (lambda nk: nk.authenticate_device("0123456789", username="a\nb"), "Username invalid"),
        (lambda nk: nk.authenticate_device("0123456789\0"), "holds a character that cannot be stored"),
        (lambda nk: nk.authenticate_email("nonsense", PASSWORD), "Invalid email address format."),
        (lambda nk: nk.authenticate_email("a@example.com", "short"), "Password must be at least 8"),
        (lambda nk: nk.authenticate_email("", PASSWORD), "Username is required"),
        (lambda nk: nk.authenticate_custom("0123456789", create=1), "create must be True or False"),
        (lambda nk: nk.authenticate_token_generate("me"), "user id 'me' is not a UUID"),
        (lambda nk: nk.authenticate_token_generate(NOBODY, username="a\tb"), "Username invalid"),
        (lambda nk: nk.authenticate_token_generate(NOBODY, expires_at=1), "expires_at must be in the future"),
        (lambda nk: nk.authenticate_token_generate(NOBODY, vars={"a": 1}), r"vars\['a'\] must be text"),
        (lambda nk: nk.authenticate_token_generate(NOBODY, vars=[]), "vars must be a dict of texts"),
        (lambda nk: nk.session_logout(NOBODY, token="nonsense"), r"Session token invalid\."),
        (lambda nk: nk.link_device(NOBODY, "0123456789-of-nobody"), "user not found"),
    ],
)
async def test_what_makes_no_sense_is_refused(nk: Nakama, call: Callable[[Nakama], Any], told: str) -> None:
    with pytest.raises((ApiError, ValueError, TypeError), match=told):
        await call(nk)


async def test_a_generated_token_is_a_session_until_it_ends(
    nk: Nakama, api: httpx.AsyncClient, clock: ShiftedClock
) -> None:
    player = await sign_in_async(api)
    end = clock.now() + timedelta(seconds=30)
    token, expires_at = await nk.authenticate_token_generate(
        player.id, username="stale", expires_at=end, vars={"team": "red"}
    )
    told = claims(token)
    assert (told["uid"], told["usn"], told["vrs"], told["exp"]) == (
        player.id,
        "stale",
        {"team": "red"},
        expires_at,
    )
    assert (await account(api, token)).json()["user"]["id"] == player.id
    refresh = await api.post("/v2/account/session/refresh", json={"token": token}, auth=("defaultkey", ""))
    assert refresh.status_code == 401
    clock.offset = timedelta(seconds=31)
    assert (await account(api, token)).status_code == 401


async def test_a_generated_token_ends_with_a_logout_and_a_later_one_lives(
    nk: Nakama, api: httpx.AsyncClient
) -> None:
    player = await sign_in_async(api)
    first, _ = await nk.authenticate_token_generate(player.id)
    second, expires_at = await nk.authenticate_token_generate(player.id)
    assert len(claims(first)["usn"]) == 10
    assert expires_at > claims(second)["iat"]
    await nk.session_logout(player.id, token=first)
    assert [(await account(api, token)).status_code for token in (first, second)] == [401, 200]
    await nk.session_logout(player.id)
    third, _ = await nk.authenticate_token_generate(player.id)
    tokens = (player.token, second, third)
    assert [(await account(api, token)).status_code for token in tokens] == [401, 401, 200]
    with pytest.raises(ApiError, match=r"Session token invalid\."):
        await nk.session_logout(NOBODY, token=third)


async def test_a_refresh_token_ends_alone(nk: Nakama, api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    await nk.session_logout(player.id, refresh_token=player.refresh_token)
    assert (await account(api, player.token)).status_code == 200
    answer = await api.post(
        "/v2/account/session/refresh", json={"token": player.refresh_token}, auth=("defaultkey", "")
    )
    assert answer.status_code == 401


async def test_identifiers_are_linked_and_unlinked(nk: Nakama, new_user: NewUser) -> None:
    user, other = await new_user(), await new_user()
    custom, device, email = unique("custom"), unique("device"), f"{unique('x')}@example.com"
    await nk.link_custom(user, custom)
    await nk.link_device(user, device)
    await nk.link_email(user, email, PASSWORD)
    account = await nk.account_get(user)
    assert (account.custom_id, account.devices, account.email) == (custom, [device], email)
    for call, told in (
        (nk.link_custom(other, custom), "Custom ID is already in use."),
        (nk.link_device(other, device), "Device ID already in use."),
        (nk.link_email(other, email, PASSWORD), "Email is already in use."),
        (nk.unlink_device(user, unique("device")), "Cannot unlink last account identifier"),
    ):
        with pytest.raises(ApiError, match=told):
            await call
    await nk.unlink_custom(user)
    await nk.unlink_email(user, email)
    account = await nk.account_get(user)
    assert (account.custom_id, account.devices, account.email) == ("", [device], "")
    with pytest.raises(ApiError, match="Cannot unlink last account identifier"):
        await nk.unlink_device(user, device)
