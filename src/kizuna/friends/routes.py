"""Friend operations over HTTP."""

from kizuna.friends.service import Friends
from kizuna.http.routes import Routes


def routes(friends: Friends) -> Routes:
    """Friends."""
    return Routes("Friends")
