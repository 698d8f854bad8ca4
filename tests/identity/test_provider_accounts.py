"""What a provider's word does to accounts: who is created, found, linked, unlinked, and what is filled."""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers
from tests.identity.conftest import MODULES
from tests.identity.identities import (
    FIELDS,
    KINDS,
    REJECTED,
    REJECTED_AT_SIGN_IN,
    TAKEN,
    Identities,
    enter,
    entrant,
    new_id,
)
from tests.identity.support import (
    PASSWORD,
    account,
    authenticate,
    ban,
    by_email,
    link,
    new,
    new_email,
    told,
    unlink,
    user_of,
)
from tests.identity.test_linking import deleted_player
from tests.support.applications import client_of, running_application
from tests.support.players import Player, sign_in_async
from tests.support.waiting import wait_until_async

LAST = (403, 7, "Cannot unlink last account identifier. Check profile exists and is not last link.")
WITH_EMAIL = ("apple", "facebook", "google")
WITH_PROFILE = ("facebook", "google")

all_kinds = pytest.mark.parametrize("kind", KINDS)
with_email = pytest.mark.parametrize("kind", WITH_EMAIL)
with_profile = pytest.mark.parametrize("kind", WITH_PROFILE)


@pytest.fixture(scope="module")
def app_settings(provider_settings: dict[str, Any]) -> dict[str, Any]:
    """With game code that can ban, sessions that last, and providers that can be asked."""
    settings = {
        "runtime": {"modules": [MODULES]},
        "session": {"token_expiry_sec": 10**9, "refresh_token_expiry_sec": 10**9},
    }
    return settings | provider_settings


@pytest.fixture
def identity(providers: Providers, kind: str) -> Identities:
    """Issues credentials of the test's kind."""
    return Identities(providers, kind)


@pytest.fixture
def google(providers: Providers) -> Identities:
    return Identities(providers, "google")


def profile(kind: str, name: str = "", picture: str = "", email: str = "") -> dict[str, Any]:
    """The same profile in the words of a provider's claims or answers."""
    told: dict[str, Any] = {"name": name, "picture": picture} if kind != "apple" else {}
    if email:
        told["email"] = email
        if kind != "facebook":
            told["email_verified"] = True
    return {key: value for key, value in told.items() if value}


async def user(api: httpx.AsyncClient, player: Player) -> dict[str, Any]:
    content: dict[str, Any] = (await account(api, player))["user"]
    return content


async def email(api: httpx.AsyncClient, player: Player) -> str:
    return str((await account(api, player)).get("email", ""))


async def update_profile(api: httpx.AsyncClient, player: Player, **fields: str) -> None:
    answer = await api.put("/v2/account", json=fields, headers=player.headers)
    assert answer.status_code == 200, answer.text


# --- who signs in ---


@all_kinds
async def test_the_first_sign_in_creates_and_the_next_ones_find(
    api: httpx.AsyncClient, identity: Identities, kind: str
) -> None:
    id, name = new_id(), new("name")
    first = await authenticate(api, kind, identity(id), username=name)
    assert first.json()["created"] is True
    player = entrant(first)
    assert player.username == name
    assert (await user(api, player))[FIELDS[kind]] == id
    for options in ({}, {"create": "false"}, {"username": new("another")}):
        again = await authenticate(api, kind, identity(id), **options)
        assert "created" not in again.json()
        assert (entrant(again).id, entrant(again).username) == (player.id, name)


@all_kinds
async def test_who_is_not_created(api: httpx.AsyncClient, identity: Identities, kind: str) -> None:
    unknown = await authenticate(api, kind, identity(new_id()), create="false")
    assert told(unknown) == (404, 5, "User account not found.")
    bad = await authenticate(api, kind, identity.bad(), create="false")
    assert told(bad) == REJECTED_AT_SIGN_IN[kind]
    taken = (await sign_in_async(api)).username
    answer = await authenticate(api, kind, identity(new_id()), username=taken)
    assert told(answer) == (409, 6, "Username is already in use.")


