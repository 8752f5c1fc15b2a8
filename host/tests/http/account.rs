//! Signing in and out.

use http::{StatusCode, header};
use serde_json::json;

use crate::support::{Answer, Call, FOREIGN, OWN, with_host};

fn cookie(answer: &Answer) -> &str {
    answer.headers[header::SET_COOKIE].to_str().expect("ASCII")
}

fn login(mode: &str) -> Call {
    let body = json!({
        "email": "reader@example.com", "password": "reader-demo-password", "mode": mode,
    });
    Call::post("/auth/login", body)
}

#[test]
fn tokens_come_in_the_answer_or_in_a_cookie() {
    with_host(async |host| {
        let json = host.send(login("json")).await;
        let data = json.data();
        assert!(data["access_token"].is_string() && data["refresh_token"].is_string());
        assert!(!json.headers.contains_key(header::SET_COOKIE));
        let token = data["access_token"].as_str().expect("a token").to_owned();
        let me = host.send(Call::get("/users/me?fields=email").token(&token)).await.data();
        assert_eq!(me["email"], "reader@example.com");

        let session = host.send(login("session")).await;
        assert!(session.data().get("access_token").is_none());
        let cookie = cookie(&session);
        assert!(cookie.starts_with("directus_session_token="), "{cookie}");
        for attribute in ["; Path=/", "; HttpOnly", "; SameSite=Lax"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Secure"), "the host's own address isn't encrypted");
    });
}

#[test]
fn a_wrong_password_and_an_unknown_person_get_the_same_answer() {
    with_host(async |host| {
        let mut answers = Vec::new();
        for email in ["api@example.com", "nobody@example.com"] {
            let body = json!({"email": email, "password": "wrong"});
            let answer = host.send(Call::post("/auth/login", body)).await;
            assert_eq!(answer.verdict(), "401 INVALID_CREDENTIALS");
            answers.push(answer.text);
        }
        assert_eq!(answers[0], answers[1]);
    });
}

#[test]
fn a_session_is_renewed_and_ended_from_own_pages_alone() {
    with_host(async |host| {
        let session = host.session("reader@example.com").await;
        let body = || json!({"mode": "session"});
        let refresh = Call::post("/auth/refresh", body()).cookie(&session);
        assert_eq!(host.send(refresh.clone()).await.verdict(), "403 FORBIDDEN");
        let foreign = refresh.clone().origin(FOREIGN);
        assert_eq!(host.send(foreign).await.verdict(), "403 FORBIDDEN");
        let renewed = host.send(refresh.origin(OWN)).await;
        assert_eq!(renewed.status, StatusCode::OK);
        let renewed = cookie(&renewed).split(['=', ';']).nth(1).expect("a value").to_owned();
        let me = |session: &str| Call::get("/users/me").cookie(session);
        assert_eq!(host.send(me(&session)).await.verdict(), "401 INVALID_CREDENTIALS");
        assert_eq!(host.send(me(&renewed)).await.verdict(), "200");

        let logout = Call::post("/auth/logout", body()).cookie(&renewed).origin(OWN);
        let ended = host.send(logout).await;
        assert_eq!(ended.status, StatusCode::NO_CONTENT);
        assert!(cookie(&ended).contains("Max-Age=0"));
        assert_eq!(host.send(me(&renewed)).await.verdict(), "401 INVALID_CREDENTIALS");
    });
}

#[test]
fn a_refresh_token_works_once() {
    with_host(async |host| {
        let token = host.send(login("json")).await.data()["refresh_token"].clone();
        let refresh = || Call::post("/auth/refresh", json!({"refresh_token": token.clone()}));
        assert_eq!(host.send(refresh()).await.verdict(), "200");
        assert_eq!(host.send(refresh()).await.verdict(), "401 INVALID_CREDENTIALS");
    });
}

#[test]
fn a_foreign_page_cannot_sign_its_visitor_in() {
    with_host(async |host| {
        assert_eq!(host.send(login("session").origin(FOREIGN)).await.verdict(), "403 FORBIDDEN");
        assert_eq!(host.send(login("session").origin(OWN)).await.verdict(), "200");
        let form = Call::new("POST", "/auth/login").raw("text/plain", "{}");
        assert_eq!(host.send(form).await.verdict(), "415 UNSUPPORTED_MEDIA_TYPE");
        let empty = Call::new("POST", "/auth/login");
        assert_eq!(host.send(empty).await.verdict(), "400 INVALID_PAYLOAD");
    });
}
