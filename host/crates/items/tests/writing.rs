//! What a caller writes: permissions, presets, validation, nesting, and what is put on record.

mod support;

use palisade_data::{Operation, Query, Selection};
use serde_json::{Value, json};
use support::*;

const NO_CREATE: &str = "You don't have permission to perform \"create\" for collection \"articles\" or it does not exist.";
const NO_UPDATE: &str = "You don't have permission to perform \"update\" for collection \"articles\" or it does not exist.";
const NO_DELETE: &str = "You don't have permission to perform \"delete\" for collection \"articles\" or it does not exist.";

#[tokio::test]
async fn creating() {
    let titles = json!([
        ["articles", "create", "title,slug,status"],
        ["articles", "read", "title,status,note,owner"]
    ]);
    let with = |fields: &str, validation: Value, presets: Value| {
        json!([
            ["articles", "create", fields, null, validation, presets],
            ["articles", "read", "title,status,note"]
        ])
    };
    hold(vec![
        case("gives back what may be read", titles.clone(), create("articles", json!({"title": "New"})),
            gives(json!([{"title": "New", "status": "draft", "note": null, "owner": ME}]))),
        case("several at once, in order", titles.clone(), giving(create("articles", json!([{"title": "B"}, {"title": "A"}])), json!(["title"])),
            gives(json!([{"title": "B"}, {"title": "A"}]))),
        case("without read permission, only keys", json!([["articles", "create", "title"]]), create("articles", json!([{"title": "New"}, {"title": "Newer"}])),
            gives(json!([5, 6]))),
        case("an item that may not be read afterwards isn't given back",
            json!([["articles", "create", "title"], ["articles", "read", "*", {"status": {"_eq": "published"}}]]), create("articles", json!({"title": "New"})),
            gives(json!([]))),
        case("asking back for a field that may not be read, only its key", titles.clone(), giving(create("articles", json!({"title": "New"})), json!(["views"])),
            gives(json!([5]))),
        case("no permission", json!([["articles", "read", "*"], ["articles", "update", "*"]]), create("articles", json!({"title": "New"})), refuses("FORBIDDEN", NO_CREATE)),
        case("a collection that doesn't exist, in the same words", json!([]), create("nix", json!({"title": "New"})),
            refuses("FORBIDDEN", "You don't have permission to perform \"create\" for collection \"nix\" or it does not exist.")),
        case("a table that isn't registered", json!([["unregistered", "create", "*"]]), create("unregistered", json!({"secret": "x"})),
            refuses("FORBIDDEN", "You don't have permission to perform \"create\" for collection \"unregistered\" or it does not exist.")),
        case("a field outside the permission", titles.clone(), create("articles", json!({"title": "New", "note": "x"})),
            refuses("FORBIDDEN", "You don't have permission to access field \"note\" in collection \"articles\" or it does not exist.")),
        case("fields outside the permission, one of which doesn't exist", titles.clone(), create("articles", json!({"note": "x", "nix": 1})),
            refuses("FORBIDDEN", "You don't have permission to access fields \"note\", \"nix\" in collection \"articles\" or they do not exist.")),
        case_as(admin(), "a field that doesn't exist is left out where nothing is forbidden", json!([]),
            giving(create("articles", json!({"title": "New", "nix": 1})), json!(["title"])),
            gives(json!([{"title": "New"}]))),
        case_as(admin(), "no items", json!([]), create("articles", json!([])), refuses("INVALID_PAYLOAD", "Invalid payload. There has to be at least one item.")),
        case("a preset fills in", with("title", Value::Null, json!({"note": "preset"})), create("articles", json!({"title": "New"})),
            gives(json!([{"title": "New", "status": "draft", "note": "preset"}]))),
        case("the payload wins over a preset", with("title,note", Value::Null, json!({"note": "preset"})), create("articles", json!({"title": "New", "note": "mine"})),
            gives(json!([{"title": "New", "status": "draft", "note": "mine"}]))),
        case("a later preset wins over an earlier one",
            json!([["articles", "create", "title", null, null, {"note": "first", "status": "published"}], ["articles", "create", null, null, null, {"note": "second"}], ["articles", "read", "status,note"]]),
            create("articles", json!({"title": "New"})), gives(json!([{"status": "published", "note": "second"}]))),
        case("a preset by the current user", with("title", Value::Null, json!({"note": "$CURRENT_USER"})), create("articles", json!({"title": "New"})),
            gives(json!([{"title": "New", "status": "draft", "note": ME}]))),
        case("a preset by a field of the current user", with("title", Value::Null, json!({"note": "$CURRENT_USER.email"})), create("articles", json!({"title": "New"})),
            gives(json!([{"title": "New", "status": "draft", "note": "me@example.com"}]))),
        case("validation holds", with("title,status", json!({"status": {"_eq": "draft"}}), Value::Null), create("articles", json!({"title": "New", "status": "draft"})),
            gives(json!([{"title": "New", "status": "draft", "note": null}]))),
        case("validation fails", with("title,status", json!({"status": {"_eq": "draft"}}), Value::Null), create("articles", json!({"title": "New", "status": "published"})),
            refuses("FAILED_VALIDATION", "Validation failed for field \"status\". Value has to be \"draft\".")),
        case("validation holds for presets too", with("title", json!({"status": {"_eq": "draft"}}), json!({"status": "published"})), create("articles", json!({"title": "New"})),
            refuses("FAILED_VALIDATION", "Validation failed for field \"status\". Value has to be \"draft\".")),
        case("all rows' validations have to hold",
            json!([["articles", "create", "title", null, {"title": {"_starts_with": "N"}}], ["articles", "create", "title", null, {"title": {"_ends_with": "!"}}]]),
            create("articles", json!({"title": "New"})), refuses("FAILED_VALIDATION", "Validation failed for field \"title\". Value has to end with \"!\".")),
        case("a field has to be submitted", with("title,note", json!({"note": {"_submitted": true}}), Value::Null), create("articles", json!({"title": "New"})),
            refuses("FAILED_VALIDATION", "Validation failed for field \"note\". Value is required.")),
        case("a validation by the current user", with("title,note", json!({"note": {"_eq": "$CURRENT_USER"}}), Value::Null), create("articles", json!({"title": "New", "note": OTHER})),
            refuses("FAILED_VALIDATION", "Validation failed for field \"note\". Value has to be \"11111111-1111-4111-8111-111111111111\".")),
        case("a validation that can't be read holds for nothing", with("title", json!("{broken"), Value::Null), create("articles", json!({"title": "New"})),
            refuses("FAILED_VALIDATION", "Validation failed for field \"\". Value doesn't meet the rule.")),
        case("another spelling of the same value doesn't pass a rule", json!([["articles", "create", "*", null, {"views": {"_neq": 5}}]]), create("articles", json!({"title": "New", "views": "05"})),
            refuses("FAILED_VALIDATION", "Validation failed for field \"views\". Value can't be one of \"5\", \"5\".")),
        case("nor another spelling of a moment", json!([["articles", "create", "*", null, {"moment": {"_neq": "2024-01-01T00:00:00Z"}}]]), create("articles", json!({"title": "New", "moment": "2024-01-01T01:00:00+01:00"})),
            refuses("FAILED_VALIDATION", "Validation failed for field \"moment\". Value can't be \"2024-01-01T00:00:00Z\".")),
        case("a field's own validation", titles.clone(), create("articles", json!({"title": "New", "slug": "No Way"})),
            refuses("FAILED_VALIDATION", "Slugs are lower-case.")),
        case("a value that has to be there", titles.clone(), create("articles", json!({"slug": "x"})),
            refuses("FAILED_VALIDATION", "Validation failed for field \"title\". Value is required.")),
        case("a value that can't be null", titles.clone(), create("articles", json!({"title": null})),
            refuses("FAILED_VALIDATION", "Validation failed for field \"title\". Value can't be null.")),
        case("a value that has to be unique", titles.clone(), create("articles", json!({"title": "New", "slug": "alpha"})),
            refuses("RECORD_NOT_UNIQUE", "Value for field \"slug\" in collection \"articles\" has to be unique.")),
        case("a text that is too long", titles.clone(), create("articles", json!({"title": "x".repeat(21)})),
            refuses("VALUE_TOO_LONG", "Value for field \"title\" in collection \"articles\" is too long.")),
        case_as(admin(), "a number that is too large", json!([]), create("articles", json!({"title": "New", "views": u64::MAX})),
            refuses("INVALID_PAYLOAD", "Invalid payload. Field \"views\" in collection \"articles\" has to be a whole number between -2^63 and 2^63 - 1.")),
        case_as(admin(), "a text for a number", json!([]), create("articles", json!({"title": "New", "price": "cheap"})),
            refuses("INVALID_PAYLOAD", "Invalid payload. Field \"price\" in collection \"articles\" has to be a number.")),
        case_as(admin(), "an object for a text", json!([]), create("articles", json!({"title": {"a": 1}})),
            refuses("INVALID_PAYLOAD", "Invalid payload. Field \"title\" in collection \"articles\" has to be a string.")),
        case_as(admin(), "a relation to an item that doesn't exist", json!([]), create("articles", json!({"title": "New", "author": 99})),
            refuses("INVALID_FOREIGN_KEY", "Invalid foreign key for field \"author\" in collection \"articles\".")),
        case_as(admin(), "a key that is taken", json!([]), create("articles", json!({"id": 1, "title": "New"})),
            refuses("RECORD_NOT_UNIQUE", "Value for field \"id\" in collection \"articles\" has to be unique.")),
        case_as(admin(), "values keep their types", json!([]),
            giving(create("articles", json!({"title": "New", "featured": true, "tags": {"a": [1]}, "labels": ["x", "y"], "price": "2.50", "moment": "2024-05-06T07:08:09+02:00", "day": "2024-05-06", "views": "7", "pin": "0000"})),
                json!(["featured", "tags", "labels", "price", "moment", "day", "views", "pin"])),
            gives(json!([{"featured": true, "tags": {"a": [1]}, "labels": ["x", "y"], "price": 2.5, "moment": "2024-05-06T05:08:09.000Z", "day": "2024-05-06", "views": 7, "pin": "**********"}]))),
        case_as(admin(), "who created it is not for the payload to say", json!([]), giving(create("articles", json!({"title": "New", "owner": OTHER})), json!(["owner"])),
            gives(json!([{"owner": ME}]))),
        case_as(admin(), "a second item of a singleton", json!([]), create("site", json!([{"motto": "one"}, {"motto": "two"}])),
            refuses("INVALID_PAYLOAD", "Invalid payload. Collection \"site\" holds one item, which exists already; update it.")),
        case_as(admin(), "a result that can't be asked for fails the write", json!([]), giving(create("articles", json!({"title": "New"})), json!(["year(title)"])),
            refuses("INVALID_QUERY", "Invalid query. \"year()\" can't be used on field \"title\".")),
    ])
    .await;
}

