"""Joining, leaving and looking after members: what groups do for teams."""

import asyncio

import pytest

from tests.teams.core.conftest import Enter
from tests.teams.core.support import ALREADY, DENIED, MEMBERSHIP, Founder, failure
from tests.teams.support import Cast, answered, refused

UNKNOWN = {"id": "33333333-3333-4333-8333-333333333333"}


def founders(cast: Cast, *players: str) -> list[Founder]:
    """Players of the cast by their names."""
    return [Founder(cast.api, getattr(cast, player)) for player in players]


async def test_a_closed_team(enter: Enter) -> None:
    """T-044, T-046, T-075, T-115, T-116, T-118 (case 25): ask, be approved or rejected; who counts."""
    host, owl, other = await enter(), await enter(), await enter()
    team = await host.create()
    for one in (owl, owl, other):
        assert answered(await one.join(team)) == {}
    assert await host.roles(team) == {host.id: 0, owl.id: 3, other.id: 3}
    assert (await host.get(team))["edge_count"] == 1
    for _ in range(2):
        answered(await host.act("add", team, owl))
        assert await host.roles(team) == {host.id: 0, owl.id: 2, other.id: 3}
        changed = await host.get(team)
        assert (changed["edge_count"], changed["members"]) == (2, [{"id": host.id}, {"id": owl.id}])
    answered(await host.act("kick", team, other))
    assert await host.roles(team) == {host.id: 0, owl.id: 2}
    assert (await host.get(team))["edge_count"] == 2


async def test_an_open_team(enter: Enter) -> None:
    """T-044, T-115: in at once; the banned and those who ask are left as they are."""
    host, owl, banned = await enter(), await enter(), await enter()
    team = await host.create(open=True)
    for one in (owl, banned):
        answered(await one.join(team))
    answered(await host.act("ban", team, banned))
    assert answered(await banned.join(team)) == {}
    assert await host.roles(team, state=4) == {banned.id: 4}
    assert (await host.get(team))["edge_count"] == 2
    assert failure(await owl.join(UNKNOWN)) == (404, 5, "Group not found.")


async def test_who_looks_after_members(cast: Cast) -> None:
    """T-046, T-047, T-116, T-118, T-120 (case 26): no member, nobody from outside."""
    member, outsider, pending, member2 = founders(cast, "member", "outsider", "pending", "member2")
    team, before = {"id": cast.team}, await outsider.roles({"id": cast.team})
    for caller in (member, outsider, pending):
        for what in ("add", "kick", "promote"):
            for target in (pending, member2):
                assert failure(await caller.act(what, team, target)) == DENIED
    assert failure(await member.act("add", UNKNOWN, pending)) == DENIED
    assert await outsider.roles(team) == before


async def test_promotions(cast: Cast) -> None:
    """T-032, T-047, T-120 (case 26): one step, and never beyond the caller's own rank."""
    superadmin, admin, admin2, member = founders(cast, "superadmin", "admin", "admin2", "member")
    pending, banned = founders(cast, "pending", "banned")
    team = {"id": cast.team}
    answered(await admin.act("promote", team, member))
    assert (await admin.roles(team))[member.id] == 1
    answered(await admin.act("promote", team, admin2, admin, pending, banned))
    roles = await admin.roles(team)
    assert (roles[admin2.id], roles[admin.id], roles[pending.id]) == (1, 1, 3)
    answered(await superadmin.act("promote", team, admin))
    roles = await admin.roles(team)
    assert (roles[admin.id], roles[superadmin.id]) == (0, 0)
    assert await admin.roles(team, state=4) == {banned.id: 4}


async def test_batches(cast: Cast, enter: Enter) -> None:
    """T-116, T-117, T-119: all or none; strangers among them are refused or ignored."""
    admin, pending, member, banned = founders(cast, "admin", "pending", "member", "banned")
    team, asking, stranger = {"id": cast.team}, await enter(), await enter()
    answered(await asking.join(team))
    nobody = [asking.id, UNKNOWN["id"]]
    answer = await admin.rest("POST", f"/group/{cast.team}/add", user_ids=nobody)
    assert failure(answer) == (400, 3, "One or more users not found.")
    assert (await admin.roles(team))[asking.id] == 3
    answered(await admin.act("add", team, asking, pending, member, banned))
    roles = await admin.roles(team)
    assert (roles[asking.id], roles[pending.id], roles[member.id], banned.id in roles) == (2, 2, 2, False)
    answered(await admin.act("kick", team, asking, pending, stranger))
    assert not {asking.id, pending.id} & (await admin.roles(team)).keys()
    assert (await admin.get(team))["edge_count"] == 5


