"""Group operations over HTTP."""

from kizuna.groups.service import Groups
from kizuna.http.routes import Routes


def routes(groups: Groups) -> Routes:
    """Groups."""
    return Routes("Groups")
