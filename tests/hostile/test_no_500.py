"""Schemathesis makes requests out of the server's own description of itself; none may end in a server error."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema

from tests.conftest import CONFORMANCE
from tests.support.players import SERVER_KEY, sign_in
from tests.support.processes import Server, start_server

#: Generated requests are the same each time, and few: the point is that there are some for each operation.
CONFIG = {
    "seed": 1,
    "generation": {
        "max-examples": 15,
        "deterministic": True,
        "with-security-parameters": False,
        "database": "none",
    },
    "phases": {"coverage": {"enabled": False}, "stateful": {"enabled": False}},
}

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

    def headers(self, path: str) -> dict[str, str]:
        """What lets a request for this path in."""
        if path.startswith(_BY_SERVER_KEY):
            request = httpx.Request("GET", self.server.base_url)
            return dict(next(httpx.BasicAuth(SERVER_KEY, "").auth_flow(request)).headers)
        if not self.token:
            with httpx.Client(base_url=self.server.base_url, timeout=30) as client:
                self.token = sign_in(client).token
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture(scope="module")
def target(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    log = tmp_path_factory.mktemp("no500") / "server.log"
    server = start_server(database_url=database_url, config=CONFORMANCE / "server.yaml", log=log)
    config = SchemathesisConfig.from_dict(CONFIG)
    yield Target(server, schemathesis.openapi.from_url(f"{server.base_url}/openapi.json", config=config))
    server.stop()


@pytest.fixture(scope="module")
def description(target: Target) -> BaseSchema:
    return target.schema


schema = schemathesis.pytest.from_fixture("description")


@schema.parametrize()
@settings(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_no_server_error(case: schemathesis.Case, target: Target) -> None:
    authorization = target.headers(case.path)["Authorization"]
    answer = case.call(headers={"Authorization": authorization})
    target.asked[case.operation.label] = target.asked.get(case.operation.label, 0) + 1
    if (case.method.upper(), case.path) in _ENDS_SESSION and answer.status_code == 200:
        target.token = ""
    if answer.status_code == 500 and case.path.endswith("/facebookinstantgame") and answer.json() == RECORDED:
        return
    case.validate_response(answer, checks=[not_a_server_error])
    if answer.status_code >= 400:
        assert set(answer.json()) == {"code", "message"}


def test_every_served_operation_was_asked(target: Target) -> None:
    """Guards against a description that describes nothing, and against requests that all fail to get in."""
    described = {
        f"{method.upper()} {path}"
        for path, methods in httpx.get(f"{target.server.base_url}/openapi.json").json()["paths"].items()
        for method in methods
    }
    assert set(target.asked) == described
    assert len(described) > 35
    assert target.token
