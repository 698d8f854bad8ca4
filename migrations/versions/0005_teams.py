"""Teams: what groups own together."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CONFIG = """
create table team_config (
    version bigint constraint team_config_pkey primary key,
    content text not null,
    create_sec bigint not null
);
"""

TEAMS = """
create table team (
    team_id uuid constraint team_pkey primary key
        constraint team_team_id_fkey references groups (id) on delete cascade,
    short_code varchar(16) collate "C",
    create_sec bigint not null,
    wallet_update_sec bigint,
    mailbox_sequence bigint not null default 0
);
create unique index team_short_code_key on team (lower(short_code));
create index groups_joinable_idx on groups (update_time, edge_count, id) where edge_count < max_count;
alter table groups add column location text
    generated always as (lower(left(metadata ->> 'location', 255))) stored;
create index groups_location_idx on groups (location, update_time, edge_count, id)
    where edge_count < max_count;
"""

WALLET = """
create table team_currency (
    team_id uuid not null constraint team_currency_team_id_fkey references groups (id) on delete cascade,
    currency varchar(128) collate "C" not null,
    start bigint not null,
    balance bigint not null constraint team_currency_balance_check check (balance >= 0),
    constraint team_currency_pkey primary key (team_id, currency)
);
create table team_ledger (
    id bigint generated always as identity constraint team_ledger_pkey primary key,
    team_id uuid not null,
    user_id uuid,
    source varchar(64) collate "C" not null,
    source_id varchar(256) collate "C" not null,
    currencies jsonb not null default '{}',
    items jsonb not null default '{}',
    create_time timestamptz not null
);
create index team_ledger_team_id_idx on team_ledger (team_id, id);
"""

STATS = """
create table team_stat (
    team_id uuid not null constraint team_stat_team_id_fkey references groups (id) on delete cascade,
    public boolean not null,
    name varchar(128) collate "C" not null,
    value bigint not null,
    count bigint not null,
    total bigint not null,
    min bigint not null,
    max bigint not null,
    first bigint not null,
    last bigint not null,
    update_sec bigint not null,
    constraint team_stat_pkey primary key (team_id, public, name)
);
"""

INVENTORY = """
create table team_item (
    instance_id uuid constraint team_item_pkey primary key,
    team_id uuid not null constraint team_item_team_id_fkey references groups (id) on delete cascade,
    item_id varchar(128) collate "C" not null,
    stack boolean not null,
    count bigint not null constraint team_item_count_check check (count >= 0),
    string_properties jsonb not null default '{}',
    numeric_properties jsonb not null default '{}',
    removed_properties jsonb not null default '{}',
    owned_sec bigint not null,
    update_sec bigint not null
);
create index team_item_team_id_idx on team_item (team_id, item_id, owned_sec, instance_id);
create unique index team_item_stack_key on team_item (team_id, item_id) where stack;
"""

MODIFIERS = """
create table team_reward_modifier (
    id bigint generated always as identity constraint team_reward_modifier_pkey primary key,
    team_id uuid not null
        constraint team_reward_modifier_team_id_fkey references groups (id) on delete cascade,
    target varchar(128) collate "C" not null,
    type varchar(16) collate "C" not null,
    operator varchar(16) collate "C" not null,
    value bigint not null,
    start_sec bigint not null,
    end_sec bigint not null
);
create index team_reward_modifier_team_id_idx on team_reward_modifier (team_id, start_sec, id);
create table team_member_grant (
    id uuid constraint team_member_grant_pkey primary key,
    team_id uuid not null,
    user_id uuid not null constraint team_member_grant_user_id_fkey references users (id) on delete cascade,
    source varchar(64) collate "C" not null,
    source_id varchar(256) collate "C" not null,
    reward text not null,
    create_time timestamptz not null
);
create index team_member_grant_user_id_idx on team_member_grant (user_id, create_time, id);
"""

MAILBOX = """
create table team_mailbox_entry (
    id uuid constraint team_mailbox_entry_pkey primary key,
    team_id uuid not null constraint team_mailbox_entry_team_id_fkey references groups (id) on delete cascade,
    sequence bigint not null,
    reward text not null,
    parcel text not null,
    create_sec bigint not null,
    update_sec bigint not null,
    expiry_sec bigint,
    claim_sec bigint,
    delete_sec bigint,
    constraint team_mailbox_entry_receipt_check check (delete_sec is null or claim_sec is not null),
    constraint team_mailbox_entry_sequence_key unique (team_id, sequence)
);
create index team_mailbox_entry_list_idx on team_mailbox_entry (team_id, create_sec, sequence)
    where delete_sec is null;
create index team_mailbox_entry_team_expiry_idx on team_mailbox_entry (team_id, expiry_sec)
    where delete_sec is null and expiry_sec is not null;
create index team_mailbox_entry_expiry_sec_idx on team_mailbox_entry (expiry_sec)
    where delete_sec is null and expiry_sec is not null;
