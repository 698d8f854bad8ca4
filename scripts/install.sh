#!/bin/sh
# install.sh VENV LOCKFILE: put the locked packages and this checkout into VENV.
# The checkout itself is not built: a .pth file puts src/ on the path, so that nothing beyond the lock is fetched.
set -eu
venv=$1 lock=$2

usable='import sys, pip; sys.exit(sys.version_info < (3, 11))'
"$venv/bin/python" -c "$usable" 2>/dev/null || sh "$(dirname "$0")/venv.sh" "$venv"

echo "Installing $lock into $venv ..."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$lock"

packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo ../../../../src > "$packages/kizuna-checkout.pth"
cat > "$venv/bin/kizuna" <<'EOF'
#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/python" -m kizuna "$@"
EOF
chmod +x "$venv/bin/kizuna"
