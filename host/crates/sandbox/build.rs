//! Builds the assistant component, so that the host carries it.
//!
//! The plugin is compiled for `wasm32-unknown-unknown` in a target directory of its own (the outer
//! build holds the lock of the shared one) and encoded as a component. `PALISADE_COMPONENT` names a
//! ready component instead.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{self, Command},
};

use wit_component::ComponentEncoder;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "guest";

fn main() {
    if let Err(error) = component() {
        println!("cargo::error={error}");
        process::exit(1);
    }
}

fn component() -> Result<(), Box<dyn Error>> {
    let output = PathBuf::from(variable("OUT_DIR")?).join("assistant.wasm");
    println!("cargo::rerun-if-env-changed=PALISADE_COMPONENT");
    if let Some(ready) = env::var_os("PALISADE_COMPONENT").filter(|path| !path.is_empty()) {
        let ready = PathBuf::from(ready);
        println!("cargo::rerun-if-changed={}", ready.display());
        fs::copy(&ready, &output)
            .map_err(|error| format!("PALISADE_COMPONENT={}: {error}", ready.display()))?;
        return Ok(());
    }

    let root = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../../..").canonicalize()?;
    for input in ["Cargo.toml", "Cargo.lock", "plugin/Cargo.toml", "plugin/src", "wit"] {
        println!("cargo::rerun-if-changed={}", root.join(input).display());
    }
    require_target()?;
    let module = fs::read(build_plugin(&root)?)?;
    let component = ComponentEncoder::default()
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| format!("the plugin can't be encoded as a component: {error:#}"))?;
    fs::write(&output, component)?;
    Ok(())
}

/// Compiles the plugin and gives the path of the module.
fn build_plugin(root: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let target_dir = PathBuf::from(variable("OUT_DIR")?).join("guest");
    let mut cargo = Command::new(variable("CARGO")?);
    cargo
        .current_dir(root)
        .args(["build", "--package", "palisade-plugin", "--lib", "--locked"])
        .args(["--target", TARGET, "--profile", PROFILE, "--target-dir"])
        .arg(&target_dir);
    // What is set for the host's compiler (flags, linker, wrappers such as clippy's, coverage) is
    // wrong for the guest's.
    for (name, _) in env::vars_os() {
        if is_for_the_host(&name.to_string_lossy()) {
            cargo.env_remove(&name);
        }
    }
    let built = cargo.output().map_err(|error| format!("cargo can't be started: {error}"))?;
    if !built.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&built.stderr));
        return Err("the assistant component (plugin/) can't be built; see above".into());
    }
    Ok(target_dir.join(TARGET).join(PROFILE).join("palisade_plugin.wasm"))
}

fn is_for_the_host(name: &str) -> bool {
    const NAMES: [&str; 10] = [
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTFLAGS",
        "RUSTDOCFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_LINKER",
        "LLVM_PROFILE_FILE",
        "CLIPPY_ARGS",
        "CLIPPY_CONF_DIR",
        "CARGO_INCREMENTAL",
    ];
    const PREFIXES: [&str; 5] =
        ["CARGO_TARGET_", "CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_LLVM_COV", "CARGO_FEATURE_"];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Says how to install the target where it is missing, in one line instead of a page of the compiler.
fn require_target() -> Result<(), Box<dyn Error>> {
    let printed = Command::new(variable("RUSTC")?)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()?;
    let folder = String::from_utf8(printed.stdout)?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    Err("the target for the assistant component is missing; run: \
         rustup target add wasm32-unknown-unknown"
        .into())
}

#[expect(clippy::disallowed_methods, reason = "cargo configures build scripts this way")]
fn variable(name: &str) -> Result<String, Box<dyn Error>> {
    env::var(name).map_err(|error| format!("{name}: {error}").into())
}
