"""The settings and where they come from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kizuna.configuration import Loaded, SettingsError, load
from kizuna.settings import KEYS, Settings
from kizuna.testing.providers.keys import private_pem, rsa_key

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a configuration file."""

    def write(text: str) -> Path:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.yaml"
        file.write_text(text)
        return file

    return write


def refusals(*arguments: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(*arguments)
    return caught.value.sentences


# Sources


def test_without_any_source_everything_has_its_default() -> None:
    assert load() == Loaded(Settings(), [])


def test_later_sources_win_key_by_key(write: Write) -> None:
    first = write("name: a\nworkers: 2\nsocket: {port: 1, server_key: a}\nsession: {token_expiry_sec: 1}")
    second = write("workers: 3\nsocket: {port: 2, server_key: b}")
    environ = {"KIZUNA_SOCKET__PORT": "3", "KIZUNA_SOCKET__SERVER_KEY": "c"}
    settings = load([first, second], environ, {"socket.port": "4", "socket.address": None}).settings
    assert (settings.session.token_expiry_sec, settings.workers) == (1, 3)
    assert (settings.socket.server_key, settings.socket.port, settings.socket.address) == (
        "c",
        4,
        "127.0.0.1",
    )


def test_nested_and_dotted_keys_may_be_mixed(write: Write) -> None:
    file = write("session.token_expiry_sec: 7200\nsession: {single_session: true}\nsocket: {server_key: k}\n")
    settings = load([file]).settings
    assert (settings.session.token_expiry_sec, settings.session.single_session) == (7200, True)
    assert settings.socket.server_key == "k"


def test_three_levels(write: Write) -> None:
    nested = load(
        [write("social: {facebook_instant_game: {app_secret: s}}\npassword: {attempts: {per_account: 3}}")]
    )
    dotted = load([write("social.facebook_instant_game.app_secret: s\npassword.attempts.per_account: 3")])
    environ = load(
        [],
        {
            "KIZUNA_SOCIAL__FACEBOOK_INSTANT_GAME__APP_SECRET": "s",
            "KIZUNA_PASSWORD__ATTEMPTS__PER_ACCOUNT": "3",
        },
    )
    assert nested == dotted == environ
    assert nested.settings.social.facebook_instant_game.app_secret == "s"


def test_sections_and_values_may_be_left_empty(write: Write) -> None:
    assert load([write("socket:\nname:\nsession.token_expiry_sec:\n"), write("")]).settings == Settings()


def test_the_database_of_the_environment(write: Write) -> None:
    file = write("database: {url: 'postgres://file/x'}")
    plain = {"DATABASE_URL": "postgresql://environment/x"}
    own = plain | {"KIZUNA_DATABASE__URL": "postgresql://own/x"}
    assert load([file]).settings.database.url == "postgres://file/x"
    assert load([file], plain).settings.database.url == "postgresql://environment/x"
    assert load([file], own).settings.database.url == "postgresql://own/x"
    assert (
        load([file], own, {"database.url": "postgresql://flag/x"}).settings.database.url
        == "postgresql://flag/x"
    )
    assert load([], {"DATABASE_URL": ""}).settings.database.url is None


def test_nakamas_database_address(write: Write) -> None:
    for text in ("database: {address: ['root@db:5432/nakama']}", "database.address: root@db:5432/nakama"):
        assert load([write(text)]).settings.database.url == "postgresql://root@db:5432/nakama"
    file = write("database: {address: [a, b]}")
    assert refusals([file]) == [f"{file}: database.address must name exactly one database server."]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:sec/ret@127.0.0.1:5432/x",
        "postgresql://u:p@ss/w@127.0.0.1:5432/x",
        "postgresql://u:p@ss@127.0.0.1:5432/x",
        "postgresql://u:secret#word@127.0.0.1:5432/x",
        "postgresql://u:secret?word@127.0.0.1:5432/x",
        "postgresql://u:sec[ret@127.0.0.1/x",
        "postgresql://127.0.0.1:port/x",
    ],
)
def test_a_password_that_spoils_the_url_is_not_told(url: str) -> None:
    assert refusals([], {"DATABASE_URL": url}) == [
        "environment: DATABASE_URL is no valid URL; percent-encode / # ? @ in the password."
    ]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p%40s%2Fs@127.0.0.1:5432/x?sslmode=require",
        "postgres://u@[::1]:5432/x",
        "postgresql:///x?host=/run/postgresql",
        "postgresql://%2Frun%2Fpostgresql/x",
        "postgresql://u:p@one:5432,two:5433/x",
    ],
)
def test_urls_of_databases(url: str) -> None:
    assert load([], {"DATABASE_URL": url}).settings.database.url == url


