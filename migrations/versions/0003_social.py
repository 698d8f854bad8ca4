"""friends, groups, chat messages, notifications, and deletions that game code is to be told of"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FRIENDS = """
create table user_edge (
    source_id uuid not null
        constraint user_edge_source_id_fkey references users (id) on delete cascade,
    destination_id uuid not null
        constraint user_edge_destination_id_fkey references users (id) on delete cascade,
    state smallint not null constraint user_edge_state_check check (state between 0 and 3),
    position bigint not null,
    update_time timestamptz not null,
    metadata jsonb not null default '{}',
    constraint user_edge_pkey primary key (source_id, destination_id),
    constraint user_edge_self_check check (source_id <> destination_id)
);
create index user_edge_order_idx on user_edge (source_id, state, position, destination_id);
create index user_edge_destination_id_idx on user_edge (destination_id);
"""

GROUPS = """
create table groups (
    id uuid constraint groups_pkey primary key,
    creator_id uuid not null,
    name varchar(255) collate "C" not null,
    folded_name varchar(255) collate "C" not null,
    description varchar(255),
    avatar_url varchar(512),
    lang_tag varchar(18) collate "C" not null default 'en',
    metadata jsonb not null default '{}',
    state smallint not null constraint groups_state_check check (state in (0, 1)),
    edge_count integer not null,
    max_count integer not null constraint groups_max_count_check check (max_count >= 1),
    create_time timestamptz not null,
    update_time timestamptz not null,
    constraint groups_edge_count_check check (edge_count between 1 and max_count)
);
create unique index groups_name_key on groups (name);
create index groups_folded_name_idx on groups (folded_name);
create index groups_update_time_idx on groups (update_time, edge_count, id);
create index groups_state_update_time_idx on groups (state, update_time, edge_count, id);
create index groups_edge_count_idx on groups (edge_count, update_time, id);
create index groups_state_edge_count_idx on groups (state, edge_count, lang_tag, id);
create index groups_lang_tag_idx on groups (lang_tag, edge_count, id);

create table group_edge (
    group_id uuid not null constraint group_edge_group_id_fkey references groups (id) on delete cascade,
    user_id uuid not null constraint group_edge_user_id_fkey references users (id) on delete cascade,
    state smallint not null constraint group_edge_state_check check (state between 0 and 4),
    position bigint not null,
    update_time timestamptz not null,
    constraint group_edge_pkey primary key (group_id, user_id)
);
create index group_edge_group_order_idx on group_edge (group_id, state, position, user_id);
create index group_edge_user_order_idx on group_edge (user_id, state, position, group_id);
"""

MESSAGES = """
create table message (
    id uuid constraint message_pkey primary key,
    code smallint not null,
    sender_id uuid not null constraint message_sender_id_fkey references users (id) on delete cascade,
    username varchar(128) not null,
    stream_mode smallint not null,
    stream_subject uuid not null,
    stream_descriptor uuid not null,
    stream_label varchar(128) collate "C" not null,
    content jsonb not null,
    create_time timestamptz not null,
    update_time timestamptz not null
);
create index message_stream_idx on message
    (stream_mode, stream_subject, stream_descriptor, stream_label, create_time, id);
create index message_sender_id_idx on message (sender_id);
"""

NOTIFICATIONS = """
create table notification (
    id uuid constraint notification_pkey primary key,
    user_id uuid not null constraint notification_user_id_fkey references users (id) on delete cascade,
    subject varchar(255) not null,
    content jsonb not null,
    code smallint not null,
    sender_id uuid not null,
    create_time timestamptz not null
);
create index notification_user_id_idx on notification (user_id, create_time, id);
"""

DELETIONS = """
create table account_deletion (
    user_id uuid constraint account_deletion_pkey primary key,
    username varchar(128) not null,
    delete_time timestamptz not null,
    attempts integer not null default 0,
    next_try timestamptz not null,
    error varchar(1000)
);
create index account_deletion_next_try_idx on account_deletion (next_try);
"""


def upgrade() -> None:
    for script in (FRIENDS, GROUPS, MESSAGES, NOTIFICATIONS, DELETIONS):
        for statement in script.split(";\n"):
            if statement.strip():
                op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only")
