"""Other companies' servers: asking them, and not believing what anybody says in their name.

checks         the checks of one verification, each with its name and outcome
client         `Outside`, the one way of sending a request out: limited in time, size and redirects
encoding       base64 and JSON, strictly
connections    how httpx connects: to addresses that are looked up without holding up other hosts
names          the addresses of hosts
published      what is fetched from a URL and kept for a while
keys           public keys that are fetched and kept by their ids
signatures     whether a key has signed something
tokens         signed tokens (JWT) whose claims are checked
certificates   certificates, chains of them, and files that hold them
"""
