"""Channel ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.channels.ids import (
    DIRECT,
    GROUP,
    ROOM,
    Channel,
    channel_id,
    direct_channel,
    group_channel,
    parse_channel_id,
    room_channel,
)

NIL = "00000000-0000-0000-0000-000000000000"
A, B = "0a1b2c3d-0000-4000-8000-00000000000a", "0a1b2c3d-0000-4000-8000-00000000000b"


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        ("2...r", Channel(ROOM, NIL, NIL, "r")),
        ("2...a.b.c", Channel(ROOM, NIL, NIL, "a.b.c")),
        ("2....", Channel(ROOM, NIL, NIL, ".")),
        ("2..." + "ü" * 32, Channel(ROOM, NIL, NIL, "ü" * 32)),
        (f"3.{A}..", Channel(GROUP, A, NIL, "")),
        (f"3.{A.upper()}..", Channel(GROUP, A, NIL, "")),
        ("3.{" + A.replace("-", "") + "}..", Channel(GROUP, A, NIL, "")),
        (f"3.urn:uuid:{A}..", Channel(GROUP, A, NIL, "")),
        ("3...", Channel(GROUP, NIL, NIL, "")),
        (f"4.{A}.{B}.", Channel(DIRECT, A, B, "")),
        (f"4.{B}.{A.upper()}.", Channel(DIRECT, B, A, "")),
        (f"4..{A}.", Channel(DIRECT, NIL, A, "")),
        ("4...", Channel(DIRECT, NIL, NIL, "")),
    ],
)
def test_ids(text: str, channel: Channel) -> None:
    assert parse_channel_id(text) == channel


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2",
        "2...",
        "2..r",
        "2." + "." * 2 + "r" * 65,
        "2..." + "ü" * 33,
        "2.x..r",
        "2..x.r",
        f"2.{NIL}..r",
        "02...r",
        "5...x",
        "0...",
        "...",
        "3.x..",
        f"3.{A}.{B}.",
        f"3.{A}..x",
        f"3.{A}...",
        f"4.{A}.x.",
        f"4.x.{A}.",
        f"4.{A}.{B}.x",
        f"4.{A}.{B}",
    ],
)
def test_what_is_no_id(text: str) -> None:
    assert parse_channel_id(text) is None


@given(st.text("234.ab-0é", max_size=70))
def test_any_text_is_read_as_it_is_written(text: str) -> None:
    channel = parse_channel_id(text)
    if channel is not None:
        assert parse_channel_id(channel_id(channel)) == channel


uuids = st.uuids().map(str)


@given(
    st.one_of(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=16).map(room_channel),
        uuids.map(group_channel),
        st.builds(direct_channel, uuids, uuids),
    )
)
def test_ids_are_read_as_they_are_written(channel: Channel) -> None:
    assert parse_channel_id(channel_id(channel)) == channel


def test_how_ids_are_written() -> None:
    assert channel_id(room_channel("r")) == "2...r"
    assert channel_id(group_channel(A)) == f"3.{A}.."
    assert channel_id(group_channel(NIL)) == "3..."
    assert channel_id(direct_channel(B, A)) == channel_id(direct_channel(A, B)) == f"4.{A}.{B}."
