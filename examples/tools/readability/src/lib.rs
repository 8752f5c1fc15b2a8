//! A tool for Palisade that scores how easy texts are to read: Flesch's reading ease and the counts
//! behind it, for English and German.

mod language;
mod score;
mod text;

use std::collections::BTreeMap;

use palisade_tool::prelude::*;

use crate::{language::Language, score::Score};

palisade_tool::export!(Readability; manifest = "tool.toml");

/// Which texts to score.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// Collection whose items have the text.
    collection: String,
    /// Field with the text: plain text, Markdown or HTML.
    field: String,
    /// Keys of the items; without them, the items that the filter finds.
    keys: Option<Vec<Key>>,
    /// Field of the keys, `id` unless said otherwise.
    key_field: Option<String>,
    /// Directus filter, for instance `{"status": {"_eq": "draft"}}`.
    filter: Option<BTreeMap<String, Value>>,
    /// How many items at most, 20 unless said otherwise.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// Language of the texts; found out for each unless said.
    language: Option<Language>,
}

/// Key of an item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Key {
    /// A number.
    Number(u64),
    /// A text, for instance a UUID.
    Text(String),
}

/// The score of one item.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Row {
    /// Key of the item.
    key: Value,
    /// The score and its counts; nothing where there is no text.
    #[serde(flatten)]
    score: Option<Score>,
}

/// The tool.
pub struct Readability;

impl Tool for Readability {
    const NAME: &'static str = "score";
    const TITLE: &'static str = "Score readability";
    const DESCRIPTION: &'static str = "Scores how easy the texts of items are to read: Flesch reading \
        ease (0 very hard to 100 very easy), words, sentences, syllables, long words and reading time.";
    const INSTRUCTIONS: Option<&'static str> = Some(
        "Use it when somebody asks how readable, hard or long texts are, rather than judging texts \
         yourself. English and German have formulas of their own, so compare scores within a language.",
    );
    const ANNOTATIONS: Annotations = READ_ONLY;
    type Arguments = Arguments;

    fn output_schema() -> Option<Value> {
        Some(schema::<Vec<Row>>())
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "The bodies of drafts",
            &json!({
                "collection": "articles",
                "field": "body",
                "filter": { "status": { "_eq": "draft" } },
            }),
        )]
    }

    fn invoke(host: &impl Host, call: Call<Arguments>) -> Result<Vec<Content>, Error> {
        let arguments = call.arguments;
        let key_field = arguments.key_field.as_deref().unwrap_or("id");
        let items: Vec<BTreeMap<String, Value>> =
            host.data().read(&arguments.collection, &query(&arguments, key_field)?)?;

        let mut rows = Vec::with_capacity(items.len());
        for item in &items {
            let score = match item.get(&arguments.field) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Score::of(text, arguments.language),
                Some(_) => return Err(no_text(&arguments)),
            };
            rows.push(Row { key: item.get(key_field).cloned().unwrap_or_default(), score });
        }
        Ok(vec![Content::json(&rows)?, Content::text(summary(&rows))])
    }
}

fn query(arguments: &Arguments, key_field: &str) -> Result<Value, Error> {
    let limit = arguments.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(Error::invalid("`limit` has to be from 1 to 100."));
    }
    let mut conditions = Vec::new();
    if let Some(keys) = &arguments.keys {
        conditions.push(json!({ key_field: { "_in": keys } }));
    }
    if let Some(filter) = &arguments.filter {
        conditions.push(json!(filter));
    }
    let mut query = json!({ "fields": [key_field, arguments.field], "limit": limit });
    if !conditions.is_empty() {
        query["filter"] = json!({ "_and": conditions });
    }
    Ok(query)
}

fn no_text(arguments: &Arguments) -> Error {
    Error::invalid(format!("{}.{} holds no text.", arguments.collection, arguments.field))
}

fn summary(rows: &[Row]) -> String {
    let scores: Vec<f64> =
        rows.iter().filter_map(|row| row.score.as_ref()).map(|score| score.reading_ease).collect();
    let empty = rows.len() - scores.len();
    if scores.is_empty() {
        return format!("No text to score ({empty} items without text).");
    }
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    format!("{} texts scored, {mean:.0} on average; {empty} items without text.", scores.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(host: &FakeHost, arguments: Value) -> Result<Vec<Content>, Error> {
        invoke::<Readability>(host, arguments)
    }

    fn rows(answer: &[Content]) -> Value {
        let Some(Content::Json(rows)) = answer.first() else { panic!("no rows: {answer:?}") };
        serde_json::from_str(rows).expect("JSON")
    }

    #[test]
    fn what_is_not_granted_is_not_scored() {
        let arguments = json!({ "collection": "articles", "field": "body" });
        let error = call(&FakeHost::default(), arguments).expect_err("denied");
        assert_eq!(error.kind, ErrorKind::Denied);
    }

    #[test]
    fn arguments_out_of_range_are_refused_without_reading() {
        let host = FakeHost::default().answering(json!([]));
        for limit in [0, 101] {
            let arguments = json!({ "collection": "articles", "field": "body", "limit": limit });
            assert_eq!(call(&host, arguments).expect_err("refused").kind, ErrorKind::Invalid);
        }
        assert_eq!(host.data_calls(), []);
    }

    #[test]
    fn only_the_key_and_the_field_are_read() {
        let host = FakeHost::default().answering(json!([]));
        let arguments = json!({
            "collection": "pages",
            "field": "text",
            "keys": [1, "b"],
            "key_field": "slug",
            "filter": { "status": { "_eq": "draft" } },
            "limit": 5,
        });
        call(&host, arguments).expect("granted");
        let query = json!({
            "fields": ["slug", "text"],
            "limit": 5,
            "filter": { "_and": [
                { "slug": { "_in": [1, "b"] } },
                { "status": { "_eq": "draft" } },
            ] },
        });
        assert_eq!(host.data_calls(), [DataCall::Read { collection: "pages".into(), query }]);
    }

    #[test]
    fn easy_and_hard_texts_differ_and_missing_ones_are_told() {
        let host = FakeHost::default().answering(json!([
            { "id": 1, "body": "The cat sat on the mat. It was warm. The dog ran to the door." },
            { "id": 2, "body": "Institutional accountability necessitates comprehensive documentation \
                of organisational responsibilities and administrative interdependencies." },
            { "id": 3, "body": null },
            { "id": 4, "body": "  " },
        ]));
        let answer =
            call(&host, json!({ "collection": "articles", "field": "body" })).expect("granted");
        let rows = rows(&answer);
        assert!(rows[0]["reading_ease"].as_f64() > Some(90.0), "{rows}");
        assert!(rows[1]["reading_ease"].as_f64() < Some(0.0), "{rows}");
        assert_eq!(rows[2], json!({ "key": 3 }));
        assert_eq!(rows[3], json!({ "key": 4 }));
        let Some(Content::Text(summary)) = answer.get(1) else { panic!("no summary") };
        assert!(summary.contains("2 texts scored") && summary.contains("2 items without"));
    }

    #[test]
    fn a_field_that_holds_no_text_is_an_error() {
        let host = FakeHost::default().answering(json!([{ "id": 1, "price": 3 }]));
        let error = call(&host, json!({ "collection": "goods", "field": "price" }));
        assert_eq!(error, Err(Error::invalid("goods.price holds no text.")));
    }
}
