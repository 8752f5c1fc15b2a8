//! Importing files: every format, every mistake, and nothing half imported.

use std::{fs, path::Path};

use palisade_data::Query;
use palisade_project::{
    CollectionDefinition, FieldDefinition, FieldType, ImportFormat, ImportOptions, ImportReport,
    PrimaryKey, Project, ProjectError,
};
use serde_json::{Value, json};

use crate::support;

pub(crate) async fn import(
    project: &Project,
    collection: &str,
    format: ImportFormat,
    text: &str,
) -> Result<ImportReport, ProjectError> {
    project.import_reader(collection, text.as_bytes(), format, &ImportOptions::default()).await
}

/// All items as an admin sees them, with all fields.
pub(crate) async fn items(project: &Project, collection: &str) -> Value {
    let admin = admin(project).await;
    let query = Query { limit: Some(-1), ..Query::default() };
    project.items(&admin, collection, &query).await.expect("items")
}

pub(crate) async fn admin(project: &Project) -> palisade_data::Caller {
    let email = "admin@example.com";
    if let Ok(caller) = project.caller_by_email(email).await {
        return caller;
    }
    let user = palisade_project::NewUser { admin: true, ..palisade_project::NewUser::new(email) };
    project.add_user(user).await.expect("admin");
    project.caller_by_email(email).await.expect("caller")
}

/// Fields and types of an import, as `field: type`.
fn fields(report: &ImportReport) -> Vec<String> {
    report.fields.iter().map(|field| format!("{}: {}", field.field, field.kind)).collect()
}

pub(crate) async fn collections(project: &Project) -> Vec<(String, u64)> {
    let summary = project.show().await.expect("summary");
    summary.collections.into_iter().map(|entry| (entry.collection, entry.items)).collect()
}

#[tokio::test]
async fn csv_finds_types_and_keeps_text_as_it_is() {
    let (project, _directory) = support::empty().await;
    let report = import(
        &project,
        "stations",
        ImportFormat::Csv,
        "\u{feff}Code,Name,Height (m),Passengers,Open,Since,Seen,Checked,Note\r\n\
         007,\"Port, Ellery\",12.5,9000000000,true,1911-05-01,2026-01-31 12:30,\
         2026-01-31T12:30:00+02:00,\r\n\
         042,\"The \"\"Hub\"\"\nWest\",3,12,FALSE,1950-12-24,2026-02-01T08:00:00,\
         2026-02-01T00:00:00Z, kept \r\n",
    )
    .await
    .expect("imported");
    assert!(report.created);
    assert_eq!(report.items, 2);
    assert_eq!(
        fields(&report),
        [
            "code: string",
            "name: string",
            "height_m: float",
            "passengers: bigInteger",
            "open: boolean",
            "since: date",
            "seen: dateTime",
            "checked: timestamp",
            "note: string",
        ]
    );
    insta::assert_json_snapshot!(items(&project, "stations").await);
    let note: String = sqlx::query_scalar(
        "select note from directus_fields where collection = 'stations' and field = 'height_m'",
    )
    .fetch_one(project.pool())
    .await
    .expect("note");
    assert_eq!(note, "Column \"Height (m)\" of the imported file");
}

#[tokio::test]
async fn every_shape_of_json_holds_items() {
    let (project, _directory) = support::empty().await;
    for (collection, text, expected) in [
        (
            "array",
            r#"[{"name":"a","n":1},{"n":2.5,"tags":["x"]}]"#,
            json!([
                {"id": 1, "name": "a", "n": 1.0, "tags": null},
                {"id": 2, "name": null, "n": 2.5, "tags": ["x"]},
            ]),
        ),
        (
            "wrapped",
            r#"{"3166-1":[{"alpha_2":"AW","numeric":"004"}]}"#,
            json!([{"id": 1, "alpha_2": "AW", "numeric": "004"}]),
        ),
        (
            "named",
            r#"{"de":{"name":"German"},"fr":{"name":"French"}}"#,
            json!([
                {"id": 1, "key": "de", "name": "German"},
                {"id": 2, "key": "fr", "name": "French"},
            ]),
        ),
        (
            "one",
            r#"{"name":"Ada","born":{"year":1815}}"#,
            json!([{"id": 1, "name": "Ada", "born": {"year": 1815}}]),
        ),
        (
            "mixed",
            r#"[{"v":1},{"v":"x"},{"v":true},{"v":18446744073709551615},{"v":null}]"#,
            json!([
                {"id": 1, "v": "1"},
                {"id": 2, "v": "x"},
                {"id": 3, "v": "true"},
                {"id": 4, "v": "18446744073709551615"},
                {"id": 5, "v": null},
            ]),
        ),
    ] {
        import(&project, collection, ImportFormat::Json, text).await.expect(collection);
        assert_eq!(items(&project, collection).await, expected, "{collection}");
    }
}

