#!/bin/sh
# venv.sh DIR: make DIR a virtual environment of the first Python found that is new enough.
# PYTHON=/path/to/python3 names one to use instead of looking.
set -eu
venv=$1
too_old= no_venv=

for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    if ! "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        too_old=${too_old:-$version}
    elif ! "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
        no_venv=${no_venv:-$version}
    else
        rm -rf "$venv"
        "$candidate" -m venv "$venv"
        exit 0
    fi
done

if [ -n "$no_venv" ]; then
    echo "Python $no_venv is here without its venv module: install that (Debian, Ubuntu: apt install python3-venv)" \
        "and run make again." >&2
elif [ -n "$too_old" ]; then
    echo "Python 3.11 or newer is needed and only $too_old was found: install one, or name it with make PYTHON=/path/to/python3." >&2
else
    echo "Python 3.11 or newer is needed and none was found: install one, or name it with make PYTHON=/path/to/python3." >&2
fi
exit 1
