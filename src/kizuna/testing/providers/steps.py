"""What a developer does with what a fake gives: the request to kizuna that has it as its body."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """A POST to a path of kizuna's.

    `fields` replace some of the offer's example, so that one player can do all steps in a row. With `member`
    the body is an object that has what the fake gives as this member of it.
    """

    path: str
    about: str = ""
    needs_session: bool = True
    member: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


def sign_in(provider: str) -> Step:
    """A way into an account."""
    return Step(f"/v2/account/authenticate/{provider}?create=true", "sign in", needs_session=False)


def link(provider: str, *, member: str = "", **fields: Any) -> Step:
    """Another way into the account that one is signed in to."""
    return Step(f"/v2/account/link/{provider}", "link the account", member=member, fields=fields)


def import_friends(provider: str, **fields: Any) -> Step:
    """The friends there become friends here, those who are known here."""
    return Step(f"/v2/friend/{provider}", "import friends", fields=fields)


def validate(store: str) -> Step:
    """A purchase, or a subscription: "purchase/apple"."""
    return Step(f"/v2/iap/{store}", "validate it")
