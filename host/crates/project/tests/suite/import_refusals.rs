//! What can't be imported, and what stays as it was.

use palisade_project::{ImportFormat, ImportOptions, ProjectError};
use serde_json::{Value, json};

use crate::{
    import::{collections, import, items},
    support,
};

#[tokio::test]
async fn appending_minds_what_the_collection_requires() {
    let (project, _directory) = support::newsroom().await;
    let before = collections(&project).await;
    for (collection, text, message) in [
        (
            "comments",
            "article,author_name\n1,Bea\n",
            "Collection \"comments\" needs a column \"body\", which the file doesn't have.",
        ),
        (
            "comments",
            "article,author_name,body\n1,Bea,Good\n100000,Bea,Bad\n",
            "Line 3: it refers to an item that doesn't exist.",
        ),
        (
            "comments",
            "article,author_name,body\n1,,Good\n",
            "Line 2, column \"author_name\": it needs a value.",
        ),
        ("Articles", "title\nx\n", "There is a collection \"Articles\" already."),
        (
            "categories",
            "name,slug\nNew,new\nCity,city-2\n",
            "Line 3: a value that has to be unique is in the collection already.",
        ),
    ] {
        let error = import(&project, collection, ImportFormat::Csv, text).await.expect_err(message);
        assert_eq!(error.to_string(), message);
    }
    assert_eq!(collections(&project).await, before);
    let text = "article;author_name;body;approved\n3;Bea;Good;true\n";
    import(&project, "comments", ImportFormat::Csv, text).await.expect("appended");
}

#[tokio::test]
async fn broken_files_leave_nothing_and_say_where() {
    use ImportFormat::{Csv, Json, Ndjson};

    let (project, _directory) = support::empty().await;
    let wide: Vec<String> = (0..1001).map(|number| format!("c{number}")).collect();
    let wide_csv = format!("{}\n", wide.join(","));
    let wide_json: serde_json::Map<String, Value> =
        wide.iter().map(|name| (name.clone(), json!(1))).collect();
    let wide_json = Value::Object(wide_json).to_string();
    for (format, text, message) in [
        (Csv, "", "The file has no items."),
        (Csv, "a,b\n", "The file has no items."),
        (Csv, "a,b\n1,2\n3\n", "Line 3: it has 1 values, but the header has 2."),
        (Csv, "a,b, a\n1,2,3\n", "Column \"a\" is there twice. Rename one of them."),
        (Csv, wide_csv.as_str(), "The file has more than 1000 columns."),
        (Json, wide_json.as_str(), "The file has more than 1000 columns."),
        (Json, "", "The file has no items."),
        (Json, "[]", "The file has no items."),
        (Json, "{}", "The file has no items."),
        (Json, "[{}]", "The file has no items."),
        (Json, "3", "The file has to be a JSON array of objects, or an object."),
        (Json, "\"text\"", "The file has to be a JSON array of objects, or an object."),
        (Json, "[{\"a\":1},\n2]", "Item 2: it is not an object."),
        (Json, "[{\"a\":1},\n{\"a\":}]", "Line 2: the JSON is broken (expected value)."),
        (Json, "nonsense", "Line 1: the JSON is broken (expected ident)."),
        (Ndjson, "\n \n", "The file has no items."),
        (Ndjson, "{\"a\":1}\n[1]\n", "Line 2: it is not an object."),
        (
            Ndjson,
            "{\"a\":1}\n{\"a\"\n",
            "Line 2: the JSON is broken (EOF while parsing an object).",
        ),
    ] {
        let error = import(&project, "broken", format, text).await.expect_err(message);
        assert_eq!(error.to_string(), message);
    }
    let latin = b"name\nM\xfcller\n".as_slice();
    let error = project
        .import_reader("broken", latin, Csv, &ImportOptions::default())
        .await
        .expect_err("not UTF-8");
    assert_eq!(error.to_string(), "Line 2: the text is not UTF-8.");
    assert!(collections(&project).await.is_empty());
    let tables: i64 =
        sqlx::query_scalar("select count(*) from sqlite_master where name = 'broken'")
            .fetch_one(project.pool())
            .await
            .expect("counted");
    assert_eq!(tables, 0);
}

#[tokio::test]
async fn deeply_nested_json_is_refused_without_harm() {
    let (project, _directory) = support::empty().await;
    let deep = format!("[{{\"a\":{}1{}}}]", "[".repeat(100_000), "]".repeat(100_000));
    let error = import(&project, "deep", ImportFormat::Json, &deep).await.expect_err("refused");
    assert!(matches!(error, ProjectError::Import(_)), "{error}");
}

#[tokio::test]
async fn hostile_names_do_no_harm() {
    let (project, _directory) = support::empty().await;
    for name in [
        "directus_users",
        "Directus_x",
        "palisade_x",
        "sqlite_x",
        "a b",
        "a\"; drop table directus_users; --",
        "../x",
        "",
        "1a",
        "ä",
    ] {
        let error = import(&project, name, ImportFormat::Csv, "a\n1\n").await.expect_err(name);
        assert!(matches!(error, ProjectError::InvalidName { what: "collection", .. }), "{error}");
    }
    let report = import(
        &project,
        "odd",
        ImportFormat::Csv,
        "\"a\"\"); drop table directus_users; --\",rowid,_rowid_,oid,2024,名前,名,A-b,a_b,directus_id,\n\
         1,2,3,4,5,6,7,8,9,10,11\n",
    )
    .await
    .expect("imported");
    insta::assert_json_snapshot!(report.fields);
    let row = items(&project, "odd").await;
    assert_eq!(row[0]["f_2024"], 5);
    assert_eq!(row[0]["a_b_2"], 9);
}

#[tokio::test]
async fn values_are_data_whatever_they_say() {
    let (project, _directory) = support::empty().await;
    let hostile = "'); drop table directus_users; --";
    let text = json!([{"name": hostile, "$where": "1", "__proto__": {"x": 1}}]).to_string();
    import(&project, "hostile", ImportFormat::Json, &text).await.expect("imported");
    let item = items(&project, "hostile").await;
    assert_eq!(item[0]["name"], hostile);
    assert_eq!(item[0]["where"], "1");
    assert_eq!(item[0]["proto"], json!({"x": 1}));
}
