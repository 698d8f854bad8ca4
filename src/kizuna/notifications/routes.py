"""Notifications over HTTP."""

from kizuna.http.routes import Routes
from kizuna.notifications.service import Notifications


def routes(notifications: Notifications) -> Routes:
    """Notifications."""
    return Routes("Notifications")
