"""Bodies to messages: what is understood and what is refused, with the reference's words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kizuna.wire.decode import decode_body
from kizuna.wire.reader import read_body

from .refusals import refusal
from .samples import SAMPLE

UNDERSTOOD: list[tuple[str, dict[str, Any]]] = [
    # Nothing, and only the first value.
    ("", {}),
    (" \n\t\r ", {}),
    ("{}", {}),
    (" \n\t{}\r\n", {}),
    ('{"id":"x"}garbage', {"id": "x"}),
    ('{"id":"x"} {"id":"y"}', {"id": "x"}),
    ('{"id":"x"}}', {"id": "x"}),
    ('{"id":"x"}\0', {"id": "x"}),
    # Both spellings, and those that are neither.
    ('{"lang_tag":"fr"}', {"lang_tag": "fr"}),
    ('{"langTag":"fr"}', {"lang_tag": "fr"}),
    ('{"LangTag":"fr","lang-tag":"fr","LANG_TAG":"fr"}', {}),
    (r'{"lang\u005ftag":"fr"}', {"lang_tag": "fr"}),
    # Unknown members, whatever they hold, even twice.
    ('{"surprise":{"deep":[1,null,{"id":5}]},"id":"x","other":1e400}', {"id": "x"}),
    ('{"a":1,"a":2,"id":"x"}', {"id": "x"}),
    # Present and empty is not absent; null is.
    ('{"id":"","vars":{},"user_ids":[],"limit":0,"open":false,"account":{}}',
     {"id": "", "vars": {}, "user_ids": [], "limit": 0, "open": False, "account": {}}),
    ('{"id":null,"display_name":null,"vars":null,"user_ids":null,"account":null,"operator":null,'
     '"start_time":null,"score":null}', {}),
    # Strings.
    (r'{"id":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}', {"id": '"\\/\b\f\n\r\té😀'}),
    (r'{"id":"a\u0000b"}', {"id": "a\0b"}),
    ('{"id":"é\x7f\u2028"}', {"id": "é\x7f\u2028"}),
    ('{"id":":x","lang_tag":"a: b"}', {"id": ":x", "lang_tag": "a: b"}),
    (r'{"id" : "\\" , "lang_tag" : "\":"}', {"id": "\\", "lang_tag": '":'}),
    # Integers.
    *[(f'{{"limit":{text}}}', {"limit": 5})
      for text in ('5', '5.0', '5e0', '50e-1', '0.5e1', '"5"', '"5.0"')],
    ('{"limit":"1e2"}', {"limit": 100}),
    ('{"limit":1E+2}', {"limit": 100}),
    ('{"limit":-0}', {"limit": 0}),
    ('{"limit":-0.0}', {"limit": 0}),
    ('{"limit":0e999999999999}', {"limit": 0}),
    ('{"limit":-2147483648,"max_count":2147483647}', {"limit": -(2**31), "max_count": 2**31 - 1}),
    ('{"categoryStart":4294967295}', {"category_start": 2**32 - 1}),
    ('{"score":9223372036854775807}', {"score": 2**63 - 1}),
    ('{"score":"-9223372036854775808"}', {"score": -(2**63)}),
    ('{"score":9007199254740993.0}', {"score": 2**53 + 1}),
    ('{"score":922337203685477580.7e1}', {"score": 2**63 - 1}),
    # Booleans.
    ('{"open":true,"create":false}', {"open": True, "create": False}),
    # Enums: numbers, names, and names nobody knows.
    ('{"operator":2}', {"operator": 2}),
    ('{"operator":2.0}', {"operator": 2}),
    ('{"operator":"SET"}', {"operator": 2}),
    ('{"operator":9}', {"operator": 9}),
    ('{"operator":-1}', {"operator": -1}),
    *[(f'{{"operator":"{name}","id":"x"}}', {"id": "x"}) for name in ("set", "2", "X", "")],
    # Lists, maps, messages.
    ('{"userIds":["a","","a"]}', {"user_ids": ["a", "", "a"]}),
    ('{"vars":{"a":"1","":"","user_id":"x"}}', {"vars": {"a": "1", "": "", "user_id": "x"}}),
    ('{"account":{"id":"x","edgeCount":1,"nope":2}}', {"account": {"id": "x", "edge_count": 1}}),
    ('{"object_ids":[{"id":"a"},{}]}', {"object_ids": [{"id": "a"}, {}]}),
    # Times.
    ('{"start_time":"2026-11-21T04:19:17Z"}', {"start_time": datetime(2026, 11, 21, 4, 19, 17, tzinfo=UTC)}),
    ('{"start_time":"2026-11-21T04:19:17.123456789Z"}',
     {"start_time": datetime(2026, 11, 21, 4, 19, 17, 123456, tzinfo=UTC)}),
    ('{"start_time":"2026-11-21T04:19:17.5+05:30"}',
     {"start_time": datetime(2026, 11, 20, 22, 49, 17, 500000, tzinfo=UTC)}),
]  # fmt: skip


@pytest.mark.parametrize(("body", "values"), UNDERSTOOD)
def test_a_body_sets_fields(body: str, values: dict[str, Any]) -> None:
    assert decode_body(SAMPLE, body.encode()) == values
    assert read_body(SAMPLE, body.encode()) == values, "the exact way agrees with the fast one"


MISFITS = [
    # The top level.
    ("null", "proto: syntax error (line 1:1): unexpected token null"),
    ("[]", "proto: syntax error (line 1:1): unexpected token ["),
    ('"x"', 'proto: syntax error (line 1:1): unexpected token "x"'),
    (" 123", "proto: syntax error (line 1:1): unexpected token 123"),
    ("true false", "proto: syntax error (line 1:1): unexpected token true"),
    # Fields given twice.
    ('{"id":"a","id":"b"}', 'proto: (line 1:11): duplicate field "id"'),
    ('{"lang_tag":"a","langTag":"b"}', 'proto: (line 1:17): duplicate field "langTag"'),
    ('{"langTag":null,"lang_tag":"b"}', 'proto: (line 1:17): duplicate field "lang_tag"'),
    (r'{"id":"a","\u0069d":"b"}', r'proto: (line 1:11): duplicate field "\u0069d"'),
    ('{"account":{"id":"a", "id":"b"}}', 'proto: (line 1:23): duplicate field "id"'),
    ('{"vars":{"a":"1","a":"1"}}', 'proto: (line 1:18): duplicate map key "a"'),
    ('{"id":":a","id" :"b"}', 'proto: (line 1:12): duplicate field "id"'),
    (r'{"id": "a", "\\": 1, "id": "b"}', 'proto: (line 1:22): duplicate field "id"'),
    (r'{"id":"\\","id":"\":"}', 'proto: (line 1:12): duplicate field "id"'),
    # Strings.
    ('{"id":123}', "proto: (line 1:7): invalid value for string field id: 123"),
    ('{"lang_tag":true}', "proto: (line 1:13): invalid value for string field langTag: true"),
    ('{"display_name":5}', "proto: (line 1:17): invalid value for string field value: 5"),
    ('{"display_name":{"value":"x"}}', "proto: (line 1:17): invalid value for string field value: {"),
    ('{"display_name":["x"]}', "proto: (line 1:17): invalid value for string field value: ["),
    (r'{"id":"\ud800"}', r'proto: syntax error (line 1:7): invalid escape code "\\ud800" in string'),
    (r'{"id":"\ud83d\ude00\uDC00x"}',
     r'proto: syntax error (line 1:7): invalid escape code "\\uDC00" in string'),
    (r'{"id":"\ud83dx"}', r'proto: syntax error (line 1:7): invalid escape code "\\ud83d" in string'),
    (r'{"nope":["\ud800"]}', r'proto: syntax error (line 1:10): invalid escape code "\\ud800" in string'),
    (r'{"\ud800":1}', r'proto: syntax error (line 1:2): invalid escape code "\\ud800" in string'),
    (r'{"vars":{"\udfff":"1"}}', r'proto: syntax error (line 1:10): invalid escape code "\\udfff" in string'),
    # Booleans.
    ('{"open":"true"}', 'proto: (line 1:9): invalid value for bool field open: "true"'),
    ('{"create":1}', "proto: (line 1:11): invalid value for bool field value: 1"),
    # Integers.
    ('{"max_count":5.5}', "proto: (line 1:14): invalid value for int32 field maxCount: 5.5"),
    ('{"limit":2147483648}', "proto: (line 1:10): invalid value for int32 field value: 2147483648"),
    ('{"limit":"abc"}', 'proto: (line 1:10): invalid value for int32 field value: "abc"'),
    *[(f'{{"limit":{text}}}', f"proto: (line 1:10): invalid value for int32 field value: {text}")
      for text in ('" 5"', '"5 "', '""', '"+5"', '"05"', '"0x5"', "true", "1e10", "1e99999999999999", '"٣"')],
    ('{"limit":[5]}', "proto: (line 1:10): invalid value for int32 field value: ["),
    ('{"limit":{}}', "proto: (line 1:10): invalid value for int32 field value: {"),
    ('{"categoryStart":-1}', "proto: (line 1:18): invalid value for uint32 field value: -1"),
    *[(f'{{"score":{text}}}', f"proto: (line 1:10): invalid value for int64 field score: {text}")
      for text in ("9223372036854775808", "18446744073709551616", "5.0000000000000000001", "1e-400")],
    # Enums.
    ('{"operator":1.5}', "proto: (line 1:13): invalid value for enum field operator: 1.5"),
    ('{"operator":true}', "proto: (line 1:13): invalid value for enum field operator: true"),
    ('{"operator":[]}', "proto: (line 1:13): invalid value for enum field operator: ["),
    ('{"operator":3000000000}', "proto: (line 1:13): invalid value for enum field operator: 3000000000"),
    # Lists, maps, messages.
    ('{"user_ids":"a"}', 'proto: syntax error (line 1:13): unexpected token "a"'),
    ('{"user_ids":["a",null]}', "proto: (line 1:18): invalid value for string field userIds: null"),
    ('{"vars":["a"]}', "proto: syntax error (line 1:9): unexpected token ["),
    ('{"vars":{"a":null}}', "proto: (line 1:14): invalid value for string field value: null"),
    ('{"vars":{"a":1}}', "proto: (line 1:14): invalid value for string field value: 1"),
    ('{"account":[]}', "proto: syntax error (line 1:12): unexpected token ["),
    ('{"object_ids":{}}', "proto: syntax error (line 1:15): unexpected token {"),
    ('{"object_ids":[null]}', "proto: syntax error (line 1:16): unexpected token null"),
    ('{"object_ids":[{"id":1}]}', "proto: (line 1:22): invalid value for string field id: 1"),
    # Times.
    ('{"start_time":5}', "proto: syntax error (line 1:15): unexpected token 5"),
    *[(f'{{"start_time":"{text}"}}', f'proto: (line 1:15): invalid google.protobuf.Timestamp value "{text}"')
      for text in ("", "yesterday", "2026-11-21", "2026-11-21T04:19:17", "2026-11-21 04:19:17Z",
                   "2026-02-30T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T04:19:60Z",
                   "2026-11-21T04:19:17.1234567890Z", "2026-11-21T04:19:17.Z", "2026-11-21T04:19:17+5:00",
                   "٢026-11-21T04:19:17Z")],
    ('{"start_time":"0001-01-01T00:00:00+00:01"}',
     'proto: (line 1:15): google.protobuf.Timestamp value out of range: "0001-01-01T00:00:00+00:01"'),
    # Lines and columns count characters, from where the value begins.
    ('\n\n{\n "x":"é",\n "é":"日本","id":1}', "proto: (line 3:16): invalid value for string field id: 1"),
    # The first fault in the text is the one that is told.
    (r'{"id":1,"lang_tag":"\ud800"}', "proto: (line 1:7): invalid value for string field id: 1"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "text"), MISFITS)
def test_a_body_that_does_not_fit(body: str, text: str) -> None:
    assert refusal(decode_body, SAMPLE, body.encode()) == text


MALFORMED = [
    ("{", "unexpected EOF"),
    ('{"id":', "unexpected EOF"),
    ('{"id":"x', "unexpected EOF"),
    ('{"id":"x"', "unexpected EOF"),
    ('{"id"', "unexpected EOF"),
    ('{"id":"\\', "unexpected EOF"),
    ('{"id":"\\u00', "unexpected EOF"),
    ("tru", "unexpected EOF"),
    ("-", "unexpected EOF"),
    ("1.", "unexpected EOF"),
    ("1e+", "unexpected EOF"),
    ('{"id":1 ', "unexpected EOF"),
    ("{bad", "invalid character 'b' looking for beginning of object key string"),
    ("{1:2}", "invalid character '1' looking for beginning of object key string"),
    ('{"id":"x",}', "invalid character '}' looking for beginning of object key string"),
    ("{,}", "invalid character ',' looking for beginning of object key string"),
    ("\ufeff{}", "invalid character 'ï' looking for beginning of value"),
    ('{"id":}', "invalid character '}' looking for beginning of value"),
    ('{"a":[1,]}', "invalid character ']' looking for beginning of value"),
    ('{"a":[,1]}', "invalid character ',' looking for beginning of value"),
    ("'x'", r"invalid character '\'' looking for beginning of value"),
    ("\0", r"invalid character '\x00' looking for beginning of value"),
    ("NaN", "invalid character 'N' looking for beginning of value"),
    ('{"id" "x"}', "invalid character '\"' after object key"),
    ('{"id":"x" "y"}', "invalid character '\"' after object key:value pair"),
    ('{"id":"x"]', "invalid character ']' after object key:value pair"),
    ('{"a":[1 2]}', "invalid character '2' after array element"),
    ('{"a":[1}', "invalid character '}' after array element"),
    ('{"a":{}}:', None),
    ('{"a":trux}', "invalid character 'x' in literal true (expecting 'e')"),
    ('{"a":nul}', "invalid character '}' in literal null (expecting 'l')"),
    ('{"a":fAlse}', "invalid character 'A' in literal false (expecting 'a')"),
    ('{"a":truex}', "invalid character 'x' after object key:value pair"),
    ('{"a":01}', "invalid character '1' after object key:value pair"),
    ('{"a":-}', "invalid character '}' in numeric literal"),
    ('{"a":-x}', "invalid character 'x' in numeric literal"),
    ('{"a":1.}', "invalid character '}' after decimal point in numeric literal"),
    ('{"a":1.e5}', "invalid character 'e' after decimal point in numeric literal"),
    ('{"a":1e}', "invalid character '}' in exponent of numeric literal"),
    ('{"a":1.5e-x}', "invalid character 'x' in exponent of numeric literal"),
    ('{"a":1.5.2}', "invalid character '.' after object key:value pair"),
    ('{"a":[1e5e]}', "invalid character 'e' after array element"),
    ('{"a":+1}', "invalid character '+' looking for beginning of value"),
    ('{"id":"a\nb"}', r"invalid character '\n' in string literal"),
    ('{"id":"a\0b"}', r"invalid character '\x00' in string literal"),
    ('{"i\td":"ab"}', r"invalid character '\t' in string literal"),
    (r'{"id":"\x"}', "invalid character 'x' in string escape code"),
    (r'{"id":"\u12g4"}', r"invalid character 'g' in \u hexadecimal character escape"),
    ('{"id":"\\u12"}', r"""invalid character '"' in \u hexadecimal character escape"""),
    ('{"id":5,"a":}', "invalid character '}' looking for beginning of value"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "text"), MALFORMED)
def test_text_that_is_no_json(body: str, text: str | None) -> None:
    if text is None:
        assert decode_body(SAMPLE, body.encode()) == {}
    else:
        assert refusal(decode_body, SAMPLE, body.encode()) == text


@pytest.mark.parametrize("body", [b'{"id":"\xff"}', b'{"id":"\xe2\x28"}', b'{"id":"\xed\xa0\x80"}'])
def test_bytes_that_are_no_utf8(body: bytes) -> None:
    assert refusal(decode_body, SAMPLE, body) == "proto: syntax error (line 1:7): invalid UTF-8 in string"


def test_bytes_outside_strings_are_named_one_by_one() -> None:
    assert refusal(decode_body, SAMPLE, b'{"a":\xe2\x80}') == (
        "invalid character 'â' looking for beginning of value"
    )
    assert refusal(decode_body, SAMPLE, b"{\x80}") == (
        r"invalid character '\u0080' looking for beginning of object key string"
    )


@pytest.mark.parametrize("depth", [100, 254, 255, 1023, 1024, 1025, 5000, 9999])
def test_unknown_members_may_nest(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    assert decode_body(SAMPLE, b'{"nope":' + nested + b',"id":"x"}') == {"id": "x"}
    twice = b'{"nope":' + nested + b',"id":"x","id":"x"}'
    assert "duplicate field" in refusal(decode_body, SAMPLE, twice)


def test_ten_thousand_levels_are_the_most() -> None:
    too_deep = b'{"nope":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    assert refusal(decode_body, SAMPLE, too_deep) == "invalid character '[' exceeded max depth"
    objects = b'{"a":' * 10_000 + b"{" + b"}" * 10_001
    assert refusal(decode_body, SAMPLE, objects) == "invalid character '{' exceeded max depth"
