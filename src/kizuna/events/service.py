"""Events: what clients and game code report, handed to the game's handlers in the background."""


class Events:
    """A bounded queue and its workers."""

    def __init__(self, *, queue_size: int, workers: int) -> None:
        self._queue_size = queue_size
        self._workers = workers
