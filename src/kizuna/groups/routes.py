"""Group operations over HTTP."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from kizuna.caller import SYSTEM_USER
from kizuna.errors import invalid
from kizuna.groups import service
from kizuna.groups.listing import LIST_FAILED
from kizuna.groups.members import INVALID_USER_ID
from kizuna.groups.service import GroupChange, Groups, NewGroup
from kizuna.http.call import Call, EmptyReply
from kizuna.http.routes import Routes
from kizuna.wire.uuids import parse_uuid

INVALID_GROUP_ID = "Group ID must be a valid ID."

#: What an admin does to users: (group id, the admin's id, user ids).
_Act = Callable[[str, str | None, list[str]], Awaitable[None]]


def routes(groups: Groups) -> Routes:
    """Create, change, find and delete groups; join, leave, and look after their members."""
    api = Routes("Groups")

    @api.operation("CreateGroup", failure=service.CREATE_FAILED)
    async def create_group(call: Call) -> dict[str, Any]:
        wanted = call.input
        return await groups.create(
            NewGroup(
                owner_id=call.caller.user_id,
                name=wanted.get("name", ""),
                description=wanted.get("description", ""),
                lang_tag=wanted.get("lang_tag", ""),
                avatar_url=wanted.get("avatar_url", ""),
                open=wanted.get("open", False),
                max_count=wanted.get("max_count", 0),
            )
        )

    @api.operation("UpdateGroup", failure=service.UPDATE_FAILED)
    async def update_group(call: Call) -> dict[str, Any]:
        wanted = call.input
        change = GroupChange(
            name=wanted.get("name"),
            description=wanted.get("description"),
            lang_tag=wanted.get("lang_tag"),
            avatar_url=wanted.get("avatar_url"),
            open=wanted.get("open"),
        )
        await groups.update(_group_id(wanted), call.caller.user_id, change)
        return {}

    @api.operation("DeleteGroup", failure=service.DELETE_FAILED)
    async def delete_group(call: Call) -> dict[str, Any]:
        await groups.delete(_group_id(call.input), call.caller.user_id)
        return {}

    @api.operation("JoinGroup", failure=service.JOIN_FAILED)
    async def join_group(call: Call) -> dict[str, Any]:
        await groups.join(_group_id(call.input), call.caller.user_id, call.caller.username)
        return {}

    @api.operation("LeaveGroup", failure=service.LEAVE_FAILED)
    async def leave_group(call: Call) -> dict[str, Any]:
        await groups.leave(_group_id(call.input), call.caller.user_id, call.caller.username)
        return {}

    @api.operation("AddGroupUsers", failure="Error while trying to add users to a group.")
    async def add_group_users(call: Call) -> dict[str, Any]:
        return await _act(call, groups.add)

    @api.operation("KickGroupUsers", failure="Error while trying to kick users from a group.")
    async def kick_group_users(call: Call) -> dict[str, Any]:
        return await _act(call, groups.kick)

    @api.operation("BanGroupUsers", failure="Error while trying to ban users from a group.")
    async def ban_group_users(call: Call) -> dict[str, Any]:
        return await _act(call, groups.ban)

    @api.operation("PromoteGroupUsers", failure="Error while trying to promote users in a group.")
    async def promote_group_users(call: Call) -> dict[str, Any]:
        return await _act(call, groups.promote)

    @api.operation("DemoteGroupUsers", failure="Error while trying to demote users in a group.")
    async def demote_group_users(call: Call) -> dict[str, Any]:
        _group_id(call.input)
        if not call.input.get("user_ids"):
            raise invalid("User IDs must be set.")
        return await _act(call, groups.demote)

    @api.operation("ListGroups", failure=LIST_FAILED)
    async def list_groups(call: Call) -> dict[str, Any]:
        wanted = call.input
        return await groups.page(
            limit=_limit(wanted, 1),
            name=wanted.get("name", ""),
            lang_tag=wanted.get("lang_tag", ""),
            members=wanted.get("members"),
            open=wanted.get("open"),
            cursor=wanted.get("cursor", ""),
        )

    @api.operation("ListGroupUsers", failure="Error while trying to list users in a group.")
    async def list_group_users(call: Call) -> dict[str, Any]:
        return await groups.users(_group_id(call.input), *_page(call.input))

    @api.operation("ListUserGroups", failure="Error while trying to list groups for a user.")
    async def list_user_groups(call: Call) -> dict[str, Any]:
        user_id = parse_uuid(call.input["user_id"])
        if user_id is None:
            raise invalid(INVALID_GROUP_ID)
        return await groups.of_user(user_id, *_page(call.input))

    return api


async def _act(call: Call, act: _Act) -> dict[str, Any]:
    """Let the caller do something to the users who are named; to nobody, anybody may do it."""
    group_id = _group_id(call.input)
    user_ids = [_user_id(text) for text in call.input.get("user_ids", ())]
    if not user_ids:
        return EmptyReply()
    await act(group_id, call.caller.user_id, user_ids)
    return {}


def _group_id(wanted: Mapping[str, Any]) -> str:
    group_id = parse_uuid(wanted["group_id"])
    if group_id is None:
        raise invalid(INVALID_GROUP_ID)
    return group_id


def _user_id(text: str) -> str:
    user_id = parse_uuid(text)
    if user_id is None or user_id == SYSTEM_USER:
        raise invalid(INVALID_USER_ID)
    return user_id


def _page(wanted: Mapping[str, Any]) -> tuple[int, int | None, str]:
    """Limit, state and cursor of a list of relations."""
    limit = _limit(wanted, 100)
    state = wanted.get("state")
    if state is not None and not 0 <= state <= 4:
        raise invalid("Invalid state - state must be between 0 and 4.")
    return limit, state, wanted.get("cursor", "")


def _limit(wanted: Mapping[str, Any], default: int) -> int:
    limit: int = wanted.get("limit", default)
    if not 1 <= limit <= 100:
        raise invalid("Invalid limit - limit must be between 1 and 100.")
    return limit
