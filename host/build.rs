//! Embeds the user interface: what `make ui` built, or else a page that says how to get it.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

/// Where `make ui` builds to. The folder itself is always there: Cargo would take one that is missing
/// for changed, and compile the host again each time.
const BUILT: &str = "../extension/dist-ui";
/// What is embedded until then.
const MISSING: &str = "src/http/ui/missing";
/// The file that is the page.
const PAGE: &str = "index.html";

fn main() -> io::Result<()> {
    for path in ["build.rs", BUILT, MISSING] {
        println!("cargo::rerun-if-changed={path}");
    }
    let root = folder("CARGO_MANIFEST_DIR")?;
    let built = root.join(BUILT);
    let source = if built.join(PAGE).is_file() { built } else { root.join(MISSING) };
    let mut files = Vec::new();
    list(&source, "", &mut files)?;
    files.sort();
    let mut code = String::from("&[\n");
    for (name, path) in files {
        // Writing to a string can't fail.
        let _ = writeln!(code, "    ({name:?}, include_bytes!({path:?}).as_slice()),");
    }
    code.push(']');
    fs::write(folder("OUT_DIR")?.join("ui_files.rs"), code)
}

/// A folder that Cargo names.
fn folder(variable: &str) -> io::Result<PathBuf> {
    env::var_os(variable).map(PathBuf::from).ok_or_else(|| io::Error::other(variable))
}

/// The files below a folder by their names in addresses, without hidden ones.
fn list(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push((name, fs::canonicalize(entry.path())?));
        }
    }
    Ok(())
}
