//! The page that the host serves, and nothing else for people who aren't signed in.

use http::StatusCode;

use crate::support::{Answer, Call, with_host};

/// What an attribute of the page's elements says, wherever it occurs.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!("{attribute}=\"");
    page.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers[name].to_str().expect("ASCII")
}

#[test]
fn only_the_page_and_its_own_files_are_served() {
    with_host(async |host| {
        for path in [
            "/index.html",
            "/index.html.br",
            "/static/",
            "/static/nothing.js",
            "/static/../index.html",
            "/static/%2e%2e/palisade.toml",
            "/palisade.toml",
            "/.gitignore",
        ] {
            let answer = host.send(Call::get(path)).await;
            assert_eq!(answer.verdict(), "404 ROUTE_NOT_FOUND", "{path}");
        }
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let answer = host.send(Call::new(method, "/")).await;
            assert_eq!(answer.verdict(), "405 METHOD_NOT_ALLOWED", "{method}");
        }
    });
}

#[test]
fn the_page_lets_nothing_run_that_did_not_come_with_it() {
    with_host(async |host| {
        let answer = host.send(Call::get("/")).await;
        assert_eq!(answer.status, StatusCode::OK);
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-cache"),
            (
                "content-security-policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                 connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; \
                 frame-ancestors 'none'",
            ),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(&answer, name), value, "{name}");
        }
        assert!(!answer.text.contains("<style") && !answer.text.contains(" style="));
        assert!(!answer.text.contains("<script>") && !answer.text.contains("javascript:"));
        let head = host.send(Call::new("HEAD", "/")).await;
        assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
    });
}

#[test]
fn all_that_the_page_loads_comes_from_the_host() {
    with_host(async |host| {
        let page = host.send(Call::get("/")).await.text;
        let mut loaded = values(&page, "src");
        loaded.extend(values(&page, "href"));
        loaded.retain(|address| !address.starts_with("data:"));
        assert!(!loaded.is_empty());
        for address in loaded {
            let path = format!("/{}", address.trim_start_matches("./").trim_start_matches('/'));
            let answer = host.send(Call::get(&path)).await;
            assert_eq!(answer.status, StatusCode::OK, "{address}");
            assert_ne!(header(&answer, "content-type"), "application/octet-stream", "{address}");
            let kept = header(&answer, "cache-control").contains("immutable");
            assert_eq!(kept, path.starts_with("/static/"), "{address}");
        }
    });
}
