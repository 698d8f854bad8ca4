"""Who asks, and who stands for nobody."""

from collections.abc import Mapping
from dataclasses import dataclass

#: The owner of what belongs to nobody; a row of `users` that no one can sign in to.
SYSTEM_USER = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Caller:
    """The player behind a session token, as the token says.

    The username may be stale: it is the one at the time the token was issued. `expires_at` and `issued_at`
    are in seconds since 1970; `token_id` is empty for tokens that carry none.
    """

    user_id: str
    username: str
    vars: Mapping[str, str]
    token_id: str
    issued_at: int
    expires_at: int
