"""One team for each player (T-087 to T-090)."""

import asyncio

import pytest

from kizuna.app import Application
from tests.teams.core.conftest import Enter
from tests.teams.core.support import ALREADY, Founder, failure, new_name
from tests.teams.support import Cast, Configure, answered, refused


async def test_one_team_at_a_time(enter: Enter, configure: Configure) -> None:
    """T-087 (case 13): no second team by creating or joining, unless that is allowed."""
    owl, host = await enter(), await enter()
    own, open_team = await owl.create(), await host.create(open=True)
    name = new_name()
    assert refused(await owl.ask("TEAMS_CREATE", name=name)) == ALREADY
    assert failure(await owl.join(open_team)) == ALREADY
    assert await owl.groups() == {own["id"]: 0}
    assert (await host.get(open_team))["edge_count"] == 1

    configure(allow_multiple_teams=True)
    second = await owl.create(name)
    answered(await owl.join(open_team))
    assert await owl.groups() == {own["id"]: 0, second["id"]: 0, open_team["id"]: 2}


async def test_requests_to_a_closed_team(enter: Enter) -> None:
    """T-087: whoever is in a team cannot even ask."""
    owl, host = await enter(), await enter()
    await owl.create()
    closed = await host.create()
    assert failure(await owl.join(closed)) == ALREADY
    assert await host.roles(closed) == {host.id: 0}


async def test_a_full_team_and_a_stranger_to_it(enter: Enter, configure: Configure) -> None:
    """T-115: that one has a team already comes before that this one is full."""
    configure(initial_max_team_size=1)
    owl, host, free = await enter(), await enter(), await enter()
    await owl.create()
    full = await host.create(open=True)
    assert failure(await owl.join(full)) == ALREADY
    assert failure(await free.join(full)) == (400, 3, "Group is full.")
    # It is full for its members too.
    assert failure(await host.join(full)) == (400, 3, "Group is full.")


async def test_joining_ones_own_team(enter: Enter) -> None:
    """T-044, T-087: nothing happens, in whatever role."""
    host, member = await enter(), await enter()
    team = await host.create(open=True)
    answered(await member.join(team))
    for one in (host, member):
        assert answered(await one.join(team)) == {}
    assert await host.roles(team) == {host.id: 0, member.id: 2}
    assert (await host.get(team))["edge_count"] == 2


async def test_what_is_no_membership(enter: Enter) -> None:
    """T-087: requests and bans do not count."""
    owl, closed_host, banning_host = await enter(), await enter(), await enter()
    closed, banning = await closed_host.create(), await banning_host.create(open=True)
    answered(await owl.join(closed))
    answered(await owl.join(banning))
    answered(await banning_host.act("ban", banning, owl))
    own = await owl.create()
    assert await owl.groups() == {own["id"]: 0, closed["id"]: 3}
    # The ban is told to nobody, and it is the rule that refuses.
    assert failure(await owl.join(banning)) == ALREADY
    # Whoever leaves a team is free again, and banned where they are banned: nothing happens.
    answered(await owl.leave(own))
    assert answered(await owl.join(banning)) == {}
    assert await owl.groups() == {closed["id"]: 3}
    assert await banning_host.roles(banning, state=4) == {owl.id: 4}


async def test_somebody_who_is_added(enter: Enter) -> None:
    """T-087, T-123: also without a request."""
    host, free, taken = await enter(), await enter(), await enter()
    team = await host.create()
    await taken.create()
    assert failure(await host.act("add", team, taken)) == ALREADY
    answered(await host.act("add", team, free))
    assert await host.roles(team) == {host.id: 0, free.id: 2}


async def test_one_of_a_batch(enter: Enter) -> None:
    """T-090, T-116, T-117 (case 15): nobody is approved where one has found another team meanwhile."""
    host, waiting, gone = await enter(), await enter(), await enter()
    team = await host.create()
    for one in (waiting, gone):
        answered(await one.join(team))
    own = await gone.create()
    for batch in ((waiting, gone), (gone, waiting)):
        assert failure(await host.act("add", team, *batch)) == ALREADY
    assert await host.roles(team) == {host.id: 0, waiting.id: 3, gone.id: 3}
    assert (await host.get(team))["edge_count"] == 1
    # Alone the other one can be approved; and the rule is about whoever enters, not about who is named.
    answered(await host.act("add", team, waiting))
    assert await gone.groups() == {own["id"]: 0, team["id"]: 3}
    answered(await host.act("ban", team, gone))
    answered(await host.act("add", team, waiting, gone))
    assert (await host.get(team))["edge_count"] == 2


