"""Whatever clients send, they are answered in time, with an error of the API's form.

Everything here goes into the application directly; what depends on the framing is in `test_framing.py`.
"""

import base64
import gzip
import json
import tracemalloc
import zlib
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.http.contract import OPERATIONS, Auth
from kizuna.wire.cursors import encode_cursor
from kizuna.wire.messages import Kind
from tests.hostile.asking import ask, check
from tests.hostile.attacker import BY_NAME, WITH_BODY, WITH_QUERY, Attacker, plausible, variants

LIMIT = 262_144

WRITE, READ, DELETE = (BY_NAME[f"{name}StorageObjects"] for name in ("Write", "Read", "Delete"))
LIST, LIST_OWN = BY_NAME["ListStorageObjects"], BY_NAME["ListStorageObjects2"]
DEVICE = BY_NAME["AuthenticateDevice"]

few = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

# --- whole bodies ---

BODIES = {
    "nothing": b"",
    "spaces": b" \t\r\n" * 1000,
    "null": b"null",
    "number": b"1e400",
    "list": b"[]",
    "string": b'"x"',
    "NUL": b"\0",
    "NULs in an object": b'{"\0":"\0"}',
    "BOM": b"\xef\xbb\xbf{}",
    "UTF-16": '{"id":"x"}'.encode("utf-16"),
    "not UTF-8": b'{"id":"\xff\xfe"}',
    "CESU": b'{"id":"\xed\xa0\x80\xed\xb0\x80"}',
    "overlong": b'{"id":"\xc0\x80"}',
    "cut off": b'{"id":"x',
    "garbage behind": b'{"id":"x"}\xff\0garbage',
    "two values": b"{}{}",
    "comment": b"/* */{}",
    "single quotes": b"{'id':'x'}",
    "NaN": b'{"limit":NaN,"id":Infinity}',
    "prototype": b'{"__proto__":{"id":1},"constructor":1,"__class__":"x"}',
    "deep lists": b"[" * 10_000,
    "deep lists, closed": b'{"a":' + b"[" * 9_990 + b"]" * 9_990 + b"}",
    "deep objects": b'{"a":' * 10_000,
    "too deep": b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "deep objects, closed": b'{"account":' * 5_000 + b"1" + b"}" * 5_000,
    "many members": b"{" + b",".join(b'"%d":1' % n for n in range(20_000)) + b"}",
    "duplicates": b'{"id":"a","id":"b","id":"c"}',
    "a long number": b'{"id":' + b"9" * 200_000 + b"}",
    "a long key": b'{"' + b"k" * 200_000 + b'":1}',
    "a long string": b'{"id":"' + b"s" * 200_000 + b'"}',
    "the most that is taken": b'{"x":"' + b"s" * (LIMIT - 8) + b'"}',
    "a byte more": b'{"x":"' + b"s" * (LIMIT - 7) + b'"}',
    "slow to read": b'{"x" :[' + b"[]," * 80_000 + b"0]}",
    "urlencoded": b"id=x&account.id=%00",
    "multipart": b'--b\r\nContent-Disposition: form-data; name="id"\r\n\r\nx\r\n--b--\r\n',
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
}


#: Read by the exact way, which takes its time; a few operations show as much as all.
SLOW = ("slow to read", "many members")


@pytest.mark.parametrize("name", BODIES)
async def test_whole_bodies(attacker: Attacker, name: str) -> None:
    body = BODIES[name]
    for operation in WITH_BODY[:3] if name in SLOW else WITH_BODY:
        answer = await attacker.ask(operation, body)
        check(answer, f"{operation.name} with {name}")
        if len(body) > LIMIT:
            assert answer.status == 400, operation.name
            assert answer.json() == {"code": 3, "message": "http: request body too large"}
            assert answer.header("connection") == "close"
        elif name in ("deep lists", "deep objects", "too deep", "cut off", "not UTF-8", "CESU"):
            assert answer.status == 400, operation.name


