"""Identity for game code: sign players in, give them sessions, link and unlink their identifiers."""

from collections.abc import Awaitable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from kizuna.accounts.validation import check_username_characters, check_username_length
from kizuna.caller import Caller
from kizuna.friends.targets import Actor
from kizuna.identity.authentication import Identified, SignUp, random_username
from kizuna.identity.validation import lower_case
from kizuna.runtime.data import Authenticated, SessionToken
from kizuna.runtime.nakama.services import Calls, refusing
from kizuna.runtime.values import flag_of, integer_of, seconds_of, text_of, texts_of, uuid_of

_NOT_AUTHENTICATED = "Error finding or creating user account."


class IdentityCalls(Calls):
    """Authenticate, give and end sessions, link and unlink.

    Refusals are `ApiError`s with the texts that clients get for the same.
    """

    async def authenticate_custom(self, id: str, *, username: str = "", create: bool = True) -> Authenticated:
        """Who has this custom id, of 6 to 128 bytes; with `create` a new account if nobody has.

        `username` is for a new account, "" for a random one. `ApiError` for an id or username that is none, a
        username that is taken, a banned account, and, without `create`, for nobody.
        """
        sign_up = _sign_up(username, create)
        return await _identified(self._services.authentication.custom(text_of(id, "id"), sign_up))

    async def authenticate_device(self, id: str, *, username: str = "", create: bool = True) -> Authenticated:
        """Who has this device id, of 10 to 128 bytes; the rest is as for `authenticate_custom`."""
        sign_up = _sign_up(username, create)
        return await _identified(self._services.authentication.device(text_of(id, "id"), sign_up))

    async def authenticate_email(
        self, email: str, password: str, *, username: str = "", create: bool = True
    ) -> Authenticated:
        """Who has this e-mail address, of 10 to 255 bytes, and this password, of at least 8.

        An `email` of "" means the account with the username, which then must exist. The rest is as for
        `authenticate_custom`; `ApiError` besides for a wrong password, and after too many of them.
        """
        email, password = text_of(email, "email"), text_of(password, "password")
        sign_up = _sign_up(username, create)
        # Nobody knows the client's address here: wrong passwords count against the account alone.
        account = sha256((lower_case(email) or username).encode()).hexdigest()
        signing_in = self._services.authentication.email(email, password, sign_up, f"server:{account}")
        return await _identified(signing_in)

    async def authenticate_apple(
        self, token: str, *, username: str = "", create: bool = True
    ) -> Authenticated:
        """Who has this ID token of Apple's; the rest is as for `authenticate_custom`.

        For all providers: `ApiError` besides for credentials that the provider does not vouch for, or that it
        cannot be asked about, and where it is not configured.
        """
        return await self._by_provider("Apple", _token(token), username, create)

    async def authenticate_facebook(
        self, token: str, *, import_friends: bool = False, username: str = "", create: bool = True
    ) -> Authenticated:
        """Who has this access token, or ID token of Limited Login, of Facebook's.

        `import_friends` befriends the player with their Facebook friends who play, as far as that works.
        """
        friends = flag_of(import_friends, "import_friends")
        return await self._by_provider("Facebook", _token(token), username, create, friends)

    async def authenticate_facebook_instant_game(
        self, signed_player_info: str, *, username: str = "", create: bool = True
    ) -> Authenticated:
        """Who has this signed player info of Facebook Instant Games."""
        credentials = _signed_player_info(signed_player_info)
        return await self._by_provider("FacebookInstantGame", credentials, username, create)

    async def authenticate_game_center(
        self,
        player_id: str,
        bundle_id: str,
        timestamp_seconds: int,
        salt: str,
        signature: str,
        public_key_url: str,
        *,
        username: str = "",
        create: bool = True,
    ) -> Authenticated:
        """Who is this player of Game Center's, as signed there. `timestamp_seconds` is what GameKit gives,
        which are milliseconds."""
        credentials = _game_center(player_id, bundle_id, timestamp_seconds, salt, signature, public_key_url)
        return await self._by_provider("GameCenter", credentials, username, create)

    async def authenticate_google(
        self, token: str, *, username: str = "", create: bool = True
    ) -> Authenticated:
        """Who has this ID token of Google's, or server auth code of Play Games."""
        return await self._by_provider("Google", _token(token), username, create)

    async def authenticate_steam(
        self, token: str, *, username: str = "", create: bool = True
    ) -> Authenticated:
        """Who has this session ticket of Steam's."""
        return await self._by_provider("Steam", _token(token), username, create)

    async def authenticate_token_generate(
        self,
        user_id: str,
        *,
        username: str = "",
        expires_at: int | datetime = 0,
        vars: Mapping[str, str] | None = None,
    ) -> SessionToken:
        """A session token for a user, whether there is one or not, banned or not. It has no refresh token.

        `username` is what the token says, "" for a random one; `expires_at` seconds since 1970 or a time, 0
        for the usual lifetime. The token is good until then, or until the user's sessions are ended. A
        username that is none is an `ApiError`.
        """
        if name := text_of(username, "username"):
            check_username_characters(name)
            check_username_length(name)
        expiry = seconds_of(expires_at, "expires_at")
        if expiry and expiry <= self._services.clock.unix():
            raise ValueError("expires_at must be in the future")
        token, expiry = await self._services.sessions.session_token(
            uuid_of(user_id), name or random_username(), texts_of(vars, "vars"), expiry
        )
        return SessionToken(token, expiry)

    async def session_logout(self, user_id: str, *, token: str = "", refresh_token: str = "") -> None:
        """End the sessions that a session token, a refresh token or both belong to; with neither, all.

        `ApiError` for a token that is none of the user's.
        """
        user = Caller(uuid_of(user_id), "", {}, "", 0, 0)
        await self._services.sessions.logout(
            user, text_of(token, "token"), text_of(refresh_token, "refresh_token")
        )

    async def link_custom(self, user_id: str, id: str) -> None:
        """Give an account a custom id, in the place of another one. `ApiError` if it is somebody else's."""
        with refusing("Error while trying to link Custom ID."):
            await self._services.linking.link_custom(uuid_of(user_id), text_of(id, "id"))

    async def link_device(self, user_id: str, id: str) -> None:
        """Add a device to an account. `ApiError` if it is somebody else's."""
        with refusing("Error linking Device ID."):
            await self._services.linking.link_device(uuid_of(user_id), text_of(id, "id"))

    async def link_email(self, user_id: str, email: str, password: str) -> None:
        """Give an account an e-mail address and a password, in the place of others. `ApiError` if the address
        is somebody else's, or no address, or the password too short or too long."""
        with refusing("Error while trying to link email."):
            await self._services.linking.link_email(
                uuid_of(user_id), text_of(email, "email"), text_of(password, "password")
            )

    async def link_apple(self, user_id: str, token: str) -> None:
        """Give an account that of an Apple ID token, in the place of another one.

        For all providers: an empty profile is filled. `ApiError` if it is somebody else's, for credentials
        that the provider does not vouch for, and where it is not configured.
        """
        await self._link("Apple", user_id, _token(token))

    async def link_facebook(self, user_id: str, token: str, *, import_friends: bool = True) -> None:
        """Give an account that of a Facebook token, and befriend it with the player's Facebook friends who
        play, as far as that works."""
        await self._link("Facebook", user_id, _token(token), flag_of(import_friends, "import_friends"))

    async def link_facebook_instant_game(self, user_id: str, signed_player_info: str) -> None:
        """Give an account that of signed player info of Facebook Instant Games."""
        await self._link("FacebookInstantGame", user_id, _signed_player_info(signed_player_info))

    async def link_game_center(
        self,
        user_id: str,
        player_id: str,
        bundle_id: str,
        timestamp_seconds: int,
        salt: str,
        signature: str,
        public_key_url: str,
    ) -> None:
        """Give an account that of a player of Game Center's; see `authenticate_game_center`."""
        credentials = _game_center(player_id, bundle_id, timestamp_seconds, salt, signature, public_key_url)
        await self._link("GameCenter", user_id, credentials)

    async def link_google(self, user_id: str, token: str) -> None:
        """Give an account that of a Google ID token, or of a server auth code of Play Games."""
        await self._link("Google", user_id, _token(token))

    async def link_steam(self, user_id: str, token: str, *, import_friends: bool = True) -> None:
        """Give an account that of a Steam session ticket, and befriend it with the player's Steam friends who
        play, as far as that works."""
        await self._link("Steam", user_id, _token(token), flag_of(import_friends, "import_friends"))

    async def unlink_custom(self, user_id: str, id: str = "") -> None:
        """Take an account's custom id away, whichever it is if none is named.

        For all kinds: `ApiError` if the account does not have it, or has no other identifier.
        """
        await self._services.linking.unlink_custom(uuid_of(user_id), text_of(id, "id"))

    async def unlink_device(self, user_id: str, id: str) -> None:
        """Take a device from an account."""
        await self._services.linking.unlink_device(uuid_of(user_id), text_of(id, "id"))

    async def unlink_email(self, user_id: str, email: str = "") -> None:
        """Take an account's e-mail address and password away, whichever they are if none is named."""
        await self._services.linking.unlink_email(uuid_of(user_id), text_of(email, "email"))

    async def unlink_apple(self, user_id: str, token: str = "") -> None:
        """Take an account's Apple account away: that of the token, or whichever it is without one.

        For all providers: `ApiError` besides for credentials that the provider does not vouch for.
        """
        await self._unlink("Apple", user_id, _token(token))

    async def unlink_facebook(self, user_id: str, token: str = "") -> None:
        """Take an account's Facebook account away."""
        await self._unlink("Facebook", user_id, _token(token))

    async def unlink_facebook_instant_game(self, user_id: str, signed_player_info: str = "") -> None:
        """Take an account's player of Facebook Instant Games away."""
        await self._unlink("FacebookInstantGame", user_id, _signed_player_info(signed_player_info))

    async def unlink_game_center(
        self,
        user_id: str,
        player_id: str = "",
        bundle_id: str = "",
        timestamp_seconds: int = 0,
        salt: str = "",
        signature: str = "",
        public_key_url: str = "",
    ) -> None:
        """Take an account's player of Game Center's away: the signed one, or whichever it is where any of the
        credentials is missing."""
        credentials = _game_center(player_id, bundle_id, timestamp_seconds, salt, signature, public_key_url)
        await self._unlink("GameCenter", user_id, credentials)

    async def unlink_google(self, user_id: str, token: str = "") -> None:
        """Take an account's Google account away."""
        await self._unlink("Google", user_id, _token(token))

    async def unlink_steam(self, user_id: str, token: str = "") -> None:
        """Take an account's Steam account away."""
        await self._unlink("Steam", user_id, _token(token))

    async def _by_provider(
        self,
        provider: str,
        credentials: Mapping[str, Any],
        username: str,
        create: bool,
        import_friends: bool = False,
    ) -> Authenticated:
        signing_in = self._services.authentication.provider(
            provider, credentials, _sign_up(username, create), import_friends=import_friends
        )
        return await _identified(signing_in)

    async def _link(
        self, provider: str, user_id: str, credentials: Mapping[str, Any], import_friends: bool = False
    ) -> None:
        user_id, username = uuid_of(user_id), ""
        if import_friends and (player := await self._services.lookup.by_id(user_id)):
            username = player.username  # which the friends are told
        await self._services.linking.link_provider(
            Actor(user_id, username), provider, credentials, import_friends=import_friends
        )

    async def _unlink(self, provider: str, user_id: str, credentials: Mapping[str, Any]) -> None:
        await self._services.linking.unlink_provider(uuid_of(user_id), provider, credentials)


def _sign_up(username: str, create: bool) -> SignUp:
    return SignUp(text_of(username, "username"), flag_of(create, "create"))


async def _identified(signing_in: Awaitable[Identified]) -> Authenticated:
    with refusing(_NOT_AUTHENTICATED):
        who = await signing_in
    return Authenticated(who.user_id, who.username, who.created)


def _token(token: str) -> dict[str, Any]:
    return {"token": text_of(token, "token")}


def _signed_player_info(signed_player_info: str) -> dict[str, Any]:
    return {"signed_player_info": text_of(signed_player_info, "signed_player_info")}


def _game_center(
    player_id: str, bundle_id: str, timestamp_seconds: int, salt: str, signature: str, public_key_url: str
) -> dict[str, Any]:
    return {
        "player_id": text_of(player_id, "player_id"),
        "bundle_id": text_of(bundle_id, "bundle_id"),
        "timestamp_seconds": integer_of(timestamp_seconds, "timestamp_seconds"),
        "salt": text_of(salt, "salt"),
        "signature": text_of(signature, "signature"),
        "public_key_url": text_of(public_key_url, "public_key_url"),
    }
