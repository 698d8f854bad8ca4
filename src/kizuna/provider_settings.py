"""Settings of other companies' services: identity providers (`social`, `google_auth`) and stores (`iap`).

What ends in `base_url` is scheme, host and port of a server, to which the paths of its protocol are added:
for studios behind a proxy, and for tests with `kizuna.testing.providers`.
"""

from typing import Annotated

from pydantic import Field, model_validator

from kizuna.credential_types import (
    AppStoreKey,
    BaseUrl,
    CertificateFile,
    ClientSecrets,
    EndpointId,
    HuaweiKey,
    Names,
    OptionalBaseUrl,
    ServiceAccountKey,
    Url,
)
from kizuna.setting_types import WITHOUT_EFFECT, Secret, Section

#: Seconds after which something signed is too old; 0 for never.
_Age = Annotated[int, Field(ge=0)]


# Identity providers


class Apple(Section):
    """Sign in with Apple."""

    bundle_id: str = Field(default="", description="Bundle ID of the app; empty switches this sign-in off.")
    client_ids: Names = Field(
        default=(), description="More audiences whose tokens count, such as the Services ID of a web site."
    )
    base_url: BaseUrl = Field(
        default="https://appleid.apple.com", description="Where Apple's public keys are."
    )


class Steam(Section):
    """Sign in with Steam."""

    publisher_key: Secret = Field(
        default="", description="Web API publisher key; empty switches this sign-in off."
    )
    app_id: int = Field(default=0, ge=0, description="App ID of the game; 0 switches this sign-in off.")
    identity: str = Field(
        default="", description="The identity that the game asks tickets for; empty for tickets without one."
    )
    base_url: BaseUrl = Field(
        default="https://partner.steam-api.com", description="Where Steam's Web API is."
    )


class Facebook(Section):
    """Facebook Login, with access tokens."""

    app_id: str = Field(
        default="", description="App ID; Limited Login tokens of other apps are refused once it is set."
    )
    app_secret: Secret = Field(
        default="", description="App secret; access tokens of other apps are refused once it is set."
    )
    graph_base_url: BaseUrl = Field(
        default="https://graph.facebook.com", description="Where the Graph API is."
    )
    graph_version: str = Field(
        default="v22.0", pattern=r"^v\d+\.\d+$", description="Version of the Graph API that is asked."
    )


class FacebookInstantGame(Section):
    """Facebook Instant Games."""

    app_secret: Secret = Field(default="", description="App secret; empty switches this sign-in off.")
    max_age_sec: _Age = Field(
        default=0, description="Age in seconds at which signed player info is refused; 0 for never."
    )


class FacebookLimitedLogin(Section):
    """Facebook Limited Login, with ID tokens."""

    app_id: str = Field(default="", description="App ID; tokens of other apps are refused once it is set.")
    base_url: BaseUrl = Field(
        default="https://limited.facebook.com", description="Where the public keys of Limited Login are."
    )


class Google(Section):
    """Sign in with Google; server auth codes need `google_auth` besides."""

    client_ids: Names = Field(
        default=(), description="Client IDs; ID tokens of other apps are refused once there is one."
    )
    api_base_url: BaseUrl = Field(
        default="https://www.googleapis.com", description="Where Google's public keys and players are."
    )


class GameCenter(Section):
    """Apple Game Center."""

    bundle_ids: Names = Field(
        default=(), description="Bundle IDs; signatures for other apps are refused once there is one."
    )
    allowed_hosts: Names = Field(
        default=("static.gc.apple.com",),
        description="Hosts of Apple's that certificates are fetched from; other URLs of clients are refused.",
    )
    trust_anchors: CertificateFile = Field(
        default=None,
        description="PEM file of the authorities that Apple's certificate must come from; "
        "without it, that it came from Apple's host is what counts.",
    )
    max_age_sec: _Age = Field(
        default=0, description="Age in seconds at which a signature is refused; 0 for never."
    )
    base_url: OptionalBaseUrl = Field(
        default="",
        description="Where Apple's certificates are fetched from instead of the host that a client names.",
    )


class Social(Section):
    """Identity providers."""

    http_timeout_ms: int = Field(default=5000, ge=1, description="Longest request to an identity provider.")
    apple: Apple = Apple()
    facebook: Facebook = Facebook()
    facebook_instant_game: FacebookInstantGame = FacebookInstantGame()
    facebook_limited_login: FacebookLimitedLogin = FacebookLimitedLogin()
    gamecenter: GameCenter = GameCenter()
    google: Google = Google()
    steam: Steam = Steam()


class GoogleAuth(Section):
    """Server auth codes of Play Games."""

    credentials_json: ClientSecrets = Field(
        default="", description="The client's JSON file from Google, as text; empty refuses auth codes."
    )


# Stores


