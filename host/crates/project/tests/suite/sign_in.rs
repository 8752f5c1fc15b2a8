//! Signing in, staying signed in, and signing out.

#![expect(clippy::disallowed_methods, reason = "tests use the tokens they were given")]

use std::net::{IpAddr, Ipv4Addr};

use palisade_data::{Authenticator, Credential, DataError};
use palisade_project::{
    Client, DemoLogins, LoginRequest, Project, REFRESH_COOKIE, SESSION_COOKIE, SessionHandle,
    SessionMode, SignIn, SignInError,
};
use secrecy::{ExposeSecret, SecretString};

use crate::support;

fn request(email: &str, password: &str, mode: SessionMode) -> LoginRequest {
    LoginRequest { email: email.into(), password: SecretString::from(password), mode }
}

async fn login(project: &Project, mode: SessionMode) -> SignIn {
    let request = request("Editor@Example.com", "editor-demo-password", mode);
    project.login(&request, &Client::default()).await.expect("signed in")
}

fn refresh_token(sign_in: &SignIn) -> SessionHandle {
    SessionHandle::RefreshToken(sign_in.refresh_token.clone().expect("a refresh token"))
}

fn session_token(sign_in: &SignIn) -> SessionHandle {
    SessionHandle::SessionToken(credential(sign_in))
}

fn credential(sign_in: &SignIn) -> Credential {
    Credential::new(sign_in.access_token.expose_secret())
}

async fn set_status(project: &Project, status: &str) {
    sqlx::query("update directus_users set status = ?1 where email = 'editor@example.com'")
        .bind(status)
        .execute(project.pool())
        .await
        .expect("changed");
}

#[tokio::test]
async fn every_demo_login_works_by_password_and_by_token() {
    let (project, _directory) = support::newsroom().await;
    for login in DemoLogins::newsroom().0 {
        let request = request(login.email, login.password, SessionMode::Json);
        let sign_in = project.login(&request, &Client::default()).await.expect(login.email);
        let by_password = project.authenticate(&credential(&sign_in), None).await.expect("token");
        let by_token =
            project.authenticate(&Credential::new(login.token), None).await.expect("token");
        assert_eq!(by_password.accountability, by_token.accountability);
        assert_eq!(by_password.accountability.user.as_deref(), Some(sign_in.user.as_str()));
    }
    assert!(project.has_demo_logins().await.expect("checked"));
}

#[tokio::test]
async fn answers_have_directus_shapes() {
    let (project, _directory) = support::newsroom().await;
    let keys = |sign_in: &SignIn| -> Vec<String> {
        sign_in.body().as_object().expect("object").keys().cloned().collect()
    };

    let json = login(&project, SessionMode::Json).await;
    assert_eq!(keys(&json), ["expires", "refresh_token", "access_token"]);
    assert_eq!(json.body()["expires"], 900_000);
    assert_eq!(json.body()["refresh_token"].as_str().map(str::len), Some(64));
    assert!(json.cookie().is_none());

    let cookie = login(&project, SessionMode::Cookie).await;
    assert_eq!(keys(&cookie), ["expires", "access_token"]);
    let set = cookie.cookie().expect("cookie");
    assert_eq!((set.name, set.max_age.as_secs()), (REFRESH_COOKIE, 604_800));

    let session = login(&project, SessionMode::Session).await;
    assert_eq!(keys(&session), ["expires"]);
    assert_eq!(session.body()["expires"], 86_400_000);
    let set = session.cookie().expect("cookie");
    assert_eq!((set.name, set.max_age.as_secs()), (SESSION_COOKIE, 86_400));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let (project, _directory) = support::newsroom().await;
    let mut answers = Vec::new();
    for (email, password) in [
        ("editor@example.com", "wrong-password"),
        ("nobody@example.com", "editor-demo-password"),
        ("' or 1=1 --", "editor-demo-password"),
    ] {
        let request = request(email, password, SessionMode::Json);
        let error = project.login(&request, &Client::default()).await.expect_err("refused");
        answers.push((error.status(), error.to_body()));
    }
    assert_eq!(answers[0].0, 401);
    assert_eq!(answers[0].1["errors"][0]["extensions"]["code"], "INVALID_CREDENTIALS");
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[tokio::test]
async fn guessing_is_stopped_even_when_the_guess_is_right() {
    let (project, _directory) = support::newsroom().await;
    let from =
        |last| Client { ip: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))), ..Client::default() };
    let wrong = request("editor@example.com", "wrong-password", SessionMode::Json);
    for _ in 0..10 {
        let error = project.login(&wrong, &from(1)).await.expect_err("refused");
        assert_eq!(error.code(), "INVALID_CREDENTIALS");
    }
    let right = request("EDITOR@example.com", "editor-demo-password", SessionMode::Json);
    let error = project.login(&right, &from(1)).await.expect_err("refused");
    assert!(matches!(error, SignInError::TooManyAttempts { .. }));
    assert_eq!((error.status(), error.code()), (429, "REQUESTS_EXCEEDED"));
    assert_eq!(error.to_body()["errors"][0]["extensions"]["code"], "REQUESTS_EXCEEDED");
    project.login(&right, &from(2)).await.expect("another address is free");
}