#[tokio::test]
async fn updating() {
    let own = json!([["articles", "update", "title,note", {"owner": {"_eq": "$CURRENT_USER"}}], ["articles", "read", "id,title,note"]]);
    hold(vec![
        case("gives back what may be read", own.clone(), update("articles", json!([4]), json!({"title": "New"})), gives(json!([{"id": 4, "title": "New", "note": "n4"}]))),
        case("several items, in the order of the keys", own.clone(), update("articles", json!([4, 1]), json!({"note": "x"})),
            gives(json!([{"id": 1, "title": "Alpha", "note": "x"}, {"id": 4, "title": "Delta", "note": "x"}]))),
        case("an item outside the rule", own.clone(), update("articles", json!([2]), json!({"title": "New"})), refuses("FORBIDDEN", NO_UPDATE)),
        case("an item that doesn't exist, in the same words", own.clone(), update("articles", json!([99]), json!({"title": "New"})), refuses("FORBIDDEN", NO_UPDATE)),
        case("one of several items outside the rule", own.clone(), update("articles", json!([1, 2]), json!({"title": "New"})), refuses("FORBIDDEN", NO_UPDATE)),
        case("before its values are looked at", own.clone(), update("articles", json!([2]), json!({"title": null})), refuses("FORBIDDEN", NO_UPDATE)),
        case("a field outside the permission", own.clone(), update("articles", json!([1]), json!({"views": 1})),
            refuses("FORBIDDEN", "You don't have permission to access field \"views\" in collection \"articles\" or it does not exist.")),
        case("no permission", json!([["articles", "read", "*"], ["articles", "create", "*"]]), update("articles", json!([1]), json!({"title": "New"})), refuses("FORBIDDEN", NO_UPDATE)),
        case("no keys", own.clone(), update("articles", json!([]), json!({"title": "New"})), refuses("INVALID_PAYLOAD", "Invalid payload. There has to be at least one key.")),
        case("each field has to be granted on each item",
            json!([["articles", "update", "title", {}], ["articles", "update", "note", {"owner": {"_eq": "$CURRENT_USER"}}]]), update("articles", json!([1, 2]), json!({"title": "x", "note": "y"})), refuses("FORBIDDEN", NO_UPDATE)),
        case("and is, on those",
            json!([["articles", "update", "title", {}], ["articles", "update", "note", {"owner": {"_eq": "$CURRENT_USER"}}]]), update("articles", json!([1, 4]), json!({"title": "x", "note": "y"})), gives(json!([1, 4]))),
        case("a rule that grants the field on no item",
            json!([["articles", "update", "title", {"id": 1}], ["articles", "update", "note", {"id": 2}]]), update("articles", json!([1]), json!({"note": "y"})), refuses("FORBIDDEN", NO_UPDATE)),
        case("presets", json!([["articles", "update", "title", {}, null, {"status": "published"}], ["articles", "read", "title,status"]]), update("articles", json!([2]), json!({"title": "New"})),
            gives(json!([{"title": "New", "status": "published"}]))),
        case("validation", json!([["articles", "update", "title", {}, {"title": {"_nempty": true}}]]), update("articles", json!([2]), json!({"title": ""})),
            refuses("FAILED_VALIDATION", "Validation failed for field \"title\". Value can't be empty.")),
        case("validation of what isn't submitted", json!([["articles", "update", "title,status", {}, {"status": {"_eq": "draft"}}], ["articles", "read", "title,status"]]), update("articles", json!([1]), json!({"title": "New"})),
            gives(json!([{"title": "New", "status": "published"}]))),
        case_as(admin(), "a value that can't be null", json!([]), update("articles", json!([1]), json!({"title": null})),
            refuses("FAILED_VALIDATION", "Validation failed for field \"title\". Value can't be null.")),
        case_as(admin(), "the key stays what it is", json!([]), giving(update("articles", json!([1]), json!({"id": 9, "note": "x"})), json!(["id", "note"])),
            gives(json!([{"id": 1, "note": "x"}]))),
        case_as(admin(), "an administrator's key of nothing is no error", json!([]), update("articles", json!([99]), json!({"note": "x"})),
            gives(json!([]))),
        case_as(admin(), "the same key may stand there", json!([]), giving(update("articles", json!([1]), json!({"id": "1", "note": "x"})), json!(["id", "note"])), gives(json!([{"id": 1, "note": "x"}]))),
        case_as(admin(), "a concealed field can be set", json!([]), giving(update("articles", json!([2]), json!({"pin": "9"})), json!(["pin"])), gives(json!([{"pin": "**********"}]))),
        case_as(admin(), "a batch, each its own values", json!([]), giving(update_batch("articles", json!([{"id": 2, "note": "a"}, {"id": 1, "note": "b"}])), json!(["id", "note"])),
            gives(json!([{"id": 1, "note": "b"}, {"id": 2, "note": "a"}]))),
        case("a batch with an item outside the rule", own.clone(), update_batch("articles", json!([{"id": 1, "note": "a"}, {"id": 2, "note": "b"}])), refuses("FORBIDDEN", NO_UPDATE)),
        case_as(admin(), "a batch without a key", json!([]), update_batch("articles", json!([{"note": "a"}])),
            refuses("INVALID_PAYLOAD", "Invalid payload. Each item has to have its primary key \"id\".")),
    ])
    .await;
}

