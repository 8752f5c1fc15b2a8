//! P2: a turn acts with exactly the caller's Directus permissions: collections, items, fields, presets
//! and validation. What is forbidden reads the same as what doesn't exist.
#![expect(clippy::expect_used, clippy::panic, reason = "a helper that fails fails its test")]

use std::fs;

use palisade_project::{Action, PermissionDefinition, PolicyDefinition, Project};
use palisade_tests::{
    fake::{FakeOptions, FakeProvider, ToolCall},
    host::{Answer, Folder, FolderOptions, MODEL, Person, Role, Stage, question},
};
use reqwest::Method;
use serde_json::{Value, json};

const INTERN: &str = "intern@tests.example";
const INTERN_TOKEN: &str = "hY6dRk2WvB8nJq4TxL9cZs1F";

/// The sample, with a collection that nobody but administrators may read and with a user whose
/// permissions have presets and validation. Every call runs at once, so that permissions alone decide.
async fn stage() -> Stage {
    let options = FolderOptions { models: vec![MODEL.to_owned()], ..FolderOptions::default() };
    let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
    let folder = Folder::prepare(&provider, &options).await.expect("a folder");
    fs::write(folder.path().join("payroll.csv"), "person,salary\nAda,5200\n").expect("written");
    folder.command(&["project", "import", "payroll", "payroll.csv"], "").await.expect("imported");
    add_intern(&folder).await;
    let host = folder.serve().await.expect("a host");
    let stage = Stage { provider, folder, host };
    for tool in ["items", "schema"] {
        let path = format!("/ai/admin/tools/{tool}");
        stage.administer(&path, &json!({"default": "always"})).await.expect("a ceiling");
    }
    stage
}

async fn add_intern(folder: &Folder) {
    let project = Project::open(folder.data_dir().join("project.db")).await.expect("a project");
    let create = PermissionDefinition {
        presets: Some(json!({"status": "draft", "author": 1})),
        validation: Some(json!({"title": {"_starts_with": "Draft: "}})),
        ..PermissionDefinition::new("articles", Action::Create, &["title", "body"])
    };
    let read =
        PermissionDefinition::new("articles", Action::Read, &["id", "title", "status", "author"]);
    let policy =
        PolicyDefinition::new("intern").with_app_access().permission(create).permission(read);
    project.create_policy(&policy).await.expect("a policy");
    let add = ["project", "user", "add", INTERN, "--password-stdin", "--policy", "intern"];
    let arguments = [&add[..], &["--token", INTERN_TOKEN]].concat();
    folder.command(&arguments, "9TsLm3Qe7VzHk5Wb\n").await.expect("a user");
}

/// What a call of a tool gave: its output, or its error.
async fn call(stage: &Stage, token: &str, tool: &str, arguments: Value) -> Result<Value, String> {
    stage.script([ToolCall::new(tool, arguments.clone())]);
    let mut body = question(MODEL, "Do it.");
    body["toolApprovals"] = json!({"items": "always", "schema": "always"});
    let request = stage.host.request(Method::POST, "/ai/chat", None).bearer_auth(token);
    let answer = Answer::to(request.json(&body)).await.expect("an answer");
    if let Some(chunk) = answer.chunk("tool-output-available") {
        return Ok(chunk["output"].clone());
    }
    let [error] = answer.tool_errors()[..] else { panic!("{arguments}: {}", answer.text) };
    let last = stage.provider.requests().pop().expect("a request");
    let told = last.body["messages"].as_array().and_then(|messages| messages.last()).cloned();
    assert_eq!(told.expect("a message")["content"], error, "the model reads what the user reads");
    Err(error.to_owned())
}

async fn items(stage: &Stage, role: Role, arguments: Value) -> Result<Value, String> {
    call(stage, Person::of(role).token, "items", arguments).await
}

/// The arguments of a template, with a name in place of NAME.
fn named(template: &str, name: &str) -> Value {
    serde_json::from_str(&template.replace("NAME", name)).expect("a template is JSON")
}

/// Expects the same refusal for both names.
async fn assert_indistinguishable(stage: &Stage, role: Role, template: &str, names: [&str; 2]) {
    let mut errors = Vec::new();
    for name in names {
        let error = items(stage, role, named(template, name)).await;
        let error = error.expect_err(&format!("{role:?} may not: {template} with {name}"));
        assert!(error.starts_with("FORBIDDEN: "), "{role:?}, {template} with {name}: {error}");
        errors.push(error.replace(name, "NAME"));
    }
    assert_eq!(errors[0], errors[1], "{role:?}, {template}");
}

