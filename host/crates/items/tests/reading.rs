//! What a caller reads: collections, fields, items, pages.

mod support;

use serde_json::json;
use support::*;

#[tokio::test]
async fn collections() {
    hold(vec![
        case(
            "no permission on the collection",
            json!([]),
            read("articles", json!({})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"articles\" or it does not exist. Queried in root."),
        ),
        case(
            "a collection that doesn't exist, in the same words",
            json!([]),
            read("nothing", json!({})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"nothing\" or it does not exist. Queried in root."),
        ),
        case(
            "permission for another action",
            json!([["articles", "create", "*"], ["articles", "update", "*"], ["articles", "share", "*"]]),
            read("articles", json!({})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"articles\" or it does not exist. Queried in root."),
        ),
        case(
            "a table that isn't registered, even with a permission",
            json!([["unregistered", "read", "*"]]),
            read("unregistered", json!({})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"unregistered\" or it does not exist. Queried in root."),
        ),
        case_as(
            admin(),
            "a table that isn't registered, for an administrator",
            json!([]),
            read("unregistered", json!({})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"unregistered\" or it does not exist. Queried in root."),
        ),
        case_as(
            admin(),
            "a registered table of Palisade's own",
            json!([]),
            read("palisade_things", json!({})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"palisade_things\" or it does not exist. Queried in root."),
        ),
        case_as(
            admin(),
            "a registered collection without a table",
            json!([]),
            read("nowhere", json!({})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"nowhere\" or it does not exist. Queried in root."),
        ),
        case_as(
            admin(),
            "a table with two primary key columns",
            json!([]),
            read("pairs", json!({})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"pairs\" or it does not exist. Queried in root."),
        ),
        case_as(
            admin(),
            "SQLite's catalogue",
            json!([]),
            read("sqlite_master", json!({})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"sqlite_master\" or it does not exist. Queried in root."),
        ),
        case_as(
            admin(),
            "sessions",
            json!([]),
            read("directus_sessions", json!({})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"directus_sessions\" or it does not exist. Queried in root."),
        ),
        case_as(
            admin(),
            "a name that tries to leave its quotes",
            json!([]),
            read("articles\" --", json!({})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"articles\" --\" or it does not exist. Queried in root."),
        ),
        case_as(
            admin(),
            "an administrator needs no permission",
            json!([]),
            read("authors", json!({"fields": "name"})),
            gives(json!([{"name": "Ada"}, {"name": "Bob"}])),
        ),
        case_as(
            anonymous(),
            "an anonymous caller has the public policies' permissions",
            json!([["authors", "read", "name"]]),
            read("authors", json!({})),
            gives(json!([{"name": "Ada"}, {"name": "Bob"}])),
        ),
    ])
    .await;
}

