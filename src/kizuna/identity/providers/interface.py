"""What an identity provider is to kizuna."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kizuna.errors import ApiError, Code, invalid

Credentials = Mapping[str, Any]
Check = Callable[[Credentials], None]


class Rejected(Exception):
    """The provider does not vouch for these credentials, or could not be asked."""


class Provider:
    """One provider: what it asks for, how it is verified, and the words of its refusals.

    `column` is where the provider's id of a player is kept. `before_authenticate` and `before_link` hold the
    checks on configuration and credentials in the reference's order, which differs between the two.
    """

    column: str
    label: str
    before_authenticate: tuple[Check, ...]
    before_link: tuple[Check, ...]
    rejected: ApiError
    rejected_on_authenticate: ApiError

    def supplied(self, credentials: Credentials) -> bool:
        """Whether an unlink request carries credentials, which must then match."""
        return bool(credentials.get("token"))

    async def verify(self, credentials: Credentials) -> str:
        """The provider's id of the player. Raises `Rejected`."""
        raise NotImplementedError


def required(field: str, message: str) -> Check:
    """A check that a credential is there."""

    def check(credentials: Credentials) -> None:
        if not credentials.get(field):
            raise invalid(message)

    return check


def configured(is_configured: bool, name: str) -> Check:
    """A check that the operator has set the provider up."""

    def check(_: Credentials) -> None:
        if not is_configured:
            raise ApiError(Code.FAILED_PRECONDITION, f"{name} authentication is not configured.")

    return check


@dataclass(frozen=True, slots=True)
class Words:
    """The names of a provider in messages: its profile and its id."""

    profile: str
    label: str

    @property
    def rejection(self) -> ApiError:
        return ApiError(Code.UNAUTHENTICATED, f"Could not authenticate {self.profile} profile.")
