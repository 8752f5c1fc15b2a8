//! What a caller reads of related items.

mod support;

use serde_json::json;
use support::*;

#[tokio::test]
async fn relations() {
    let both = json!([
        ["articles", "read", "id,title,author,comments"],
        ["authors", "read", "id,name,articles"],
        ["comments", "read", "id,body,article"]
    ]);
    hold(vec![
        case("a relation by itself is a key", both.clone(), read("articles", json!({"fields": "author,comments", "limit": 1})),
            gives(json!([{"author": 1, "comments": [1, 2]}]))),
        case("many-to-one", both.clone(), read("articles", json!({"fields": "id,author.name"})),
            gives(json!([{"id": 1, "author": {"name": "Ada"}}, {"id": 2, "author": {"name": "Ada"}}, {"id": 3, "author": {"name": "Bob"}}, {"id": 4, "author": null}]))),
        case("one-to-many", both.clone(), read("articles", json!({"fields": "comments.body", "sort": "-id", "limit": 3})),
            gives(json!([{"comments": []}, {"comments": [{"body": "fine"}]}, {"comments": [{"body": "ok"}]}]))),
        case("both ways and back", both.clone(), read("authors", json!({"fields": "name,articles.comments.article.author.name", "limit": 1})),
            gives(json!([{"name": "Ada", "articles": [
                {"comments": [{"article": {"author": {"name": "Ada"}}}, {"article": {"author": {"name": "Ada"}}}]},
                {"comments": [{"article": {"author": {"name": "Ada"}}}]}]}]))),
        case("wildcards through relations", both.clone(), read("articles", json!({"fields": "*.*", "limit": 1})),
            gives(json!([{"id": 1, "title": "Alpha", "author": {"articles": [1, 2], "id": 1, "name": "Ada"},
                "comments": [{"article": 1, "id": 1, "body": "good"}, {"article": 1, "id": 2, "body": "bad"}]}]))),
        case("a field of a relation outside its permission", both.clone(), read("articles", json!({"fields": "author.salary"})),
            refuses("FORBIDDEN", "You don't have permission to access field \"salary\" in collection \"authors\" or it does not exist. Queried in author.")),
        case("and further down", both.clone(), read("authors", json!({"fields": "articles.comments.score"})),
            refuses("FORBIDDEN", "You don't have permission to access field \"score\" in collection \"comments\" or it does not exist. Queried in articles.comments.")),
        case("a relation to a collection that can't be read is left out",
            json!([["articles", "read", "*"]]), read("articles", json!({"fields": "id,author.name,comments.nix", "limit": 1})),
            gives(json!([{"id": 1}]))),
        case("a list is empty where the item's own key is asked for and hidden",
            json!([["articles", "read", "title,comments"], ["articles", "read", "id", {"id": 2}], ["comments", "read", "*"]]),
            read("articles", json!({"fields": "id,title,comments.body", "limit": 2})),
            gives(json!([{"id": null, "title": "Alpha", "comments": []}, {"id": 2, "title": "Beta", "comments": [{"body": "ok"}]}]))),
        case("but for the key that is asked for itself",
            json!([["articles", "read", "*"]]), read("articles", json!({"fields": "author.name,author", "limit": 1})),
            gives(json!([{"author": 1}]))),
        case("and is left out of wildcards",
            json!([["articles", "read", "id,author,comments"]]), read("articles", json!({"fields": "*.*", "limit": 1})),
            gives(json!([{"id": 1}]))),
        case("and its keys too, where there is no column of one's own",
            json!([["articles", "read", "id,author,comments"]]), read("articles", json!({"limit": 1})),
            gives(json!([{"id": 1, "author": 1}]))),
        case("keys of related items need the key's field",
            json!([["articles", "read", "*"], ["comments", "read", "body"]]), read("articles", json!({"fields": "comments"})),
            refuses("FORBIDDEN", "You don't have permission to access field \"id\" in collection \"comments\" or it does not exist. Queried in comments.")),
        case("a related item that can't be read is null",
            json!([["articles", "read", "id,author"], ["authors", "read", "name", {"name": {"_eq": "Bob"}}]]), read("articles", json!({"fields": "id,author.name"})),
            gives(json!([{"id": 1, "author": null}, {"id": 2, "author": null}, {"id": 3, "author": {"name": "Bob"}}, {"id": 4, "author": null}]))),
        case("related items that can't be read are left out",
            json!([["articles", "read", "id,comments"], ["comments", "read", "id,body", {"approved": {"_eq": true}}]]), read("articles", json!({"fields": "id,comments.body", "limit": 2})),
            gives(json!([{"id": 1, "comments": [{"body": "good"}]}, {"id": 2, "comments": [{"body": "ok"}]}]))),
        case("a field of a related item is null where its rule doesn't hold",
            json!([["articles", "read", "id,comments"], ["comments", "read", "id"], ["comments", "read", "body", {"approved": {"_eq": true}}]]), read("articles", json!({"fields": "comments.*", "limit": 1})),
            gives(json!([{"comments": [{"id": 1, "body": "good"}, {"id": 2, "body": null}]}]))),
        case("a relation is null on items where its rule doesn't hold",
            json!([["articles", "read", "id"], ["articles", "read", "author,comments", {"status": {"_eq": "published"}}], ["authors", "read", "*"], ["comments", "read", "*"]]),
            read("articles", json!({"fields": "id,author.name,comments.body", "limit": 2})),
            gives(json!([{"id": 1, "author": {"name": "Ada"}, "comments": [{"body": "good"}, {"body": "bad"}]}, {"id": 2, "author": null, "comments": null}]))),
        case("the count of related items is of those that can be read",
            json!([["articles", "read", "id,comments"], ["comments", "read", "id", {"approved": {"_eq": true}}]]), read("articles", json!({"fields": "count(comments)"})),
            gives(json!([{"comments_count": 1}, {"comments_count": 1}, {"comments_count": 1}, {"comments_count": 0}]))),
        case("the count of a relation to a collection that can't be read",
            json!([["articles", "read", "*"]]), read("articles", json!({"fields": "count(comments)"})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"comments\" or it does not exist. Queried in comments_count.")),
        case("deep parameters", both.clone(),
            read("articles", json!({"fields": "comments.id", "limit": 1, "deep": {"comments": {"_filter": {"body": {"_neq": "good"}}, "_sort": "-id", "_limit": 1}}})),
            gives(json!([{"comments": [{"id": 2}]}]))),
        case("deep paging counts for each item", both.clone(),
            read("authors", json!({"fields": "articles.id", "deep": {"articles": {"_limit": 1, "_page": 2}}})),
            gives(json!([{"articles": [{"id": 2}]}, {"articles": []}]))),
        case("deep search", both.clone(),
            read("articles", json!({"fields": "comments.id", "limit": 1, "deep": {"comments": {"_search": "BAD"}}})),
            gives(json!([{"comments": [{"id": 2}]}]))),
        case("a deep filter by a field outside the permission", both.clone(),
            read("articles", json!({"fields": "comments.id", "deep": {"comments": {"_filter": {"score": {"_gt": 1}}}}})),
            refuses("FORBIDDEN", "You don't have permission to access field \"score\" in collection \"comments\" or it does not exist. Queried in comments.")),
        case("a deep sort by a field outside the permission", both.clone(),
            read("articles", json!({"fields": "comments.id", "deep": {"comments": {"_sort": "score"}}})),
            refuses("FORBIDDEN", "You don't have permission to access field \"score\" in collection \"comments\" or it does not exist. Queried in comments.")),
        case("a deep query for a relation that isn't read is checked all the same", both.clone(),
            read("articles", json!({"fields": "id", "deep": {"comments": {"_filter": {"score": {"_gt": 1}}}}})),
            refuses("FORBIDDEN", "You don't have permission to access field \"score\" in collection \"comments\" or it does not exist. Queried in comments.")),
        case("a deep query for a field outside the permission", both.clone(),
            read("articles", json!({"fields": "id", "deep": {"note": {"_limit": 1}}})),
            refuses("FORBIDDEN", "You don't have permission to access field \"note\" in collection \"articles\" or it does not exist. Queried in root.")),
        case("a deep query for a field that isn't a relation", both.clone(),
            read("articles", json!({"fields": "id", "deep": {"title": {"_limit": 1}}})),
            refuses("INVALID_QUERY", "Invalid query. \"deep\" names \"title\", which isn't a relation.")),
        case("an unknown deep parameter", both.clone(),
            read("articles", json!({"fields": "comments.id", "deep": {"comments": {"_aggregate": {"count": "*"}}}})),
            refuses("INVALID_QUERY", "Invalid query. \"_aggregate\" can't be used in \"deep\" for \"comments\"; there are _filter, _sort, _limit, _offset, _page, _search, _alias.")),
        case("the same relation twice under different names", both.clone(),
            read("articles", json!({"fields": "good.id,rest.id", "limit": 1, "alias": {"good": "comments", "rest": "comments"},
                "deep": {"good": {"_filter": {"body": "good"}}, "rest": {"_filter": {"body": {"_neq": "good"}}}}})),
            gives(json!([{"good": [{"id": 1}], "rest": [{"id": 2}]}]))),
        case("paths that are too long", both.clone(),
            read("articles", json!({"fields": "author.articles.author.articles.author.articles.author.id"})),
            refuses("INVALID_QUERY", "Invalid query. A path follows more than 6 relations.")),
        case("too many relations", both,
            read("articles", json!({
                "fields": (0..65).map(|number| format!("a{number}.id")).collect::<Vec<_>>(),
                "alias": (0..65).map(|number| (format!("a{number}"), json!("comments"))).collect::<serde_json::Map<_, _>>(),
            })),
            refuses("INVALID_QUERY", "Invalid query. The query follows more than 64 relations.")),
        case_as(admin(), "a path through several collections", json!([]),
            read("articles", json!({"fields": "item:authors.name"})),
            refuses("INVALID_QUERY", "Invalid query. \"item:authors\" goes through a relation to several collections, which this project can't follow.")),
    ])
    .await;
}

