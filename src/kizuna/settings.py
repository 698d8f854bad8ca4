"""Every setting of kizuna: its key, type, default and meaning.

Keys are written with dots, as in `session.token_expiry_sec`. Nakama's names and defaults are kept wherever
the setting exists there. Where values come from is the business of `kizuna.configuration`.
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic.fields import FieldInfo

from kizuna.credential_types import Names
from kizuna.provider_settings import GoogleAuth, Iap, Social
from kizuna.setting_types import (
    CONTROL,
    WITHOUT_EFFECT,
    Count,
    JsonObject,
    Line,
    OperatorName,
    OptionalPath,
    OptionalText,
    Pairs,
    Paths,
    Secret,
    Section,
    SortOrder,
    Switch,
    Texts,
    Time,
)
from kizuna.wire.integers import INT32_MAX

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST_AND_PORT = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(:\d*)?")

#: What is said of a `database.url` that does not parse; why not could quote a part of the password.
INVALID_URL = "is no valid URL; percent-encode / # ? @ in the password"

#: The functions that clients of Teams call.
TEAMS_FUNCTIONS = tuple(
    f"TEAMS_{name}"
    for name in """
        CREATE UPDATE LIST SEARCH GET USER_TEAMS_LIST WRITE_CHAT_MESSAGE STORE_GET STORE_PURCHASE
        WALLET_GET WALLET_GRANT STATS_GET STATS_UPDATE
        INVENTORY_LIST INVENTORY_LIST_INVENTORY INVENTORY_CONSUME INVENTORY_GRANT INVENTORY_UPDATE
        ACHIEVEMENTS_GET ACHIEVEMENTS_UPDATE ACHIEVEMENTS_CLAIM
        EVENT_LEADERBOARD_LIST EVENT_LEADERBOARD_GET EVENT_LEADERBOARD_ROLL EVENT_LEADERBOARD_UPDATE
        EVENT_LEADERBOARD_CLAIM EVENT_LEADERBOARD_DEBUG_FILL EVENT_LEADERBOARD_DEBUG_RANDOM_SCORES
        REWARD_MAILBOX_LIST REWARD_MAILBOX_CLAIM REWARD_MAILBOX_DELETE GIFT_LIST GIFT_CONTRIBUTE GIFT_CLAIM
    """.split()  # noqa: SIM905
)


class Logger(Section):
    """What the log tells and how it is written."""

    level: Literal["debug", "info", "warn", "warning", "error"] = Field(
        default="info", description="Least severity that is logged."
    )
    format: Literal["text", "json"] = Field(
        default="text", description="One line of text or one JSON object for each entry, on stderr."
    )


class Session(Section):
    """Tokens that clients hold."""

    token_expiry_sec: int = Field(default=60, ge=1, description="Life of a session token, in seconds.")
    refresh_token_expiry_sec: int = Field(
        default=3600, ge=1, description="Life of a refresh token, in seconds."
    )
    encryption_key: Secret = Field(
        default="defaultencryptionkey", min_length=1, description="Signs session tokens. Secret."
    )
    refresh_encryption_key: Secret = Field(
        default="defaultrefreshencryptionkey", min_length=1, description="Signs refresh tokens. Secret."
    )
    single_session: bool = Field(
        default=False, description="A new sign-in ends the earlier sessions of the same user."
    )
    single_socket: bool = Field(
        default=False,
        description="A new socket closes the earlier ones of the same user. No effect yet.",
        json_schema_extra=WITHOUT_EFFECT,
    )
    single_match: bool = Field(
        default=False,
        description="A user takes part in one match at a time. No effect yet.",
        json_schema_extra=WITHOUT_EFFECT,
    )
    single_party: bool = Field(
        default=False,
        description="A user is in one party at a time. No effect yet.",
        json_schema_extra=WITHOUT_EFFECT,
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> "Session":
        if self.encryption_key == self.refresh_encryption_key:
            raise ValueError("session.encryption_key and session.refresh_encryption_key must differ")
        for name in ("single_match", "single_party"):
            if getattr(self, name) and not self.single_socket:
                raise ValueError(f"session.{name} needs session.single_socket")
        return self


class Socket(Section):
    """Where and how the server listens."""

    server_key: Secret = Field(
        default="defaultkey", min_length=1, description="Key that clients carry to sign players in."
    )
    address: str = Field(
        default="127.0.0.1",
        description='Address to listen on; "0.0.0.0" or an empty text for every interface.',
    )
    port: int = Field(default=7350, ge=0, le=65535, description="Port of the API; 0 for any free one.")
    max_request_size_bytes: int = Field(
        default=262_144, ge=1, description="Largest request body as received."
    )
    max_header_bytes: int = Field(
        default=5120, ge=0, description="Largest request line and headers; 4096 bytes more are tolerated."
    )
    read_timeout_ms: int = Field(
        default=10_000, ge=1, description="Time in which a request must have arrived."
    )
    write_timeout_ms: int = Field(
        default=10_000,
        ge=1,
        description="Time after which an answer that the client does not take is given up.",
    )
    idle_timeout_ms: int = Field(
        default=60_000, ge=1, description="Time after which a connection without requests is closed."
    )
    response_headers: Pairs = Field(
        default={}, description="Headers added to every answer that lacks them: NAME=value entries or a map."
    )
    names: Literal["snake", "camel"] = Field(
        default="snake",
        description="Spelling of field names in answers, where the client does not ask for one.",
    )
    proxy_count: int = Field(
        default=0,
        ge=0,
        description="How many trusted proxies stand in front; their X-Forwarded-For entries count.",
    )

    @field_validator("server_key")
    @classmethod
    def _fits_basic_auth(cls, value: str) -> str:
        if ":" in value or CONTROL.search(value):
            raise ValueError("must have no colon and no control character: HTTP Basic could not carry it")
        return value

    @field_validator("response_headers")
    @classmethod
    def _are_headers(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not _HEADER_NAME.fullmatch(name) or CONTROL.search(text) or not text.isascii():
                raise ValueError(f"must hold headers, which {name!r} with that value is not")
        return value

    @property
    def is_loopback(self) -> bool:
        """Whether nobody outside this machine can connect."""
        try:
            return self.address == "localhost" or ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return False

    @property
    def header_limit(self) -> int:
        """Largest number of bytes of a request up to and including the blank line."""
        return self.max_header_bytes + 4096


class Runtime(Section):
    """Game code."""

    http_key: Secret = Field(
        default="defaulthttpkey",
        min_length=1,
        description="Key for calls of game functions from other servers.",
    )
    modules: Paths = Field(default=(), description="Folders with game modules (also called runtime.path).")
    env: Pairs = Field(
        default={}, repr=False, description="Values handed to game code: NAME=value entries or a map."
    )
    call_timeout_ms: int = Field(
        default=10_000, ge=1, description="Time after which a game function is ended."
    )
    event_queue_size: int = Field(
        default=65_536, ge=1, description="Events that may wait for the game's handlers; others are dropped."
    )
    event_queue_workers: int = Field(default=8, ge=1, description="Events that are handled at a time.")


class Embedded(Section):
    """The PostgreSQL that kizuna runs itself when no other database is named."""

    settings: Texts = Field(default={}, description="Server settings of PostgreSQL, such as shared_buffers.")


class Database(Section):
    """Where the data is."""

    url: OptionalText = Field(
        default=None,
        repr=False,
        description="postgresql://user:password@host:port/name (also called database.address); "
        "without it kizuna runs its own PostgreSQL in data_dir.",
    )
    pool_size: int = Field(
        default=8,
        ge=1,
        le=1000,
        description="Most connections that one process opens; callbacks and notices take up to 6 more. "
        "Where the game decides about Teams: at least 3 for functions that write, 5 for those that change "
        "other teams.",
    )
    embedded: Embedded = Embedded()

    @field_validator("url")
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"(postgres|postgresql)://", value):
            raise ValueError("must begin with postgresql://")
        if value is not None and not _is_url(value):
            raise ValueError(INVALID_URL)
        return value


def _is_url(text: str) -> bool:
    """Whether everybody who reads the text as a URL finds the same user, password and hosts in it."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    user, _, hosts = parts.netloc.rpartition("@")
    return (
        not parts.fragment
        and "@" not in user + parts.path + parts.query
        and all(map(_HOST_AND_PORT.fullmatch, hosts.split(",")))
    )


