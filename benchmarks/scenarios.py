"""What is measured. A scenario is one row here and the few lines that make its requests."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.players import KEYS, LISTED, READ, WRITTEN, WRITTEN_LARGE, WRITTEN_SMALL, World, written
from benchmarks.requests import UNIQUE, Request


@dataclass(frozen=True)
class Scenario:
    """Requests of one kind, and what they may cost.

    `proof` stands in a right answer's body. `goal` is the most CPU time that a request may cost, `reference`
    what it costs Nakama (None if that was not measured), both in units. `p50_goal` and `p50_reference` are
    milliseconds until the answer for a client that is alone. `of_providers` is whether the server must
    believe the providers of the benchmark.
    """

    name: str
    requests: Callable[[World], list[Request]]
    proof: str
    goal: float
    reference: float | None
    p50_goal: float | None = None
    p50_reference: float | None = None
    of_providers: bool = False


def _healthcheck(world: World) -> list[Request]:
    return [Request("GET", "/healthcheck")]


def _rpc_echo(world: World) -> list[Request]:
    return [Request("POST", "/v2/rpc/echo", p.authorization, '{"greeting":"hello"}') for p in world.players]


def _device_existing(world: World) -> list[Request]:
    path = "/v2/account/authenticate/device"
    return [Request("POST", path, world.sign_in, {"id": player.device}) for player in world.players]


def _device_new(world: World) -> list[Request]:
    path = "/v2/account/authenticate/device"
    return [Request("POST", path, world.sign_in, {"id": f"new-device-{UNIQUE}"})]


def _apple_existing(world: World) -> list[Request]:
    path = "/v2/account/authenticate/apple"
    return [Request("POST", path, world.sign_in, {"token": token}) for token in world.apple_tokens]


def _purchase_apple(world: World) -> list[Request]:
    """Each after the first time: it is known, and verified and noted again."""
    return [
        Request("POST", "/v2/iap/purchase/apple", player.authorization, {"receipt": receipt})
        for player, receipt in zip(world.players, world.receipts, strict=True)
    ]


def _account_get(world: World) -> list[Request]:
    return [Request("GET", "/v2/account", player.authorization) for player in world.players]


def _storage_write(world: World) -> list[Request]:
    """Each with a new value: writing what is there already writes nothing."""
    return [
        Request("PUT", "/v2/storage", p.authorization, {"objects": [written(WRITTEN, key, UNIQUE)]})
        for key in KEYS
        for p in world.players
    ]


def _storage_read(world: World) -> list[Request]:
    return [
        Request(
            "POST",
            "/v2/storage",
            player.authorization,
            {"object_ids": [{"collection": READ, "key": key, "user_id": player.user_id}]},
        )
        for key in KEYS
        for player in world.players
    ]


def _storage_list(world: World) -> list[Request]:
    return [
        Request("GET", f"/v2/storage/{READ}/{player.user_id}?limit=10", player.authorization)
        for player in world.players
    ]


def _leaderboard_write(board: str) -> Callable[[World], list[Request]]:
    """Each changes the record and, mostly, its rank: writing what changes nothing costs less."""

    def requests(world: World) -> list[Request]:
        return [
            Request(
                "POST",
                f"/v2/leaderboard/{board}",
                player.authorization,
                {"score": str(score), "operator": operator},
            )
            for score, operator in ((1_000, "INCREMENT"), (1_001, "DECREMENT"))
            for player in world.players
        ]

    return requests


def _leaderboard_list(world: World) -> list[Request]:
    path = f"/v2/leaderboard/{LISTED}?limit=100"
    return [Request("GET", path, player.authorization) for player in world.players]


def _leaderboard_around(world: World) -> list[Request]:
    return [
        Request("GET", f"/v2/leaderboard/{LISTED}/owner/{player.user_id}?limit=10", player.authorization)
        for player in world.players
    ]


def _group_list(world: World) -> list[Request]:
    return [Request("GET", "/v2/group?limit=100", player.authorization) for player in world.players]


def _friend_list(world: World) -> list[Request]:
    return [Request("GET", "/v2/friend?limit=100", player.authorization) for player in world.players]


def _team_call(function: str, **fields: object) -> Callable[[World], list[Request]]:
    """Each player calls a function of his team, as clients do: a message in JSON, as text in JSON."""

    def requests(world: World) -> list[Request]:
        return [
            Request(
                "POST",
                f"/v2/rpc/RPC_ID_TEAMS_{function}",
                player.authorization,
                json.dumps({"id": team.id, **fields}),
            )
            for team in world.teams
            for player in team.members
        ]

    return requests


_ONE_LEVEL = [{"name": "level", "value": "1", "operator": 2}]
_SIEGE = {"event_leaderboard_id": "siege"}

SCENARIOS = (
    Scenario("healthcheck", _healthcheck, "{}", 1.5, 3.1),
    Scenario("rpc-echo", _rpc_echo, "greeting", 2.5, 2.5, 0.2, 0.09),
    Scenario("device-existing", _device_existing, '"token"', 6, 11, 1.0, 0.51),
    Scenario("device-new", _device_new, '"created":true', 13, 27),
    Scenario("apple-existing", _apple_existing, '"token"', 10, None, of_providers=True),
    Scenario("purchase-apple", _purchase_apple, '"transaction_id"', 30, None, of_providers=True),
    Scenario("account-get", _account_get, '"user"', 5, 11, 0.9, 0.47),
    Scenario("storage-write", _storage_write, '"version"', 9, 18, 1.2, 0.83),
    Scenario("storage-read", _storage_read, '"version"', 5, 10, 0.9, 0.51),
    Scenario("storage-list", _storage_list, KEYS[-1], 7, 14),
    Scenario("board-write", _leaderboard_write(WRITTEN_SMALL), '"rank"', 6, 13, 1.2, 0.65),
    Scenario("board-write-100k", _leaderboard_write(WRITTEN_LARGE), '"rank"', 6, 13),
    Scenario("board-list-100", _leaderboard_list, '"rank_count"', 15, 42),
    Scenario("board-around-10", _leaderboard_around, '"rank_count"', 12, 26),
    Scenario("group-list-100", _group_list, '"cursor"', 10, 25),
    Scenario("friend-list-20", _friend_list, '"friends"', 7, 15),
    Scenario("team-wallet-get", _team_call("WALLET_GET"), "gold", 6, None),
    Scenario("team-inventory-list", _team_call("INVENTORY_LIST_INVENTORY"), "banner", 10, None),
    Scenario("team-stats-update", _team_call("STATS_UPDATE", public=_ONE_LEVEL), "level", 55, None),
    Scenario("team-score", _team_call("EVENT_LEADERBOARD_UPDATE", score="1", **_SIEGE), "scores", 90, None),
    Scenario("team-claim", _team_call("ACHIEVEMENTS_UPDATE", achievements={"hunt": "1"}), "reward", 85, None),
)
