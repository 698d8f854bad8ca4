"""Signing in by e-mail address or username, and what a password is."""

import asyncpg
import bcrypt
import httpx
import pytest

from tests.identity.support import PASSWORD, by_device, by_email, new, new_email, told, user_of
from tests.support.players import claims

WRONG = (401, 16, "Invalid credentials.")
UNKNOWN = (404, 5, "User account not found.")
TOO_LONG = (400, 3, "Password must be at most 72 bytes long.")
NUL = (400, 3, "Password must not contain the NUL character.")


@pytest.mark.parametrize(
    ("email", "password", "username", "message"),
    [
        ("a b", "x", "[]", "Invalid email address, no spaces or control characters allowed."),
        ("a\0b@x.yz", "x", "[]", "Invalid email address, no spaces or control characters allowed."),
        ("ab", "x", "[]", "Invalid email address format."),
        ("a@b", "x", "[]", "Invalid email address format."),
        ("@b.c", "x", "[]", "Invalid email address format."),
        ("a@b.c", "x", "[]", "Invalid email address, must be 10-255 bytes."),
        ("x" * 250 + "@y.zz1", "x", "[]", "Invalid email address, must be 10-255 bytes."),
        ("é" * 125 + "@yy.zz", "x", "[]", "Invalid email address, must be 10-255 bytes."),
        ("good@example.com", "seven77", "[]", "Password must be at least 8 characters long."),
        ("", "", "", "Password must be at least 8 characters long."),
        ("", "ééé1", "[]", "Password must be at least 8 characters long."),
        ("", "password", "", "Username is required when email address is not supplied."),
        ("", "password", "[]", "Username invalid, no spaces or control characters allowed."),
        ("", "password", "x" * 129, "Username invalid, must be 1-128 bytes."),
        (
            "good@example.com",
            "password",
            "a\tb",
            "Username invalid, no spaces or control characters allowed.",
        ),
    ],
)
async def test_refused_in_this_order(
    api: httpx.AsyncClient, email: str, password: str, username: str, message: str
) -> None:
    assert told(await by_email(api, email, password, username=username)) == (400, 3, message)


@pytest.mark.parametrize("local", ["weird@@x..", "a.b+c@", "日本@例え", "x@" + "y" * 100, "[x]@", "\u00a0@"])
async def test_almost_anything_is_an_address(api: httpx.AsyncClient, local: str) -> None:
    email = f"{local}{new()}.z"
    created = await by_email(api, email, PASSWORD)
    assert created.json()["created"] is True
    assert user_of(await by_email(api, email, PASSWORD, create="false")) == user_of(created)


async def test_unknown_and_not_to_be_created(api: httpx.AsyncClient) -> None:
    assert told(await by_email(api, new_email(), PASSWORD, create="false")) == UNKNOWN
    # Not refused for what would only matter to a new account.
    assert told(await by_email(api, new_email(), "x" * 100, create="false")) == UNKNOWN


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("MiXeD-{}@Example.COM", "mixed-{}@example.com"),
        ("ÉÀ-{}@ÜBER.DE", "éà-{}@über.de"),
        ("ДОМ-{}@Пример.РФ", "дом-{}@пример.рф"),
        # Letter by letter: a capital sigma at the end of a word is not special.
        ("ΟΔΟΣ@{}.GR", "οδοσ@{}.gr"),
        ("İ-{}@example.com", "i-{}@example.com"),
        ("ß-{}@example.com", "ß-{}@example.com"),
    ],
)
async def test_addresses_are_lower_cased(
    api: httpx.AsyncClient, database_url: str, written: str, stored: str
) -> None:
    run = new().removeprefix("id-")
    written, stored = written.format(run.upper()), stored.format(run)
    user = user_of(await by_email(api, written, PASSWORD))
    assert user_of(await by_email(api, stored, PASSWORD, create="false")) == user
    assert user_of(await by_email(api, written, PASSWORD, create="false")) == user
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("select email from users where id = $1", user) == stored
    await connection.close()


async def test_wrong_passwords(api: httpx.AsyncClient) -> None:
    email, name = new_email(), new("name")
    await by_email(api, email, PASSWORD, username=name)
    for password in (PASSWORD + " ", PASSWORD.upper(), PASSWORD[:-1], "\0" * 8, PASSWORD + "\0", "x" * 5000):
        assert told(await by_email(api, email, password)) == WRONG
    assert told(await by_email(api, "", PASSWORD + " ", username=name)) == WRONG


async def test_by_username(api: httpx.AsyncClient) -> None:
    email, name = new_email(), f"With Spaces {new()}"
    user = user_of(await by_email(api, email, PASSWORD, username=name))
    answer = await by_email(api, "", PASSWORD, username=name)
    assert user_of(answer) == user
    assert "created" not in answer.json()
    assert claims(answer.json()["token"])["usn"] == name
    for unknown in (name.upper(), name + " ", new()):
        assert told(await by_email(api, "", PASSWORD, username=unknown, create="true")) == UNKNOWN


