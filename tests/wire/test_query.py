"""Query strings to messages."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.errors import ApiError
from kizuna.wire.query import decode_query

from .refusals import refusal
from .samples import SAMPLE

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

UNDERSTOOD: list[tuple[bytes, dict[str, Any]]] = [
    (b"", {}),
    (b"&&", {}),
    (b"lang_tag=fr", {"lang_tag": "fr"}),
    (b"langTag=fr", {"lang_tag": "fr"}),
    (b"LangTag=fr&LANG_TAG=x&wibble=2&=3", {}),
    (b"id", {"id": ""}),
    (b"id=", {"id": ""}),
    (b"id=a=b", {"id": "a=b"}),
    (b"id=a+b%2Bc%26d%3D%00", {"id": "a b+c&d=\0"}),
    (b"%69d=x", {"id": "x"}),
    (b"id=%C3%A9\xc3\xa9", {"id": "éé"}),
    (b"user_ids=a&user_ids=&user_ids=b,c", {"user_ids": ["a", "", "b,c"]}),
    (b"user_ids=a&userIds=b&user_ids=c", {"user_ids": ["a", "c", "b"]}),
    (b"user_ids[k]=v&userIds[]=w", {"user_ids": ["k", "v", "", "w"]}),
    (b"user_ids[k]=v&user_ids[k]=w", {"user_ids": ["k", "v", "w"]}),
    (b"nope[k]=v&user_ids[a][b]=c&id]=x&id[=x", {}),
    *[(b"create=" + text, {"create": True}) for text in (b"1", b"t", b"T", b"TRUE", b"true", b"True")],
    *[(b"open=" + text, {"open": False}) for text in (b"0", b"f", b"F", b"FALSE", b"false", b"False")],
    (b"create.value=true&expiry.value=7", {"create": True, "expiry": 7}),
    (b"create.nope=true&nope.value=1&account.id=x&account=5&vars=x&operator=SET&object_ids=1", {}),
    (b"limit=0", {"limit": 0}),
    (b"limit=%2B5", {"limit": 5}),
    (b"limit=005", {"limit": 5}),
    (b"limit=" + b"0" * 5000 + b"5", {"limit": 5}),
    (b"limit=-2147483648", {"limit": -(2**31)}),
    (b"category_start=4294967295", {"category_start": 2**32 - 1}),
    (b"expiry=9223372036854775807", {"expiry": 2**63 - 1}),
    (b"expiry=-9223372036854775808", {"expiry": -(2**63)}),
]


@pytest.mark.parametrize(("query", "values"), UNDERSTOOD)
def test_a_query_sets_fields(query: bytes, values: dict[str, Any]) -> None:
    assert decode_query(SAMPLE, query) == values


INT = 'parsing field "limit": strconv.ParseInt: parsing '
UINT = 'parsing field "category_start": strconv.ParseUint: parsing '
NOT_UTF8 = "grpc: error while marshaling: string field contains invalid UTF-8"

REFUSED = [
    (b"id=a&id=b", 'too many values for field "id": a, b'),
    (b"limit=0&limit=1", 'too many values for field "limit": 0, 1'),
    (b"lang_tag=en&langTag=en", 'too many values for field "lang_tag": en, en'),
    (b"id[x]=a", 'too many values for field "id": x, a'),
    (b"id=a&id=%ff", 'too many values for field "id": a, \ufffd'),
    (b"create=no", 'parsing field "create": strconv.ParseBool: parsing "no": invalid syntax'),
    (b"create=", 'parsing field "create": strconv.ParseBool: parsing "": invalid syntax'),
    (b"create=fAlse", 'parsing field "create": strconv.ParseBool: parsing "fAlse": invalid syntax'),
    (b"open=%20false", 'parsing field "open": strconv.ParseBool: parsing " false": invalid syntax'),
    (b"open=2", 'parsing field "open": strconv.ParseBool: parsing "2": invalid syntax'),
    *[(b"limit=" + text, f'{INT}"{text.decode()}": invalid syntax')
      for text in (b"abc", b"", b"1.0", b"0x5", b"1e2", b"1_0", b"-", b"--5")],
    (b"limit=+5", f'{INT}" 5": invalid syntax'),
    (b"limit=5%0A", f'{INT}"5\\n": invalid syntax'),
    (b"limit=%D9%A3", f'{INT}"٣": invalid syntax'),
    (b'limit="%ff\\', f'{INT}"\\"\\xff\\\\": invalid syntax'),
    (b"limit=2147483648", f'{INT}"2147483648": value out of range'),
    (b"limit=-2147483649", f'{INT}"-2147483649": value out of range'),
    (b"limit=" + b"9" * 5000, f'{INT}"{"9" * 5000}": value out of range'),
    (b"categoryStart=-1", f'{UINT}"-1": invalid syntax'),
    (b"categoryStart=%2B1", f'{UINT}"+1": invalid syntax'),
    (b"categoryStart=4294967296", f'{UINT}"4294967296": value out of range'),
    (b"expiry=9223372036854775808",
     'parsing field "expiry": strconv.ParseInt: parsing "9223372036854775808": value out of range'),
    (b"expiry=-9223372036854775809",
     'parsing field "expiry": strconv.ParseInt: parsing "-9223372036854775809": value out of range'),
    (b"expiry=-99999999999999999999",
     'parsing field "expiry": strconv.ParseInt: parsing "-99999999999999999999": value out of range'),
    (b"lang_tag.x=1", 'invalid path: "lang_tag" is not a message'),
    (b"userIds.x.y=1", 'invalid path: "userIds" is not a message'),
    (b"foo=%zz", 'invalid URL escape "%zz"'),
    (b"%z=1", 'invalid URL escape "%z"'),
    (b"id=%", 'invalid URL escape "%"'),
    (b"id=%a&x=1", 'invalid URL escape "%a"'),
    (b"id=%41%4\xff0", 'invalid URL escape "%4\\xff"'),
    (b"id=a;b", "invalid semicolon separator in query"),
    (b"id=%ff", NOT_UTF8),
    (b"user_ids=a&user_ids=\xff", NOT_UTF8),
    (b"id=%ED%A0%80", NOT_UTF8),
]  # fmt: skip


@pytest.mark.parametrize(("query", "text"), REFUSED)
def test_a_query_that_is_refused(query: bytes, text: str) -> None:
    assert refusal(decode_query, SAMPLE, query) == text


def test_what_is_not_utf8_does_not_matter_under_unknown_names() -> None:
    assert decode_query(SAMPLE, b"nope=%ff&%ff=1&id=x") == {"id": "x"}


PARTS = [b"id", b"limit", b"user_ids", b"create", b"vars", b"account.", b"=", b"&", b"%", b"%4", b"%41",
         b"%ff", b"+", b"[", b"]", b".", b".value", b";", b"\xff", b"\0", b"1", b"-", b"true"]  # fmt: skip


@unhurried
@given(st.binary(max_size=40) | st.lists(st.sampled_from(PARTS), max_size=12).map(b"".join))
def test_any_query_is_read_or_refused(query: bytes) -> None:
    try:
        values = decode_query(SAMPLE, query)
    except ApiError as error:
        error.message.encode()
        return
    for value in values.values():
        for text in value if isinstance(value, list) else [value]:
            str(text).encode()
