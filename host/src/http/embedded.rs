//! Routes that only a host with an embedded project has. Beside a running Directus they are
//! Directus's own.

use axum::extract::FromRequestParts;
use http::request::Parts;
use palisade_project::Project;

use super::HttpError;
use crate::app::App;

/// The embedded project, as an argument of its routes.
#[derive(Debug)]
pub(super) struct Embedded(pub(super) Project);

impl FromRequestParts<App> for Embedded {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, HttpError> {
        let project = app.backend.embedded().cloned();
        project.map(Self).ok_or_else(|| HttpError::not_found(parts.uri.path()))
    }
}
