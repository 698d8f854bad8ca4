"""All or nothing: one call for what is to happen together."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from kizuna.accounts.service import Aftermath
from kizuna.caller import SYSTEM_USER
from kizuna.db.engine import ROLLED_BACK, Database, Transaction
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.records import RecordWrite
from kizuna.leaderboards.service import Written
from kizuna.runtime.boards import LeaderboardRecord, record_of
from kizuna.runtime.data import AccountUpdate, StorageDelete, StorageWrite, ack_of
from kizuna.runtime.nakama.accounts import prepared_update
from kizuna.runtime.nakama.boards import (
    LEADERBOARD_NOT_FOUND,
    BoardCalls,
    check_scores,
    in_server_words,
    prepared_record,
)
from kizuna.runtime.nakama.group_changes import prepared_change as prepared_group_change
from kizuna.runtime.nakama.services import refusing, user_not_found
from kizuna.runtime.nakama.storage import prepared_delete, prepared_write
from kizuna.runtime.nakama.wallets import prepared_change
from kizuna.runtime.social import group_of
from kizuna.runtime.together import GroupChange, LeaderboardWrite, MultiUpdateResult
from kizuna.runtime.values import item_of
from kizuna.wallets.service import WalletUpdate

T = TypeVar("T")

#: Scores that have been written: to leaderboards (False), to tournaments (True).
Scores = dict[bool, Written]


class TogetherCalls(BoardCalls):
    """Accounts, objects, wallets, groups and scores in one transaction."""

    async def multi_update(
        self,
        account_updates: Sequence[AccountUpdate] = (),
        storage_writes: Sequence[StorageWrite] = (),
        storage_deletes: Sequence[StorageDelete] = (),
        wallet_updates: Sequence[WalletUpdate] = (),
        *,
        update_ledger: bool = False,
        group_changes: Sequence[GroupChange] = (),
        leaderboard_writes: Sequence[LeaderboardWrite] = (),
    ) -> MultiUpdateResult:
        """Accounts, groups, objects, deletions, wallets and scores, in this order, all or nothing.

        Each list is worked off in its order. Scores go to leaderboards and tournaments alike, to leaderboards
        first. `update_ledger` notes the changes of wallets in the ledger. Raises what the single calls raise,
        and `ApiError` "user not found" if the user of an account or a wallet does not exist, whom the single
        calls may pass over; then nothing of it has happened, and nobody has been notified.
        """
        services = self._services
        accounts = [prepared_update(update) for update in account_updates]
        writes = [prepared_write(write) for write in storage_writes]
        deletes = [prepared_delete(target) for target in storage_deletes]
        wallets = [prepared_change(update) for update in wallet_updates]
        groups = [prepared_group_change(change) for change in group_changes]
        # Boards are looked up now: within the transaction that could wait for the connection it holds.
        scores = [await self._prepared_score(write) for write in leaderboard_writes]
        held_groups = {change.group_id for change in groups if change.group_id is not None}
        needed = {user_id for user_id, _ in accounts} | {update.user_id for update in wallets}
        held_users = set(needed)
        held_users.update(*(change.user_ids for change in groups))
        held_users.update(target.user_id for target in (*(w.id for w in writes), *(i for i, _ in deletes)))
        held_users.update(write.owner_id for _, write in scores)

        async def work(tx: Transaction, aftermath: list[Aftermath]) -> tuple[MultiUpdateResult, Scores]:
            if held_groups:
                await services.groups.hold_groups(tx, held_groups)
            if held_users - {SYSTEM_USER}:
                known = await services.wallets.hold(tx, held_users - {SYSTEM_USER})
                # Who is paid out of a wallet must have one: nothing is given without payment.
                if needed - known - {SYSTEM_USER}:
                    raise user_not_found()
            for user_id, values in accounts:
                await services.accounts.update_within(tx, user_id, values)
            # Like accounts, these wait for users: before anything is locked that others have while they wait.
            changed = [await change.apply(services.groups, tx) for change in groups]
            created = [group_of(message) for message in changed if message is not None]
            if writes and deletes:
                await services.storage.hold(tx, [*(write.id for write in writes), *(id for id, _ in deletes)])
            acks = await services.storage.write_within(tx, writes) if writes else []
            if deletes:
                await services.storage.delete_within(tx, deletes, authoritative=True)
            results = []
            if wallets:
                results = await services.wallets.update_within(tx, wallets, update_ledger=update_ledger)
            written = await self._write_scores(tx, scores, aftermath)
            return MultiUpdateResult([ack_of(ack) for ack in acks], results, [], created), written

        with refusing("Error running multi update."):
            async with services.groups.turns.of(*held_groups):
                result, written = await _settled(services.database, work)
        return replace(result, records=await _records(scores, written))

    async def _prepared_score(self, write: LeaderboardWrite) -> tuple[Board, RecordWrite]:
        item_of(write, LeaderboardWrite, "leaderboard writes")
        prepared = prepared_record(
            write.owner_id, write.username, write.score, write.subscore, write.metadata, write.operator
        )
        board = await self._board(write.id, LEADERBOARD_NOT_FOUND)
        check_scores(board, prepared)
        return board, prepared

    async def _write_scores(
        self, tx: Transaction, scores: Sequence[tuple[Board, RecordWrite]], aftermath: list[Aftermath]
    ) -> Scores:
        """Write scores, those of leaderboards first: what was written to each of the two kinds."""
        services = self._services
        written: Scores = {}
        for kind, service in ((False, services.leaderboards), (True, services.tournaments)):
            some = [(board, write) for board, write in scores if board.is_tournament is kind]
            if some:
                with in_server_words():
                    written[kind] = await service.write_within(tx, some)
                aftermath.append(written[kind])
        return written


async def _settled(database: Database, work: Callable[[Transaction, list[Aftermath]], Awaitable[T]]) -> T:
    """Run `work` in a transaction, and tell what it leaves in the list how that has ended."""
    aftermath: list[Aftermath] = []

    async def attempt(tx: Transaction) -> T:
        aftermath.clear()
        return await work(tx, aftermath)

    try:
        result = await database.atomically(attempt)
    except ROLLED_BACK:
        raise
    except BaseException:
        for one in aftermath:
            one.unknown()
        raise
    for one in aftermath:
        await one.committed()
    return result


async def _records(scores: Sequence[tuple[Board, RecordWrite]], written: Scores) -> list[LeaderboardRecord]:
    """The records of all scores, in their order."""
    messages = {kind: iter(await some.messages()) for kind, some in written.items()}
    return [record_of(next(messages[board.is_tournament])) for board, _ in scores]
