#!/bin/sh
# Renew requirements*.txt from pyproject.toml. No index address is written; what installs them decides where from.
set -eu
if ! command -v uv >/dev/null; then
    echo "uv is needed to renew the locked versions and was not found: install it and run make lock again." >&2
    exit 1
fi
lock() {
    uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links "$@"
}
lock pyproject.toml -o requirements.txt
lock pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
