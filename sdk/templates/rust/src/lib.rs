//! A tool for Palisade that counts the words of a text.

use palisade_tool::prelude::*;

palisade_tool::export!(CountWords; manifest = "tool.toml");

/// What to count. The model sees these comments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// Collection of the item.
    collection: String,
    /// Key of the item.
    key: u64,
    /// Field with the text.
    field: String,
}

/// The tool.
pub struct CountWords;

impl Tool for CountWords {
    const NAME: &'static str = "count_words";
    const TITLE: &'static str = "Count words";
    const DESCRIPTION: &'static str = "Counts the words in a text field of an item.";
    const ANNOTATIONS: Annotations = READ_ONLY;
    type Arguments = Arguments;

    fn examples() -> Vec<Example> {
        let arguments = json!({ "collection": "articles", "key": 1, "field": "body" });
        vec![Example::new("The words of an article", &arguments)]
    }

    fn invoke(host: &impl Host, call: Call<Arguments>) -> Result<Vec<Content>, Error> {
        let Arguments { collection, key, field } = call.arguments;
        let query = json!({ "fields": [field], "filter": { "id": { "_eq": key } }, "limit": 1 });
        let items: Vec<Value> = host.data().read(&collection, &query)?;
        let Some(item) = items.first() else {
            return Err(Error::invalid(format!("There is no item {key} in {collection}.")));
        };
        let Some(text) = item[&field].as_str() else {
            return Err(Error::invalid(format!("`{field}` of the item holds no text.")));
        };
        let words = text.split_whitespace().count();
        Ok(vec![Content::json(&json!({ "words": words }))?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(host: &FakeHost) -> Result<Vec<Content>, Error> {
        invoke::<CountWords>(host, json!({ "collection": "articles", "key": 1, "field": "body" }))
    }

    #[test]
    fn what_is_not_granted_is_not_counted() {
        let error = count(&FakeHost::default()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied);
    }

    #[test]
    fn words_are_counted() {
        let host = FakeHost::default().answering(json!([{ "body": "one two\nthree" }]));
        assert_eq!(count(&host), Ok(vec![Content::Json(r#"{"words":3}"#.into())]));
    }

    #[test]
    fn items_without_text_are_errors() {
        for items in [json!([]), json!([{ "body": null }]), json!([{ "body": 3 }])] {
            let error = count(&FakeHost::default().answering(items)).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Invalid);
        }
    }
}
