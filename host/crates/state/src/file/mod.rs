//! Files that were given to a provider's storage: ids that this installation signed.
//!
//! A file id travels through the browser and comes back with the conversation. It says everything that
//! the host has to know about the file, so no table has to be kept, and the signature is what makes it
//! more than a claim of the client.

mod token;

pub use token::{FileClaims, FileHolder, FileRefusal, FileTokens, MAX_FILE_TOKEN_BYTES};
