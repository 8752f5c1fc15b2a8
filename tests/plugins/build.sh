#!/usr/bin/env bash
# Builds the example tools into a folder: build.sh FOLDER. What npm and pip install, and components whose
# sources haven't changed, are kept under ~/.cache/palisade/plugins.
set -euo pipefail
out=${1:?usage: build.sh FOLDER}
root=$(cd "$(dirname "$0")/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/palisade/plugins
mkdir -p "$out" "$cache"
out=$(cd "$out" && pwd)
trap 'rm -rf "$cache/work.$$".*' EXIT

digest() { # of files and of what is in folders, through links
  find -L "$@" -type f -not -path '*/node_modules/*' -not -path '*/__pycache__/*' -not -path '*/.venv/*' \
    -not -name '*.wasm' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16
}

# kept NAME FUNCTION: the component of an example, built by the function in a copy without links.
kept() {
  local name=$1 build=$2 source=$root/examples/tools/$1 key component work
  key=$(cd "$root" && digest "examples/tools/$name" tests/plugins/build.sh)
  component=$cache/$name-$key.wasm
  if [ ! -e "$component" ]; then
    work=$(mktemp -d "$cache/work.$$.XXXXXX")
    (cd "$source" && tar -ch --exclude node_modules --exclude .venv --exclude __pycache__ --exclude '*.wasm' .) | tar -x -C "$work"
    (cd "$work" && "$build")
    rm -f "$cache/$name"-*.wasm
    mv "$work/$name.wasm" "$component"
    rm -rf "$work"
  fi
  cp "$component" "$out/$name.wasm"
}

javascript() {
  ln -s "$("$root/tests/plugins/modules.sh" .)" node_modules
  npm run build
}

python() {
  local python=${PYTHON:-python3} library
  if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    library=$("$python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
    "$root/tests/install-debian-package.sh" python3-venv "$library/ensurepip/__init__.py"
  fi
  PALISADE_PYTHON_ENVIRONMENT=$cache/python "$python" build.py
}

(
  cd "$root"
  # Profile and folder of the tests that build guests, so that nothing is built twice.
  guest=${CARGO_TARGET_DIR:-target}/tmp/guest
  cargo build --profile guest --locked --target wasm32-unknown-unknown --target-dir "$guest" \
    -p readability -p exchange-rates
  modules=$guest/wasm32-unknown-unknown/guest
  cp "$modules/readability.wasm" "$out/readability.wasm"
  cp "$modules/exchange_rates.wasm" "$out/exchange-rates.wasm"
)
kept slugify javascript
kept csv-report python
wc -c "$out"/{readability,exchange-rates,slugify,csv-report}.wasm
