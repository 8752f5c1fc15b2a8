//! What the rules forbid to see has no influence on anything that a caller gets.
//!
//! Two projects differ only in values that the caller may not see: fields outside its permissions,
//! fields on items where no rule grants them, whole items that no rule opens. Whatever the caller
//! asks, both have to answer with the same bytes.

#![expect(clippy::expect_used, clippy::panic, reason = "a broken property is a failed test")]

mod support;

use palisade_data::{DataBackend, Operation, Query};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use support::*;

/// Everybody may see `id`, `title`, `day` and the relations; notes, views and prices on published
/// articles alone, owners on one's own; of authors the id, of Bob the name and the articles too;
/// comments if approved, without their score.
fn grants() -> Value {
    json!([
        ["articles", "read", "id,title,day,comments,status"],
        ["articles", "read", "note,views,price,author", {"status": {"_eq": "published"}}],
        ["articles", "read", "owner,tags", {"owner": {"_eq": "$CURRENT_USER"}}],
        ["authors", "read", "id", {"id": {"_lte": 2}}],
        ["authors", "read", "name,articles", {"id": {"_eq": 2}}],
        ["comments", "read", "id,body,article", {"approved": {"_eq": true}}],
        ["pages", "read", "id,heading", {"heading": {"_nnull": true}}],
    ])
}

/// Changes that the caller of [`grants`] must not notice.
const OUT_OF_SIGHT: &str = "
    insert into authors (id, name, email, salary) values (7, 'Eve', 'eve@example.com', 3);
    update authors set name = 'Zoe', email = 'z', salary = 999 where id = 1;
    update authors set email = 'b', salary = 1 where id = 2;
    update articles set note = 'Alpha', views = 31, price = 99, author = 7 where id = 2;
    update articles set note = null, views = null, price = 1.5, author = 1 where id = 4;
    update articles set slug = 'z' || id, body = 'changed', pin = 'x', featured = 1 - featured, labels = 'z';
    update articles set owner = null, tags = '[1,2,3]' where id = 2;
    update articles set tags = '[7]' where id = 3;
    update articles set moment = '2001-01-01T00:00:00.000Z';
    update comments set body = 'good', score = 77 where id = 2;
    update comments set score = score + 10;
    insert into comments (id, article, body, approved, score) values (9, 4, 'hidden', 0, 5), (10, 1, 'hidden', 0, 5);
    update comments set article = 4 where id = 2;
    insert into pages (id, heading) values ('cccccccc-cccc-4ccc-8ccc-cccccccccccc', null);
    create index by_note on articles (note, views);
    create index by_article on comments (article, score desc);
    analyze;";

const ARTICLES: [&str; 19] = [
    "id", "title", "day", "status", "note", "views", "price", "author", "owner", "tags",
    "comments", "slug", "body", "pin", "featured", "labels", "moment", "nix", "divider",
];
const AUTHORS: [&str; 5] = ["id", "name", "articles", "email", "salary"];
const COMMENTS: [&str; 6] = ["id", "body", "article", "score", "approved", "nix"];

/// Names of fields and functions of them, mostly ones that may be used, through up to two relations.
fn path() -> impl Strategy<Value = String> {
    let article = prop_oneof![8 => (0..11_usize).prop_map(|i| ARTICLES[i].to_owned()), 1 => prop::sample::select(&ARTICLES[..]).prop_map(String::from)];
    let author = prop_oneof![8 => (0..3_usize).prop_map(|i| AUTHORS[i].to_owned()), 1 => prop::sample::select(&AUTHORS[..]).prop_map(String::from)];
    let comment = prop_oneof![8 => (0..3_usize).prop_map(|i| COMMENTS[i].to_owned()), 1 => prop::sample::select(&COMMENTS[..]).prop_map(String::from)];
    let function = prop::sample::select(
        &[
            "year(day)",
            "month(day)",
            "weekday(day)",
            "count(comments)",
            "count(tags)",
            "year(moment)",
            "author.count(articles)",
            "count(author.articles)",
        ][..],
    )
    .prop_map(String::from);
    prop_oneof![
        5 => article.clone(),
        3 => author.clone().prop_map(|name| format!("author.{name}")),
        2 => comment.clone().prop_map(|name| format!("comments.{name}")),
        1 => article.prop_map(|name| format!("author.articles.{name}")),
        1 => author.prop_map(|name| format!("comments.article.author.{name}")),
        1 => comment.prop_map(|name| format!("author.articles.comments.{name}")),
        2 => function,
        1 => Just("*".to_owned()),
        1 => Just("*.*".to_owned()),
        1 => Just("alias.id".to_owned()),
        1 => Just("alias".to_owned()),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-1_i64..50).prop_map(Value::from),
        prop::sample::select(
            &[
                "n1",
                "n2",
                "n4",
                "Alpha",
                "Beta",
                "Ada",
                "Bob",
                "Zoe",
                "good",
                "bad",
                "hidden",
                "draft",
                "published",
                "a",
                "2024-01-15",
                "2024",
                "x",
                "1.5",
                "true",
                "$CURRENT_USER",
                "$NOW",
                ME,
                OTHER,
                "",
                "%"
            ][..]
        )
        .prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop::collection::vec((0_i64..45).prop_map(Value::from), 0..4).prop_map(Value::from),
    ]
}