async def test_plain_groups_do_not_count(enter: Enter) -> None:
    """T-088: neither as what one is in, nor as what one joins; POST /v2/group never asks."""
    owl, host = await enter(), await enter()
    own = await owl.group()
    plain = await host.group()
    team = await owl.create()
    answered(await owl.join(plain))
    more = await owl.group()
    assert await owl.groups() == {own["id"]: 0, team["id"]: 0, more["id"]: 0, plain["id"]: 2}
    closed = await host.group(open=False)
    answered(await owl.join(closed))
    answered(await host.act("add", closed, owl))
    assert (await owl.groups())[closed["id"]] == 2


async def test_a_group_that_became_a_team(enter: Enter) -> None:
    """T-034, T-088: from its first Teams write on it counts on both sides."""
    owl, host = await enter(), await enter()
    plain = await host.group()
    team = await owl.create()
    answered(await owl.join(plain))
    grant = {"currencies": {"guild_gold": "1"}}
    assert failure(await host.rest("POST", f"/team/{plain['id']}/wallet", grant)) == ALREADY
    assert await owl.groups() == {team["id"]: 0, plain["id"]: 2}
    answered(await owl.leave(team))
    answered(await host.rest("POST", f"/team/{plain['id']}/wallet", grant))
    late = await enter()
    await late.create()
    assert failure(await late.join(plain)) == ALREADY
    assert refused(await owl.ask("TEAMS_CREATE", name=new_name())) == ALREADY


async def test_the_cast_is_no_team_before_its_first_write(cast: Cast) -> None:
    """T-033, T-034: reading makes no team of a group."""
    await cast.call(cast.member, "TEAMS_WALLET_GET")
    member = Founder(cast.api, cast.member)
    own = await member.create()
    answered(await member.leave(own))
    await cast.call(cast.admin, "TEAMS_WALLET_GRANT", currencies={"guild_gold": "1"})
    admin = Founder(cast.api, cast.admin)
    assert refused(await admin.ask("TEAMS_CREATE", name=new_name())) == ALREADY


@pytest.mark.parametrize("round", range(3))
async def test_two_joins_at_once(enter: Enter, round: int) -> None:
    """T-089 (case 14): one of many open teams gets the player."""
    owl, hosts = await enter(), [await enter() for _ in range(5)]
    teams = [await host.create(open=True) for host in hosts]
    answers = await asyncio.gather(*map(owl.join, teams))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]
    assert {failure(answer) for answer in answers if answer.status_code != 200} == {ALREADY}
    [joined] = await owl.groups()
    sizes = {team["id"]: (await owl.get(team))["edge_count"] for team in teams}
    assert sizes == {team["id"]: 1 + (team["id"] == joined) for team in teams}


@pytest.mark.parametrize("round", range(3))
async def test_a_join_and_a_team_of_ones_own(enter: Enter, round: int) -> None:
    """T-089: creating competes with joining, and with being approved."""
    owl, open_host, host = await enter(), await enter(), await enter()
    open_team, closed = await open_host.create(open=True), await host.create()
    answered(await owl.join(closed))
    answers = await asyncio.gather(
        owl.join(open_team), owl.ask("TEAMS_CREATE", name=new_name()), host.act("add", closed, owl)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400]
    assert {failure(answer) for answer in answers if answer.status_code != 200} == {ALREADY}
    memberships = [state for state in (await owl.groups()).values() if state <= 2]
    assert len(memberships) == 1


async def test_many_batches_at_once(enter: Enter) -> None:
    """T-028, T-089: two teams approve the same players in opposite orders; all go to one of them."""
    hosts, owls = [await enter(), await enter()], [await enter() for _ in range(4)]
    teams = [await host.create() for host in hosts]
    for team in teams:
        for owl in owls:
            answered(await owl.join(team))
    answers = await asyncio.gather(
        hosts[0].act("add", teams[0], *owls), hosts[1].act("add", teams[1], *reversed(owls))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    sizes = sorted([(await hosts[0].get(team))["edge_count"] for team in teams])
    assert sizes == [1, 5]


async def test_what_it_costs(app: Application, enter: Enter) -> None:
    """T-088: a plain group pays one statement where there are teams; a team two."""

    async def cost(owl: Founder, group: dict[str, object]) -> int:
        before = app.database.counts.copy()
        answered(await owl.join(group))
        # Besides, every process looks now and then for another configuration.
        counts = app.database.counts - before
        return sum(count for name, count in counts.items() if ".config." not in name)

    host = await enter()
    plain, team = await host.group(), await host.create(open=True)
    assert await cost(await enter(), plain) == 6
    assert await cost(await enter(), team) == 7
