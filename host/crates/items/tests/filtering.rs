//! Finding items: filters, sorting, search, aggregates, and what they must not tell.

mod support;

use serde_json::{Value, json};
use support::*;

fn all() -> Value {
    json!([["articles", "read", "*"], ["authors", "read", "*"], ["comments", "read", "*"]])
}

/// The ids of the articles that a filter finds.
fn finds(name: &'static str, filter: Value, ids: &[i64]) -> Case {
    finds_with(name, all(), filter, ids)
}

fn finds_with(name: &'static str, grants: Value, filter: Value, ids: &[i64]) -> Case {
    let items = ids.iter().map(|id| json!({"id": id})).collect();
    case(name, grants, read("articles", json!({"fields": "id", "filter": filter})), gives(items))
}

fn invalid(name: &'static str, filter: Value, message: &'static str) -> Case {
    case(
        name,
        all(),
        read("articles", json!({"fields": "id", "filter": filter})),
        refuses("INVALID_QUERY", message),
    )
}

#[tokio::test]
async fn operators() {
    hold(vec![
        finds("_eq", json!({"status": {"_eq": "draft"}}), &[2, 4]),
        finds("a bare value means _eq", json!({"status": "draft"}), &[2, 4]),
        finds("_eq is exact", json!({"status": {"_eq": "Draft"}}), &[]),
        finds("_eq null", json!({"note": {"_eq": null}}), &[3]),
        finds("_neq leaves null out, as SQL does", json!({"note": {"_neq": "n1"}}), &[2, 4]),
        finds("_neq null", json!({"note": {"_neq": null}}), &[1, 2, 4]),
        finds("_lt and _gte together", json!({"views": {"_lt": 40, "_gte": 20}}), &[2, 3]),
        finds("_lte", json!({"price": {"_lte": "2.5"}}), &[1, 2]),
        finds("_gt", json!({"views": {"_gt": 30}}), &[4]),
        finds("_lt null finds nothing", json!({"views": {"_lt": null}}), &[]),
        finds("_in", json!({"id": {"_in": [1, "3", 99]}}), &[1, 3]),
        finds("_in with commas", json!({"id": {"_in": "1, 3"}}), &[1, 3]),
        invalid("_in of nothing", json!({"id": {"_in": []}}), "Invalid query. \"_in\" has to be an array of values."),
        finds("_nin", json!({"id": {"_nin": [1, 3]}}), &[2, 4]),
        invalid("_nin of nothing", json!({"id": {"_nin": []}}), "Invalid query. \"_nin\" has to be an array of values."),
        invalid("an empty text", json!({"title": {"_eq": ""}}),
            "Invalid query. You can't filter for an empty string in \"_eq\". Use \"_empty\" or \"_nempty\" instead."),
        finds("_null", json!({"note": {"_null": true}}), &[3]),
        finds("_null false", json!({"note": {"_null": false}}), &[1, 2, 4]),
        finds("_nnull", json!({"note": {"_nnull": true}}), &[1, 2, 4]),
        finds("_empty", json!({"labels": {"_empty": true}}), &[2, 3, 4]),
        finds("_nempty", json!({"labels": {"_nempty": true}}), &[1]),
        finds("_contains", json!({"title": {"_contains": "lt"}}), &[4]),
        finds("_ncontains", json!({"title": {"_ncontains": "a"}}), &[]),
        finds("_icontains", json!({"title": {"_icontains": "ALPH"}}), &[1]),
        finds("_nicontains", json!({"title": {"_nicontains": "ALPH"}}), &[2, 3, 4]),
        finds("_starts_with", json!({"title": {"_starts_with": "Be"}}), &[2]),
        finds("_nstarts_with", json!({"title": {"_nstarts_with": "Be"}}), &[1, 3, 4]),
        finds("_istarts_with", json!({"title": {"_istarts_with": "be"}}), &[2]),
        finds("_nistarts_with", json!({"title": {"_nistarts_with": "be"}}), &[1, 3, 4]),
        finds("_ends_with", json!({"title": {"_ends_with": "mma"}}), &[3]),
        finds("_nends_with", json!({"title": {"_nends_with": "mma"}}), &[1, 2, 4]),
        finds("_iends_with", json!({"title": {"_iends_with": "MMA"}}), &[3]),
        finds("_niends_with", json!({"title": {"_niends_with": "MMA"}}), &[1, 2, 4]),
        finds("_ieq", json!({"title": {"_ieq": "ALPHA"}}), &[1]),
        finds("_nieq", json!({"title": {"_nieq": "ALPHA"}}), &[2, 3, 4]),
        finds("wildcards of LIKE are literal", json!({"title": {"_contains": "%"}}), &[]),
        finds("and so is the escape character", json!({"title": {"_contains": "\\"}}), &[]),
        finds("_between", json!({"views": {"_between": [20, 30]}}), &[2, 3]),
        finds("_nbetween", json!({"views": {"_nbetween": "20,30"}}), &[1, 4]),
        finds("dates", json!({"day": {"_gte": "2024-01-15"}}), &[1, 2]),
        finds("a date as a moment", json!({"day": {"_eq": "2024-01-15T23:00:00Z"}}), &[1]),
        finds("moments in another zone", json!({"moment": {"_eq": "2024-01-15T12:20:30+02:00"}}), &[1]),
        finds("booleans", json!({"featured": {"_eq": "true"}}), &[1]),
        finds("lists and JSON as text", json!({"tags": {"_contains": "\"x\""}}), &[1]),
        finds("a text that looks like SQL", json!({"title": {"_eq": "' or 1=1 --"}}), &[]),
        finds("the current user", json!({"owner": {"_eq": "$CURRENT_USER"}}), &[1, 4]),
        finds("now", json!({"day": {"_lt": "$NOW"}}), &[1, 2, 3]),
        finds("and, or", json!({"_or": [{"_and": [{"id": 1}, {"status": "published"}]}, {"id": 4}]}), &[1, 4]),
        finds("or within a field", json!({"id": {"_or": [{"_eq": 1}, {"_gt": 3}]}}), &[1, 4]),
        finds("an empty filter", json!({}), &[1, 2, 3, 4]),
        finds("an empty and", json!({"_and": []}), &[1, 2, 3, 4]),
        finds("functions", json!({"year(day)": {"_eq": 2024}}), &[1, 2]),
        finds("counts", json!({"count(comments)": {"_gte": 2}}), &[1]),
        finds("counts of JSON", json!({"count(tags)": {"_eq": 0}}), &[3]),
        invalid("an unknown operator", json!({"title": {"_like": "x"}}),
            "Invalid query. \"_like\" is not a filter operator; there are _eq, _neq, _lt, _lte, _gt, _gte, _in, _nin, _null, _nnull, _contains, _ncontains, _icontains, _nicontains, _starts_with, _nstarts_with, _istarts_with, _nistarts_with, _ends_with, _nends_with, _iends_with, _niends_with, _ieq, _nieq, _between, _nbetween, _empty, _nempty."),
        invalid("_regex", json!({"title": {"_regex": "x"}}),
            "Invalid query. \"_regex\" on field \"title\" is for validation only."),
        invalid("a text for a number", json!({"views": {"_eq": "many"}}),
            "Invalid query. \"_eq\" on field \"views\" has to be a whole number between -2^63 and 2^63 - 1."),
        invalid("a number beyond the range", json!({"views": {"_eq": u64::MAX}}),
            "Invalid query. \"_eq\" on field \"views\" has to be a whole number between -2^63 and 2^63 - 1."),
        invalid("a date that isn't one", json!({"day": {"_eq": "2024-02-30"}}),
            "Invalid query. \"_eq\" on field \"day\" has to be a date (YYYY-MM-DD)."),
        invalid("an object for a text", json!({"title": {"_eq": {}}}),
            "Invalid query. \"_eq\" on field \"title\" has to be a string."),
        invalid("one bound", json!({"views": {"_between": [1]}}),
            "Invalid query. \"_between\" on field \"views\" has to be a list of two values."),
        invalid("a list for and", json!({"_and": {"id": 1}}), "Invalid query. \"_and\" has to be a list of filters."),
        invalid("a path below a field", json!({"title": {"length": {"_eq": 1}}}), "Invalid query. \"title\" is not a relation."),
        invalid("an operator on a list of items", json!({"comments": {"_eq": 1}}),
            "Invalid query. \"_eq\" can't be used on the list of related items \"comments\"."),
        invalid("a NUL", json!({"title": {"_eq": "a\u{0}b"}}), "Invalid query. \"_eq\" on field \"title\" can't hold a NUL character."),
    ])
    .await;
}

