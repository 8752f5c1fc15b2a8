//! The component as it is shipped: built for WebAssembly and encoded, what does it import?

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use wit_component::{ComponentEncoder, DecodedWasm, decode};

/// Bytes of the component at most: it is embedded in the host and compiled at its first start.
const MAX_BYTES: usize = 950 * 1024;

fn component() -> Vec<u8> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guest");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--lib", "--target", "wasm32-unknown-unknown", "--profile", "guest"])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()
        .expect("cargo runs");
    assert!(status.success(), "run `rustup target add wasm32-unknown-unknown` if it is missing");
    let module = target.join("wasm32-unknown-unknown/guest/palisade_plugin.wasm");
    ComponentEncoder::default()
        .validate(true)
        .module(&std::fs::read(module).expect("the module is there"))
        .and_then(|mut encoder| encoder.encode())
        .expect("the module says its world")
}

#[test]
fn it_imports_the_hosts_capabilities_and_nothing_else() {
    let component = component();
    let DecodedWasm::Component(resolve, world) = decode(&component).expect("a component") else {
        panic!("not a component");
    };
    let world = &resolve.worlds[world];
    let name = |key| resolve.name_world_key(key);
    let imports: BTreeSet<_> = world.imports.keys().map(name).collect();
    let exports: BTreeSet<_> = world.exports.keys().map(name).collect();
    let expected = [
        // Types alone, without a function.
        "palisade:assistant/conversation@0.1.0",
        "palisade:host/clock@0.1.0",
        "palisade:host/data@0.1.0",
        "palisade:host/identity@0.1.0",
        "palisade:host/log@0.1.0",
        "palisade:host/policy@0.1.0",
        "palisade:host/provider@0.1.0",
        "palisade:host/types@0.1.0",
        "palisade:host/ui@0.1.0",
    ];
    assert_eq!(imports, expected.map(String::from).into());
    assert_eq!(exports, ["palisade:assistant/assistant@0.1.0".to_owned()].into());
    println!("component: {} bytes", component.len());
    assert!(component.len() <= MAX_BYTES, "{} bytes", component.len());
}