#[tokio::test]
async fn deleting() {
    let own = json!([["articles", "delete", null, {"owner": {"_eq": "$CURRENT_USER"}}]]);
    hold(vec![
        case(
            "gives back the keys",
            own.clone(),
            delete("articles", json!([4, 1])),
            gives(json!([4, 1])),
        ),
        case(
            "an item outside the rule",
            own.clone(),
            delete("articles", json!([1, 2])),
            refuses("FORBIDDEN", NO_DELETE),
        ),
        case(
            "an item that doesn't exist, in the same words",
            own,
            delete("articles", json!([1, 99])),
            refuses("FORBIDDEN", NO_DELETE),
        ),
        case(
            "no permission",
            json!([["articles", "update", "*"]]),
            delete("articles", json!([1])),
            refuses("FORBIDDEN", NO_DELETE),
        ),
        case_as(
            admin(),
            "an item that others point to",
            json!([]),
            delete("authors", json!([1])),
            refuses(
                "INVALID_FOREIGN_KEY",
                "Invalid foreign key for field \"\" in collection \"authors\".",
            ),
        ),
    ])
    .await;
}

fn by_query(collection: &str, payload: Option<Value>, parameters: Value) -> Operation {
    let selection = Selection::Query(query(parameters));
    match payload {
        Some(Value::Object(payload)) => Operation::UpdateItems {
            collection: collection.into(),
            selection,
            payload,
            query: Query { fields: vec!["id".into()], ..Query::default() },
        },
        _ => Operation::DeleteItems { collection: collection.into(), selection },
    }
}

