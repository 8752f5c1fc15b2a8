//! Directus's REST reads, in shapes that its SDK understands.

use std::fs;

use palisade_data::{Authenticator, Query};
use palisade_project::Project;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::support;

fn names(data: &Value, key: &str) -> Vec<String> {
    data.as_array()
        .expect("array")
        .iter()
        .map(|entry| entry[key].as_str().expect("name").to_owned())
        .collect()
}

#[tokio::test]
async fn users_me_is_the_own_user_without_secrets() {
    let (project, _directory) = support::newsroom().await;
    let editor = support::caller(&project, "editor").await;
    let me = project.users_me(&editor, &Query::default()).await.expect("user");
    assert_eq!(me["email"], "editor@example.com");
    assert_eq!(me["first_name"], "Edda");
    let text = me.to_string();
    assert!(!text.contains("argon2") && !text.contains("demo-token"), "{text}");
    let query = Query::from_json(&json!({"fields": "id"})).expect("query");
    let me = project.users_me(&editor, &query).await.expect("user");
    assert_eq!(me, json!({"id": editor.accountability.user}));
}

#[tokio::test]
async fn users_me_of_a_program_is_its_id() {
    let (project, _directory) = support::newsroom().await;
    let api = support::caller(&project, "api").await;
    let me = project.users_me(&api, &Query::default()).await.expect("user");
    assert_eq!(me, json!({"id": api.accountability.user}));
}

#[tokio::test]
async fn users_me_of_who_may_read_others_alone_is_the_id() {
    let (project, _directory) = support::newsroom().await;
    let api = support::caller(&project, "api").await;
    sqlx::query(
        "insert into directus_permissions (collection, action, permissions, fields, policy) \
         select 'directus_users', 'read', '{\"id\":{\"_neq\":\"$CURRENT_USER\"}}', '*', id \
         from directus_policies where name = 'api'",
    )
    .execute(project.pool())
    .await
    .expect("a permission");
    let me = project.users_me(&api, &Query::default()).await.expect("user");
    assert_eq!(me, json!({"id": api.accountability.user}));
}

#[tokio::test]
async fn anonymous_callers_have_no_own_routes() {
    let (project, _directory) = support::newsroom().await;
    let nobody = project.anonymous(None).await.expect("caller");
    let query = Query::default();
    for error in [
        project.users_me(&nobody, &query).await.expect_err("refused"),
        project.policies_me_globals(&nobody).await.expect_err("refused"),
        project.permissions_me(&nobody).await.expect_err("refused"),
        project.items(&nobody, "articles", &query).await.expect_err("refused"),
        project.files(&nobody, &query).await.expect_err("refused"),
        project.fields(&nobody, Some("articles")).await.expect_err("refused"),
    ] {
        assert_eq!(error.status(), 403, "{error}");
    }
    assert_eq!(project.collections(&nobody).await.expect("collections"), json!([]));
    assert_eq!(project.fields(&nobody, None).await.expect("fields"), json!([]));
}

#[tokio::test]
async fn globals_say_app_and_admin() {
    let (project, _directory) = support::newsroom().await;
    for (who, app, admin) in [
        ("admin", true, true),
        ("editor", true, false),
        ("reader", true, false),
        ("api", false, false),
    ] {
        let caller = support::caller(&project, who).await;
        assert_eq!(
            project.policies_me_globals(&caller).await.expect("globals"),
            json!({"app_access": app, "admin_access": admin, "enforce_tfa": false}),
            "{who}"
        );
    }
    sqlx::query("update directus_policies set enforce_tfa = 1 where name = 'editor'")
        .execute(project.pool())
        .await
        .expect("changed");
    let editor = support::caller(&project, "editor").await;
    let globals = project.policies_me_globals(&editor).await.expect("globals");
    assert_eq!(globals["enforce_tfa"], true);
}

#[tokio::test]
async fn permissions_say_what_an_editor_may_do() {
    let (project, _directory) = support::newsroom().await;
    let editor = support::caller(&project, "editor").await;
    let permissions = project.permissions_me(&editor).await.expect("permissions");
    insta::assert_json_snapshot!(permissions["articles"]);
}

#[tokio::test]
async fn collections_are_those_that_may_be_read() {
    let (project, _directory) = support::newsroom().await;
    let of = async |who: &str| {
        let caller = support::caller(&project, who).await;
        project.collections(&caller).await.expect("collections")
    };
    let admin = of("admin").await;
    let all = names(&admin, "collection");
    assert_eq!(all[..4], ["authors", "categories", "articles", "comments"]);
    assert!(all.contains(&"directus_users".to_owned()));
    insta::assert_json_snapshot!("collection_articles", admin[2]);
    let editor = names(&of("editor").await, "collection");
    assert!(editor.contains(&"directus_files".to_owned()));
    assert!(!editor.contains(&"directus_permissions".to_owned()), "{editor:?}");
    assert_eq!(names(&of("api").await, "collection"), ["articles"]);
}

