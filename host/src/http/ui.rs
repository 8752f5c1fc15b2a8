//! The user interface: a page and what it loads, embedded by the build script. It is public because it
//! holds no data; what it shows it asks the other routes for, as its visitor.

use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::app::App;

/// A file by its name in addresses.
type File = (&'static str, &'static [u8]);

/// `NAME.br` and `NAME.gz` are `NAME`, compressed.
const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/ui_files.rs"));
/// The file that is the page.
const PAGE: &str = "index.html";
/// The folder whose files have a hash of their content in their name.
const HASHED: &str = "static/";
/// Codings and the endings of their files, the smallest first.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Only what came with the page runs and is loaded, and it talks to this host alone. Text that a model
/// or an item puts into the page can't get around that.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

/// A route for each file; the page's is `/`.
pub(super) fn routes() -> Router<App> {
    let is_compressed = |name: &str| CODINGS.iter().any(|(_, ending)| name.ends_with(ending));
    let names = FILES.iter().map(|(name, _)| *name).filter(|name| !is_compressed(name));
    names.fold(Router::new(), |router, name| {
        let path = if name == PAGE { "/".to_owned() } else { format!("/{name}") };
        router.route(
            &path,
            get(move |headers: HeaderMap| async move { respond(FILES, name, &headers) }),
        )
    })
}

/// Answers with a file, compressed where the client takes that.
fn respond(files: &[File], name: &str, headers: &HeaderMap) -> Response {
    let content = |name: &str| {
        files.iter().find(|(known, _)| *known == name).map(|(_, content)| Body::from(*content))
    };
    let compressed: Vec<_> = CODINGS
        .into_iter()
        .filter_map(|(coding, ending)| Some((coding, content(&format!("{name}{ending}"))?)))
        .collect();
    let varies = !compressed.is_empty();
    let chosen = compressed.into_iter().find(|(coding, _)| accepts(headers, coding));
    let (coding, body) = match chosen {
        Some((coding, body)) => (Some(coding), body),
        None => (None, content(name).unwrap_or_default()),
    };
    let mut response = body.into_response();
    let mut set = |name: HeaderName, value| {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    };
    set(header::CONTENT_TYPE, content_type(name));
    set(header::CACHE_CONTROL, cache_control(name));
    if let Some(coding) = coding {
        set(header::CONTENT_ENCODING, coding);
    }
    if varies {
        set(header::VARY, "accept-encoding");
    }
    if name == PAGE {
        set(header::CONTENT_SECURITY_POLICY, POLICY);
        set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    }
    response
}

/// Whether a client takes a coding (RFC 9110, section 12.5.3). One that says nothing takes none.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
        is_named && weight.is_none_or(|weight| weight > 0.0)
    })
}

/// A file whose name changes with its content is kept for good; all else is asked for again.
fn cache_control(name: &str) -> &'static str {
    if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: &[File] = &[
        ("static/a-1.js", b"script"),
        ("static/a-1.js.br", b"br"),
        ("static/a-1.js.gz", b"gz"),
        ("index.html", b"page"),
    ];

    fn coding(name: &str, accepted: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in accepted {
            headers.append(header::ACCEPT_ENCODING, value.parse().expect("a header"));
        }
        let response = respond(SOME, name, &headers);
        let coding = response.headers().get(header::CONTENT_ENCODING)?;
        Some(coding.to_str().expect("ASCII").to_owned())
    }

    #[test]
    fn a_client_gets_no_coding_that_it_does_not_take() {
        for accepted in [&[][..], &["identity"], &["brotli"], &["br;q=0, gzip; q=0.0"]] {
            assert_eq!(coding("static/a-1.js", accepted), None, "{accepted:?}");
        }
        assert_eq!(coding("index.html", &["br, gzip"]), None, "there is no such file");
    }

    #[test]
    fn the_smallest_coding_that_a_client_takes_is_sent() {
        for (accepted, expected) in [
            (&["gzip, deflate, br, zstd"][..], "br"),
            (&["gzip, deflate"], "gzip"),
            (&["br;q=0", "GZIP;q=0.5"], "gzip"),
        ] {
            assert_eq!(coding("static/a-1.js", accepted).as_deref(), Some(expected));
        }
    }

    #[test]
    fn only_files_with_a_hash_in_their_name_are_kept() {
        assert!(cache_control("static/a-1.js").contains("immutable"));
        assert_eq!(cache_control("index.html"), "no-cache");
    }
}
