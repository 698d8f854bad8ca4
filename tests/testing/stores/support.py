"""What the tests of the stores that are played share."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import jwt

from kizuna.testing.providers import Providers
from kizuna.testing.providers.google_play import GooglePlay

DAY = timedelta(days=1)


def ids() -> str:
    """A token that no other test uses."""
    return uuid4().hex


# --- who asks Google ---


def purchase_path(store: GooglePlay, token: str, kind: str = "products/sword") -> str:
    """Where a purchase is looked up."""
    return f"/androidpublisher/v3/applications/{store.package_name}/purchases/{kind}/tokens/{token}"


def bearer(fakes: Providers) -> dict[str, str]:
    """The headers of a server that has an access token."""
    token = ask(fakes, assertion_of(fakes)).json()["access_token"]
    return {"authorization": f"Bearer {token}"}


def ask(fakes: Providers, assertion: str, **form: str) -> httpx.Response:
    """Ask for an access token."""
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    data = {"grant_type": grant, "assertion": assertion, **form}
    return httpx.post(fakes.settings["iap.google.token_url"], data=data, trust_env=False, verify=False)


def assertion_of(fakes: Providers, key: str = "", algorithm: str = "RS256", **claims: Any) -> str:
    """What a service account shows; times are from now on."""
    settings, now = fakes.settings, int(fakes.clock.unix())
    times = {"iat": claims.pop("iat", 0) + now, "exp": claims.pop("exp", 3600) + now}
    told = {
        "iss": settings["iap.google.client_email"],
        "scope": "https://www.googleapis.com/auth/androidpublisher",
        "aud": settings["iap.google.token_url"],
        **times,
        **claims,
    }
    return jwt.encode(told, key or settings["iap.google.private_key"], algorithm)