#[tokio::test]
async fn limits() {
    let mut deep = json!({"id": 1});
    for _ in 0..40 {
        deep = json!({"_and": [deep]});
    }
    let wide: Value = (0..300).map(|id| json!({"id": id})).collect();
    let list: Value = (0..6_000).collect();
    let fields: Vec<String> = (0..501).map(|_| "id".to_owned()).collect();
    hold(vec![
        invalid("nesting", deep, "Invalid query. The filter is nested deeper than 32 levels."),
        invalid(
            "conditions",
            json!({"_or": wide}),
            "Invalid query. The filter has more than 200 conditions.",
        ),
        invalid(
            "lists",
            json!({"id": {"_in": list}}),
            "Invalid query. \"_in\" on field \"id\" holds more than 5000 values.",
        ),
        case(
            "fields",
            all(),
            read("articles", json!({"fields": fields})),
            refuses("INVALID_QUERY", "Invalid query. \"fields\" names more than 500 fields."),
        ),
        case(
            "search",
            all(),
            read("articles", json!({"search": "x".repeat(1_001)})),
            refuses(
                "INVALID_QUERY",
                "Invalid query. \"search\" takes at most 1000 characters, and no NUL.",
            ),
        ),
    ])
    .await;
}

#[tokio::test]
async fn relations() {
    let approved = json!([["articles", "read", "*"], ["comments", "read", "*", {"approved": {"_eq": true}}], ["authors", "read", "*", {"name": {"_eq": "Bob"}}]]);
    hold(vec![
        finds("many-to-one", json!({"author": {"name": {"_eq": "Ada"}}}), &[1, 2]),
        finds("a missing item has no fields", json!({"author": {"name": {"_null": true}}}), &[4]),
        finds("many-to-one by its key", json!({"author": {"_eq": 2}}), &[3]),
        finds("a bare key", json!({"author": 2}), &[3]),
        finds("and both", json!({"author": {"_nnull": true, "salary": {"_gt": 150}}}), &[3]),
        finds("or below a relation", json!({"author": {"_or": [{"name": "Bob"}, {"salary": 100}]}}), &[1, 2, 3]),
        finds("_some", json!({"comments": {"_some": {"approved": {"_eq": true}}}}), &[1, 2, 3]),
        finds("_none", json!({"comments": {"_none": {"approved": {"_eq": true}}}}), &[4]),
        finds("without a word it means one that is joined", json!({"comments": {"body": "bad"}}), &[1]),
        finds("or none, whose fields are null", json!({"comments": {"id": {"_null": true}}}), &[4]),
        finds("which is so beyond a missing item too", json!({"author": {"articles": {"id": {"_null": true}}}}), &[4]),
        case("_some in a rule looks at what the caller may read",
            json!([["articles", "read", "id", {"comments": {"_some": {"body": "bad"}}}], ["comments", "read", "*", {"approved": true}]]),
            read("articles", json!({"fields": "id"})), gives(json!([]))),
        case("at everything where the caller may read nothing",
            json!([["articles", "read", "id", {"comments": {"_some": {"body": "bad"}}}]]),
            read("articles", json!({"fields": "id"})), gives(json!([{"id": 1}]))),
        finds("conditions below are of one item", json!({"comments": {"body": "bad", "approved": true}}), &[]),
        finds("none at all", json!({"comments": {"_null": true}}), &[4]),
        finds("at least one", json!({"comments": {"_nnull": true}}), &[1, 2, 3]),
        finds("there and back", json!({"author": {"articles": {"_some": {"comments": {"_some": {"body": "ok"}}}}}}), &[1, 2]),
        finds("_none beyond a missing item finds nothing", json!({"author": {"articles": {"_none": {"id": 1}}}}), &[3]),
        finds_with("an item that can't be read isn't found by its fields", approved.clone(), json!({"author": {"name": "Ada"}}), &[]),
        finds_with("and looks like a missing one", approved.clone(), json!({"author": {"name": {"_null": true}}}), &[1, 2, 4]),
        finds_with("related items that can't be read don't count for _some", approved.clone(), json!({"comments": {"_some": {"body": "bad"}}}), &[]),
        finds_with("nor against _none", approved.clone(), json!({"comments": {"_none": {"body": "bad"}}}), &[1, 2, 3, 4]),
        finds_with("nor in counts", approved.clone(), json!({"count(comments)": {"_gt": 1}}), &[]),
        finds_with("a list that isn't granted on an item has neither some nor none",
            json!([["articles", "read", "id"], ["articles", "read", "comments", {"status": {"_eq": "published"}}], ["comments", "read", "*"]]),
            json!({"comments": {"_none": {"id": {"_eq": 99}}}}), &[1, 3]),
        finds_with("also where none at all is asked for",
            json!([["articles", "read", "id"], ["articles", "read", "comments", {"status": {"_eq": "published"}}], ["comments", "read", "*", {"id": {"_eq": 99}}]]),
            json!({"comments": {"_null": true}}), &[1, 3]),
        case("a related field outside the permission",
            json!([["articles", "read", "*"], ["authors", "read", "name"]]),
            read("articles", json!({"filter": {"author": {"salary": {"_gt": 1}}}})),
            refuses("FORBIDDEN", "You don't have permission to access field \"salary\" in collection \"authors\" or it does not exist. Queried in author.")),
        case("a related collection without permission",
            json!([["articles", "read", "*"]]),
            read("articles", json!({"filter": {"comments": {"_some": {"score": 1}}}})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"comments\" or it does not exist. Queried in comments.")),
        case("even where nothing is asked of it",
            json!([["articles", "read", "*"]]),
            read("articles", json!({"filter": {"comments": {"_null": true}}})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"comments\" or it does not exist. Queried in comments.")),
        case("a count of a collection without permission",
            json!([["articles", "read", "*"]]),
            read("articles", json!({"filter": {"count(comments)": 1}})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"comments\" or it does not exist. Queried in comments.")),
    ])
    .await;
}

