"""What the log tells of requests that cannot be read."""

import logging
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.errors import ApiError
from kizuna.teams.protocol import requests
from kizuna.teams.protocol.decode import decode
from kizuna.teams.protocol.fields import Message, Unreadable
from tests.teams.support import Cast, refused

LONG = "k" * 100_000


def complaint(message: Message, payload: bytes) -> str:
    """What is wrong with a payload; it must be refused."""
    with pytest.raises(ApiError, match=r"^cannot decode json$") as refusal:
        decode(message, payload)
    assert isinstance(refusal.value.__cause__, Unreadable)
    return str(refusal.value.__cause__)


@pytest.mark.parametrize(
    ("message", "payload", "text"),
    [
        (
            requests.UPDATE,
            '{"description": "x"}',
            "unknown field 'description'; there are id, name, desc, open, avatar_url, lang_tag, metadata",
        ),
        (requests.ACHIEVEMENTS_UPDATE, '{"amount": "x"}', "amount: an integer is needed, not 'x'"),
        (requests.ACHIEVEMENTS_UPDATE, '{"amount": true}', "amount: an integer is needed, not true"),
        (requests.UPDATE, '{"name": ["a"]}', "name: a text is needed, not a list"),
        (requests.UPDATE, '{"open": {}}', "open: true or false is needed, not an object"),
        (requests.UPDATE, '{"metadata": "{}"}', "metadata: an object is needed, not '{}'"),
        (requests.UPDATE, '{"langTag": "en", "lang_tag": "en"}', "lang_tag: it comes twice"),
        (requests.UPDATE, '{"name": "a", "name": "b"}', "'name' comes twice in an object"),
        (requests.UPDATE, "[]", "an object is needed, not a list"),
        (requests.UPDATE, "{", "this is no JSON: unexpected end of data: line 1 column 2 (char 1)"),
        (
            requests.LIST,
            '{"limit": 99999999999}',
            "limit: an integer from -2147483648 to 2147483647 is needed, not 99999999999",
        ),
        (
            requests.WALLET_GRANT,
            '{"currencies": {"gold": 1.5}}',
            "currencies['gold']: an integer is needed, not 1.5",
        ),
        (
            requests.INVENTORY_UPDATE,
            '{"item_updates": {"a\\nb": {"numeric_properties": {"wear": "new"}}}}',
            r"item_updates['a\nb'].numeric_properties['wear']: a number is needed, not 'new'",
        ),
        (
            requests.STATS_UPDATE,
            '{"public": [{}, {"name": null, "value": "1.5"}]}',
            "public[1].value: an integer is needed, not '1.5'",
        ),
        (
            requests.STATS_UPDATE,
            '{"private": [{"operator": "DELTA"}]}',
            "private[0].operator: one of STAT_UPDATE_OPERATOR_UNSPECIFIED, STAT_UPDATE_OPERATOR_SET, "
            "STAT_UPDATE_OPERATOR_DELTA, STAT_UPDATE_OPERATOR_MIN, STAT_UPDATE_OPERATOR_MAX is needed, "
            "not 'DELTA'",
        ),
        (
            requests.WALLET_GRANT,
            f'{{"currencies": {{"{LONG}": "{LONG}"}}}}',
            f"currencies['{LONG[:40]}…']: an integer is needed, not '{LONG[:40]}…'",
        ),
    ],
    ids=lambda part: part[:30] if isinstance(part, str) else "",
)
def test_what_is_wrong_and_where(message: Message, payload: str, text: str) -> None:
    """T-017."""
    assert complaint(message, payload.encode()) == text


@given(st.dictionaries(st.text(), st.text() | st.floats() | st.integers(-(2**63), 2**64 - 1), min_size=1))
def test_whatever_is_wrong_takes_one_short_line(values: dict[str, Any]) -> None:
    """T-017: with whatever somebody sends."""
    payload = orjson.dumps({"achievement_ids": values})
    assert (
        complaint(requests.ACHIEVEMENTS_UPDATE, payload) == "achievement_ids: a list is needed, not an object"
    )
    text = complaint(requests.INVENTORY_UPDATE, orjson.dumps({"item_updates": values}))
    assert text.isprintable()
    assert len(text) < 600


async def test_the_log_names_the_function(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    """T-017, T-019: over RPC and REST. The client is told no more than ever."""
    caplog.set_level(logging.INFO, "kizuna.teams")
    answer = await cast.ask(cast.admin, "TEAMS_ACHIEVEMENTS_UPDATE", amount="x")
    assert refused(answer) == (400, 3, "cannot decode json")
    path = f"/v2/team/{cast.team}"
    answer = await cast.api.put(path, json={"description": "x"}, headers=cast.admin.headers)
    assert (answer.status_code, answer.json()["message"]) == (400, "cannot decode json")
    told = [record for record in caplog.records if record.name == "kizuna.teams.failures"]
    assert {record.levelno for record in told} == {logging.INFO}
    assert [record.getMessage().partition(";")[0] for record in told] == [
        "TEAMS_ACHIEVEMENTS_UPDATE: amount: an integer is needed, not 'x'",
        "TEAMS_UPDATE: unknown field 'description'",
    ]
