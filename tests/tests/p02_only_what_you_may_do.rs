//! P2: a turn acts with exactly the caller's Directus permissions, whatever the model asks for.

use palisade_tests::{
    fake::{Answer, FakeOptions, FakeProvider, Scenario, ToolCall},
    host::{self, Folder, FolderOptions, Host, Person, Role, question},
};
use reqwest::Method;
use serde_json::{Value, json};

const MODEL: &str = "scripted";

struct Scene {
    provider: FakeProvider,
    host: Host,
    _folder: Folder,
}

impl Scene {
    async fn start() -> Self {
        let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
        let options = FolderOptions {
            workspace: "approvals = \"writes\"".to_owned(),
            models: vec![MODEL.to_owned()],
            ..FolderOptions::default()
        };
        let folder = Folder::prepare(&provider, &options).await.expect("a folder");
        let host = folder.serve().await.expect("a host");
        Self { provider, host, _folder: folder }
    }

    /// Lets the model call `items` with these arguments for somebody, approved where it asks.
    async fn call(&self, role: Role, arguments: Value) -> host::Answer {
        let steps =
            [Answer::tools([ToolCall::new("items", arguments)]), Answer::text("That is all.")];
        self.provider.script(MODEL, Scenario::of(steps));
        let asked = question(MODEL, "What is there?");
        let person = Person::of(role);
        let answer = self.host.chat(person, &asked).await.expect("an answer");
        match answer.decided(&asked, true) {
            Some(approved) => self.host.chat(person, &approved).await.expect("an answer"),
            None => answer,
        }
    }

    /// The error that a call ends with.
    async fn refused(&self, role: Role, arguments: Value) -> String {
        let answer = self.call(role, arguments.clone()).await;
        let error = answer.chunk("tool-output-error");
        let error = error.unwrap_or_else(|| panic!("{role:?} {arguments}: {:?}", answer.chunks));
        error["errorText"].as_str().expect("a text").to_owned()
    }

    /// What a call gives back.
    async fn given(&self, role: Role, arguments: Value) -> Value {
        let answer = self.call(role, arguments.clone()).await;
        let output = answer.chunk("tool-output-available");
        output.unwrap_or_else(|| panic!("{role:?} {arguments}: {:?}", answer.chunks))["output"].clone()
    }

    /// All articles as the administrator sees them.
    async fn articles(&self) -> Value {
        let path = "/items/articles?fields[]=*&limit=-1&sort[]=id";
        let admin = Person::of(Role::Admin);
        let (status, body) = self.host.json(Method::GET, path, admin, None).await.expect("articles");
        assert_eq!(status, 200, "{body}");
        body["data"].clone()
    }
}

fn read(query: Value) -> Value {
    json!({"action": "read", "collection": "articles", "query": query})
}

/// Keys of a list of items, sorted.
fn keys(items: &Value) -> Vec<i64> {
    let items = items.as_array().expect("a list").iter();
    let mut keys: Vec<_> = items.map(|item| item["id"].as_i64().expect("a key")).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test]
async fn a_reader_sees_published_articles_alone() {
    let scene = Scene::start().await;
    let all = scene.articles().await;
    let with_status = |status: &str| {
        let items = all.as_array().expect("a list").iter();
        keys(&items.filter(|item| item["status"] == status).cloned().collect())
    };
    let (published, drafts) = (with_status("published"), with_status("draft"));
    assert!(!published.is_empty() && !drafts.is_empty());

    let every = read(json!({"fields": ["id"], "limit": -1}));
    assert_eq!(keys(&scene.given(Role::Reader, every.clone()).await), published);
    assert_eq!(scene.given(Role::Editor, every).await.as_array().map(Vec::len), all.as_array().map(Vec::len));
    let one = json!({"action": "read", "collection": "articles", "keys": [drafts[0]]});
    let answer = scene.call(Role::Reader, one).await;
    assert!(!answer.text.contains("\"draft\""), "{}", answer.text);
    let counted = read(json!({"aggregate": {"count": ["*"]}}));
    let count = scene.given(Role::Reader, counted).await.to_string();
    assert!(count.contains(&published.len().to_string()), "{count}");
}

