"""Statements on teams' event leaderboards, their cohorts and scores.

Where one row leads to the next, `offset 0` keeps PostgreSQL from looking for them the other way round, as it
does with plans that are older than the rows.
"""

from kizuna.db.statements import Command, Query

_ENROLMENT = """
    e.team_id::text as team_id, e.event_id, e.cohort_id::text as cohort_id, e.start_sec, e.end_sec,
    e.expiry_sec, e.tier, e.rolls, e.roll_sec, e.claim_sec, e.reward, e.best_rank, e.outcome,
    c.id is not null as has_cohort, c.size, c.count, c.complete_sec, c.matchmaker_properties
"""

_SCORE = "s.score, s.subscore, s.num_scores, s.create_sec, s.update_sec, s.update_order"


def _standings(scores: str, contributions: str) -> str:
    """Rows of a message's scores and contributions, from queries that give rows of their tables."""
    return f"""
        select false as is_contribution, s.team_id::text as id, coalesce(g.name, s.name) as name,
            null as display_name, g.avatar_url, {_SCORE}, s.metadata
        from ({scores}) s
        left join lateral (select * from groups where id = s.group_id offset 0) g on true
        union all
        select true, s.user_id::text, u.username, u.display_name, u.avatar_url, s.score, s.subscore,
            s.num_scores, s.create_sec, s.update_sec, 0, s.metadata
        from ({contributions}) s
        left join lateral (select * from users where id = s.user_id offset 0) u on true
    """


ENROLMENTS = Query(
    "team_event.enrolments",
    "The cohorts that teams were last rolled into, of all events.",
    f"""
    select {_ENROLMENT}
    from unnest($1::uuid[]) as w (team_id)
    cross join lateral (select * from team_event where team_id = w.team_id offset 0) e
    left join lateral (select * from team_event_cohort where id = e.cohort_id offset 0) c on true
    """,
)

PLACES = Query(
    "team_event.places",
    "What the ranks in cohorts follow from.",
    f"""
    select s.cohort_id::text as cohort_id, s.team_id::text as id, {_SCORE}
    from unnest($1::uuid[]) as w (cohort_id)
    cross join lateral (select * from team_event_score where cohort_id = w.cohort_id offset 0) s
    """,
)

STANDINGS = Query(
    "team_event.standings",
    "All scores of cohorts, and with each the contributions of one team's members, by the pairs' places.",
    f"""
    select w.place, x.*
    from unnest($1::uuid[], $2::uuid[]) with ordinality as w (cohort_id, team_id, place)
    cross join lateral ({
        _standings(
            "select * from team_event_score where cohort_id = w.cohort_id offset 0",
            "select * from team_event_contribution "
            "where cohort_id = w.cohort_id and team_id = w.team_id offset 0",
        )
    }) x
    """,
)

# --- submitting ---

HOLD = Query(
    "team_event.hold",
    "A team's cohort, held until the transaction ends, with its own score and a member's contribution.",
    f"""
    select {_ENROLMENT}, s.team_id::text as id, {_SCORE}, s.metadata,
        t.score as own_score, t.subscore as own_subscore, t.metadata as own_metadata
    from team_event e
    cross join lateral (
        select * from team_event_cohort where id = e.cohort_id offset 0 for no key update
    ) c
    cross join lateral (
        select * from team_event_score where cohort_id = c.id and team_id = $1 offset 0 for no key update
    ) s
    left join lateral (
        select * from team_event_contribution
        where cohort_id = c.id and team_id = $1 and user_id = $3 offset 0
    ) t on true
    where e.team_id = $1 and e.event_id = $2
    """,
)

#: Its standings are from the new rows and, as the tables are seen as they were before, from all other rows.
SUBMIT = Command(
    "team_event.submit",
    "Set a team's score and a member's contribution, and count the submission for both; the standings then.",
    f"""
    with total as (
        update team_event_score s set score = $4, subscore = $5, metadata = $6,
            num_scores = num_scores + 1, update_sec = $10, update_order = $11
        where cohort_id = $1 and team_id = $2
        returning s.*
    ), share as (
        insert into team_event_contribution as t
            (cohort_id, team_id, user_id, score, subscore, num_scores, metadata, create_sec, update_sec)
        values ($1, $2, $3, $7, $8, 1, $9, $10, $10)
        on conflict (cohort_id, team_id, user_id) do update set
            score = excluded.score, subscore = excluded.subscore, metadata = excluded.metadata,
            num_scores = t.num_scores + 1, update_sec = excluded.update_sec
        returning t.*
    )
    {
        _standings(
            "select * from total union all "
            "select * from team_event_score where cohort_id = $1 and team_id <> $2",
            "select * from share union all "
            "select * from team_event_contribution where cohort_id = $1 and team_id = $2 and user_id <> $3",
        )
    }
    """,
)

COMPLETE = Command(
    "team_event.complete",
    "Note when a cohort's ranks became final.",
    "update team_event_cohort set complete_sec = $2 where id = $1 and complete_sec is null",
)

SEAL = Command(
    "team_event.seal",
    "Wait for the last scores of a cohort that has ended, and take no more; no row for one cleared away.",
    """
    update team_event_cohort set complete_sec = coalesce(complete_sec, end_sec) where id = $1
    returning complete_sec, count
    """,
)

CLAIM = Command(
    "team_event.claim",
    "Note that a reward is claimed.",
    """
    update team_event set claim_sec = $3, reward = $4, best_rank = $5 where team_id = $1 and event_id = $2
    """,
)

# --- rolling ---

TAKE_TURN = Query(
    "team_event.take_turn",
    "Wait until nobody else chooses a cohort of this event, iteration and tier.",
    "select pg_advisory_xact_lock(hashtextextended('kizuna:team_event:' || $1, 0))",
)