class Attempts(Section):
    """How many wrong passwords are tolerated."""

    per_account: int = Field(default=10, ge=1, description="Wrong passwords for an account from one address.")
    window_sec: int = Field(default=300, ge=1, description="The time in which they are counted.")
    per_address: int = Field(
        default=200, ge=1, description="Wrong passwords from one address for all accounts."
    )
    address_window_sec: int = Field(default=60, ge=1, description="The time in which those are counted.")


class Password(Section):
    """Hashing and guessing of passwords."""

    bcrypt_cost: int = Field(default=13, ge=4, le=20, description="Each step doubles the work of a hash.")
    threads: int = Field(default=2, ge=1, le=64, description="Hashes computed at once by one process.")
    queue_limit: int = Field(default=32, ge=1, description="Hashes waiting; beyond it sign-ins are put off.")
    attempts: Attempts = Attempts()


class RankCache(Section):
    """Ranks of leaderboards and tournaments."""

    blacklist_rank_cache: tuple[str, ...] = Field(
        default=(), description='Boards whose records have no ranks: their ids, or ["*"] for all.'
    )


class LeaderboardEntry(Section):
    """A leaderboard that the operator wants to exist."""

    id: Line = Field(
        min_length=1, max_length=128, description="Unique among all leaderboards and tournaments."
    )
    authoritative: Switch = Field(default=False, description="Only game code may write scores.")
    sort_order: SortOrder = Field(default="desc", description="Whether high scores (desc) or low (asc) lead.")
    operator: OperatorName = Field(default="best", description="How scores combine: best, set, incr or decr.")
    reset_schedule: str = Field(
        default="", max_length=64, description="CRON expression of its resets, in UTC."
    )
    metadata: JsonObject = Field(default={}, description="Whatever else is to be known of it.")
    enable_ranks: Switch = Field(
        default=True, description="Keep ranks; without, only lists number their records."
    )