create index team_mailbox_entry_delete_sec_idx on team_mailbox_entry (delete_sec);
"""

ACHIEVEMENTS = """
create table team_achievement (
    team_id uuid not null constraint team_achievement_team_id_fkey references groups (id) on delete cascade,
    achievement_id varchar(128) collate "C" not null,
    period_sec bigint not null,
    count bigint not null constraint team_achievement_count_check check (count >= 0),
    completions bigint not null default 0,
    first_progress_sec bigint,
    update_sec bigint not null,
    claim_sec bigint,
    reward text,
    total_claim_sec bigint,
    total_reward text,
    restarted boolean not null default false,
    constraint team_achievement_pkey primary key (team_id, achievement_id)
);
"""

EVENTS = """
create table team_event_cohort (
    id uuid constraint team_event_cohort_pkey primary key,
    event_id varchar(128) collate "C" not null,
    start_sec bigint not null,
    end_sec bigint,
    expiry_sec bigint,
    tier integer not null,
    size integer not null,
    count integer not null,
    create_time timestamptz not null,
    complete_sec bigint,
    matchmaker_properties text,
    constraint team_event_cohort_count_check check (count between 0 and size)
);
create index team_event_cohort_open_idx on team_event_cohort (event_id, start_sec, tier, create_time, id)
    where count < size and complete_sec is null;
create index team_event_cohort_expiry_sec_idx on team_event_cohort (expiry_sec);
create table team_event_score (
    cohort_id uuid not null
        constraint team_event_score_cohort_id_fkey references team_event_cohort (id) on delete cascade,
    team_id uuid not null,
    group_id uuid constraint team_event_score_group_id_fkey references groups (id) on delete cascade,
    name varchar(255) not null default '',
    score bigint not null,
    subscore bigint not null,
    num_scores bigint not null,
    metadata text not null,
    create_sec bigint not null,
    update_sec bigint not null,
    update_order bigint not null default 0,
    constraint team_event_score_pkey primary key (cohort_id, team_id)
);
create index team_event_score_group_id_idx on team_event_score (group_id);
create table team_event_contribution (
    cohort_id uuid not null,
    team_id uuid not null,
    user_id uuid not null,
    score bigint not null,
    subscore bigint not null,
    num_scores bigint not null,
    metadata text not null,
    create_sec bigint not null,
    update_sec bigint not null,
    constraint team_event_contribution_pkey primary key (cohort_id, team_id, user_id),
    constraint team_event_contribution_score_fkey foreign key (cohort_id, team_id)
        references team_event_score (cohort_id, team_id) on delete cascade
);
create table team_event (
    team_id uuid not null constraint team_event_team_id_fkey references groups (id) on delete cascade,
    event_id varchar(128) collate "C" not null,
    cohort_id uuid not null,
    start_sec bigint not null,
    end_sec bigint,
    expiry_sec bigint,
    tier integer not null,
    rolls integer not null,
    roll_number integer not null,
    roll_sec bigint not null,
    claim_sec bigint,
    reward text,
    best_rank bigint,
    outcome text,
    constraint team_event_pkey primary key (team_id, event_id)
);
create table team_event_roll (
    team_id uuid not null constraint team_event_roll_team_id_fkey references groups (id) on delete cascade,
    event_id varchar(128) collate "C" not null,
    start_sec bigint not null,
    roll_number integer not null,
    cohort_id uuid not null
        constraint team_event_roll_cohort_id_fkey references team_event_cohort (id) on delete cascade,
    constraint team_event_roll_pkey primary key (team_id, event_id, start_sec, roll_number)
);
create index team_event_roll_cohort_id_idx on team_event_roll (cohort_id);
"""

GIFTS = """
create table team_gift (
    team_id uuid not null constraint team_gift_team_id_fkey references groups (id) on delete cascade,
    gift_id varchar(128) collate "C" not null,
    start_sec bigint not null,
    expiry_sec bigint not null,
    count bigint not null constraint team_gift_count_check check (count >= 0),
    constraint team_gift_pkey primary key (team_id, gift_id, start_sec)
);
create index team_gift_expiry_sec_idx on team_gift (expiry_sec);
create table team_gift_contribution (
    team_id uuid not null,
    gift_id varchar(128) collate "C" not null,
    start_sec bigint not null,
    user_id uuid not null,
    count bigint not null constraint team_gift_contribution_count_check check (count > 0),
    create_sec bigint not null,
    update_sec bigint not null,
    position bigint not null,
    constraint team_gift_contribution_pkey primary key (team_id, gift_id, start_sec, user_id),
    constraint team_gift_contribution_gift_fkey foreign key (team_id, gift_id, start_sec)
        references team_gift (team_id, gift_id, start_sec) on delete cascade
);
create table team_gift_claim (
    team_id uuid not null,
    gift_id varchar(128) collate "C" not null,
    start_sec bigint not null,
    user_id uuid not null,
    min_count bigint not null,
    claim_sec bigint not null,
    constraint team_gift_claim_pkey primary key (team_id, gift_id, start_sec, user_id, min_count),
    constraint team_gift_claim_gift_fkey foreign key (team_id, gift_id, start_sec)
        references team_gift (team_id, gift_id, start_sec) on delete cascade
);
"""


def upgrade() -> None:
    for script in (
        CONFIG,
        TEAMS,
        WALLET,
        STATS,
        INVENTORY,
        MODIFIERS,
        MAILBOX,
        ACHIEVEMENTS,
        EVENTS,
        GIFTS,
    ):
        for statement in script.split(";\n"):
            if statement.strip():
                op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only")