@all_kinds
@pytest.mark.parametrize(
    ("username", "message"),
    [
        ("a[]b", "Username invalid, no spaces or control characters allowed."),
        ("a\nb", "Username invalid, no spaces or control characters allowed."),
        ("x" * 129, "Username invalid, must be 1-128 bytes."),
    ],
)
async def test_a_bad_username_is_refused_before_anybody_is_asked(
    api: httpx.AsyncClient,
    providers: Providers,
    identity: Identities,
    kind: str,
    username: str,
    message: str,
) -> None:
    credentials = identity.bad()
    before = len(providers.requests)
    assert told(await authenticate(api, kind, credentials, username=username)) == (400, 3, message)
    assert len(providers.requests) == before


@all_kinds
async def test_a_ban_is_told_to_those_alone_who_show_who_they_are(
    api: httpx.AsyncClient, identity: Identities, kind: str
) -> None:
    id = new_id()
    await ban(api, (await enter(api, kind, identity(id))).id)
    assert told(await authenticate(api, kind, identity(id))) == (403, 7, "User account banned.")
    assert told(await authenticate(api, kind, identity.bad())) == REJECTED_AT_SIGN_IN[kind]


async def test_game_center_without_a_body(api: httpx.AsyncClient) -> None:
    path, key = "/v2/account/authenticate/gamecenter", ("defaultkey", "")
    nothing = await api.post(path, auth=key)
    assert told(nothing) == (400, 3, "GameCenter access credentials are required.")
    assert told(await api.post(path, json={}, auth=key)) == (400, 3, "GameCenter bundle ID is required.")
    player = await sign_in_async(api)
    linking = await api.post("/v2/account/link/gamecenter", headers=player.headers)
    assert told(linking) == (400, 3, "GameCenter bundle ID is required.")


# --- what an account is given ---


@with_profile
async def test_a_new_account_has_the_profile(api: httpx.AsyncClient, identity: Identities, kind: str) -> None:
    given = profile(kind, "Ada", "https://example.com/ada.png", address := new_email())
    player = await enter(api, kind, identity(new_id(), **given))
    found = await account(api, player)
    assert found["email"] == address
    assert found["user"]["display_name"] == "Ada"
    assert found["user"]["avatar_url"] == "https://example.com/ada.png"
    assert "verify_time" not in found


async def test_a_new_account_has_apple_s_address(api: httpx.AsyncClient, providers: Providers) -> None:
    identity = Identities(providers, "apple")
    player = await enter(api, "apple", identity(new_id(), **profile("apple", email=(address := new_email()))))
    assert await email(api, player) == address


async def test_a_new_account_has_the_profile_of_limited_login(
    api: httpx.AsyncClient, providers: Providers
) -> None:
    token = providers.limited_login.token(
        id := new_id(), name="Ada", email=(address := new_email()), picture="https://example.com/ada.png"
    )
    player = await enter(api, "facebook", {"token": token})
    found = await account(api, player)
    assert (found["email"], found["user"]["facebook_id"]) == (address, id)
    assert found["user"]["display_name"] == "Ada"
    assert found["user"]["avatar_url"] == "https://example.com/ada.png"


@all_kinds
async def test_who_tells_nothing_is_given_nothing(
    api: httpx.AsyncClient, identity: Identities, kind: str
) -> None:
    player = await enter(api, kind, identity(new_id()))
    found = await account(api, player)
    assert "email" not in found
    assert not {"display_name", "avatar_url"} & set(found["user"])


async def test_google_fills_what_is_empty_at_every_sign_in(
    api: httpx.AsyncClient, google: Identities, clock: ShiftedClock
) -> None:
    id = new_id()
    player = await enter(api, "google", google(id))
    created = await user(api, player)

    clock.offset += timedelta(seconds=20)
    await enter(api, "google", google(id, name="Ada"))
    named = await user(api, player)
    assert named["display_name"] == "Ada"
    assert "avatar_url" not in named
    assert seconds(named) >= seconds(created) + 20

    clock.offset += timedelta(seconds=20)
    await enter(api, "google", google(id, name="Another", picture="https://example.com/a.png"))
    full = await user(api, player)
    assert (full["display_name"], full["avatar_url"]) == ("Ada", "https://example.com/a.png")
    assert seconds(full) >= seconds(named) + 20

    clock.offset += timedelta(seconds=20)
    await enter(api, "google", google(id, name="Another", picture="https://example.com/b.png"))
    await enter(api, "google", google(id))
    assert await user(api, player) == full, "nothing was empty, nothing is touched"


def seconds(content: dict[str, Any]) -> float:
    return datetime.fromisoformat(content["update_time"]).timestamp()