async def test_a_full_team(enter: Enter) -> None:
    """T-115, T-116: nobody more, and the whole batch is undone."""
    host, *owls = [await enter() for _ in range(4)]
    group = await host.group(max_count=3, open=False)
    await host.call("TEAMS_UPDATE", id=group["id"], open=False)
    for owl in owls:
        answered(await owl.join(group))
    assert failure(await host.act("add", group, *owls)) == (400, 3, "Group is full.")
    assert (await host.get(group))["edge_count"] == 1
    answered(await host.act("add", group, *owls[:2]))
    assert failure(await owls[2].join(group)) == (400, 3, "Group is full.")
    assert failure(await (await enter()).join(group)) == (400, 3, "Group is full.")


async def test_leaving(cast: Cast) -> None:
    """T-048, T-121, T-125 (case 27): who was in is out at once; the last superadmin stays."""
    superadmin, admin, member, pending, banned, outsider = founders(
        cast, "superadmin", "admin", "member", "pending", "banned", "outsider"
    )
    team = {"id": cast.team}
    last = (400, 3, "Cannot leave group when you are the last superadmin.")
    assert failure(await superadmin.leave(team)) == last
    for one in (admin, member, pending, banned, outsider):
        assert answered(await one.leave(team)) == {}
    roles = await superadmin.roles(team)
    assert not {admin.id, member.id, pending.id} & roles.keys()
    assert await superadmin.roles(team, state=4) == {banned.id: 4}
    assert (await superadmin.get(team))["edge_count"] == 3
    for one in (admin, member):
        assert refused(await one.ask("TEAMS_WALLET_GET", id=cast.team)) == MEMBERSHIP
    # They are free to go elsewhere.
    await admin.create()


async def test_a_demoted_admin(cast: Cast) -> None:
    """T-030, T-125: loses the right at once; who is kicked, all of it."""
    superadmin, admin = founders(cast, "superadmin", "admin")
    team = {"id": cast.team}
    answered(await superadmin.act("demote", team, admin))
    assert (await admin.ask("TEAMS_UPDATE", id=cast.team)).status_code == 403
    answered(await superadmin.act("kick", team, admin))
    assert refused(await admin.ask("TEAMS_WALLET_GET", id=cast.team)) == MEMBERSHIP


async def test_who_deletes(cast: Cast) -> None:
    """T-049, T-122 (case 28): a superadmin; everybody else is told nothing."""
    superadmin, admin, member, outsider = founders(cast, "superadmin", "admin", "member", "outsider")
    team = {"id": cast.team}
    for one in (admin, member, outsider):
        assert failure(await one.delete(team)) == (
            400,
            3,
            "Group not found or you're not allowed to delete.",
        )
    assert failure(await superadmin.delete(UNKNOWN))[0] == 400
    answered(await superadmin.delete(team))
    assert refused(await outsider.ask("TEAMS_GET", team_id=cast.team)) == (400, 3, "team not found")


@pytest.mark.parametrize("what", ["join", "leave"])
async def test_under_the_paths_of_teams(enter: Enter, what: str) -> None:
    """T-467: groups answer there, by the same rules."""
    host, owl = await enter(), await enter()
    team, other = await host.create(open=True), await (await enter()).create(open=True)
    assert answered(await owl.rest("POST", f"/team/{team['id']}/join")) == {}
    assert failure(await owl.rest("POST", f"/team/{other['id']}/join")) == ALREADY
    answered(await owl.rest("POST", f"/team/{team['id']}/{what}"))
    assert await owl.groups() == ({} if what == "leave" else {team["id"]: 2})


async def test_abandoned_requests(cast: Cast) -> None:
    """T-026, T-109: a client that goes away leaves all of a call or nothing."""
    founder = Founder(cast.api, cast.superadmin)
    for wait in (0.0, 0.001, 0.003, 0.01):
        before = await founder.get(cast.team)
        call = asyncio.create_task(
            founder.ask("TEAMS_UPDATE", id=cast.team, desc=f"after {wait}", avatar_url=f"after {wait}")
        )
        await asyncio.sleep(wait)
        call.cancel()
        await asyncio.wait((call,))
        after = await founder.get(cast.team)
        whole = (f"after {wait}", f"after {wait}")
        seen = (after.get("description"), after.get("avatar_url"))
        assert seen in (whole, (before.get("description"), before.get("avatar_url")))
