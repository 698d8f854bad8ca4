"""Whatever a request holds, it is the client's fault and nobody else's."""

import json
import re

import pytest

from kizuna.teams import catalogue
from kizuna.teams.functions import Function
from tests.teams.support import Cast
from tests.teams.test_permissions import FREE, ROWS

FUNCTIONS = [each for each in vars(catalogue).values() if isinstance(each, Function)]
REQUESTS = {row.function: row.request for row in (*ROWS, *FREE)}

#: Values of every type, in JSON: what cannot be stored, what is too large, too long and too deep.
HOSTILE = [
    *('"\\u0000"', '"\\ud800"', json.dumps("ß" * 20_000), '"00000000-0000-0000-0000-000000000000"', '"NaN"'),
    *("9223372036854775807", "-9223372036854775808", "1e400", "9" * 400, "true", "[]", "{}"),
    *('["\\u0000"]', json.dumps(["a"] * 101), '{"\\u0000":1}', '{"a":9223372036854775807}', '{"a":-1}'),
    '{"a":{"string_properties":{"\\u0000":"x"},"numeric_properties":{"b":"NaN"}}}',
    '[{"name":"\\u0000","value":"1","operator":1}]',
    '{"a":' * 300 + "1" + "}" * 300,
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
async def test_hostile_values(function: Function, cast: Cast) -> None:
    """T-017, T-025, T-038: in each field of each function, the others being in order."""
    for name in function.request.fields:
        for value in HOSTILE:
            others = {**REQUESTS[function.name]}
            if "id" in function.request.fields:
                others["id"] = cast.team
            others.pop(name, None)
            members = [
                f'"{name}":{value}',
                *(f'"{key}":{json.dumps(given)}' for key, given in others.items()),
            ]
            answer = await cast.api.post(
                f"/v2/rpc/{function.rpc_id}?unwrap",
                content=f"{{{','.join(members)}}}",
                headers=cast.superadmin.headers,
            )
            assert answer.status_code < 500, (name, value[:50], answer.text)
            if answer.status_code != 200:
                body = answer.json()
                assert body["error"] == {"Message": body["message"], "Code": body["code"]}


#: Verb, path and names of the fields of everything over REST.
PLACES = [(place, list(function.request.fields)) for function in FUNCTIONS for place in function.rest]

#: As they stand in a URL: NUL, an escape of nothing, half a surrogate pair, no UTF-8, long ones.
_TEXTS = ["%00", "%", "%ED%A0%80", "%FF", "%C3%9F" * 500, "9" * 30]


async def test_hostile_paths_and_queries(cast: Cast) -> None:
    """T-017, T-024: each parameter of each path in turn, and all of the query."""
    for place, fields in PLACES:
        verb, path = place.split(" ")
        names = re.findall(r"\{(\w+)\}", path)
        for text in _TEXTS:
            for spoilt in (*names, ""):
                values = {**dict.fromkeys(names, "nope"), "team_id": cast.team, "user_id": cast.member.id}
                if spoilt:
                    values[spoilt] = text
                query = "" if spoilt else "&".join(f"{name}={text}" for name in fields)
                answer = await cast.api.request(
                    verb,
                    f"{path.format(**values)}?{query}",
                    headers=cast.superadmin.headers,
                    json={} if verb in ("POST", "PUT") else None,
                )
                assert answer.status_code < 500, (place, spoilt, text[:20], answer.text)
