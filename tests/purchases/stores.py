"""What the tests of the stores have in common."""

from collections.abc import Awaitable, Iterable
from typing import Any

import pytest

from kizuna.outside.checks import Checks, Refused
from kizuna.outside.client import Unavailable

#: Answers that are none, by what is wrong with them: arguments of `Faults.add`.
NO_ANSWERS: dict[str, dict[str, Any]] = {
    "500": {"status": 500, "json": {"error": "internal"}},
    "503": {"status": 503},
    "429": {"status": 429, "json": {}},
    "405": {"status": 405, "json": {}},
    "redirect": {"redirect": "http://127.0.0.1:9/elsewhere"},
    "garbage": {"body": b"<html>404</html>"},
    "empty": {"body": b""},
    "null": {"body": b"null"},
    "list": {"body": b"[]"},
    "object without members": {"body": b"{}"},
    "not UTF-8": {"body": b'{"a": "\xff"}'},
    "infinite": {"body": b'{"a": 1e999}'},
    "deep": {"body": b'{"a":' * 5000 + b"1" + b"}" * 5000},
    "oversized": {"huge": 3_000_000},
    "truncated": {"truncated": True},
    "reset": {"reset": True},
}

#: Token endpoints that give none.
NO_TOKENS: dict[str, dict[str, Any]] = {
    **NO_ANSWERS,
    "400": {"status": 400, "json": {"error": "invalid_grant"}},
    "401": {"status": 401, "json": {"error": "invalid_client"}},
    "403": {"status": 403, "body": b"no"},
    "no lifetime": {"json": {"access_token": "tok"}},
    "a lifetime that is none": {"json": {"access_token": "tok", "expires_in": "soon"}},
    "a token that is no text": {"json": {"access_token": 7, "expires_in": 3600}},
    "a token with a line break": {"json": {"access_token": "tok\r\nx: y", "expires_in": 3600}},
    "an empty token": {"json": {"access_token": "", "expires_in": 3600}},
}

#: Texts that no id may be: JSON values by what is wrong with them.
NO_IDS: dict[str, Any] = {
    "empty": "",
    "513 characters": "x" * 513,
    "NUL": "a\x00b",
    "line break": "a\nb",
    "number": 7,
    "null": None,
    "list": ["a"],
}


async def refusal(asked: Awaitable[Any], checks: Checks, check: str) -> Refused:
    """The refusal that something ends with: by this check, which `checks` have noted last."""
    with pytest.raises(Refused) as caught:
        await asked
    assert caught.value.check == check
    last = checks.done[-1]
    assert (last.name, last.passed, last.detail) == (check, False, caught.value.reason)
    assert all(done.passed for done in checks.done[:-1])
    return caught.value


async def unavailability(asked: Awaitable[Any]) -> str:
    """The text of the `Unavailable` that something ends with."""
    with pytest.raises(Unavailable) as caught:
        await asked
    return str(caught.value)


def assert_hidden(secrets: Iterable[str], *texts: str) -> None:
    """That none of some texts tells a secret."""
    for secret in secrets:
        assert len(secret) > 3
        assert all(secret not in text for text in texts)
