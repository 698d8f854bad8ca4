"""What players may write into a team's profile."""

import logging
import re
from typing import Any, NamedTuple

import orjson

from kizuna.errors import ApiError
from kizuna.teams.errors import bad_input, profanity_check_failed, profanity_found
from kizuna.teams.functions import Request
from kizuna.teams.hooks import TeamHooks

log = logging.getLogger(__name__)

#: The member of a team's metadata that only the stats write (T-430).
PUBLIC_STATS = "public_stats"

#: The most metadata of a team, in bytes of JSON: lists are answered with that of a hundred teams.
_MOST_METADATA = 16 * 1024

_SHORT_CODE = re.compile("[A-Za-z0-9]{3,16}")

#: The longest texts, in characters (T-038).
_LONGEST = {"name": 255, "desc": 255, "avatar_url": 512, "lang_tag": 18}


class Metadata(NamedTuple):
    """Metadata as players may set it, without what is reserved; a short code of "" is none."""

    members: dict[str, Any]
    short_code: str


def check_lengths(request: Request) -> None:
    """400 for a text that does not fit."""
    if any(len(request.get(name, "")) > longest for name, longest in _LONGEST.items()):
        raise bad_input()


def parsed_metadata(text: str) -> Metadata:
    """Metadata from the text of a JSON object, "" for an empty one. 400 for anything else."""
    try:
        members = orjson.loads(text or "{}")
    except orjson.JSONDecodeError as error:
        raise bad_input() from error
    if not isinstance(members, dict):
        raise bad_input()
    return checked_metadata(members)


def checked_metadata(members: dict[str, Any]) -> Metadata:
    """The same from the object itself. 400 for too much of it, and for a short code or a location that is
    none (T-103, T-097).
    """
    free = {name: value for name, value in members.items() if name != PUBLIC_STATS}
    short_code = free.get("short_code", "")
    if "short_code" in free and not (isinstance(short_code, str) and _SHORT_CODE.fullmatch(short_code)):
        raise bad_input()
    if not isinstance(free.get("location", ""), str):
        raise bad_input()
    if len(metadata_text(free).encode()) > _MOST_METADATA:
        raise bad_input()
    return Metadata(free, short_code)


def metadata_text(members: dict[str, Any]) -> str:
    """Metadata as it is stored. 400 for what is nested too deep to be written."""
    try:
        return orjson.dumps(members).decode()
    except orjson.JSONEncodeError as error:
        raise bad_input() from error


async def check_profanity(hooks: TeamHooks, *texts: str) -> None:
    """400 for a text that others shall not read, or the game's own refusal; 500 where it could not tell."""
    for text in filter(None, texts):
        try:
            profane = await hooks.profanity(text)
        except ApiError:
            raise  # the game has refused the call itself
        except Exception as error:
            log.exception("the game could not check a text")
            raise profanity_check_failed() from error
        if profane:
            raise profanity_found()
