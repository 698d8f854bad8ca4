"""A PostgreSQL server of one's own, for a machine that has none.

`EmbeddedPostgres` owns a home directory and the server that runs in it; `attach` finds the server that
another process owns. The rooms, from the bottom up:

    errors       the one exception, written for the operator
    privileges   as root: the account that PostgreSQL runs under, and what that account can reach
    binaries     where the PostgreSQL programs are
    home         the directory: its layout, whether it can be used, its owner lock
    spawn        child processes that end with their parent
    leftovers    processes that an earlier owner left behind
    cluster      making the data directory, and refusing one of another version
    endpoint     the socket directory, the URL, and what `postmaster.pid` tells
    log          the server's log file, bounded in size
    supervisor   `EmbeddedPostgres`: start, watch, stop
"""

from kizuna.db.embedded.endpoint import attach
from kizuna.db.embedded.errors import EmbeddedError
from kizuna.db.embedded.home import default_home
from kizuna.db.embedded.supervisor import EmbeddedPostgres

__all__ = ["EmbeddedError", "EmbeddedPostgres", "attach", "default_home"]
