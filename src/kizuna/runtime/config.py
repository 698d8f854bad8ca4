"""The settings that game code may see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from kizuna.settings import Settings


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """Sessions: keys of the tokens, lifetimes in seconds, what players may have one of only."""

    encryption_key: str = field(repr=False)
    refresh_encryption_key: str = field(repr=False)
    token_expiry_sec: int
    refresh_token_expiry_sec: int
    single_session: bool
    single_socket: bool
    single_match: bool
    single_party: bool


@dataclass(frozen=True, slots=True)
class SocketConfig:
    """Where the server listens, and the key that clients carry."""

    server_key: str = field(repr=False)
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class SocialConfig:
    """Credentials of outside identity providers, "" or 0 where there are none."""

    apple_bundle_id: str
    steam_publisher_key: str = field(repr=False)
    steam_app_id: int
    facebook_instant_game_app_secret: str = field(repr=False)
    facebook_limited_login_app_id: str


@dataclass(frozen=True, slots=True)
class RuntimeConfig:
    """Game code: its folders, its environment, the key of other servers, the longest call in milliseconds."""

    modules: tuple[Path, ...]
    env: Mapping[str, str] = field(repr=False)
    http_key: str = field(repr=False)
    call_timeout_ms: int


@dataclass(frozen=True, slots=True)
class Config:
    """Part of the server's configuration, as it was at the start. No client must see the secrets in it."""

    name: str
    shutdown_grace_sec: int
    logger_level: str
    session: SessionConfig
    socket: SocketConfig
    social: SocialConfig
    runtime: RuntimeConfig


def config_of(settings: Settings) -> Config:
    """What game code may see of all settings."""
    session, socket, social, runtime = settings.session, settings.socket, settings.social, settings.runtime
    return Config(
        name=settings.name,
        shutdown_grace_sec=settings.shutdown_grace_sec,
        logger_level=settings.logger.level,
        session=SessionConfig(
            encryption_key=session.encryption_key,
            refresh_encryption_key=session.refresh_encryption_key,
            token_expiry_sec=session.token_expiry_sec,
            refresh_token_expiry_sec=session.refresh_token_expiry_sec,
            single_session=session.single_session,
            single_socket=session.single_socket,
            single_match=session.single_match,
            single_party=session.single_party,
        ),
        socket=SocketConfig(socket.server_key, socket.address, socket.port),
        social=SocialConfig(
            apple_bundle_id=social.apple.bundle_id,
            steam_publisher_key=social.steam.publisher_key,
            steam_app_id=social.steam.app_id,
            facebook_instant_game_app_secret=social.facebook_instant_game.app_secret,
            facebook_limited_login_app_id=social.facebook_limited_login.app_id,
        ),
        runtime=RuntimeConfig(
            modules=runtime.modules,
            env=MappingProxyType(dict(runtime.env)),
            http_key=runtime.http_key,
            call_timeout_ms=runtime.call_timeout_ms,
        ),
    )
