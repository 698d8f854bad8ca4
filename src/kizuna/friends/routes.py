"""Friend operations over HTTP."""

from typing import Any

from kizuna.errors import invalid
from kizuna.friends.imports import FriendImports
from kizuna.friends.service import ADDING, BLOCKING, DELETING, IMPORTING, Actor, Friends
from kizuna.http.call import Call, EmptyReply
from kizuna.http.routes import Routes


def routes(friends: Friends, imports: FriendImports) -> Routes:
    """Add, delete, block, both lists, both imports."""
    api = Routes("Friends")
    _change_routes(api, friends)
    _list_routes(api, friends)
    _import_routes(api, imports)
    return api


def _change_routes(api: Routes, friends: Friends) -> None:
    @api.operation("AddFriends", failure=ADDING.failure)
    async def add_friends(call: Call) -> dict[str, Any]:
        ids, usernames = _targets(call)
        if not ids and not usernames:
            return EmptyReply()
        await friends.add(_actor(call), ids, usernames, call.input.get("metadata", ""))
        return {}

    @api.operation("DeleteFriends", failure=DELETING.failure)
    async def delete_friends(call: Call) -> dict[str, Any]:
        ids, usernames = _targets(call)
        if not ids and not usernames:
            return EmptyReply()
        await friends.delete(_actor(call), ids, usernames)
        return {}

    @api.operation("BlockFriends", failure=BLOCKING.failure)
    async def block_friends(call: Call) -> dict[str, Any]:
        ids, usernames = _targets(call)
        if not ids and not usernames:
            return EmptyReply()
        await friends.block(_actor(call), ids, usernames)
        return {}


def _list_routes(api: Routes, friends: Friends) -> None:
    @api.operation("ListFriends", failure="Error while trying to list friends.")
    async def list_friends(call: Call) -> dict[str, Any]:
        wanted = call.input
        limit, state = wanted.get("limit", 1000), wanted.get("state")
        if not 1 <= limit <= 1000:
            raise invalid("Invalid limit - limit must be between 1 and 1000.")
        if state is not None and not 0 <= state <= 3:
            raise invalid("Invalid state - state must be between 0 and 3.")
        return await friends.page(call.caller.user_id, state, limit, wanted.get("cursor", ""))

    @api.operation("ListFriendsOfFriends", failure="Error while trying to list friends.")
    async def list_friends_of_friends(call: Call) -> dict[str, Any]:
        wanted = call.input
        limit = wanted.get("limit", 10)
        if not 1 <= limit <= 100:
            raise invalid("Invalid limit - limit must be between 1 and 100.")
        return await friends.friends_of_friends(call.caller.user_id, limit, wanted.get("cursor", ""))


def _import_routes(api: Routes, imports: FriendImports) -> None:
    @api.operation("ImportFacebookFriends", failure=IMPORTING["facebook"])
    async def import_facebook_friends(call: Call) -> dict[str, Any]:
        await imports.facebook(_actor(call), call.input.get("account", {}), call.input.get("reset", False))
        return {}

    @api.operation("ImportSteamFriends", failure=IMPORTING["steam"])
    async def import_steam_friends(call: Call) -> dict[str, Any]:
        await imports.steam(_actor(call), call.input.get("account", {}), call.input.get("reset", False))
        return {}


def _targets(call: Call) -> tuple[list[str], list[str]]:
    return call.input.get("ids", []), call.input.get("usernames", [])


def _actor(call: Call) -> Actor:
    return Actor(call.caller.user_id, call.caller.username)