#[tokio::test]
async fn writing_by_query() {
    let all = json!([["articles", "read", "id,status"], ["articles", "update", "title"], ["articles", "delete", null, {"status": {"_eq": "draft"}}]]);
    hold(vec![
        case("what the query finds is updated", all.clone(), by_query("articles", Some(json!({"title": "x"})), json!({"filter": {"status": "draft"}})), gives(json!([{"id": 2}, {"id": 4}]))),
        case("limits count", all.clone(), by_query("articles", Some(json!({"title": "x"})), json!({"sort": "-id", "limit": 1})), gives(json!([{"id": 4}]))),
        case("nothing found is nothing done", all.clone(), by_query("articles", Some(json!({"title": "x"})), json!({"filter": {"id": 99}})), gives(json!([]))),
        case("what the query finds is deleted", all.clone(), by_query("articles", None, json!({"filter": {"status": "draft"}})), gives(json!([2, 4]))),
        case("or refused as a whole", all.clone(), by_query("articles", None, json!({})), refuses("FORBIDDEN", NO_DELETE)),
        case("a query can't look at what may not be read", all, by_query("articles", Some(json!({"title": "x"})), json!({"filter": {"note": "n2"}})),
            refuses("FORBIDDEN", "You don't have permission to access field \"note\" in collection \"articles\" or it does not exist. Queried in root.")),
    ])
    .await;
}

