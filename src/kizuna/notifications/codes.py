"""What the server's own notifications are about. Game code has the positive codes and -2000 to -1000."""

DIRECT_CHAT = -1
FRIEND_REQUEST = -2
FRIEND_ACCEPTED = -3
ADDED_TO_GROUP = -4
JOIN_REQUEST = -5
FRIEND_JOINED_GAME = -6
SINGLE_SOCKET = -7
BANNED = -8
FRIEND_REMOVED = -9