OPEN = Query(
    "team_event.open",
    "Cohorts of an iteration and tier with room for a team that is not yet in them, the oldest first.",
    """
    select c.id::text as id, c.count, c.size, c.matchmaker_properties
    from team_event_cohort c
    where c.event_id = $1 and c.start_sec = $2 and c.tier = $3 and c.count < c.size
        and c.complete_sec is null
        and c.end_sec is not distinct from $4 and c.expiry_sec is not distinct from $5
        and not exists (select 1 from team_event_score s where s.cohort_id = c.id and s.team_id = $6 offset 0)
    order by c.create_time, c.id limit $7
    """,
)

JOIN = Command(
    "team_event.join",
    "Take a place in a cohort; no row where there is none any more.",
    """
    update team_event_cohort
    set count = count + 1, matchmaker_properties = coalesce($2, matchmaker_properties)
    where id = $1 and size - count > 0 and complete_sec is null
    returning id::text as id, count, size, matchmaker_properties
    """,
)

FOUND = Command(
    "team_event.found",
    "A new cohort with one team.",
    """
    insert into team_event_cohort (id, event_id, start_sec, end_sec, expiry_sec, tier, size, count,
        create_time, matchmaker_properties)
    values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9)
    returning id::text as id, count, size, matchmaker_properties
    """,
)

ENROL = Command(
    "team_event.enrol",
    "Put a team that has a place in a cohort there.",
    """
    with score as (
        insert into team_event_score (cohort_id, team_id, group_id, score, subscore, num_scores, metadata,
            create_sec, update_sec, update_order)
        values ($3, $1, $1, 0, 0, 0, $10, $9, $9, $11)
    ), roll as (
        insert into team_event_roll (team_id, event_id, start_sec, roll_number, cohort_id)
        select $1, $2::varchar, $4, coalesce(max(r.roll_number), 0) + 1, $3 from team_event_roll r
        where r.team_id = $1 and r.event_id = $2::varchar and r.start_sec = $4
        returning roll_number
    )
    insert into team_event (team_id, event_id, cohort_id, start_sec, end_sec, expiry_sec, tier, rolls,
        roll_number, roll_sec, best_rank)
    select $1, $2::varchar, $3, $4, $5, $6, $7, $8, r.roll_number, $9, $12 from roll r
    on conflict (team_id, event_id) do update set
        cohort_id = excluded.cohort_id, start_sec = excluded.start_sec, end_sec = excluded.end_sec,
        expiry_sec = excluded.expiry_sec, tier = excluded.tier, rolls = excluded.rolls,
        roll_number = excluded.roll_number, roll_sec = excluded.roll_sec, best_rank = excluded.best_rank,
        claim_sec = null, reward = null, outcome = null
    """,
)

# --- trying out ---

LOCK_COHORT = Query(
    "team_event.lock_cohort",
    "A cohort, held until the transaction ends.",
    "select size, count, complete_sec from team_event_cohort where id = $1 for no key update",
)

FILL = Command(
    "team_event.fill",
    "Add teams that are none to a cohort.",
    """
    with teams as (
        insert into team_event_score (cohort_id, team_id, name, score, subscore, num_scores, metadata,
            create_sec, update_sec, update_order)
        select $1, w.team_id, w.name, 0, 0, 1, '{}', $4, $4, $5
        from unnest($2::uuid[], $3::text[]) as w (team_id, name)
        returning 1
    )
    update team_event_cohort set count = count + (select count(*) from teams) where id = $1
    """,
)

SET_SCORES = Command(
    "team_event.set_scores",
    "Set the scores of a cohort's teams, a submission of each.",
    """
    update team_event_score s set score = w.score, subscore = w.subscore, num_scores = s.num_scores + 1,
        update_sec = $5, update_order = $6
    from unnest($2::uuid[], $3::bigint[], $4::bigint[]) as w (team_id, score, subscore)
    where s.cohort_id = $1 and s.team_id = w.team_id
    """,
)

# --- departures, clearing ---

HOLD_PLACES = Query(
    "team_event.hold_places",
    "The cohorts that teams are in, held until the transaction ends.",
    """
    select c.id::text as id
    from (
        select distinct s.cohort_id from unnest($1::uuid[]) as w (team_id)
        cross join lateral (
            select cohort_id from team_event_score where group_id = w.team_id offset 0
        ) s
        order by s.cohort_id
    ) p
    cross join lateral (
        select id from team_event_cohort where id = p.cohort_id offset 0 for no key update
    ) c
    """,
)

FORGET = Command(
    "team_event.forget",
    "Take teams that will be deleted out of the counts of cohorts.",
    """
    update team_event_cohort c set count = c.count - (
        select count(*) from team_event_score s where s.cohort_id = c.id and s.group_id = any ($2::uuid[])
    )
    where c.id = any ($1::uuid[])
    """,
)

EXPIRED = Query(
    "team_event.expired",
    "Cohorts whose iteration has expired, held until the transaction ends.",
    """
    select id::text as id, event_id, size from team_event_cohort
    where expiry_sec <= $1 and event_id = any ($2::text[])
    order by expiry_sec limit $3
    for update skip locked
    """,
)

KEEP_OUTCOMES = Command(
    "team_event.keep_outcomes",
    "Keep what cohorts came to for the teams that were not rolled again since.",
    """
    update team_event e set outcome = w.outcome
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as w (team_id, cohort_id, event_id, outcome)
    where e.team_id = w.team_id and e.event_id = w.event_id and e.cohort_id = w.cohort_id
    """,
)

CLEAR = Command(
    "team_event.clear",
    "Remove cohorts with everything in them.",
    "delete from team_event_cohort where id = any ($1::uuid[])",
)
