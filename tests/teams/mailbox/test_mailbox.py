"""Team mailboxes, through the wire."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.db.statements import Query
from kizuna.teams.held import Actor, Held
from kizuna.teams.hooks import TeamHooks
from kizuna.teams.mailbox import queries, service
from kizuna.teams.mailbox.service import TeamMailboxes
from kizuna.teams.rewards.shapes import Contents, IntRange, ItemReward, Reward, TeamReward
from kizuna.teams.rewards.sources import Source, SourceKind
from tests.support.players import Player
from tests.teams.support import Cast, Configure, answered, ask, assemble, refused

NOT_FOUND = (400, 3, "reward mailbox entry not found")
BAD_INPUT = (400, 3, "bad input")
NOBODYS = "8a1c5a4e-5b1e-4a53-9d5e-0c6f6f3a9b11"

Entry = dict[str, Any]


def gold(amount: int, expiry_sec: int = 0) -> Reward:
    contents = Contents(currencies={"guild_gold": IntRange(amount)})
    return Reward(guaranteed=contents, to_mailbox_expiry_sec=expiry_sec)


async def put(app: Application, cast: Cast, *rewards: Reward) -> list[Entry]:
    """What the server puts into a mailbox in one call."""

    async def grant(held: Held) -> list[Entry]:
        return [await app.teams.mailboxes.grant(held, reward) for reward in rewards]

    return await app.teams.calls.change(cast.team, None, grant)


async def mailbox(cast: Cast, **request: Any) -> list[Entry]:
    """The first page."""
    entries: list[Entry] = (await cast.call(cast.member, "TEAMS_REWARD_MAILBOX_LIST", **request)).get(
        "entries", []
    )
    return entries


async def claim(cast: Cast, player: Player, entry: Entry, **request: Any) -> Entry:
    return await cast.call(player, "TEAMS_REWARD_MAILBOX_CLAIM", entry_id=entry["id"], **request)


async def claim_refused(cast: Cast, entry_id: str, **request: Any) -> tuple[int, int, str]:
    answer = await cast.ask(cast.member, "TEAMS_REWARD_MAILBOX_CLAIM", entry_id=entry_id, **request)
    return refused(answer)


async def delete(cast: Cast, *entry_ids: str) -> None:
    answer = await cast.ask(cast.admin, "TEAMS_REWARD_MAILBOX_DELETE", entry_ids=list(entry_ids))
    assert (answer.status_code, answer.content) == (200, b"")


async def gold_of(cast: Cast) -> int:
    return int((await cast.call(cast.member, "TEAMS_WALLET_GET"))["currencies"]["guild_gold"])


def amounts(entries: Sequence[Entry]) -> list[int]:
    return [int(entry["reward"]["currencies"]["guild_gold"]) for entry in entries]


async def in_database(database_url: str, query: str, *args: Any) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(database_url)
    try:
        return list(await connection.fetch(query, *args))
    finally:
        await connection.close()


async def stored(database_url: str, cast: Cast) -> int:
    """Rows of the team's, entries and receipts."""
    [(count,)] = await in_database(
        database_url, "select count(*) from team_mailbox_entry where team_id = $1", cast.team
    )
    return int(count)


# --- list ---


