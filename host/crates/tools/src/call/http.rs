//! `http`: requests to granted origins, with secrets that the tool doesn't see.

use std::{sync::atomic::Ordering, time::Duration};

use futures_util::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use palisade_provider::EgressFailure;
use palisade_sandbox::{
    CapabilityError, CapabilityErrorKind, ToolHttpRequest, ToolHttpResponse, not_granted,
};
use palisade_state::{LedgerEntry, LedgerKind};
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{GrantedHost, invalid, limit, unavailable};
use crate::HttpGrant;

/// Requests in one call.
const REQUESTS: u32 = 50;
const HEADERS: usize = 32;
const URL_BYTES: usize = 8 << 10;
const BODY_BYTES: usize = 1 << 20;
/// From the request to the last byte of the response.
const WITHIN: Duration = Duration::from_secs(15);

const ORIGIN: &str = "{origin:";
const SECRET: &str = "{secret:";

/// Headers that are the host's: they decide where a request goes and how it is framed.
const OWN_HEADERS: [&str; 12] = [
    "host",
    "content-length",
    "connection",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "accept-encoding",
];

/// A request that was granted.
struct Granted<'a> {
    method: Method,
    url: Url,
    grant: &'a HttpGrant,
}

pub(super) async fn send(
    host: &GrantedHost,
    request: ToolHttpRequest,
) -> Result<ToolHttpResponse, CapabilityError> {
    if host.requests.fetch_add(1, Ordering::Relaxed) >= REQUESTS {
        return Err(limit(format!("A call may send {REQUESTS} requests.")));
    }
    let sent = request.body.as_ref().map_or(0, Vec::len) as u64;
    if sent > BODY_BYTES as u64 || request.headers.len() > HEADERS || request.url.len() > URL_BYTES
    {
        return Err(limit("A request has at most 32 headers, and a body of at most 1 MiB."));
    }
    let granted = match granted(host, &request) {
        Ok(granted) => granted,
        Err(error) => return refused(host, None, error).await,
    };
    let headers = match headers(host, &request.headers, granted.grant).await {
        Ok(headers) => headers,
        Err(error) => return refused(host, Some(granted.grant), error).await,
    };
    let row = LedgerEntry {
        endpoint: Some(granted.grant.origin.clone()),
        bytes_sent: Some(sent),
        ..host.row(LedgerKind::ToolRequest)
    };
    let method = granted.method.to_string();
    let response = exchange(host, granted, headers, request.body).await;
    host.record(match &response {
        Ok(response) => LedgerEntry {
            bytes_received: Some(response.body.len() as u64),
            reason: Some(format!("{method} {}", response.status)),
            ..row
        },
        Err(error) => {
            LedgerEntry { reason: Some(method), outcome: error.code.clone().into_owned(), ..row }
        }
    })
    .await;
    response
}

/// Where a granted request goes.
pub(super) fn address(
    host: &GrantedHost,
    request: &ToolHttpRequest,
) -> Result<String, CapabilityError> {
    granted(host, request).map(|granted| granted.url.to_string())
}

/// Puts on record that something was asked for that isn't granted.
async fn refused(
    host: &GrantedHost,
    grant: Option<&HttpGrant>,
    error: CapabilityError,
) -> Result<ToolHttpResponse, CapabilityError> {
    if error.kind == CapabilityErrorKind::Denied {
        let row = LedgerEntry {
            // An origin that isn't granted is the tool's own text, which could be anything.
            endpoint: grant.map(|grant| grant.origin.clone()),
            outcome: error.code.clone().into_owned(),
            ..host.row(LedgerKind::Refusal)
        };
        host.record(row).await;
    }
    Err(error)
}

fn granted<'a>(
    host: &'a GrantedHost,
    request: &ToolHttpRequest,
) -> Result<Granted<'a>, CapabilityError> {
    let grants = &host.tool.grant.http;
    let (named, address) = match request.url.strip_prefix(ORIGIN) {
        None => (None, request.url.clone()),
        Some(rest) => {
            let (name, path) = rest
                .split_once('}')
                .ok_or_else(|| invalid("The name of the origin has no end."))?;
            let grant = grants.iter().find(|grant| grant.name == name).ok_or_else(not_granted)?;
            if !path.is_empty() && !path.starts_with(['/', '?', '#']) {
                return Err(invalid("A path begins with \"/\"."));
            }
            (Some(grant), format!("{}{path}", grant.origin))
        }
    };
    let mut url = Url::parse(&address).map_err(|_| invalid("The URL can't be read."))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("A URL has no user name and no password here."));
    }
    url.set_fragment(None);
    let origin = url.origin().ascii_serialization();
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| invalid("The method can't be read."))?;
    let fits =
        |grant: &&HttpGrant| grant.origin == origin && grant.methods.contains(method.as_str());
    let grant = match named {
        Some(grant) => Some(grant).filter(fits),
        None => grants.iter().find(fits),
    };
    Ok(Granted { grant: grant.ok_or_else(not_granted)?, method, url })
}

