"""What `kizuna doctor` says of identity providers and stores: open to other apps, or set up by half."""

from collections.abc import Iterator
from typing import NamedTuple

from kizuna.settings import Settings


class _Trust(NamedTuple):
    """Something signed for other apps is taken, unless one of these settings says what the game's own are."""

    keys: tuple[str, ...]
    what: str

    @property
    def sentence(self) -> str:
        names = " or ".join(self.keys)
        return f"{self.what} for other apps are accepted as well: set {names}."


_SIGN_INS = (
    _Trust(("social.google.client_ids",), "Google ID tokens"),
    _Trust(("social.facebook.app_secret",), "Facebook access tokens"),
    _Trust(
        ("social.facebook_limited_login.app_id", "social.facebook.app_id"), "Tokens of Facebook Limited Login"
    ),
    _Trust(("social.gamecenter.bundle_ids",), "Game Center signatures"),
)

_APPLE_PURCHASES = _Trust(("iap.apple.bundle_ids",), "Purchases from Apple")
_GOOGLE_PURCHASES = _Trust(("iap.google.package_names",), "Purchases from Google")
_INSTANT_PURCHASES = _Trust(("iap.facebook_instant.app_id",), "Purchases in Facebook Instant Games")

#: What has to be set for what to be on.
_SWITCHES = {
    "sign-in with Apple": ("social.apple.bundle_id",),
    "sign-in with Steam": ("social.steam.publisher_key", "social.steam.app_id"),
    "sign-in with Facebook Instant Games": ("social.facebook_instant_game.app_secret",),
    "server auth codes of Google": ("google_auth.credentials_json",),
    "subscriptions and receipts of Apple": ("iap.apple.shared_password",),
    "purchases from Google": ("iap.google.client_email", "iap.google.private_key"),
    "purchases from Huawei": ("iap.huawei.public_key", "iap.huawei.client_id", "iap.huawei.client_secret"),
    "purchases in Facebook Instant Games": ("iap.facebook_instant.app_secret",),
    "notifications of Apple": ("iap.apple.notifications_endpoint_id",),
    "notifications of Google": ("iap.google.notifications_endpoint_id",),
}

#: Settings that are of use only together.
_TOGETHER = (
    ("social.steam.publisher_key", "social.steam.app_id"),
    ("iap.google.client_email", "iap.google.private_key"),
    ("iap.huawei.public_key", "iap.huawei.client_id", "iap.huawei.client_secret"),
)


def open_to_others(settings: Settings) -> Iterator[str]:
    """A sentence for each provider and store that would take what is meant for other apps.

    Four providers need no configuration to be signed in with, nor do Apple's signed transactions; the other
    stores count once they are set up.
    """
    trusts = [*_SIGN_INS, _APPLE_PURCHASES]
    if settings.iap.google.client_email:
        trusts.append(_GOOGLE_PURCHASES)
    if settings.iap.facebook_instant.app_secret:
        trusts.append(_INSTANT_PURCHASES)
    for trust in trusts:
        if not any(settings.value(key) for key in trust.keys):
            yield trust.sentence
    if not settings.social.gamecenter.trust_anchors:
        yield (
            "The issuer of Game Center's certificates is not checked, only that they come from Apple's host: "
            "set social.gamecenter.trust_anchors."
        )
    google = settings.iap.google
    if google.notifications_endpoint_id and not google.push_audience:
        yield "Google's notifications are believed without a token: set iap.google.push_audience."
    elif google.push_audience and not google.push_service_account:
        yield "Any Google account may send notifications: set iap.google.push_service_account."


def switched(settings: Settings) -> Iterator[str]:
    """What is on, and what is off with the settings that would switch it on."""
    on: list[str] = []
    off: list[str] = []
    for name, keys in _SWITCHES.items():
        is_on = all(settings.value(key) for key in keys)
        (on if is_on else off).append(name if is_on else f"{name} ({', '.join(keys)})")
    if on:
        yield f"On: {', '.join(on)}."
    if off:
        yield f"Off, with what to set: {'; '.join(off)}."


def half_set_up(settings: Settings) -> Iterator[str]:
    """A sentence for each group of settings of which some are missing."""
    for keys in _TOGETHER:
        missing = [key for key in keys if not settings.value(key)]
        if 0 < len(missing) < len(keys):
            given = next(key for key in keys if key not in missing)
            yield f"{given} is of no use without {' and '.join(missing)}."
    if settings.social.apple.client_ids and not settings.social.apple.bundle_id:
        yield "social.apple.client_ids is of no use without social.apple.bundle_id."
    google = settings.iap.google
    if google.notifications_endpoint_id and not (google.client_email and google.private_key):
        yield "Google's notifications need iap.google.client_email and iap.google.private_key."
