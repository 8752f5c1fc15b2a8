//! The sample project: the same every time, with permissions that hold.

use palisade_data::{Caller, DataBackend, DataError, Operation, Query, Selection};
use palisade_project::{Project, ProjectError};
use serde_json::{Map, Value, json};

use crate::support;

fn query(value: &Value) -> Query {
    Query::from_json(value).expect("a query")
}

fn payload(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no payload"),
    }
}

async fn run(project: &Project, caller: &Caller, operation: Operation) -> Result<Value, DataError> {
    project.engine().execute(caller, &operation).await.map(|outcome| outcome.data)
}

async fn count(project: &Project, caller: &Caller, collection: &str, filter: Value) -> u64 {
    let query = query(&json!({"aggregate": {"count": "*"}, "filter": filter}));
    let data = project.items(caller, collection, &query).await.expect("counted");
    data[0]["count"].as_u64().expect("a number")
}

#[tokio::test]
async fn the_sample_is_the_same_every_time() {
    let (one, _one_directory) = support::newsroom().await;
    let (other, _other_directory) = support::newsroom().await;
    for table in ["authors", "categories", "articles", "comments", "directus_files"] {
        let dump = async |project: &Project| -> Vec<String> {
            let columns: String = sqlx::query_scalar(
                "select group_concat('quote(\"' || name || '\")', ' || char(31) || ') \
                 from pragma_table_info(?1)",
            )
            .bind(table)
            .fetch_one(project.pool())
            .await
            .expect("columns");
            let sql = format!("select {columns} from {table} order by id");
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                .fetch_all(project.pool())
                .await
                .expect("rows")
        };
        assert_eq!(dump(&one).await, dump(&other).await, "{table}");
    }
}

#[tokio::test]
async fn the_sample_at_a_glance() {
    let (project, _directory) = support::newsroom().await;
    insta::assert_json_snapshot!(project.show().await.expect("summary"));
}

#[tokio::test]
async fn the_first_articles() {
    let (project, _directory) = support::newsroom().await;
    let admin = support::caller(&project, "admin").await;
    let query = query(&json!({
        "fields": "id,title,slug,status,published_on,internal_note,author.name,category.name,\
                   comments.author_name,body",
        "sort": "id",
        "limit": 3,
    }));
    insta::assert_json_snapshot!(project.items(&admin, "articles", &query).await.expect("items"));
}

#[tokio::test]
async fn the_sample_looks_like_a_newsroom() {
    let (project, _directory) = support::newsroom().await;
    let admin = support::caller(&project, "admin").await;
    assert_eq!(count(&project, &admin, "articles", json!({})).await, 160);
    let drafts = count(&project, &admin, "articles", json!({"status": {"_eq": "draft"}})).await;
    assert!((25..=55).contains(&drafts), "{drafts} drafts");
    let noted = json!({"internal_note": {"_nnull": true}});
    assert!(count(&project, &admin, "articles", noted).await >= 30);
    let dated_drafts = json!({"status": {"_eq": "draft"}, "published_on": {"_nnull": true}});
    assert_eq!(count(&project, &admin, "articles", dated_drafts).await, 0);
    let orphans = json!({"_or": [{"author": {"_null": true}}, {"category": {"_null": true}}]});
    assert_eq!(count(&project, &admin, "articles", orphans).await, 0);
    for texts in [
        "select title || body || ifnull(internal_note, '') from articles",
        "select body from comments",
    ] {
        let texts: Vec<String> =
            sqlx::query_scalar(texts).fetch_all(project.pool()).await.expect("texts");
        let unfilled: Vec<_> = texts.iter().filter(|text| text.contains('{')).collect();
        assert!(unfilled.is_empty(), "{unfilled:?}");
    }
}

#[tokio::test]
async fn an_editor_works_on_articles_without_internal_notes() {
    let (project, _directory) = support::newsroom().await;
    let editor = support::caller(&project, "editor").await;
    let third = project.item(&editor, "articles", "3", &Query::default()).await.expect("readable");
    let fields: Vec<&str> = third.as_object().expect("item").keys().map(String::as_str).collect();
    assert!(fields.contains(&"title") && !fields.contains(&"internal_note"), "{fields:?}");
    for refused in [
        json!({"fields": "internal_note"}),
        json!({"filter": {"internal_note": {"_nnull": true}}}),
        json!({"sort": "internal_note"}),
        json!({"aggregate": {"count": "internal_note"}}),
        json!({"aggregate": {"count": "*"}, "groupBy": "internal_note"}),
        json!({"fields": "x", "alias": {"x": "internal_note"}}),
    ] {
        let error =
            project.items(&editor, "articles", &query(&refused)).await.expect_err("refused");
        assert_eq!(error.code(), "FORBIDDEN", "{refused}");
    }
    for through in ["articles.internal_note", "articles.*"] {
        let query = query(&json!({"fields": through, "limit": 1}));
        let data = project.items(&editor, "authors", &query).await;
        assert!(!data.is_ok_and(|data| data.to_string().contains("internal_note")), "{through}");
    }
    let updated = run(
        &project,
        &editor,
        Operation::UpdateItems {
            collection: "articles".into(),
            selection: Selection::Keys(vec![3.into()]),
            payload: payload(json!({"title": "A better headline"})),
            query: query(&json!({"fields": "id,title"})),
        },
    )
    .await
    .expect("updated");
    assert_eq!(updated, json!([{"id": 3, "title": "A better headline"}]));
    let created = run(
        &project,
        &editor,
        Operation::CreateItems {
            collection: "articles".into(),
            items: vec![payload(json!({"title": "Breaking", "author": 1, "category": 1}))],
            query: query(&json!({"fields": "status,title"})),
        },
    )
    .await
    .expect("created");
    assert_eq!(created, json!([{"status": "draft", "title": "Breaking"}]));
}