#[tokio::test]
async fn fields() {
    let names = json!([["articles", "read", "id,title"]]);
    hold(vec![
        case(
            "a wildcard means the fields of the permission",
            names.clone(),
            read("articles", json!({"limit": 1})),
            gives(json!([{"id": 1, "title": "Alpha"}])),
        ),
        case(
            "a field outside the permission",
            names.clone(),
            read("articles", json!({"fields": "title,note"})),
            refuses("FORBIDDEN", "You don't have permission to access field \"note\" in collection \"articles\" or it does not exist. Queried in root."),
        ),
        case(
            "a field that doesn't exist, in the same words",
            names.clone(),
            read("articles", json!({"fields": "nix"})),
            refuses("FORBIDDEN", "You don't have permission to access field \"nix\" in collection \"articles\" or it does not exist. Queried in root."),
        ),
        case(
            "several fields outside the permission",
            names.clone(),
            read("articles", json!({"fields": "note,title,nix"})),
            refuses("FORBIDDEN", "You don't have permission to access fields \"note\", \"nix\" in collection \"articles\" or they do not exist. Queried in root."),
        ),
        case_as(
            admin(),
            "existence is checked for administrators too",
            json!([]),
            read("articles", json!({"fields": "nix"})),
            refuses("FORBIDDEN", "You don't have permission to access field \"nix\" in collection \"articles\" or it does not exist. Queried in root."),
        ),
        case(
            "a permission without fields shows none",
            json!([["articles", "read", null]]),
            read("articles", json!({"limit": 1})),
            gives(json!([{}])),
        ),
        case(
            "fields of several permissions add up",
            json!([["articles", "read", "id"], ["articles", "read", "title"]]),
            read("articles", json!({"limit": 1})),
            gives(json!([{"id": 1, "title": "Alpha"}])),
        ),
        case(
            "a function of a field outside the permission",
            names.clone(),
            read("articles", json!({"fields": "year(day)"})),
            refuses("FORBIDDEN", "You don't have permission to access field \"day\" in collection \"articles\" or it does not exist. Queried in root."),
        ),
        case(
            "an alias for a field outside the permission",
            names.clone(),
            read("articles", json!({"fields": "label", "alias": {"label": "note"}})),
            refuses("FORBIDDEN", "You don't have permission to access field \"note\" in collection \"articles\" or it does not exist. Queried in root."),
        ),
        case(
            "an alias for a field of the permission",
            names.clone(),
            read("articles", json!({"fields": "label", "alias": {"label": "title"}, "limit": 1})),
            gives(json!([{"label": "Alpha"}])),
        ),
        case(
            "an alias that hides another field's name gives the other field",
            names.clone(),
            read("articles", json!({"fields": "note", "alias": {"note": "title"}, "limit": 1})),
            gives(json!([{"note": "Alpha"}])),
        ),
        case(
            "an alias for a path",
            json!([["articles", "read", "*"], ["authors", "read", "*"]]),
            read("articles", json!({"fields": "label", "alias": {"label": "author.salary"}})),
            refuses("INVALID_QUERY", "Invalid query. \"alias\" for \"label\" has to be the name of one field of the same collection."),
        ),
        case(
            "a function's result stands under field and function",
            json!([["articles", "read", "*"]]),
            read("articles", json!({"fields": "year(day),month(day),day(day),weekday(day),hour(moment),minute(moment),second(moment),count(tags),count(labels)", "limit": 1})),
            gives(json!([{"day_year": 2024, "day_month": 1, "day_day": 15, "day_weekday": 1, "moment_hour": 10, "moment_minute": 20, "moment_second": 30, "tags_count": 2, "labels_count": 2}])),
        ),
        case(
            "a function that doesn't fit its field",
            json!([["articles", "read", "*"]]),
            read("articles", json!({"fields": "year(title)"})),
            refuses("INVALID_QUERY", "Invalid query. \"year()\" can't be used on field \"title\"."),
        ),
        case(
            "a function that doesn't exist",
            json!([["articles", "read", "*"]]),
            read("articles", json!({"fields": "load_extension(title)"})),
            refuses("INVALID_QUERY", "Invalid query. \"load_extension()\" is not a function; there are year, month, week, day, weekday, hour, minute, second, count."),
        ),
        case(
            "a concealed field reads as asterisks where set",
            json!([["articles", "read", "id,pin"]]),
            read("articles", json!({"limit": 2})),
            gives(json!([{"id": 1, "pin": "**********"}, {"id": 2, "pin": null}])),
        ),
        case_as(
            admin(),
            "also for administrators",
            json!([]),
            read("articles", json!({"fields": "pin", "limit": 1})),
            gives(json!([{"pin": "**********"}])),
        ),
        case(
            "values have their types",
            json!([["articles", "read", "featured,tags,labels,price,views,day,moment,owner"]]),
            read("articles", json!({"limit": 1})),
            gives(json!([{"featured": true, "tags": ["x", "y"], "labels": ["red", "blue"], "owner": ME, "views": 10, "price": 1.5, "day": "2024-01-15", "moment": "2024-01-15T10:20:30.000Z"}])),
        ),
        case(
            "a path below a field that isn't a relation",
            json!([["articles", "read", "*"]]),
            read("articles", json!({"fields": "title.length"})),
            refuses("INVALID_QUERY", "Invalid query. Field \"title\" isn't a relation that can be followed."),
        ),
        case(
            "a path below a field outside the permission tells nothing about it",
            names,
            read("articles", json!({"fields": "author.name"})),
            refuses("FORBIDDEN", "You don't have permission to access field \"author\" in collection \"articles\" or it does not exist. Queried in root."),
        ),
    ])
    .await;
}