#[tokio::test]
async fn nesting() {
    let everything = json!([
        ["articles", "create", "*"],
        ["articles", "update", "*"],
        ["articles", "read", "*"],
        ["authors", "create", "*"],
        ["authors", "update", "*"],
        ["authors", "read", "*"],
        ["comments", "create", "*"],
        ["comments", "update", "*"],
        ["comments", "read", "*"]
    ]);
    let names = json!(["title", "author.name", "comments.body"]);
    hold(vec![
        case("a new related item", everything.clone(), giving(create("articles", json!({"title": "New", "author": {"name": "Cy"}})), names.clone()),
            gives(json!([{"title": "New", "author": {"name": "Cy"}, "comments": []}]))),
        case("a related item that exists is updated", everything.clone(), giving(update("articles", json!([1]), json!({"author": {"id": 2, "name": "Rob"}})), names.clone()),
            gives(json!([{"title": "Alpha", "author": {"name": "Rob"}, "comments": [{"body": "good"}, {"body": "bad"}]}]))),
        case("a related item by its key alone", everything.clone(), giving(update("articles", json!([1]), json!({"author": {"id": 2}})), names.clone()),
            gives(json!([{"title": "Alpha", "author": {"name": "Bob"}, "comments": [{"body": "good"}, {"body": "bad"}]}]))),
        case("new items that point here", everything.clone(), giving(create("articles", json!({"title": "New", "comments": [{"body": "a"}, {"body": "b"}]})), names.clone()),
            gives(json!([{"title": "New", "author": null, "comments": [{"body": "a"}, {"body": "b"}]}]))),
        case("a list is the whole list: keys stay, the rest is let go", everything.clone(), giving(update("articles", json!([1]), json!({"comments": [2, {"body": "c"}, {"id": 3, "body": "moved"}]})), names.clone()),
            gives(json!([{"title": "Alpha", "author": {"name": "Ada"}, "comments": [{"body": "bad"}, {"body": "moved"}, {"body": "c"}]}]))),
        case("create, update, delete", everything.clone(), giving(update("articles", json!([1]), json!({"comments": {"create": [{"body": "c"}], "update": [{"id": 1, "body": "better"}], "delete": [2]}})), names.clone()),
            gives(json!([{"title": "Alpha", "author": {"name": "Ada"}, "comments": [{"body": "better"}, {"body": "c"}]}]))),
        case("only what belongs here can be taken away", everything.clone(), giving(update("articles", json!([1]), json!({"comments": {"delete": [3]}})), json!(["comments"])),
            gives(json!([{"comments": [1, 2]}]))),
        case("three levels", everything.clone(), giving(create("authors", json!({"name": "Cy", "articles": [{"title": "T", "comments": [{"body": "c"}]}]})), json!(["articles.comments.body"])),
            gives(json!([{"articles": [{"comments": [{"body": "c"}]}]}]))),
        case("each level needs its own permission", json!([["articles", "create", "*"]]), create("articles", json!({"title": "New", "author": {"name": "Cy"}})),
            refuses("FORBIDDEN", "You don't have permission to perform \"create\" for collection \"authors\" or it does not exist.")),
        case("and for its own action", json!([["articles", "update", "*"], ["authors", "create", "*"]]), update("articles", json!([1]), json!({"author": {"id": 1, "name": "x"}})),
            refuses("FORBIDDEN", "You don't have permission to perform \"update\" for collection \"authors\" or it does not exist.")),
        case("a key that doesn't exist is refused in the same words", json!([["articles", "update", "*"], ["authors", "update", "name", {"id": 1}]]), update("articles", json!([1]), json!({"author": {"id": 99, "name": "x"}})),
            refuses("FORBIDDEN", "You don't have permission to perform \"update\" for collection \"authors\" or it does not exist.")),
        case("its own fields", json!([["articles", "create", "*"], ["authors", "create", "name"]]), create("articles", json!({"title": "New", "author": {"name": "Cy", "salary": 1}})),
            refuses("FORBIDDEN", "You don't have permission to access field \"salary\" in collection \"authors\" or it does not exist.")),
        case("its own item rules", json!([["articles", "update", "*"], ["authors", "update", "*", {"id": 2}]]), update("articles", json!([1]), json!({"author": {"id": 1, "name": "x"}})),
            refuses("FORBIDDEN", "You don't have permission to perform \"update\" for collection \"authors\" or it does not exist.")),
        case("its own validation", json!([["articles", "create", "*"], ["authors", "create", "*", null, {"name": {"_neq": "Cy"}}]]), create("articles", json!({"title": "New", "author": {"name": "Cy"}})),
            refuses("FAILED_VALIDATION", "Validation failed for field \"name\". Value can't be \"Cy\".")),
        case("the field that points here too", json!([["articles", "update", "*"], ["comments", "create", "body"]]), update("articles", json!([1]), json!({"comments": {"create": [{"body": "x"}]}})),
            refuses("FORBIDDEN", "You don't have permission to access field \"article\" in collection \"comments\" or it does not exist.")),
        case("letting go is an update", json!([["articles", "update", "*"], ["comments", "create", "*"]]), update("articles", json!([1]), json!({"comments": []})),
            refuses("FORBIDDEN", "You don't have permission to perform \"update\" for collection \"comments\" or it does not exist.")),
        case("the list itself has to be granted", json!([["articles", "update", "title"], ["comments", "create", "*"]]), update("articles", json!([1]), json!({"comments": []})),
            refuses("FORBIDDEN", "You don't have permission to access field \"comments\" in collection \"articles\" or it does not exist.")),
        case("something that isn't a list", everything.clone(), update("articles", json!([1]), json!({"comments": "all"})),
            refuses("INVALID_PAYLOAD", "Invalid payload. Field \"comments\" takes a list of keys and objects, or an object with the lists \"create\", \"update\" and \"delete\".")),
        case("unknown lists", everything.clone(), update("articles", json!([1]), json!({"comments": {"drop": [1]}})),
            refuses("INVALID_PAYLOAD", "Invalid payload. Field \"comments\" takes a list of keys and objects, or an object with the lists \"create\", \"update\" and \"delete\".")),
        case("as deep as it goes", everything.clone(), giving(create("authors", mentors(6)), json!(["mentor.mentor.mentor.mentor.mentor.mentor.name"])),
            gives(json!([{"mentor": {"mentor": {"mentor": {"mentor": {"mentor": {"mentor": {"name": "first"}}}}}}}]))),
        case("too deep", everything, create("authors", mentors(7)),
            refuses("INVALID_PAYLOAD", "Invalid payload. Items are nested deeper than 6 levels.")),
    ])
    .await;
}

