"""Times, integers, names and identifiers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.wire.encode import camel_case, int64_text, omit_empty, rfc3339, rfc3339_seconds
from kizuna.wire.timestamps import parse_timestamp
from kizuna.wire.uuids import parse_uuid

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

UUID = "4c2ae592-b2a7-445e-98ec-697694478b1c"
BARE = UUID.replace("-", "")


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "04:19:17Z"), (500000, "04:19:17.500Z"), (1000, "04:19:17.001Z"), (123456, "04:19:17.123456Z"),
     (1, "04:19:17.000001Z"), (100100, "04:19:17.100100Z")],
)  # fmt: skip
def test_a_time_has_as_many_digits_as_it_needs(micros: int, text: str) -> None:
    time = datetime(2026, 11, 21, 4, 19, 17, micros, tzinfo=UTC)
    assert rfc3339(time) == f"2026-11-21T{text}"
    assert rfc3339_seconds(time) == "2026-11-21T04:19:17Z"


def test_a_time_is_written_in_utc() -> None:
    time = datetime(2026, 1, 1, 1, 30, 0, 999999, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339_seconds(time) == "2025-12-31T23:30:00Z"
    assert rfc3339(time) == "2025-12-31T23:30:00.999999Z"


def test_the_epoch_and_the_first_year() -> None:
    assert rfc3339(datetime(1970, 1, 1, tzinfo=UTC)) == "1970-01-01T00:00:00Z"
    assert rfc3339_seconds(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00Z"


@pytest.mark.parametrize("write", [rfc3339, rfc3339_seconds])
def test_a_time_without_a_zone_is_a_mistake(write: object) -> None:
    assert callable(write)
    with pytest.raises(ValueError, match="time zone"):
        write(datetime(2026, 1, 1))  # noqa: DTZ001


@unhurried
@given(st.datetimes(timezones=st.just(UTC)))
def test_times_come_back(time: datetime) -> None:
    assert parse_timestamp(rfc3339(time)) == time


def test_empty_fields_are_left_out() -> None:
    message = {
        "a": "",
        "b": 0,
        "c": False,
        "d": [],
        "e": {},
        "f": None,
        "g": "0",
        "h": int64_text(0),
        "i": int64_text(None),
    }
    assert omit_empty(message) == {"g": "0"}
    assert omit_empty({"score": int64_text(-(2**63)), "open": True}) == {
        "score": "-9223372036854775808",
        "open": True,
    }


def test_names_change_and_values_do_not() -> None:
    message = {
        "create_time": "create_time",
        "user_id_one": 1,
        "friends": [{"edge_count": 0, "nested_lists": [["snake_case"]]}],
        "cursor": None,
        "_odd__name": 1,
    }
    assert camel_case(message) == {
        "createTime": "create_time",
        "userIdOne": 1,
        "friends": [{"edgeCount": 0, "nestedLists": [["snake_case"]]}],
        "cursor": None,
        "OddName": 1,
    }


@pytest.mark.parametrize(
    "text",
    [
        UUID,
        UUID.upper(),
        BARE,
        BARE.upper(),
        f"{{{UUID}}}",
        f"{{{BARE}}}",
        f"urn:uuid:{UUID}",
        f"urn:uuid:{BARE}",
    ],
)
def test_a_uuid_in_any_spelling(text: str) -> None:
    assert parse_uuid(text) == UUID


def test_version_and_variant_do_not_matter() -> None:
    nil = "00000000-0000-0000-0000-000000000000"
    assert parse_uuid(nil) == nil
    assert parse_uuid("f" * 32) == "ffffffff-ffff-ffff-ffff-ffffffffffff"


@pytest.mark.parametrize(
    "text",
    ["", " ", f" {UUID}", f"{UUID} ", f"{UUID}\n", UUID[:-1], UUID + "0", BARE[:-1], UUID.replace("c", "g"),
     f"{{{UUID}", f"{UUID}}}", f"{{{{{UUID}}}}}", f"({UUID})", f"URN:UUID:{UUID}", f"urn:uuid:{{{UUID}}}",
     f"{{urn:uuid:{UUID}}}", f"urn:uuid:urn:uuid:{UUID}", "4c2a-e592b2a7-445e-98ec-697694478b1c",
     f"{BARE[:8]}-{BARE[8:]}", UUID.replace("4", "٤"), "\0" * 36, "\udcff" * 32, UUID.replace("5", "\ufb05")],
)  # fmt: skip
def test_what_is_no_uuid(text: str) -> None:
    assert parse_uuid(text) is None
