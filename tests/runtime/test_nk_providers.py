"""Game code signs players in by other companies' accounts, and links and unlinks these."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kizuna.runtime import ApiError, Nakama
from kizuna.testing.providers import Providers
from tests.identity.identities import FIELDS, KINDS, LABELS, REJECTED, REJECTED_AT_SIGN_IN, Identities, new_id

NewUser = Callable[[], Awaitable[str]]
NOBODY = "99999999-9999-4999-8999-999999999999"

#: How the calls are named.
CALLS = {
    "apple": "apple",
    "facebook": "facebook",
    "facebookinstantgame": "facebook_instant_game",
    "gamecenter": "game_center",
    "google": "google",
    "steam": "steam",
}


@pytest.fixture(scope="module")
def app_settings(provider_settings: dict[str, Any]) -> dict[str, Any]:
    return provider_settings


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def identity(providers: Providers, kind: str) -> Identities:
    return Identities(providers, kind)


class Calls:
    """The calls of one provider; they take the fields of credentials one by one, in the account's order."""

    def __init__(self, nk: Nakama, kind: str) -> None:
        self._nk = nk
        self._name = CALLS[kind]

    async def authenticate(self, credentials: dict[str, Any], **options: Any) -> Any:
        return await getattr(self._nk, f"authenticate_{self._name}")(*credentials.values(), **options)

    async def link(self, user_id: str, credentials: dict[str, Any], **options: Any) -> None:
        await getattr(self._nk, f"link_{self._name}")(user_id, *credentials.values(), **options)

    async def unlink(self, user_id: str, credentials: dict[str, Any] | None = None) -> None:
        await getattr(self._nk, f"unlink_{self._name}")(user_id, *(credentials or {}).values())


@pytest.fixture
def calls(nk: Nakama, kind: str) -> Calls:
    return Calls(nk, kind)


async def refused(call: Awaitable[Any]) -> tuple[int, int, str]:
    with pytest.raises(ApiError) as error:
        await call
    return error.value.status, error.value.code, error.value.message


async def test_who_shows_who_they_are_is_found_or_made(
    calls: Calls, nk: Nakama, identity: Identities, kind: str
) -> None:
    id, name = new_id(), f"name-{uuid.uuid4()}"
    unknown = await refused(calls.authenticate(identity(id), create=False))
    assert unknown == (404, 5, "User account not found.")
    new = await calls.authenticate(identity(id), username=name)
    assert (new.username, new.created) == (name, True)
    known = await calls.authenticate(identity(id), username="another", create=False)
    assert (known.user_id, known.username, known.created) == (new.user_id, name, False)
    [user] = await nk.users_get_id([new.user_id])
    assert getattr(user, FIELDS[kind]) == id
    assert await refused(calls.authenticate(identity.bad())) == REJECTED_AT_SIGN_IN[kind]
    await nk.users_ban([new.user_id])
    assert await refused(calls.authenticate(identity(id))) == (403, 7, "User account banned.")


async def test_linked_and_unlinked(
    calls: Calls, nk: Nakama, identity: Identities, kind: str, new_user: NewUser
) -> None:
    user, other, id = await new_user(), await new_user(), new_id()
    await calls.link(user, identity(id))
    assert (await calls.authenticate(identity(id), create=False)).user_id == user
    taken = (409, 6, f"{LABELS[kind]} is already in use.")
    assert await refused(calls.link(other, identity(id))) == taken
    assert await refused(calls.link(NOBODY, identity(new_id()))) == taken
    assert await refused(calls.link(other, identity.bad())) == REJECTED[kind]
    last = "Cannot unlink last account identifier. Check profile exists and is not last link."
    for credentials in (None, identity(id)):
        assert await refused(calls.unlink(user, credentials)) == (403, 7, last)
    await nk.link_custom(user, f"custom-{uuid.uuid4()}")
    assert await refused(calls.unlink(user, identity(new_id()))) == (403, 7, last)
    assert await refused(calls.unlink(user, identity.bad())) == REJECTED[kind]
    await calls.unlink(user, identity(id))
    [found] = await nk.users_get_id([user])
    assert getattr(found, FIELDS[kind]) == ""
    await calls.link(user, identity(id))
    await calls.unlink(user)
    [found] = await nk.users_get_id([user])
    assert getattr(found, FIELDS[kind]) == ""


async def test_what_makes_no_sense_is_refused(calls: Calls, nk: Nakama, identity: Identities) -> None:
    good = identity(new_id())
    first, *_ = good
    with pytest.raises(TypeError, match="must be text"):
        await calls.authenticate(good | {first: 1})
    with pytest.raises(ValueError, match="cannot be stored"):
        await calls.authenticate(good | {first: "a\0b"})
    with pytest.raises(TypeError, match="create must be True or False"):
        await calls.authenticate(good, create=1)
    with pytest.raises(ValueError, match="is not a UUID"):
        await calls.link("me", good)
    with pytest.raises(ValueError, match="is not a UUID"):
        await calls.unlink("me")
    assert (await refused(calls.authenticate(good | {first: ""})))[:2] == (400, 3)


@pytest.mark.parametrize("kind", ["gamecenter"], indirect=True)
async def test_a_timestamp_is_a_whole_number(calls: Calls, identity: Identities) -> None:
    with pytest.raises(ValueError, match="timestamp_seconds must be a 64-bit integer"):
        await calls.authenticate(identity(new_id()) | {"timestamp_seconds": "1"})


async def states(nk: Nakama, user_id: str) -> dict[str, int]:
    friends, _ = await nk.friends_list(user_id)
    return {friend.user.id: int(friend.state) for friend in friends}


@pytest.mark.parametrize("kind", ["facebook", "steam"], indirect=True)
async def test_a_link_imports_friends_unless_it_says_no(
    calls: Calls, nk: Nakama, identity: Identities, new_user: NewUser
) -> None:
    listed = new_id()
    friend = (await calls.authenticate(identity(listed))).user_id
    credentials = identity(new_id(), friends=[listed])
    user = await new_user()
    with pytest.raises(TypeError, match="import_friends must be True or False"):
        await calls.link(user, credentials, import_friends=0)
    await calls.link(user, credentials, import_friends=False)
    assert await states(nk, user) == {}
    await calls.link(user, credentials)
    assert await states(nk, user) == {friend: 0}
    notes, _ = await nk.notifications_list(friend)
    [told] = [note.content for note in notes]
    assert told == {"username": (await nk.account_get(user)).user.username}


async def test_a_sign_in_by_facebook_imports_friends_if_it_says_so(nk: Nakama, providers: Providers) -> None:
    facebook, listed = providers.facebook, new_id()
    friend = (await nk.authenticate_facebook(facebook.user(listed))).user_id
    token = facebook.user(new_id(), friends=[listed])
    user = (await nk.authenticate_facebook(token)).user_id
    assert await states(nk, user) == {}
    await nk.authenticate_facebook(token, import_friends=True)
    assert await states(nk, user) == {friend: 0}
    with pytest.raises(TypeError, match="import_friends must be True or False"):
        await nk.authenticate_facebook(token, import_friends=1)  # type: ignore[arg-type]


async def test_users_are_found_by_what_facebook_calls_them(nk: Nakama, providers: Providers) -> None:
    user = (await nk.authenticate_facebook(providers.facebook.user(id := new_id()))).user_id
    assert [found.id for found in await nk.users_get_id([], [id, new_id()])] == [user]
