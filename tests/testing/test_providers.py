"""The server that plays providers and stores: its log, its faults, its offers."""

import gc
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import jwt
import pytest

from kizuna.clock import ShiftedClock
from kizuna.configuration import load
from kizuna.settings import KEYS, Settings
from kizuna.testing.providers import Part, Providers, Response, World
from kizuna.testing.providers.routing import Router
from kizuna.testing.providers.times import instant
from tests.support.providers import nested
from tests.support.waiting import wait_until

KEYS_OF_APPLE = "/auth/keys"


@pytest.fixture
def fake(providers: Providers) -> Iterator[Providers]:
    """The fakes, on which nothing is wrong and nobody has asked anything."""
    providers.faults.clear()
    providers.requests.clear()
    yield providers
    providers.faults.clear()


@pytest.fixture
def http(fake: Providers) -> Iterator[httpx.Client]:
    """Somebody who asks them."""
    with httpx.Client(base_url=fake.url, timeout=5, trust_env=False) as client:
        yield client


# --- the server ---


def test_every_request_is_remembered(fake: Providers, http: httpx.Client) -> None:
    http.get("/auth/keys?b=1&a=%2F&a=", headers={"X-Thing": "yes"})
    http.post("/token", data={"code": "4/x"})
    keys, token = fake.requests
    assert (keys.method, keys.path, keys.raw_query) == ("GET", "/auth/keys", "b=1&a=%2F&a=")
    assert (keys.query, keys.headers["x-thing"], keys.body) == ({"b": "1", "a": ""}, "yes", b"")
    assert (token.method, token.body) == ("POST", b"code=4%2Fx")
    assert fake.asked("/token") == [token]


def test_requests_of_nobody_in_particular(fake: Providers, http: httpx.Client) -> None:
    assert http.get("/auth/keys/").status_code == 404
    assert http.post("/auth/keys").status_code == 404
    assert [seen.path for seen in fake.requests] == ["/auth/keys/", "/auth/keys"]


def test_two_fakes_at_once_have_addresses_and_memories_of_their_own(fake: Providers) -> None:
    with Providers() as other:
        assert other.url != fake.url
        httpx.get(f"{other.url}{KEYS_OF_APPLE}")
        assert len(other.requests) == 1
        assert fake.requests == []


def test_after_its_end_nobody_answers_and_then_again_at_the_same_address() -> None:
    fake = Providers()
    fake.start()
    url = f"{fake.url}{KEYS_OF_APPLE}"
    published = httpx.get(url).json()
    fake.stop()
    fake.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    fake.start()
    assert httpx.get(url).json() == published
    fake.stop()


def test_its_end_does_not_wait_for_those_who_do() -> None:
    with Providers() as fake:
        fake.faults.add(KEYS_OF_APPLE, delay=60)
        failures: list[BaseException] = []

        def wait() -> None:
            try:
                httpx.get(f"{fake.url}{KEYS_OF_APPLE}", timeout=30)
            except httpx.HTTPError as error:
                failures.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        wait_until(lambda: fake.requests, within=5, what="the request")
        began = time.monotonic()
    waiting.join(10)
    assert time.monotonic() - began < 5
    assert len(failures) == 1


def test_a_port_that_is_taken_is_an_error(fake: Providers) -> None:
    with pytest.raises(OSError, match="in use"):
        Providers(port=int(fake.url.rsplit(":", 1)[1])).start()