#[tokio::test]
async fn a_relation_to_several_collections_is_not_followed() {
    let world = World::new().await;
    world
        .run("alter table pages add column item text; alter table pages add column kind text;
              insert into directus_relations (many_collection, many_field, one_collection_field, one_allowed_collections)
              values ('pages', 'item', 'kind', 'articles,authors');
              update pages set item = '1', kind = 'articles';")
        .await;
    let plain = world
        .execute(&admin(), &read("pages", json!({"fields": "item,kind"})))
        .await
        .expect("its key");
    assert_eq!(plain.data, json!([{"item": "1", "kind": "articles"}]));
    for (parameters, reason) in [
        (
            json!({"fields": "item.title"}),
            "Invalid query. Field \"item\" isn't a relation that can be followed.",
        ),
        (json!({"filter": {"item": {"title": "x"}}}), "Invalid query. \"item\" is not a relation."),
    ] {
        let refused = world.execute(&admin(), &read("pages", parameters)).await.expect_err(reason);
        assert_eq!(refused.to_string(), reason);
    }
}

#[tokio::test]
async fn related_items_are_limited_altogether() {
    let world = World::new().await;
    world
        .run("with recursive n (i) as (select 1 union all select i + 1 from n where i < 600) \
              insert into articles (title) select 'T' || i from n; \
              insert into comments (article, body) select a.id, 'c' from articles a, (select 1 from articles limit 90);")
        .await;
    let refused = world
        .execute(&admin(), &read("articles", json!({"fields": "comments.id", "limit": -1})))
        .await
        .expect_err("too many");
    assert_eq!(
        refused.to_string(),
        "Invalid query. The query gives more than 50000 related items; limit them with \"deep\" and \"_limit\"."
    );
}
