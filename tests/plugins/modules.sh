#!/usr/bin/env bash
# modules.sh FOLDER: installs what the package-lock.json of a folder says, once for all checkouts, and
# prints the path of its node_modules.
set -euo pipefail
folder=$1
modules=${XDG_CACHE_HOME:-$HOME/.cache}/palisade/plugins/node-$(sha256sum "$folder/package-lock.json" | cut -c 1-16)
if [ ! -e "$modules/complete" ]; then
  echo "Installing node modules into $modules" >&2
  mkdir -p "$modules"
  cp "$folder/package.json" "$folder/package-lock.json" "$modules"
  npm ci --prefix "$modules" --no-audit --no-fund >&2
  touch "$modules/complete"
fi
echo "$modules/node_modules"
