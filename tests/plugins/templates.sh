#!/usr/bin/env bash
# What `palisade tools new` writes is tested, built and tried in the sandbox, in each language:
# templates.sh PALISADE, with the path of the program. Caches are those of build.sh.
set -euo pipefail
palisade=$(realpath "${1:?usage: templates.sh PALISADE}")
root=$(cd "$(dirname "$0")/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/palisade/plugins
guest=$(realpath -m "${CARGO_TARGET_DIR:-$root/target}/tmp/guest")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1
echo '[{ "id": 1, "body": "one two three" }]' > "$work/articles.json"

# tried COMPONENT: the tool counts the words of the item, and nothing that isn't granted.
tried() {
  local call=("$palisade" tools test "$1" --items "articles=$work/articles.json" --call count_words
    --arguments '{"collection":"articles","key":1,"field":"body"}')
  "${call[@]}" > "$work/answer"
  grep -Eq '"words": ?3' "$work/answer" || { cat "$work/answer"; exit 1; }
  if "${call[@]}" --deny > "$work/answer"; then
    echo "it counts what isn't granted:"; cat "$work/answer"; exit 1
  fi
}

"$palisade" tools new word-count --language rust --folder "$work/rust" --sdk "$root/sdk/rust"
(
  cd "$work/rust"
  cp "$root/Cargo.lock" .
  cargo test --target-dir "$guest"
  cargo build --release --target wasm32-unknown-unknown --target-dir "$guest"
  cp "$guest/wasm32-unknown-unknown/release/word_count.wasm" .
  tried word_count.wasm
)

"$palisade" tools new word-count --language javascript --folder "$work/javascript"
(
  cd "$work/javascript"
  # The same builder at the same version as the example has.
  ln -s "$("$root/tests/plugins/modules.sh" "$root/examples/tools/slugify")" node_modules
  diff <(grep componentize-qjs package.json | tail -1) <(grep componentize-qjs "$root/examples/tools/slugify/package.json" | tail -1)
  npm test
  npm run build
  tried word-count.wasm
)

"$palisade" tools new word-count --language python --folder "$work/python"
(
  cd "$work/python"
  python3 -m unittest
  PALISADE_PYTHON_ENVIRONMENT=$cache/python python3 build.py
  tried word-count.wasm
)
wc -c "$work"/rust/word_count.wasm "$work"/*/word-count.wasm
