"""Integers as JSON may write them: `5`, `5.0`, `5e0`, `50e-1`."""

import re

from kizuna.wire.messages import Kind

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

RANGES: dict[Kind, tuple[int, int]] = {
    Kind.INT32: (INT32_MIN, INT32_MAX),
    Kind.UINT32: (0, 2**32 - 1),
    Kind.INT64: (INT64_MIN, INT64_MAX),
    Kind.ENUM: (INT32_MIN, INT32_MAX),
}

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?)([0-9]+))?")
_MOST_DIGITS = 19


def parse_integer(text: str, kind: Kind) -> int | None:
    """The value of a JSON number's text, or None if it is no number, has a fraction or leaves the range.

    Takes time linear in the text's length, whatever the exponent.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, whole, fraction, exponent_sign, exponent = match.groups("")
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return 0
    exponent = exponent.lstrip("0")
    if len(exponent) > 9:
        return None
    shift = int(exponent_sign + (exponent or "0")) - len(fraction) + len(digits) - len(significant)
    if shift < 0 or len(significant) + shift > _MOST_DIGITS:
        return None
    value = int(sign + significant) * 10**shift
    low, high = RANGES[kind]
    return value if low <= value <= high else None
