"""Groups of players: roles, join requests, bans."""