fn condition() -> impl Strategy<Value = Value> {
    let operator = prop::sample::select(
        &[
            "_eq",
            "_neq",
            "_lt",
            "_lte",
            "_gt",
            "_gte",
            "_in",
            "_nin",
            "_null",
            "_nnull",
            "_contains",
            "_ncontains",
            "_icontains",
            "_starts_with",
            "_ends_with",
            "_nends_with",
            "_ieq",
            "_between",
            "_nbetween",
            "_empty",
            "_nempty",
        ][..],
    );
    (operator, value()).prop_map(|(operator, value)| json!({operator: value}))
}

/// A filter on articles: a dotted path becomes nested objects, lists get `_some` or `_none`.
fn filter() -> impl Strategy<Value = Value> {
    let leaf = (path(), condition(), any::<bool>()).prop_map(|(path, condition, none)| {
        let mut filter = condition;
        for name in path.split('.').rev() {
            if name == "*" {
                continue;
            }
            let many = matches!(name, "comments" | "articles")
                && filter
                    .as_object()
                    .is_some_and(|map| map.keys().all(|key| !key.starts_with('_')));
            if many {
                filter = if none { json!({"_none": filter}) } else { json!({"_some": filter}) };
            }
            filter = json!({name: filter});
        }
        filter
    });
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| json!({"_and": parts})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| json!({"_or": parts})),
            inner,
        ]
    })
}

fn sort() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec((path(), any::<bool>()), 0..3).prop_map(|names| {
        names.into_iter().map(|(name, down)| if down { format!("-{name}") } else { name }).collect()
    })
}

fn comment_filter() -> impl Strategy<Value = Value> {
    (prop::sample::select(&COMMENTS[..]), condition())
        .prop_map(|(name, condition)| json!({name: condition}))
}

fn items_query() -> impl Strategy<Value = Value> {
    (
        prop::collection::vec(path(), 0..5),
        prop::option::of(filter()),
        sort(),
        prop::option::of(prop::sample::select(&["a", "n2", "Alpha", "30", "31", "99", "hidden", "good", ME, "%", "Zoe"][..])),
        prop::option::of(0_i64..4),
        0_u64..3,
        prop::option::of((comment_filter(), prop::sample::select(&COMMENTS[..]), 0_i64..3)),
        prop::sample::select(&["note", "title", "author", "comments", "slug"][..]),
    )
        .prop_map(|(fields, filter, sort, search, limit, offset, deep, alias)| {
            let mut query = json!({"sort": sort, "offset": offset, "alias": {"alias": alias}});
            if !fields.is_empty() {
                query["fields"] = fields.into();
            }
            query["filter"] = filter.unwrap_or(Value::Null);
            query["search"] = search.map_or(Value::Null, Value::from);
            query["limit"] = limit.map_or(Value::Null, Value::from);
            if let Some((filter, sort, limit)) = deep {
                query["deep"] = json!({"comments": {"_filter": filter, "_sort": [sort], "_limit": limit}, "author": {"articles": {"_limit": 1, "_sort": "-title"}}});
            }
            query
        })
}

