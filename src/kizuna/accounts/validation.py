"""The rules for usernames, shared by everything that sets one."""

import re

from kizuna.errors import invalid

# The reference means to forbid white space, but its pattern matches control characters and a literal `[]`
# only. Players have names with spaces, so that stays; so does the accident with the brackets.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]|\[\]")


def check_username_characters(username: str) -> None:
    """400 for a username with control characters."""
    if _FORBIDDEN.search(username):
        raise invalid("Username invalid, no spaces or control characters allowed.")


def check_username_length(username: str) -> None:
    """400 unless a username has 1 to 128 bytes."""
    if not 1 <= len(username.encode()) <= 128:
        raise invalid("Username invalid, must be 1-128 bytes.")
