"""Statements on teams' achievements."""

from kizuna.db.statements import Command, Query

STATES = Query(
    "team_achievements.states",
    "How far teams are with their achievements.",
    """
    select w.team_id::text as team_id, a.* from unnest($1::uuid[]) as w (team_id)
    cross join lateral (
        select achievement_id, period_sec, count, completions, first_progress_sec, update_sec, claim_sec,
            reward, total_claim_sec, total_reward, restarted
        from team_achievement where team_id = w.team_id offset 0
    ) a
    """,
)

STORE = Command(
    "team_achievements.store",
    "Set how far a team is with achievements.",
    """
    insert into team_achievement (
        team_id, achievement_id, period_sec, count, completions, first_progress_sec, update_sec, claim_sec,
        reward, total_claim_sec, total_reward, restarted
    )
    select $1, w.* from unnest(
        $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
        $9::text[], $10::bigint[], $11::text[], $12::boolean[]
    ) as w
    on conflict (team_id, achievement_id) do update set
        period_sec = excluded.period_sec, count = excluded.count, completions = excluded.completions,
        first_progress_sec = excluded.first_progress_sec, update_sec = excluded.update_sec,
        claim_sec = excluded.claim_sec, reward = excluded.reward,
        total_claim_sec = excluded.total_claim_sec, total_reward = excluded.total_reward,
        restarted = excluded.restarted
    """,
)

DELETE = Command(
    "team_achievements.delete",
    "Forget how far a team is with achievements.",
    "delete from team_achievement where team_id = $1 and achievement_id = any($2::text[])",
)