#[tokio::test]
async fn an_editor_deletes_nothing_and_touches_nothing_else() {
    let (project, _directory) = support::newsroom().await;
    let editor = support::caller(&project, "editor").await;
    let before = project.show().await.expect("summary");
    for collection in ["articles", "authors", "categories", "comments", "directus_files"] {
        let operation = Operation::DeleteItems {
            collection: collection.into(),
            selection: Selection::Keys(vec![1.into()]),
        };
        let error = run(&project, &editor, operation).await.expect_err("refused");
        assert_eq!(error.code(), "FORBIDDEN", "{collection}");
    }
    for (collection, values) in [
        ("articles", json!({"internal_note": "seen"})),
        ("authors", json!({"name": "Someone else"})),
        ("categories", json!({"name": "Gossip"})),
        ("comments", json!({"approved": true})),
    ] {
        let operation = Operation::UpdateItems {
            collection: collection.into(),
            selection: Selection::Keys(vec![1.into()]),
            payload: payload(values.clone()),
            query: Query::default(),
        };
        let error = run(&project, &editor, operation).await.expect_err("refused");
        assert_eq!(error.code(), "FORBIDDEN", "{collection} {values}");
    }
    assert_eq!(project.show().await.expect("summary"), before);
}

#[tokio::test]
async fn a_reader_sees_what_is_published_also_through_relations() {
    let (project, _directory) = support::newsroom().await;
    let admin = support::caller(&project, "admin").await;
    let reader = support::caller(&project, "reader").await;
    let published = json!({"status": {"_eq": "published"}});
    let there = count(&project, &admin, "articles", published).await;
    assert_eq!(count(&project, &reader, "articles", json!({})).await, there);
    let drafts = json!({"status": {"_eq": "draft"}});
    assert_eq!(count(&project, &reader, "articles", drafts).await, 0);

    let all = query(&json!({"fields": "articles.status", "limit": -1}));
    let authors = project.items(&reader, "authors", &all).await.expect("authors");
    assert!(authors.to_string().contains("published") && !authors.to_string().contains("draft"));

    let of_published = json!({"article": {"status": {"_eq": "published"}}});
    let comments = count(&project, &admin, "comments", of_published).await;
    assert_eq!(count(&project, &reader, "comments", json!({})).await, comments);
    assert!(comments < 300, "some comments are under articles that aren't published");

    let draft: i64 = sqlx::query_scalar("select id from articles where status = 'draft' limit 1")
        .fetch_one(project.pool())
        .await
        .expect("a draft");
    let key = draft.to_string();
    let error =
        project.item(&reader, "articles", &key, &Query::default()).await.expect_err("refused");
    let missing =
        project.item(&reader, "articles", "99999", &Query::default()).await.expect_err("refused");
    assert_eq!(error.to_string(), missing.to_string());
}

#[tokio::test]
async fn the_api_user_reads_published_articles_and_has_no_app() {
    let (project, _directory) = support::newsroom().await;
    let api = support::caller(&project, "api").await;
    assert!(!api.accountability.app && !api.accountability.admin);
    assert!(count(&project, &api, "articles", json!({})).await > 0);
    for collection in ["authors", "categories", "comments"] {
        let error = project.items(&api, collection, &Query::default()).await.expect_err(collection);
        assert_eq!(error.code(), "FORBIDDEN", "{collection}");
    }
}

#[tokio::test]
async fn the_sample_needs_an_empty_project() {
    let (project, _directory) = support::newsroom().await;
    let error = project.install_newsroom().await.expect_err("refused");
    assert!(matches!(error, ProjectError::NotEmpty("collections")), "{error}");
}

#[tokio::test]
async fn a_project_without_the_sample_has_no_demo_logins() {
    let (project, _directory) = support::empty().await;
    assert!(!project.has_demo_logins().await.expect("checked"));
}
