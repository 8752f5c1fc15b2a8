//! Signing in and out, in Directus's shapes.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use palisade_data::Credential;
use palisade_directus::{DirectusSession, SessionClient};
use palisade_project::{
    Client, LoginRequest, REFRESH_COOKIE, SESSION_COOKIE, SessionHandle, SessionMode, SignIn,
};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::{
    app::App,
    backend::Backend,
    http::{
        HttpError,
        auth::{client_ip, cookie},
        body::OptionalJson,
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
    fn browser(&self) -> SessionClient<'_> {
        SessionClient { ip: self.client.ip, user_agent: self.client.user_agent.as_deref() }
    }

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
    request: SessionRequest,
    OptionalJson(body): OptionalJson,
) -> Result<Response, HttpError> {
    let login = LoginRequest::from_body(&body)?;
    match &app.backend {
        Backend::Embedded(project) => {
            drop(body);
            let sign_in = project.login(&login, &request.client).await?;
            Ok(signed_in(&sign_in, &app))
        }
        Backend::Directus(directus) => {
            in_cookie(login.mode)?;
            let otp = body.get("otp").and_then(serde_json::Value::as_str);
            #[expect(clippy::disallowed_methods, reason = "Directus checks the password")]
            let password = login.password.expose_secret();
            let session = directus.login(request.browser(), &login.email, password, otp).await?;
            Ok(handed_on(&session, &app))
        }
    }
}

/// `POST /auth/refresh`.
pub(super) async fn refresh(
    State(app): State<App>,
    request: SessionRequest,
    OptionalJson(body): OptionalJson,
) -> Result<Response, HttpError> {
    let (handle, mode) = request.handle(&body)?;
    match &app.backend {
        Backend::Embedded(project) => {
            let sign_in = project.refresh(&handle, mode, &request.client).await?;
            Ok(signed_in(&sign_in, &app))
        }
        Backend::Directus(directus) => {
            let session = directus.renew(request.browser(), in_session(&handle)?).await?;
            Ok(handed_on(&session, &app))
        }
    }
}

/// `POST /auth/logout`.
pub(super) async fn logout(
    State(app): State<App>,
    request: SessionRequest,
    OptionalJson(body): OptionalJson,
) -> Result<Response, HttpError> {
    let (handle, mode) = request.handle(&body)?;
    match &app.backend {
        Backend::Embedded(project) => project.logout(&handle).await?,
        Backend::Directus(directus) => {
            directus.end(request.browser(), in_session(&handle)?).await?;
        }
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let name = match mode {
        SessionMode::Json => return Ok(response),
        SessionMode::Cookie => REFRESH_COOKIE,
        SessionMode::Session => SESSION_COOKIE,
    };
    set_cookie(&mut response, name, "", 0, &app);
    Ok(response)
}

/// Beside a running Directus, whose tokens are for those who ask Directus, a session is one of this
/// page and its cookie alone.
fn in_cookie(mode: SessionMode) -> Result<(), HttpError> {
    match mode {
        SessionMode::Session => Ok(()),
        SessionMode::Json | SessionMode::Cookie => Err(only_in_cookies()),
    }
}

fn only_in_cookies() -> HttpError {
    HttpError::invalid_payload("\"mode\" has to be \"session\" beside a running Directus")
}

fn in_session(handle: &SessionHandle) -> Result<&Credential, HttpError> {
    match handle {
        SessionHandle::SessionToken(token) => Ok(token),
        SessionHandle::RefreshToken(_) => Err(only_in_cookies()),
    }
}

/// Gives a session of Directus to its owner's browser.
fn handed_on(session: &DirectusSession, app: &App) -> Response {
    let mut response = Json(json!({ "data": session.body })).into_response();
    let seconds = session.max_age.as_secs();
    set_cookie(&mut response, SESSION_COOKIE, session.token.expose(), seconds, app);
    response
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
