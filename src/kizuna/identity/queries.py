"""Statements that create, link and unlink identities, and count wrong passwords."""

from kizuna.accounts.tables import IDENTIFIERS
from kizuna.db.statements import Command, Query


def _free_email(parameter: str) -> str:
    """This e-mail address, null if somebody has it."""
    return f"""(select {parameter}::text
        where not exists (select from users holder where holder.email = {parameter}))"""


CREATE_WITH_DEVICES = Command(
    "identity.create_with_devices",
    "Create players with a device each; returns the devices that were new. A device that is known already "
    "and a username that is taken yield no row; a username taken this very moment fails the foreign key.",
    """
    with wanted as (
        select * from unnest($1::text[], $2::uuid[], $3::text[]) w (device_id, user_id, username)
    ), device as (
        insert into user_device (id, user_id)
        select w.device_id, w.user_id from wanted w
        where not exists (select from users u where u.username = w.username)
        order by w.device_id
        on conflict (id) do nothing
        returning id, user_id
    ), player as (
        insert into users (id, username, create_time, update_time)
        select w.user_id, w.username, $4, $4 from wanted w join device d on d.user_id = w.user_id
        order by w.device_id
        on conflict (username) do nothing
    )
    select id::text as device_id from device
    """,
)

#: Identifiers that a player chooses, and those that other companies give.
_CHOSEN = ("custom_id", "email")
_GIVEN = tuple(column for column in IDENTIFIERS if column not in _CHOSEN)

#: Create a player with one identifier, by the identifier's column.
CREATE_WITH_IDENTIFIER = {
    column: Command(
        f"identity.create_with_{column}",
        f"Create a player with this {column}.",
        f"""
        insert into users (id, username, {column}, password, create_time, update_time)
        values ($1, $2, $3, $4, $5, $5)
        """,
    )
    for column in _CHOSEN
}

#: The constraint that lets one player have an e-mail address.
UNIQUE_EMAIL = "users_email_key"

#: Create a player with what a provider says, by the column of the provider's id.
CREATE_WITH_PROFILE = {
    column: Command(
        f"identity.create_with_{column}",
        f"Create a player with this {column} and a profile; the e-mail address unless somebody has it.",
        f"""
        insert into users (id, username, {column}, display_name, avatar_url, create_time, update_time, email)
        values ($1, $2, $3, nullif($4, ''), nullif($5, ''), $6, $6, {_free_email("$7")})
        """,
    )
    for column in _GIVEN
}

LOCK = Query(
    "identity.lock",
    "Let the identities of one player change one at a time.",
    "select 1 from users where id = $1 for update",
)

TOUCH = Command(
    "identity.touch",
    "Note that a player's account changed.",
    "update users set update_time = $2 where id = $1",
)

LINK_DEVICE = Command(
    "identity.link_device",
    "Give a player a device that nobody has.",
    "insert into user_device (id, user_id) values ($1, $2) on conflict (id) do nothing",
)

DEVICE_OWNER = Query(
    "identity.device_owner",
    "Whose device this is.",
    "select user_id::text as user_id from user_device where id = $1",
)

_SET_PASSWORD = {"email": ", password = $4"}

#: Set an identifier unless somebody else has it, by the identifier's column. Only e-mail takes a password.
LINK = {
    column: Command(
        f"identity.link_{column}",
        f"Set a player's {column} unless another player has this value.",
        f"""
        update users set {column} = $2, update_time = $3{_SET_PASSWORD.get(column, "")}
        where id = $1 and not exists (select from users other where other.{column} = $2 and other.id <> $1)
        returning id
        """,
    )
    for column in _CHOSEN
}