def test_lists_and_maps(write: Write) -> None:
    expected = {"A": "1", "B": "x=y"}
    for text in ("[A=1, B=x=y]", "{A: '1', B: x=y}"):
        settings = load([write(f"runtime: {{env: {text}}}\nsocket.response_headers: {text}")]).settings
        assert settings.runtime.env == settings.socket.response_headers == expected
        assert load([], {"KIZUNA_RUNTIME__ENV": text}).settings.runtime.env == expected


def test_folders_of_game_code(write: Write) -> None:
    expected = (Path("/a"), Path("/b"))
    for text in ("runtime.path: /a:/b", "runtime: {path: [/a, /b]}", "runtime.modules: [/a, /b]"):
        assert load([write(text)]).settings.runtime.modules == expected
    assert load([], {"KIZUNA_RUNTIME__MODULES": "/a:/b"}).settings.runtime.modules == expected
    assert load([], {}, {"runtime.modules": ["/a", "/b"]}).settings.runtime.modules == expected


def test_settings_of_the_embedded_database(write: Write) -> None:
    file = write("database: {embedded: {settings: {shared_buffers: 1GB, max_connections: 20, jit: off}}}")
    expected = {"shared_buffers": "1GB", "max_connections": "20", "jit": "off"}
    assert load([file]).settings.database.embedded.settings == expected


def test_variables_that_are_no_settings() -> None:
    """Our own for other purposes, and what a container platform sets for a service named kizuna."""
    environ = {
        "KIZUNA_POSTGRES_BIN": "/x",
        "KIZUNA_SOAK_SECONDS": "60",
        "KIZUNA_SERVICE_HOST": "10.0.0.1",
        "KIZUNA_SERVICE_PORT": "7350",
        "KIZUNA_SERVICE_PORT_API": "7350",
        "KIZUNA_PORT": "tcp://10.0.0.1:7350",
        "KIZUNA_PORT_7350_TCP": "tcp://10.0.0.1:7350",
        "KIZUNA_PORT_7350_TCP_ADDR": "10.0.0.1",
        "KIZUNAISH": "x",
    }
    assert load([], environ) == Loaded(Settings(), [])


def test_a_port_without_its_section_is_no_service_link() -> None:
    assert refusals([], {"KIZUNA_PORT": "7370"}) == [
        "environment: KIZUNA_PORT is no setting. Did you mean KIZUNA_SOCKET__PORT?"
    ]


# Refusals


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("socket.port: 1\nsocket: {port: 2}", "socket.port"),
        ("runtime: {path: /a}\nruntime.modules: [/a]", "runtime.modules"),
    ],
)
def test_the_same_key_nested_and_dotted(write: Write, text: str, key: str) -> None:
    file = write(text)
    assert refusals([file]) == [f"{file}: {key} is given twice."]


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        (
            "session: {token_expiry_secs: 1}",
            "session.token_expiry_secs is no setting. Did you mean session.token_expiry_sec?",
        ),
        (
            "sesion: {token_expiry_sec: 1}",
            "sesion.token_expiry_sec is no setting. Did you mean session.token_expiry_sec?",
        ),
        ("socket.servr_key: x", "socket.servr_key is no setting. Did you mean socket.server_key?"),
        ("token_expiry_sec: 1", "token_expiry_sec is no setting. Did you mean session.token_expiry_sec?"),
        ("zzzzzzzz: 1", "zzzzzzzz is no setting."),
        ("socket: 5", "socket is a section, with keys of its own below it."),
        ("- socket", None),
    ],
)
def test_a_mistyped_key_names_the_closest_real_one(write: Write, typo: str, meant: str | None) -> None:
    file = write(typo)
    assert refusals([file]) == [f"{file}: {meant}" if meant else f"{file} must hold a map of settings."]