#[tokio::test]
async fn a_hidden_field_is_refused_wherever_it_is_named_and_like_one_that_does_not_exist() {
    let scene = Scene::start().await;
    let all = scene.articles().await;
    let note = all.as_array().expect("a list").iter().find_map(|item| item["internal_note"].as_str());
    let note = note.expect("the sample has internal notes").to_owned();
    for role in [Role::Editor, Role::Reader] {
        for query in [
            json!({"fields": ["id", "FIELD"]}),
            json!({"filter": {"FIELD": {"_contains": "a"}}}),
            json!({"filter": {"_or": [{"id": {"_eq": 1}}, {"FIELD": {"_nnull": true}}]}}),
            json!({"sort": ["FIELD"]}),
            json!({"sort": ["-FIELD"]}),
            json!({"aggregate": {"max": ["FIELD"]}}),
            json!({"aggregate": {"count": ["id"]}, "groupBy": ["FIELD"]}),
            json!({"fields": ["shown"], "alias": {"shown": "FIELD"}}),
            json!({"fields": ["author.articles.FIELD"]}),
        ] {
            let of = |field: &str| {
                let text = query.to_string().replace("FIELD", field);
                read(serde_json::from_str(&text).expect("JSON"))
            };
            let hidden = scene.refused(role, of("internal_note")).await;
            let absent = scene.refused(role, of("external_note")).await;
            assert_eq!(
                hidden.replace("internal_note", "…"),
                absent.replace("external_note", "…"),
                "{role:?} {query}"
            );
        }
        let searched = read(json!({"search": note, "fields": ["id"]}));
        assert_eq!(scene.given(role, searched).await, json!([]), "{role:?}");
        let everything = read(json!({"fields": ["*"], "limit": -1}));
        let text = scene.given(role, everything).await.to_string();
        assert!(!text.contains("internal_note"), "{role:?}");
    }
    let sent: String =
        scene.provider.requests().iter().map(|request| request.body.to_string()).collect();
    let answers = sent.replace(&json!(note).to_string(), "").matches(note.as_str()).count();
    // The search names the note itself, twice as a call in the history.
    assert!(answers <= 4, "the note reached the provider");
}

#[tokio::test]
async fn a_collection_that_is_not_for_the_caller_is_refused_like_one_that_does_not_exist() {
    let scene = Scene::start().await;
    for collection in ["directus_sessions", "directus_access", "palisade_keys", "sqlite_master"] {
        let of = |name: &str| json!({"action": "read", "collection": name, "query": {}});
        for role in [Role::Reader, Role::Editor] {
            let hidden = scene.refused(role, of(collection)).await;
            let absent = scene.refused(role, of("no_such_collection")).await;
            assert_eq!(hidden.replace(collection, "…"), absent.replace("no_such_collection", "…"));
        }
    }
}

#[tokio::test]
async fn a_write_that_the_caller_may_not_do_fails_although_it_was_approved() {
    let scene = Scene::start().await;
    let before = scene.articles().await;
    let update = |data: Value| json!({"action": "update", "collection": "articles", "keys": [3], "data": data});
    for (role, arguments) in [
        (Role::Editor, update(json!({"internal_note": "mine now"}))),
        (Role::Editor, update(json!({"title": "Changed", "internal_note": "mine now"}))),
        (Role::Editor, json!({"action": "delete", "collection": "articles", "keys": [3]})),
        (Role::Editor, json!({"action": "update", "collection": "authors", "keys": [1], "data": {"name": "X"}})),
        (Role::Editor, json!({"action": "create", "collection": "directus_users", "data": {"email": "a@b.example"}})),
        (Role::Reader, update(json!({"title": "Changed"}))),
        (Role::Reader, json!({"action": "create", "collection": "articles", "data": {"title": "New"}})),
    ] {
        let error = scene.refused(role, arguments.clone()).await;
        assert!(error.contains("permission"), "{role:?} {arguments}: {error}");
    }
    assert_eq!(scene.articles().await, before);
    let allowed = scene.given(Role::Editor, update(json!({"title": "Changed"}))).await;
    assert_eq!(allowed[0]["title"], "Changed", "{allowed}");
}
