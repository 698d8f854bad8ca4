"""Several statements as one."""

from kizuna.db.engine import Database
from kizuna.db.statements import Command, Query
from kizuna.db.together import at_once, rows_of, with_rows_of

NOTE = Command(
    "test.note",
    "Note a name with a number.",
    "insert into rpc_note (number, name) select n, $1 from unnest($2::bigint[]) n",
)
FORGET = Command("test.forget", "Forget a name.", "delete from rpc_note where name = $1")
NOTES = Query(
    "test.notes", "The numbers of a name.", "select number from rpc_note where name = $1 order by 1"
)
NAMES = Query(
    "test.names", "Names like one.", "select distinct name from rpc_note where name >= $1 order by 1"
)
ONE = Query("test.one", "A row.", "select upper($1) as loud /* rows */")


async def test_commands_keep_their_parameters(database_url: str) -> None:
    database = Database(database_url)
    try:
        async with database.transaction() as tx:
            await tx.write(
                Command("test.table", "", "create temporary table rpc_note (number bigint, name text)")
            )
            await tx.write(NOTE, "a", [1, 2])
            assert await tx.write(at_once((FORGET, NOTE, NOTE)), "a", "b", [2**62], "c", [3, 4]) == []
            assert at_once((FORGET, NOTE)) is at_once((FORGET, NOTE))
            assert at_once((FORGET,)) is FORGET
            # Their rows come along with those of another query, also when there are none.
            [row] = await tx.read(with_rows_of(ONE, (NOTES, NAMES)), "b")
            assert row["loud"] == "B"
            assert rows_of(row, 0) == [{"number": 2**62}]
            assert rows_of(row, 1) == [{"name": "b"}, {"name": "c"}]
            [row] = await tx.read(with_rows_of(ONE, (NOTES,)), "a")
            assert rows_of(row, 0) == []
            [row] = await tx.read(with_rows_of(ONE, ()), "a")
            assert dict(row) == {"loud": "A"}
    finally:
        await database.close()