def test_a_mistyped_variable_names_the_closest_real_one() -> None:
    assert refusals([], {"KIZUNA_SOCKET__SERVR_KEY": "x"}) == [
        "environment: KIZUNA_SOCKET__SERVR_KEY is no setting. Did you mean KIZUNA_SOCKET__SERVER_KEY?"
    ]


def test_every_mistyped_key_is_named(write: Write) -> None:
    assert len(refusals([write("a: 1\nb: {c: 2, d: 3}")], {"KIZUNA_E": "4"})) == 4


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("session.token_expiry_sec: abc", "session.token_expiry_sec must be a whole number, not 'abc'."),
        ("session.token_expiry_sec: 1.5", "session.token_expiry_sec must be a whole number, not 1.5."),
        ("session.token_expiry_sec: 0", "session.token_expiry_sec must be at least 1, not 0."),
        ("socket.port: 70000", "socket.port must be at most 65535, not 70000."),
        ("socket: {names: kebab}", "socket.names must be 'snake' or 'camel', not 'kebab'."),
        ("session.single_session: perhaps", "session.single_session must be true or false, not 'perhaps'."),
        ("name: 12", "name must be a text (put it in quotes), not 12."),
        ("socket.server_key: 12", "socket.server_key must be a text (put it in quotes)."),
        ("socket.server_key: ''", "socket.server_key must not be empty."),
        ("runtime.http_key: ''", "runtime.http_key must not be empty."),
        ("session.encryption_key: ''", "session.encryption_key must not be empty."),
        ("runtime.env: [A]", "runtime.env must hold NAME=value entries, which 'A' is not."),
        ("database.url: mysql://x", "database.url must begin with postgresql://."),
        (
            "socket.server_key: a:b",
            "socket.server_key must have no colon and no control character: HTTP Basic could not carry it.",
        ),
        (
            "socket.response_headers: ['A B=1']",
            "socket.response_headers must hold headers, which 'A B' with that value is not.",
        ),
    ],
)
def test_wrong_values_are_refused_in_a_sentence(write: Write, text: str, sentence: str) -> None:
    file = write(text)
    assert refusals([file]) == [f"{file}: {sentence}"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "session: {encryption_key: same, refresh_encryption_key: same}",
            "session.encryption_key and session.refresh_encryption_key must differ.",
        ),
        ("session.single_match: true", "session.single_match needs session.single_socket."),
        ("{bus: local, workers: 2}", "Bus: local is for a single process; with several workers use auto."),
        ("session.single_party: true", "session.single_party needs session.single_socket."),
    ],
)
def test_settings_that_contradict_each_other(write: Write, text: str, sentence: str) -> None:
    assert refusals([write(text)]) == [sentence]


def test_the_sentence_names_the_source_that_won(write: Write) -> None:
    file = write("socket.port: 1")
    assert refusals([file], {"KIZUNA_SOCKET__PORT": "x"}) == [
        "environment: KIZUNA_SOCKET__PORT must be a whole number, not 'x'."
    ]
    assert refusals([file], {"KIZUNA_SOCKET__PORT": "x"}, {"socket.port": "y"}) == [
        "command line: socket.port must be a whole number, not 'y'."
    ]


def test_unreadable_files(tmp_path: Path, write: Write) -> None:
    missing = tmp_path / "missing.yaml"
    assert refusals([missing]) == [f"{missing} cannot be read: No such file or directory."]
    broken = write("socket: [")
    assert refusals([broken])[0].startswith(f"{broken} is not valid YAML: ")


# Lists of maps

BOARDS = """
leaderboards:
  - {id: weekly, reset_schedule: "0 0 * * 1", metadata: {since: 2026-01-31}}
  - id: slowest
    sort_order: asc
tournaments:
  - {id: cup, duration: 3600, start_time: 2026-01-31T12:00:00+01:00, end_time: 1800000000}
"""


