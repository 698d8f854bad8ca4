"""kizuna: an open-source game backend server."""

__version__ = "0.1.0"
