"""What device ids, custom ids, e-mail addresses and passwords must look like, in the reference's words."""

import re

from kizuna.errors import invalid

_SPACE_OR_CONTROL = re.compile(r"[\x00-\x20\x7f]")


def check_device_id(device_id: str) -> None:
    """10 to 128 bytes without spaces or control characters."""
    if not device_id:
        raise invalid("Device ID is required.")
    if _SPACE_OR_CONTROL.search(device_id):
        raise invalid("Device ID invalid, no spaces or control characters allowed.")
    if not 10 <= len(device_id.encode()) <= 128:
        raise invalid("Device ID invalid, must be 10-128 bytes.")


def check_custom_id(custom_id: str, *, linking: bool = False) -> None:
    """6 to 128 bytes without spaces or control characters; linking words its refusals differently."""
    if not custom_id:
        raise invalid("Custom ID is required.")
    subject = "Invalid custom ID" if linking else "Custom ID invalid"
    if _SPACE_OR_CONTROL.search(custom_id):
        raise invalid(f"{subject}, no spaces or control characters allowed.")
    if not 6 <= len(custom_id.encode()) <= 128:
        raise invalid(f"{subject}, must be 6-128 bytes.")


def check_email_characters(email: str) -> None:
    """No spaces, no control characters."""
    if _SPACE_OR_CONTROL.search(email):
        raise invalid("Invalid email address, no spaces or control characters allowed.")


def check_email_form(email: str) -> None:
    """Something like an address, of 10 to 255 bytes."""
    # Deliberately lax: something, an @, something, a dot, something. A search by pattern would take time
    # that grows with the square of the length, which is not limited yet.
    at, dot = email.find("@", 1), email.rfind(".", 0, -1)
    if at < 0 or dot < at + 2:
        raise invalid("Invalid email address format.")
    if not 10 <= len(email.encode()) <= 255:
        raise invalid("Invalid email address, must be 10-255 bytes.")


def lower_case(email: str) -> str:
    """How an address is stored and looked up: letter by letter, as the reference does it.

    `str.lower` looks at the neighbours of a capital sigma and makes two letters of a dotted capital I.
    """
    return email.lower() if email.isascii() else "".join(letter.lower()[0] for letter in email)


def check_password_length(password: str) -> None:
    """At least 8 bytes; the message says characters."""
    if len(password.encode()) < 8:
        raise invalid("Password must be at least 8 characters long.")
