# make run · make test · make bench · make component · make directus · make ui
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
CARGO ?= cargo
TARGET ?= $(or $(CARGO_TARGET_DIR),target)
DATA_DIR ?= .palisade
# The formats of requests that the assistant speaks, with commas between them: each must have bodies to judge.
FORMATS := openai_compatible,openai,anthropic,google

.PHONY: run test lint test-rust test-parity test-types test-sdk test-plugins test-directus test-browser page bench component directus extension ui deny prerequisites sdk npm

run: prerequisites page
	$(CARGO) build --release -p palisade
	@if [ "$(TARGET)" != target ]; then mkdir -p target/release && cp $(TARGET)/release/palisade target/release/; fi
	@test -f $(DATA_DIR)/project.db || target/release/palisade --data-dir $(DATA_DIR) project init --sample newsroom
	@exec target/release/palisade --data-dir $(DATA_DIR) serve

test: prerequisites lint test-rust test-parity test-types test-sdk test-plugins test-directus test-browser

lint: prerequisites
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

test-rust: prerequisites
	@tests/install-debian-package.sh iso-codes /usr/share/iso-codes/json/iso_3166-1.json
	$(CARGO) build --bins -p palisade -p palisade-tests
	$(CARGO) test --workspace --exclude palisade-plugin --exclude palisade-parity --no-fail-fast
	# By itself, because that is how the guest is built: without what the host's crates ask of serde_json.
	$(CARGO) test -p palisade-plugin

# The embedded project against real Directus servers; some minutes, and more the first time, which
# installs them. Other cases: make test-parity PARITY_SEED=7 PARITY_CASES=50000, one: PARITY_CASE=1:4711.
test-parity: prerequisites npm
	$(CARGO) test --workspace --exclude palisade-plugin --test parity -- --nocapture --test-threads 1

test-types:
	@tests/types/run.sh --expect $(FORMATS)

test-sdk: prerequisites sdk
	$(CARGO) build -p palisade -p palisade-tests
	cd tests/sdk && TEST_BINARIES="$(abspath $(TARGET))/debug" npm test

# Tools in Rust, JavaScript and Python: the layers, the examples, and the manual's commands word for word.
test-plugins: prerequisites npm
	tests/plugins/build.sh $(TARGET)/tools
	tests/plugins/test.sh
	$(CARGO) build -p palisade -p palisade-tests
	TEST_BINARIES="$(abspath $(TARGET))/debug" node --test tests/plugins/manual.test.mjs

# The extension and all tools in real Directus servers, and Data Studio in a browser. Screenshots go
# where TEST_SCREENSHOTS says.
test-directus: prerequisites sdk extension ui
	@tests/install-debian-package.sh chromium /usr/bin/chromium
	$(CARGO) build -p palisade -p palisade-tests
	cd extension && npm test
	cd tests/directus && npm ci --no-audit --no-fund && TEST_BINARIES="$(abspath $(TARGET))/debug" npm test

# The screens in Chromium: the page that the host serves, and the module in real Directus servers.
# Screenshots go where TEST_SCREENSHOTS says.
test-browser: prerequisites sdk extension ui
	@tests/install-debian-package.sh chromium /usr/bin/chromium
	$(CARGO) build -p palisade -p palisade-tests
	$(CARGO) build --release --locked --target wasm32-unknown-unknown -p readability
	cd tests/browser && npm ci --no-audit --no-fund && export TEST_BINARIES="$(abspath $(TARGET))/debug" \
		TEST_COMPONENT="$(abspath $(TARGET))/wasm32-unknown-unknown/release/readability.wasm" && npm test && npm run test:module && npm run test:older-module

bench: prerequisites
	$(CARGO) build --release -p palisade -p palisade-tests
	tests/plugins/build.sh $(TARGET)/tools
	$(CARGO) bench -p palisade-tests --bench turns
	TOOL_COMPONENTS="$(abspath $(TARGET))/tools" $(CARGO) bench -p palisade-tests --bench tools
	$(TARGET)/release/palisade-load

component: prerequisites
	$(CARGO) build -p palisade-plugin --lib --target wasm32-unknown-unknown --profile guest --target-dir $(TARGET)/guest
	$(CARGO) run -q -p palisade-plugin --example encode -- $(TARGET)/guest/wasm32-unknown-unknown/guest/palisade_plugin.wasm $(TARGET)/assistant.wasm

# What an administrator of Directus installs: the host, and the extension.
directus: prerequisites extension
	$(CARGO) build --release -p palisade
	@if [ "$(TARGET)" != target ]; then mkdir -p target/release && cp $(TARGET)/release/palisade target/release/; fi

extension: npm
	cd extension && npm ci --no-audit --no-fund && npm run build

# What tests in JavaScript share: the AI SDK, the providers' SDKs.
sdk: npm
	cd tests/sdk && npm ci --no-audit --no-fund

npm:
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer (Debian: apt-get install nodejs npm)"; exit 1; }

# The same where it isn't built yet and can be: the host runs without it and says so.
page:
	@test -f extension/dist-ui/index.html || ! command -v npm >/dev/null || $(MAKE) ui || echo "The page could not be built; going on without it."

# The page that the host serves, in extension/dist-ui.
ui: npm
	cd extension && npm ci --no-audit --no-fund && npm run build:ui

deny:
	@command -v cargo-deny >/dev/null || $(CARGO) install cargo-deny --locked
	cargo-deny check licenses bans sources

prerequisites:
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing: install Rust 1.95 or newer from https://rustup.rs"; exit 1; }
	@rustc --print target-libdir --target wasm32-unknown-unknown | xargs test -d || rustup target add wasm32-unknown-unknown
