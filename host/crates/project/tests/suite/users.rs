//! Adding users: what is wrong is said, and nothing of a refused user stays.

use palisade_data::{Authenticator, Credential};
use palisade_project::{NewUser, PolicyDefinition, ProjectError, RoleDefinition};
use secrecy::SecretString;

use crate::support;

#[tokio::test]
async fn each_mistake_has_its_own_message() {
    let (project, _directory) = support::newsroom().await;
    let before = project.show().await.expect("summary");
    let secret = |text: &str| Some(SecretString::from(text));
    let user = || NewUser::new("new@example.com");
    for (user, message) in [
        (NewUser::new("nobody"), "\"nobody\" is not an e-mail address."),
        (NewUser::new("EDITOR@example.com"), "There is a user \"EDITOR@example.com\" already."),
        (
            NewUser { password: secret("short"), ..user() },
            "The password can't be used: it has to have at least 8 characters.",
        ),
        (
            NewUser { token: secret("two words"), ..user() },
            "The token can't be used: only printable ASCII characters without spaces are allowed.",
        ),
        (
            NewUser { token: secret("editor-demo-token"), ..user() },
            "The token can't be used: another user has it.",
        ),
        (
            NewUser { policies: vec!["editr".into()], ..user() },
            "There is no policy \"editr\". There are: Administrator, api, editor, reader.",
        ),
        (
            NewUser { role: Some("Boss".into()), ..user() },
            "There is no role \"Boss\". There are: API, Administrator, Editor, Reader.",
        ),
        (
            NewUser { app: false, policies: vec!["reader".into()], ..user() },
            "\"reader\" gives app access, which excludes a user without app access. Leave out one.",
        ),
    ] {
        let error = project.add_user(user).await.expect_err(message);
        assert_eq!(error.to_string(), message);
    }
    assert_eq!(project.show().await.expect("summary"), before, "nothing was written");
}

#[tokio::test]
async fn rights_come_from_the_flags_and_the_policies() {
    let (project, _directory) = support::newsroom().await;
    for (name, user, admin, app, policies) in [
        ("plain", NewUser::new("plain@example.com"), false, true, vec!["App access"]),
        (
            "program",
            NewUser { app: false, policies: vec!["API".into()], ..NewUser::new("p@example.com") },
            false,
            false,
            vec!["api"],
        ),
        (
            "reader",
            NewUser { policies: vec!["reader".into()], ..NewUser::new("r@example.com") },
            false,
            true,
            vec!["reader"],
        ),
        (
            "admin",
            NewUser { admin: true, app: false, ..NewUser::new("a@example.com") },
            true,
            true,
            vec!["Administrator"],
        ),
    ] {
        let email = user.email.clone();
        project.add_user(user).await.expect(name);
        let accountability = project.caller_by_email(&email).await.expect("caller").accountability;
        assert_eq!((accountability.admin, accountability.app), (admin, app), "{name}");
        let mut names = Vec::new();
        for id in &accountability.policies {
            let query = "select name from directus_policies where id = ?1";
            let policy: String =
                sqlx::query_scalar(query).bind(id).fetch_one(project.pool()).await.expect("policy");
            names.push(policy);
        }
        assert_eq!(names, policies, "{name}");
    }
}

#[tokio::test]
async fn a_policy_that_is_merely_named_administrator_gives_no_rights() {
    let (project, _directory) = support::empty().await;
    project.create_policy(&PolicyDefinition::new("Administrator")).await.expect("policy");
    let admin = NewUser { admin: true, ..NewUser::new("a@example.com") };
    let error = project.add_user(admin).await.expect_err("refused");
    assert!(matches!(error, ProjectError::PolicyExists(_)), "{error}");
}

#[tokio::test]
async fn secrets_are_stored_as_hashes_only() {
    let (project, directory) = support::empty().await;
    let user = NewUser {
        password: Some(SecretString::from("plain-text-password")),
        token: Some(SecretString::from("plain-text-token")),
        ..NewUser::new("someone@example.com")
    };
    project.add_user(user).await.expect("user");
    let (password, token): (String, String) =
        sqlx::query_as("select password, token from directus_users")
            .fetch_one(project.pool())
            .await
            .expect("row");
    assert!(password.starts_with("$argon2id$"));
    assert_eq!(token.len(), 64);
    let caller = project.authenticate(&Credential::new("plain-text-token"), None).await;
    assert_eq!(caller.expect("signed in").display_name, "someone@example.com");
    project.pool().close().await;
    let bytes = std::fs::read(directory.path().join("project.db")).expect("file");
    assert!(!bytes.windows(10).any(|window| window == b"plain-text"));
}

#[tokio::test]
async fn a_role_brings_its_policies() {
    let (project, _directory) = support::empty().await;
    let policy = PolicyDefinition::new("desk").with_app_access();
    project.create_policy(&policy).await.expect("policy");
    let role = RoleDefinition { name: "Desk".into(), policies: vec!["desk".into()] };
    project.create_role(&role).await.expect("role");
    let user = NewUser { role: Some("desk".into()), ..NewUser::new("d@example.com") };
    project.add_user(user).await.expect("user");
    let caller = project.caller_by_email("d@example.com").await.expect("caller");
    assert!(caller.accountability.app && !caller.accountability.admin);
    assert_eq!(caller.accountability.roles.len(), 1);
    assert_eq!(caller.accountability.policies.len(), 1, "no further policy is tied to the user");
    let error = project.create_policy(&policy).await.expect_err("refused");
    assert!(matches!(error, ProjectError::PolicyExists(_)), "{error}");
}
