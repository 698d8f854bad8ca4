"""Every Teams function by Hiro's names and numbers, and its place among the REST paths."""

from kizuna.teams.functions import Access, Function
from kizuna.teams.protocol import requests

_ANYBODY, _ADMIN = Access.ANYBODY, Access.ADMIN

CREATE = Function("TEAMS_CREATE", 26, requests.CREATE, ("POST /v2/team",), _ANYBODY)
UPDATE = Function("TEAMS_UPDATE", 121, requests.UPDATE, ("PUT /v2/team/{team_id}",), _ADMIN)
LIST = Function("TEAMS_LIST", 27, requests.LIST, ("GET /v2/team",), _ANYBODY)
SEARCH = Function("TEAMS_SEARCH", 28, requests.SEARCH, ("GET /v2/team/search",), _ANYBODY)
GET = Function("TEAMS_GET", 122, requests.GET, ("GET /v2/team/{team_id}",), _ANYBODY)
USER_TEAMS = Function(
    "TEAMS_USER_TEAMS_LIST",
    124,
    requests.USER_TEAMS,
    ("GET /v2/team/user", "GET /v2/user/{user_id}/team"),
    _ANYBODY,
)
WRITE_CHAT_MESSAGE = Function(
    "TEAMS_WRITE_CHAT_MESSAGE", 29, requests.WRITE_CHAT_MESSAGE, ("POST /v2/team/{team_id}/message",)
)

STORE_GET = Function("TEAMS_STORE_GET", 94, requests.STORE_LIST, ("GET /v2/team/{team_id}/store",))
STORE_PURCHASE = Function(
    "TEAMS_STORE_PURCHASE",
    95,
    requests.STORE_PURCHASE,
    ("POST /v2/team/{team_id}/store/{item_id}/purchase",),
)
WALLET_GET = Function("TEAMS_WALLET_GET", 96, requests.WALLET_GET, ("GET /v2/team/{team_id}/wallet",))
WALLET_GRANT = Function(
    "TEAMS_WALLET_GRANT", 97, requests.WALLET_GRANT, ("POST /v2/team/{team_id}/wallet",), _ADMIN
)
STATS_GET = Function("TEAMS_STATS_GET", 98, requests.STATS_GET, ("GET /v2/team/{team_id}/stat",))
STATS_UPDATE = Function(
    "TEAMS_STATS_UPDATE", 99, requests.STATS_UPDATE, ("POST /v2/team/{team_id}/stat",), _ADMIN
)

INVENTORY_LIST = Function(
    "TEAMS_INVENTORY_LIST", 100, requests.INVENTORY_LIST, ("GET /v2/team/{team_id}/inventory/codex",)
)
INVENTORY_LIST_INVENTORY = Function(
    "TEAMS_INVENTORY_LIST_INVENTORY", 101, requests.INVENTORY_LIST, ("GET /v2/team/{team_id}/inventory",)
)
INVENTORY_CONSUME = Function(
    "TEAMS_INVENTORY_CONSUME",
    102,
    requests.INVENTORY_CONSUME,
    ("POST /v2/team/{team_id}/inventory/consume",),
    _ADMIN,
)
INVENTORY_GRANT = Function(
    "TEAMS_INVENTORY_GRANT",
    103,
    requests.INVENTORY_GRANT,
    ("POST /v2/team/{team_id}/inventory/grant",),
    _ADMIN,
)
INVENTORY_UPDATE = Function(
    "TEAMS_INVENTORY_UPDATE", 104, requests.INVENTORY_UPDATE, ("PUT /v2/team/{team_id}/inventory",), _ADMIN
)

ACHIEVEMENTS_CLAIM = Function(
    "TEAMS_ACHIEVEMENTS_CLAIM",
    105,
    requests.ACHIEVEMENTS_CLAIM,
    ("POST /v2/team/{team_id}/achievement/claim",),
    _ADMIN,
)
ACHIEVEMENTS_GET = Function(
    "TEAMS_ACHIEVEMENTS_GET", 106, requests.ACHIEVEMENTS_GET, ("GET /v2/team/{team_id}/achievement",)
)
ACHIEVEMENTS_UPDATE = Function(
    "TEAMS_ACHIEVEMENTS_UPDATE", 107, requests.ACHIEVEMENTS_UPDATE, ("POST /v2/team/{team_id}/achievement",)
)

_EVENT = "/v2/team/{team_id}/event/{event_leaderboard_id}"
EVENT_LIST = Function(
    "TEAMS_EVENT_LEADERBOARD_LIST", 108, requests.EVENT_LIST, ("GET /v2/team/{team_id}/event",)
)
EVENT_GET = Function("TEAMS_EVENT_LEADERBOARD_GET", 109, requests.EVENT_GET, (f"GET {_EVENT}",))
EVENT_UPDATE = Function("TEAMS_EVENT_LEADERBOARD_UPDATE", 110, requests.EVENT_UPDATE, (f"POST {_EVENT}",))
EVENT_CLAIM = Function("TEAMS_EVENT_LEADERBOARD_CLAIM", 111, requests.EVENT_CLAIM, (f"POST {_EVENT}/claim",))
EVENT_ROLL = Function("TEAMS_EVENT_LEADERBOARD_ROLL", 112, requests.EVENT_ROLL, (f"POST {_EVENT}/roll",))
EVENT_DEBUG_FILL = Function(
    "TEAMS_EVENT_LEADERBOARD_DEBUG_FILL",
    113,
    requests.EVENT_DEBUG_FILL,
    (f"POST {_EVENT}/debug/fill",),
    debug=True,
)
EVENT_DEBUG_RANDOM_SCORES = Function(
    "TEAMS_EVENT_LEADERBOARD_DEBUG_RANDOM_SCORES",
    114,
    requests.EVENT_DEBUG_RANDOM_SCORES,
    (f"POST {_EVENT}/debug/scores",),
    debug=True,
)

MAILBOX_LIST = Function(
    "TEAMS_REWARD_MAILBOX_LIST", 115, requests.MAILBOX_LIST, ("GET /v2/team/{team_id}/mailbox",)
)
MAILBOX_CLAIM = Function(
    "TEAMS_REWARD_MAILBOX_CLAIM",
    116,
    requests.MAILBOX_CLAIM,
    ("POST /v2/team/{team_id}/mailbox/{entry_id}/claim",),
    # The SDK's own default, which its absence on the wire cannot tell.
    rest_defaults={"delete": True},
)
MAILBOX_DELETE = Function(
    "TEAMS_REWARD_MAILBOX_DELETE",
    117,
    requests.MAILBOX_DELETE,
    ("DELETE /v2/team/{team_id}/mailbox",),
    _ADMIN,
    empty=True,
)

GIFT_LIST = Function("TEAMS_GIFT_LIST", 118, requests.GIFT_LIST, ("GET /v2/team/{team_id}/gift",))
GIFT_CONTRIBUTE = Function(
    "TEAMS_GIFT_CONTRIBUTE",
    119,
    requests.GIFT_CONTRIBUTE,
    ("POST /v2/team/{team_id}/gift/{gift_id}/contribute",),
)
GIFT_CLAIM = Function(
    "TEAMS_GIFT_CLAIM", 120, requests.GIFT_CLAIM, ("POST /v2/team/{team_id}/gift/{gift_id}/claim",)
)