class TournamentEntry(LeaderboardEntry):
    """A tournament that the operator wants to exist."""

    authoritative: Switch = Field(default=True, description="Only game code may write scores.")
    duration: int = Field(
        strict=True, ge=1, le=INT32_MAX, description="Seconds for which each round is open."
    )
    title: Line = Field(default="", max_length=255, description="Its title.")
    description: Line = Field(default="", max_length=255, description="Its description.")
    category: int = Field(default=0, strict=True, ge=0, le=127, description="Number to list it by, 0 to 127.")
    start_time: Time = Field(
        default=0, description="Seconds since 1970 or 2026-01-31T12:00:00Z; 0 for at once."
    )
    end_time: Time = Field(default=0, description="The same; 0 for never.")
    max_size: Count = Field(default=0, description="Most players in a period; 0 for no limit.")
    max_num_score: Count = Field(default=0, description="Most scores of a player in a period; 0 for 1000000.")
    join_required: Switch = Field(default=False, description="Players must join before they submit scores.")


class Teams(Section):
    """What groups own together: wallets, inventories, achievements, contests."""

    config: OptionalPath = Field(
        default=None,
        description="File with the game's Teams configuration, JSON or YAML; without one there are no Teams.",
    )
    debug_rpcs: bool = Field(
        default=False,
        description="Serve the functions that fill event leaderboards with made-up teams: to try a game out.",
    )
    closed_functions: Names = Field(
        default=(),
        description="Functions that players cannot call, such as TEAMS_WALLET_GRANT; game code still can.",
    )

    @field_validator("closed_functions")
    @classmethod
    def _are_functions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in TEAMS_FUNCTIONS:
                raise ValueError(
                    f"must hold names of Teams functions ({', '.join(TEAMS_FUNCTIONS)}), not {name!r}"
                )
        return value


