//! Files from the web.
//!
//! The host fetches them itself, through the guard on every address that it connects to, and gives
//! them to Directus as an upload. Directus's own import would fetch with Directus's guard, from
//! Directus's network.

use futures_util::StreamExt;
use http::{HeaderMap, Method, StatusCode, header};
use palisade_data::{Caller, DataError, FileImport, Outcome, Query};
use palisade_provider::{ContentBroken, EgressFailure, FormFile, form_with_file};
use reqwest::Response;
use serde_json::Value;
use std::time::Duration;
use url::Url;

use crate::{Directus, items::with_result, rest::Request};

/// Bytes of a file at most.
const FILE_BYTES: u64 = 50 * 1024 * 1024;
/// Redirects that are followed.
const REDIRECTS: usize = 5;
/// Time for an answer to begin.
const WITHIN: Duration = Duration::from_secs(30);
/// Characters of a file name at most.
const NAME_CHARACTERS: usize = 120;

impl Directus {
    pub(crate) async fn import_files(
        &self,
        caller: &Caller,
        files: &[FileImport],
        query: &Query,
    ) -> Result<Outcome, DataError> {
        let mut rows: Vec<Value> = Vec::with_capacity(files.len());
        for file in files {
            let imported = self.import(caller, file, query).await.map_err(|error| {
                match (rows.len(), error) {
                    (0, error) => error,
                    (done, error) => DataError::Refused {
                        status: error.status(),
                        code: error.code().to_owned(),
                        message: format!("{error} The first {done} of the files were imported."),
                    },
                }
            })?;
            rows.push(imported);
        }
        self.outcome(caller, "directus_files", rows.into(), files.len(), true).await
    }

    async fn import(
        &self,
        caller: &Caller,
        file: &FileImport,
        query: &Query,
    ) -> Result<Value, DataError> {
        let response = self.fetch(&file.url).await?;
        if !response.status().is_success() {
            return Err(refused(format!(
                "The address answered with status {}",
                response.status().as_u16()
            )));
        }
        let size = response.content_length();
        if size.is_some_and(|size| size > FILE_BYTES) {
            return Err(too_large());
        }
        let media_type = media_type(response.headers());
        let filename = filename(response.url());
        let mut left = FILE_BYTES;
        let content = self.web.body(response).map(move |piece| match piece {
            Ok(piece) if piece.len() as u64 <= left => {
                left -= piece.len() as u64;
                Ok(piece)
            }
            Ok(_) | Err(_) => Err(ContentBroken),
        });
        let fields = fields(file)?;
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let form = FormFile { filename: &filename, media_type: &media_type, size };
        let (headers, body) = form_with_file(&fields, form, content.boxed());
        let row = self.rest.form(caller.into(), &["files"], headers, body).await?;
        let Some(id) = row.get("id").and_then(Value::as_str) else { return Ok(row) };
        if query.fields.is_empty() {
            return Ok(row);
        }
        // The file is there, whatever becomes of this: who is told otherwise imports it again.
        let again = with_result(Request::read(["files", id]), query);
        Ok(self.rest.data(caller.into(), again).await.unwrap_or(row))
    }

    /// Fetches an address, and those that it redirects to, each past the guard.
    async fn fetch(&self, address: &str) -> Result<Response, DataError> {
        let mut url = web_address(address)?;
        for _ in 0..=REDIRECTS {
            let sent = self
                .web
                .send(Method::GET, url.clone(), HeaderMap::new(), reqwest::Body::default(), WITHIN)
                .await;
            let response = sent.map_err(|failure| match failure {
                // The same words for all addresses that may not be asked and those that don't answer.
                EgressFailure::Refused | EgressFailure::NotConnected(_) => {
                    refused("The address can't be reached from here".into())
                }
                EgressFailure::Timeout(_) => refused("The address did not answer in time".into()),
                EgressFailure::Failed(_) => refused("The connection to the address broke".into()),
            })?;
            let redirects = matches!(
                response.status(),
                StatusCode::MOVED_PERMANENTLY
                    | StatusCode::FOUND
                    | StatusCode::SEE_OTHER
                    | StatusCode::TEMPORARY_REDIRECT
                    | StatusCode::PERMANENT_REDIRECT
            );
            if !redirects {
                return Ok(response);
            }
            let location = response.headers().get(header::LOCATION);
            let location = location.and_then(|location| location.to_str().ok());
            let next = location.and_then(|location| response.url().join(location).ok());
            url = web_address(next.as_ref().map_or("", Url::as_str))?;
        }
        Err(refused("The address redirects too often".into()))
    }
}

