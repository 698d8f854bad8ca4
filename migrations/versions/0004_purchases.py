"""Purchases, subscriptions, and the stores' notifications about them."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SYSTEM_USER = "00000000-0000-0000-0000-000000000000"

PURCHASES = f"""
create table purchase (
    transaction_id varchar(512) collate "C" constraint purchase_pkey primary key
        constraint purchase_transaction_id_check check (transaction_id <> ''),
    user_id uuid not null default '{SYSTEM_USER}'
        constraint purchase_user_id_fkey references users (id) on delete set default,
    store smallint not null,
    environment smallint not null,
    product_id varchar(512) not null,
    purchase_time timestamptz not null,
    create_time timestamptz not null,
    update_time timestamptz not null,
    refund_time timestamptz not null default '1970-01-01 00:00:00+00',
    store_time timestamptz not null default '1970-01-01 00:00:00+00',
    raw_response jsonb not null default '{{}}'
);
create index purchase_user_id_idx on purchase (user_id, purchase_time, transaction_id);
create index purchase_time_idx on purchase (purchase_time, user_id, transaction_id);
"""

SUBSCRIPTIONS = f"""
create table subscription (
    original_transaction_id varchar(512) collate "C" constraint subscription_pkey primary key
        constraint subscription_original_transaction_id_check check (original_transaction_id <> ''),
    user_id uuid not null default '{SYSTEM_USER}'
        constraint subscription_user_id_fkey references users (id) on delete set default,
    store smallint not null,
    environment smallint not null,
    product_id varchar(512) not null,
    purchase_time timestamptz not null,
    expire_time timestamptz not null,
    create_time timestamptz not null,
    update_time timestamptz not null,
    refund_time timestamptz not null default '1970-01-01 00:00:00+00',
    store_time timestamptz not null,
    period_time timestamptz not null default '1970-01-01 00:00:00+00',
    raw_response jsonb not null default '{{}}',
    raw_notification jsonb not null default '{{}}'
);
create index subscription_user_id_idx on subscription (user_id, purchase_time, original_transaction_id);
create index subscription_time_idx on subscription (purchase_time, user_id, original_transaction_id);
"""

NOTIFICATIONS = """
create table store_notification (
    id varchar(256) collate "C" constraint store_notification_pkey primary key,
    store smallint not null,
    kind smallint not null,
    transaction_id varchar(512) collate "C" not null,
    is_subscription boolean not null,
    payload text not null,
    create_time timestamptz not null,
    attempts integer not null default 0,
    next_try timestamptz,
    error varchar(1000)
);
create index store_notification_next_try_idx on store_notification (next_try) where next_try is not null;
create index store_notification_create_time_idx on store_notification (create_time);
"""


def upgrade() -> None:
    for script in (PURCHASES, SUBSCRIPTIONS, NOTIFICATIONS):
        for statement in script.split(";\n"):
            if statement.strip():
                op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only")
