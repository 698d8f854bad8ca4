"""TEAMS_WRITE_CHAT_MESSAGE."""

import asyncio
import json
import uuid
from typing import Any

import pytest

from tests.teams.core.support import BAD_INPUT, MEMBERSHIP, NOT_FOUND, Founder, Game
from tests.teams.support import Cast, answered, refused


async def history(cast: Cast) -> list[dict[str, Any]]:
    """What members have said, the oldest first."""
    founder = Founder(cast.api, cast.member)
    page = answered(await founder.rest("GET", f"/channel/3.{cast.team}..", limit=100))
    return [message for message in page.get("messages", ()) if message["code"] == 0]


async def test_a_message(cast: Cast) -> None:
    """T-050, T-111, T-113, T-114 (case 29): the acknowledgement, and what others read."""
    ack = await cast.call(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content='{"text":"hi"}')
    time = ack["create_time"]
    assert time.isdigit()
    assert ack == {
        "channel_id": f"3.{cast.team}..",
        "message_id": str(uuid.UUID(ack["message_id"])),
        "username": cast.member.username,
        "create_time": time,
        "update_time": time,
        "persistent": True,
        "group_id": cast.team,
    }
    [message] = await history(cast)
    assert (message["message_id"], message["sender_id"]) == (ack["message_id"], cast.member.id)
    assert (message["username"], message["persistent"]) == (cast.member.username, True)
    assert json.loads(message["content"]) == {"text": "hi"}


@pytest.mark.parametrize(
    ("content", "stored"),
    [
        ('{"text":"hi"}', {"text": "hi"}),
        (' {"a": {"b": [1, null]}} ', {"a": {"b": [1, None]}}),
        ("{}", {}),
        ("hello", {"message": "hello"}),
        (" ", {"message": " "}),
        ("[1]", {"message": "[1]"}),
        ("3", {"message": "3"}),
        ("null", {"message": "null"}),
        ('"quoted"', {"message": '"quoted"'}),
        ('{"open":', {"message": '{"open":'}),
        ("日本語 🦉", {"message": "日本語 🦉"}),
        ("x" * 16384, {"message": "x" * 16384}),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_what_is_kept(cast: Cast, content: str, stored: Any) -> None:
    """T-112 (case 29): an object as it is, any other text as the message of one."""
    await cast.call(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content=content)
    [message] = await history(cast)
    assert json.loads(message["content"]) == stored


@pytest.mark.parametrize(
    "content",
    [None, "", "x" * 16385, "ö" * 8193, "\0", '{"a":"\\u0000"}', '{"a":"\\ud800"}', '{"a":1e9999999}'],
    ids=lambda value: repr(value)[:20],
)
async def test_what_does_not_fit(cast: Cast, content: str | None) -> None:
    """T-038, T-112: refused, and nothing is kept."""
    answer = await cast.ask(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content=content)
    assert refused(answer) == BAD_INPUT
    assert await history(cast) == []


async def test_who_may(cast: Cast) -> None:
    """T-050, T-111 (cases 8, 29): active members; also of what they read later."""
    for player in cast.members:
        await cast.call(player, "TEAMS_WRITE_CHAT_MESSAGE", content="hi")
    for player in (cast.pending, cast.banned, cast.outsider):
        answer = await cast.ask(player, "TEAMS_WRITE_CHAT_MESSAGE", content="")
        assert refused(answer) == MEMBERSHIP
        answer = await Founder(cast.api, player).rest("GET", f"/channel/3.{cast.team}..")
        assert answer.status_code == 400
    assert len(await history(cast)) == 5
    unknown = await Founder(cast.api, cast.member).ask("TEAMS_WRITE_CHAT_MESSAGE", id=cast.member.id)
    assert refused(unknown) == NOT_FOUND


async def test_what_players_may_not_say(cast: Cast, game: type[Game]) -> None:
    """T-112: the game sees the text as it came."""
    game.profane = {"darn"}
    for content in ("darn it", '{"text":"darn"}'):
        answer = await cast.ask(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content=content)
        assert refused(answer) == (400, 3, "input contains profanity")
    answer = await cast.ask(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content="cannot be checked")
    assert refused(answer) == (500, 13, "error checking message for profanity")
    answer = await cast.ask(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content="not today")
    assert refused(answer) == (400, 9, "the game says no")
    assert await history(cast) == []
    await cast.call(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content='{"text":"fine"}')
    assert game.seen[-1] == '{"text":"fine"}'


async def test_over_rest(cast: Cast) -> None:
    """T-111, T-467: the same acknowledgement, and the history beside it."""
    founder = Founder(cast.api, cast.member)
    ack = answered(await founder.rest("POST", f"/team/{cast.team}/message", {"content": "hello"}))
    assert ack["channel_id"] == f"3.{cast.team}.."
    page = answered(await founder.rest("GET", f"/team/{cast.team}/message", limit=100))
    assert page["messages"][-1]["message_id"] == ack["message_id"]


async def test_many_at_once(cast: Cast) -> None:
    """T-027: each message is kept once."""
    texts = [f"message {number}" for number in range(15)]
    calls = [
        cast.call(cast.members[number % 5], "TEAMS_WRITE_CHAT_MESSAGE", content=text)
        for number, text in enumerate(texts)
    ]
    await asyncio.gather(*calls)
    kept = [json.loads(message["content"])["message"] for message in await history(cast)]
    assert sorted(kept) == sorted(texts)
