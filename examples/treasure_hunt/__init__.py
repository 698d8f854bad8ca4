"""Treasure hunt: a small game whose rules run on the server.

coins       the wallet: a reward each day, and grants by the studio's own servers
island      digging for treasure, which costs coins; what was found
hunters     the week's best: a leaderboard, and prizes when it is reset
progress    how far the player has come, from whichever device they play on
"""

#: The storage collection of this game.
COLLECTION = "treasure_hunt"