async fn headers(
    host: &GrantedHost,
    given: &[(String, String)],
    origin: &HttpGrant,
) -> Result<HeaderMap, CapabilityError> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let wrong = || invalid("A header has a lower-case name and a value of visible ASCII.");
        let name = HeaderName::from_lowercase(name.as_bytes()).map_err(|_| wrong())?;
        if OWN_HEADERS.contains(&name.as_str()) {
            return Err(invalid(format!("The header \"{name}\" is the host's.")));
        }
        if !value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
            return Err(wrong());
        }
        let mut value = fill(host, value, origin).await?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

/// A header's value with its secrets filled in.
async fn fill(
    host: &GrantedHost,
    value: &str,
    origin: &HttpGrant,
) -> Result<HeaderValue, CapabilityError> {
    let mut filled = zeroize::Zeroizing::new(String::new());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once(SECRET) {
        let (name, after) =
            after.split_once('}').ok_or_else(|| invalid("The name of the secret has no end."))?;
        filled.push_str(before);
        let is_granted = host
            .tool
            .grant
            .secrets
            .iter()
            .any(|grant| grant.name == name && grant.origins.contains(&origin.name));
        if !is_granted {
            return Err(not_granted());
        }
        let secret = host
            .state
            .tool_secret(host.workspace(), &host.tool.component_name, name)
            .await
            .map_err(|error| unavailable(&error))?
            .ok_or_else(|| {
                CapabilityError::new(
                    CapabilityErrorKind::Unavailable,
                    "SECRET_NOT_SET",
                    format!("The administrator hasn't set the secret \"{name}\" yet."),
                )
            })?;
        #[expect(clippy::disallowed_methods, reason = "a secret of a tool is put on the wire")]
        let secret = secret.expose_secret();
        host.scrubber.remember(name, secret);
        filled.push_str(secret);
        rest = after;
    }
    filled.push_str(rest);
    HeaderValue::from_str(&filled).map_err(|_| invalid("A header's value can't be sent."))
}

async fn exchange(
    host: &GrantedHost,
    granted: Granted<'_>,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
) -> Result<ToolHttpResponse, CapabilityError> {
    let deadline = Instant::now() + WITHIN;
    let body = body.unwrap_or_default();
    let response = host
        .egress
        .send(granted.method, granted.url, headers, body.into(), WITHIN)
        .await
        .map_err(|failure| failed(&failure))?;
    let status = response.status().as_u16();
    let encoding = response.headers().get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| !["", "identity"].iter().any(|plain| encoding == plain)) {
        // A secret can't be found in what is compressed.
        return Err(CapabilityError::new(
            CapabilityErrorKind::Unavailable,
            "RESPONSE_ENCODED",
            "The response is compressed although that wasn't asked for.",
        ));
    }
    let headers = shown_headers(host, response.headers());
    let mut pieces = host.egress.body(response);
    let mut received = Vec::new();
    loop {
        match timeout_at(deadline, pieces.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(piece))) if received.len() + piece.len() <= BODY_BYTES => {
                received.extend_from_slice(&piece);
            }
            Ok(Some(Ok(_))) => return Err(limit("The response is larger than 1 MiB.")),
            Ok(Some(Err(failure))) => return Err(failed(&failure)),
            Err(_) => return Err(failed(&EgressFailure::Timeout(WITHIN))),
        }
    }
    Ok(ToolHttpResponse { status, headers, body: host.scrubber.bytes(received) })
}

/// The headers of a response, without cookies and secrets.
fn shown_headers(host: &GrantedHost, headers: &HeaderMap) -> Vec<(String, String)> {
    let hidden = [header::SET_COOKIE, header::TRANSFER_ENCODING];
    headers
        .iter()
        .filter(|(name, _)| !hidden.contains(*name))
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), host.scrubber.text(value.to_str().ok()?)))
        })
        .collect()
}

fn failed(failure: &EgressFailure) -> CapabilityError {
    let error = |kind, code: &'static str, message: &str| CapabilityError::new(kind, code, message);
    match failure {
        // In the words of any refusal: a tool must not learn which private addresses there are.
        EgressFailure::Refused => not_granted(),
        EgressFailure::Timeout(_) => error(
            CapabilityErrorKind::Timeout,
            "REQUEST_TIMEOUT",
            "The other side didn't answer in time.",
        ),
        EgressFailure::NotConnected(_) | EgressFailure::Failed(_) => error(
            CapabilityErrorKind::Unavailable,
            "REQUEST_FAILED",
            "The other side can't be reached.",
        ),
    }
}
