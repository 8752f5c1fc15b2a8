#!/usr/bin/env bash
# Makes sure that a file of a Debian package is there: installs the package as root, else says how.
set -euo pipefail
package=$1 file=$2
[ -e "$file" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get install -y -q "$package" >/dev/null 2>&1 || { apt-get update -q >/dev/null && apt-get install -y -q "$package" >/dev/null; }
else
  echo "$file is missing: install Debian's package $package (sudo apt-get install $package)" >&2
  exit 1
fi
