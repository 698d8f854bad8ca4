"""What a message in a channel is: chat, or what has happened to a group's members."""

CHAT = 0

# Only delivered, never stored: an edited message keeps its code, a removed one is gone.
UPDATE = 1
REMOVE = 2

GROUP_JOIN = 3
GROUP_ADD = 4
GROUP_LEAVE = 5
GROUP_KICK = 6
GROUP_PROMOTE = 7
GROUP_BAN = 8
GROUP_DEMOTE = 9