def test_no_proxy_stands_before_it(fake: Providers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.delenv("no_proxy", raising=False)
    with Providers() as other:
        assert httpx.get(f"{other.url}{KEYS_OF_APPLE}").status_code == 200
    assert os.environ["NO_PROXY"] == "example.com,127.0.0.1,localhost"


def test_the_settings_are_settings_and_name_no_other_host(fake: Providers) -> None:
    assert fake.settings.keys() <= KEYS.keys()
    settings = Settings.model_validate(nested(fake.settings))
    ours = (fake.url, fake.url.replace("127.0.0.1", "localhost"))
    for key in KEYS:
        if key.startswith(("social.", "iap.", "google_auth.")) and "_url" in key:
            assert str(settings.value(key)).startswith(ours), key


def test_files_of_the_settings_go_with_the_fakes() -> None:
    with Providers() as fake:
        file = Path(fake.settings["social.gamecenter.trust_anchors"])
    assert file.exists()  # a server that starts later reads it
    del fake
    gc.collect()
    assert not file.parent.exists()


def test_tests_that_need_no_fakes_do_not_load_them() -> None:
    code = "import sys, kizuna.testing.plugin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "kizuna.testing.plugin" in loaded
    assert not {"kizuna.testing.providers", "cryptography", "uvicorn", "pydantic"} & loaded


# --- routes ---


class _Shop(Part):
    name = "shop"

    def routes(self):  # type: ignore[no-untyped-def]
        answer = lambda request: Response(body=repr(request.params).encode())  # noqa: E731
        return dict.fromkeys(
            ["GET /a/{x}", "GET /a/fixed", "GET /a/{x}/b/{y}:act", "GET /a/{x}/b/{y}", "GET /k/{n}.cer"],
            answer,
        )


@pytest.mark.parametrize(
    ("path", "route", "params"),
    [
        ("/a/fixed", "/a/fixed", {}),
        ("/a/1%2F2", "/a/{x}", {"x": "1/2"}),
        ("/a/1/b/tok.en", "/a/{x}/b/{y}", {"x": "1", "y": "tok.en"}),
        ("/a/1/b/token:act", "/a/{x}/b/{y}:act", {"x": "1", "y": "token"}),
        ("/k/gc-1.cer", "/k/{n}.cer", {"n": "gc-1"}),
    ],
)
def test_paths_with_parameters(path: str, route: str, params: dict[str, str]) -> None:
    found = Router([_Shop(World(ShiftedClock()))]).find("GET", path)
    assert found is not None
    assert (found[0].path, found[1]) == (route, params)


@pytest.mark.parametrize("path", ["/a/", "/a", "/a/1/b", "/k/gc-1xcer", "/a/1/b/c/d"])
def test_paths_that_are_none(path: str) -> None:
    assert Router([_Shop(World(ShiftedClock()))]).find("GET", path) is None


def test_two_parts_that_want_one_path() -> None:
    world = World(ShiftedClock())
    with pytest.raises(ValueError, match="two parts answer GET /a/"):
        Router([_Shop(world), _Shop(world)])


# --- faults ---


def test_another_answer(fake: Providers, http: httpx.Client) -> None:
    fake.faults.add(KEYS_OF_APPLE, status=503, body=b"<html>", content_type="text/html", times=1)
    fake.faults.add(KEYS_OF_APPLE, json=None, times=1)
    fake.faults.add(KEYS_OF_APPLE, redirect="https://elsewhere.example/", times=1)
    answers = [http.get(KEYS_OF_APPLE) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 200, 302, 200]
    assert (answers[0].text, answers[0].headers["content-type"]) == ("<html>", "text/html")
    assert answers[1].text == "null"
    assert answers[2].headers["location"] == "https://elsewhere.example/"
    assert answers[3].json()["keys"]


def test_a_fault_after_some_that_go_well(fake: Providers, http: httpx.Client) -> None:
    fault = fake.faults.add(KEYS_OF_APPLE, status=500, after=2, times=1)
    assert [http.get(KEYS_OF_APPLE).status_code for _ in range(4)] == [200, 200, 500, 200]
    assert fault.hits == 1


def test_faults_are_where_they_should_be_and_end_when_told(fake: Providers, http: httpx.Client) -> None:
    fake.faults.add("/public-key/{name}.cer", status=500)
    assert http.get("/public-key/gc-prod-10.cer").status_code == 500
    assert http.get(KEYS_OF_APPLE).status_code == 200
    fake.faults.add("*", status=502)
    assert http.get(KEYS_OF_APPLE).status_code == 502
    fake.faults.clear()
    assert http.get("/public-key/gc-prod-10.cer").status_code == 200


def test_a_delay_before_the_answer_and_one_within_it(fake: Providers, http: httpx.Client) -> None:
    fake.faults.add(KEYS_OF_APPLE, delay=0.3, times=1)
    fake.faults.add(KEYS_OF_APPLE, body_delay=0.3, times=1)
    for slow_head in (True, False):
        began = time.monotonic()
        with http.stream("GET", KEYS_OF_APPLE) as answer:
            head = time.monotonic() - began
            assert answer.read()
        assert time.monotonic() - began >= 0.3
        assert (head >= 0.3) is slow_head


def test_a_client_that_does_not_wait_gets_no_code_exchanged(fake: Providers, http: httpx.Client) -> None:
    fake.faults.add("/token", delay=0.5, times=1)
    form = {
        "code": fake.google.auth_code("p"),
        "client_id": fake.google.client_id,
        "client_secret": fake.google.client_secret,
        "redirect_uri": fake.google.redirect_uri,
        "grant_type": "authorization_code",
    }
    with pytest.raises(httpx.ReadTimeout):
        http.post("/token", data=form, timeout=0.1)
    assert http.post("/token", data=form).status_code == 200


def test_an_answer_that_breaks_off(fake: Providers, http: httpx.Client) -> None:
    fake.faults.add(KEYS_OF_APPLE, truncated=True, times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        http.get(KEYS_OF_APPLE)


def test_a_connection_that_is_reset(fake: Providers, http: httpx.Client) -> None:
    fake.faults.add(KEYS_OF_APPLE, reset=True, times=1)
    with pytest.raises(httpx.ReadError, match="reset by peer"):
        http.get(KEYS_OF_APPLE)
    assert http.get(KEYS_OF_APPLE).status_code == 200


def test_an_answer_without_end(fake: Providers, http: httpx.Client) -> None:
    fake.faults.add(KEYS_OF_APPLE, huge=3_000_000, times=1)
    assert len(http.get(KEYS_OF_APPLE).content) == 3_000_000
    fake.faults.add(KEYS_OF_APPLE, huge=10**12, times=1)
    with http.stream("GET", KEYS_OF_APPLE) as answer:
        assert answer.headers["content-length"] == str(10**12)
        next(answer.iter_raw())
    assert http.get(KEYS_OF_APPLE).status_code == 200


def test_faults_are_no_news_for_the_log(
    fake: Providers, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    fake.faults.add(KEYS_OF_APPLE, truncated=True, times=1)
    fake.faults.add(KEYS_OF_APPLE, reset=True, times=1)
    for _ in range(2):
        with pytest.raises(httpx.HTTPError):
            http.get(KEYS_OF_APPLE)
    fake.faults.add(KEYS_OF_APPLE, huge=10**12, times=1)
    with http.stream("GET", KEYS_OF_APPLE) as answer:
        next(answer.iter_raw())
    assert http.get(KEYS_OF_APPLE).status_code == 200
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


def test_a_part_that_fails_says_so(
    fake: Providers, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    fake.apple.publish([{"a set is": "no JSON"}.keys()])
    try:
        assert http.get(KEYS_OF_APPLE).status_code == 500
    finally:
        fake.apple.rotate()
    assert "The fake of GET /auth/keys failed." in caplog.text


# --- for developers ---


def test_the_page_has_a_command_for_every_offer(fake: Providers, http: httpx.Client) -> None:
    page = http.get("/").text
    for part in fake.parts:
        for name in part.offers():
            assert f"curl -s {fake.url}/fake/{part.name}/{name} " in page


def test_every_offer_gives_something_for_its_example(fake: Providers, http: httpx.Client) -> None:
    taken = 0
    for part in fake.parts:
        for name, offer in part.offers().items():
            example = offer.examples[0]
            if "above" in str(example):  # which stands for what another offer has given
                continue
            answer = http.post(f"/fake/{part.name}/{name}", json=example)
            assert answer.status_code == 200, answer.text
            assert answer.json()
            taken += 1
    assert taken >= 12
    assert fake.requests == []  # only what kizuna asks is remembered


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "no JSON"),
        (b"[]", "no JSON object"),
        (b"{}", 'The field "sub" is missing: text.'),
        (b'{"sub": 5}', 'The field "sub" must be text, and not 5.'),
        (
            b'{"sub": "a", "email_verified": 1}',
            'The field "email_verified" must be true or false, and not 1.',
        ),
        (b'{"sub": "a", "without": ["exp", 1]}', 'The field "without" must be list of texts'),
        (
            b'{"sub": "a", "emial": 1}',
            'There is no field "emial". Did you mean "email"? The fields are: sub (text',
        ),
        (
            b'{"sub": "a", "audience": "b"}',
            'There is no field "audience". The fields are: sub (text, required); ',
        ),
    ],
)
def test_an_offer_that_cannot_be_taken(http: httpx.Client, body: bytes, told: str) -> None:
    answer = http.post("/fake/apple/token", content=body)
    assert answer.status_code == 400
    assert told in answer.text


def test_a_field_that_is_null_is_left_out(fake: Providers, http: httpx.Client) -> None:
    answer = http.post("/fake/apple/token", json={"sub": "a", "email": None})
    assert "email" not in jwt.decode(answer.json()["token"], options={"verify_signature": False})


@pytest.mark.parametrize("nothing", ["transaction_id", "user_id", "payload", "chain"])
def test_the_page_tells_the_fields_and_their_values(http: httpx.Client, nothing: str) -> None:
    page = http.get("/").text
    assert f"\n#   {nothing}: " in page
    assert "\n#   kind: one of TEST, SUBSCRIBED, DID_RENEW, " in page


def test_the_page_tells_what_a_restart_forgets(http: httpx.Client) -> None:
    page = http.get("/").text
    assert "A restart makes new keys and forgets all purchases." in page
    assert "--data-dir of its own" in page


def test_settings_in_a_file(fake: Providers, http: httpx.Client, tmp_path: Path) -> None:
    file = tmp_path / "fakes.yaml"
    file.write_text(http.get("/fake/settings.yaml").text)
    settings = load([file]).settings
    assert {key: settings.value(key) for key in fake.settings} == {
        key: Settings.model_validate(nested(fake.settings)).value(key) for key in fake.settings
    }


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        ("2030-01-01T01:00:00+01:00", 1_893_456_000),
        ("2030-01-01", 1_893_456_000),
        (1_893_456_000, 1_893_456_000),
        (1_893_456_000.5, 1_893_456_000.5),
    ],
)
def test_times(moment: str | float, seconds: float) -> None:
    assert instant(moment).timestamp() == seconds


