#!/usr/bin/env bash
# Judges the assistant's request bodies by the official SDKs' types. Its arguments are check.py's.
# The SDKs are installed once, beside other caches and by the lock: a new lock makes a new environment.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}

command -v "$python" >/dev/null || { echo "$python is missing: install Python 3.11 or newer (Debian: apt-get install python3 python3-venv)" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$("$python" --version) is too old: install Python 3.11 or newer, or name one with PYTHON=" >&2; exit 1; }

key=$("$python" -c 'import hashlib, sys; print(hashlib.sha256(f"{sys.executable} {sys.version}".encode() + open(sys.argv[1], "rb").read()).hexdigest()[:16])' "$here/requirements.txt")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/palisade/python-types
environment=$cache/$key
if [ ! -e "$environment/complete" ]; then
  "$python" -c 'import ensurepip' 2>/dev/null || "$here/../install-debian-package.sh" python3-venv \
    "$("$python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')/ensurepip/__init__.py"
  echo "Installing the SDKs of OpenAI, Anthropic and Google into $environment"
  "$python" -m venv --clear "$environment"
  "$environment/bin/python" -m pip install --disable-pip-version-check --require-hashes --only-binary :all: -r "$here/requirements.txt"
  touch "$environment/complete"
fi

cd "$here"
"$environment/bin/python" -m unittest
"$environment/bin/python" check.py "$@"
