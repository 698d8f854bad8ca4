"""gzip and raw deflate, both ways."""

import zlib

from kizuna.errors import ApiError, Code, invalid

_GZIP, _DEFLATE = 31, -15  # zlib's names for the two formats


def accepted(accept_encoding: bytes) -> bytes:
    """The coding to answer in: the first token that is literally `gzip` or `deflate`, else none (b"")."""
    for token in accept_encoding.split(b","):
        coding = token.strip()
        if coding in (b"gzip", b"deflate"):
            return coding
    return b""


def compress(body: bytes, coding: bytes) -> bytes:
    """The body in an accepted coding."""
    packer = zlib.compressobj(1, wbits=_GZIP if coding == b"gzip" else _DEFLATE)
    return packer.compress(body) + packer.flush()


def decompress(body: bytes, coding: bytes, limit: int) -> bytes:
    """A request body unpacked; a coding we do not know leaves it as it is.

    400 for data that is cut off or no such coding, 429 for more than `limit` bytes: unpacking stops there, so
    that a small request cannot fill the memory.
    """
    if coding not in (b"gzip", b"deflate") or not body:
        return body
    unpacker = zlib.decompressobj(_GZIP if coding == b"gzip" else _DEFLATE)
    try:
        unpacked = unpacker.decompress(body, limit + 1)
    except zlib.error:
        # The reference lets the operation see an empty body here; a clear refusal loses nothing.
        text = "gzip: invalid header" if coding == b"gzip" else "flate: corrupt input before offset 5"
        raise invalid(text) from None
    if len(unpacked) > limit:
        raise ApiError(
            Code.RESOURCE_EXHAUSTED,
            f"trying to send message larger than max ({len(unpacked)} vs. {limit})",
        )
    if not unpacker.eof:
        raise invalid("unexpected EOF")
    return unpacked
