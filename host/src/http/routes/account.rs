//! Signing in and out, in Directus's shapes.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use palisade_project::{
    Client, LoginRequest, REFRESH_COOKIE, SESSION_COOKIE, SessionHandle, SessionMode, SignIn,
};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::{
    app::App,
    http::{
        HttpError,
        auth::{client_ip, cookie},
        body::OptionalJson,
        embedded::Embedded,
        origin::Origin,
    },
};

/// The headers and address of a request for a session. A foreign page can't make one: it could sign
/// its visitor in as somebody else, or out.
pub(super) struct SessionRequest {
    headers: HeaderMap,
    client: Client,
    origin: Origin,
}

impl FromRequestParts<App> for SessionRequest {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, HttpError> {
        let origin = Origin::of(&parts.headers, app.config.public_url.as_ref());
        if origin == Origin::Foreign {
            return Err(HttpError::forbidden());
        }
        let text =
            |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let client = Client {
            ip: client_ip(parts, app)?,
            user_agent: text(header::USER_AGENT).map(str::to_owned),
            origin: text(header::ORIGIN).map(str::to_owned),
        };
        Ok(Self { headers: parts.headers.clone(), client, origin })
    }
}

impl SessionRequest {
    /// The session that the request is about. One that a cookie names needs a page of this host.
    fn handle(&self, body: &serde_json::Value) -> Result<(SessionHandle, SessionMode), HttpError> {
        let (handle, mode) = SessionHandle::from_request(
            body,
            cookie(&self.headers, REFRESH_COOKIE),
            cookie(&self.headers, SESSION_COOKIE),
        )?;
        if mode != SessionMode::Json && self.origin != Origin::Own {
            return Err(HttpError::forbidden());
        }
        Ok((handle, mode))
    }
}

/// `POST /auth/login`.
pub(super) async fn login(
    State(app): State<App>,
    Embedded(project): Embedded,
    request: SessionRequest,
    OptionalJson(body): OptionalJson,
) -> Result<Response, HttpError> {
    let login = LoginRequest::from_body(&body)?;
    drop(body);
    let sign_in = project.login(&login, &request.client).await?;
    Ok(signed_in(&sign_in, &app))
}

/// `POST /auth/refresh`.
pub(super) async fn refresh(
    State(app): State<App>,
    Embedded(project): Embedded,
    request: SessionRequest,
    OptionalJson(body): OptionalJson,
) -> Result<Response, HttpError> {
    let (handle, mode) = request.handle(&body)?;
    let sign_in = project.refresh(&handle, mode, &request.client).await?;
    Ok(signed_in(&sign_in, &app))
}

/// `POST /auth/logout`.
pub(super) async fn logout(
    State(app): State<App>,
    Embedded(project): Embedded,
    request: SessionRequest,
    OptionalJson(body): OptionalJson,
) -> Result<Response, HttpError> {
    let (handle, mode) = request.handle(&body)?;
    project.logout(&handle).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let name = match mode {
        SessionMode::Json => return Ok(response),
        SessionMode::Cookie => REFRESH_COOKIE,
        SessionMode::Session => SESSION_COOKIE,
    };
    set_cookie(&mut response, name, "", 0, &app);
    Ok(response)
}

#[expect(clippy::disallowed_methods, reason = "a session token is given to its owner's browser")]
fn signed_in(sign_in: &SignIn, app: &App) -> Response {
    let mut response = Json(json!({ "data": sign_in.body() })).into_response();
    if let Some(cookie) = sign_in.cookie() {
        let seconds = cookie.max_age.as_secs();
        set_cookie(&mut response, cookie.name, cookie.value.expose_secret(), seconds, app);
    }
    response
}

/// Sets a cookie that no script reads and no foreign page's requests carry along.
fn set_cookie(response: &mut Response, name: &str, value: &str, max_age: u64, app: &App) {
    let encrypted = app.config.public_url.as_ref().is_some_and(|url| url.scheme() == "https");
    let secure = if encrypted { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(mut value) = HeaderValue::from_str(&text) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
