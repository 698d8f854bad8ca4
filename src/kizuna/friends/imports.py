"""Friends whom other companies know: asked for there, befriended here."""

import asyncio
import logging
from collections.abc import Mapping

from kizuna.errors import ApiError
from kizuna.friends.service import Actor, Friends, Provider
from kizuna.identity.providers import FriendSource, Profile
from kizuna.identity.providers import Provider as IdentityProvider
from kizuna.identity.providers.cleaning import is_id
from kizuna.identity.providers.interface import Credentials, configured, required
from kizuna.identity.verification import rejecting
from kizuna.outside.checks import Refused
from kizuna.outside.client import Unavailable

log = logging.getLogger(__name__)

_facebook_token = required("token", "Facebook token is required.")
_steam_token = required("token", "Steam token is required.")

#: How friends know the providers that have friends.
_NAMES: Mapping[str, Provider] = {"Facebook": "facebook", "Steam": "steam"}


class FriendImports:
    """Imports on request, and those that come with a sign-in.

    A provider is asked for the whole list before anything is written, and no connection to the database is
    held meanwhile.
    """

    def __init__(
        self, friends: Friends, providers: Mapping[str, IdentityProvider], *, steam_configured: bool
    ) -> None:
        self._friends = friends
        self._steam_configured = configured(steam_configured, "Steam")
        self._sources = {
            name: source for name, source in providers.items() if isinstance(source, FriendSource)
        }

    async def facebook(self, me: Actor, credentials: Credentials, reset: bool) -> None:
        """Befriend my Facebook friends who play. 400 without credentials, 401 for bad ones.

        `reset` ends all other friendships and invitations first, here and for Steam.
        """
        _facebook_token(credentials)
        await self._import("Facebook", me, credentials, reset=reset)

    async def steam(self, me: Actor, credentials: Credentials, reset: bool) -> None:
        """Befriend my Steam friends who play. 400 if Steam is not configured and without credentials, 401 for
        bad ones and where a reset meets friends who are private."""
        self._steam_configured(credentials)
        _steam_token(credentials)
        await self._import("Steam", me, credentials, reset=reset)

    async def after_sign_in(self, name: str, me: Actor, credentials: Credentials, profile: Profile) -> None:
        """The same without a reset, for credentials that were verified. That it fails is only logged."""
        if name not in self._sources or not profile.lists_friends:
            return
        try:
            await self._import(name, me, credentials, profile=profile)
        except ApiError as error:
            log.info("%s friends of %s not imported: %s", name, me.user_id, error)
        except Exception:
            log.exception("%s friends of %s not imported", name, me.user_id)

    async def _import(
        self,
        name: str,
        me: Actor,
        credentials: Credentials,
        *,
        profile: Profile | None = None,
        reset: bool = False,
    ) -> None:
        source = self._sources[name]
        with rejecting(name, source.rejected):
            listed = await _listed(source, credentials, profile)
            if listed is None and reset:
                # The reference takes a private list for an empty one, and so ends all friendships.
                raise Refused("friends", "they are private, and the player's own ones stay")
        # One id that nobody here can have would fail the whole list.
        possible = [id for id in listed or () if is_id(id)]
        await self._friends.import_friends(me, _NAMES[name], possible, reset)


async def _listed(
    source: FriendSource, credentials: Credentials, profile: Profile | None
) -> list[str] | None:
    """The friends. `Unavailable` if their list does not come to an end, page after page."""
    try:
        async with asyncio.timeout(source.patience):
            return await source.friends(credentials, profile)
    except TimeoutError:
        raise Unavailable(f"the friends were not listed within {source.patience:g} s") from None
