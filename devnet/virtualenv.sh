#!/usr/bin/env bash
# Create or update .venv from the lock files with uv, which takes seconds with a warm cache. uv itself comes from the
# package index, is verified by its hash, and is stored in the tool cache that all checkouts share.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { echo "error: $*" >&2; exit 1; }

python=${PYTHON:-python3}
command -v "$python" > /dev/null || fail "$python is not on PATH: install Python 3.11 or newer, or set PYTHON to its path"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || fail "$("$python" --version) is too old: install Python 3.11 or newer, or set PYTHON to its path"

# The same folder as devnet.toolchain.cache.
case $(uname) in Darwin) caches=$HOME/Library/Caches ;; *) caches=$HOME/.cache ;; esac
cache=${XDG_CACHE_HOME:-$caches}/hoprd-pulumi/tools
version=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements-uv.txt)
uv=$cache/uv-$version/bin/uv
if [ ! -x "$uv" ]; then
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/.uv-$version.creating-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    "$python" -m venv "$work/venv" || fail "$python cannot create a virtualenv: install its venv module (python3-venv)"
    "$work/venv/bin/python" -m pip install --quiet --require-hashes -r requirements-uv.txt \
        || fail "uv $version cannot be installed from the package index (see above)"
    # The folder is complete or does not exist. A faster process has created the same content.
    "$python" -c 'import os, sys; os.rename(*sys.argv[1:])' "$work/venv" "$cache/uv-$version" 2> /dev/null \
        || [ -x "$uv" ] || fail "cannot write $cache/uv-$version"
fi

[ -x .venv/bin/python ] || "$uv" venv --quiet --clear --python "$python" .venv
"$uv" pip sync --quiet --python .venv/bin/python --require-hashes requirements.txt requirements-dev.txt
touch .venv/.synced