#: Set a provider's id unless somebody else has it, by the id's column, and fill what the profile lacks.
LINK_PROFILE = {
    column: Command(
        f"identity.link_{column}",
        f"Set a player's {column} unless another player has this value, and whatever of the profile and the "
        "e-mail address the account lacks.",
        f"""
        update users set
            {column} = $2,
            display_name = coalesce(nullif(display_name, ''), nullif($3, '')),
            avatar_url = coalesce(nullif(avatar_url, ''), nullif($4, '')),
            update_time = $5,
            email = coalesce(email, {_free_email("$6")})
        where id = $1 and not exists (select from users other where other.{column} = $2 and other.id <> $1)
        returning id
        """,
    )
    for column in _GIVEN
}

FILL = Command(
    "identity.fill",
    "Give an account the display name and the avatar that it lacks.",
    """
    update users set
        display_name = coalesce(nullif(display_name, ''), nullif($2, '')),
        avatar_url = coalesce(nullif(avatar_url, ''), nullif($3, '')),
        update_time = $4
    where id = $1 and (
        ($2 <> '' and coalesce(display_name, '') = '') or ($3 <> '' and coalesce(avatar_url, '') = ''))
    """,
)

#: Replace an id that a provider has replaced, by the id's column.
FOLLOW = {
    column: Command(
        f"identity.follow_{column}",
        f"Replace a {column} by another one that nobody has; the update time stays.",
        f"""
        update users set {column} = $2
        where {column} = $1 and not exists (select from users other where other.{column} = $2)
        """,
    )
    for column in _GIVEN
}

_HAS_DEVICE = "exists (select from user_device d where d.user_id = users.id)"
_CLEAR_PASSWORD = {"email": ", password = null"}


def _ways_in(*gone: str) -> str:
    """Some identifier by which the player can sign in, without those that are to go; null if there is none.

    An address that another company has told comes without a password: by it alone nobody signs in.
    """
    columns = [column for column in IDENTIFIERS if column not in gone]
    with_password = {"email": "case when password is not null then email end"}
    return f"coalesce({', '.join(with_password.get(column, column) for column in columns)})"


#: Clear an identifier that is not the player's last one, by the identifier's column.
UNLINK = {
    column: Command(
        f"identity.unlink_{column}",
        f"Clear a player's {column} if it is the given one (or any, for null) and not the last identifier.",
        f"""
        update users set {column} = null, update_time = $3{_CLEAR_PASSWORD.get(column, "")}
        where id = $1 and ($2::text is null or {column} = $2) and (
            {_ways_in(column)} is not null
            or {_HAS_DEVICE})
        returning id
        """,
    )
    for column in IDENTIFIERS
}

UNLINK_DEVICE = Command(
    "identity.unlink_device",
    "Take a device from its player unless it is the last identifier.",
    f"""
    delete from user_device device where device.id = $2 and device.user_id = $1 and (
        exists (select from user_device other where other.user_id = $1 and other.id <> $2)
        or exists (select from users where id = $1 and {_ways_in()} is not null))
    returning device.id
    """,
)

COUNT_ATTEMPTS = Command(
    "identity.count_attempts",
    "Count a password attempt against everything that limits it; what has expired or is at zero starts anew.",
    """
    insert into password_attempt as a (subject, failures, expires_at)
    select subject, 1, expires_at from unnest($1::text[], $2::timestamptz[]) s (subject, expires_at)
    order by subject
    on conflict (subject) do update set
        failures = case when a.expires_at <= $3 then 1 else a.failures + 1 end,
        expires_at = case when a.expires_at <= $3 or a.failures = 0
            then excluded.expires_at else a.expires_at end
    returning subject, failures, expires_at
    """,
)

FORGIVE_ATTEMPT = Command(
    "identity.forgive_attempt",
    "Take back an attempt whose password was right.",
    """
    update password_attempt set failures = failures - 1
    where subject in (
        select subject from password_attempt where subject = any($1::text[]) order by subject for update)
    and failures > 0
    """,
)

FORGET_ATTEMPTS = Command(
    "identity.forget_attempts",
    "Drop counters whose time is over.",
    "delete from password_attempt where expires_at <= $1",
)