fn aggregate_query() -> impl Strategy<Value = Value> {
    let function = prop::sample::select(
        &["count", "countDistinct", "sum", "sumDistinct", "avg", "avgDistinct", "min", "max"][..],
    );
    let field = prop_oneof![6 => (0..11_usize).prop_map(|i| ARTICLES[i]), 1 => prop::sample::select(&ARTICLES[..])];
    let group = prop_oneof![
        field.clone().prop_map(String::from),
        Just("year(day)".to_owned()),
        Just("count(comments)".to_owned()),
        Just("count(tags)".to_owned())
    ];
    (
        prop::collection::vec((function, field), 1..3),
        prop::collection::vec(group, 0..2),
        prop::option::of(filter()),
        prop::option::of(prop::sample::select(&["a", "n2", "31", "Alpha"][..])),
        any::<bool>(),
    )
        .prop_map(|(aggregates, group, filter, search, count)| {
            let mut all = Map::new();
            for (function, field) in aggregates {
                all.insert(function.into(), json!([field]));
            }
            if count {
                all.insert("countAll".into(), json!("*"));
            }
            let mut query = json!({"aggregate": all, "groupBy": group});
            query["filter"] = filter.unwrap_or(Value::Null);
            query["search"] = search.map_or(Value::Null, Value::from);
            query
        })
}

/// Everything that comes back, as bytes. The moment of `$NOW` plays no part in the data.
async fn answer(world: &World, operation: &Operation) -> String {
    match world.execute(&user(), operation).await {
        Ok(outcome) => format!(
            "{} {} {:?} {:?}",
            outcome.data, outcome.items, outcome.collections, outcome.fields
        ),
        Err(error) => {
            assert_ne!(error.code(), "INTERNAL_SERVER_ERROR", "{operation:?}: {error:?}");
            error.to_body().to_string()
        }
    }
}

struct Worlds {
    runtime: tokio::runtime::Runtime,
    plain: World,
    changed: World,
}

impl Worlds {
    fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (plain, changed) = runtime.block_on(async {
            let (plain, changed) = (World::new().await, World::new().await);
            plain.grant(&grants()).await;
            changed.grant(&grants()).await;
            changed.run(OUT_OF_SIGHT).await;
            (plain, changed)
        });
        Self { runtime, plain, changed }
    }

    /// The one answer of both projects.
    fn agree(&self, operation: &Operation) -> String {
        self.runtime.block_on(async {
            let plain = answer(&self.plain, operation).await;
            assert_eq!(plain, answer(&self.changed, operation).await, "{operation:?}");
            plain
        })
    }
}

fn check(cases: u32, strategy: impl Strategy<Value = Value>) {
    let worlds = Worlds::new();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let (mut answered, mut refused) = (0_u32, 0_u32);
    let counts = std::cell::RefCell::new((&mut answered, &mut refused));
    runner
        .run(&strategy, |parameters| {
            let query = match Query::from_json(&parameters) {
                Ok(query) => query,
                Err(error) => panic!("{parameters}: {error}"),
            };
            let operation =
                Operation::ReadItems { collection: "articles".into(), keys: None, query };
            let answer = worlds.agree(&operation);
            let mut counts = counts.borrow_mut();
            if answer.starts_with("{\"errors\"") {
                *counts.1 += 1
            } else {
                *counts.0 += 1
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(
        answered > cases / 20 && refused > 0,
        "{answered} answered, {refused} refused: too one-sided to mean anything"
    );
}

#[test]
fn reading_items_tells_nothing_about_what_is_out_of_sight() {
    check(1_500, items_query());
}

#[test]
fn aggregating_tells_nothing_about_what_is_out_of_sight() {
    check(1_000, aggregate_query());
}

#[test]
fn the_two_projects_do_differ() {
    let worlds = Worlds::new();
    let everything = read("articles", json!({"fields": "*.*"}));
    worlds.runtime.block_on(async {
        let plain = worlds.plain.engine.execute(&admin(), &everything).await.expect("articles");
        let changed = worlds.changed.engine.execute(&admin(), &everything).await.expect("articles");
        assert_ne!(plain.data, changed.data);
    });
}

#[test]
fn keys_structure_and_permissions_tell_nothing_either() {
    let worlds = Worlds::new();
    for key in 0..12 {
        for collection in ["articles", "comments", "authors"] {
            worlds.agree(&read_keys(collection, json!([key]), json!({})));
        }
    }
    worlds.agree(&Operation::Schema { collections: None });
    worlds.agree(&Operation::Schema { collections: Some(vec!["articles".into()]) });
    worlds.agree(&read("pages", json!({"aggregate": {"count": "*"}})));
}
