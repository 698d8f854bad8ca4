"""What the fakes of identity providers issue and publish, read by libraries that others have written."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers
from kizuna.testing.providers.keys import ec_key, public_pem, rsa_key
from tests.support.providers import nested


@pytest.fixture
def http(providers: Providers) -> Iterator[httpx.Client]:
    """Somebody who asks the fakes."""
    providers.faults.clear()
    with httpx.Client(base_url=providers.url, timeout=5, trust_env=False) as client:
        yield client


@pytest.fixture
def settings(provider_settings: dict[str, Any]) -> dict[str, Any]:
    """What a server is told of identity providers."""
    return provider_settings["social"]


def published(http: httpx.Client, path: str, token: str) -> jwt.PyJWK:
    """The published key that a token names."""
    keys = jwt.PyJWKSet.from_dict(http.get(path).json())
    return keys[jwt.get_unverified_header(token)["kid"]]


# --- ID tokens ---

ISSUERS = [
    ("apple", "/auth/keys", "https://appleid.apple.com"),
    ("limited_login", "/.well-known/oauth/openid/jwks/", "https://www.facebook.com"),
    ("google", "/oauth2/v3/certs", "https://accounts.google.com"),
]
every_issuer = pytest.mark.parametrize(("name", "path", "issuer"), ISSUERS)


@every_issuer
def test_a_token_is_what_the_library_takes(
    providers: Providers, http: httpx.Client, name: str, path: str, issuer: str
) -> None:
    part = getattr(providers, name)
    token = part.token("ada", email="ada@example.com")
    claims = jwt.decode(
        token,
        published(http, path, token),
        algorithms=["RS256"],
        audience=part.client_id,
        issuer=issuer,
        options={"require": ["exp", "iat", "sub"]},
    )
    assert (claims["sub"], claims["email"]) == ("ada", "ada@example.com")
    assert claims["exp"] - claims["iat"] == part.lifetime


@every_issuer
def test_a_token_can_be_wrong_in_every_way(
    providers: Providers, http: httpx.Client, name: str, path: str, issuer: str
) -> None:
    part = getattr(providers, name)
    key = published(http, path, part.token("ada"))

    def refused(**changes: Any) -> type[Exception]:
        with pytest.raises(jwt.InvalidTokenError) as failed:
            jwt.decode(
                part.token("ada", **changes),
                key,
                algorithms=["RS256"],
                audience=part.client_id,
                issuer=issuer,
                options={"require": ["exp", "sub"]},
            )
        return failed.type

    now = part.world.now()
    assert refused(claims={"exp": now - 1}) is jwt.ExpiredSignatureError
    assert refused(claims={"nbf": now + 60}) is jwt.ImmatureSignatureError
    assert refused(claims={"aud": "another"}) is jwt.InvalidAudienceError
    assert refused(claims={"iss": "https://evil.example"}) is jwt.InvalidIssuerError
    assert refused(without=["exp"]) is jwt.MissingRequiredClaimError
    assert refused(key=rsa_key("attacker")) is jwt.InvalidSignatureError
    assert refused(key=None, algorithm="none") is jwt.InvalidAlgorithmError
    assert refused(key=public_pem(part.signing_key).encode(), algorithm="HS256") is jwt.InvalidAlgorithmError
    assert refused(algorithm="RS512") is jwt.InvalidAlgorithmError


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "ES256", "HS256", "HS512"])
def test_every_algorithm_signs_what_the_library_verifies(providers: Providers, algorithm: str) -> None:
    keys: dict[str, tuple[Any, Any]] = {
        "HS": (b"s" * 64, b"s" * 64),
        "ES": (ec_key("test"), ec_key("test").public_key()),
        "RS": (rsa_key("test"), rsa_key("test").public_key()),
    }
    signing, verifying = keys.get(algorithm[:2], keys["RS"])
    token = providers.apple.token("ada", key=signing, algorithm=algorithm)
    audience = providers.apple.client_id
    assert jwt.decode(token, verifying, algorithms=[algorithm], audience=audience)["sub"] == "ada"


def test_a_token_without_a_signature(providers: Providers) -> None:
    token = providers.apple.token("ada", key=None, algorithm="none")
    assert token.endswith(".")
    assert jwt.get_unverified_header(token)["alg"] == "none"


def test_the_header_can_say_what_it_wants(providers: Providers) -> None:
    def header(**fields: Any) -> dict[str, Any]:
        encoded = providers.apple.token("ada", header=fields).split(".")[0]
        told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(encoded + "=="))
        return told

    assert header(kid=7, jku="https://x") == {"alg": "RS256", "typ": "JWT", "kid": 7, "jku": "https://x"}
    assert header(kid=None).keys() == {"alg", "typ"}


@pytest.mark.parametrize(
    ("given", "told"), [({}, True), ({"email_verified": False}, False), ({"email_verified": "true"}, "true")]
)
def test_an_address_is_verified_unless_said_otherwise(
    providers: Providers, given: dict[str, Any], told: object
) -> None:
    for part in (providers.apple, providers.google):
        claims = jwt.decode(part.token("a", email="a@b.c", **given), options={"verify_signature": False})
        assert claims["email_verified"] == told
        assert "email_verified" not in jwt.decode(part.token("a"), options={"verify_signature": False})


@every_issuer
def test_keys_rotate(providers: Providers, http: httpx.Client, name: str, path: str, issuer: str) -> None:
    part = getattr(providers, name)
    old = part.token("ada")
    part.rotate()
    new = part.token("ada")
    jwt.decode(new, published(http, path, new), algorithms=["RS256"], audience=part.client_id)
    with pytest.raises(KeyError):
        published(http, path, old)


def test_what_is_published_can_be_anything(providers: Providers, http: httpx.Client) -> None:
    providers.apple.publish([providers.apple.signing_key, ec_key("x"), {"kid": "broken"}, 7])
    good, elliptic, *others = http.get("/auth/keys").json()["keys"]
    assert good["kid"] == jwt.get_unverified_header(providers.apple.token("a"))["kid"]
    assert jwt.PyJWK(elliptic).key_type == "EC"
    assert others == [{"kid": "broken"}, 7]
    providers.apple.rotate()
    assert len(http.get("/auth/keys").json()["keys"]) == 1


def test_certificates_of_google(providers: Providers, http: httpx.Client, clock: ShiftedClock) -> None:
    clock.offset = timedelta(days=1000)
    answer = http.get("/oauth2/v1/certs")
    assert answer.headers["cache-control"].startswith("public, max-age=")
    token = providers.google.token("ada")
    certificate = x509.load_pem_x509_certificate(
        answer.json()[jwt.get_unverified_header(token)["kid"]].encode()
    )
    assert certificate.not_valid_before_utc < clock.now() < certificate.not_valid_after_utc
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    options = {"verify_exp": False, "verify_iat": False}  # the library's time is the machine's
    jwt.decode(token, key, algorithms=["RS256"], audience=providers.google.client_id, options=options)


def test_certificates_of_google_can_be_anything(providers: Providers, http: httpx.Client) -> None:
    short = providers.google.certificate(days=0.01)
    providers.google.publish_certificates({"a": short, "b": "none"})
    assert http.get("/oauth2/v1/certs").json() == {"a": short, "b": "none"}
    providers.google.rotate()
    assert list(http.get("/oauth2/v1/certs").json()) == [providers.google.key_id]


# --- auth codes ---


@pytest.fixture
def exchange(http: httpx.Client, provider_settings: dict[str, Any]) -> Any:
    """Exchanges a code as the client that the settings describe; keywords replace fields."""
    client = json.loads(provider_settings["google_auth"]["credentials_json"])["web"]

    def post(code: str, auth: tuple[str, str] | None = None, **fields: Any) -> httpx.Response:
        form = {
            "code": code,
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
            "redirect_uri": client["redirect_uris"][0],
            "grant_type": "authorization_code",
            **fields,
        }
        form = {name: value for name, value in form.items() if value is not None}
        return http.post(client["token_uri"], data=form, auth=auth)

    return post


def test_a_code_is_exchanged_for_a_player_once(
    providers: Providers, http: httpx.Client, exchange: Any
) -> None:
    code = providers.google.auth_code("a_1", "Ada", "https://x.example/a.png", "g1")
    assert code.count(".") != 2  # else it could be taken for a token
    granted = exchange(code).json()
    me = http.get("/games/v1/players/me", params={"access_token": granted["access_token"]})
    assert me.json() == {
        "kind": "games#player",
        "playerId": "a_1",
        "displayName": "Ada",
        "avatarImageUrl": "https://x.example/a.png",
        "originalPlayerId": "g1",
    }
    bearer = {"Authorization": f"Bearer {granted['access_token']}"}
    assert http.get("/games/v1/players/me", headers=bearer).json() == me.json()
    again = exchange(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_the_client_may_be_named_in_the_header(providers: Providers, exchange: Any) -> None:
    google = providers.google
    basic = {"client_id": None, "client_secret": None}
    assert exchange(google.auth_code("a"), (google.client_id, google.client_secret), **basic).is_success
    refused = exchange(google.auth_code("a"), (google.client_id, "wrong"), **basic)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"redirect_uri": "https://elsewhere.example"}, 400, "redirect_uri_mismatch"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"code": ""}, 400, "invalid_request"),
        ({"code": "4/other"}, 400, "invalid_grant"),
    ],
)
def test_a_bad_exchange_spends_no_code(
    providers: Providers, exchange: Any, changed: dict[str, Any], status: int, error: str
) -> None:
    code = providers.google.auth_code("a")
    refused = exchange(**{"code": code, **changed})
    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert exchange(code).is_success


def test_a_code_does_not_wait_for_ever(providers: Providers, exchange: Any, clock: ShiftedClock) -> None:
    code = providers.google.auth_code("a")
    clock.offset = timedelta(seconds=601)
    assert exchange(code).json()["error"] == "invalid_grant"


def test_players_are_for_those_who_have_a_token(http: httpx.Client) -> None:
    assert http.get("/games/v1/players/me").status_code == 401
    assert http.get("/games/v1/players/me?access_token=ya29.none").status_code == 401


# --- Graph ---


def me(http: httpx.Client, token: str | None, path: str = "me", **query: Any) -> httpx.Response:
    """Ask Graph of whoever has the token."""
    own = {} if token is None else {"access_token": token}
    return http.get(f"/v22.0/{path}", params={**own, **query})


def proof(token: str, secret: str) -> str:
    """appsecret_proof, as Facebook documents it."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def test_a_user_of_facebook(providers: Providers, http: httpx.Client) -> None:
    token = providers.facebook.user("1", "Ada", "ada@example.com", "https://x.example/p.png")
    assert me(http, token).json() == {"id": "1", "name": "Ada"}
    assert me(http, token, fields="id,name,email,picture").json() == {
        "id": "1",
        "name": "Ada",
        "email": "ada@example.com",
        "picture": {
            "data": {"height": 50, "width": 50, "is_silhouette": False, "url": "https://x.example/p.png"}
        },
    }
    assert me(http, providers.facebook.user("2"), fields="id,name,email,picture").json() == {"id": "2"}