def test_leaderboards_and_tournaments(write: Write) -> None:
    settings = load([write(BOARDS)]).settings
    assert [entry.id for entry in settings.leaderboards] == ["weekly", "slowest"]
    weekly, slowest = settings.leaderboards
    assert (weekly.reset_schedule, weekly.metadata) == ("0 0 * * 1", {"since": "2026-01-31"})
    assert (weekly.authoritative, slowest.sort_order, slowest.operator) == (False, "asc", "best")
    [cup] = settings.tournaments
    assert (cup.authoritative, cup.duration) == (True, 3600)
    assert (cup.start_time, cup.end_time) == (1769857200, 1800000000)
    assert Settings.model_validate_json(settings.model_dump_json()) == settings


def test_a_list_of_maps_in_the_environment() -> None:
    environ = {"KIZUNA_TOURNAMENTS": "[{id: cup, duration: 60}]", "KIZUNA_LEADERBOARDS": "[]"}
    settings = load([], environ).settings
    assert [(entry.id, entry.duration) for entry in settings.tournaments] == [("cup", 60)]
    assert settings.leaderboards == ()


LEADERBOARD_KEYS = "id, authoritative, sort_order, operator, reset_schedule, metadata, enable_ranks"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("leaderboards: {id: a}", "leaderboards must be a list, not {'id': 'a'}."),
        ("leaderboards: [a]", "leaderboards, entry 1 must be a map, not 'a'."),
        ("leaderboards: [{id: a}, {}]", "leaderboards, entry 2 lacks id."),
        ("leaderboards: [{id: 5}]", "leaderboards, entry 1: id must be a text (put it in quotes), not 5."),
        ("leaderboards: [{id: ''}]", "leaderboards, entry 1: id must not be empty, not ''."),
        (
            "leaderboards: [{id: a, operator: sum}]",
            "leaderboards, entry 'a': operator must be 'best', 'set', 'incr', 'increment', 'decr' or "
            "'decrement', not 'sum'.",
        ),
        (
            "leaderboards: [{id: a, sort_order: up}]",
            "leaderboards, entry 'a': sort_order must be 'asc', 'ascending', 'desc' or 'descending', "
            "not 'up'.",
        ),
        (
            "leaderboards: [{id: a, operater: best}]",
            f"leaderboards, entry 'a': operater is none of its keys, which are {LEADERBOARD_KEYS}.",
        ),
        (
            "leaderboards: [{id: a, duration: 60}]",
            f"leaderboards, entry 'a': duration is none of its keys, which are {LEADERBOARD_KEYS}.",
        ),
        (
            "leaderboards: [{id: a, authoritative: 1}]",
            "leaderboards, entry 'a': authoritative must be true or false, not 1.",
        ),
        (
            "leaderboards: [{id: a, metadata: [1]}]",
            "leaderboards, entry 'a': metadata must be a map, not [1].",
        ),
        (
            "leaderboards: [{id: a, metadata: {b: 18446744073709551616}}]",
            "leaderboards, entry 'a': metadata cannot be written as JSON: Integer exceeds 64-bit range.",
        ),
        (
            'leaderboards: [{id: a, metadata: {b: "\\0"}}]',
            "leaderboards, entry 'a': metadata must hold no NUL character.",
        ),
        (
            "leaderboards: [{id: a, reset_schedule: 0 0 * *}]",
            "leaderboards, entry 'a': expects reset schedule to be a valid CRON expression: "
            "missing field(s).",
        ),
        ("tournaments: [{id: a}]", "tournaments, entry 'a' lacks duration."),
        (
            "tournaments: [{id: a, duration: 0}]",
            "tournaments, entry 'a': duration must be at least 1, not 0.",
        ),
        (
            "tournaments: [{id: a, duration: true}]",
            "tournaments, entry 'a': duration must be a whole number, not True.",
        ),
        (
            "tournaments: [{id: a, duration: 1, category: 128}]",
            "tournaments, entry 'a': category must be at most 127, not 128.",
        ),
        (
            "tournaments: [{id: a, duration: 1, start_time: 2026-01-31 12:00:00}]",
            "tournaments, entry 'a': start_time must be seconds since 1970 or a time such as "
            "2026-01-31T12:00:00Z, not 2026-01-31 12:00:00.",
        ),
        (
            "tournaments: [{id: a, duration: 1, start_time: 100, end_time: 99}]",
            "tournaments, entry 'a': endTime must be >= startTime.",
        ),
        (
            "tournaments: [{id: a, duration: 1, title: " + "x" * 256 + "}]",
            "tournaments, entry 'a': title must have at most 255 characters, not '" + "x" * 256 + "'.",
        ),
        (
            'tournaments: [{id: a, duration: 1, title: "a\\nb"}]',
            "tournaments, entry 'a': title must have no control character.",
        ),
    ],
)
def test_wrong_entries_are_refused_in_a_sentence(write: Write, text: str, sentence: str) -> None:
    file = write(text)
    assert refusals([file]) == [f"{file}: {sentence}"]


