"""Teams functions over REST, below /v2/team (T-466).

What concerns groups and their channels is served there too, by the operations of groups and channels (T-467).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from kizuna.http.call import Answer, Call
from kizuna.http.contract import Auth, BodyKind, Operation
from kizuna.http.routes import BY_NAME, Handler, Routes
from kizuna.teams.calls import Calls
from kizuna.teams.errors import bad_input
from kizuna.teams.failures import explained
from kizuna.teams.functions import Function, Request, Served
from kizuna.teams.held import Actor
from kizuna.teams.protocol.decode import decode
from kizuna.wire.messages import Message
from kizuna.wire.uuids import parse_uuid

#: Operations of other features under the paths of teams.
ALIASES = (
    ("DeleteGroup", "DELETE /v2/team/{group_id}", "{}"),
    ("JoinGroup", "POST /v2/team/{group_id}/join", "{}"),
    ("LeaveGroup", "POST /v2/team/{group_id}/leave", "{}"),
    ("AddGroupUsers", "POST /v2/team/{group_id}/add", "{}"),
    ("KickGroupUsers", "POST /v2/team/{group_id}/kick", "{}"),
    ("PromoteGroupUsers", "POST /v2/team/{group_id}/promote", "{}"),
    ("DemoteGroupUsers", "POST /v2/team/{group_id}/demote", "{}"),
    ("BanGroupUsers", "POST /v2/team/{group_id}/ban", "{}"),
    ("ListGroupUsers", "GET /v2/team/{group_id}/user", "{}"),
    ("ListChannelMessages", "GET /v2/team/{channel_id}/message", "3.{}.."),
)


def aliases() -> list[Operation]:
    """The operations of groups and channels as they are found below /v2/team."""
    found = []
    for name, place, form in ALIASES:
        method, path = place.split(" ")
        found.append(replace(BY_NAME[name], method=method, path=path, path_form=form))
    return found


def routes(calls: Calls, served: Sequence[Served]) -> Routes:
    """Every Teams function at its REST paths."""
    api = Routes("Teams")
    for each in served:
        for place in each.function.rest:
            operation = _operation(each.function, place)
            api.serve(operation, _handler(calls, each, operation))
    return api


def _operation(function: Function, place: str) -> Operation:
    method, path = place.split(" ")
    parameters = tuple(segment[1:-1] for segment in path.split("/") if segment.startswith("{"))
    name = function.name.title().replace("_", "") + ("OfUser" if "user_id" in parameters else "")
    takes_body = method in ("POST", "PUT")
    set_by_path = {"id", "team_id", *parameters} | ({"user_ids"} if "user_id" in parameters else set())
    in_query = [
        field.in_query
        for field in function.request.fields.values()
        if field.in_query is not None and field.name not in set_by_path
    ]
    return Operation(
        name,
        method,
        path,
        Auth.SESSION,
        parameters,
        BodyKind.RAW if takes_body else BodyKind.NONE,
        "body" if takes_body else "",
        None,
        None if takes_body or not in_query else Message(function.request.name, *in_query),
        repeats_error=True,
    )


def _handler(calls: Calls, served: Served, operation: Operation) -> Handler:
    function = served.function

    async def handle(call: Call) -> Answer:
        actor = Actor(call.caller.user_id, call.caller.username)
        with explained(function):
            calls.check_enabled(function)
            reply = await calls.call(served, actor, _request(function, operation, call.input))
        # Not as a message: the names of its maps' entries are the game's, in whatever spelling.
        return Answer(orjson.dumps({} if function.empty else reply))

    return handle


def _request(function: Function, operation: Operation, given: Mapping[str, Any]) -> Request:
    """The request message: from the path, and from the body or the query."""
    of_path = _fields_of_path(function, {name: given[name] for name in operation.path_params})
    if operation.body_kind is BodyKind.RAW:
        fields = decode(function.request, given[operation.body_field] or b"{}")
    else:
        fields = {name: value for name, value in given.items() if name not in operation.path_params}
    for name, value in of_path.items():
        if name in fields and not _same(fields[name], value):
            raise bad_input()
    return {**function.rest_defaults, **fields, **of_path}


def _fields_of_path(function: Function, parameters: Mapping[str, str]) -> Request:
    """Fields by the path's parameters: a user stands for the list of users, the team for the message's id."""
    fields: Request = dict(parameters)
    if "user_id" in fields:
        fields["user_ids"] = [fields.pop("user_id")]
    if "team_id" in fields and "team_id" not in function.request.fields:
        fields["id"] = fields.pop("team_id")
    return fields


def _same(given: Any, of_path: Any) -> bool:
    """Whether the body names what the path names; ids in any spelling."""
    if given == of_path or not isinstance(given, str):
        return bool(given == of_path)
    id = parse_uuid(given)
    return id is not None and id == parse_uuid(of_path)
