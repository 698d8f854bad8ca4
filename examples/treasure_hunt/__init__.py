"""Treasure hunt: a small game whose rules run on the server.

coins       the wallet: a reward each day, and grants by the studio's own servers
island      digging for treasure, which costs coins; what was found
hunters     the week's best: a leaderboard, and prizes when it is reset
progress    how far the player has come, from whichever device they play on
"""

#: The storage collection of this game. Its objects belong to the server (they have no user id) and name the
#: player in their keys: what belongs to a player, a modified client could write before the server does.
COLLECTION = "treasure_hunt"
