"""Notices between processes and nodes.

A notice is a topic and a short text (an id, never a body) that is announced inside a transaction and reaches
every other process once that transaction has committed, in commit order. Notices are hints to look at the
database again: a process that was cut off re-reads instead of asking for what it missed.
"""

from kizuna.bus.interface import Bus
from kizuna.bus.local import LocalBus
from kizuna.bus.postgres import PostgresBus

__all__ = ["Bus", "LocalBus", "PostgresBus"]
