//! What addresses say: path and query parameters.

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams};
use http::request::Parts;
use palisade_data::Query;
use url::form_urlencoded;

use super::HttpError;
use crate::app::App;

/// The parameters of a path, decoded, in order.
#[derive(Debug)]
pub(super) struct PathParameters<const COUNT: usize>(pub(super) [String; COUNT]);

/// Directus's query parameters.
#[derive(Debug)]
pub(super) struct ItemQuery(pub(super) Query);

/// The address of a plain read: the segments of its path, decoded, and its query as it is.
#[derive(Debug)]
pub(super) struct PlainRead {
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(String, String)>,
}

/// Plain query parameters, decoded. None may occur twice.
#[derive(Debug)]
pub(super) struct QueryParameters(Vec<(String, String)>);

impl<const COUNT: usize> FromRequestParts<App> for PathParameters<COUNT> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, HttpError> {
        // Parameters that aren't UTF-8 name nothing that there is.
        let not_found = |parts: &Parts| HttpError::not_found(parts.uri.path());
        let Ok(parameters) = RawPathParams::from_request_parts(parts, app).await else {
            return Err(not_found(parts));
        };
        let values: Vec<String> = parameters.iter().map(|(_, value)| value.to_owned()).collect();
        values.try_into().map(Self).map_err(|_| not_found(parts))
    }
}

impl FromRequestParts<App> for ItemQuery {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, HttpError> {
        let pairs = pairs(parts);
        let parameters = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Query::from_parameters(parameters)
            .map(Self)
            .map_err(|error| HttpError::invalid_query(error.to_string()))
    }
}

impl FromRequestParts<App> for PlainRead {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, HttpError> {
        let not_found = |parts: &Parts| HttpError::not_found(parts.uri.path());
        let Some(route) = parts.extensions.get::<MatchedPath>().cloned() else {
            return Err(not_found(parts));
        };
        let Ok(parameters) = RawPathParams::from_request_parts(parts, app).await else {
            return Err(not_found(parts));
        };
        let mut values = parameters.iter().map(|(_, value)| value.to_owned());
        // What is no parameter is as the route has it, whatever way a client wrote it in.
        let segments = route.as_str().split('/').filter(|segment| !segment.is_empty());
        let path = segments.map(|segment| match segment.strip_prefix('{') {
            Some(_) => values.next(),
            None => Some(segment.to_owned()),
        });
        let path = path.collect::<Option<_>>().ok_or_else(|| not_found(parts))?;
        Ok(Self { path, query: pairs(parts) })
    }
}

impl FromRequestParts<App> for QueryParameters {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, HttpError> {
        let mut pairs = pairs(parts);
        pairs.sort();
        match pairs.windows(2).find(|pair| matches!(pair, [left, right] if left.0 == right.0)) {
            Some([(name, _), ..]) => {
                Err(HttpError::invalid_query(format!("\"{name}\" is given twice")))
            }
            _ => Ok(Self(pairs)),
        }
    }
}

impl QueryParameters {
    /// Refuses parameters that a route doesn't know.
    pub(super) fn allow(self, known: &[&str]) -> Result<Self, HttpError> {
        match self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(HttpError::invalid_query(format!(
                "\"{name}\" is not a parameter; there are {}",
                known.join(", ")
            ))),
            None => Ok(self),
        }
    }

    /// The value of a parameter as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    /// The value of a parameter as something else. `expected` is what it has to be.
    pub(super) fn parse<T: std::str::FromStr>(
        &self,
        name: &str,
        expected: &str,
    ) -> Result<Option<T>, HttpError> {
        self.text(name)
            .map(|text| {
                text.parse().map_err(|_| {
                    HttpError::invalid_query(format!("\"{name}\" has to be {expected}"))
                })
            })
            .transpose()
    }
}

/// The decoded parameters. A token in the query string is no parameter: it is dropped unread.
fn pairs(parts: &Parts) -> Vec<(String, String)> {
    form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
        .filter(|(name, _)| name != "access_token")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}
