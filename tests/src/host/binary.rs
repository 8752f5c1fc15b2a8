//! Where the program under test is.

use std::{env, io, path::PathBuf};

/// Names another program than the one beside the running test.
const VARIABLE: &str = "PALISADE_BIN";

/// Path of the `palisade` binary: the value of `PALISADE_BIN`, else the one that Cargo built into the
/// folder of the running test.
///
/// Errors: `NotFound`, with what to do.
pub fn palisade_binary() -> io::Result<PathBuf> {
    let path = match env::var_os(VARIABLE) {
        Some(path) => PathBuf::from(path),
        None => {
            let test = env::current_exe()?;
            let folder = test.ancestors().nth(2).ok_or(io::ErrorKind::NotFound)?;
            folder.join(format!("palisade{}", env::consts::EXE_SUFFIX))
        }
    };
    if path.is_file() {
        return Ok(path);
    }
    Err(io::Error::new(
        io::ErrorKind::NotFound,
        format!(
            "{} does not exist: run `cargo build -p palisade`, or name another in {VARIABLE}",
            path.display()
        ),
    ))
}