fn web_address(text: &str) -> Result<Url, DataError> {
    let url = Url::parse(text).ok().filter(|url| {
        let plain = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && plain
    });
    url.ok_or_else(|| {
        DataError::InvalidPayload("\"url\" has to be an address that begins with https://".into())
    })
}

fn refused(message: String) -> DataError {
    DataError::Refused {
        status: 400,
        code: "IMPORT_FAILED".into(),
        message: format!("The file can't be imported. {message}."),
    }
}

fn too_large() -> DataError {
    DataError::Refused {
        status: 413,
        code: "CONTENT_TOO_LARGE".into(),
        message: "The file can't be imported. It has more than 50 MiB.".into(),
    }
}

fn media_type(headers: &HeaderMap) -> String {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = text.and_then(|text| text.split(';').next()).map(str::trim);
    let allowed = |essence: &&str| {
        essence.contains('/')
            && essence.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+-.".contains(&byte))
    };
    essence.filter(allowed).unwrap_or("application/octet-stream").to_owned()
}

/// The last part of the path, without what no file name should hold.
fn filename(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut segments| segments.next_back());
    let decoded =
        url::form_urlencoded::parse(last.unwrap_or_default().replace('+', "%2B").as_bytes())
            .map(|(name, _)| name.into_owned())
            .next()
            .unwrap_or_default();
    let name: String = decoded
        .chars()
        .filter(|character| !character.is_control() && !"/\\:*?\"<>|".contains(*character))
        .take(NAME_CHARACTERS)
        .collect();
    if name.trim_matches(['.', ' ']).is_empty() { "file".into() } else { name }
}

/// The row's fields as a form has them: text.
fn fields(file: &FileImport) -> Result<Vec<(String, String)>, DataError> {
    let mut fields = Vec::with_capacity(file.file.len());
    for (name, value) in &file.file {
        let name_fits = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            // Tags are a list, which a form writes with commas.
            Value::Array(items) => {
                let items: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                match items {
                    Some(items) => items.join(","),
                    None => value.to_string(),
                }
            }
            other => other.to_string(),
        };
        if !name_fits {
            return Err(DataError::InvalidPayload(format!("\"{name}\" is no field of a file")));
        }
        // A line break could end the part of the form that the value is in.
        if text.contains("\r\n--") {
            return Err(DataError::InvalidPayload(format!("\"{name}\" can't be sent")));
        }
        fields.push((name.clone(), text));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_come_from_the_address_and_stay_names() {
        let name = |url: &str| filename(&Url::parse(url).expect("a URL"));
        assert_eq!(name("https://a.example/x/photo%20one.jpg?size=2"), "photo one.jpg");
        assert_eq!(name("https://a.example/"), "file");
        assert_eq!(name("https://a.example/..%2f..%2fetc%2fpasswd"), "....etcpasswd");
        assert_eq!(name("https://a.example/%2e%2e"), "file");
    }

    #[test]
    fn only_plain_web_addresses_are_fetched() {
        assert!(web_address("https://a.example/x").is_ok());
        for text in ["", "file:///etc/passwd", "ftp://a/x", "https://u:p@a.example/", "data:,x"] {
            assert!(web_address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn fields_of_a_form_can_t_break_out() {
        let file = |name: &str, value: Value| FileImport {
            url: String::new(),
            file: [(name.to_owned(), value)].into_iter().collect(),
        };
        assert_eq!(
            fields(&file("tags", json!(["a", "b"]))).expect("fields"),
            [("tags".into(), "a,b".into())]
        );
        assert!(fields(&file("a\"; name=\"b", json!("x"))).is_err());
        assert!(fields(&file("title", json!("x\r\n--palisade"))).is_err());
        assert!(fields(&file("title", Value::Null)).expect("fields").is_empty());
    }
}
