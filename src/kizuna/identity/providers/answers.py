"""What providers answer when they are asked about a player."""

import re
from collections.abc import Mapping
from typing import Any

from kizuna.outside.checks import Checks, quoted
from kizuna.outside.client import Reply, Unavailable

_CODE = re.compile(r"[A-Za-z_]{1,40}")


def answer_about(reply: Reply, what: str, checks: Checks) -> dict[str, Any]:
    """The JSON of an answer with status 200 to a question about `what`, such as "ticket".

    `Refused` by the check `what` if the player's credentials are the cause of another answer, else
    `Unavailable`.
    """
    if reply.is_server_error:
        raise Unavailable(f"{reply.host} answered {reply.status}")
    checks.require(what, reply.status == 200, f"{reply.host} answered {reply.status}, {_complaint(reply)}")
    return reply.json()


def text(value: Mapping[str, Any], name: str, checks: Checks) -> str:
    """A member that is text, "" for one that is absent. `Refused` for anything else."""
    found = value.get(name)
    checks.require(name, found is None or isinstance(found, str), f"{quoted(found)} is no text")
    return found or ""


def member(value: Mapping[str, Any], name: str, checks: Checks) -> Mapping[str, Any]:
    """A member that is an object, an empty one for one that is absent. `Refused` for anything else."""
    found = value.get(name)
    checks.require(name, found is None or isinstance(found, dict), f"{quoted(found)} is no object")
    return found or {}


def members(value: Mapping[str, Any], name: str, checks: Checks) -> list[Mapping[str, Any]]:
    """A member that is a list of objects. `Refused` for anything else, and for none: that is not an empty
    one, with which a player could lose all friends."""
    found = value.get(name)
    listed = isinstance(found, list) and all(isinstance(entry, dict) for entry in found)
    checks.require(name, listed, f"{quoted(found)} is no list of objects")
    return found or []


def error_code(error: object) -> str:
    """The code of an error that a provider tells. Its other texts may repeat what was sent, secrets too."""
    if isinstance(error, dict):
        error = error.get("code", error.get("errorcode"))
    told = isinstance(error, int) or (isinstance(error, str) and _CODE.fullmatch(error))
    return f"the error {error}" if told else "no code of an error"


def _complaint(reply: Reply) -> str:
    try:
        return error_code(reply.json().get("error"))
    except Unavailable:
        return "no JSON"