/// An author with a mentor, who has a mentor, and so on.
fn mentors(levels: usize) -> Value {
    (0..levels).fold(json!({"name": "first"}), |author, _| json!({"name": "x", "mentor": author}))
}

#[tokio::test]
async fn a_refused_write_leaves_nothing() {
    for (operation, code) in [
        (
            create("articles", json!([{"title": "First"}, {"title": "Second", "slug": "alpha"}])),
            "RECORD_NOT_UNIQUE",
        ),
        (
            create(
                "articles",
                json!({"title": "First", "author": {"name": "Cy"}, "comments": [{"body": null}]}),
            ),
            "FAILED_VALIDATION",
        ),
        (
            create("articles", json!({"title": "First", "comments": [{"body": "c"}, 99]})),
            "FORBIDDEN",
        ),
        (
            update_batch(
                "articles",
                json!([{"id": 1, "title": "First"}, {"id": 2, "title": null}]),
            ),
            "FAILED_VALIDATION",
        ),
        (update("articles", json!([1, 2]), json!({"slug": "same"})), "RECORD_NOT_UNIQUE"),
        (
            update(
                "articles",
                json!([1]),
                json!({"title": "First", "comments": {"create": [{"body": "c"}], "update": [{"id": 1, "approved": "maybe"}]}}),
            ),
            "INVALID_PAYLOAD",
        ),
        (
            giving(create("articles", json!({"title": "First"})), json!(["count(title)"])),
            "INVALID_QUERY",
        ),
        (delete("authors", json!([2, 1])), "INVALID_FOREIGN_KEY"),
    ] {
        let world = World::new().await;
        let before = dump(&world).await;
        match world.execute(&admin(), &operation).await {
            Err(error) => assert_eq!(error.code(), code, "{operation:?}"),
            Ok(outcome) => panic!("{operation:?} gave {outcome:?}"),
        }
        assert_eq!(dump(&world).await, before, "{operation:?}");
    }
}

