#!/usr/bin/env bash
# Make or renew .venv from the lock files, with uv: seconds where its cache is warm. uv itself comes from the package
# index too, checked by hash, and lies in the tool cache that all checkouts share.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { echo "error: $*" >&2; exit 1; }

python=${PYTHON:-python3}
command -v "$python" > /dev/null || fail "$python is not on PATH: install Python 3.11 or newer, or name it with PYTHON="
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || fail "$("$python" --version) is too old: Python 3.11 or newer is needed, name it with PYTHON="

cache=${XDG_CACHE_HOME:-$HOME/.cache}/hoprd-pulumi/tools
version=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements-uv.txt)
uv=$cache/uv-$version/bin/uv
if [ ! -x "$uv" ]; then
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/.uv-$version.making-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    "$python" -m venv "$work/venv" || fail "$python cannot make a virtualenv: install its venv module (python3-venv)"
    "$work/venv/bin/python" -m pip install --quiet --require-hashes -r requirements-uv.txt \
        || fail "uv $version cannot be installed from the package index (see above)"
    # The folder appears complete or not at all; whoever was quicker has the same content.
    "$python" -c 'import os, sys; os.rename(*sys.argv[1:])' "$work/venv" "$cache/uv-$version" 2> /dev/null \
        || [ -x "$uv" ] || fail "cannot write $cache/uv-$version"
fi

[ -x .venv/bin/python ] || "$uv" venv --quiet --clear --python "$python" .venv
"$uv" pip sync --quiet --python .venv/bin/python --require-hashes requirements.txt requirements-dev.txt
touch .venv/.synced