#[tokio::test]
async fn ndjson_has_an_item_per_line() {
    let (project, _directory) = support::empty().await;
    let text = "{\"a\":1}\r\n\n{\"a\":2,\"b\":\"x\"}\n   \n{\"b\":null}";
    let report = import(&project, "lines", ImportFormat::Ndjson, text).await.expect("imported");
    assert_eq!(report.items, 3);
    assert_eq!(
        items(&project, "lines").await,
        json!([
            {"id": 1, "a": 1, "b": null},
            {"id": 2, "a": 2, "b": "x"},
            {"id": 3, "a": null, "b": null},
        ])
    );
}

#[tokio::test]
async fn an_id_that_identifies_becomes_the_key() {
    let (project, _directory) = support::empty().await;
    for (collection, text, key, other) in [
        ("numbers", "id,a\n7,x\n3,y\n", json!(3), false),
        ("texts", "ID,a\nberlin,x\nparis,y\n", json!("berlin"), false),
        (
            "uuids",
            "id,a\n67E55044-10b1-426f-9247-bb680e5fe0c8,x\n",
            json!("67e55044-10b1-426f-9247-bb680e5fe0c8"),
            false,
        ),
        ("repeated", "id,a\n1,x\n1,y\n", json!(1), true),
        ("missing", "id,a\n5,x\n,y\n", json!(1), true),
    ] {
        import(&project, collection, ImportFormat::Csv, text).await.expect(collection);
        let items = items(&project, collection).await;
        assert_eq!(items[0]["id"], key, "{collection}");
        assert_eq!(items[0].get("id_2").is_some(), other, "{collection}");
    }
    sqlx::query("insert into numbers (a) values ('z')")
        .execute(project.pool())
        .await
        .expect("inserted");
    assert_eq!(items(&project, "numbers").await[2]["id"], 8, "numbers go on after the imported");
}

#[tokio::test]
async fn a_second_import_appends() {
    let (project, _directory) = support::empty().await;
    let first = "id,Name,n\n1,a,5\n";
    import(&project, "things", ImportFormat::Csv, first).await.expect("imported");
    let report = import(&project, "things", ImportFormat::Json, r#"[{"name":"b"},{"id":9}]"#)
        .await
        .expect("appended");
    assert!(!report.created);
    assert_eq!(report.items, 2);
    let before = collections(&project).await;
    for (text, message) in [
        (r#"[{"colour":"red"}]"#, "Collection \"things\" has no field for column \"colour\"."),
        (
            r#"[{"name":"c"},{"n":"many"}]"#,
            "Item 2, column \"n\": \"many\" is not a whole number of 32 bits.",
        ),
        (
            r#"[{"id":20},{"id":1},{"id":21}]"#,
            "Item 2: a value that has to be unique is in the collection already.",
        ),
        (
            r#"[{"name":{"a":1}}]"#,
            "Item 1, column \"name\": \"{\\\"a\\\":1}\" is not text of at most 255 characters.",
        ),
    ] {
        let error = import(&project, "things", ImportFormat::Json, text).await.expect_err(message);
        assert_eq!(error.to_string(), message);
    }
    assert_eq!(collections(&project).await, before);
}

#[tokio::test]
async fn keys_are_made_where_the_collection_has_uuids() {
    let (project, _directory) = support::empty().await;
    let definition = CollectionDefinition::new("tags", PrimaryKey::Uuid)
        .field(FieldDefinition::new("name", FieldType::String(10)).required());
    project.create_collection(&definition).await.expect("created");
    import(&project, "tags", ImportFormat::Csv, "name\na\nb\n").await.expect("appended");
    let items = items(&project, "tags").await;
    let keys: Vec<&str> =
        items.as_array().expect("array").iter().filter_map(|item| item["id"].as_str()).collect();
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|key| key.len() == 36) && keys[0] != keys[1]);
}