async def test_bodies_of_operations_that_take_none(attacker: Attacker) -> None:
    for operation in OPERATIONS:
        if not operation.reads_body and operation.auth is not Auth.RPC:
            for name in ("NUL", "deep lists", "a byte more"):
                answer = await attacker.ask(operation, BODIES[name])
                check(answer, f"{operation.name} with {name}")


# --- one field at a time ---

EDGES = [
    0,
    -1,
    101,
    2**31 - 1,
    2**31,
    -(2**31),
    -(2**31) - 1,
    2**32,
    2**63 - 1,
    2**63,
    -(2**63),
    -(2**63) - 1,
    2**64,
    10**40,
    1.5,
    1e300,
    True,
    [],
    {},
    "1e2",
    "1e-2",
    "1e999999999",
    "-0",
    "0x10",
    " 1",
    "NaN",
    "9" * 5_000,
    "\0",
]

STRINGS = [
    "\0",
    "a\0b" * 30,
    "%00",
    "é" * 64 + "\u202e\ufeff\uffff",
    "\U0010ffff" * 128,
    "\U0001f600" * 129,
    "x" * 128,
    "x" * 129,
    "x" * 256,
    "x" * 100_000,
    "{" * 5_000,
    "'; drop table users; --",
    "../../etc/passwd",
    "\r\nSet-Cookie: a=b",
    "00000000-0000-0000-0000-000000000000",
    "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "{6BA7B8109DAD11D180B400C04FD430C8}",
    "*",
    "\\",
    '"',
    "a.b.c",
    "..",
    "eyJhbGciOiJub25lIn0.e30.",
    "1.e30",
    "=",
    1,
    None,
    [],
    {"a": "b"},
]

HOSTILE: dict[Kind, list[Any]] = {
    Kind.STRING: STRINGS,
    Kind.BOOL: [0, 1, "true", None, "T", [], {}],
    Kind.INT32: EDGES,
    Kind.UINT32: EDGES,
    Kind.INT64: EDGES,
    Kind.ENUM: [*EDGES, "BEST", "\0", "nonsense"],
    Kind.TIMESTAMP: [
        "",
        "0000-00-00T00:00:00Z",
        "9999-12-31T23:59:60Z",
        "0001-01-01T00:00:00+23:59",
        1,
        "\0",
    ],
    Kind.STRING_MAP: [
        {"\0": "\0"},
        {"": ""},
        {"a": 1},
        {"a": None},
        {str(n): "x" * 10 for n in range(5_000)},
        {"k" * 60_000: "v" * 60_000},
        [],
        "x",
        None,
    ],
    Kind.MESSAGE: [[], 1, "x", None, {}, [None], [[]], [{}] * 2_000],
}


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.name)
async def test_every_field_of_every_body(attacker: Attacker, operation: Any) -> None:
    assert operation.body is not None
    for field, message in variants(operation.body, HOSTILE):
        body = json.dumps(message).encode()
        check(await attacker.ask(operation, body, "create=true"), f"{operation.name} {field}: {body[:200]!r}")


async def test_lone_surrogates_in_every_string(attacker: Attacker) -> None:
    for operation in WITH_BODY:
        assert operation.body is not None
        for surrogate in ("\ud800", "\udfff", "a\udc00\ud800b"):
            for field, message in variants(operation.body, {Kind.STRING: [surrogate]}):
                answer = await attacker.ask(operation, json.dumps(message).encode())
                assert answer.status == 400, f"{operation.name} {field}"
                check(answer, f"{operation.name} {field}")