def test_every_wrong_entry_is_named(write: Write) -> None:
    text = "leaderboards: [{id: a, operator: x}, {id: b, sort_order: x}]\ntournaments: [{id: c}]"
    assert len(refusals([write(text)])) == 3
    schedules = "leaderboards: [{id: a, reset_schedule: x}, {id: b, reset_schedule: y}]"
    assert len(refusals([write(schedules)])) == 2


@pytest.mark.parametrize(
    "text",
    ["leaderboards: [{id: a}, {id: a}]", "leaderboards: [{id: a}]\ntournaments: [{id: a, duration: 1}]"],
)
def test_an_id_is_given_once(write: Write, text: str) -> None:
    assert refusals([write(text)]) == ["Leaderboards and tournaments have the id 'a' more than once."]


# Nakama's other keys


def test_nakamas_settings_of_leaderboards(write: Write) -> None:
    file = write(
        "leaderboard: {blacklist_rank_cache: [a, b], callback_queue_size: 1, callback_queue_workers: 2,\n"
        "  rank_cache_workers: 3}"
    )
    loaded = load([file])
    assert loaded.settings.leaderboard.blacklist_rank_cache == ("a", "b")
    assert loaded.warnings == [
        "Settings without effect here: leaderboard.callback_queue_size, "
        "leaderboard.callback_queue_workers, leaderboard.rank_cache_workers."
    ]
    everything = load([], {"KIZUNA_LEADERBOARD__BLACKLIST_RANK_CACHE": '["*"]'})
    assert everything.settings.leaderboard.blacklist_rank_cache == ("*",)
    file = write("leaderboard: {blacklist: [a]}")
    assert refusals([file]) == [
        f"{file}: leaderboard.blacklist is no setting. Did you mean leaderboard.blacklist_rank_cache?"
    ]


def test_keys_that_only_nakama_knows_are_one_warning(write: Write) -> None:
    file = write(
        "console: {username: admin, mfa: {storage_encryption_key: k}}\n"
        "matchmaker.interval_sec: 3\nsocket: {pong_wait_ms: 1, port: 2}\nlogger.rotation: true\n"
        "iap: {samsung: {package_name: p}}\n"
    )
    loaded = load([file])
    assert loaded.settings.socket.port == 2
    assert loaded.warnings == [
        "Settings without effect here: "
        "console, matchmaker.interval_sec, socket.pong_wait_ms, logger.rotation, iap.samsung."
    ]


def test_settings_that_have_no_effect_yet_are_in_the_same_warning(write: Write) -> None:
    file = write("console: {port: 1}\nsession: {single_socket: true, single_match: false}\n")
    environ = {"KIZUNA_SESSION__SINGLE_PARTY": "true", "KIZUNA_SOCIAL__STEAM__APP_ID": "7"}
    loaded = load([file], environ)
    assert loaded.settings.session.single_socket is True
    assert loaded.warnings == [
        "Settings without effect here: console, session.single_socket, KIZUNA_SESSION__SINGLE_PARTY."
    ]


def test_settings_that_nakama_ignores_too_are_in_the_same_warning(write: Write) -> None:
    file = write("iap: {google: {package_name: com.example, package_names: [com.example]}}\n")
    loaded = load([file], {"KIZUNA_IAP__GOOGLE__REFUND_CHECK_PERIOD_MIN": "30"})
    assert loaded.warnings == [
        "Settings without effect here: KIZUNA_IAP__GOOGLE__REFUND_CHECK_PERIOD_MIN, iap.google.package_name."
    ]