@pytest.mark.parametrize(
    "moment", ["soon", "2030-13-01", "2030-01-01T00:00:00", 1_893_456_000_000, True, [1], ""]
)
def test_times_that_are_none(http: httpx.Client, moment: object) -> None:
    answer = http.post("/fake/app_store/transaction", json={"product_id": "p", "expires": moment})
    assert answer.status_code == 400
    assert answer.text.startswith('The field "expires" must be a time such as "2030-01-31T12:00:00Z", a date')


def test_a_fake_that_fails_says_so(
    fake: Providers, http: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fake.apple, "token", lambda **_: 1 // 0)
    answer = http.post("/fake/apple/token", json={"sub": "a"})
    assert answer.status_code == 500
    assert "ZeroDivisionError" in caplog.text


def test_nothing_logs_what_was_asked(
    fake: Providers, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    access = logging.getLogger("uvicorn.access")
    access.addHandler(caplog.handler)
    access.setLevel(logging.DEBUG)
    try:
        http.get("/v1/me?access_token=secret")
    finally:
        access.removeHandler(caplog.handler)
        access.setLevel(logging.NOTSET)
    assert len(fake.asked("/v1/me")) == 1
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


def test_offers_that_are_none(http: httpx.Client) -> None:
    assert http.get("/fake/apple/token").status_code == 405
    assert http.post("/fake/apple/tokens").status_code == 404


def test_it_is_reached_from_this_machine_alone(fake: Providers) -> None:
    port = int(fake.url.rsplit(":", 1)[1])
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in addresses - {"127.0.0.1"}:
        with socket.socket() as probe:
            probe.settimeout(2)
            assert probe.connect_ex((str(address), port)) != 0


def test_its_time_is_that_of_the_server(fake: Providers, app_clock: ShiftedClock) -> None:
    before = fake.facebook_instant.signed_player_info("a")
    app_clock.offset = timedelta(days=1)
    try:
        assert fake.clock.unix() - time.time() == pytest.approx(86_400, abs=5)
        assert fake.facebook_instant.signed_player_info("a") != before
    finally:
        app_clock.offset = timedelta(0)
