"""What a provider says of a player, as an account can hold it."""

from kizuna.errors import ApiError
from kizuna.identity.providers.interface import (
    LONGEST_AVATAR_URL,
    LONGEST_DISPLAY_NAME,
    LONGEST_ID,
    Profile,
)
from kizuna.identity.validation import check_email_characters, check_email_form, lower_case
from kizuna.outside.checks import Checks, quoted


def profile(
    checks: Checks,
    id: str,
    *,
    display_name: str = "",
    avatar_url: str = "",
    email: str = "",
    former_id: str = "",
    lists_friends: bool = True,
) -> Profile:
    """The profile of a player. `Refused` for an id that none can have; other values that an account cannot
    hold are left out. `email` is one that the provider vouches for.
    """
    checks.require("id", is_id(id), f"{quoted(id)} has not 1 to {LONGEST_ID} characters")
    return Profile(
        id,
        display_name=_kept(display_name, LONGEST_DISPLAY_NAME),
        avatar_url=_kept(avatar_url, LONGEST_AVATAR_URL),
        email=_address(email),
        former_id=former_id if former_id != id and is_id(former_id) else "",
        lists_friends=lists_friends,
    )


def is_id(text: str) -> bool:
    """Whether an account can hold an id. The reference takes "", and one account is shared by everybody whose
    provider says no more."""
    return bool(_kept(text, LONGEST_ID))


def _kept(text: str, longest: int) -> str:
    return text if len(text) <= longest and "\0" not in text else ""


def _address(email: str) -> str:
    email = lower_case(email)
    try:
        check_email_characters(email)
        check_email_form(email)
    except ApiError:
        return ""
    return email