async def test_google_brings_no_address_later(api: httpx.AsyncClient, google: Identities) -> None:
    player = await enter(api, "google", google(id := new_id()))
    await enter(api, "google", google(id, **profile("google", email=new_email())))
    assert await email(api, player) == ""


async def test_a_profile_that_cannot_be_filled_hinders_nobody(
    api: httpx.AsyncClient, google: Identities, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    player = await enter(api, "google", google(id := new_id()))
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            """
            create function refuse() returns trigger language plpgsql as $$
            begin raise exception 'not today'; end $$;
            create trigger refuse before update on users for each row
            when (new.display_name = 'Refused') execute function refuse()
            """
        )
        answer = await authenticate(api, "google", google(id, name="Refused"))
    finally:
        await connection.execute("drop function refuse() cascade")
        await connection.close()
    assert user_of(answer) == player.id
    assert "display_name" not in await user(api, player)
    assert f"profile of {player.id} not filled" in caplog.text


@pytest.mark.parametrize("kind", ["apple", "facebook"])
async def test_the_others_fill_nothing_at_a_sign_in(
    api: httpx.AsyncClient, identity: Identities, kind: str
) -> None:
    player = await enter(api, kind, identity(id := new_id()))
    before = await account(api, player)
    told = profile(kind, "Ada", "https://example.com/ada.png", new_email())
    await enter(api, kind, identity(id, **told))
    assert await account(api, player) == before


# --- e-mail addresses ---


@with_email
async def test_somebody_s_address_is_not_imported(
    api: httpx.AsyncClient, identity: Identities, kind: str
) -> None:
    address = new_email()
    owner = user_of(await by_email(api, address, PASSWORD))
    given = profile(kind, email=address.upper())
    player = await enter(api, kind, identity(new_id(), **given))
    assert player.id != owner
    assert await email(api, player) == ""
    linked = await sign_in_async(api)
    assert (await link(api, linked, kind, identity(new_id(), **given))).json() == {}
    assert await email(api, linked) == ""
    assert user_of(await by_email(api, address, PASSWORD)) == owner


@with_email
async def test_linking_brings_an_address_to_an_account_that_has_none(
    api: httpx.AsyncClient, identity: Identities, kind: str
) -> None:
    player = await sign_in_async(api)
    address = new_email()
    await link(api, player, kind, identity(new_id(), **profile(kind, email=address.upper())))
    assert await email(api, player) == address
    # Nobody has chosen a password for it.
    assert told(await by_email(api, address, PASSWORD)) == (401, 16, "Invalid credentials.")


@with_email
async def test_an_address_that_was_brought_is_no_way_in(
    api: httpx.AsyncClient, identity: Identities, kind: str
) -> None:
    given = identity(new_id(), **profile(kind, email=(address := new_email())))
    player = await enter(api, kind, given)
    for body in ({}, given):
        assert told(await unlink(api, player, kind, body)) == LAST
    assert (await enter(api, kind, given)).id == player.id
    await link(api, player, "email", {"email": address, "password": PASSWORD})
    assert (await unlink(api, player, kind, {})).status_code == 200
    assert user_of(await by_email(api, address, PASSWORD)) == player.id


@with_email
async def test_linking_leaves_an_address_alone(
    api: httpx.AsyncClient, identity: Identities, kind: str
) -> None:
    player, address = await sign_in_async(api), new_email()
    await link(api, player, "email", {"email": address, "password": PASSWORD})
    await link(api, player, kind, identity(new_id(), **profile(kind, email=new_email())))
    assert await email(api, player) == address
    assert user_of(await by_email(api, address, PASSWORD)) == player.id


# --- linking ---


@all_kinds
async def test_linked_twice(
    api: httpx.AsyncClient, identity: Identities, kind: str, clock: ShiftedClock
) -> None:
    player, id = await sign_in_async(api), new_id()
    before = seconds(await user(api, player))
    for _ in range(2):
        clock.offset += timedelta(seconds=20)
        assert (await link(api, player, kind, wrapped(kind, identity(id)))).json() == {}
        after = await user(api, player)
        assert after[FIELDS[kind]] == id
        assert seconds(after) >= before + 20
        before = seconds(after)
    assert user_of(await authenticate(api, kind, identity(id))) == player.id