def test_tokens_that_facebook_refuses(providers: Providers, http: httpx.Client, clock: ShiftedClock) -> None:
    def error(token: str | None) -> dict[str, Any]:
        for path in ("me", "me/friends"):
            answer = me(http, token, path)
            assert answer.status_code == 400
        refusal: dict[str, Any] = answer.json()["error"]
        assert refusal["message"]
        return refusal

    assert error("EAAnobody")["code"] == 190
    assert error(None)["code"] == 2500
    token = providers.facebook.user("1", expires_in=60)
    assert me(http, token).is_success
    clock.offset = timedelta(seconds=61)
    assert (error(token)["code"], error(token)["error_subcode"]) == (190, 463)
    revoked = providers.facebook.user("1")
    providers.facebook.revoke(revoked)
    assert error(revoked)["type"] == "OAuthException"


def test_a_proof_is_checked_when_it_is_sent(
    providers: Providers, http: httpx.Client, settings: dict[str, Any]
) -> None:
    secret = settings["facebook"]["app_secret"]
    own, other = providers.facebook.user("1"), providers.facebook.user("1", app="other")
    for path in ("me", "me/friends"):
        assert me(http, own, path).is_success
        assert me(http, other, path).is_success
        assert me(http, own, path, appsecret_proof=proof(own, secret)).is_success
        for wrong in ((own, "other secret"), (other, secret), (own, "")):
            refused = me(http, wrong[0], path, appsecret_proof=proof(*wrong))
            assert (refused.status_code, refused.json()["error"]["code"]) == (400, 100)


