"""The players in whose names the requests are sent, and the data that they find."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from contextlib import closing
from typing import NamedTuple
from urllib.parse import quote

from benchmarks.requests import Address, Client, Request, basic, bearer
from kizuna.testing.providers import Providers

COUNT = 200

#: Objects of each player in each collection.
KEYS = tuple(f"slot-{number}" for number in range(10))

#: Leaderboards by the number of records that they have besides those of the players. One is listed, the
#: others are written to.
LISTED, WRITTEN_SMALL, WRITTEN_LARGE = "listed", "written-1000", "written-100000"
BOARDS = {LISTED: 10_000, WRITTEN_SMALL: 1_000, WRITTEN_LARGE: 100_000}

#: Friends of each player, and groups that there are to list.
FRIENDS, GROUPS = 20, 1_000

#: Players of each team, who are all its admins, and what the team has of an item.
TEAM_SIZE, TEAM_ITEMS = 4, 20

#: Records that are written by one call, which must not take too long.
_RECORDS_AT_ONCE = 5_000

#: One collection is read, the other written to: what a read costs shall not depend on the writes before.
READ, WRITTEN = "saves", "progress"


class Player(NamedTuple):
    """Somebody who has signed in."""

    device: str
    user_id: str
    authorization: str


class Team(NamedTuple):
    """A team and those who belong to it."""

    id: str
    members: list[Player]


class World(NamedTuple):
    """What a scenario makes its requests from.

    `apple_tokens` and `receipts` are of providers that the server believes: there are none without those, and
    else one for each player.
    """

    server_key: str
    players: list[Player]
    teams: list[Team]
    apple_tokens: Sequence[str]
    receipts: Sequence[str]

    @property
    def sign_in(self) -> str:
        """The authorization of a request that signs a player in."""
        return basic(self.server_key)


def prepare(address: Address, server_key: str, providers: Providers | None) -> World:
    """Sign the players in and write their objects. They are the same ones in every run."""
    with closing(Client(address)) as client:
        players = [sign_in(client, server_key, f"benchmark-device-{number}") for number in range(COUNT)]
        for player in players:
            client.ask(_objects(player))
        for place, player in enumerate(players):
            client.ask(_befriend(player, players, place))
        client.ask(_groups(players[0]))
        for board, records in BOARDS.items():
            for start in range(0, records, _RECORDS_AT_ONCE):
                client.ask(_fill(board, start, min(start + _RECORDS_AT_ONCE, records), players[0]))
            for number, player in enumerate(players):
                client.ask(_score(board, player, number * 5_000))
        teams = [assemble(client, players[start : start + TEAM_SIZE]) for start in range(0, COUNT, TEAM_SIZE)]
    if providers is None:
        return World(server_key, players, teams, (), ())
    tokens = [providers.apple.token(player.device) for player in players]
    return World(
        server_key, players, teams, tokens, [providers.app_store.transaction("chest") for _ in players]
    )


def sign_in(client: Client, server_key: str, device: str) -> Player:
    """The player with this device, made at the first time."""
    path = "/v2/account/authenticate/device?create=true"
    answer = client.ask(Request("POST", path, basic(server_key), {"id": device}))
    token = json.loads(answer)["token"]
    return Player(device, _user_id(token), bearer(token))


def assemble(client: Client, members: list[Player]) -> Team:
    """The team of these players, made at the first time, with items and in the event."""
    leader, *others = members
    name = f"team of {leader.device}"
    path = f"/v2/team/search?input={quote(name)}&limit=1"
    for found in json.loads(client.ask(Request("GET", path, leader.authorization))).get("teams", ()):
        if found["name"] == name:
            return Team(found["id"], members)
    body = {"name": name, "open": True}
    team = json.loads(client.ask(Request("POST", "/v2/team", leader.authorization, body)))["id"]
    path = f"/v2/team/{team}"
    for start in range(0, len(others), 50):
        ids = "&".join(f"user_ids={player.user_id}" for player in others[start : start + 50])
        for act in ("add", "promote"):
            client.ask(Request("POST", f"{path}/{act}?{ids}", leader.authorization))
    items = {"items": {"banner": TEAM_ITEMS, "potion": TEAM_ITEMS}}
    client.ask(Request("POST", f"{path}/inventory/grant", leader.authorization, items))
    client.ask(Request("POST", f"{path}/event/siege/roll", leader.authorization, {}))
    return Team(team, members)


def _user_id(token: str) -> str:
    claims = token.split(".")[1]
    user_id: str = json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["uid"]
    return user_id


def _objects(player: Player) -> Request:
    objects = [written(collection, key, "at the start") for collection in (READ, WRITTEN) for key in KEYS]
    return Request("PUT", "/v2/storage", player.authorization, {"objects": objects})


def _befriend(player: Player, players: list[Player], place: int) -> Request:
    """Invite those who sit next to a player in the circle, or accept those who have done so before."""
    steps = [step for step in range(-FRIENDS // 2, FRIENDS // 2 + 1) if step]
    ids = "&".join(f"ids={players[(place + step) % COUNT].user_id}" for step in steps)
    return Request("POST", f"/v2/friend?{ids}", player.authorization)


def _groups(player: Player) -> Request:
    payload = json.dumps({"count": GROUPS})
    return Request("POST", "/v2/rpc/group_fill", player.authorization, payload)


def _fill(board: str, start: int, end: int, player: Player) -> Request:
    payload = json.dumps({"id": board, "from": start, "to": end})
    return Request("POST", "/v2/rpc/board_fill", player.authorization, payload)


def _score(board: str, player: Player, score: int) -> Request:
    return Request("POST", f"/v2/leaderboard/{board}", player.authorization, {"score": str(score)})


def written(collection: str, key: str, name: str) -> dict[str, object]:
    """An object as a client writes it."""
    value = json.dumps({"level": 17, "name": name, "items": ["sword", "shield", "potion"]})
    return {
        "collection": collection,
        "key": key,
        "value": value,
        "permission_read": 1,
        "permission_write": 1,
    }