#[tokio::test]
async fn hidden_values_cannot_be_found() {
    let own_notes = json!([["articles", "read", "id,title"], ["articles", "read", "note,views,day,author", {"owner": {"_eq": "$CURRENT_USER"}}], ["authors", "read", "*"]]);
    let titles = json!([["articles", "read", "id,title"]]);
    let refused = |field: &'static str| -> Expect {
        refuses("FORBIDDEN", Box::leak(format!("You don't have permission to access field \"{field}\" in collection \"articles\" or it does not exist. Queried in root.").into_boxed_str()))
    };
    hold(vec![
        finds_with("by comparing", own_notes.clone(), json!({"note": {"_eq": "n2"}}), &[]),
        finds_with("by comparing what may be seen", own_notes.clone(), json!({"note": {"_eq": "n1"}}), &[1]),
        finds_with("by negation", own_notes.clone(), json!({"note": {"_neq": "n1"}}), &[4]),
        finds_with("by null", own_notes.clone(), json!({"note": {"_null": true}}), &[2, 3]),
        finds_with("by functions", own_notes.clone(), json!({"year(day)": {"_eq": 2024}}), &[1]),
        finds_with("through a hidden relation", own_notes.clone(), json!({"author": {"name": "Ada"}}), &[1]),
        case("by sorting", own_notes.clone(), read("articles", json!({"fields": "id", "sort": "-views"})),
            gives(json!([{"id": 4}, {"id": 1}, {"id": 2}, {"id": 3}]))),
        case("by sorting through a hidden relation", own_notes.clone(), read("articles", json!({"fields": "id", "sort": "-author.name"})),
            gives(json!([{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}]))),
        case("by searching", own_notes.clone(), read("articles", json!({"fields": "id", "search": "n2"})), gives(json!([]))),
        case("by searching what may be seen", own_notes.clone(), read("articles", json!({"fields": "id", "search": "n4"})), gives(json!([{"id": 4}]))),
        case("by grouping", own_notes.clone(), read("articles", json!({"aggregate": {"count": "id"}, "groupBy": "note"})),
            gives(json!([{"note": null, "count": {"id": 2}}, {"note": "n1", "count": {"id": 1}}, {"note": "n4", "count": {"id": 1}}]))),
        case("by adding up", own_notes.clone(), read("articles", json!({"aggregate": {"sum": "views", "max": "views", "min": "views", "countDistinct": "note"}})),
            gives(json!([{"sum": {"views": 50}, "max": {"views": 40}, "min": {"views": 10}, "countDistinct": {"note": 2}}]))),
        case("by a filter on a field outside the permission", titles.clone(), read("articles", json!({"filter": {"note": "n1"}})), refused("note")),
        case("nor whether it has that type", titles.clone(), read("articles", json!({"filter": {"views": "many"}})), refused("views")),
        case("nor whether it exists", titles.clone(), read("articles", json!({"filter": {"nix": "many"}})), refused("nix")),
        case("nor whether it is a relation", titles.clone(), read("articles", json!({"filter": {"author": {"name": "Ada"}}})), refused("author")),
        case("deep in a filter", titles.clone(), read("articles", json!({"filter": {"_or": [{"title": "x"}, {"_and": [{"note": "x"}]}]}})), refused("note")),
        case("by a function in a filter", titles.clone(), read("articles", json!({"filter": {"year(day)": 2024}})), refused("day")),
        case("by a sort", titles.clone(), read("articles", json!({"sort": "-note"})), refused("note")),
        case("by a sort through a relation", titles.clone(), read("articles", json!({"sort": "author.name"})), refused("author")),
        case("by a sort by a function", titles.clone(), read("articles", json!({"sort": "year(day)"})), refused("day")),
        case("by a group", titles.clone(), read("articles", json!({"aggregate": {"count": "*"}, "groupBy": "note"})), refused("note")),
        case("by a group by a function", titles.clone(), read("articles", json!({"aggregate": {"count": "*"}, "groupBy": "year(day)"})), refused("day")),
        case("by an aggregate", titles.clone(), read("articles", json!({"aggregate": {"max": "note"}})), refused("note")),
        case("by a count of a field", titles.clone(), read("articles", json!({"aggregate": {"count": "note"}})), refused("note")),
        case("by a search", titles, read("articles", json!({"fields": "id", "search": "n1"})), gives(json!([]))),
        case_as(admin(), "a concealed field can't be filtered by, by anybody", json!([]), read("articles", json!({"filter": {"pin": "1234"}})), refused("pin")),
        case_as(admin(), "nor sorted", json!([]), read("articles", json!({"sort": "pin"})), refused("pin")),
        case_as(admin(), "nor grouped", json!([]), read("articles", json!({"aggregate": {"count": "*"}, "groupBy": "pin"})), refused("pin")),
        case_as(admin(), "nor searched", json!([]), read("articles", json!({"search": "1234"})), gives(json!([]))),
        case_as(admin(), "nor aggregated", json!([]), read("articles", json!({"aggregate": {"min": "pin"}})), refused("pin")),
    ])
    .await;
}

