//! The example tools as their authors build them: what do the components import, export and carry?

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, DecodedWasm, decode};

const TARGET: &str = "wasm32-unknown-unknown";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Builds both tools, once, and gives the folder of the modules.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        // Shared with the other test that builds a guest: what runs at build time is the same.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guest");
        let status = Command::new(env!("CARGO"))
            .args(["build", "--profile", "guest", "--locked", "--target", TARGET, "--target-dir"])
            .arg(&target)
            .args(["-p", "readability", "-p", "exchange-rates"])
            .current_dir(root())
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .status()
            .expect("cargo runs");
        assert!(status.success(), "run `rustup target add {TARGET}` if it is missing");
        target.join(TARGET).join("guest")
    })
}

fn module(name: &str) -> Vec<u8> {
    std::fs::read(built().join(name).with_extension("wasm")).expect("the module is there")
}

/// The component that the host makes of a module.
fn component(module: &[u8]) -> Vec<u8> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .expect("the module says its world")
}

/// The interfaces that a component imports and exports.
fn interfaces(component: &[u8]) -> (BTreeSet<String>, BTreeSet<String>) {
    let DecodedWasm::Component(resolve, world) = decode(component).expect("a component") else {
        panic!("not a component");
    };
    let world = &resolve.worlds[world];
    let name = |key| resolve.name_world_key(key);
    (world.imports.keys().map(name).collect(), world.exports.keys().map(name).collect())
}

/// What stands in custom sections of a name, also those of modules within a component.
fn sections(bytes: &[u8], name: &str) -> Vec<Vec<u8>> {
    Parser::new(0)
        .parse_all(bytes)
        .filter_map(|payload| match payload.expect("well formed") {
            Payload::CustomSection(section) if section.name() == name => {
                Some(section.data().to_vec())
            }
            _ => None,
        })
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| format!("palisade:tool/{name}@0.1.0")).collect()
}

/// The module's bytes at most: what a tool of some hundred lines may need.
const MAX_BYTES: usize = 400 * 1024;

#[test]
fn readability_imports_data_and_the_log_of_panics() {
    let module = module("readability");
    let (imports, exports) = interfaces(&component(&module));
    // `types` has no function.
    assert_eq!(imports, set(&["data", "log", "types"]));
    assert_eq!(exports, set(&["tools"]));
    println!("readability: {} bytes", module.len());
    assert!(module.len() <= MAX_BYTES, "{} bytes", module.len());
}

#[test]
fn exchange_rates_imports_what_it_calls() {
    let module = module("exchange_rates");
    let (imports, _) = interfaces(&component(&module));
    assert_eq!(imports, set(&["clock", "http", "kv", "log", "progress", "types"]));
    println!("exchange-rates: {} bytes", module.len());
    assert!(module.len() <= MAX_BYTES, "{} bytes", module.len());
}

#[test]
fn the_manifest_goes_with_the_module() {
    for (file, folder) in [("readability", "readability"), ("exchange_rates", "exchange-rates")] {
        let manifest = root().join("examples/tools").join(folder).join("tool.toml");
        let manifest = std::fs::read(manifest).expect("the manifest is there");
        assert_eq!(sections(&module(file), "palisade:tool-manifest"), [manifest], "{folder}");
    }
}
