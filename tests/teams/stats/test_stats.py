"""Team stats, through the wire."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.teams.config.shapes import Stat
from kizuna.teams.held import PublisherEvent
from tests.support.players import Player
from tests.teams.support import Cast, Configure, answered, ask, refused

SET, DELTA, MIN, MAX = 1, 2, 3, 4
HIGH, LOW = str(2**63 - 1), str(-(2**63))

NOT_FOUND = (400, 3, "stats not found")
NAME_INVALID = (400, 3, "stat name invalid")
OPERATOR_INVALID = (400, 3, "stat operator invalid")
BAD_INPUT = (400, 3, "bad input")

#: What the configuration has before anybody submits.
INITIAL: dict[str, Any] = {
    "public": {
        "level": {
            "name": "level",
            "public": True,
            "value": "1",
            "additional_properties": {"icon": "star"},
        },
        "raids_won": {"name": "raids_won", "public": True},
    },
    "private": {
        "rating": {"name": "rating", "value": "1000"},
        "best_raid_seconds": {"name": "best_raid_seconds"},
    },
}


def entry(name: str, value: Any = None, operator: Any = None) -> dict[str, Any]:
    given = {"name": name, "value": value, "operator": operator}
    return {field: member for field, member in given.items() if member is not None}


async def stats_of(cast: Cast) -> dict[str, Any]:
    return await cast.call(cast.member, "TEAMS_STATS_GET")


async def update(cast: Cast, **request: Any) -> dict[str, Any]:
    return await cast.call(cast.admin, "TEAMS_STATS_UPDATE", **request)


async def refusal(cast: Cast, **request: Any) -> tuple[int, int, str]:
    return refused(await cast.ask(cast.admin, "TEAMS_STATS_UPDATE", **request))


async def metadata_of(cast: Cast) -> dict[str, Any]:
    """The group's metadata as Nakama's own listing shows it."""
    path = f"/v2/user/{cast.member.id}/group"
    listed = answered(await cast.api.get(path, headers=cast.outsider.headers))["user_groups"]
    [metadata] = [
        json.loads(each["group"]["metadata"]) for each in listed if each["group"]["id"] == cast.team
    ]
    return dict(metadata)


async def test_get_before_anything(cast: Cast) -> None:
    """T-408 to T-411, T-418, T-419, T-420: every configured stat, those without a value too; case 74."""
    assert await stats_of(cast) == INITIAL


async def test_strangers_are_refused(cast: Cast) -> None:
    """T-419: who is banned, who waits to be let in, and everybody else."""
    for player in (cast.banned, cast.pending, cast.outsider):
        assert refused(await cast.ask(player, "TEAMS_STATS_GET")) == (403, 7, "team membership required")


async def test_update_counts(cast: Cast, clock: ShiftedClock) -> None:
    """T-410 to T-417, T-421, T-423, T-431: case 75, and the whole list as the answer."""
    before = int(clock.unix())
    changed = await update(cast, public=[entry("level", 2, DELTA)], private=[entry("rating", -5, SET)])
    assert changed == await stats_of(cast)
    level, rating = changed["public"]["level"], changed["private"]["rating"]
    assert before <= int(level.pop("update_time_sec")) <= clock.unix()
    assert level == {
        **INITIAL["public"]["level"],
        "value": "3",
        **dict.fromkeys(("total", "min", "max", "first", "last"), "2"),
        "count": "1",
    }
    assert rating["value"] == rating["first"] == rating["total"] == "-5"
    assert changed["public"]["raids_won"] == INITIAL["public"]["raids_won"]


async def test_minimum_without_a_value_before(cast: Cast) -> None:
    """T-424, T-425: case 76."""
    await update(cast, private=[entry("best_raid_seconds", 90, MIN)])
    best = (await update(cast, private=[entry("best_raid_seconds", 120, MIN)]))["private"][
        "best_raid_seconds"
    ]
    assert (best["value"], best["count"], best["max"], best["last"]) == ("90", "2", "120", "120")
    assert (best["first"], best["min"], best["total"]) == ("90", "90", "210")


async def test_a_configured_value_counts_as_one(cast: Cast) -> None:
    """T-424: MIN and MAX compare with what is configured."""
    changed = await update(
        cast, public=[entry("level", -3, MAX)], private=[entry("rating", 2000, "STAT_UPDATE_OPERATOR_MIN")]
    )
    assert changed["public"]["level"]["value"] == "1"
    assert changed["private"]["rating"]["value"] == "1000"
    assert changed["private"]["rating"]["count"] == "1"


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (10**30, HIGH),
        (str(10**30), HIGH),
        (-(10**30), LOW),
        (1e300, HIGH),
        ("-" + "9" * 5000, LOW),
        (7.0, "7"),
        ("-0", None),
        (None, None),
    ],
)
async def test_values_are_clamped(cast: Cast, value: Any, stored: str | None) -> None:
    """T-426, T-427: case 77; beyond 64 bits counts as the last that fits, null as zero."""
    update = [{"name": "raids_won", "value": value}]
    changed = await cast.call(cast.admin, "TEAMS_STATS_UPDATE", public=update)
    stat = changed["public"]["raids_won"]
    assert (stat.get("value"), stat.get("last"), stat["count"]) == (stored, stored, "1")


async def test_sums_are_clamped(cast: Cast) -> None:
    """T-427: case 77."""
    far = 9_000_000_000_000_000_000
    both = [entry("raids_won", far, DELTA), entry("raids_won", far, DELTA)]
    won = (await update(cast, public=both))["public"]["raids_won"]
    assert (won["value"], won["total"], won["last"]) == (HIGH, HIGH, str(far))


@pytest.mark.parametrize("value", [1.5, "1.5", "abc", True, [], {}, "NaN", "Infinity", "1e3x"])
async def test_values_that_are_none(cast: Cast, value: Any) -> None:
    """T-427: what is no integer of any size is no value."""
    request = {"public": [{"name": "level", "value": value}]}
    assert await refusal(cast, **request) == (400, 3, "cannot decode json")


async def test_operator_by_default(cast: Cast) -> None:
    """T-423: none and UNSPECIFIED set."""
    changed = await update(cast, public=[entry("level", 9), entry("raids_won", 4, 0)])
    assert changed["public"]["level"]["value"] == "9"
    assert changed["public"]["raids_won"]["value"] == "4"


async def test_one_bad_entry_spoils_all(cast: Cast) -> None:
    """T-422, T-423, T-428: case 78; nothing of the batch is applied."""
    good = entry("level", 5)
    assert await refusal(cast, public=[good, entry("nope", 1), good]) == NOT_FOUND
    assert await refusal(cast, public=[good, entry("a-b", 1)]) == NAME_INVALID
    assert await refusal(cast, public=[good, entry("level", 1, 9)]) == OPERATOR_INVALID
    assert await refusal(cast, public=[good, entry("level", 1, -1)]) == OPERATOR_INVALID
    assert await refusal(cast, private=[entry("level", 1)]) == NOT_FOUND
    assert await refusal(cast, public=[entry("Level", 1)]) == NOT_FOUND
    assert await stats_of(cast) == INITIAL


async def test_entries_are_checked_in_order(cast: Cast) -> None:
    """T-428: public before private, each for its name, its existence and its operator."""
    bad_operator, unknown, bad_name = entry("level", 1, 9), entry("nope", 1, 9), entry("a b", 1, 9)
    assert await refusal(cast, public=[bad_operator, unknown, bad_name]) == OPERATOR_INVALID
    assert await refusal(cast, public=[unknown, bad_operator, bad_name]) == NOT_FOUND
    assert await refusal(cast, public=[bad_name, unknown]) == NAME_INVALID
    assert await refusal(cast, public=[unknown], private=[bad_name]) == NOT_FOUND
    assert await refusal(cast, private=[bad_name], public=[bad_operator]) == OPERATOR_INVALID


@pytest.mark.parametrize("name", ["a-b", "nível", "level\n", "le\0vel", "level ", "\ud800", "レベル", "a.b"])
async def test_names_that_are_none(cast: Cast, name: str) -> None:
    """T-422."""
    answer = await cast.ask(cast.admin, "TEAMS_STATS_UPDATE", public=[entry(name, 1)])
    expected = (400, 3, "cannot decode json") if name == "\ud800" else NAME_INVALID
    assert refused(answer) == expected


async def test_requests_out_of_bounds(cast: Cast) -> None:
    """T-038, T-421: nothing to do, too much to do, and names beyond a key's length."""
    assert await refusal(cast) == BAD_INPUT
    assert await refusal(cast, public=[], private=[]) == BAD_INPUT
    assert await refusal(cast, public=[entry("level", 1)] * 101) == BAD_INPUT
    assert await refusal(cast, public=[entry("x" * 129, 1)]) == BAD_INPUT
    assert await refusal(cast, public=[entry("", 1)]) == BAD_INPUT
    assert await refusal(cast, public=[{}]) == BAD_INPUT
    hundred = await update(cast, public=[entry("raids_won", 1, DELTA)] * 100)
    assert hundred["public"]["raids_won"]["value"] == hundred["public"]["raids_won"]["count"] == "100"


