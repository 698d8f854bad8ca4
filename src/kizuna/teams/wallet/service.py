"""TEAMS_WALLET_GET and TEAMS_WALLET_GRANT."""

from kizuna.db.engine import Database
from kizuna.teams import catalogue
from kizuna.teams.errors import amount_not_positive, bad_input, currency_not_found
from kizuna.teams.functions import Reading, Reply, Request, Served, Writing
from kizuna.teams.held import Held, View
from kizuna.teams.reading import RowsOfTeams
from kizuna.teams.wallet.balances import Wallet, wallet_of

GRANT = "wallet_grant"


class TeamWallets:
    """Look into a team's wallet, and put something in."""

    def __init__(self, database: Database) -> None:
        self._balances = RowsOfTeams(database, Wallet.query)

    def functions(self) -> list[Served]:
        return [
            Reading(catalogue.WALLET_GET, self.get),
            Writing(catalogue.WALLET_GRANT, self.grant, reads=(Wallet,)),
        ]

    async def get(self, view: View, request: Request) -> Reply:
        """The `TeamWallet` message."""
        [balances] = await self._balances.of(view.team_id)
        return wallet_of(balances, view.config)

    async def grant(self, held: Held, request: Request) -> Reply:
        """Add to balances; the `TeamWallet` message. 400 as in T-454, and nothing is added."""
        amounts = request.get("currencies", {})
        if not amounts:
            raise bad_input()
        if not amounts.keys() <= held.config.currencies.keys():
            raise currency_not_found()
        if any(amount <= 0 for amount in amounts.values()):
            raise amount_not_positive()
        wallet = await held.part(Wallet)
        await wallet.change(held, amounts, GRANT)
        for currency, amount in amounts.items():
            held.publish("currencyGranted", amount, currencyId=currency, source=GRANT)
        return wallet.message(held.team_id)