#[tokio::test]
async fn items() {
    hold(vec![
        case(
            "an item rule",
            json!([["articles", "read", "title", {"status": {"_eq": "published"}}]]),
            read("articles", json!({})),
            gives(json!([{"title": "Alpha"}, {"title": "Gamma"}])),
        ),
        case(
            "rules of several permissions are alternatives",
            json!([["articles", "read", "title", {"status": {"_eq": "published"}}], ["articles", "read", "title", {"id": {"_eq": 2}}]]),
            read("articles", json!({})),
            gives(json!([{"title": "Alpha"}, {"title": "Beta"}, {"title": "Gamma"}])),
        ),
        case(
            "a permission without a rule opens all items",
            json!([["articles", "read", "title", {"status": {"_eq": "published"}}], ["articles", "read", "title", {}]]),
            read("articles", json!({"fields": "title"})),
            gives(json!([{"title": "Alpha"}, {"title": "Beta"}, {"title": "Gamma"}, {"title": "Delta"}])),
        ),
        case(
            "a field is null on items where its rule doesn't hold",
            json!([["articles", "read", "id,title"], ["articles", "read", "note", {"owner": {"_eq": "$CURRENT_USER"}}]]),
            read("articles", json!({})),
            gives(json!([{"id": 1, "title": "Alpha", "note": "n1"}, {"id": 2, "title": "Beta", "note": null}, {"id": 3, "title": "Gamma", "note": null}, {"id": 4, "title": "Delta", "note": "n4"}])),
        ),
        case(
            "a rule that grants none of the requested fields opens nothing",
            json!([["articles", "read", "title", {"status": {"_eq": "published"}}], ["articles", "read", "note", {"status": {"_eq": "draft"}}]]),
            read("articles", json!({"fields": "title"})),
            gives(json!([{"title": "Alpha"}, {"title": "Gamma"}])),
        ),
        case(
            "each field by its own rule",
            json!([["articles", "read", "title", {"status": {"_eq": "published"}}], ["articles", "read", "note", {"status": {"_eq": "draft"}}]]),
            read("articles", json!({"fields": "title,note"})),
            gives(json!([{"title": "Alpha", "note": null}, {"title": null, "note": "n2"}, {"title": "Gamma", "note": null}, {"title": null, "note": "n4"}])),
        ),
        case(
            "a rule through a relation",
            json!([["articles", "read", "title", {"author": {"name": {"_eq": "Ada"}}}]]),
            read("articles", json!({})),
            gives(json!([{"title": "Alpha"}, {"title": "Beta"}])),
        ),
        case(
            "a rule through a list of related items",
            json!([["articles", "read", "title", {"comments": {"_some": {"approved": {"_eq": false}}}}]]),
            read("articles", json!({})),
            gives(json!([{"title": "Alpha"}])),
        ),
        case(
            "a rule by the current user",
            json!([["articles", "read", "title", {"owner": {"_eq": "$CURRENT_USER"}}]]),
            read("articles", json!({})),
            gives(json!([{"title": "Alpha"}, {"title": "Delta"}])),
        ),
        case(
            "a rule by a field of the current user",
            json!([["articles", "read", "title", {"title": {"_neq": "$CURRENT_USER.first_name"}, "id": {"_lt": 3}}]]),
            read("articles", json!({})),
            gives(json!([{"title": "Alpha"}, {"title": "Beta"}])),
        ),
        case(
            "a rule by the current role's name, through the user",
            json!([["authors", "read", "name", {"name": {"_nin": ["$CURRENT_USER.role.name", "Bob"]}}]]),
            read("authors", json!({})),
            gives(json!([{"name": "Ada"}])),
        ),
        case(
            "a rule by a dynamic value that doesn't exist opens nothing",
            json!([["articles", "read", "title", {"title": {"_eq": "$CURRENT_USER.nix"}}]]),
            read("articles", json!({})),
            gives(json!([])),
        ),
        case(
            "a rule by the time",
            json!([["articles", "read", "title", {"day": {"_lte": "$NOW(-1 day)"}}]]),
            read("articles", json!({"filter": {"day": {"_nnull": true}}, "fields": "title"})),
            refuses("FORBIDDEN", "You don't have permission to access field \"day\" in collection \"articles\" or it does not exist. Queried in root."),
        ),
        case(
            "a rule by the time, met",
            json!([["articles", "read", "title", {"day": {"_lte": "$NOW(-1 day)"}}]]),
            read("articles", json!({})),
            gives(json!([{"title": "Alpha"}, {"title": "Beta"}, {"title": "Gamma"}])),
        ),
        case(
            "a rule on a field that doesn't exist opens nothing",
            json!([["articles", "read", "title", {"nix": {"_eq": 1}}]]),
            read("articles", json!({})),
            gives(json!([])),
        ),
        case(
            "a rule with an unknown operator opens nothing",
            json!([["articles", "read", "title", {"id": {"_magic": 1}}]]),
            read("articles", json!({})),
            gives(json!([])),
        ),
        case(
            "a rule that isn't JSON opens nothing",
            json!([["articles", "read", "title", "{broken"]]),
            read("articles", json!({})),
            gives(json!([])),
        ),
        case(
            "an empty choice opens nothing",
            json!([["articles", "read", "title", {"_or": []}]]),
            read("articles", json!({})),
            gives(json!([])),
        ),
        case(
            "a rule that is only a shell opens nothing",
            json!([["articles", "read", "title", {"_and": [{"status": {}}]}]]),
            read("articles", json!({})),
            gives(json!([])),
        ),
        case(
            "an empty choice beside a rule opens nothing",
            json!([["articles", "read", "title", {"_and": [{"status": {"_eq": "published"}}, {"_or": []}]}]]),
            read("articles", json!({})),
            gives(json!([])),
        ),
        case_as(
            anonymous(),
            "for nobody, the current user is null, as in Directus",
            json!([["articles", "read", "title", {"owner": {"_eq": "$CURRENT_USER"}}]]),
            read("articles", json!({})),
            gives(json!([{"title": "Gamma"}])),
        ),
    ])
    .await;
}