#[tokio::test]
async fn sorting_and_searching() {
    let ids = |ids: &[i64]| gives(ids.iter().map(|id| json!({"id": id})).collect());
    let sorted = |name, sort: Value, expected: &[i64]| {
        case(name, all(), read("articles", json!({"fields": "id", "sort": sort})), ids(expected))
    };
    let searched = |name, text: &str, expected: &[i64]| {
        case(name, all(), read("articles", json!({"fields": "id", "search": text})), ids(expected))
    };
    hold(vec![
        sorted("nulls come first", json!("day"), &[4, 3, 1, 2]),
        sorted("through a relation", json!("-author.salary,id"), &[3, 1, 2, 4]),
        sorted("by a function", json!("-month(day)"), &[3, 2, 1, 4]),
        sorted("by a function around a path is not one of the related field", json!("-count(comments)"), &[1, 2, 3, 4]),
        case("by a list of related items", all(), read("articles", json!({"sort": "comments"})),
            refuses("INVALID_QUERY", "Invalid query. Items can't be sorted by \"comments\": it holds a list of related items.")),
        case("through a list of related items", all(), read("articles", json!({"sort": "comments.body"})),
            refuses("INVALID_QUERY", "Invalid query. Items can't be sorted through \"comments\": it doesn't point to one item.")),
        searched("a part of a text, in any case", "ALP", &[1]),
        searched("a number in number fields", "30", &[3]),
        searched("a whole UUID", OTHER, &[2]),
        searched("literally", "%", &[]),
        searched("nothing means everything", "", &[1, 2, 3, 4]),
        case("a collection without anything to search in", json!([["articles", "read", "id"]]),
            read("articles", json!({"search": "alpha"})), gives(json!([]))),
    ])
    .await;
}

