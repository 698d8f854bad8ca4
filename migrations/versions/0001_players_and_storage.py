"""players, sessions, storage objects, the wallet ledger"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PLAYERS = """
create table users (
    id uuid not null constraint users_pkey primary key,
    username varchar(128) collate "C" not null,
    display_name varchar(255),
    avatar_url varchar(512),
    lang_tag varchar(18) not null default 'en',
    location varchar(255),
    timezone varchar(255),
    metadata jsonb not null default '{}',
    wallet jsonb not null default '{}',
    email varchar(255) collate "C",
    password bytea,
    apple_id varchar(128) collate "C",
    custom_id varchar(128) collate "C",
    facebook_id varchar(128) collate "C",
    facebook_instant_game_id varchar(128) collate "C",
    gamecenter_id varchar(128) collate "C",
    google_id varchar(128) collate "C",
    steam_id varchar(128) collate "C",
    edge_count integer not null default 0 constraint users_edge_count_check check (edge_count >= 0),
    create_time timestamptz not null,
    update_time timestamptz not null,
    verify_time timestamptz not null default '1970-01-01 00:00:00+00',
    disable_time timestamptz not null default '1970-01-01 00:00:00+00'
);
create unique index users_username_key on users (username);
create unique index users_email_key on users (email) where email is not null;
create unique index users_apple_id_key on users (apple_id) where apple_id is not null;
create unique index users_custom_id_key on users (custom_id) where custom_id is not null;
create unique index users_facebook_id_key on users (facebook_id) where facebook_id is not null;
create unique index users_facebook_instant_game_id_key on users (facebook_instant_game_id)
    where facebook_instant_game_id is not null;
create unique index users_gamecenter_id_key on users (gamecenter_id) where gamecenter_id is not null;
create unique index users_google_id_key on users (google_id) where google_id is not null;
create unique index users_steam_id_key on users (steam_id) where steam_id is not null;

create table user_device (
    id varchar(128) collate "C" not null constraint user_device_pkey primary key,
    user_id uuid not null constraint user_device_user_id_fkey references users (id) on delete cascade
);
create index user_device_user_id_idx on user_device (user_id);

create table user_tombstone (
    user_id uuid not null constraint user_tombstone_pkey primary key,
    create_time timestamptz not null
);

-- The owner of what belongs to nobody. Its empty username is out of every player's reach.
insert into users (id, username, create_time, update_time)
values ('00000000-0000-0000-0000-000000000000', '', '1970-01-01 00:00:00+00', '1970-01-01 00:00:00+00');
"""

SESSIONS = """
create table session_cutoff (
    user_id uuid not null constraint session_cutoff_pkey primary key,
    cutoff bigint not null,
    expires_at timestamptz not null
);
create index session_cutoff_expires_at_idx on session_cutoff (expires_at);

create table session_revocation (
    user_id uuid not null,
    token_id varchar(128) collate "C" not null,
    refresh boolean not null,
    expires_at timestamptz not null,
    constraint session_revocation_pkey primary key (user_id, token_id, refresh)
);
create index session_revocation_expires_at_idx on session_revocation (expires_at);

create table password_attempt (
    subject varchar(256) collate "C" not null constraint password_attempt_pkey primary key,
    failures integer not null,
    expires_at timestamptz not null
);
create index password_attempt_expires_at_idx on password_attempt (expires_at);
"""

STORAGE = """
create table storage (
    user_id uuid not null constraint storage_user_id_fkey references users (id) on delete cascade,
    collection varchar(128) collate "C" not null,
    key varchar(128) collate "C" not null,
    value jsonb not null,
    version varchar(32) collate "C" not null,
    read smallint not null default 1 constraint storage_read_check check (read >= 0),
    write smallint not null default 1 constraint storage_write_check check (write >= 0),
    create_time timestamptz not null,
    update_time timestamptz not null,
    constraint storage_pkey primary key (user_id, collection, key)
);
create index storage_collection_read_key_user_id_idx on storage (collection, read, key, user_id);
create index storage_user_id_collection_read_key_idx on storage (user_id, collection, read, key);
"""

WALLETS = """
create table wallet_ledger (
    id uuid not null constraint wallet_ledger_pkey primary key,
    user_id uuid not null constraint wallet_ledger_user_id_fkey references users (id) on delete cascade,
    changeset jsonb not null,
    metadata jsonb not null default '{}',
    create_time timestamptz not null,
    update_time timestamptz not null
);
create index wallet_ledger_user_id_create_time_id_idx on wallet_ledger (user_id, create_time, id);
"""


def upgrade() -> None:
    for script in (PLAYERS, SESSIONS, STORAGE, WALLETS):
        for statement in script.split(";\n"):
            if statement.strip():
                op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only")