#[tokio::test]
async fn keys() {
    let published = json!([["articles", "read", "id,title", {"status": {"_eq": "published"}}]]);
    hold(vec![
        case("items by key", published.clone(), read_keys("articles", json!([3, 1]), json!({})),
            gives(json!([{"id": 1, "title": "Alpha"}, {"id": 3, "title": "Gamma"}]))),
        case("a key as text", published.clone(), read_keys("articles", json!(["3"]), json!({"fields": "id"})),
            gives(json!([{"id": 3}]))),
        case("a key twice", published.clone(), read_keys("articles", json!([3, "3"]), json!({"fields": "id"})),
            gives(json!([{"id": 3}]))),
        case("one of the keys can't be read", published.clone(), read_keys("articles", json!([1, 2]), json!({})),
            gives(json!([{"id": 1, "title": "Alpha"}]))),
        case("one of the keys doesn't exist, with the same answer", published.clone(), read_keys("articles", json!([1, 99]), json!({})),
            gives(json!([{"id": 1, "title": "Alpha"}]))),
        case("a limit, of which 0 is none", published.clone(), read_keys("articles", json!([3, 1]), json!({"limit": 0, "fields": "id"})),
            gives(json!([{"id": 1}, {"id": 3}]))),
        case("a page", published.clone(), read_keys("articles", json!([3, 1]), json!({"limit": 1, "page": 2, "fields": "id"})),
            gives(json!([{"id": 3}]))),
        case("a key that can't be one", published.clone(), read_keys("articles", json!(["one"]), json!({})),
            refuses("FORBIDDEN", "You don't have permission to perform \"read\" for collection \"articles\" or it does not exist.")),
        case("a key beyond the range", published.clone(), read_keys("articles", json!([u64::MAX]), json!({})),
            refuses("FORBIDDEN", "You don't have permission to perform \"read\" for collection \"articles\" or it does not exist.")),
        case("keys and a filter", published.clone(), read_keys("articles", json!([1, 3]), json!({"filter": {"title": "Gamma"}, "fields": "id"})),
            gives(json!([{"id": 3}]))),
        case("keys and aggregates", published, read_keys("articles", json!([1]), json!({"aggregate": {"count": "*"}})),
            refuses("INVALID_QUERY", "Invalid query. \"aggregate\" and \"groupBy\" can't be used with keys; filter by the primary key instead.")),
    ])
    .await;
}

