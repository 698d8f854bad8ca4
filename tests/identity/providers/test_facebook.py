"""Facebook's access tokens: what the Graph API is asked, and what becomes of its answers."""

import hashlib
import hmac
from typing import Any

import httpx
import pytest

from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers
from tests.identity.providers.support import REFUSALS, UNAVAILABLE, SignIns, later
from tests.identity.support import authenticate, bearer, new, told
from tests.support.players import sign_in_async

ME, FRIENDS = "/v22.0/me", "/v22.0/me/friends"


async def test_graph_is_asked_who_has_an_access_token(sign_ins: SignIns, providers: Providers) -> None:
    picture = "https://example.com/ada.png"
    token = providers.facebook.user(id := new(), "Ada", "Ada@example.com", picture)
    account = await sign_ins.new("facebook", {"token": token})
    assert account["user"]["facebook_id"] == id
    assert account["user"]["display_name"] == "Ada"
    assert account["user"]["avatar_url"] == picture
    assert account["email"] == "ada@example.com"

    [question] = providers.requests
    secret = providers.facebook.app_secret.encode()
    proof = hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()
    assert (question.method, question.path) == ("GET", ME)
    assert question.query == {
        "access_token": token,
        "appsecret_proof": proof,
        "fields": "id,name,email,picture",
    }
    sign_ins.sent.add(proof)


async def test_nothing_but_an_id_is_enough(sign_ins: SignIns, providers: Providers) -> None:
    account = await sign_ins.new("facebook", {"token": providers.facebook.user(new())})
    assert not account["user"].keys() & {"display_name", "avatar_url"}
    assert "email" not in account


async def test_a_token_of_another_app_is_refused(sign_ins: SignIns, providers: Providers) -> None:
    await sign_ins.refused("facebook", {"token": providers.facebook.user(new(), app="other")}, "access token")


async def test_tokens_end(sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock) -> None:
    expired, withdrawn = providers.facebook.user(new(), expires_in=60), providers.facebook.user(new())
    later(app_clock, minutes=2)
    providers.facebook.revoke(withdrawn)
    for token in (expired, withdrawn):
        await sign_ins.refused("facebook", {"token": token}, "access token")
        assert "the error 190" in sign_ins.reasons()[0]


async def test_characters_that_a_query_cannot_hold_are_escaped(
    sign_ins: SignIns, providers: Providers
) -> None:
    token = "a b&access_token=c#%25+é/?"
    await sign_ins.refused("facebook", {"token": token}, "access token")
    assert providers.requests[0].query["access_token"] == token


@pytest.mark.parametrize("token", ["x.y.z", "eyJhbGciOiJSUzI1NiJ9.x", "..", "W10.x.y"])
async def test_what_looks_like_no_jwt_costs_no_keys(
    token: str, sign_ins: SignIns, providers: Providers
) -> None:
    await sign_ins.refused("facebook", {"token": token}, "access token")
    assert [seen.path for seen in providers.requests] == [ME]


async def test_a_token_of_limited_login_is_not_shown_to_graph(
    sign_ins: SignIns, providers: Providers
) -> None:
    foreign = providers.apple.token(new())
    await sign_ins.refused("facebook", {"token": foreign}, "key")
    assert providers.asked(ME) == []


async def test_limited_login_needs_no_graph(sign_ins: SignIns, providers: Providers) -> None:
    providers.faults.add(ME, status=500)
    token = providers.limited_login.token(
        id := new(), name="Ada", email="ada2@example.com", picture="https://example.com/a.png"
    )
    account = await sign_ins.new("facebook", {"token": token})
    assert account["user"]["facebook_id"] == id
    assert account["user"]["display_name"] == "Ada"
    assert account["user"]["avatar_url"] == "https://example.com/a.png"
    assert account["email"] == "ada2@example.com"


async def test_graph_needs_no_keys(sign_ins: SignIns, providers: Providers) -> None:
    providers.faults.add("/.well-known/oauth/openid/jwks/", status=500)
    await sign_ins.new("facebook", {"token": providers.facebook.user(new())})


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("id", {"json": {}}),
        ("id", {"json": {"id": ""}}),
        ("id", {"json": {"id": None}}),
        ("id", {"json": {"id": 10001}}),
        ("id", {"json": {"id": "x" * 129}}),
        ("id", {"json": {"id": "a\0"}}),
        ("name", {"json": {"id": "1", "name": 5}}),
        ("email", {"json": {"id": "1", "email": ["a@example.com"]}}),
        ("picture", {"json": {"id": "1", "picture": "https://example.com/a.png"}}),
        ("data", {"json": {"id": "1", "picture": {"data": []}}}),
        ("url", {"json": {"id": "1", "picture": {"data": {"url": 5}}}}),
        ("access token", {"status": 400, "json": {"error": {"code": 190, "message": "no"}}}),
        ("access token", {"status": 400, "body": b"no JSON"}),
        ("access token", {"status": 403, "json": {"error": "forbidden"}}),
        ("access token", {"status": 204}),
        ("access token", {"redirect": "https://graph.example.com/"}),
        (UNAVAILABLE, {"status": 500}),
        (UNAVAILABLE, {"status": 429}),
        (UNAVAILABLE, {"body": b"<html>"}),
        (UNAVAILABLE, {"body": b""}),
        (UNAVAILABLE, {"json": None}),
        (UNAVAILABLE, {"json": []}),
        (UNAVAILABLE, {"reset": True}),
        (UNAVAILABLE, {"truncated": True}),
        (UNAVAILABLE, {"huge": 50_000_000}),
    ],
)
async def test_an_answer_that_names_nobody(
    check: str, fault: dict[str, Any], sign_ins: SignIns, providers: Providers
) -> None:
    providers.faults.add(ME, **fault)
    await sign_ins.refused("facebook", {"token": providers.facebook.user(new())}, check)
    assert len(providers.requests) == 1


