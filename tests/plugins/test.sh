#!/usr/bin/env bash
# Unit tests of what isn't Rust: the layers for JavaScript and Python, and the example tools in both.
# The Rust ones run with the workspace.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
export PYTHONDONTWRITEBYTECODE=1
for folder in sdk/javascript examples/tools/slugify; do
  (cd "$root/$folder" && node --test)
done
for folder in sdk/python examples/tools/csv-report; do
  (cd "$root/$folder" && "${PYTHON:-python3}" -m unittest)
done