#[tokio::test]
async fn fields_are_those_that_may_be_read() {
    let (project, _directory) = support::newsroom().await;
    let of = async |who: &str, collection: &str| {
        let caller = support::caller(&project, who).await;
        project.fields(&caller, Some(collection)).await
    };
    let admin = of("admin", "articles").await.expect("fields");
    insta::assert_json_snapshot!("fields_articles", admin);
    let editor = names(&of("editor", "articles").await.expect("fields"), "field");
    assert!(!editor.contains(&"internal_note".to_owned()), "{editor:?}");
    assert!(editor.contains(&"comments".to_owned()), "{editor:?}");
    let unknown = of("api", "nothing").await.expect_err("refused").to_string();
    let forbidden = of("api", "comments").await.expect_err("refused").to_string();
    assert_eq!(unknown.replace("nothing", "comments"), forbidden);
    let everything = support::caller(&project, "api").await;
    let everything = project.fields(&everything, None).await.expect("fields");
    assert!(names(&everything, "collection").iter().all(|name| name == "articles"));
}

#[tokio::test]
async fn items_are_read_by_url_parameters() {
    let (project, _directory) = support::newsroom().await;
    let editor = support::caller(&project, "editor").await;
    let query = Query::from_parameters([
        ("fields[]", "id"),
        ("fields[]", "author.name"),
        ("filter[_and][0][status][_eq]", "published"),
        ("filter[_and][1][id][_lte]", "20"),
        ("sort", "-id"),
        ("limit", "2"),
    ])
    .expect("query");
    let data = project.items(&editor, "articles", &query).await.expect("items");
    let items = data.as_array().expect("array");
    assert_eq!(items.len(), 2);
    assert!(items[0]["id"].as_i64() > items[1]["id"].as_i64());
    assert!(items[0]["author"]["name"].is_string());
}

#[tokio::test]
async fn system_collections_are_no_items() {
    let (project, _directory) = support::newsroom().await;
    let admin = support::caller(&project, "admin").await;
    for collection in ["directus_users", "DIRECTUS_users", "sqlite_master", "palisade_generation"] {
        let error =
            project.items(&admin, collection, &Query::default()).await.expect_err(collection);
        assert_eq!(error.code(), "FORBIDDEN", "{collection}");
        let error =
            project.item(&admin, collection, "1", &Query::default()).await.expect_err(collection);
        assert_eq!(error.code(), "FORBIDDEN", "{collection}");
    }
}

async fn file(project: &Project, name: &str) -> String {
    sqlx::query_scalar("select id from directus_files where filename_download = ?1")
        .bind(name)
        .fetch_one(project.pool())
        .await
        .expect("file")
}

#[tokio::test]
async fn files_list_and_download() {
    let (project, _directory) = support::newsroom().await;
    let reader = support::caller(&project, "reader").await;
    let query = Query::from_json(&json!({"sort": "title", "fields": "title,type,filesize"}));
    let files = project.files(&reader, &query.expect("query")).await.expect("files");
    insta::assert_json_snapshot!("files", files);
    for (name, content_type, disposition, begins) in [
        ("newsroom-logo.svg", "image/svg+xml", "attachment", "<svg"),
        ("circulation.csv", "text/csv", "inline", "quarter,print"),
        ("style-guide.txt", "text/plain", "inline", "House style"),
    ] {
        let id = file(&project, name).await;
        let mut asset = project.asset(&reader, &id).await.expect("asset");
        assert_eq!(asset.content_type, content_type);
        assert_eq!(
            asset.content_disposition(),
            format!("{disposition}; filename=\"{name}\"; filename*=UTF-8''{name}")
        );
        let mut text = String::new();
        asset.content.read_to_string(&mut text).await.expect("read");
        assert!(text.starts_with(begins));
        assert_eq!(text.len() as u64, asset.length);
    }
}

#[tokio::test]
async fn a_file_that_may_not_be_read_looks_like_none() {
    let (project, _directory) = support::newsroom().await;
    let id = file(&project, "style-guide.txt").await;
    let api = support::caller(&project, "api").await;
    let admin = support::caller(&project, "admin").await;
    let mut messages = Vec::new();
    for (caller, id) in [
        (&api, id.as_str()),
        (&admin, "67e55044-10b1-426f-9247-bb680e5fe0c8"),
        (&admin, "../../project.db"),
        (&admin, "style-guide.txt"),
        (&admin, ""),
    ] {
        let error = project.asset(caller, id).await.expect_err("refused");
        assert_eq!(error.code(), "FORBIDDEN");
        messages.push(error.to_string());
    }
    messages.dedup();
    assert_eq!(messages.len(), 1, "{messages:?}");
}

#[tokio::test]
async fn a_row_cannot_point_out_of_the_uploads() {
    let (project, directory) = support::newsroom().await;
    let admin = support::caller(&project, "admin").await;
    let id = file(&project, "style-guide.txt").await;
    fs::write(directory.path().join("uploads/.hidden"), "x").expect("written");
    std::os::unix::fs::symlink("/etc/passwd", directory.path().join("uploads/link"))
        .expect("linked");
    for name in ["../project.db", "/etc/passwd", "link", ".hidden", ".", "..", "", "missing.txt"] {
        sqlx::query("update directus_files set filename_disk = ?1 where id = ?2")
            .bind(name)
            .bind(&id)
            .execute(project.pool())
            .await
            .expect("changed");
        let error = project.asset(&admin, &id).await.expect_err(name);
        assert_eq!(error.status(), 404, "{name}");
    }
}