#[tokio::test]
async fn a_suspended_user_is_out_at_once() {
    let (project, _directory) = support::newsroom().await;
    let json = login(&project, SessionMode::Json).await;
    let session = login(&project, SessionMode::Session).await;
    set_status(&project, "suspended").await;
    for held in [&json, &session] {
        let error = project.authenticate(&credential(held), None).await.expect_err("refused");
        assert!(matches!(error, DataError::UserSuspended), "{error:?}");
    }
    let token = Credential::new("editor-demo-token");
    let error = project.authenticate(&token, None).await.expect_err("refused");
    assert!(matches!(error, DataError::InvalidCredentials), "{error:?}");
    let error = project
        .refresh(&refresh_token(&json), SessionMode::Json, &Client::default())
        .await
        .expect_err("refused");
    assert_eq!(error.code(), "USER_SUSPENDED");
    let right = request("editor@example.com", "editor-demo-password", SessionMode::Json);
    let error = project.login(&right, &Client::default()).await.expect_err("refused");
    assert_eq!(error.code(), "USER_SUSPENDED");
    let wrong = request("editor@example.com", "wrong-password", SessionMode::Json);
    let error = project.login(&wrong, &Client::default()).await.expect_err("refused");
    assert_eq!(error.code(), "INVALID_CREDENTIALS", "only the right password learns of it");
}

#[tokio::test]
async fn users_that_are_not_active_look_like_none() {
    let (project, _directory) = support::newsroom().await;
    let session = login(&project, SessionMode::Session).await;
    for status in ["draft", "invited", "unverified", "archived", ""] {
        set_status(&project, status).await;
        let right = request("editor@example.com", "editor-demo-password", SessionMode::Json);
        let error = project.login(&right, &Client::default()).await.expect_err(status);
        assert_eq!(error.code(), "INVALID_CREDENTIALS", "{status}");
        for credential in [credential(&session), Credential::new("editor-demo-token")] {
            let error = project.authenticate(&credential, None).await.expect_err(status);
            assert!(matches!(error, DataError::InvalidCredentials), "{status}: {error:?}");
        }
        assert!(project.caller_by_email("editor@example.com").await.is_err());
    }
}

