"""Ended sessions on a real server with two workers, and after its restart."""

import httpx

from tests.sessions.conftest import MODULES
from tests.support.players import Player, sign_in
from tests.support.processes import Serve
from tests.support.waiting import wait_until

#: Requests on as many connections, so that both workers get their share.
ASKED = 16


def answers(base_url: str, player: Player) -> set[int]:
    unkept = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=base_url, limits=unkept, headers=player.headers) as client:
        return {client.get("/v2/account").status_code for _ in range(ASKED)}


def test_every_worker_obeys_and_a_restart_forgets_nothing(serve: Serve) -> None:
    server = serve("--workers", "2", "--modules", MODULES)
    with httpx.Client(base_url=server.base_url) as client:
        single, everywhere, banned, living = [sign_in(client) for _ in range(4)]
        assert answers(server.base_url, living) == {200}
        client.post("/v2/session/logout", json={"token": single.token}, headers=single.headers)
        client.post("/v2/session/logout", json={}, headers=everywhere.headers)
        ban = client.post("/v2/rpc/conf_user_ban?http_key=defaulthttpkey&unwrap", json={"user_id": banned.id})
        assert ban.status_code == 200
    ended = (single, everywhere, banned)
    wait_until(
        lambda: all(answers(server.base_url, player) == {401} for player in ended),
        within=1,
        what="the end of these sessions on every worker",
    )
    assert answers(server.base_url, living) == {200}
    server.stop()

    restarted = serve("--modules", MODULES)
    for player in ended:
        assert answers(restarted.base_url, player) == {401}
    assert answers(restarted.base_url, living) == {200}