class Settings(Section):
    """All settings together."""

    name: str = Field(default="kizuna", min_length=1, description="Name of this node; each has its own.")
    data_dir: OptionalPath = Field(
        default=None,
        description="Folder of the embedded PostgreSQL. "
        "Default: /var/lib/kizuna as root, else ~/.local/share/kizuna.",
    )
    workers: int = Field(
        default=1, ge=1, le=256, description="Server processes; one per core is a good choice."
    )
    bus: Literal["auto", "local", "postgres"] = Field(
        default="auto",
        description='Way of notices to other processes; "auto" is local where none can share the database.',
    )
    shutdown_grace_sec: int = Field(
        default=0,
        ge=0,
        description="Longest wait for running requests at the end, never under 10 seconds; then for the "
        "game's shutdown functions, 5 seconds if it is 0.",
    )
    shutdown_announce_ms: int = Field(
        default=300, ge=0, description="Time before the end in which clients are told to reconnect elsewhere."
    )
    logger: Logger = Logger()
    session: Session = Session()
    socket: Socket = Socket()
    runtime: Runtime = Runtime()
    teams: Teams = Teams()
    database: Database = Database()
    social: Social = Social()
    google_auth: GoogleAuth = GoogleAuth()
    iap: Iap = Iap()
    password: Password = Password()
    leaderboard: RankCache = RankCache()
    leaderboards: tuple[LeaderboardEntry, ...] = Field(
        default=(), description="Leaderboards that are to exist."
    )
    tournaments: tuple[TournamentEntry, ...] = Field(default=(), description="Tournaments that are to exist.")

    @model_validator(mode="after")
    def _processes_hear_of_each_other(self) -> "Settings":
        if self.bus == "local" and self.workers > 1:
            raise ValueError("bus: local is for a single process; with several workers use auto")
        return self

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Settings":
        ids = Counter(entry.id for entry in (*self.leaderboards, *self.tournaments))
        if twice := [id for id, count in ids.items() if count > 1]:
            raise ValueError(f"leaderboards and tournaments have the id {twice[0]!r} more than once")
        return self

    def default_keys(self) -> list[str]:
        """Secrets that still have the default that everybody knows."""
        return [key for key in _PUBLIC_KEYS if self.value(key) == KEYS[key].default]

    def without_effect(self) -> list[str]:
        """Settings that somebody has changed and that this release does nothing with."""
        return [key for key in _WITHOUT_EFFECT if self.value(key) != KEYS[key].default]

    def value(self, key: str) -> Any:
        """The value of a setting by its dotted key."""
        value: Any = self
        for part in key.split("."):
            value = getattr(value, part)
        return value


_PUBLIC_KEYS = (
    "socket.server_key",
    "session.encryption_key",
    "session.refresh_encryption_key",
    "runtime.http_key",
)


def _leaves(model: type[Section], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from _leaves(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, field


#: Every setting by its dotted key.
KEYS: dict[str, FieldInfo] = dict(_leaves(Settings))

_WITHOUT_EFFECT = [key for key, field in KEYS.items() if field.json_schema_extra == WITHOUT_EFFECT]


def is_collection(key: str) -> bool:
    """Whether the setting holds a list or a map."""
    return get_origin(KEYS[key].annotation) in (dict, tuple)


def entry_of(key: str) -> type[Section] | None:
    """What a list of maps holds; None for every other setting."""
    held = get_args(KEYS[key].annotation)[:1]
    return held[0] if held and isinstance(held[0], type) and issubclass(held[0], Section) else None
