#!/usr/bin/env bash
# Unit tests of what isn't Rust: the layers for JavaScript (with its types) and Python, and the example tools in both.
# The Rust ones run with the workspace.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
export PYTHONDONTWRITEBYTECODE=1
for folder in sdk/javascript examples/tools/slugify; do
  (cd "$root/$folder" && node --test)
done
"$("$root/tests/plugins/modules.sh" "$root/sdk/javascript")/.bin/tsc" --project "$root/sdk/javascript"
for folder in sdk/python examples/tools/csv-report; do
  (cd "$root/$folder" && "${PYTHON:-python3}" -m unittest)
done