@pytest.mark.parametrize("count", [0, 1, 25, 26, 75])
def test_friends_come_in_pages(providers: Providers, http: httpx.Client, count: int) -> None:
    friends = [str(1000 + number) for number in range(count)]
    token = providers.facebook.user("1", friends=friends)
    by_cursor, page = [], me(http, token, "me/friends").json()
    by_link = [friend["id"] for friend in page["data"]]
    while page.get("paging", {}).get("next"):
        by_cursor += page["data"]
        assert len(page["data"]) == 25
        by_link += [friend["id"] for friend in http.get(page["paging"]["next"]).json()["data"]]
        page = me(http, token, "me/friends", after=page["paging"]["cursors"]["after"]).json()
    by_cursor += page["data"]
    assert [friend["id"] for friend in by_cursor] == by_link == friends
    assert page["summary"]["total_count"] == count


def test_pages_that_are_none(providers: Providers, http: httpx.Client) -> None:
    token = providers.facebook.user("1", friends=["2"])
    assert me(http, token, "me/friends", after="nonsense").status_code == 400
    assert http.get(f"/nonsense/me?access_token={token}").status_code == 400


# --- Facebook Instant Games ---


def test_signed_player_info(providers: Providers, settings: dict[str, Any]) -> None:
    def opened(signed: str, secret: bytes, digest: str) -> Any:
        signature, payload = signed.split(".")
        assert "=" not in signed
        due = hmac.new(secret, payload.encode(), digest).digest()
        assert base64.urlsafe_b64decode(signature + "==") == due
        return json.loads(base64.urlsafe_b64decode(payload + "=="))

    secret = settings["facebook_instant_game"]["app_secret"].encode()
    part = providers.facebook_instant
    info = opened(part.signed_player_info("ada"), secret, "sha256")
    assert (info["algorithm"], info["player_id"]) == ("HMAC-SHA256", "ada")
    assert isinstance(info["issued_at"], int)
    assert opened(part.signed_player_info("ada", secret="x"), b"x", "sha256")["player_id"] == "ada"
    assert opened(part.signed_player_info("ada", algorithm="HS512"), secret, "sha512")["algorithm"] == "HS512"
    assert (
        opened(part.signed_player_info("ada", payload={"player_id": 7}), secret, "sha256")["player_id"] == 7
    )


