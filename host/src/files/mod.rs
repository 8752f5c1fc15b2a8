//! Files on their way to a provider: from the caller's socket, or from the project's files, straight
//! into the provider's storage.
//!
//! A file never rests here. It is checked while it passes (size, type, what its bytes show), and a
//! failed check breaks the provider's request off before it is complete. What was stored nevertheless
//! and can't be handed over is deleted again.

mod content;
mod error;
mod form;
mod intake;
mod kind;
mod record;
mod service;
mod target;
mod transfer;

pub use error::FileError;
pub use kind::{FileKind, UnknownFileKind};
pub use service::{FileRequest, FileService, FormRequest, UploadedFile};

/// Bytes of a file at most: Directus's limit.
pub const MAXIMUM_FILE_BYTES: u64 = 50 * 1024 * 1024;
