"""Statements that read all that a player has."""

from kizuna.db.statements import Query
from kizuna.friends.messages import COLUMNS as FRIEND_COLUMNS
from kizuna.groups.profile import COLUMNS as GROUP_COLUMNS
from kizuna.leaderboards.fragments import RECORD

OBJECTS = Query(
    "export.objects",
    "A user's storage objects.",
    """
    select s.collection::text as collection, s.key::text as key, s.user_id::text as user_id,
        s.value::text as value, s.version::text as version, s.read, s.write, s.create_time, s.update_time
    from storage s where s.user_id = $1 order by s.collection, s.key
    """,
)

FRIENDS = Query(
    "export.friends",
    "How others stand to a user.",
    f"""
    select {FRIEND_COLUMNS} from user_edge e join users u on u.id = e.destination_id
    where e.source_id = $1 order by e.state, e.position, e.destination_id
    """,
)

GROUPS = Query(
    "export.groups",
    "The groups that a user is a member of.",
    f"""
    select {GROUP_COLUMNS} from group_edge e join groups g on g.id = e.group_id
    where e.user_id = $1 and e.state <= 2 order by e.state, e.position, e.group_id
    """,
)

MESSAGES = Query(
    "export.messages",
    "What a user has said in channels, and what has been said there of the user.",
    """
    select m.id::text as id, m.code, m.sender_id::text as sender_id, m.username::text as username,
        m.content::text as content, m.create_time, m.update_time, m.stream_mode,
        m.stream_subject::text as subject, m.stream_descriptor::text as descriptor,
        m.stream_label::text as label
    from message m where m.sender_id = $1 order by m.create_time, m.id
    """,
)

RECORDS = Query(
    "export.records",
    "A user's records on all boards, of all periods.",
    f"""
    select l.id::text as board_id, {RECORD}
    from leaderboard_record r join leaderboard l on l.key = r.board
    where r.owner_id = $1 and not l.deleted order by l.id, r.expiry
    """,
)

NOTIFICATIONS = Query(
    "export.notifications",
    "A user's notifications.",
    """
    select n.id::text as id, n.user_id::text as user_id, n.subject::text as subject,
        n.content::text as content, n.code, n.sender_id::text as sender_id, n.create_time
    from notification n where n.user_id = $1 order by n.create_time, n.id
    """,
)

LEDGER = Query(
    "export.ledger",
    "The changes of a user's wallet.",
    """
    select id::text as id, user_id::text as user_id, changeset::text as changeset,
        metadata::text as metadata, create_time, update_time
    from wallet_ledger where user_id = $1 order by create_time, id
    """,
)