@pytest.mark.parametrize("operation", WITH_QUERY, ids=lambda operation: operation.name)
async def test_every_query_parameter(attacker: Attacker, operation: Any) -> None:
    texts = [
        "",
        "%00",
        "%ff",
        "%",
        "%zz",
        ";",
        "+",
        "a" * 8_000,
        "%ed%a0%80",
        "%F0%9F%98%80",
        "1%00",
        "[",
        "]",
    ]
    texts += [
        "-1",
        "0",
        "100",
        "101",
        str(2**31),
        str(2**63),
        str(-(2**63) - 1),
        "9" * 5_000,
        "0x1",
        "1.0",
        "%2B1",
    ]
    body = json.dumps(plausible(operation.body)).encode() if operation.body else b""
    for field in operation.query.fields:
        for text in texts:
            for query in (f"{field.name}={text}", f"{field.name}=1&{field.json_name}={text}"):
                check(await attacker.ask(operation, body, query), f"{operation.name} {query}")


QUERIES = [
    "&" * 9_000,
    "=" * 9_000,
    "ids=" + "&ids=" * 1_800,
    "%" * 9_000,
    "[" * 9_000 + "]=1",
    "ids[a]=b&ids[]=c&[x]=y",
    "limit.value=1&limit.value.x=2",
    "ids.x=1",
    "a;b",
    "%00=%00",
    "%ff=%ff&limit=%ff",
    "\xff=\xff",
    "limit=1&limit=2",
    "?" * 100,
    "#",
    "cursor=%ED%A0%80",
]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:20])
async def test_whole_queries(attacker: Attacker, query: str) -> None:
    for operation in WITH_QUERY:
        check(await attacker.ask(operation, query=query), f"{operation.name}?{query[:80]}")


@few
@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n #"), max_size=200))
async def test_any_query(attacker: Attacker, query: str) -> None:
    for operation in (LIST, BY_NAME["GetUsers"], BY_NAME["ListGroups"]):
        check(await attacker.ask(operation, query=query), f"{operation.name}?{query}")


# --- random bodies ---

_NAMES = st.sampled_from(["objects", "object_ids", "objectIds", "collection", "key", "value", "id", "vars"])
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["{}", "*", "\0", "1"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_NAMES | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
)


@few
@given(st.binary(max_size=300))
async def test_any_bytes(attacker: Attacker, body: bytes) -> None:
    for operation in (WRITE, DEVICE, BY_NAME["UpdateAccount"]):
        check(await attacker.ask(operation, body), f"{operation.name} {body!r}")


@few
@given(_JSON)
async def test_any_json(attacker: Attacker, value: Any) -> None:
    body = json.dumps(value).encode()
    for operation in (WRITE, READ, DELETE, DEVICE, BY_NAME["SessionRefresh"], BY_NAME["UpdateAccount"]):
        check(await attacker.ask(operation, body), f"{operation.name} {body!r}")


