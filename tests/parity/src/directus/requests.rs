//! Methods beyond HTTP's own.

use reqwest::Method;

/// Directus's `SEARCH`: a read whose query is in the body.
pub(super) fn search() -> Method {
    Method::from_bytes(b"SEARCH").unwrap_or(Method::GET)
}