def test_the_descriptions_tell_what_has_no_effect() -> None:
    described = {key for key, field in KEYS.items() if "No effect" in (field.description or "")}
    assert described == {
        "session.single_socket",
        "session.single_match",
        "session.single_party",
        "iap.google.refund_check_period_min",
        "iap.google.package_name",
    }
    assert {key for key, field in KEYS.items() if field.json_schema_extra} == described


# Secrets and defaults


def test_default_keys_are_told_until_they_are_changed() -> None:
    assert Settings().default_keys() == [
        "socket.server_key",
        "session.encryption_key",
        "session.refresh_encryption_key",
        "runtime.http_key",
    ]
    environ = {"KIZUNA_SOCKET__SERVER_KEY": "a", "KIZUNA_RUNTIME__HTTP_KEY": "b"}
    assert load([], environ).settings.default_keys() == [
        "session.encryption_key",
        "session.refresh_encryption_key",
    ]


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = load(
        [], {"DATABASE_URL": "postgresql://u:pw@h/x", "KIZUNA_SOCKET__SERVER_KEY": "pssst"}
    ).settings
    assert "pw@h" not in repr(settings)
    assert "pssst" not in repr(settings)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().socket.port = 1  # type: ignore[misc]


def test_settings_survive_the_way_to_a_worker() -> None:
    settings = load([], {"DATABASE_URL": "postgresql://u:pw@h/x"}, {"runtime.modules": ["/a"]}).settings
    assert Settings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("", False),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.1", False),
        ("example.com", False),
    ],
)
def test_who_can_connect(address: str, loopback: bool) -> None:
    assert load([], {}, {"socket.address": address}).settings.socket.is_loopback is loopback


# Other companies' services


def test_names_are_a_list_or_text_with_commas(write: Write) -> None:
    file = write("iap: {apple: {bundle_ids: [com.a, com.b]}}\n")
    settings = load([file], {"KIZUNA_SOCIAL__APPLE__CLIENT_IDS": "com.c, com.d"}).settings
    assert settings.iap.apple.bundle_ids == ("com.a", "com.b")
    assert settings.social.apple.client_ids == ("com.c", "com.d")


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("social.apple.base_url", "appleid.apple.com", "a scheme and a host"),
        ("social.apple.base_url", "https://u:p@example.com", "a scheme and a host"),
        ("social.apple.base_url", "https://example.com:65536", "a port"),
        ("social.gamecenter.base_url", "http://example.com:https", "a port"),
        ("iap.google.token_url", "https://example.com:99999/token", "a port"),
        ("iap.google.token_url", "https://example.com", "must be a URL"),
        ("iap.apple.notifications_endpoint_id", "a/b", "letters, digits"),
        ("iap.apple.key_id", "k", "issuer_id, key_id and signing_key together"),
        ("iap.apple.signing_key", "SECRET", "the text of the .p8 file"),
        ("iap.apple.root_certificates", "/nowhere/at/all", "cannot be read"),
        ("iap.google.private_key", "SECRET", "an RSA key in PEM"),
        ("iap.huawei.public_key", "SECRET", "base64 of an RSA key"),
        ("google_auth.credentials_json", '{"web": {"client_secret": "SECRET"}}', "Google's JSON file"),
        ("social.facebook.graph_version", "22", "graph_version"),
    ],
)
def test_credentials_that_are_none_are_refused_at_the_start(key: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(flags={key: value})
    assert sentence in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_the_private_key_of_a_json_file_may_be_copied_as_it_stands(write: Write) -> None:
    pem = private_pem(rsa_key("service account"))
    in_one_line = pem.replace("\n", "\\n")
    file = write(f"iap: {{google: {{private_key: '{in_one_line}'}}}}\n")
    assert load([file]).settings.iap.google.private_key == pem


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_text("none")
    with pytest.raises(SettingsError, match="holds no certificates in PEM"):
        load(flags={"social.gamecenter.trust_anchors": str(tmp_path / "roots.pem")})