@few
@given(st.data())
async def test_damaged_bodies(attacker: Attacker, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([WRITE, READ, DELETE, DEVICE, BY_NAME["LinkEmail"]]))
    assert operation.body is not None
    body = bytearray(json.dumps(plausible(operation.body)).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        body = body or bytearray(b" ")
    check(await attacker.ask(operation, bytes(body)), f"{operation.name} {bytes(body)!r}")


# --- packed bodies ---


def deflated(data: bytes, wbits: int = -15) -> bytes:
    packer = zlib.compressobj(9, wbits=wbits)
    return packer.compress(data) + packer.flush()


OBJECT = b'{"objects":[{"collection":"packed","key":"k","value":"{}"}]}'
PACKED: dict[str, tuple[bytes, bytes, int]] = {
    "gzip": (b"gzip", gzip.compress(OBJECT), 200),
    "deflate": (b"deflate", deflated(OBJECT), 200),
    "an unknown coding": (b"br", OBJECT, 200),
    "GZIP": (b"GZIP", OBJECT, 200),
    "nothing": (b"gzip", b"", 200),
    "gzip of nothing": (b"gzip", gzip.compress(b""), 200),
    "truncated gzip": (b"gzip", gzip.compress(OBJECT)[:-9], 400),
    "a gzip header alone": (b"gzip", gzip.compress(OBJECT)[:10], 400),
    "a wrong checksum": (b"gzip", gzip.compress(OBJECT)[:-8] + b"\0" * 8, 400),
    "no gzip": (b"gzip", OBJECT, 400),
    "zlib for deflate": (b"deflate", deflated(OBJECT, 15), 400),
    "truncated deflate": (b"deflate", deflated(OBJECT)[:-3], 400),
    "noise for deflate": (b"deflate", bytes(range(256)) * 10, 400),
    "the largest content": (b"gzip", gzip.compress(OBJECT + b" " * (LIMIT - len(OBJECT))), 200),
    "content a byte too large": (b"gzip", gzip.compress(OBJECT + b" " * (LIMIT + 1 - len(OBJECT))), 429),
    "a bomb": (b"gzip", gzip.compress(b"\0" * 60_000_000), 429),
    "a deflate bomb": (b"deflate", deflated(b"\0" * 60_000_000), 429),
    "gzip in gzip": (b"gzip", gzip.compress(gzip.compress(b"\0" * 60_000_000)), 400),
    "too large before unpacking": (b"gzip", gzip.compress(b"{}") + b"\0" * LIMIT, 400),
}


@pytest.mark.parametrize("name", PACKED)
async def test_packed_bodies(attacker: Attacker, name: str) -> None:
    coding, body, status = PACKED[name]
    before = psutil.Process().memory_info().rss
    answer = await attacker.ask(WRITE, body, headers=[(b"content-encoding", coding)])
    check(answer, name)
    assert answer.status == status, answer.body
    assert answer.work < 0.5
    assert psutil.Process().memory_info().rss - before < 40_000_000


# --- cursors, ids, paths ---


def _cursors(own: str) -> list[str]:
    raw = base64.urlsafe_b64decode(own + "=" * (-len(own) % 4))
    mutated = [
        base64.urlsafe_b64encode(raw[:n] + bytes([raw[n] ^ 1]) + raw[n + 1 :]).decode()
        for n in range(len(raw))
    ]
    zero = "0" * 8 + "-0000-0000-0000-" + "0" * 12
    kind = json.loads(raw)[0]
    foreign = [
        encode_cursor("wallet_ledger", (zero, 1, zero)),
        encode_cursor(kind, (2, "k\0", zero)),
        encode_cursor(kind, (2**62, "k", zero)),
        encode_cursor(kind, (-(2**62), "k", zero)),
        encode_cursor(kind, (1, "k" * 5_000, zero)),
        encode_cursor(kind, (1, "k", "x")),
        encode_cursor(kind, (1, "k")),
        encode_cursor(kind, ("1", "k", zero)),
        base64.urlsafe_b64encode(b"[" * 3_000).decode().rstrip("="),
        base64.urlsafe_b64encode(b'["%s",1e400,"k","k"]' % kind.encode()).decode().rstrip("="),
    ]
    cut = [own[:n] for n in range(1, len(own))]
    return [*mutated, *(text.rstrip("=") for text in mutated), *foreign, *cut, own + "=", own + "A", own * 2]


async def test_cursors(attacker: Attacker) -> None:
    objects = [{"collection": "pages", "key": f"k{n}", "value": "{}"} for n in range(3)]
    assert (await attacker.ask(WRITE, json.dumps({"objects": objects}).encode())).status == 200
    own = {"collection": "pages", "user_id": attacker.id}
    cursor = (await attacker.ask(LIST_OWN, path=own, query="limit=1")).json()["cursor"]
    for text in _cursors(cursor):
        for operation, path in ((LIST_OWN, own), (LIST, {"collection": "pages"})):
            answer = await attacker.ask(operation, query=f"cursor={text}", path=path)
            check(answer, f"cursor {text}")
            assert answer.status in (200, 400)
    page = (await attacker.ask(LIST_OWN, path=own, query=f"limit=100&cursor={cursor}")).json()
    assert [each["key"] for each in page["objects"]] == ["k1", "k2"]


@few
@given(st.text(st.characters(codec="ascii", exclude_characters="&;%+#[]= "), min_size=1, max_size=80))
async def test_any_cursor(attacker: Attacker, text: str) -> None:
    answer = await attacker.ask(LIST, query=f"cursor={text}")
    check(answer, text)
    assert answer.json() == {"code": 3, "message": "Malformed cursor was used."}


PATHS = [
    "%00",
    "a%00b",
    "%2F",
    "%2f%2f",
    "%ff",
    "%c0%ae%c0%ae",
    "%ed%a0%80",
    "%",
    "%zz",
    "%25",
    "%2e%2e",
    "..",
    ".",
    "...",
    "~",
    ";a=b",
    "\\",
    "*",
    "{collection}",
    "a" * 8_000,
    "%F0%9F%98%80" * 200,
    "/" * 2_000,
    "a/" * 2_000,
    "%0d%0aX-Y:%20z",
    "",
    "?",
]
PREFIXES = (
    "/",
    "/v2/",
    "/v2/storage/",
    "/v2/storage/x/",
    "/v2/group/",
    "/v2/rpc/",
    "/v2/account/",
    "/openapi.json/",
)


@pytest.mark.parametrize("segment", PATHS, ids=lambda segment: segment[:20])
async def test_paths(attacker: Attacker, segment: str) -> None:
    headers = attacker.credentials(LIST)
    for prefix in PREFIXES:
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "TRACE", "BREW"):
            answer = await ask(attacker.app, method, prefix + segment, headers=headers)
            if answer.status == 301:
                location = answer.header("location") or ""
                assert location.startswith("/"), location
                assert not location.startswith("//"), location
                assert location.isascii()
                assert location.isprintable()
            else:
                check(answer, f"{method} {prefix}{segment}")


