//! Addresses of pages in Data Studio.

use serde_json::Value;
use url::Url;

/// The page of an item.
pub(crate) fn item(studio: &Url, collection: &str, key: &Value) -> Option<String> {
    let key = match key {
        Value::String(key) => key.clone(),
        Value::Number(key) => key.to_string(),
        _ => return None,
    };
    match collection {
        "directus_files" => page(studio, &["files", &key]),
        "directus_folders" => page(studio, &["files", "folders", &key]),
        "directus_flows" => page(studio, &["settings", "flows", &key]),
        "directus_users" => page(studio, &["users", &key]),
        other if other.starts_with("directus_") => None,
        other => page(studio, &["content", other, &key]),
    }
}

/// The page where a collection's structure is edited.
pub(crate) fn collection(studio: &Url, collection: &str) -> Option<String> {
    page(studio, &["settings", "data-model", collection])
}

fn page(studio: &Url, path: &[&str]) -> Option<String> {
    let mut url = studio.clone();
    url.path_segments_mut().ok()?.pop_if_empty().push("admin").extend(path);
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_are_below_the_public_address() {
        let studio = Url::parse("https://cms.example.com/directus/").expect("a URL");
        assert_eq!(
            item(&studio, "articles", &json!(3)).as_deref(),
            Some("https://cms.example.com/directus/admin/content/articles/3")
        );
        assert_eq!(
            item(&studio, "directus_files", &json!("a/b")).as_deref(),
            Some("https://cms.example.com/directus/admin/files/a%2Fb")
        );
        assert_eq!(item(&studio, "directus_settings", &json!(1)), None);
        assert_eq!(item(&studio, "articles", &Value::Null), None);
    }
}
