"""Adding and removing ways to sign in to an account one is signed in to."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from kizuna.clock import Clock
from kizuna.db.engine import Database, Transaction
from kizuna.errors import ApiError, Code, invalid
from kizuna.friends.imports import FriendImports
from kizuna.friends.targets import Actor
from kizuna.identity import queries, validation
from kizuna.identity.passwords import Passwords, check_new_password
from kizuna.identity.profiles import Profiles
from kizuna.identity.providers import Provider
from kizuna.identity.verification import rejecting

LAST_IDENTIFIER = ApiError(
    Code.PERMISSION_DENIED,
    "Cannot unlink last account identifier. Check profile exists and is not last link.",
)


def _taken(message: str) -> ApiError:
    return ApiError(Code.ALREADY_EXISTS, message)


class Linking:
    """Link and unlink. Every change notes the account's update time; sessions are not affected."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        providers: Mapping[str, Provider],
        friend_imports: FriendImports,
        clock: Clock,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._providers = providers
        self._profiles = Profiles(database, clock)
        self._friend_imports = friend_imports
        self._clock = clock

    async def link_device(self, user_id: str, device_id: str) -> None:
        """Add a device. 409 when it is somebody else's; one's own is fine."""
        validation.check_device_id(device_id)

        async def work(tx: Transaction) -> None:
            # The player's row first: a deleted caller's device fails the foreign key either way.
            await tx.read(queries.LOCK, user_id)
            await tx.write(queries.LINK_DEVICE, device_id, user_id)
            owner = await tx.read(queries.DEVICE_OWNER, device_id)
            if not owner or owner[0]["user_id"] != user_id:
                raise _taken("Device ID already in use.")
            await tx.write(queries.TOUCH, user_id, self._clock.now())

        await self._database.atomically(work)

    async def link_custom(self, user_id: str, custom_id: str) -> None:
        """Set the custom id, replacing another one."""
        validation.check_custom_id(custom_id, linking=True)
        await self._link("custom_id", "Custom ID", user_id, custom_id)

    async def link_email(self, user_id: str, email: str, password: str) -> None:
        """Set e-mail address and password, replacing others."""
        if not email or not password:
            raise invalid("Email address and password is required.")
        validation.check_email_characters(email)
        validation.check_password_length(password)
        validation.check_email_form(email)
        check_new_password(password)
        hashed = await self._passwords.hash(password)
        await self._link("email", "Email", user_id, validation.lower_case(email), hashed)

    async def link_provider(
        self, me: Actor, name: str, credentials: Mapping[str, Any], *, import_friends: bool = False
    ) -> None:
        """Set the id of another company's account, replacing another one, and fill what the profile lacks.

        With `import_friends`, the player's friends there become friends here, as far as that works.
        """
        provider = self._providers[name]
        for check in provider.before_link:
            check(credentials)
        with rejecting(name, provider.rejected):
            profile = await provider.verify(credentials)
        if not await self._profiles.link(provider.column, me.user_id, profile):
            raise _taken(f"{provider.label} is already in use.")
        if import_friends:
            await self._friend_imports.after_sign_in(name, me, credentials, profile)

    async def unlink_device(self, user_id: str, device_id: str) -> None:
        """Remove a device of one's own that is not the last identifier."""
        if not device_id:
            raise invalid("A device ID must be supplied.")

        async def work(tx: Transaction) -> None:
            await tx.read(queries.LOCK, user_id)
            if not await tx.write(queries.UNLINK_DEVICE, user_id, device_id):
                raise LAST_IDENTIFIER
            await tx.write(queries.TOUCH, user_id, self._clock.now())

        await self._database.atomically(work)

    async def unlink_custom(self, user_id: str, custom_id: str) -> None:
        """Remove the custom id: the given one, or whichever it is for ""."""
        await self._unlink("custom_id", user_id, custom_id or None)

    async def unlink_email(self, user_id: str, email: str) -> None:
        """Remove e-mail address and password: the given one, or whichever it is for ""."""
        await self._unlink("email", user_id, validation.lower_case(email) or None)

    async def unlink_provider(self, user_id: str, name: str, credentials: Mapping[str, Any]) -> None:
        """Remove another company's account: the one of the credentials, or without any whichever it is."""
        provider = self._providers[name]
        value = None
        if provider.supplied(credentials):
            with rejecting(name, provider.rejected):
                profile = await provider.verify(credentials)
            await self._profiles.follow(provider.column, profile)
            value = profile.id
        await self._unlink(provider.column, user_id, value)

    async def _link(self, column: str, label: str, user_id: str, value: str, *password: bytes) -> None:
        taken = _taken(f"{label} is already in use.")
        try:
            rows = await self._database.write(
                queries.LINK[column], user_id, value, self._clock.now(), *password
            )
        except asyncpg.UniqueViolationError as error:
            # Two at once: the reference answers 500 to the slower one.
            raise taken from error
        if not rows:
            raise taken

    async def _unlink(self, column: str, user_id: str, value: str | None) -> None:
        """Under the player's lock, so that two unlinks at once cannot take both last identifiers."""

        async def work(tx: Transaction) -> None:
            await tx.read(queries.LOCK, user_id)
            if not await tx.write(queries.UNLINK[column], user_id, value, self._clock.now()):
                raise LAST_IDENTIFIER

        await self._database.atomically(work)
