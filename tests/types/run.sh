#!/usr/bin/env bash
# Judges the assistant's request bodies by the official SDKs' types. Its arguments are check.py's.
# The SDKs are installed once, beside other caches and by the lock: a new lock makes a new environment.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}

refuse() {
  echo "$1: install Python 3.11 or newer (Debian: apt-get install python3 python3-venv), or name one with PYTHON=" >&2
  exit 1
}
command -v "$python" >/dev/null || refuse "$python is missing"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || refuse "$("$python" --version) is too old"

key=$("$python" - "$here/requirements.txt" <<'END'
import hashlib, sys
lock = open(sys.argv[1], "rb").read()
print(hashlib.sha256(f"{sys.executable} {sys.version}".encode() + lock).hexdigest()[:16])
END
)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/palisade/python-types
environment=$cache/$key
if [ ! -e "$environment/complete" ]; then
  if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    library=$("$python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
    "$here/../install-debian-package.sh" python3-venv "$library/ensurepip/__init__.py"
  fi
  echo "Installing the SDKs of OpenAI, Anthropic and Google into $environment"
  "$python" -m venv --clear "$environment"
  "$environment/bin/python" -m pip install --disable-pip-version-check --require-hashes --only-binary :all: \
    -r "$here/requirements.txt"
  touch "$environment/complete"
fi

cd "$here"
"$environment/bin/python" -m unittest
"$environment/bin/python" check.py "$@"
