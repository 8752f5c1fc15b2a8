//! The project's reads, with the caller's own permissions.

use http::header;
use serde_json::Value;

use crate::support::{ADMIN, Call, EDITOR, READER, with_host};

#[test]
fn items_are_read_with_directus_parameters() {
    with_host(async |host| {
        let path = "/items/articles?fields=id,title,author.name&filter[status][_eq]=draft\
                    &sort=-id&limit=2";
        let items = host.send(Call::get(path).token(EDITOR)).await.data();
        let items = items.as_array().expect("a list");
        assert_eq!(items.len(), 2);
        assert!(items[0]["author"]["name"].is_string(), "{items:?}");
        let one = host.send(Call::get("/items/articles/3?fields=id,title").token(EDITOR)).await;
        assert_eq!(one.data()["id"], 3);
    });
}

#[test]
fn what_a_caller_may_not_see_is_refused_like_what_does_not_exist() {
    with_host(async |host| {
        let refused = async |path: &str, token: &str| {
            let answer = host.send(Call::get(path).token(token)).await;
            assert_eq!(answer.verdict(), "403 FORBIDDEN", "{path}");
            answer.text
        };
        let hidden = refused("/items/articles?fields=internal_note", EDITOR).await;
        let missing = refused("/items/articles?fields=nothing_at_all", EDITOR).await;
        assert_eq!(hidden.replace("internal_note", "X"), missing.replace("nothing_at_all", "X"));
        let drafts = "/items/articles?fields=id,status&filter[status][_eq]=draft";
        let seen = host.send(Call::get(drafts).token(READER)).await.data();
        assert_eq!(seen, Value::Array(Vec::new()), "readers see what is published");
    });
}

#[test]
fn a_wrong_query_is_told_what_is_wrong() {
    with_host(async |host| {
        for path in [
            "/items/articles?limit=many",
            "/items/articles?filter={",
            "/items/articles?page=1&offset=2",
            "/items/articles?filter[status][_no_such_operator]=1",
        ] {
            let answer = host.send(Call::get(path).token(ADMIN)).await;
            assert!(answer.verdict().starts_with("400 INVALID_"), "{path}: {}", answer.text);
        }
    });
}

#[test]
fn who_one_is_and_what_one_may_do() {
    with_host(async |host| {
        let globals = host.send(Call::get("/policies/me/globals").token(EDITOR)).await.data();
        assert_eq!(globals["app_access"], true);
        assert_eq!(globals["admin_access"], false);
        let permissions = host.send(Call::get("/permissions/me").token(EDITOR)).await.data();
        assert_eq!(permissions["articles"]["delete"]["access"], "none");
        let fields = host.send(Call::get("/fields/articles").token(EDITOR)).await.data();
        let names: Vec<_> = fields
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|field| field["field"].as_str())
            .collect();
        assert!(names.contains(&"title") && !names.contains(&"internal_note"), "{names:?}");
    });
}

#[test]
fn files_are_sent_so_that_nothing_in_them_runs() {
    with_host(async |host| {
        let files =
            host.send(Call::get("/files?fields=id,type,filesize").token(ADMIN)).await.data();
        let files = files.as_array().expect("a list");
        assert!(!files.is_empty());
        for file in files {
            let path = format!("/assets/{}", file["id"].as_str().expect("an id"));
            let answer = host.send(Call::get(&path).token(ADMIN)).await;
            assert_eq!(answer.verdict(), "200");
            assert_eq!(answer.headers["x-content-type-options"], "nosniff");
            let length = answer.headers[header::CONTENT_LENGTH].to_str().expect("ASCII");
            assert_eq!(length, answer.text.len().to_string());
            if file["type"] == "image/svg+xml" {
                let disposition = answer.headers[header::CONTENT_DISPOSITION].to_str();
                assert!(disposition.expect("ASCII").starts_with("attachment"));
            }
        }
        for id in ["00000000-0000-4000-8000-000000000000", "..%2f..%2fproject.db", "%ff"] {
            let answer = host.send(Call::get(&format!("/assets/{id}")).token(ADMIN)).await;
            assert!(matches!(answer.status.as_u16(), 400 | 403 | 404), "{id}: {}", answer.text);
        }
    });
}

#[test]
fn nobody_reads_the_secrets_of_users() {
    with_host(async |host| {
        let all = host.send(Call::get("/users?fields=*&limit=-1").token(ADMIN)).await;
        assert!(all.data().as_array().is_some_and(|users| users.len() > 3), "{}", all.text);
        assert!(!all.text.contains("$argon2"), "{}", all.text);
        let own = host.send(Call::get("/users?fields=id,email").token(EDITOR)).await.data();
        assert_eq!(own.as_array().map(Vec::len), Some(1), "users see themselves: {own}");
        let roles = host.send(Call::get("/roles?fields=id,name").token(ADMIN)).await.data();
        assert!(roles.as_array().is_some_and(|roles| !roles.is_empty()), "{roles}");
    });
}
