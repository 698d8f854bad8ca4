"""Events: what clients and game code report, handed to the game's handlers."""
