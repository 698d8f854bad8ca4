"""Signing in, and signing up on the way."""

import random
import string
import uuid
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from kizuna.accounts.lookup import AccountLookup, Player
from kizuna.accounts.validation import check_username_characters, check_username_length
from kizuna.clock import Clock
from kizuna.db.coalesce import KeyedWrites
from kizuna.db.engine import Database
from kizuna.errors import ApiError, Code, invalid, not_found
from kizuna.friends.imports import FriendImports
from kizuna.friends.targets import Actor
from kizuna.identity import queries, validation
from kizuna.identity.attempts import Attempts
from kizuna.identity.passwords import Passwords, check_new_password
from kizuna.identity.profiles import Profiles
from kizuna.identity.providers import Profile, Provider
from kizuna.identity.verification import rejecting
from kizuna.sessions.service import BANNED

USERNAME_TAKEN = ApiError(Code.ALREADY_EXISTS, "Username is already in use.")
INVALID_CREDENTIALS = ApiError(Code.UNAUTHENTICATED, "Invalid credentials.")
_UNKNOWN = "User account not found."

#: A generator of its own: game code that seeds the shared one must not make usernames repeat.
_letters = random.Random()


@dataclass(frozen=True, slots=True)
class SignUp:
    """What becomes of a player nobody knows: created under this username ("" for a random one) or refused."""

    username: str = ""
    create: bool = True


@dataclass(frozen=True, slots=True)
class Identified:
    """Who signed in, and the earliest time of issue that the tokens may have (seconds since 1970)."""

    user_id: str
    username: str
    created: bool
    sessions_since: int = 0


@dataclass(frozen=True, slots=True)
class _NewDevice:
    device_id: str
    user_id: str
    username: str


