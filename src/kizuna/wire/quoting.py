"""Text inside error messages, escaped the way the reference's language prints it.

Bytes that are not UTF-8 stand in these texts as surrogate escapes (U+DC80 to U+DCFF) and come out as `\\xNN`.
"""

_NAMED = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
}


def quote(text: str) -> str:
    """The text in double quotes."""
    return '"' + "".join('\\"' if char == '"' else _escape(char) for char in text) + '"'


def quote_byte(byte: int) -> str:
    """One byte, taken as the character of that number, in single quotes."""
    char = chr(byte)
    return "'" + ("\\'" if char == "'" else _escape(char)) + "'"


def readable(text: str) -> str:
    """The text with what cannot be sent as UTF-8 replaced by U+FFFD."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _escape(char: str) -> str:
    named = _NAMED.get(char)
    if named is not None:
        return named
    if char.isprintable():
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
