//! Parts of an answer, and of HTTP requests and responses, made in one line.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Content, Error, File, FileContent, Header, Request, Response};

impl Content {
    /// Text, Markdown where that helps.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// One JSON value.
    ///
    /// # Errors
    ///
    /// A value that has no JSON, for instance a map whose keys aren't strings.
    pub fn json(value: &impl Serialize) -> Result<Self, Error> {
        Ok(Self::Json(to_json(value)?))
    }

    /// A file that the tool made, at most 1 MiB.
    #[must_use]
    pub fn file(name: &str, media_type: &str, bytes: Vec<u8>) -> Self {
        Self::File(File {
            name: name.into(),
            media_type: media_type.into(),
            content: FileContent::Bytes(bytes),
        })
    }
}

impl Request {
    /// A `GET` request. The address may begin with `{origin:NAME}`.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self { method: "GET".into(), url: url.into(), headers: Vec::new(), body: None }
    }

    /// A `POST` request with a JSON body.
    ///
    /// # Errors
    ///
    /// A value that has no JSON.
    pub fn post(url: impl Into<String>, body: &impl Serialize) -> Result<Self, Error> {
        let request = Self {
            method: "POST".into(),
            body: Some(to_json(body)?.into_bytes()),
            ..Self::get(url)
        };
        Ok(request.with_header("content-type", "application/json"))
    }

    /// The request with one more header. The value may contain `{secret:NAME}`.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(Header { name: name.to_ascii_lowercase(), value: value.into() });
        self
    }
}

impl Response {
    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        header.map(|header| header.value.as_str())
    }

    /// Whether the status says success (200-299).
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// A body that isn't JSON, or not of that shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| Error::unreadable("The response", error))
    }
}

/// A value as JSON text.
pub(crate) fn to_json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal(format!("A value has no JSON: {error}")))
}

/// The value of JSON text that the host gave.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::unreadable("The host's answer", error))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::ErrorKind;

    #[test]
    fn what_has_no_json_is_an_error_and_no_panic() {
        let value = BTreeMap::from([((1, 2), 3)]);
        let error = Content::json(&value).expect_err("keys aren't strings");
        assert_eq!(error.kind, ErrorKind::Internal);
    }

    #[test]
    fn a_response_is_read_leniently_in_names_and_strictly_in_shape() {
        let response = Response {
            status: 204,
            headers: vec![Header { name: "Retry-After".into(), value: "3".into() }],
            body: b"{\"a\":1}".to_vec(),
        };
        assert_eq!(response.header("retry-after"), Some("3"));
        assert!(response.is_success());
        assert_eq!(response.json::<BTreeMap<String, u8>>(), Ok([("a".into(), 1)].into()));
        assert_eq!(response.json::<Vec<u8>>().expect_err("an object").code, "UNREADABLE");
    }

    #[test]
    fn a_post_carries_json_and_says_so() {
        let request = Request::post("{origin:a}/b", &json!({ "c": 1 })).expect("JSON");
        assert_eq!(request.method, "POST");
        assert_eq!(request.body.as_deref(), Some(&b"{\"c\":1}"[..]));
        let header = Header { name: "content-type".into(), value: "application/json".into() };
        assert_eq!(request.headers, [header]);
    }
}