async def test_an_entry(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-384, T-386 to T-389, T-392: what is granted is listed as it was answered."""
    before = int(clock.unix())
    [granted] = await put(app, cast, gold(7))
    assert before <= int(granted["create_time_sec"]) <= clock.unix()
    assert granted["update_time_sec"] == granted["create_time_sec"]
    assert granted["can_claim"] is True
    assert granted["reward"]["currencies"] == {"guild_gold": "7"}
    assert "expiry_time_sec" not in granted
    assert "claim_time_sec" not in granted
    listed = await cast.call(cast.member, "TEAMS_REWARD_MAILBOX_LIST")
    assert listed == {"entries": [granted]}
    assert await gold_of(cast) == 100


async def test_an_empty_mailbox(cast: Cast) -> None:
    """T-033, T-385."""
    assert await cast.call(cast.member, "TEAMS_REWARD_MAILBOX_LIST") == {}


async def test_expiry(app: Application, cast: Cast) -> None:
    """T-390: some seconds after the creation, and never for those below zero."""
    week, never = await put(app, cast, gold(1, 604800), gold(2, -1))
    assert int(week["expiry_time_sec"]) == int(week["create_time_sec"]) + 604800
    assert "expiry_time_sec" not in never
    assert await mailbox(cast) == [never, week]


async def test_pages(app: Application, cast: Cast, configure: Configure) -> None:
    """T-385, T-394, T-395: case 67, in the order of creation although all came in one second."""
    configure(mailbox_max_size=0)
    await put(app, cast, *(gold(number) for number in range(1, 121)))
    first = await cast.call(cast.member, "TEAMS_REWARD_MAILBOX_LIST")
    assert amounts(first["entries"]) == list(range(120, 20, -1))
    second = await cast.call(cast.member, "TEAMS_REWARD_MAILBOX_LIST", cursor=first["cursor"])
    assert amounts(second["entries"]) == list(range(20, 0, -1))
    assert "cursor" not in second
    for limit, length in ((500, 100), (0, 100), (-5, 1), (1, 1), (37, 37), (2**31 - 1, 100), (-(2**31), 1)):
        assert len(await mailbox(cast, limit=limit)) == length


async def test_no_cursor_behind_a_page_that_is_just_full(app: Application, cast: Cast) -> None:
    """T-385."""
    await put(app, cast, gold(1), gold(2))
    assert "cursor" not in await cast.call(cast.member, "TEAMS_REWARD_MAILBOX_LIST", limit=2)


async def test_arrivals_between_pages(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-397: nothing comes twice, nothing is left out; what goes meanwhile is missed by nobody."""
    entries = await put(app, cast, *(gold(number) for number in range(1, 7)))
    page = await cast.call(cast.member, "TEAMS_REWARD_MAILBOX_LIST", limit=2)
    seen = amounts(page["entries"])
    late = 10
    while "cursor" in page:
        clock.offset += timedelta(seconds=1)
        await put(app, cast, gold(late))
        await delete(cast, entries[4]["id"])
        page = await cast.call(cast.member, "TEAMS_REWARD_MAILBOX_LIST", limit=2, cursor=page["cursor"])
        seen += amounts(page["entries"])
        late += 1
    assert seen == [6, 5, 4, 3, 2, 1]


async def test_cursors_that_are_none(app: Application, cast: Cast, api: httpx.AsyncClient) -> None:
    """T-397: anything but a cursor of this team's mailbox is refused."""
    await put(app, cast, gold(1), gold(2))
    other = await assemble(api)
    await put(app, other, gold(1), gold(2))
    foreign = (await other.call(other.member, "TEAMS_REWARD_MAILBOX_LIST", limit=1))["cursor"]
    for cursor in ("x", "!", "\0", "WyJ0ZWFtX21haWxib3giXQ", foreign, foreign[:-4], "レ", "A" * 5000):
        answer = await cast.ask(cast.member, "TEAMS_REWARD_MAILBOX_LIST", cursor=cursor)
        assert refused(answer) == BAD_INPUT, cursor
    answer = await cast.ask(cast.member, "TEAMS_REWARD_MAILBOX_LIST", cursor="", limit=1)
    assert answered(answer)["cursor"]


async def test_strangers_are_refused(app: Application, cast: Cast) -> None:
    """T-398, T-399: with the same words, whether or not there is something for them to see."""
    [entry] = await put(app, cast, gold(1))
    for player in (cast.pending, cast.banned, cast.outsider):
        for function in ("LIST", "CLAIM", "DELETE"):
            answer = await cast.ask(player, f"TEAMS_REWARD_MAILBOX_{function}")
            assert refused(answer) == (403, 7, "team membership required")
    assert await mailbox(cast) == [entry]


async def test_expired_entries_are_nowhere(
    app: Application, cast: Cast, clock: ShiftedClock, database_url: str
) -> None:
    """T-396, T-399: case 68; not listed, not claimed, and gone with the next call that writes."""
    lasting, brief = await put(app, cast, gold(1, 60), gold(2, 30))
    clock.offset += timedelta(seconds=20)
    assert await mailbox(cast) == [brief, lasting]
    clock.offset += timedelta(seconds=10)
    assert await mailbox(cast) == [lasting]
    assert await stored(database_url, cast) == 2
    assert await claim_refused(cast, brief["id"]) == NOT_FOUND
    await delete(cast, NOBODYS)
    assert await stored(database_url, cast) == 1
    assert await gold_of(cast) == 100


async def test_an_expired_entry_stays_expired(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-396: also where the clock goes back and another server is asked."""
    [brief] = await put(app, cast, gold(2, 30))
    clock.offset += timedelta(seconds=30)
    await put(app, cast, gold(1))
    clock.offset -= timedelta(seconds=30)
    assert await claim_refused(cast, brief["id"]) == NOT_FOUND


async def test_an_expiry_beyond_all_time(app: Application, cast: Cast) -> None:
    """T-390: clamped like every int64."""
    [entry] = await put(app, cast, gold(1, 2**63 - 1))
    assert entry["expiry_time_sec"] == str(2**63 - 1)
    assert await mailbox(cast) == [entry]


# --- claim ---


async def test_claim_and_delete(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-389, T-391, T-401, T-402, T-404: case 69."""
    [entry] = await put(app, cast, gold(7))
    clock.offset += timedelta(seconds=5)
    claimed = await claim(cast, cast.member, entry, delete=True)
    assert claimed["claim_time_sec"] == claimed["update_time_sec"]
    assert int(claimed["claim_time_sec"]) >= int(entry["create_time_sec"]) + 5
    assert claimed["create_time_sec"] == entry["create_time_sec"]
    assert claimed["reward"]["currencies"] == {"guild_gold": "7"}
    assert "can_claim" not in claimed
    assert await gold_of(cast) == 107
    assert await mailbox(cast) == []
    clock.offset += timedelta(seconds=5)
    for again in (await claim(cast, cast.member2, entry, delete=True), await claim(cast, cast.admin, entry)):
        assert again == claimed
    assert await gold_of(cast) == 107


async def test_claim_and_keep(app: Application, cast: Cast) -> None:
    """T-394, T-400, T-403: case 70; listed with what is not claimed, and for good."""
    entry, other = await put(app, cast, gold(7), gold(8))
    claimed = await claim(cast, cast.member, entry)
    assert await mailbox(cast) == [other, claimed]
    assert "claim_time_sec" in claimed
    assert "can_claim" not in claimed
    assert await claim(cast, cast.member, entry, delete=False) == claimed
    assert await gold_of(cast) == 107


async def test_a_repetition_may_delete(app: Application, cast: Cast) -> None:
    """T-402: and that one can be repeated too."""
    [entry] = await put(app, cast, gold(7))
    claimed = await claim(cast, cast.member, entry)
    assert await claim(cast, cast.member2, entry, delete=True) == claimed
    assert await mailbox(cast) == []
    assert await claim(cast, cast.member, entry, delete=True) == claimed
    assert await gold_of(cast) == 107


async def test_everybody_at_once(app: Application, cast: Cast, elsewhere: httpx.AsyncClient) -> None:
    """T-027, T-402: case 71, on two servers; one grant, and equal answers."""
    [kept, deleted] = await put(app, cast, gold(7), gold(8))
    for entry, delete_it in ((kept, False), (deleted, True)):
        request = {"id": cast.team, "entry_id": entry["id"], "delete": delete_it}
        answers = await asyncio.gather(
            *(
                ask(api, player, "TEAMS_REWARD_MAILBOX_CLAIM", request)
                for player in cast.members
                for api in (cast.api, elsewhere)
            )
        )
        first, *others = [answered(answer) for answer in answers]
        assert all(other == first for other in others)
    assert await gold_of(cast) == 115


async def test_a_claim_gives_what_the_team_has_room_for(app: Application, cast: Cast) -> None:
    """T-172, T-404: what limits cut off is missing from the answer, and from every later one."""
    stones = Contents(items={"hearth_stone": ItemReward(IntRange(3))}, currencies={"guild_gold": IntRange(5)})
    first, second = await put(app, cast, Reward(guaranteed=stones), Reward(guaranteed=stones))
    assert first["reward"]["items"] == second["reward"]["items"] == {"hearth_stone": "3"}
    claimed = await claim(cast, cast.member, first)
    assert claimed["reward"]["items"] == {"hearth_stone": "1"}
    empty = await claim(cast, cast.member, second)
    assert "items" not in empty["reward"]
    assert empty["reward"]["currencies"] == {"guild_gold": "5"}
    assert await mailbox(cast) == [empty, claimed]
    assert await claim(cast, cast.admin, second) == empty
    owned = await cast.call(cast.member, "TEAMS_INVENTORY_LIST_INVENTORY")
    assert [item["id"] for item in owned["items"].values()] == ["hearth_stone"]


class Generous(TeamHooks):
    """A game that doubles what comes out of mailboxes."""

    async def reward(
        self, team_id: str, actor: Actor | None, source: Source, reward: dict[str, Any]
    ) -> dict[str, Any]:
        if source.kind is not SourceKind.MAILBOX_CLAIM:
            return reward
        return {**reward, "currencies": {id: str(2 * int(n)) for id, n in reward["currencies"].items()}}


async def test_the_game_has_its_say(app: Application, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """T-167, T-401, T-402: what was really granted is what the entry holds from then on."""
    monkeypatch.setattr(app.teams.rewards, "_hooks", Generous())
    [entry] = await put(app, cast, gold(7))
    assert entry["reward"]["currencies"] == {"guild_gold": "7"}
    claimed = await claim(cast, cast.member, entry)
    assert claimed["reward"]["currencies"] == {"guild_gold": "14"}
    assert await claim(cast, cast.member, entry) == claimed
    assert await mailbox(cast) == [claimed]
    assert await gold_of(cast) == 114


async def test_nothing_of_a_claim_that_fails(app: Application, cast: Cast) -> None:
    """T-026, T-174, T-401: the entry is as it was."""
    [entry] = await put(app, cast, gold(2**63 - 1))
    assert await claim_refused(cast, entry["id"], delete=True) == (
        400,
        11,
        "team currency balance out of range",
    )
    assert await mailbox(cast) == [entry]


@pytest.mark.parametrize("entry_id", [NOBODYS, "x", "\0", "x" * 128, "レ" * 42, f"{NOBODYS}\n", "null"])
async def test_ids_of_nothing(cast: Cast, entry_id: str) -> None:
    """T-399: whatever is no entry's id."""
    assert await claim_refused(cast, entry_id) == NOT_FOUND
    assert await claim_refused(cast, entry_id, delete=True) == NOT_FOUND


async def test_ids_out_of_bounds(cast: Cast) -> None:
    """T-038, T-399."""
    for entry_id in ("", "x" * 129, "レ" * 43):
        assert await claim_refused(cast, entry_id) == BAD_INPUT
    assert refused(await cast.ask(cast.member, "TEAMS_REWARD_MAILBOX_CLAIM")) == BAD_INPUT


async def test_ids_in_another_spelling(app: Application, cast: Cast) -> None:
    """T-399: a UUID is one however it is written."""
    [entry] = await put(app, cast, gold(7))
    claimed = await claim(cast, cast.member, {"id": entry["id"].upper()})
    assert claimed["id"] == entry["id"]


async def test_other_teams_entries(app: Application, cast: Cast, api: httpx.AsyncClient) -> None:
    """T-021, T-399, T-406: are nothing here."""
    other = await assemble(api)
    [entry] = await put(app, other, gold(7))
    assert await claim_refused(cast, entry["id"]) == NOT_FOUND
    await delete(cast, entry["id"])
    assert await mailbox(other) == [entry]
    claimed = await claim(other, other.member, entry, delete=True)
    assert await claim_refused(cast, entry["id"]) == NOT_FOUND
    assert await claim(other, other.member, entry) == claimed


async def test_rest_deletes_by_default(app: Application, cast: Cast) -> None:
    """T-400: case 70; as the SDK does; an empty body is no body."""
    first, second, third = await put(app, cast, gold(1), gold(2), gold(3))
    path, headers = f"/v2/team/{cast.team}/mailbox", cast.member.headers
    for entry, body in ((first, b""), (second, b"{}")):
        answer = await cast.api.post(f"{path}/{entry['id']}/claim", content=body, headers=headers)
        assert answered(answer)["claim_time_sec"]
    kept = answered(
        await cast.api.post(f"{path}/{third['id']}/claim", json={"delete": False}, headers=headers)
    )
    listed = await cast.api.get(path, params={"limit": 5}, headers=headers)
    assert answered(listed) == {"entries": [kept]}
    answer = await cast.api.delete(path, params={"entry_ids": [kept["id"], "x"]}, headers=cast.admin.headers)
    assert (answer.status_code, answer.json()) == (200, {})
    assert await mailbox(cast) == []


async def test_rest_refuses_alike(cast: Cast) -> None:
    """T-399, T-466."""
    path, headers = f"/v2/team/{cast.team}/mailbox", cast.member.headers
    for id in ("x", "%00", "%ff", NOBODYS):
        answer = await cast.api.post(f"{path}/{id}/claim", headers=headers)
        assert (answer.status_code, answer.json()["message"]) == (400, NOT_FOUND[2]), id
    answer = await cast.api.get(path, params={"cursor": "x"}, headers=headers)
    assert answer.json() == {"error": "bad input", "message": "bad input", "code": 3}


# --- delete ---


async def test_delete(app: Application, cast: Cast) -> None:
    """T-405, T-406: case 72; unknown ids are passed over, and repeating is no error."""
    first, second, claimed = await put(app, cast, gold(1), gold(2), gold(3))
    await claim(cast, cast.member, claimed)
    await delete(cast, first["id"], NOBODYS, "x", "\0")
    assert [entry["id"] for entry in await mailbox(cast)] == [claimed["id"], second["id"]]
    await delete(cast, first["id"])
    await delete(cast, claimed["id"], second["id"].upper(), second["id"])
    assert await mailbox(cast) == []
    assert await claim_refused(cast, second["id"]) == NOT_FOUND
    assert await gold_of(cast) == 103


async def test_delete_nothing(app: Application, cast: Cast) -> None:
    """T-406."""
    [entry] = await put(app, cast, gold(1))
    await delete(cast)
    answer = await cast.ask(cast.admin, "TEAMS_REWARD_MAILBOX_DELETE")
    assert (answer.status_code, answer.content) == (200, b"")
    assert await mailbox(cast) == [entry]


async def test_delete_by_whom_and_how_many(app: Application, cast: Cast) -> None:
    """T-038, T-405: admins, up to 100 ids."""
    [entry] = await put(app, cast, gold(1))
    answer = await cast.ask(cast.member, "TEAMS_REWARD_MAILBOX_DELETE", entry_ids=[entry["id"]])
    assert refused(answer) == (403, 7, "team admin role required")
    for entry_ids in ([entry["id"]] * 101, [entry["id"], ""], ["x" * 129]):
        answer = await cast.ask(cast.admin, "TEAMS_REWARD_MAILBOX_DELETE", entry_ids=entry_ids)
        assert refused(answer) == BAD_INPUT
    assert await mailbox(cast) == [entry]
    await delete(cast, *[entry["id"]] * 100)
    assert await mailbox(cast) == []


async def test_deletion_races_claims(app: Application, cast: Cast, elsewhere: httpx.AsyncClient) -> None:
    """T-407: whoever is first; either the team has the reward or nobody ever gets it."""
    granted = 100
    for entry in await put(app, cast, *(gold(1) for _ in range(8))):
        request = {"id": cast.team, "entry_id": entry["id"]}
        deletion, attempt = await asyncio.gather(
            cast.ask(cast.admin, "TEAMS_REWARD_MAILBOX_DELETE", entry_ids=[entry["id"]]),
            ask(elsewhere, cast.member, "TEAMS_REWARD_MAILBOX_CLAIM", request),
        )
        assert deletion.status_code == 200
        if attempt.status_code == 200:
            granted += 1
        else:
            assert refused(attempt) == NOT_FOUND
    assert await gold_of(cast) == granted
    assert await mailbox(cast) == []


# --- a mailbox of limited size ---


async def test_the_oldest_make_room(app: Application, cast: Cast, configure: Configure) -> None:
    """T-393: case 73; claimed ones go like others, and can still be claimed again."""
    configure(mailbox_max_size=50)
    entries = await put(app, cast, *(gold(number) for number in range(1, 51)))
    claimed = await claim(cast, cast.member, entries[0])
    await put(app, cast, gold(51))
    assert amounts(await mailbox(cast)) == list(range(51, 1, -1))
    assert await claim(cast, cast.member, entries[0]) == claimed
    await put(app, cast, gold(52))
    assert amounts(await mailbox(cast)) == list(range(52, 2, -1))
    assert await claim_refused(cast, entries[1]["id"]) == NOT_FOUND


async def test_more_at_once_than_there_is_room_for(
    app: Application, cast: Cast, configure: Configure
) -> None:
    """T-393: only the newest stay."""
    configure(mailbox_max_size=3)
    await put(app, cast, gold(1))
    await put(app, cast, *(gold(number) for number in range(2, 9)))
    assert amounts(await mailbox(cast)) == [8, 7, 6]


async def test_a_lowered_size(app: Application, cast: Cast, configure: Configure) -> None:
    """T-393: holds from the next entry on; until then all stay."""
    await put(app, cast, *(gold(number) for number in range(1, 7)))
    configure(mailbox_max_size=2)
    assert amounts(await mailbox(cast)) == [6, 5, 4, 3, 2, 1]
    await put(app, cast, gold(7))
    assert amounts(await mailbox(cast)) == [7, 6]


async def test_what_has_expired_takes_no_room(
    app: Application, cast: Cast, configure: Configure, clock: ShiftedClock
) -> None:
    """T-393, T-396."""
    configure(mailbox_max_size=2)
    await put(app, cast, gold(1), gold(2, 30))
    clock.offset += timedelta(seconds=30)
    await put(app, cast, gold(3))
    assert amounts(await mailbox(cast)) == [3, 1]


async def test_rewards_that_are_routed_to_the_mailbox(app: Application, cast: Cast) -> None:
    """T-172, T-393: own contents and those for the team make entries of their own, in the order of a roll."""
    own = Contents(currencies={"guild_gold": IntRange(1)})
    team = TeamReward(guaranteed=Contents(currencies={"guild_gold": IntRange(2)}), to_mailbox_expiry_sec=-1)
    reward = Reward(guaranteed=own, to_mailbox_expiry_sec=90, team_reward=team)

    async def earn(held: Held) -> Entry:
        return await app.teams.rewards.grant(held, reward, Source(SourceKind.ACHIEVEMENT, "feast"))

    answer = await app.teams.calls.change(cast.team, None, earn)
    assert answer["to_mailbox_expiry_sec"] == "90"
    newer, older = await mailbox(cast)
    assert older["reward"]["currencies"] == {"guild_gold": "1"}
    assert int(older["expiry_time_sec"]) == int(older["create_time_sec"]) + 90
    assert newer["reward"]["team_reward"]["currencies"] == {"guild_gold": "2"}
    assert "currencies" not in newer["reward"]
    assert "expiry_time_sec" not in newer
    assert await gold_of(cast) == 100
    for entry in (newer, older):
        await claim(cast, cast.member, entry, delete=True)
    assert await gold_of(cast) == 103


# --- clearing away ---


async def test_receipts_last_thirty_days(app: Application, cast: Cast, database_url: str) -> None:
    """T-402: to the second, whether or not they have been cleared away."""
    old, older = await put(app, cast, gold(1), gold(2))
    for entry in (old, older):
        await claim(cast, cast.member, entry, delete=True)
    days = "update team_mailbox_entry set delete_sec = delete_sec - $2 where id = $1"
    await in_database(database_url, days, old["id"], service.RECEIPTS_KEPT - 60)
    await in_database(database_url, days, older["id"], service.RECEIPTS_KEPT)
    assert service.RECEIPTS_KEPT == 30 * 24 * 3600
    assert (await claim(cast, cast.member, old))["id"] == old["id"]
    assert await claim_refused(cast, older["id"]) == NOT_FOUND
    await app.teams.mailboxes.clean_up()
    assert await stored(database_url, cast) == 1
    assert (await claim(cast, cast.member, old))["id"] == old["id"]


async def test_what_has_expired_is_cleared_away(
    app: Application, cast: Cast, clock: ShiftedClock, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-396, T-470: however much it is; a claimed entry leaves its receipt."""
    monkeypatch.setattr(service, "_BATCH", 3)
    *_, last = await put(app, cast, *(gold(1, 30) for _ in range(8)))
    await put(app, cast, gold(5))
    claimed = await claim(cast, cast.member, last)
    clock.offset += timedelta(seconds=30)
    await TeamMailboxes(app.database, app.teams.rewards, clock).clean_up()
    assert await stored(database_url, cast) == 2
    assert amounts(await mailbox(cast)) == [5]
    assert await claim(cast, cast.member, last) == claimed


# --- statements ---


async def test_pages_asked_for_together_are_one_statement(app: Application, cast: Cast) -> None:
    """Whatever their sizes and positions; to each what was asked for."""
    await put(app, cast, *(gold(number) for number in range(1, 6)))
    cursor = (await cast.call(cast.member, "TEAMS_REWARD_MAILBOX_LIST", limit=2))["cursor"]
    requests: list[dict[str, Any]] = [{"limit": 1}, {"limit": 2}, {"limit": 3, "cursor": cursor}, {}]
    before = app.database.counts["team_mailbox.pages"]
    pages = await asyncio.gather(*(mailbox(cast, **request) for request in requests))
    assert [amounts(page) for page in pages] == [[5], [5, 4], [3, 2, 1], [5, 4, 3, 2, 1]]
    assert app.database.counts["team_mailbox.pages"] - before < len(requests)


async def test_a_team_finds_its_own_by_an_index(app: Application, cast: Cast) -> None:
    """However many expired entries other teams have."""
    await put(app, cast, gold(1, 60))
    for command, index in (
        (queries.KEEP_NEWEST, "team_mailbox_entry_list_idx"),
        (queries.REMOVE_EXPIRED, "team_mailbox_entry_team_expiry_idx"),
    ):
        explanation = Query(command.name, "Its plan.", f"explain {command.sql}")
        plan = await app.database.read(explanation, cast.team, 1, 1)
        assert index in " ".join(line[0] for line in plan), plan