async fn dump(world: &World) -> Vec<Option<String>> {
    world
        .column(
            "select json_array('article', id, title, slug, note, author) from articles union all \
             select json_array('author', id, name) from authors union all \
             select json_array('comment', id, article, body, approved) from comments union all \
             select json_array('activity', id) from directus_activity union all \
             select json_array('revision', id) from directus_revisions",
        )
        .await
}

#[tokio::test]
async fn writes_are_on_record() {
    let world = World::new().await;
    for operation in [
        create("articles", json!({"title": "New", "pin": "77", "comments": [{"body": "c"}]})),
        update("articles", json!([5]), json!({"title": "Newer"})),
        delete("articles", json!([5])),
    ] {
        world.execute(&admin(), &operation).await.expect("a write");
    }
    let activity = world
        .column("select json_array(action, user, collection, item, ip, timestamp like '____-__-__T%Z') from directus_activity order by id")
        .await;
    let line = |action: &str, collection: &str, item: &str| {
        Some(json!([action, ME, collection, item, "192.0.2.7", 1]).to_string())
    };
    assert_eq!(
        activity,
        [
            line("create", "comments", "5"),
            line("create", "articles", "5"),
            line("update", "articles", "5"),
            line("delete", "articles", "5"),
        ]
    );
    let revisions = world
        .column(
            "select json_array(r.collection, r.item, r.data ->> 'title', r.data ->> 'pin', json(r.delta), p.collection) \
             from directus_revisions r left join directus_revisions p on p.id = r.parent order by r.id",
        )
        .await;
    let revisions: Vec<Value> = revisions
        .into_iter()
        .flatten()
        .map(|text| serde_json::from_str(&text).expect("JSON"))
        .collect();
    assert_eq!(revisions.len(), 3, "a delete has no revision");
    assert_eq!(
        revisions[0],
        json!(["comments", "5", null, null, {"body": "c", "article": 5}, "articles"])
    );
    assert_eq!(
        revisions[1],
        json!(["articles", "5", "New", "**********", {"title": "New", "pin": "**********", "owner": ME}, null])
    );
    assert_eq!(revisions[2][4]["title"], "Newer");
}