@few
@given(
    st.text(st.characters(codec="ascii", exclude_characters=" ?#"), max_size=60), st.sampled_from(PREFIXES)
)
async def test_any_path(attacker: Attacker, segment: str, prefix: str) -> None:
    answer = await ask(attacker.app, "GET", prefix + segment, headers=attacker.credentials(LIST))
    if answer.status != 301:
        check(answer, prefix + segment)


# --- headers ---

VALUES = [
    b"",
    b" ",
    b"\xff\xfe",
    b"\0",
    b"a" * 9_000,
    b"," * 9_000,
    b";" * 9_000,
    b'"' * 9_000,
    b"a" + b" " * 9_000 + b"b",
    b"a;a=b" + b" " * 9_000 + b"x",
    b"a; " + b"a=b;" * 2_000 + b"=",
    b'a;a="' + b"\\a" * 4_000,
    b"names=camel,names=,names=snake",
    b"gzip, deflate, gzip",
    b"Bearer ",
    b"Bearer \xe9",
    b"Bearer a.b.c",
    b"Bearer " + b"." * 9_000,
    b"Basic ====",
    b"Basic " + base64.b64encode(b"\xff\0:"),
    b"chunked",
    b"-1",
    b"99999999999999999999",
]
NAMES = [
    b"authorization",
    b"content-type",
    b"content-encoding",
    b"accept-encoding",
    b"accept",
    b"origin",
    b"access-control-request-method",
    b"access-control-request-headers",
    b"x-forwarded-for",
    b"x-http-method-override",
    b"content-length",
    b"transfer-encoding",
    b"host",
    b"upgrade",
    b"grpc-timeout",
    b"cookie",
    b"range",
    b"if-none-match",
    b"\xff",
]


@pytest.mark.parametrize("name", NAMES)
async def test_header_values(attacker: Attacker, name: bytes) -> None:
    requests = [
        ("GET", "/v2/account", b""),
        ("PUT", "/v2/storage", OBJECT),
        ("POST", "/v2/account/authenticate/device", b"{}"),
        ("POST", "/v2/group/x/add?user_ids=a", b""),
        ("POST", "/v2/rpc/echo", b'"x"'),
        ("GET", "/v2/rpc/echo", b""),
    ]
    for value in VALUES:
        for method, target, body in requests:
            for headers in ([(name, value)], [(name, value), (name, value)]):
                given_headers = [*headers, *attacker.credentials(LIST)]
                answer = await ask(attacker.app, method, target, body, given_headers)
                assert answer.work < 0.25, f"{name!r}: {value[:40]!r} took {answer.work:.2f} s"
                check(answer, f"{method} {target} {name!r}: {value[:60]!r}")