#[tokio::test]
async fn aggregates() {
    let result = |name, parameters: Value, expected: Value| {
        case(name, all(), read("articles", parameters), gives(expected))
    };
    let published = json!([["articles", "read", "*", {"status": {"_eq": "published"}}]]);
    hold(vec![
        result("count", json!({"aggregate": {"count": "*"}}), json!([{"count": 4}])),
        result("countAll", json!({"aggregate": {"countAll": "*"}}), json!([{"countAll": 4}])),
        result("count of a field leaves null out", json!({"aggregate": {"count": "note"}}), json!([{"count": {"note": 3}}])),
        result("countDistinct", json!({"aggregate": {"countDistinct": "author"}}), json!([{"countDistinct": {"author": 2}}])),
        result("sum, avg, min, max", json!({"aggregate": {"sum": "price", "avg": "views", "min": "day", "max": "title"}}),
            json!([{"sum": {"price": 7.0}, "avg": {"views": 25.0}, "min": {"day": "2023-12-31"}, "max": {"title": "Gamma"}}])),
        result("sumDistinct, avgDistinct", json!({"aggregate": {"sumDistinct": "author", "avgDistinct": "author"}}),
            json!([{"sumDistinct": {"author": 3}, "avgDistinct": {"author": 1.5}}])),
        result("groups", json!({"aggregate": {"count": "*", "sum": ["views"]}, "groupBy": "status"}),
            json!([{"status": "draft", "count": 2, "sum": {"views": 60}}, {"status": "published", "count": 2, "sum": {"views": 40}}])),
        result("groups by a function", json!({"aggregate": {"count": "*"}, "groupBy": ["year(day)"], "sort": "-count"}),
            json!([{"day_year": 2024, "count": 2}, {"day_year": null, "count": 1}, {"day_year": 2023, "count": 1}])),
        result("groups sorted by an aggregate", json!({"aggregate": {"sum": "views"}, "groupBy": "status", "sort": "-sum.views", "limit": 1}),
            json!([{"status": "draft", "sum": {"views": 60}}])),
        result("with a filter", json!({"aggregate": {"count": "*"}, "filter": {"views": {"_gt": 10}}}), json!([{"count": 3}])),
        result("with a search", json!({"aggregate": {"count": "*"}, "search": "ta"}), json!([{"count": 2}])),
        result("booleans keep their type", json!({"aggregate": {"count": "*"}, "groupBy": "featured"}),
            json!([{"featured": false, "count": 3}, {"featured": true, "count": 1}])),
        case("only items that may be read count", published.clone(), read("articles", json!({"aggregate": {"count": "*"}})), gives(json!([{"count": 2}]))),
        case("also in sums", published, read("articles", json!({"aggregate": {"sum": "views"}})), gives(json!([{"sum": {"views": 40}}]))),
        case("a sum of text", all(), read("articles", json!({"aggregate": {"sum": "title"}})),
            refuses("INVALID_QUERY", "Invalid query. \"sum\" can't be used on field \"title\".")),
        case("an unknown function", all(), read("articles", json!({"aggregate": {"median": "views"}})),
            refuses("INVALID_QUERY", "Invalid query. \"median\" is not an aggregate function; there are count, countDistinct, countAll, sum, sumDistinct, avg, avgDistinct, min, max.")),
        case("groups without an aggregate", all(), read("articles", json!({"groupBy": "status"})),
            refuses("INVALID_QUERY", "Invalid query. \"groupBy\" needs an \"aggregate\", for instance {\"count\": \"*\"}.")),
        case("a sum of everything", all(), read("articles", json!({"aggregate": {"sum": "*"}})),
            refuses("INVALID_QUERY", "Invalid query. \"sum\" needs the name of a field; only \"count\" takes \"*\".")),
        case("groups by a list", all(), read("articles", json!({"aggregate": {"count": "*"}, "groupBy": "comments"})),
            refuses("INVALID_QUERY", "Invalid query. Items can't be grouped by \"comments\".")),
        case("groups sorted by something else", all(), read("articles", json!({"aggregate": {"count": "*"}, "groupBy": "status", "sort": "title"})),
            refuses("INVALID_QUERY", "Invalid query. Groups can only be sorted by what is in \"groupBy\" or \"aggregate\", not by \"title\".")),
    ])
    .await;
}