#[tokio::test]
async fn a_collection_may_ask_for_less_record() {
    for (kept, activity, revisions) in [("'all'", 1, 1), ("'activity'", 1, 0), ("null", 0, 0)] {
        let world = World::new().await;
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "update directus_collections set accountability = {kept}"
        )))
        .execute(&world.pool)
        .await
        .expect("a change");
        world
            .execute(&admin(), &update("articles", json!([1]), json!({"title": "x"})))
            .await
            .expect("a write");
        assert_eq!(
            world.column("select '' from directus_activity").await.len(),
            activity,
            "{kept}"
        );
        assert_eq!(
            world.column("select '' from directus_revisions").await.len(),
            revisions,
            "{kept}"
        );
    }
}

#[tokio::test]
async fn automatic_values() {
    let world = World::new().await;
    let created =
        world.execute(&admin(), &create("pages", json!({"heading": "x"}))).await.expect("a page");
    let key = created.data[0]["id"].as_str().expect("a key").to_owned();
    assert_eq!(key.len(), 36);
    let given = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb";
    let created =
        world.execute(&admin(), &create("pages", json!({"id": given}))).await.expect("a page");
    assert_eq!(created.data, json!([{"id": given, "heading": null}]));
    let refused = world
        .execute(&admin(), &create("pages", json!({"id": "page"})))
        .await
        .expect_err("no UUID");
    assert_eq!(
        refused.to_string(),
        "Invalid payload. Field \"id\" in collection \"pages\" has to be a UUID."
    );
    let updated = giving(update("articles", json!([2]), json!({"title": "x"})), json!(["changed"]));
    let outcome = world.execute(&admin(), &updated).await.expect("an update");
    assert!(outcome.data[0]["changed"].as_str().is_some_and(|moment| moment.ends_with('Z')));
}

#[tokio::test]
async fn too_many_items() {
    let world = World::new().await;
    let items: Value = (0..5_001).map(|_| json!({"title": "x"})).collect();
    let refused = world.execute(&admin(), &create("articles", items)).await.expect_err("too many");
    assert_eq!(
        refused.to_string(),
        "Invalid payload. One request can't write more than 5000 items, nested ones included."
    );
    assert_eq!(world.column("select '' from articles").await.len(), 4);
}

#[tokio::test]
async fn a_relation_may_ask_to_delete_what_is_let_go() {
    let world = World::new().await;
    world.run("update directus_relations set one_deselect_action = 'delete' where one_field = 'comments'").await;
    world.grant(&json!([["articles", "update", "comments"], ["comments", "update", "*"]])).await;
    let letting_go = update("articles", json!([1]), json!({"comments": [1]}));
    let refused = world.execute(&user(), &letting_go).await.expect_err("no leave to delete");
    assert_eq!(
        refused.to_string(),
        "You don't have permission to perform \"delete\" for collection \"comments\" or it does not exist."
    );
    world.grant(&json!([["comments", "delete", null]])).await;
    world.execute(&user(), &letting_go).await.expect("leave to delete");
    let left = world.column("select group_concat(id) from comments").await;
    assert_eq!(left, [Some("1,3,4".to_owned())]);
}

#[tokio::test]
async fn writers_wait_for_each_other() {
    let world = World::with_connections(4).await;
    let (caller, one) = (admin(), create("authors", json!({"name": "x"})));
    let writes = tokio::join!(
        world.execute(&caller, &one),
        world.execute(&caller, &one),
        world.execute(&caller, &one),
        world.execute(&caller, &one),
    );
    for write in [writes.0, writes.1, writes.2, writes.3] {
        write.expect("a write");
    }
    assert_eq!(world.column("select name from authors").await.len(), 6);
}
