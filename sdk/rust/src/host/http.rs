//! HTTP.

use crate::{Error, Request, Response};

/// HTTP requests to the origins that were granted.
pub trait Http {
    /// Sends a request and waits for the whole response, at most 1 MiB and 15 seconds. Redirects
    /// arrive as they are.
    ///
    /// # Errors
    ///
    /// `denied` for an origin, method, address or secret that isn't granted; `unavailable` without a
    /// connection; `limit` for a response that is too large; `timeout`. A response with a status of
    /// 400 or more is no error here.
    fn send(&self, request: &Request) -> Result<Response, Error>;
}
