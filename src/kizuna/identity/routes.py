"""Authenticate, link and unlink over HTTP."""

from collections.abc import Coroutine
from typing import Any

from kizuna.errors import invalid
from kizuna.friends.targets import Actor
from kizuna.http.call import Call
from kizuna.http.routes import Routes
from kizuna.identity.authentication import Authentication, Identified, SignUp
from kizuna.identity.linking import Linking
from kizuna.sessions.service import Sessions

PROVIDERS = ("Apple", "Facebook", "FacebookInstantGame", "GameCenter", "Google", "Steam")
_NOT_AUTHENTICATED = "Error finding or creating user account."


def routes(authentication: Authentication, linking: Linking, sessions: Sessions) -> Routes:
    """Every way to sign in, and to change the ways."""
    api = Routes("Identity")
    _authenticate_routes(api, authentication, sessions)
    _link_routes(api, linking)
    _unlink_routes(api, linking)
    for provider in PROVIDERS:
        _provider_routes(api, provider, authentication, linking, sessions)
    return api


def _sign_up(call: Call) -> SignUp:
    return SignUp(call.input.get("username", ""), call.input.get("create", True))


def _account(call: Call) -> dict[str, Any]:
    account: dict[str, Any] = call.input.get("account", {})
    return account


async def _session(
    call: Call, sessions: Sessions, signing_in: Coroutine[Any, Any, Identified]
) -> dict[str, Any]:
    """A session for whoever signs in, dated before their account was looked at: see `Sessions.issue`."""
    began = sessions.now()
    who = await signing_in
    return await sessions.issue(
        who.user_id,
        who.username,
        _account(call).get("vars", {}),
        began=max(began, who.sessions_since),
        created=who.created,
    )


def _authenticate_routes(api: Routes, authentication: Authentication, sessions: Sessions) -> None:
    @api.operation("AuthenticateDevice", failure=_NOT_AUTHENTICATED)
    async def authenticate_device(call: Call) -> dict[str, Any]:
        signing_in = authentication.device(_account(call).get("id", ""), _sign_up(call))
        return await _session(call, sessions, signing_in)

    @api.operation("AuthenticateCustom", failure=_NOT_AUTHENTICATED)
    async def authenticate_custom(call: Call) -> dict[str, Any]:
        signing_in = authentication.custom(_account(call).get("id", ""), _sign_up(call))
        return await _session(call, sessions, signing_in)

    @api.operation("AuthenticateEmail", failure=_NOT_AUTHENTICATED)
    async def authenticate_email(call: Call) -> dict[str, Any]:
        account = _account(call)
        signing_in = authentication.email(
            account.get("email", ""), account.get("password", ""), _sign_up(call), call.client_endpoint[0]
        )
        return await _session(call, sessions, signing_in)


def _link_routes(api: Routes, linking: Linking) -> None:
    @api.operation("LinkDevice", failure="Error linking Device ID.")
    async def link_device(call: Call) -> dict[str, Any]:
        await linking.link_device(call.caller.user_id, call.input.get("id", ""))
        return {}

    @api.operation("LinkCustom", failure="Error while trying to link Custom ID.")
    async def link_custom(call: Call) -> dict[str, Any]:
        await linking.link_custom(call.caller.user_id, call.input.get("id", ""))
        return {}

    @api.operation("LinkEmail", failure="Error while trying to link email.")
    async def link_email(call: Call) -> dict[str, Any]:
        await linking.link_email(
            call.caller.user_id, call.input.get("email", ""), call.input.get("password", "")
        )
        return {}


def _unlink_routes(api: Routes, linking: Linking) -> None:
    @api.operation("UnlinkDevice", failure="Could not unlink device ID.")
    async def unlink_device(call: Call) -> dict[str, Any]:
        await linking.unlink_device(call.caller.user_id, call.input.get("id", ""))
        return {}

    @api.operation("UnlinkCustom", failure="Error while trying to unlink custom ID.")
    async def unlink_custom(call: Call) -> dict[str, Any]:
        await linking.unlink_custom(call.caller.user_id, call.input.get("id", ""))
        return {}

    @api.operation("UnlinkEmail", failure="Error while trying to unlink email.")
    async def unlink_email(call: Call) -> dict[str, Any]:
        await linking.unlink_email(call.caller.user_id, call.input.get("email", ""))
        return {}


def _provider_routes(
    api: Routes, name: str, authentication: Authentication, linking: Linking, sessions: Sessions
) -> None:
    label = {"FacebookInstantGame": "Facebook Instant Game"}.get(name, name)

    @api.operation(f"Authenticate{name}", failure=_NOT_AUTHENTICATED)
    async def authenticate(call: Call) -> dict[str, Any]:
        if name == "GameCenter" and not _account(call) and _has_no_body(call):
            raise invalid("GameCenter access credentials are required.")
        signing_in = authentication.provider(
            name, _account(call), _sign_up(call), import_friends=call.input.get("sync", False)
        )
        return await _session(call, sessions, signing_in)

    @api.operation(f"Link{name}", failure=f"Error while trying to link {label} ID.")
    async def link(call: Call) -> dict[str, Any]:
        # Facebook and Steam wrap the credentials, because their requests say whether to import friends too.
        credentials = _account(call) if name in ("Facebook", "Steam") else call.input
        me = Actor(call.caller.user_id, call.caller.username)
        await linking.link_provider(me, name, credentials, import_friends=call.input.get("sync", True))
        return {}

    @api.operation(f"Unlink{name}", failure=f"Error while trying to unlink {label} ID.")
    async def unlink(call: Call) -> dict[str, Any]:
        await linking.unlink_provider(call.caller.user_id, name, call.input)
        return {}


def _has_no_body(call: Call) -> bool:
    return call.headers.get("content-length", "0") == "0" and "transfer-encoding" not in call.headers
