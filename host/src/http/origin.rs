//! Whether a request was made by a page of this host.
//!
//! A browser adds cookies to requests that any page makes. What tells them apart is the `Origin`
//! header, which a page can't choose (Fetch Standard, "origin header").

use http::{HeaderMap, HeaderValue, header};
use url::Url;

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The request doesn't say: a program, or a browser's plain navigation.
    Unsaid,
    /// A page of this host.
    Own,
    /// Another page, or one that hides its origin.
    Foreign,
}

impl Origin {
    /// Judges a request by its headers. Own is the origin of `public_url`, and the host that the
    /// request is addressed to: a page can't choose either. Where `public_url` is encrypted, a page
    /// that isn't is foreign, because anybody on its way could have written it.
    pub(super) fn of(headers: &HeaderMap, public_url: Option<&Url>) -> Self {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = origins.next() else { return Self::Unsaid };
        let agrees =
            headers.get_all("sec-fetch-site").iter().all(|site| site.as_bytes() == b"same-origin");
        let own = origins.next().is_none()
            && agrees
            && parse(origin).is_some_and(|origin| {
                is_public(&origin, public_url) || is_addressed(&origin, headers, public_url)
            });
        if own { Self::Own } else { Self::Foreign }
    }
}

/// A serialised origin has a scheme and a host and nothing behind them; `null` is none.
fn parse(origin: &HeaderValue) -> Option<Url> {
    let text = origin.to_str().ok()?;
    let url = Url::parse(text).ok()?;
    let bare = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && !text.ends_with('/')
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    bare.then_some(url)
}

fn is_public(origin: &Url, public_url: Option<&Url>) -> bool {
    public_url.is_some_and(|public| public.origin() == origin.origin())
}

fn is_addressed(origin: &Url, headers: &HeaderMap, public_url: Option<&Url>) -> bool {
    let encrypted = public_url.is_some_and(|public| public.scheme() == "https");
    if encrypted && origin.scheme() != "https" {
        return false;
    }
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else {
        return false;
    };
    Url::parse(&format!("{}://{host}", origin.scheme()))
        .is_ok_and(|addressed| addressed.origin() == origin.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(headers: &[(&'static str, &str)], public_url: Option<&str>) -> Origin {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (http::HeaderName::from_static(name), value.parse().expect("a header"))
            })
            .collect();
        let public_url = public_url.map(|url| Url::parse(url).expect("a URL"));
        Origin::of(&headers, public_url.as_ref())
    }

    #[test]
    fn pages_of_this_host_are_own() {
        let host = ("host", "127.0.0.1:8090");
        assert_eq!(judge(&[host, ("origin", "http://127.0.0.1:8090")], None), Origin::Own);
        let site = ("sec-fetch-site", "same-origin");
        assert_eq!(judge(&[host, site, ("origin", "http://127.0.0.1:8090")], None), Origin::Own);
        let public = Some("https://ai.example.com/");
        assert_eq!(judge(&[host, ("origin", "https://ai.example.com")], public), Origin::Own);
        let standard = [("host", "ai.example.com"), ("origin", "https://ai.example.com:443")];
        assert_eq!(judge(&standard, None), Origin::Own);
    }

    #[test]
    fn other_pages_are_foreign() {
        let host = ("host", "ai.example.com");
        let public = Some("https://ai.example.com");
        for origin in [
            "https://evil.example",
            "https://ai.example.com.evil.example",
            "https://evil.example/https://ai.example.com",
            "https://ai.example.com@evil.example",
            "https://sub.ai.example.com",
            "https://ai.example.com:8443",
            "https://ai.example.com/",
            "http://ai.example.com",
            "file://",
            "null",
            "",
        ] {
            assert_eq!(judge(&[host, ("origin", origin)], public), Origin::Foreign, "{origin}");
        }
        let own = ("origin", "https://ai.example.com");
        for site in ["cross-site", "same-site", "none"] {
            let headers = [host, own, ("sec-fetch-site", site)];
            assert_eq!(judge(&headers, public), Origin::Foreign, "{site}");
        }
        assert_eq!(judge(&[host, own, own], public), Origin::Foreign, "said twice");
    }

    #[test]
    fn a_request_without_an_origin_says_nothing() {
        assert_eq!(
            judge(&[("host", "x"), ("sec-fetch-site", "same-origin")], None),
            Origin::Unsaid
        );
    }
}