async def test_one_name_several_times(cast: Cast) -> None:
    """T-428: in the order of the batch."""
    batch = [entry("level", 10), entry("level", 5, DELTA), entry("level", 12, MIN), entry("level", 11, MAX)]
    level = (await update(cast, public=batch))["public"]["level"]
    assert (level["value"], level["count"], level["first"], level["last"]) == ("12", "4", "10", "11")
    assert (level["total"], level["min"], level["max"]) == ("38", "5", "12")


async def test_two_admins_at_once(cast: Cast, elsewhere: httpx.AsyncClient) -> None:
    """T-027, T-429: case 79, on two servers; no delta is lost."""

    async def raise_level(api: httpx.AsyncClient, admin: Player) -> None:
        request = {"id": cast.team, "public": [entry("level", 1, DELTA)]}
        for answer in asyncio.as_completed(
            [ask(api, admin, "TEAMS_STATS_UPDATE", request) for _ in range(50)]
        ):
            answered(await answer)

    await asyncio.gather(raise_level(cast.api, cast.admin), raise_level(elsewhere, cast.superadmin))
    level = (await stats_of(cast))["public"]["level"]
    assert (level["value"], level["count"], level["total"]) == ("101", "100", "100")


async def test_public_stats_show_in_the_metadata(cast: Cast) -> None:
    """T-430: case 75; all public ones and none that is private, beside what the metadata has otherwise."""
    assert "public_stats" not in await metadata_of(cast)
    await update(cast, private=[entry("rating", 1)])
    assert (await metadata_of(cast))["public_stats"] == {
        "level": 1,
        "raids_won": 0,
    }
    await cast.call(cast.admin, "TEAMS_UPDATE", metadata={"motto": "no retreat"})
    await update(cast, public=[entry("level", 2, DELTA)], private=[entry("rating", -5, SET)])
    assert await metadata_of(cast) == {
        "motto": "no retreat",
        "public_stats": {"level": 3, "raids_won": 0},
    }