# --- Game Center ---


def game_center(http: httpx.Client, credentials: dict[str, Any]) -> x509.Certificate:
    """Check a signature as Apple describes it; the certificate that was used. Raises InvalidSignature."""
    assert credentials["public_key_url"].startswith("https://static.gc.apple.com/public-key/")
    data = http.get(httpx.URL(credentials["public_key_url"]).path).content
    certificate = x509.load_der_x509_certificate(data)
    signed = (
        credentials["player_id"].encode()
        + credentials["bundle_id"].encode()
        + credentials["timestamp_seconds"].to_bytes(8, "big")
        + base64.b64decode(credentials["salt"], validate=True)
    )
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    signature = base64.b64decode(credentials["signature"], validate=True)
    key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    return certificate


@pytest.fixture
def authority(settings: dict[str, Any]) -> x509.Certificate:
    """Who the settings trust."""
    with open(settings["gamecenter"]["trust_anchors"], "rb") as file:
        [anchor] = x509.load_pem_x509_certificates(file.read())
    return anchor


def test_a_player_of_game_center(
    providers: Providers, http: httpx.Client, settings: dict[str, Any], authority: x509.Certificate
) -> None:
    credentials = providers.game_center.credentials("T:_ada")
    certificate = game_center(http, credentials)
    certificate.verify_directly_issued_by(authority)
    assert certificate.not_valid_before_utc < datetime.now(UTC) < certificate.not_valid_after_utc
    assert credentials["bundle_id"] in settings["gamecenter"]["bundle_ids"]
    assert credentials["timestamp_seconds"] == pytest.approx(datetime.now(UTC).timestamp() * 1000, abs=60_000)


@pytest.mark.parametrize(
    "changed",
    [{"player_id": "T:_eve"}, {"bundle_id": "com.example.other"}, {"timestamp_seconds": 1}, {"salt": "AAAA"}],
)
def test_what_is_changed_after_the_signature(
    providers: Providers, http: httpx.Client, changed: dict[str, Any]
) -> None:
    credentials = {**providers.game_center.credentials("T:_ada"), **changed}
    with pytest.raises(InvalidSignature):
        game_center(http, credentials)


def test_certificates_that_are_not_to_be_trusted(
    providers: Providers, http: httpx.Client, authority: x509.Certificate, clock: ShiftedClock
) -> None:
    part = providers.game_center
    clock.offset = timedelta(days=400)
    expired = game_center(http, part.credentials("a", certificate="expired"))
    assert expired.not_valid_after_utc < clock.now()
    early = game_center(http, part.credentials("a", certificate="not yet valid"))
    assert early.not_valid_before_utc > clock.now()
    own = game_center(http, part.credentials("a", certificate="self-signed"))
    own.verify_directly_issued_by(own)
    for foreign in (own, game_center(http, part.credentials("a", certificate="other authority"))):
        with pytest.raises((ValueError, InvalidSignature)):
            foreign.verify_directly_issued_by(authority)


