"""What an identity provider is to kizuna."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kizuna.errors import ApiError, Code, invalid
from kizuna.outside.checks import Checks, Refused
from kizuna.outside.client import Outside, Unavailable

Credentials = Mapping[str, Any]
Check = Callable[[Credentials], None]

#: Credentials that failed a check, or a provider that could not be asked. The client is told the same.
REJECTED = (Refused, Unavailable)

#: What columns of an account hold, in characters.
LONGEST_ID = 128
LONGEST_DISPLAY_NAME = 255
LONGEST_AVATAR_URL = 512

#: The longest token that a provider is asked about, in bytes: theirs have some thousands at most, and no
#: server takes a URL of any length.
LONGEST_TOKEN = 1 << 14


@dataclass(frozen=True, slots=True)
class Profile:
    """What a provider says of a player, in the form that an account can hold; "" for what it does not say.

    `id` is 1 to 128 characters. `email` is in lower case, and the provider vouches that it is the player's.
    `former_id` is the id by which the provider knew the player before. `lists_friends` tells whether the
    credentials allow to ask for the player's friends.
    """

    id: str
    display_name: str = ""
    avatar_url: str = ""
    email: str = ""
    former_id: str = ""
    lists_friends: bool = True


class Provider:
    """One provider: what it asks for, how it is verified, and the words of its refusals.

    `column` is where the provider's id of a player is kept. `before_authenticate` and `before_link` hold the
    checks on configuration and credentials in the reference's order, which differs between the two.
    `fills_profile` tells whether an existing account's empty display name and avatar are filled at sign-in.
    """

    column: str
    label: str
    before_authenticate: tuple[Check, ...]
    before_link: tuple[Check, ...]
    rejected: ApiError
    rejected_on_authenticate: ApiError
    fills_profile: bool = False

    def supplied(self, credentials: Credentials) -> bool:
        """Whether an unlink request carries credentials, which must then match."""
        return bool(credentials.get("token"))

    async def verify(self, credentials: Credentials) -> Profile:
        """Who has these credentials. Raises one of `REJECTED`."""
        raise NotImplementedError


class FriendSource(Provider):
    """A provider that knows who is whose friend. `patience` is the longest that a list may take in all its
    pages, in seconds."""

    patience: float

    async def friends(self, credentials: Credentials, profile: Profile | None = None) -> list[str] | None:
        """The provider's ids of a player's friends, None if the player keeps them private.

        `profile` is what `verify` has given for the credentials, if that was asked before. Raises one of
        `REJECTED`.
        """
        raise NotImplementedError


def patience(outside: Outside) -> float:
    """How long is waited for a list of friends: as long as two requests may take, however many it needs."""
    return 2 * outside.timeout


def required(field: str, message: str) -> Check:
    """A check that a credential is there."""

    def check(credentials: Credentials) -> None:
        if not credentials.get(field):
            raise invalid(message)

    return check


def check_length(token: str, checks: Checks) -> None:
    """The check that a provider can be asked about a token. `Refused`."""
    length = len(token.encode())
    fits = length <= LONGEST_TOKEN
    checks.require("length", fits, f"it has {length} bytes, and {LONGEST_TOKEN} are the most")


def configured(is_configured: bool, name: str) -> Check:
    """A check that the operator has set the provider up."""

    def check(_: Credentials) -> None:
        if not is_configured:
            raise ApiError(Code.FAILED_PRECONDITION, f"{name} authentication is not configured.")

    return check


def could_not_authenticate(profile: str) -> ApiError:
    """The refusal of credentials, in the reference's words; `profile` is the provider's name in them."""
    return ApiError(Code.UNAUTHENTICATED, f"Could not authenticate {profile} profile.")