async def test_by_username_without_a_password(api: httpx.AsyncClient) -> None:
    name = new("name")
    await by_device(api, new("device"), username=name)
    assert told(await by_email(api, "", PASSWORD, username=name)) == WRONG


async def test_a_taken_username(api: httpx.AsyncClient) -> None:
    name, email = new("name"), new_email()
    await by_email(api, new_email(), PASSWORD, username=name)
    assert told(await by_email(api, email, PASSWORD, username=name)) == (
        409,
        6,
        "Username is already in use.",
    )
    assert told(await by_email(api, email, PASSWORD, create="false")) == UNKNOWN


@pytest.mark.parametrize(
    "password", ["x" * 72, "é" * 36, "🎮" * 18, "éééé", " " * 8, "\x01\x7f" * 4, "\u2028" * 3]
)
async def test_passwords_that_fit(api: httpx.AsyncClient, password: str) -> None:
    email = new_email()
    user = user_of(await by_email(api, email, password))
    assert user_of(await by_email(api, email, password)) == user
    assert told(await by_email(api, email, "y" + password[1:] + "abcdefgh")) == WRONG


@pytest.mark.parametrize("password", ["x" * 73, "é" * 36 + "x", "🎮" * 19, "x" * 10_000])
async def test_new_passwords_that_would_be_cut(api: httpx.AsyncClient, password: str) -> None:
    email = new_email()
    assert told(await by_email(api, email, password)) == TOO_LONG
    assert told(await by_email(api, email, password, create="false")) == UNKNOWN


@pytest.mark.parametrize("password", ["\0" * 8, "password\0", "\0password", "x" * 72 + "\0"])
async def test_new_passwords_with_nul(api: httpx.AsyncClient, password: str) -> None:
    assert told(await by_email(api, new_email(), password)) == NUL


async def test_at_sign_in_the_first_72_bytes_count(api: httpx.AsyncClient) -> None:
    email, password = new_email(), "p" * 71 + "q"
    user = user_of(await by_email(api, email, password))
    for longer in ("x", "\0", "\0" * 100, "é" * 1000):
        assert user_of(await by_email(api, email, password + longer)) == user
    for other in (password[:-1], password[:-1] + "x", password[:-1] + "é"):
        assert told(await by_email(api, email, other)) == WRONG


async def test_a_cut_inside_a_character(api: httpx.AsyncClient, database_url: str) -> None:
    """72 bytes may end in the middle of a letter: an account of the reference can have such a password."""
    email, password = new_email(), "x" * 71 + "é"
    user = user_of(await by_email(api, email, PASSWORD))
    await store_hash(database_url, user, bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4, b"2a")))
    assert user_of(await by_email(api, email, password)) == user
    assert told(await by_email(api, email, "x" * 71)) == WRONG


async def test_the_hash(api: httpx.AsyncClient, database_url: str) -> None:
    user = user_of(await by_email(api, new_email(), PASSWORD))
    connection = await asyncpg.connect(database_url)
    stored = await connection.fetchval("select password from users where id = $1", user)
    await connection.close()
    assert stored.startswith(b"$2a$04$")
    assert len(stored) == 60


@pytest.mark.parametrize("variant", [b"2a", b"2b"])
async def test_hashes_of_other_makers(api: httpx.AsyncClient, database_url: str, variant: bytes) -> None:
    email = new_email()
    user = user_of(await by_email(api, email, PASSWORD))
    await store_hash(database_url, user, bcrypt.hashpw("päßwörd!".encode(), bcrypt.gensalt(5, variant)))
    assert user_of(await by_email(api, email, "päßwörd!")) == user
    assert told(await by_email(api, email, PASSWORD)) == WRONG


@pytest.mark.parametrize("stored", [b"", b"x", b"$2a$", b"$2a$04$short", b"\xff\xfe", b"$argon2id$v=19$x"])
async def test_what_is_no_hash_matches_nothing(
    api: httpx.AsyncClient, database_url: str, stored: bytes
) -> None:
    email = new_email()
    user = user_of(await by_email(api, email, PASSWORD))
    await store_hash(database_url, user, stored)
    assert told(await by_email(api, email, PASSWORD)) == WRONG


async def test_an_imported_address_has_no_password(api: httpx.AsyncClient, database_url: str) -> None:
    email = new_email()
    user = user_of(await by_email(api, email, PASSWORD))
    await store_hash(database_url, user, None)
    assert told(await by_email(api, email, PASSWORD)) == WRONG


async def store_hash(database_url: str, user: str, stored: bytes | None) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("update users set password = $2 where id = $1", user, stored)
    await connection.close()
