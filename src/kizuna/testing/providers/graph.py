"""What Facebook's Graph API knows of apps, and how it refuses."""

import hashlib
import hmac
import secrets

from kizuna.testing.providers.part import Response, json_response

#: The app that kizuna's settings name, and the secrets of this and all others.
APP_ID = "231520000000001"


def app_secret(app: str) -> str:
    """The secret of an app, by its id."""
    return hashlib.md5(f"the app secret of {app}".encode()).hexdigest()


def is_proof(proof: str, token: str, app: str) -> bool:
    """Whether `appsecret_proof` shows that whoever sends a token of an app knows its secret."""
    due = hmac.new(app_secret(app).encode(), token.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(due.encode(), proof.encode())


class GraphError(Exception):
    """A refusal in Graph's form, with its numbers."""

    def __init__(self, message: str, kind: str, code: int, subcode: int | None = None) -> None:
        super().__init__(message)
        self._error = {"message": message, "type": kind, "code": code}
        if subcode is not None:
            self._error["error_subcode"] = subcode

    def response(self) -> Response:
        """How it is answered."""
        return json_response({"error": {**self._error, "fbtrace_id": secrets.token_urlsafe(12)}}, 400)


def no_token() -> GraphError:
    return GraphError(
        "An active access token must be used to query information about the current user.",
        "OAuthException",
        2500,
    )


def unknown_token() -> GraphError:
    return GraphError("Invalid OAuth access token - Cannot parse access token", "OAuthException", 190)


def expired_token() -> GraphError:
    return GraphError("Error validating access token: Session has expired.", "OAuthException", 190, 463)


def wrong_proof() -> GraphError:
    return GraphError("Invalid appsecret_proof provided in the API argument", "GraphMethodException", 100)


def wrong_cursor() -> GraphError:
    return GraphError("Invalid parameter", "OAuthException", 100)