class AppStore(Section):
    """Apple's App Store."""

    shared_password: Secret = Field(
        default="",
        description="Shared secret; without it there are no subscriptions and no receipts of StoreKit 1.",
    )
    notifications_endpoint_id: EndpointId = Field(
        default="",
        description="Secret last part of the path for Apple's notifications; empty for no such path.",
    )
    bundle_ids: Names = Field(
        default=(), description="Bundle IDs; purchases in other apps are refused once there is one."
    )
    app_apple_id: int = Field(
        default=0, ge=0, description="Apple ID of the app, which notifications must be for; 0 for any."
    )
    root_certificates: CertificateFile = Field(
        default=None, description="PEM file of the roots that are trusted instead of Apple's own."
    )
    receipt_base_url_production: BaseUrl = Field(
        default="https://buy.itunes.apple.com", description="Where receipts of StoreKit 1 are verified."
    )
    receipt_base_url_sandbox: BaseUrl = Field(
        default="https://sandbox.itunes.apple.com", description="The same for the sandbox."
    )
    api_base_url_production: BaseUrl = Field(
        default="https://api.storekit.apple.com", description="Where the App Store Server API is."
    )
    api_base_url_sandbox: BaseUrl = Field(
        default="https://api.storekit-sandbox.apple.com", description="The same for the sandbox."
    )
    issuer_id: str = Field(
        default="",
        description="Issuer ID of the App Store Server API; with the two that follow, it is asked.",
    )
    key_id: str = Field(default="", description="ID of the key for the App Store Server API.")
    signing_key: AppStoreKey = Field(
        default="", description="The key itself, as the text of the .p8 file. Secret."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> "AppStore":
        api = (self.issuer_id, self.key_id, self.signing_key)
        if any(api) and not all(api):
            raise ValueError("iap.apple needs issuer_id, key_id and signing_key together")
        if all(api) and not self.bundle_ids:
            raise ValueError("iap.apple needs bundle_ids for the App Store Server API")
        return self


class GooglePlay(Section):
    """Google Play."""

    client_email: str = Field(default="", description="The service account's e-mail address.")
    private_key: ServiceAccountKey = Field(default="", description="Its private key, PEM (PKCS #8). Secret.")
    notifications_endpoint_id: EndpointId = Field(
        default="",
        description="Secret last part of the path for Google's notifications; empty for no such path.",
    )
    package_names: Names = Field(
        default=(), description="Package names; purchases in other apps are refused once there is one."
    )
    acknowledge: bool = Field(
        default=False,
        description="Acknowledge what was stored; Google refunds after three days what nobody has.",
    )
    push_audience: str = Field(
        default="", description="Audience of the tokens that notifications must carry; empty for none."
    )
    push_service_account: str = Field(
        default="", description="E-mail address of the account that sends notifications; empty for any."
    )
    token_url: Url = Field(
        default="https://oauth2.googleapis.com/token", description="Where access tokens come from."
    )
    api_base_url: BaseUrl = Field(
        default="https://androidpublisher.googleapis.com", description="Where the publisher API is."
    )
    refund_check_period_min: int = Field(
        default=15, ge=0, description="No effect, here as in Nakama.", json_schema_extra=WITHOUT_EFFECT
    )
    package_name: str = Field(
        default="",
        description="No effect, here as in Nakama; see `package_names`.",
        json_schema_extra=WITHOUT_EFFECT,
    )


class Huawei(Section):
    """Huawei's AppGallery."""

    public_key: HuaweiKey = Field(default="", description="Public key of in-app purchases: base64 of DER.")
    client_id: str = Field(default="", description="Client ID of the app.")
    client_secret: Secret = Field(default="", description="Client secret. Secret.")
    token_base_url: BaseUrl = Field(
        default="https://oauth-login.cloud.huawei.com", description="Where access tokens come from."
    )
    order_base_url: BaseUrl = Field(
        default="https://orders-dre.iap.cloud.huawei.eu",
        description="The order service of the game's site: of Germany here, others are in China "
        "(orders-drcn.iap.cloud.huawei.com.cn), Singapore and Russia.",
    )
    order_base_url_at: BaseUrl = Field(
        default="https://orders-at-dre.iap.dbankcloud.com",
        description="The order service for accounts of AppTouch (accountFlag 1).",
    )


class FacebookInstantStore(Section):
    """Purchases in Facebook Instant Games."""

    app_secret: Secret = Field(default="", description="App secret; empty switches these purchases off.")
    app_id: str = Field(default="", description="App ID; purchases in other apps are refused once it is set.")


class Iap(Section):
    """Stores."""

    http_timeout_ms: int = Field(default=20_000, ge=1, description="Longest request to a store.")
    apple: AppStore = AppStore()
    google: GooglePlay = GooglePlay()
    huawei: Huawei = Huawei()
    facebook_instant: FacebookInstantStore = FacebookInstantStore()