fn rows(output: &Value) -> &Vec<Value> {
    output.as_array().unwrap_or_else(|| panic!("no list of items: {output}"))
}

#[tokio::test]
async fn a_forbidden_field_reads_like_one_that_does_not_exist() {
    let stage = stage().await;
    let before = stage.item("articles", 3, "*").await.expect("an article");
    for template in [
        r#"{"action":"read","collection":"articles","query":{"fields":["id","NAME"]}}"#,
        r#"{"action":"read","collection":"articles","query":{"filter":{"NAME":{"_nnull":true}}}}"#,
        r#"{"action":"read","collection":"articles",
            "query":{"filter":{"_or":[{"id":{"_eq":3}},{"NAME":{"_contains":"a"}}]}}}"#,
        r#"{"action":"read","collection":"articles","query":{"sort":["-NAME"]}}"#,
        r#"{"action":"read","collection":"articles","query":{"aggregate":{"min":["NAME"]}}}"#,
        r#"{"action":"read","collection":"articles",
            "query":{"aggregate":{"count":["*"]},"groupBy":["NAME"]}}"#,
        r#"{"action":"read","collection":"articles",
            "query":{"alias":{"shown":"NAME"},"fields":["shown"]}}"#,
        r#"{"action":"read","collection":"comments","query":{"fields":["article.NAME"]}}"#,
        r#"{"action":"read","collection":"comments",
            "query":{"filter":{"article":{"NAME":{"_nnull":true}}}}}"#,
        r#"{"action":"read","collection":"comments","query":{"sort":["article.NAME"]}}"#,
        r#"{"action":"read","collection":"authors",
            "query":{"fields":["articles.id"],"deep":{"articles":{"_filter":{"NAME":{"_nnull":true}}}}}}"#,
        r#"{"action":"read","collection":"authors",
            "query":{"fields":["articles.id"],"deep":{"articles":{"_sort":["NAME"]}}}}"#,
        r#"{"action":"create","collection":"articles","data":{"title":"New","NAME":"x"}}"#,
        r#"{"action":"update","collection":"articles","keys":[3],"data":{"NAME":"x"}}"#,
        r#"{"action":"update","collection":"articles","data":{"title":"x"},
            "query":{"filter":{"NAME":{"_nnull":true}}}}"#,
    ] {
        for role in [Role::Editor, Role::Reader] {
            let names = ["internal_note", "no_such_field"];
            assert_indistinguishable(&stage, role, template, names).await;
        }
    }
    assert_eq!(stage.item("articles", 3, "*").await.expect("an article"), before);

    let query = json!({"fields": ["internal_note"], "filter": {"internal_note": {"_nnull": true}}});
    let read = json!({"action": "read", "collection": "articles", "query": query});
    let seen = items(&stage, Role::Admin, read).await.expect("an administrator sees everything");
    assert!(rows(&seen)[0]["internal_note"].is_string(), "{seen}");
}

#[tokio::test]
async fn a_forbidden_collection_reads_like_one_that_does_not_exist() {
    let stage = stage().await;
    for template in [
        r#"{"action":"read","collection":"NAME"}"#,
        r#"{"action":"read","collection":"NAME","keys":[1]}"#,
        r#"{"action":"read","collection":"NAME","query":{"aggregate":{"count":["*"]}}}"#,
        r#"{"action":"create","collection":"NAME","data":{"person":"Eve"}}"#,
        r#"{"action":"update","collection":"NAME","keys":[1],"data":{"person":"Eve"}}"#,
        r#"{"action":"delete","collection":"NAME","keys":[1]}"#,
    ] {
        for role in [Role::Editor, Role::Reader] {
            assert_indistinguishable(&stage, role, template, ["payroll", "no_such_one"]).await;
        }
    }
    let person = stage.item("payroll", 1, "person").await.expect("an item");
    assert_eq!(person, json!({"person": "Ada"}));

    let refusals = stage.ledger("data_operation").await.expect("rows");
    let silent = |row: &Value| row["items"].is_null() && row["fields"] == json!([]);
    assert!(
        refusals.iter().all(|row| row["outcome"] == "FORBIDDEN" && silent(row)),
        "{refusals:?}"
    );

    let editor = Person::of(Role::Editor).token;
    let overview =
        call(&stage, editor, "schema", json!({})).await.expect("an overview").to_string();
    assert!(overview.contains("articles"), "{overview}");
    for hidden in ["payroll", "salary", "internal_note"] {
        assert!(!overview.contains(hidden), "{hidden} in {overview}");
    }
    let described =
        async |name: &str| match call(&stage, editor, "schema", json!({"keys": [name]})).await {
            Ok(output) => output.to_string().replace(name, "NAME"),
            Err(error) => error.replace(name, "NAME"),
        };
    assert_eq!(described("payroll").await, described("no_such_one").await);
    let articles = described("articles").await;
    assert!(articles.contains("title") && !articles.contains("internal_note"), "{articles}");
}