#[tokio::test]
async fn paging() {
    let all = json!([["articles", "read", "id,title"]]);
    let ids = |ids: &[i64]| gives(ids.iter().map(|id| json!({"id": id})).collect());
    hold(vec![
        case(
            "limit and offset",
            all.clone(),
            read("articles", json!({"fields": "id", "limit": 2, "offset": 1})),
            ids(&[2, 3]),
        ),
        case(
            "limit and page",
            all.clone(),
            read("articles", json!({"fields": "id", "limit": 3, "page": 2})),
            ids(&[4]),
        ),
        case(
            "no limit",
            all.clone(),
            read("articles", json!({"fields": "id", "limit": -1})),
            ids(&[1, 2, 3, 4]),
        ),
        case(
            "a limit of nothing",
            all.clone(),
            read("articles", json!({"fields": "id", "limit": 0})),
            ids(&[]),
        ),
        case(
            "a page far beyond",
            all.clone(),
            read("articles", json!({"fields": "id", "page": i64::MAX})),
            ids(&[]),
        ),
        case(
            "an offset far beyond",
            all.clone(),
            read("articles", json!({"fields": "id", "offset": i64::MAX})),
            ids(&[]),
        ),
        case(
            "sort",
            all.clone(),
            read("articles", json!({"fields": "id", "sort": "-title"})),
            ids(&[3, 4, 2, 1]),
        ),
        case(
            "several keys",
            all,
            read("articles", json!({"fields": "id", "sort": ["title", "-id"]})),
            ids(&[1, 2, 4, 3]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn the_default_limit_is_one_hundred() {
    let world = World::new().await;
    world
        .run(
            "with recursive n (i) as (select 1 union all select i + 1 from n where i < 150) \
              insert into authors (name) select 'N' || i from n;",
        )
        .await;
    for (parameters, expected) in
        [(json!({}), 100), (json!({"limit": -1}), 152), (json!({"limit": 120}), 120)]
    {
        let read = world.execute(&admin(), &read("authors", parameters)).await.expect("authors");
        assert_eq!(read.items, expected);
    }
}

#[tokio::test]
async fn an_outcome_names_what_was_touched() {
    let world = World::new().await;
    let operation = read(
        "articles",
        json!({"fields": "title,author.name", "filter": {"comments": {"_some": {"body": "good"}}}, "sort": "views"}),
    );
    let outcome = world.execute(&admin(), &operation).await.expect("articles");
    assert_eq!(outcome.collections, ["articles", "authors", "comments"]);
    assert_eq!(
        outcome.fields,
        [
            "articles.author",
            "articles.comments",
            "articles.title",
            "articles.views",
            "authors.name",
            "comments.body"
        ]
    );
    assert_eq!(outcome.items, 1);
}