def wrapped(kind: str, credentials: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The body of a link request; Steam's alone has room for more than the credentials."""
    return {"account": credentials, **options} if kind == "steam" else credentials


async def link_to(api: httpx.AsyncClient, player: Player, kind: str, credentials: dict[str, Any]) -> Any:
    answer = await link(api, player, kind, wrapped(kind, credentials))
    return told(answer) if answer.status_code != 200 else answer.json()


@all_kinds
async def test_another_id_takes_the_place_of_the_old_one(
    api: httpx.AsyncClient, identity: Identities, kind: str
) -> None:
    old, present = new_id(), new_id()
    player, other = await enter(api, kind, identity(old)), await sign_in_async(api)
    assert await link_to(api, player, kind, identity(present)) == {}
    assert (await user(api, player))[FIELDS[kind]] == present
    assert await link_to(api, other, kind, identity(old)) == {}


@all_kinds
async def test_somebody_else_s_id(api: httpx.AsyncClient, identity: Identities, kind: str) -> None:
    id = new_id()
    owner, other = await enter(api, kind, identity(id)), await sign_in_async(api)
    before = await account(api, other), await account(api, owner)
    given = profile(kind, "Ada", "https://example.com/a.png", new_email()) if kind in WITH_EMAIL else {}
    assert await link_to(api, other, kind, identity(id, **given)) == TAKEN[kind]
    assert (await account(api, other), await account(api, owner)) == before


@all_kinds
async def test_a_deleted_caller(api: httpx.AsyncClient, identity: Identities, kind: str) -> None:
    ghost, id = await deleted_player(api), new_id()
    assert await link_to(api, ghost, kind, identity(id)) == TAKEN[kind]
    assert told(await unlink(api, ghost, kind, {})) == LAST
    assert (await authenticate(api, kind, identity(id))).json()["created"] is True


@with_profile
async def test_linking_fills_what_is_empty(api: httpx.AsyncClient, identity: Identities, kind: str) -> None:
    player = await sign_in_async(api)
    await update_profile(api, player, avatar_url="mine")
    assert await link_to(api, player, kind, identity(new_id(), **profile(kind, "Ada", "theirs"))) == {}
    found = await user(api, player)
    assert (found["display_name"], found["avatar_url"]) == ("Ada", "mine")
    assert await link_to(api, player, kind, identity(new_id(), **profile(kind, "Bob", "theirs"))) == {}
    found = await user(api, player)
    assert (found["display_name"], found["avatar_url"]) == ("Ada", "mine")


@all_kinds
async def test_bad_credentials_link_and_unlink_nothing(
    api: httpx.AsyncClient, identity: Identities, kind: str
) -> None:
    player = await sign_in_async(api)
    await link_to(api, player, kind, identity(new_id()))
    before = await account(api, player)
    assert await link_to(api, player, kind, identity.bad()) == REJECTED[kind]
    assert told(await unlink(api, player, kind, identity.bad())) == REJECTED[kind]
    assert await account(api, player) == before


# --- unlinking ---


@all_kinds
@pytest.mark.parametrize("shown", [False, True], ids=["without credentials", "with credentials"])
async def test_unlinked(
    api: httpx.AsyncClient,
    providers: Providers,
    identity: Identities,
    kind: str,
    shown: bool,
    clock: ShiftedClock,
) -> None:
    player, id = await sign_in_async(api), new_id()
    given = profile(kind, "Ada", "picture", address := new_email()) if kind in WITH_EMAIL else {}
    await link_to(api, player, kind, identity(id, **given))
    before, asked = await account(api, player), len(providers.requests)
    clock.offset += timedelta(seconds=20)
    assert (await unlink(api, player, kind, identity(id) if shown else {})).json() == {}
    after = await account(api, player)
    assert FIELDS[kind] not in after["user"]
    assert seconds(after["user"]) >= seconds(before["user"]) + 20
    assert shown or len(providers.requests) == asked
    if given:
        assert after["email"] == address, "what was imported stays"
        assert after["user"].get("display_name") == before["user"].get("display_name")
    assert (await authenticate(api, kind, identity(id))).json()["created"] is True


@all_kinds
async def test_unlinked_with_the_credentials_of_another(
    api: httpx.AsyncClient, identity: Identities, kind: str
) -> None:
    player = await sign_in_async(api)
    await link_to(api, player, kind, identity(new_id()))
    before = await account(api, player)
    assert told(await unlink(api, player, kind, identity(new_id()))) == LAST
    assert await account(api, player) == before


@pytest.mark.parametrize("kind", ["facebook", "steam"])
async def test_the_last_identifier_stays_although_the_provider_was_asked(
    api: httpx.AsyncClient, providers: Providers, identity: Identities, kind: str
) -> None:
    id = new_id()
    player = await enter(api, kind, identity(id))
    credentials, asked = identity(id), len(providers.requests)
    assert told(await unlink(api, player, kind, credentials)) == LAST
    assert len(providers.requests) > asked
    assert told(await unlink(api, player, kind, {})) == LAST
    assert (await user(api, player))[FIELDS[kind]] == id


@all_kinds
async def test_any_other_identifier_is_enough(
    api: httpx.AsyncClient, providers: Providers, kind: str
) -> None:
    others = [other for other in KINDS if other != kind]
    for other in [*others, "device", "custom", "email"]:
        player = await enter(api, kind, Identities(providers, kind)(new_id()))
        if other in KINDS:
            content = wrapped(other, Identities(providers, other)(new_id()))
        else:
            content = {"id": new(other), "email": new_email(), "password": PASSWORD}
        assert (await link(api, player, other, content)).status_code == 200
        assert (await unlink(api, player, kind, {})).json() == {}
        assert FIELDS[kind] not in await user(api, player)


async def test_game_center_with_a_part_of_the_credentials(
    api: httpx.AsyncClient, providers: Providers
) -> None:
    identity = Identities(providers, "gamecenter")
    for missing in identity(new_id()):
        player = await sign_in_async(api)
        await link_to(api, player, "gamecenter", identity(new_id()))
        asked = len(providers.requests)
        credentials = {**identity(new_id()), missing: 0 if missing == "timestamp_seconds" else ""}
        assert (await unlink(api, player, "gamecenter", credentials)).json() == {}
        assert len(providers.requests) == asked
        assert "gamecenter_id" not in await user(api, player)


# --- Google's former ids ---


class PlayGames:
    """A player whom Google has given a new id."""

    def __init__(self, providers: Providers) -> None:
        self.google = providers.google
        self.former, self.present = new_id(), new_id()

    def by_former(self, **profile: Any) -> dict[str, str]:
        return {"token": self.google.token(self.former, **profile)}

    def by_present(self) -> dict[str, str]:
        return {"token": self.google.token(self.present)}

    def code(self) -> dict[str, str]:
        return {"token": self.google.auth_code(self.present, original_player_id=self.former)}


@pytest.fixture
def games(providers: Providers) -> PlayGames:
    return PlayGames(providers)


async def test_a_former_id_is_replaced_at_sign_in(
    api: httpx.AsyncClient, games: PlayGames, clock: ShiftedClock
) -> None:
    player = await enter(api, "google", games.by_former())
    before = await user(api, player)
    clock.offset += timedelta(seconds=20)
    for _ in range(2):
        answer = await authenticate(api, "google", games.code(), create="false")
        assert user_of(answer) == player.id
        assert "created" not in answer.json()
    after = await user(api, player)
    assert after == before | {"google_id": games.present}, "the update time stays"
    assert user_of(await authenticate(api, "google", games.by_present(), create="false")) == player.id
    assert (await authenticate(api, "google", games.by_former(), create="false")).status_code == 404


async def test_a_banned_former_id(api: httpx.AsyncClient, games: PlayGames) -> None:
    await ban(api, (await enter(api, "google", games.by_former())).id)
    assert told(await authenticate(api, "google", games.code())) == (403, 7, "User account banned.")


async def test_an_unknown_former_id(api: httpx.AsyncClient, games: PlayGames) -> None:
    answer = await authenticate(api, "google", games.code())
    assert answer.json()["created"] is True
    assert (await user(api, entrant(answer)))["google_id"] == games.present


async def test_who_has_the_present_id_signs_in_whoever_has_the_former(
    api: httpx.AsyncClient, games: PlayGames
) -> None:
    former = await enter(api, "google", games.by_former())
    present = await enter(api, "google", games.by_present())
    assert user_of(await authenticate(api, "google", games.code())) == present.id
    assert (await user(api, former))["google_id"] == games.former


async def test_linking_ones_own_former_id(api: httpx.AsyncClient, games: PlayGames) -> None:
    player = await enter(api, "google", games.by_former())
    assert await link_to(api, player, "google", games.code()) == {}
    assert (await user(api, player))["google_id"] == games.present


async def test_linking_somebody_else_s_former_id(api: httpx.AsyncClient, games: PlayGames) -> None:
    owner, other = await enter(api, "google", games.by_former()), await sign_in_async(api)
    before = await account(api, other)
    assert await link_to(api, other, "google", games.code()) == TAKEN["google"]
    assert await account(api, other) == before
    assert (await user(api, owner))["google_id"] == games.present


async def test_linking_where_there_are_two_accounts(api: httpx.AsyncClient, games: PlayGames) -> None:
    """500 in the reference, by the same statement that is to bring the former id up to date."""
    former = await enter(api, "google", games.by_former())
    present = await enter(api, "google", games.by_present())
    other = await sign_in_async(api)
    for player in (former, other):
        assert await link_to(api, player, "google", games.code()) == TAKEN["google"]
    assert await link_to(api, present, "google", games.code()) == {}, "it is theirs already"
    assert (await user(api, former))["google_id"] == games.former
    assert (await user(api, present))["google_id"] == games.present


async def test_unlinking_by_a_code(api: httpx.AsyncClient, games: PlayGames) -> None:
    player = await enter(api, "google", games.by_former())
    await link(api, player, "device", {"id": new("device")})
    assert (await unlink(api, player, "google", games.code())).json() == {}
    assert "google_id" not in await user(api, player)


async def test_unlinking_where_there_are_two_accounts(api: httpx.AsyncClient, games: PlayGames) -> None:
    former = await enter(api, "google", games.by_former())
    present = await enter(api, "google", games.by_present())
    for player in (former, present):
        await link(api, player, "device", {"id": new("device")})
    assert told(await unlink(api, former, "google", games.code())) == LAST
    assert (await user(api, former))["google_id"] == games.former
    assert (await unlink(api, present, "google", games.code())).json() == {}


# --- what the operator reads ---


@all_kinds
async def test_the_log_tells_which_check_refused_and_no_secret(
    api: httpx.AsyncClient, identity: Identities, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kizuna")
    bad, good = identity.bad(), identity(new_id())
    await authenticate(api, kind, bad)
    await authenticate(api, kind, good)
    [line] = [record for record in caplog.records if "credentials rejected" in record.getMessage()]
    assert line.levelno == logging.INFO
    assert line.name.startswith("kizuna.identity")
    secrets = [value for value in good.values() if isinstance(value, str) and len(value) > 40]
    assert not any(secret in caplog.text for secret in secrets)


async def test_the_log_tells_of_a_provider_that_cannot_be_asked(
    api: httpx.AsyncClient, providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    credentials = Identities(providers, "steam")(new_id())
    providers.faults.add("/ISteamUserAuth/AuthenticateUserTicket/v1/", reset=True, times=1)
    assert told(await authenticate(api, "steam", credentials)) == REJECTED["steam"]
    [line] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.getMessage().startswith("Steam credentials not verified: ")
    assert credentials["token"] not in caplog.text


async def test_who_waits_for_a_provider_holds_no_connection(
    database_url: str, providers: Providers, provider_settings: dict[str, Any], app_clock: ShiftedClock
) -> None:
    """Two connections to the database, 16 sign-ins and links that hang, and others who do not notice."""
    settings = provider_settings | {"database": {"pool_size": 2}}
    path = "/ISteamUserAuth/AuthenticateUserTicket/v1/"
    identity = Identities(providers, "steam")
    async with running_application(database_url, app_clock, settings) as app, client_of(app) as api:
        player, asked = await sign_in_async(api), len(providers.asked(path))
        tickets = [identity(new_id()) for _ in range(16)]
        providers.faults.add(path, delay=2.0, times=16)
        hanging = [
            asyncio.create_task(
                link(api, player, "steam", wrapped("steam", ticket, sync=False))
                if number % 2
                else authenticate(api, "steam", ticket)
            )
            for number, ticket in enumerate(tickets)
        ]

        async def all_are_asked() -> bool:
            return len(providers.asked(path)) == asked + 16

        await wait_until_async(all_are_asked)
        for _ in range(4):
            await sign_in_async(api)
        assert not any(task.done() for task in hanging)
        assert {answer.status_code for answer in await asyncio.gather(*hanging)} == {200}
