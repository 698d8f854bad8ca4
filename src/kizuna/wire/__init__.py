"""The JSON form of messages: what clients send, understood, and what they receive, written. No I/O here.

messages, requests/   what request messages consist of
decode                a body to a message: orjson where that is safe, else `scanner` and `reader`
query                 query parameters to a message
encode                times, integers and names as clients read them
uuids, cursors        identifiers and page positions
"""
