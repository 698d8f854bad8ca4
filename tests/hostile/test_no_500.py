"""Requests that Schemathesis makes out of the server's own description; none may end in a server error."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema

from kizuna.http.contract import OPERATIONS, Auth, Operation
from tests.conftest import CONFORMANCE
from tests.hostile.test_transport import NOT_SERVED
from tests.support.players import SERVER_KEY, sign_in
from tests.support.processes import Server, start_server

CONFIG = {"seed": 1, "generation": {"with-security-parameters": False}}

#: Generated requests are the same each time, and few: the point is that there are some for each operation.
EXAMPLES = settings(
    max_examples=10,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

SERVED = [o for o in OPERATIONS if o.name not in NOT_SERVED and o.auth is not Auth.RPC]

#: Recorded from the reference, and kept: a signature that is wrong is a server error.
RECORDED = {
    "code": 15,
    "message": "Error extracting the Facebook Instant Game player ID or validating the signature",
}

_BY_SERVER_KEY = ("/v2/account/authenticate/", "/v2/account/session/refresh")
_ENDS_SESSION = (("POST", "/v2/session/logout"), ("DELETE", "/v2/account"))


@dataclass
class Target:
    """The server under test, and a player's session there that is valid at any time."""

    server: Server
    schema: BaseSchema
    asked: dict[str, int] = field(default_factory=dict)
    token: str = ""

    def authorization(self, path: str) -> str:
        """What lets a request for this path in."""
        if path.startswith(_BY_SERVER_KEY):
            return "Basic " + base64.b64encode(f"{SERVER_KEY}:".encode()).decode()
        if not self.token:
            with httpx.Client(base_url=self.server.base_url, timeout=30) as client:
                self.token = sign_in(client).token
        return f"Bearer {self.token}"


@pytest.fixture(scope="module")
def target(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    log = tmp_path_factory.mktemp("no500") / "server.log"
    server = start_server(database_url=database_url, config=CONFORMANCE / "server.yaml", log=log)
    config = SchemathesisConfig.from_dict(CONFIG)
    yield Target(server, schemathesis.openapi.from_url(f"{server.base_url}/openapi.json", config=config))
    server.stop()


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("operation", SERVED, ids=lambda operation: operation.name)
def test_no_server_error(target: Target, operation: Operation, mode: GenerationMode) -> None:
    described = target.schema[operation.path][operation.method]

    @settings(EXAMPLES)
    @given(described.as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case[Any]) -> None:
        _send(target, case)

    try:
        send()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE
        pytest.skip("the operation takes nothing that could be wrong")


def _send(target: Target, case: schemathesis.Case[Any]) -> None:
    answer = case.call(headers={"Authorization": target.authorization(case.path)})
    target.asked[case.operation.label] = target.asked.get(case.operation.label, 0) + 1
    if (case.method.upper(), case.path) in _ENDS_SESSION and answer.status_code == 200:
        target.token = ""
    if answer.status_code == 500 and case.path.endswith("/facebookinstantgame") and answer.json() == RECORDED:
        return
    case.validate_response(answer, checks=[not_a_server_error])
    if answer.status_code >= 400:
        assert set(answer.json()) == {"code", "message"}


def test_every_served_operation_was_asked(target: Target) -> None:
    """Guards against requests that are never sent, and against an operation that nobody described."""
    described = {
        f"{method.upper()} {path}"
        for path, methods in httpx.get(f"{target.server.base_url}/openapi.json").json()["paths"].items()
        for method in methods
        if "/rpc/" not in path
    }
    assert set(target.asked) == described
    assert len(described) == len(SERVED)
    assert sum(target.asked.values()) > 10 * len(SERVED)
