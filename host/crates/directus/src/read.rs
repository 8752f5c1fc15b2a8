//! Plain reads of Directus's REST API, for whoever sees the host's own page.

use palisade_data::{Caller, DataError};
use serde_json::Value;

use crate::{
    backend::Directus,
    rest::{Identity, Request},
};

impl Directus {
    /// What Directus answers under `data` to a `GET` of the caller. `path` are the segments of the
    /// address, not encoded; `query` its parameters, as Directus has them.
    ///
    /// Errors: Directus's refusal.
    pub async fn plain_read(
        &self,
        caller: &Caller,
        path: &[String],
        query: &[(String, String)],
    ) -> Result<Value, DataError> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let request = query
            .iter()
            .fold(Request::read(path), |request, (name, value)| request.parameter(name, value));
        self.rest.data(Identity::from(caller), request).await
    }
}