#[tokio::test]
async fn a_refresh_token_works_once() {
    let (project, _directory) = support::newsroom().await;
    let client = Client::default();
    let first = login(&project, SessionMode::Json).await;
    let second = project
        .refresh(&refresh_token(&first), SessionMode::Json, &client)
        .await
        .expect("refreshed");
    assert_eq!(second.user, first.user);
    let replayed = project
        .refresh(&refresh_token(&first), SessionMode::Json, &client)
        .await
        .expect_err("refused");
    assert_eq!(replayed.code(), "INVALID_CREDENTIALS");
    project
        .refresh(&refresh_token(&second), SessionMode::Json, &client)
        .await
        .expect("the new one works");
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_wins() {
    let (project, _directory) = support::newsroom().await;
    let client = Client::default();
    let handle = refresh_token(&login(&project, SessionMode::Json).await);
    let (one, other) = tokio::join!(
        project.refresh(&handle, SessionMode::Json, &client),
        project.refresh(&handle, SessionMode::Json, &client),
    );
    assert!(one.is_ok() != other.is_ok());
}

#[tokio::test]
async fn refreshing_a_session_ends_its_old_token() {
    let (project, _directory) = support::newsroom().await;
    let old = login(&project, SessionMode::Session).await;
    let new = project
        .refresh(&session_token(&old), SessionMode::Session, &Client::default())
        .await
        .expect("refreshed");
    assert!(new.refresh_token.is_none());
    project.authenticate(&credential(&new), None).await.expect("the new token works");
    let error = project.authenticate(&credential(&old), None).await.expect_err("refused");
    assert!(matches!(error, DataError::InvalidCredentials), "{error:?}");
}

#[tokio::test]
async fn logging_out_ends_the_session() {
    let (project, _directory) = support::newsroom().await;
    let session = login(&project, SessionMode::Session).await;
    let other = login(&project, SessionMode::Session).await;
    project.logout(&session_token(&session)).await.expect("logged out");
    let error = project.authenticate(&credential(&session), None).await.expect_err("refused");
    assert!(matches!(error, DataError::InvalidCredentials), "{error:?}");
    project.authenticate(&credential(&other), None).await.expect("other sessions go on");
    project.logout(&session_token(&session)).await.expect("twice is as good");

    let json = login(&project, SessionMode::Json).await;
    project.logout(&refresh_token(&json)).await.expect("logged out");
    let client = Client::default();
    let error = project
        .refresh(&refresh_token(&json), SessionMode::Json, &client)
        .await
        .expect_err("refused");
    assert_eq!(error.code(), "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn an_access_token_is_no_session_token() {
    let (project, _directory) = support::newsroom().await;
    let json = login(&project, SessionMode::Json).await;
    let client = Client::default();
    let error = project
        .refresh(&session_token(&json), SessionMode::Session, &client)
        .await
        .expect_err("refused");
    assert_eq!(error.code(), "INVALID_CREDENTIALS");
    assert!(project.logout(&session_token(&json)).await.is_err());
}

#[tokio::test]
async fn an_expired_session_is_over() {
    let (project, _directory) = support::newsroom().await;
    let session = login(&project, SessionMode::Session).await;
    let json = login(&project, SessionMode::Json).await;
    sqlx::query("update directus_sessions set expires = '2020-01-01T00:00:00.000Z'")
        .execute(project.pool())
        .await
        .expect("changed");
    assert!(project.authenticate(&credential(&session), None).await.is_err());
    let client = Client::default();
    assert!(project.refresh(&refresh_token(&json), SessionMode::Json, &client).await.is_err());
    login(&project, SessionMode::Json).await;
    let rows: i64 = sqlx::query_scalar("select count(*) from directus_sessions")
        .fetch_one(project.pool())
        .await
        .expect("counted");
    assert_eq!(rows, 1, "signing in sweeps expired sessions");
}

#[tokio::test]
async fn sessions_hold_for_one_secret() {
    let (project, _directory) = support::newsroom().await;
    let replica = project.clone().with_session_secret([1; 32]);
    let same = project.clone().with_session_secret([1; 32]);
    let other = project.clone().with_session_secret([2; 32]);
    let session = login(&replica, SessionMode::Session).await;
    same.authenticate(&credential(&session), None).await.expect("any replica takes it");
    assert!(other.authenticate(&credential(&session), None).await.is_err());
    assert!(project.authenticate(&credential(&session), None).await.is_err());
}

#[tokio::test]
async fn a_session_row_holds_no_token() {
    let (project, _directory) = support::newsroom().await;
    let client = Client {
        ip: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        user_agent: Some("x".repeat(1000)),
        origin: Some("http://127.0.0.1:8090".into()),
    };
    let request = request("editor@example.com", "editor-demo-password", SessionMode::Json);
    let sign_in = project.login(&request, &client).await.expect("signed in");
    let (token, ip, agent, origin): (String, String, String, String) =
        sqlx::query_as("select token, ip, user_agent, origin from directus_sessions")
            .fetch_one(project.pool())
            .await
            .expect("row");
    assert_ne!(token, sign_in.refresh_token.expect("token").expose_secret());
    assert_eq!(
        (ip.as_str(), agent.len(), origin.as_str()),
        ("127.0.0.1", 255, "http://127.0.0.1:8090")
    );
}

#[tokio::test]
async fn credentials_that_nobody_has_are_refused() {
    let (project, _directory) = support::newsroom().await;
    let long = "x".repeat(100_000);
    for token in ["", "unknown-token", "a.b.c", "' or 1=1 --", long.as_str()] {
        let error = project.authenticate(&Credential::new(token), None).await.expect_err("refused");
        assert!(matches!(error, DataError::InvalidCredentials), "{error:?}");
    }
    let stored: String =
        sqlx::query_scalar("select token from directus_users where email = 'admin@example.com'")
            .fetch_one(project.pool())
            .await
            .expect("hash");
    let error = project.authenticate(&Credential::new(stored), None).await.expect_err("refused");
    assert!(matches!(error, DataError::InvalidCredentials), "a stolen hash is no token");
}

#[tokio::test]
async fn anonymous_callers_have_nothing_in_the_sample() {
    let (project, _directory) = support::newsroom().await;
    let caller = project.anonymous(None).await.expect("caller");
    assert!(caller.accountability.policies.is_empty());
    assert!(!caller.accountability.app && !caller.accountability.admin);
    assert!(caller.accountability.user.is_none() && caller.credential.is_none());
}

#[tokio::test]
async fn nothing_secret_is_printed() {
    let (project, _directory) = support::newsroom().await;
    let request = request("editor@example.com", "editor-demo-password", SessionMode::Json);
    let sign_in = project.login(&request, &Client::default()).await.expect("signed in");
    let printed = format!("{project:?} {request:?} {sign_in:?} {:?}", refresh_token(&sign_in));
    for secret in [
        "editor-demo-password",
        sign_in.access_token.expose_secret(),
        sign_in.refresh_token.as_ref().expect("token").expose_secret(),
    ] {
        assert!(!printed.contains(secret));
    }
}
