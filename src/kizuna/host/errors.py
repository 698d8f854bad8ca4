"""What stops a server from starting or running."""

import sys


class HostError(Exception):
    """The server cannot start or go on; the message is a sentence for its operator, no traceback needed."""


def tell(sentence: object) -> None:
    """Say something to the operator, outside the log."""
    sys.stderr.write(f"kizuna: {sentence}\n")