class Authentication:
    """The ways to sign in. Each method raises `ApiError` where the reference refuses, in its order."""

    def __init__(
        self,
        database: Database,
        lookup: AccountLookup,
        passwords: Passwords,
        attempts: Attempts,
        providers: Mapping[str, Provider],
        friend_imports: FriendImports,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._passwords = passwords
        self._attempts = attempts
        self._providers = providers
        self._profiles = Profiles(database, clock)
        self._friend_imports = friend_imports
        self._clock = clock
        self._create_with_device: KeyedWrites[_NewDevice, bool] = KeyedWrites(
            self._create_with_devices,
            keys=lambda new: (("device", new.device_id), ("username", new.username)),
        )

    async def device(self, device_id: str, sign_up: SignUp) -> Identified:
        """By the id of a device."""
        validation.check_device_id(device_id)
        check_username(sign_up.username)
        player = await self._lookup.by_device(device_id)
        if player is not None:
            return _welcome(player)
        new = _NewDevice(device_id, str(uuid.uuid4()), _wanted_username(sign_up))
        if await self._create_with_device(new):
            return Identified(new.user_id, new.username, created=True)
        # Somebody was faster: with this device, then it is theirs; or with the username.
        return _welcome_or(await self._lookup.by_device(device_id), USERNAME_TAKEN)

    async def custom(self, custom_id: str, sign_up: SignUp) -> Identified:
        """By an id of the game's own."""
        validation.check_custom_id(custom_id)
        check_username(sign_up.username)
        return await self._by_identifier("custom_id", custom_id, sign_up)

    async def provider(
        self,
        name: str,
        credentials: Mapping[str, Any],
        sign_up: SignUp,
        *,
        import_friends: bool = False,
    ) -> Identified:
        """By another company's account; `name` is a key of the providers.

        With `import_friends`, the player's friends there become friends here, as far as that works.
        """
        provider = self._providers[name]
        for check in provider.before_authenticate:
            check(credentials)
        check_username(sign_up.username)
        with rejecting(name, provider.rejected_on_authenticate):
            profile = await provider.verify(credentials)
        who = await self._by_profile(provider, profile, sign_up)
        if import_friends:
            me = Actor(who.user_id, who.username)
            await self._friend_imports.after_sign_in(name, me, credentials, profile)
        return who

    async def email(self, email: str, password: str, sign_up: SignUp, address: str) -> Identified:
        """By e-mail address and password, or by username and password where the address is empty.

        `address` is the client's, for the limit on wrong passwords.
        """
        if email:
            validation.check_email_characters(email)
            validation.check_email_form(email)
        validation.check_password_length(password)
        if not email and not sign_up.username:
            raise invalid("Username is required when email address is not supplied.")
        check_username(sign_up.username)
        if not email:
            player = await self._lookup.by_username(sign_up.username)
            if player is None:
                raise not_found(_UNKNOWN)
            return await self._by_password(player, password, address)
        email = validation.lower_case(email)
        player = await self._lookup.by_identifier("email", email)
        if player is not None:
            return await self._by_password(player, password, address)
        username = _wanted_username(sign_up)
        check_new_password(password)
        hashed = await self._passwords.hash(password)
        winner = await self._create("email", email, username, hashed)
        if isinstance(winner, Player):
            return await self._by_password(winner, password, address)
        return winner

    async def _by_password(self, player: Player, password: str, address: str) -> Identified:
        if player.disabled:
            raise BANNED
        if not await self._attempts.check(player.id, address, lambda: self._matches(password, player)):
            raise INVALID_CREDENTIALS
        return _welcome(player)

    async def _matches(self, password: str, player: Player) -> bool:
        return player.password is not None and await self._passwords.matches(password, player.password)

    async def _by_identifier(self, column: str, value: str, sign_up: SignUp) -> Identified:
        player = await self._lookup.by_identifier(column, value)
        if player is not None:
            return _welcome(player)
        winner = await self._create(column, value, _wanted_username(sign_up), None)
        return _welcome(winner) if isinstance(winner, Player) else winner

    async def _by_profile(self, provider: Provider, profile: Profile, sign_up: SignUp) -> Identified:
        player = await self._known(provider.column, profile)
        if player is None:
            winner = await self._create_with_profile(provider.column, profile, _wanted_username(sign_up))
            return _welcome(winner) if isinstance(winner, Player) else winner
        who = _welcome(player)
        if provider.fills_profile:
            await self._profiles.fill(player.id, profile)
        return who

    async def _known(self, column: str, profile: Profile) -> Player | None:
        """The player with the provider's id, or with the one before it, which is then replaced."""
        player = await self._lookup.by_identifier(column, profile.id)
        if player is None and profile.former_id:
            await self._profiles.follow(column, profile)
            player = await self._lookup.by_identifier(column, profile.id)
        return player

    async def _create(
        self, column: str, value: str, username: str, password: bytes | None
    ) -> Identified | Player:
        user_id = str(uuid.uuid4())
        command = queries.CREATE_WITH_IDENTIFIER[column]
        writing = self._database.write(command, user_id, username, value, password, self._clock.now())
        return await self._created(writing, user_id, username, column, value)

    async def _create_with_profile(self, column: str, profile: Profile, username: str) -> Identified | Player:
        user_id = str(uuid.uuid4())
        writing = self._profiles.create(column, profile, user_id, username)
        return await self._created(writing, user_id, username, column, profile.id)

    async def _created(
        self, writing: Awaitable[object], user_id: str, username: str, column: str, value: str
    ) -> Identified | Player:
        """A new player, or the one who was created with the same identifier in the meantime."""
        try:
            await writing
        except asyncpg.UniqueViolationError as error:
            # The reference fails the slower of two first sign-ins; here both get the one account.
            player = await self._lookup.by_identifier(column, value)
            if player is None:
                raise USERNAME_TAKEN from error
            return player
        return Identified(user_id, username, created=True)

    async def _create_with_devices(self, wanted: list[_NewDevice]) -> list[bool]:
        try:
            rows = await self._database.write(
                queries.CREATE_WITH_DEVICES,
                [new.device_id for new in wanted],
                [new.user_id for new in wanted],
                [new.username for new in wanted],
                self._clock.now(),
            )
        except asyncpg.ForeignKeyViolationError:
            if len(wanted) > 1:
                raise
            return [False]
        created = {row["device_id"] for row in rows}
        return [new.device_id in created for new in wanted]


def check_username(username: str) -> None:
    """The rules for a username that may be left out."""
    if username:
        check_username_characters(username)
        check_username_length(username)


def _wanted_username(sign_up: SignUp) -> str:
    """The username for a new player. 404 when none is to be created."""
    if not sign_up.create:
        raise not_found(_UNKNOWN)
    return sign_up.username or random_username()


def random_username() -> str:
    """A name for a player who has chosen none."""
    return "".join(_letters.choices(string.ascii_letters, k=10))


def _welcome(player: Player) -> Identified:
    if player.disabled:
        raise BANNED
    return Identified(player.id, player.username, created=False, sessions_since=player.sessions_since)


def _welcome_or(player: Player | None, refusal: ApiError) -> Identified:
    if player is None:
        raise refusal
    return _welcome(player)