async def test_what_facebook_says_of_an_error_is_not_logged_in_full(
    sign_ins: SignIns, providers: Providers
) -> None:
    token = providers.facebook.user(new())
    providers.faults.add(ME, status=400, json={"error": {"message": f"Malformed access token {token}"}})
    await sign_ins.refused("facebook", {"token": token}, "access token")


@pytest.mark.parametrize(("name", "picture"), [("x" * 256, "x" * 513), ("Ada\0", "https://example.com/\0")])
async def test_what_an_account_cannot_hold_is_left_out(
    name: str, picture: str, sign_ins: SignIns, providers: Providers
) -> None:
    account = await sign_ins.new("facebook", {"token": providers.facebook.user(new(), name, "", picture)})
    assert not account["user"].keys() & {"display_name", "avatar_url"}


@pytest.mark.parametrize(
    "email", ["a" * 244 + "@example.com", "ada", "a b@example.com", "ada\0@example.com", "@example.com"]
)
async def test_an_address_that_is_none_is_left_out(
    email: str, sign_ins: SignIns, providers: Providers
) -> None:
    account = await sign_ins.new("facebook", {"token": providers.facebook.user(new(), "Ada", email)})
    assert "email" not in account


# Friends

FAILED_PAGES: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 400},
    {"reset": True},
    {"body": b"<html>"},
    {"truncated": True},
    {"huge": 50_000_000},
]


async def import_friends(api: httpx.AsyncClient, token: str) -> httpx.Response:
    player = await sign_in_async(api)
    return await api.post("/v2/friend/facebook", json={"token": token}, headers=player.headers)


@pytest.mark.parametrize(("friends", "pages"), [(0, 1), (25, 1), (26, 2), (70, 3)])
async def test_friends_come_in_pages(
    friends: int, pages: int, api: httpx.AsyncClient, providers: Providers
) -> None:
    ids = [new() for _ in range(friends)]
    playing = [await authenticate(api, "facebook", {"token": providers.facebook.user(id)}) for id in ids[-2:]]
    providers.requests.clear()
    token = providers.facebook.user(new(), friends=ids)
    player = await sign_in_async(api)
    answer = await api.post("/v2/friend/facebook", json={"token": token}, headers=player.headers)
    assert (answer.status_code, answer.json()) == (200, {})
    assert [seen.path for seen in providers.requests] == [FRIENDS] * pages
    assert all(seen.query["appsecret_proof"] for seen in providers.requests)
    listed = (await api.get("/v2/friend", headers=player.headers)).json().get("friends", [])
    assert {friend["user"]["facebook_id"] for friend in listed} == set(ids[-2:])
    assert all(bearer(answer) for answer in playing)


@pytest.mark.parametrize(
    "page",
    [
        {"data": [], "paging": {"next": "https://graph.example.com/"}},
        {"data": [], "paging": {"next": "https://graph.example.com/", "cursors": {"after": ""}}},
        {"data": [], "paging": {"next": "https://graph.example.com/", "cursors": {"after": 5}}},
        {"data": [], "paging": {"next": 5}},
        {"data": [], "paging": []},
        {"data": {}},
        {"data": ["10001"]},
        {"data": [{"id": 10001}]},
        [],
        None,
    ],
)
async def test_friends_of_the_wrong_form_are_refused(
    page: Any, api: httpx.AsyncClient, providers: Providers
) -> None:
    providers.faults.add(FRIENDS, json=page)
    answer = await import_friends(api, providers.facebook.user(new()))
    assert told(answer) == REFUSALS["facebook"]
    assert len(providers.requests) == 1


@pytest.mark.parametrize("fault", FAILED_PAGES)
async def test_a_later_page_that_fails_spoils_the_list(
    fault: dict[str, Any], api: httpx.AsyncClient, providers: Providers
) -> None:
    ids = [new() for _ in range(60)]
    await authenticate(api, "facebook", {"token": providers.facebook.user(ids[0])})
    providers.faults.add(FRIENDS, after=2, **fault)
    player = await sign_in_async(api)
    token = providers.facebook.user(new(), friends=ids)
    answer = await api.post("/v2/friend/facebook", json={"token": token}, headers=player.headers)
    assert told(answer) == REFUSALS["facebook"]
    assert len(providers.asked(FRIENDS)) == 3
    assert (await api.get("/v2/friend", headers=player.headers)).json() == {}


async def test_a_list_without_end_is_refused(api: httpx.AsyncClient, providers: Providers) -> None:
    page = {"data": [{"id": "1"}], "paging": {"next": "more", "cursors": {"after": "same"}}}
    providers.faults.add(FRIENDS, json=page)
    answer = await import_friends(api, providers.facebook.user(new()))
    assert told(answer) == REFUSALS["facebook"]
    assert len(providers.requests) == 100


async def test_limited_login_lists_no_friends(api: httpx.AsyncClient, providers: Providers) -> None:
    answer = await import_friends(api, providers.limited_login.token(new()))
    assert told(answer) == REFUSALS["facebook"]
    assert providers.requests == []