async def test_preflights(attacker: Attacker) -> None:
    for value in VALUES:
        for name in (b"access-control-request-method", b"access-control-request-headers"):
            headers = [(b"origin", b"x"), (b"access-control-request-method", b"GET"), (name, value)]
            answer = await ask(attacker.app, "OPTIONS", "/v2/account", headers=headers)
            assert answer.status in (200, 400, 403, 405)
            assert answer.body == b""


# --- calls of game code, which have a decoder and an error body of their own ---


@pytest.mark.parametrize("name", BODIES)
async def test_bodies_of_calls(attacker: Attacker, name: str) -> None:
    headers = attacker.credentials(LIST)
    for query in ("", "?unwrap", "?http_key=%ff", "?http_key=defaulthttpkey&%zz&a;b&%00=%00"):
        answer = await ask(attacker.app, "POST", f"/v2/rpc/echo{query}", BODIES[name], headers)
        check(answer, f"echo{query} of {name}")
        if len(BODIES[name]) > LIMIT and query != "?http_key=%ff":
            assert answer.json() == {"code": 3, "message": "http: request body too large"}
        elif query == "?unwrap":
            assert answer.body == BODIES[name]


@few
@given(st.binary(max_size=100))
async def test_any_payload(attacker: Attacker, payload: bytes) -> None:
    headers = attacker.credentials(LIST)
    check(await ask(attacker.app, "POST", "/v2/rpc/echo", payload, headers), repr(payload))
    raw = await ask(attacker.app, "POST", "/v2/rpc/echo?unwrap", payload, headers)
    assert (raw.status, raw.body) == (200, payload)
    quoted = await ask(attacker.app, "POST", "/v2/rpc/echo", b'"%s"' % payload, headers)
    check(quoted, repr(payload))


# --- time and memory ---


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("AuthenticateEmail", {"email": "@" * 60_000, "password": "long enough"}),
        ("AuthenticateEmail", {"email": "a@" * 60_000, "password": "long enough"}),
        ("LinkEmail", {"email": "@" * 60_000, "password": "long enough"}),
        ("AuthenticateDevice", {"id": "a" * 200_000}),
        ("AuthenticateCustom", {"id": "\U0001f600" * 20_000}),
        ("UpdateAccount", {"username": "[" * 200_000}),
        ("SessionRefresh", {"token": "." * 200_000}),
        ("SessionRefresh", {"token": "a." * 100_000}),
        ("AuthenticateFacebookInstantGame", {"signed_player_info": "a." + "A" * 200_000}),
    ],
)
async def test_long_texts_do_not_hold_up_the_server(attacker: Attacker, operation: str, message: Any) -> None:
    """While a request is computed, nobody else is served."""
    answer = await attacker.ask(BY_NAME[operation], json.dumps(message).encode())
    check(answer, operation)
    assert answer.status in (400, 401, 500)
    assert answer.work < 0.3


async def test_large_tokens_are_not_kept(attacker: Attacker) -> None:
    """Vars go into tokens: what a process remembers of them must be bounded in bytes, not in tokens."""

    async def refresh(number: int) -> None:
        account = {
            "id": "large-token-0001",
            "vars": {str(n): "x" for n in range(10_000)} | {"n": str(number)},
        }
        session = await attacker.ask(DEVICE, json.dumps(account).encode())
        body = json.dumps({"token": session.json()["refresh_token"]}).encode()
        assert (await attacker.ask(BY_NAME["SessionRefresh"], body)).status == 200

    await refresh(0)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(1, 21):
            await refresh(number)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 5_000_000
