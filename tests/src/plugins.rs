//! Tool components for tests.

use std::{
    io,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

const TARGET: &str = "wasm32-unknown-unknown";

/// A component that tests use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestTool {
    /// Tries whatever a test says.
    Probe,
    /// The same, and describes itself in another way each time.
    Drifting,
    /// The example that scores texts.
    Readability,
    /// The example that converts currencies.
    ExchangeRates,
}

impl TestTool {
    /// The module that `cargo build` makes of it. The first call of a process builds all of them.
    ///
    /// Errors: a build that fails.
    pub fn module(self) -> io::Result<PathBuf> {
        static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
        let folder = BUILT.get_or_init(|| build().map_err(|error| error.to_string()));
        let folder = folder.as_ref().map_err(|error| io::Error::other(error.clone()))?;
        Ok(folder.join(match self {
            Self::Probe => "probe_tool.wasm",
            Self::Drifting => "drifting/probe_tool.wasm",
            Self::Readability => "readability.wasm",
            Self::ExchangeRates => "exchange_rates.wasm",
        }))
    }
}

/// Builds the tools into a folder beside the tests'.
fn build() -> io::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let target = test.ancestors().nth(3).ok_or(io::ErrorKind::NotFound)?.join("test-tools");
    let release = target.join(TARGET).join("release");
    let packages = ["probe-tool", "readability", "exchange-rates"];
    cargo(&target, &packages.map(|name| ["-p", name]).concat())?;
    // Cargo writes both to the same file: the tests of one process share this folder with those of
    // others, so the other one gets a folder of its own.
    let drifting = target.join("drifting");
    cargo(&drifting, &["-p", "probe-tool", "--features", "drifting"])?;
    let folder = release.join("drifting");
    std::fs::create_dir_all(&folder)?;
    let module = drifting.join(TARGET).join("release/probe_tool.wasm");
    // A copy under a name of its own first: another process may be reading.
    let copy = folder.join(format!("{}.tmp", std::process::id()));
    std::fs::copy(module, &copy)?;
    std::fs::rename(copy, folder.join("probe_tool.wasm"))?;
    Ok(release)
}

fn cargo(target: &Path, arguments: &[&str]) -> io::Result<()> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--locked", "--quiet", "--target", TARGET, "--target-dir"])
        .arg(target)
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()?;
    match status.success() {
        true => Ok(()),
        false => {
            Err(io::Error::other(format!("run `rustup target add {TARGET}` if it is missing")))
        }
    }
}
