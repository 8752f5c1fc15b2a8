//! Flows that people start by hand.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use palisade_data::{Caller, DataError, FlowTrigger, Outcome};
use serde_json::{Map, Value};

use crate::{
    Directus,
    rest::{LONG_ANSWER_WITHIN, Request},
};

/// Headers that say who asks, from where, and how the connection is used: never a model's to set.
const OWN_HEADERS: [&str; 13] = [
    "authorization",
    "cookie",
    "host",
    "origin",
    "referer",
    "forwarded",
    "connection",
    "content-length",
    "content-type",
    "transfer-encoding",
    "upgrade",
    "te",
    "expect",
];

impl Directus {
    pub(crate) async fn trigger_flow(
        &self,
        caller: &Caller,
        trigger: &FlowTrigger,
    ) -> Result<Outcome, DataError> {
        let mut body: Map<String, Value> = trigger.data.clone();
        body.insert("collection".into(), trigger.collection.clone().into());
        body.insert("keys".into(), trigger.keys.clone().into());
        let path = vec!["flows", "trigger", trigger.flow.as_str()];
        let mut request =
            Request::write(Method::POST, path, Some(body.into())).within(LONG_ANSWER_WITHIN);
        for (name, value) in &trigger.query {
            // A token here would act as somebody else.
            if name != "access_token" {
                request = request.parameter(name, plain(value));
            }
        }
        request.headers = headers(&trigger.headers)?;
        let data = self.rest.whole(caller.into(), request).await?;
        Ok(Outcome {
            data,
            items: trigger.keys.len(),
            collections: vec![trigger.collection.clone()],
            ..Outcome::default()
        })
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn headers(given: &Map<String, Value>) -> Result<HeaderMap, DataError> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let wrong = || DataError::InvalidPayload(format!("\"{name}\" can't be a header of a flow"));
        let parsed = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
        let own = OWN_HEADERS.contains(&parsed.as_str())
            || ["x-forwarded-", "x-palisade-", "proxy-", "sec-"]
                .iter()
                .any(|prefix| parsed.as_str().starts_with(prefix));
        if own {
            return Err(wrong());
        }
        headers.insert(parsed, HeaderValue::try_from(plain(value)).map_err(|_| wrong())?);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_model_sets_no_headers_that_say_who_asks() {
        let parse = |value: Value| headers(value.as_object().expect("an object"));
        assert!(parse(json!({"X-Reason": "spring", "x-count": 3})).is_ok());
        for name in ["Authorization", "cookie", "X-Forwarded-For", "x-palisade-user", "a b", ""] {
            assert!(parse(json!({name: "x"})).is_err(), "{name}");
        }
        assert!(parse(json!({"x-a": "b\r\nc"})).is_err());
    }
}