async def test_strangers_see_public_stats(cast: Cast) -> None:
    """T-430: in the team as everybody gets it."""
    await update(cast, public=[entry("raids_won", 2**62)])
    answer = await cast.api.get(f"/v2/team/{cast.team}", headers=cast.outsider.headers)
    metadata = json.loads(answered(answer)["metadata"])
    assert metadata["public_stats"] == {"level": 1, "raids_won": 2**62}


async def test_every_submission_is_published(cast: Cast, events: list[PublisherEvent]) -> None:
    """T-035, T-431."""
    await update(
        cast, public=[entry("level", 2, DELTA), entry("level", 1)], private=[entry("rating", 3, MIN)]
    )
    said = [(event.name, event.value, dict(event.metadata)) for event in events]

    def told(name: str, operator: str, value: str) -> tuple[str, str, dict[str, str]]:
        label = f"STAT_UPDATE_OPERATOR_{operator}"
        return "statUpdated", value, {"teamId": cast.team, "name": name, "operator": label}

    assert said == [told("level", "DELTA", "3"), told("level", "SET", "1"), told("rating", "MIN", "3")]


async def test_nothing_is_published_of_a_refusal(cast: Cast, events: list[PublisherEvent]) -> None:
    """T-026, T-035."""
    assert await refusal(cast, public=[entry("level", 5), entry("nope", 1)]) == NOT_FOUND
    assert events == []


async def test_over_rest(cast: Cast) -> None:
    """T-466: the same messages."""
    path = f"/v2/team/{cast.team}/stat"
    body = {"public": [entry("level", 4)]}
    changed = answered(await cast.api.post(path, json=body, headers=cast.admin.headers))
    assert changed["public"]["level"]["value"] == "4"
    assert answered(await cast.api.get(path, headers=cast.member.headers)) == changed


async def test_another_configuration(app: Application, cast: Cast, configure: Configure) -> None:
    """T-033, T-411, T-430: what is no longer configured is out of sight, and comes back as it was."""
    await update(cast, public=[entry("level", 7)])
    full = app.teams.versions.current
    configure(stats_public={"medals": Stat(value=2)}, stats_private={"level": Stat()})
    assert await stats_of(cast) == {
        "public": {"medals": {"name": "medals", "public": True, "value": "2"}},
        "private": {"level": {"name": "level"}},
    }
    await update(cast, private=[entry("level", 70)])
    assert (await metadata_of(cast))["public_stats"] == {"medals": 2}
    configure(stats_public={}, stats_private={})
    assert await stats_of(cast) == {}
    assert await refusal(cast, public=[entry("level", 1)]) == NOT_FOUND
    configure(stats_public=full.stats_public, stats_private=full.stats_private)
    assert (await stats_of(cast))["public"]["level"]["value"] == "7"


async def test_one_statement_reads_and_one_writes(app: Application, cast: Cast) -> None:
    """However many stats there are in a batch."""
    await update(cast, public=[entry("level", 1)])
    before = app.database.counts.copy()
    await update(cast, public=[entry("level", 1), entry("raids_won", 1)], private=[entry("rating", 1)])
    counts = app.database.counts - before
    assert {name: count for name, count in counts.items() if ".config." not in name} == {
        "teams.lock": 1,
        "teams.held + team_stats.of_teams": 1,
        "team_stats.store + team_stats.publish": 1,
    }