def test_certificates_of_another_form(providers: Providers, http: httpx.Client) -> None:
    def fetched(kind: str) -> bytes:
        url = providers.game_center.credentials("a", certificate=kind)["public_key_url"]
        return http.get(httpx.URL(url).path).content

    assert x509.load_pem_x509_certificate(fetched("pem")).public_key() == (
        x509.load_der_x509_certificate(fetched("good")).public_key()
    )
    assert not isinstance(x509.load_der_x509_certificate(fetched("elliptic")).public_key(), rsa.RSAPublicKey)
    assert http.get("/public-key/gc-prod-99.cer").status_code == 404


def test_a_signature_with_another_hash(providers: Providers, http: httpx.Client) -> None:
    with pytest.raises(InvalidSignature):
        game_center(http, providers.game_center.credentials("a", digest=hashes.SHA1()))


# --- Steam ---

AUTHENTICATE = "/ISteamUserAuth/AuthenticateUserTicket/v1/"
FRIENDS = "/ISteamUser/GetFriendList/v0001/"


@pytest.fixture
def steam(http: httpx.Client, settings: dict[str, Any]) -> Any:
    """Asks Steam as the settings say; keywords replace parameters, None leaves one out."""
    told = settings["steam"]

    def get(path: str, **changed: Any) -> httpx.Response:
        query = {"format": "json", "key": told["publisher_key"], "appid": told["app_id"]}
        query |= {"identity": told["identity"], **changed}
        return http.get(path, params={name: value for name, value in query.items() if value is not None})

    return get


def test_a_ticket_of_steam(providers: Providers, steam: Any) -> None:
    ticket = providers.steam.ticket("76561197960287930")
    bytes.fromhex(ticket)
    about = steam(AUTHENTICATE, ticket=ticket).json()["response"]["params"]
    assert (about["result"], about["steamid"]) == ("OK", "76561197960287930")
    assert steam(AUTHENTICATE, ticket=ticket.upper()).json()["response"]["params"] == about
    changed = providers.steam.ticket(7, params={"vacbanned": True, "steamid": 7})
    told = steam(AUTHENTICATE, ticket=changed).json()["response"]["params"]
    assert (told["vacbanned"], told["steamid"]) == (True, 7)


@pytest.mark.parametrize(
    "changed", [{"ticket": "00ff"}, {"appid": 481}, {"identity": "other"}, {"identity": None}]
)
def test_tickets_that_steam_refuses(providers: Providers, steam: Any, changed: dict[str, Any]) -> None:
    answer = steam(AUTHENTICATE, **{"ticket": providers.steam.ticket(1), **changed})
    assert answer.status_code == 200
    assert set(answer.json()["response"]) == {"error"}


def test_a_ticket_without_an_identity(providers: Providers, steam: Any) -> None:
    ticket = providers.steam.ticket(1, identity="")
    assert "params" in steam(AUTHENTICATE, ticket=ticket, identity=None).json()["response"]


def test_steam_answers_its_publishers_alone(providers: Providers, steam: Any) -> None:
    ticket = providers.steam.ticket(1, friends=[2])
    for asked in ({"path": AUTHENTICATE, "ticket": ticket}, {"path": FRIENDS, "steamid": 1}):
        assert steam(**asked, key="wrong").status_code == 403
        assert steam(**asked, key=None).status_code == 400
    assert steam(AUTHENTICATE).status_code == 400


def test_friends_on_steam(providers: Providers, steam: Any) -> None:
    providers.steam.ticket(1, friends=[2, "3"])
    providers.steam.ticket(4, private=True)
    providers.steam.ticket(5)
    listed = steam(FRIENDS, steamid=1, relationship="friend").json()["friendslist"]["friends"]
    assert [friend["steamid"] for friend in listed] == ["2", "3"]
    assert steam(FRIENDS, steamid=4).status_code == 401
    assert steam(FRIENDS, steamid=5).json() == {"friendslist": {"friends": []}}


def test_the_settings_of_one_app_are_those_of_both_logins_with_facebook(providers: Providers) -> None:
    social = nested(providers.settings)["social"]
    assert social["facebook"]["app_id"] == social["facebook_limited_login"]["app_id"]