#[tokio::test]
async fn named_policies_may_read_what_was_imported() {
    let (project, _directory) = support::newsroom().await;
    let options = ImportOptions {
        readable_by: vec!["reader".into()],
        note: Some("Where we print".into()),
        ..ImportOptions::default()
    };
    let text = "name\nMain plant\n".as_bytes();
    let report =
        project.import_reader("plants", text, ImportFormat::Csv, &options).await.expect("imported");
    assert_eq!(report.items, 1);
    let reader = support::caller(&project, "reader").await;
    let editor = support::caller(&project, "editor").await;
    let query = Query::default();
    assert_eq!(
        project.items(&reader, "plants", &query).await.expect("readable"),
        json!([{"id": 1, "name": "Main plant"}])
    );
    assert!(project.items(&editor, "plants", &query).await.is_err());

    let options = ImportOptions { readable_by: vec!["nobody".into()], ..ImportOptions::default() };
    let error = project
        .import_reader("other", text, ImportFormat::Csv, &options)
        .await
        .expect_err("refused");
    assert_eq!(
        error.to_string(),
        "There is no policy \"nobody\". There are: Administrator, api, editor, reader."
    );
}

#[tokio::test]
async fn the_format_comes_from_the_name() {
    let (project, directory) = support::empty().await;
    let options = ImportOptions::default();
    for (name, text) in [
        ("a.csv", "x\n1\n"),
        ("b.TSV", "x\ty\n1\t2\n"),
        ("c.json", "[{\"x\":1}]"),
        ("d.ndjson", "{\"x\":1}"),
        ("e.jsonl", "{\"x\":1}"),
    ] {
        let path = directory.path().join(name);
        fs::write(&path, text).expect("written");
        let collection = name.split('.').next().expect("stem");
        let report = project.import(collection, &path, &options).await.expect(name);
        assert_eq!(report.items, 1);
    }
    let error =
        project.import("f", directory.path().join("f.xlsx"), &options).await.expect_err("refused");
    assert!(error.to_string().ends_with("none of .csv, .tsv, .json, .ndjson and .jsonl."));
    let error =
        project.import("f", directory.path().join("f.csv"), &options).await.expect_err("missing");
    assert!(matches!(error, ProjectError::File { .. }), "{error}");
}

#[tokio::test]
async fn a_large_file_goes_in_batches() {
    let (project, _directory) = support::empty().await;
    let mut text = String::from("n,label\n");
    for number in 0..5003 {
        text.push_str(&format!("{number},row {number}\n"));
    }
    let report = import(&project, "many", ImportFormat::Csv, &text).await.expect("imported");
    assert_eq!(report.items, 5003);
    let (rows, sum): (i64, i64) = sqlx::query_as("select count(*), sum(n) from many")
        .fetch_one(project.pool())
        .await
        .expect("counted");
    assert_eq!((rows, sum), (5003, 5003 * 5002 / 2));
    text.push_str("5003\n");
    let error = import(&project, "more", ImportFormat::Csv, &text).await.expect_err("refused");
    assert_eq!(error.to_string(), "Line 5005: it has 1 values, but the header has 2.");
    assert_eq!(collections(&project).await, [("many".to_owned(), 5003)]);
}

#[tokio::test]
async fn the_countries_of_iso_3166_import() {
    let path = Path::new("/usr/share/iso-codes/json/iso_3166-1.json");
    let (project, _directory) = support::empty().await;
    if !path.exists() {
        eprintln!("skipped: the Debian package iso-codes is not installed");
        return;
    }
    let report = project.import("countries", path, &ImportOptions::default()).await;
    let report = report.expect("imported");
    assert_eq!(report.items, 249);
    assert_eq!(
        fields(&report),
        [
            "alpha_2: string",
            "alpha_3: string",
            "flag: string",
            "name: string",
            "numeric: string",
            "official_name: string",
            "common_name: string",
        ]
    );
    let admin = admin(&project).await;
    let query = Query::from_json(&json!({
        "filter": {"alpha_2": {"_eq": "AF"}},
        "fields": "name,numeric,flag",
    }));
    assert_eq!(
        project.items(&admin, "countries", &query.expect("query")).await.expect("items"),
        json!([{"name": "Afghanistan", "numeric": "004", "flag": "🇦🇫"}])
    );
}

#[tokio::test]
async fn an_import_can_run_beside_other_work() {
    let (project, directory) = support::empty().await;
    let path = directory.path().join("a.csv");
    fs::write(&path, "x\n1\n").expect("written");
    let task = tokio::spawn(async move {
        project.import("a", path, &ImportOptions::default()).await.map(|report| report.items)
    });
    assert_eq!(task.await.expect("finished").expect("imported"), 1);
}
