//! The host's page beside a running Directus: sign-in and reads are Directus's own.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Call, FOREIGN, Host, OWN, with_variables};

const TOKEN: &str = "a-session-token";

/// What a Directus was asked: method, path with query, and headers.
type Asked = Arc<Mutex<Vec<(String, HeaderMap)>>>;

/// A Directus that knows one user.
async fn answer(State(asked): State<Asked>, request: Request) -> Response {
    let line = format!("{} {}", request.method(), request.uri());
    let signed_in = request
        .headers()
        .get(header::AUTHORIZATION)
        .is_some_and(|value| value.to_str().is_ok_and(|value| value == format!("Bearer {TOKEN}")));
    asked.lock().expect("unpoisoned").push((line, request.headers().clone()));
    let path = request.uri().path().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 65_536).await.expect("a body");
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let refused = (
        StatusCode::UNAUTHORIZED,
        Json(json!({"errors": [{"message": "Invalid user credentials.",
            "extensions": {"code": "INVALID_CREDENTIALS"}}]})),
    );
    let cookie = format!("directus_session_token={TOKEN}; Max-Age=3600; Path=/; HttpOnly");
    match path.as_str() {
        "/auth/login" if body.get("otp").is_some() => StatusCode::BAD_REQUEST.into_response(),
        "/auth/login" if body["password"] == "right" => {
            let data = json!({"data": {"expires": 3_600_000, "access_token": TOKEN}});
            ([(header::SET_COOKIE, cookie)], Json(data)).into_response()
        }
        "/auth/refresh" => {
            ([(header::SET_COOKIE, cookie)], Json(json!({"data": {"expires": 1}}))).into_response()
        }
        "/auth/logout" => StatusCode::NO_CONTENT.into_response(),
        _ if !signed_in => refused.into_response(),
        "/users/me" => Json(json!({"data": {"id": "ada", "role": "r"}})).into_response(),
        "/policies/me/globals" => {
            Json(json!({"data": {"app_access": true, "admin_access": false}})).into_response()
        }
        "/roles/me" => Json(json!({"data": [{"id": "r"}]})).into_response(),
        _ => Json(json!({"data": [{"path": path}]})).into_response(),
    }
}

/// A host beside that Directus.
fn beside(test: impl AsyncFnOnce(Host, Asked)) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let asked = Asked::default();
    let router = Router::new().fallback(answer).with_state(Arc::clone(&asked));
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a listener");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    runtime.spawn(async move { axum::serve(listener, router).await });
    let variables =
        [("PALISADE_WORKSPACE__BACKEND", "directus"), ("PALISADE_DIRECTUS__URL", url.as_str())];
    with_variables(&variables, async |host| test(host, asked).await);
}

fn login(password: &str, mode: &str) -> Call {
    let body = json!({"email": "ada@example.com", "password": password, "mode": mode});
    Call::post("/auth/login", body).origin(OWN)
}

#[test]
fn nobody_gets_in_whom_directus_does_not_let_in() {
    beside(async |host, asked| {
        let wrong = host.send(login("wrong", "session")).await;
        assert_eq!(wrong.verdict(), "401 INVALID_CREDENTIALS");
        assert!(!wrong.headers.contains_key("set-cookie"));
        asked.lock().expect("unpoisoned").clear();
        let foreign = login("right", "session");
        assert_eq!(host.send(foreign.origin(FOREIGN)).await.verdict(), "403 FORBIDDEN");
        assert_eq!(host.send(login("right", "json")).await.verdict(), "400 INVALID_PAYLOAD");
        for path in ["/users/me", "/items/articles", "/users", "/assets/x"] {
            assert_eq!(host.send(Call::get(path)).await.verdict(), "403 FORBIDDEN", "{path}");
        }
        assert!(asked.lock().expect("unpoisoned").is_empty(), "Directus was asked");
        let unknown = host.send(Call::get("/users/me").token("unknown")).await;
        assert_eq!(unknown.verdict(), "401 INVALID_CREDENTIALS");
        for path in ["/settings", "/users/me/tfa", "/items", "/auth/login/google", "/graphql"] {
            let answer = host.send(Call::get(path).token(TOKEN)).await;
            assert_eq!(answer.verdict(), "404 ROUTE_NOT_FOUND", "{path}");
        }
    });
}

#[test]
fn a_session_of_directus_is_one_of_the_page() {
    beside(async |host, asked| {
        let answer = host.send(login("right", "session")).await;
        assert_eq!(answer.data(), json!({"expires": 3_600_000}), "no token for scripts");
        let cookie = answer.headers["set-cookie"].to_str().expect("ASCII");
        assert_eq!(
            cookie,
            "directus_session_token=a-session-token; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"
        );
        let items = host
            .send(Call::get("/items/articles?fields[]=id&limit=2&access_token=x").cookie(TOKEN))
            .await;
        assert_eq!(items.data(), json!([{"path": "/items/articles"}]));
        let (line, headers) = asked.lock().expect("unpoisoned").last().cloned().expect("a request");
        assert_eq!(line, "GET /items/articles?fields%5B%5D=id&limit=2");
        assert_eq!(headers[header::AUTHORIZATION], format!("Bearer {TOKEN}"));
        assert!(!headers.contains_key(header::COOKIE));

        let mode = json!({"mode": "session"});
        let refresh = Call::post("/auth/refresh", mode.clone()).cookie(TOKEN);
        assert_eq!(host.send(refresh.clone()).await.verdict(), "403 FORBIDDEN", "no page's");
        assert_eq!(host.send(refresh.origin(OWN)).await.verdict(), "200");
        let logout = Call::post("/auth/logout", mode).cookie(TOKEN).origin(OWN);
        let ended = host.send(logout).await;
        assert_eq!(ended.status, StatusCode::NO_CONTENT);
        let cookie = ended.headers["set-cookie"].to_str().expect("ASCII");
        assert!(cookie.starts_with("directus_session_token=; Path=/; Max-Age=0"), "{cookie}");
        let (line, headers) = asked.lock().expect("unpoisoned").last().cloned().expect("a request");
        assert_eq!(line, "POST /auth/logout");
        assert_eq!(headers[header::COOKIE], format!("directus_session_token={TOKEN}"));
    });
}