#[tokio::test]
async fn items_that_a_rule_hides_are_not_there() {
    let stage = stage().await;
    let admin = Person::of(Role::Admin);
    let drafts = "/items/articles?fields=id&limit=1&filter={\"status\":{\"_eq\":\"draft\"}}";
    let (_, found) = stage.host.json(Method::GET, drafts, admin, None).await.expect("an answer");
    let draft = found["data"][0]["id"].as_u64().expect("a draft");

    let template = r#"{"action":"read","collection":"articles","keys":[NAME]}"#;
    let names = [draft.to_string(), "999999".to_owned()];
    // Directus leaves both out of what is read by keys.
    for name in &names {
        let read = items(&stage, Role::Reader, named(template, name)).await.expect("items");
        assert_eq!(read, json!([]), "{name}");
    }
    // Deleting is nobody's right but the administrator's, whether the item exists or not.
    let template = r#"{"action":"delete","collection":"articles","keys":[NAME]}"#;
    assert_indistinguishable(&stage, Role::Editor, template, [&names[0], &names[1]]).await;

    let count = async |role, filter: Value| {
        let query = json!({"aggregate": {"count": ["*"]}, "filter": filter});
        let read = json!({"action": "read", "collection": "articles", "query": query});
        let output = items(&stage, role, read).await.expect("a count");
        let count = rows(&output)[0]["count"].clone();
        count.as_u64().unwrap_or_else(|| panic!("no count: {output}"))
    };
    let published = || json!({"status": {"_eq": "published"}});
    let all = count(Role::Admin, json!({})).await;
    let visible = count(Role::Reader, json!({})).await;
    assert_eq!(count(Role::Editor, json!({})).await, all);
    assert_eq!(visible, count(Role::Admin, published()).await);
    assert!(0 < visible && visible < all, "{visible} of {all}");
    assert_eq!(count(Role::Reader, json!({"status": {"_eq": "draft"}})).await, 0);
    assert_eq!(count(Role::Reader, json!({"id": {"_eq": draft}})).await, 0);

    // What is hidden can't be found by searching for it either.
    let noted =
        "/items/articles?fields=internal_note&limit=1&filter={\"internal_note\":{\"_nnull\":true}}";
    let (_, found) = stage.host.json(Method::GET, noted, admin, None).await.expect("an answer");
    let note = found["data"][0]["internal_note"].as_str().expect("a note").to_owned();
    let search = json!({"action": "read", "collection": "articles", "query": {"search": note}});
    let by_admin = items(&stage, Role::Admin, search.clone()).await.expect("items");
    let by_editor = items(&stage, Role::Editor, search).await.expect("items");
    assert!(!rows(&by_admin).is_empty());
    assert_eq!(rows(&by_editor).len(), 0, "{by_editor}");
}

#[tokio::test]
async fn presets_and_validation_apply_to_what_the_model_writes() {
    let stage = stage().await;
    let create = |data: Value| {
        call(
            &stage,
            INTERN_TOKEN,
            "items",
            json!({"action": "create", "collection": "articles", "data": data}),
        )
    };
    let count = async || {
        let (_, body) = stage
            .host
            .json(Method::GET, "/items/articles?aggregate[count]=*", Person::of(Role::Admin), None)
            .await
            .expect("an answer");
        body["data"][0]["count"].clone()
    };
    let before = count().await;
    let error = create(json!({"title": "Not a draft"})).await.expect_err("against validation");
    assert!(error.starts_with("FAILED_VALIDATION: "), "{error}");
    for preset in ["status", "author"] {
        let data = json!({"title": "Draft: mine", preset: "published"});
        let error = create(data).await.expect_err("a preset is not the intern's to set");
        assert!(error.starts_with("FORBIDDEN: "), "{error}");
    }
    assert_eq!(count().await, before, "nothing was created");

    let created = create(json!({"title": "Draft: flood"})).await.expect("created");
    let key = rows(&created)[0]["id"].as_u64().and_then(|key| u32::try_from(key).ok());
    let item = stage.item("articles", key.expect("a key"), "title,status,author").await;
    let expected = json!({"title": "Draft: flood", "status": "draft", "author": 1});
    assert_eq!(item.expect("an item"), expected);
}
