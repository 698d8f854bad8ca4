"""Sessions: issued at sign-in, checked on every request, renewed, ended."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kizuna.accounts.lookup import AccountLookup, Player
from kizuna.caller import Caller
from kizuna.clock import Clock
from kizuna.db.engine import UNREACHABLE, Database
from kizuna.errors import ApiError, Code, invalid, not_found
from kizuna.sessions import tokens
from kizuna.sessions.revocations import Ended, Revocations
from kizuna.sessions.tokens import InvalidToken, TokenReader

#: Revocations are kept this many seconds longer than the tokens they concern.
_SPARE = 60

BANNED = ApiError(Code.PERMISSION_DENIED, "User account banned.")


@dataclass(frozen=True, slots=True)
class SessionRules:
    """The configuration's `session` section; lifetimes in seconds."""

    token_expiry: int
    refresh_token_expiry: int
    key: str
    refresh_key: str
    single_session: bool

    @property
    def longest(self) -> int:
        """The longer one of the lifetimes."""
        return max(self.token_expiry, self.refresh_token_expiry)


class Sessions:
    """The use cases around sessions."""

    def __init__(
        self,
        rules: SessionRules,
        database: Database,
        revocations: Revocations,
        clock: Clock,
        accounts: AccountLookup,
    ) -> None:
        self._rules = rules
        self._database = database
        self._revocations = revocations
        self._clock = clock
        self._accounts = accounts
        self._session_tokens = TokenReader(rules.key)
        self._refresh_tokens = TokenReader(rules.refresh_key)

    def now(self) -> int:
        """The present in seconds since 1970."""
        return int(self._clock.unix())

    async def issue(
        self, user_id: str, username: str, vars: Mapping[str, str], *, began: int, created: bool = False
    ) -> dict[str, Any]:
        """A new session for a player who has just proved who they are: the `Session` message.

        `began` is when the session began: a time before the account was looked up, or the end of the earlier
        sessions that the lookup told of, if that is later. So whatever ends the player's sessions after the
        lookup, such as a ban, ends this one too, however long the password took to check.
        """
        if self._rules.single_session:
            began = (await self.end_all([user_id])).cutoffs[user_id][0]
            # That end may have hidden the one of a ban or a deletion since the lookup.
            await self._in_good_standing(user_id)
        caller = Caller(user_id, username, vars, str(uuid.uuid4()), began, 0)
        return self._session(caller, created)

    async def session_token(
        self, user_id: str, username: str, vars: Mapping[str, str], expires_at: int = 0
    ) -> tuple[str, int]:
        """A session token without a refresh token, for whomever the server says, and when it ends.

        Whatever has ended the user's sessions so far does not concern it. `expires_at` is in seconds since
        1970; 0 is after the usual time.
        """
        expires_at = expires_at or self.now() + self._rules.token_expiry
        began = max(self.now(), await self._cutoff(user_id, expires_at))
        caller = Caller(user_id, username, vars, str(uuid.uuid4()), began, expires_at)
        return tokens.sign(caller, self._rules.key.encode()), expires_at

    def issued_to(self, session: Mapping[str, Any]) -> Caller:
        """Whom a `Session` message that this server has just made is for, without looking further."""
        return self._session_tokens.read(session["token"], now=0)

    async def check(self, token: str) -> Caller:
        """The caller behind a session token. 401 when it is none, has expired or has ended."""
        try:
            caller = self._session_tokens.read(token, self._clock.unix())
        except InvalidToken as error:
            raise ApiError(Code.UNAUTHENTICATED, "Auth token invalid") from error
        try:
            rejected = await self._revocations.rejects(caller, refresh=False)
        except UNREACHABLE as error:
            # Nobody knows whether the session has ended: neither let it pass nor tell the client to drop it.
            raise ApiError(Code.UNAVAILABLE, "Session cannot be checked. Try again later.") from error
        if rejected:
            raise ApiError(Code.UNAUTHENTICATED, "Auth token invalid")
        return caller

    async def refresh(self, token: str, vars: Mapping[str, str]) -> dict[str, Any]:
        """A renewed session: same id and sign-in time, the player's present name, other vars if given."""
        if not token:
            raise invalid("Refresh token is required.")
        refused = ApiError(Code.UNAUTHENTICATED, "Refresh token invalid or expired.")
        try:
            caller = self._refresh_tokens.read(token, self._clock.unix())
        except InvalidToken as error:
            raise refused from error
        if await self._revocations.rejects(caller, refresh=True):
            raise refused
        account = await self._in_good_standing(caller.user_id)
        return self._session(replace(caller, username=account.username, vars=vars or caller.vars), False)

    async def logout(self, caller: Caller, token: str, refresh_token: str) -> None:
        """End the sessions that the given tokens belong to, or with none given all of the caller's."""
        session = self._own(self._session_tokens, token, caller, "Session token invalid.")
        refresh = self._own(self._refresh_tokens, refresh_token, caller, "Refresh token invalid.")
        ended = self._to_end(session, refresh)
        if not ended:
            await self.end_all([caller.user_id])
            return
        self._revocations.apply_committed(
            await self._database.atomically(lambda tx: self._revocations.end(tx, caller.user_id, ended))
        )

    async def end_all(self, user_ids: Sequence[str]) -> Ended:
        """End every session of these users."""
        ended = await self._database.atomically(lambda tx: self._revocations.end_all(tx, user_ids))
        self._revocations.apply_committed(ended)
        return ended

    async def _in_good_standing(self, user_id: str) -> Player:
        """The account as it is now. 404 when it is gone, 403 when it is banned."""
        account = await self._accounts.by_id(user_id)
        if account is None:
            raise not_found("User account not found.")
        if account.disabled:
            raise BANNED
        return account

    async def _cutoff(self, user_id: str, expires_at: int) -> int:
        """When the user's earlier sessions ended, for a new token; a long-lived one is prepared for."""
        if expires_at <= self.now() + self._rules.longest:
            return await self._revocations.cutoff(user_id)
        return await self._revocations.keep_cutoff(user_id, expires_at + _SPARE)

    def _session(self, caller: Caller, created: bool) -> dict[str, Any]:
        now = self.now()
        session = replace(caller, expires_at=now + self._rules.token_expiry)
        refresh = replace(caller, expires_at=now + self._rules.refresh_token_expiry)
        answer: dict[str, Any] = {"created": True} if created else {}
        answer["token"] = tokens.sign(session, self._rules.key.encode())
        answer["refresh_token"] = tokens.sign(refresh, self._rules.refresh_key.encode())
        return answer

    def _own(self, reader: TokenReader, token: str, caller: Caller, refusal: str) -> Caller | None:
        """The verified token, None where there is none, 400 where it is not one of the caller's."""
        if not token:
            return None
        try:
            owner = reader.read(token, self._clock.unix())
        except InvalidToken as error:
            raise invalid(refusal) from error
        if owner.user_id != caller.user_id:
            raise invalid(refusal)
        return owner

    def _to_end(self, session: Caller | None, refresh: Caller | None) -> list[tuple[str, bool, int]]:
        """(token id, refresh tokens?, until when) of what a logout names.

        A session token takes its refresh token with it. The reference leaves that one usable, and every
        session token it then yields is dead on arrival.
        """
        longest = self.now() + self._rules.longest + _SPARE
        ended: dict[tuple[str, bool], int] = {}
        if session is not None and session.token_id:
            ended[session.token_id, False] = ended[session.token_id, True] = max(longest, session.expires_at)
        if refresh is not None and refresh.token_id:
            ended[refresh.token_id, True] = max(longest, refresh.expires_at)
        return [(token_id, kind, expiry) for (token_id, kind), expiry in ended.items()]
