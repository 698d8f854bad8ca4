"""leaderboards, tournaments, their records, resets and callbacks"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LEADERBOARDS = """
create table leaderboard (
    key bigint generated always as identity constraint leaderboard_pkey primary key,
    id varchar(128) collate "C" not null,
    authoritative boolean not null,
    sort_order smallint not null constraint leaderboard_sort_order_check check (sort_order in (0, 1)),
    operator smallint not null constraint leaderboard_operator_check check (operator between 0 and 3),
    reset_schedule varchar(64),
    metadata jsonb not null,
    enable_ranks boolean not null,
    create_time timestamptz not null,
    category smallint not null constraint leaderboard_category_check check (category between 0 and 127),
    title varchar(255) not null,
    description varchar(255) not null,
    duration integer not null constraint leaderboard_duration_check check (duration >= 0),
    start_time bigint not null constraint leaderboard_start_time_check check (start_time >= 0),
    end_time bigint not null constraint leaderboard_end_time_check check (end_time >= 0),
    join_required boolean not null,
    max_size integer not null constraint leaderboard_max_size_check check (max_size > 0),
    max_num_score integer not null constraint leaderboard_max_num_score_check check (max_num_score > 0),
    deleted boolean not null default false
);
create unique index leaderboard_id_key on leaderboard (id) where not deleted;
create index leaderboard_create_time_id_idx on leaderboard (create_time, id)
    where duration = 0 and not deleted;
create index leaderboard_tournaments_idx on leaderboard (start_time, end_time desc, category, id)
    where duration > 0 and not deleted;
create index leaderboard_deleted_idx on leaderboard (key) where deleted;

create table leaderboard_record (
    owner_id uuid not null,
    board bigint not null constraint leaderboard_record_board_fkey references leaderboard (key),
    expiry bigint not null,
    username varchar(128),
    score bigint not null constraint leaderboard_record_score_check check (score >= 0),
    subscore bigint not null constraint leaderboard_record_subscore_check check (subscore >= 0),
    num_score integer not null,
    max_num_score integer not null
        constraint leaderboard_record_max_num_score_check check (max_num_score > 0),
    metadata jsonb,
    create_time timestamptz not null,
    update_time timestamptz not null,
    rule smallint not null,
    prev_score bigint not null,
    prev_subscore bigint not null,
    constraint leaderboard_record_pkey primary key (owner_id, board, expiry)
);
create index leaderboard_record_order_idx on leaderboard_record (board, expiry, score, subscore, owner_id);

create table tournament_size (
    board bigint not null
        constraint tournament_size_board_fkey references leaderboard (key) on delete cascade,
    expiry bigint not null,
    size integer not null constraint tournament_size_size_check check (size >= 0),
    constraint tournament_size_pkey primary key (board, expiry)
);
"""

SCHEDULER = """
create table board_schedule (
    board bigint not null constraint board_schedule_pkey primary key
        constraint board_schedule_board_fkey references leaderboard (key) on delete cascade,
    done bigint not null,
    due bigint not null
);
create index board_schedule_due_idx on board_schedule (due);

create table board_callback (
    id bigint generated always as identity constraint board_callback_pkey primary key,
    board bigint not null constraint board_callback_board_fkey references leaderboard (key) on delete cascade,
    kind varchar(32) collate "C" not null,
    instant bigint not null,
    attempts integer not null default 0,
    next_try timestamptz not null,
    error text,
    constraint board_callback_board_instant_kind_key unique (board, instant, kind)
);
create index board_callback_board_id_idx on board_callback (board, id);
create index board_callback_next_try_idx on board_callback (next_try);

create table board_callback_kind (
    kind varchar(32) collate "C" not null constraint board_callback_kind_pkey primary key
);
"""


def upgrade() -> None:
    for script in (LEADERBOARDS, SCHEDULER):
        for statement in script.split(";\n"):
            if statement.strip():
                op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only")
