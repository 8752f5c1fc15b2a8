//! Files that nobody else can have written.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::Path,
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use rustix::{fs::OFlags, process::geteuid};

/// Permission bits of group and others.
const OTHERS: u32 = 0o077;

/// Makes the folder where it doesn't exist, and says whether it is private: a folder and no link to
/// one, of this user, closed to others.
pub(super) fn ensure_folder(folder: &Path) -> io::Result<bool> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let metadata = fs::symlink_metadata(folder)?;
    Ok(metadata.is_dir() && is_private(&metadata))
}

/// Reads a private file of at most `limit` bytes. The checks are made on the open file, and the bytes
/// are read once, so what is checked afterwards is what is used.
pub(super) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let no_links = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(no_links).unwrap_or_default())
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || !is_private(&metadata) {
        return Err(io::Error::other("it isn't a private file of this user"));
    }
    if metadata.len() > limit {
        return Err(io::Error::other("it is too large"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a private file in one step: readers see the old one or the new one.
pub(super) fn replace(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let new = path.with_extension(format!("{}-{count}.new", process::id()));
    let written = write(&new, parts).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&new);
    }
    written
}

fn write(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    parts.iter().try_for_each(|part| file.write_all(part))?;
    file.sync_data()
}

fn is_private(metadata: &fs::Metadata) -> bool {
    metadata.uid() == geteuid().as_raw() && metadata.mode() & OTHERS == 0
}
