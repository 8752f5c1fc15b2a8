//! The body of a question whose answer is one JSON value.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    OUTPUT_TOKENS_AT_LEAST, PROMPT_BYTES_AT_MOST, RequestError, SCHEMA_BYTES_AT_MOST,
    posted::{Posted, object_shape, present},
    schema::{self, Dialect},
};

/// A question whose answer is one JSON value of a given shape.
#[derive(Debug, Clone)]
pub struct ObjectRequest {
    /// Id of a configured provider. None: the workspace's default.
    pub provider: Option<String>,
    /// Model of that provider. None: the workspace's default.
    pub model: Option<String>,
    /// What is asked, 1 byte to [`PROMPT_BYTES_AT_MOST`].
    pub prompt: String,
    /// Schema of the answer: valid by draft 7, of type `object`, without references to other
    /// documents. Every object in it has `additionalProperties: false`.
    pub schema: Box<RawValue>,
    /// Output tokens at most, from [`OUTPUT_TOKENS_AT_LEAST`].
    pub max_output_tokens: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BodyFields<'a> {
    #[serde(borrow, default)]
    provider: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    model: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    prompt: Posted<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "present")]
    output_schema: Option<&'a RawValue>,
    #[serde(default)]
    max_output_tokens: Posted<f64>,
}

object_shape!(BodyFields);

impl ObjectRequest {
    /// Reads a body. Keys that mean nothing are ignored.
    ///
    /// Errors name the first wrong value. The caller limits the size of the body.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let fields: Posted<BodyFields<'_>> =
            serde_json::from_slice(body).map_err(|error| RequestError::Json(error.to_string()))?;
        let Posted::Value(fields) = fields else {
            return Err(RequestError::Json("it has to be an object".into()));
        };
        let provider = fields.provider.optional("provider")?.map(Cow::into_owned);
        let model = fields.model.optional("model")?.map(Cow::into_owned);
        let prompt = fields.prompt.required("prompt")?;
        if prompt.trim().is_empty() {
            return Err(RequestError::at("prompt", "must not be empty"));
        }
        if prompt.len() > PROMPT_BYTES_AT_MOST {
            let problem = format!("has more than {PROMPT_BYTES_AT_MOST} bytes");
            return Err(RequestError::at("prompt", problem));
        }
        let posted = fields.output_schema.ok_or_else(|| {
            RequestError::at("outputSchema", "is missing; it has to be a JSON Schema")
        })?;
        let schema = closed(posted).map_err(|problem| RequestError::at("outputSchema", problem))?;
        let max_output_tokens = fields.max_output_tokens.optional("maxOutputTokens")?;
        let max_output_tokens = max_output_tokens.map(tokens).transpose()?;
        Ok(Self { provider, model, prompt: prompt.into_owned(), schema, max_output_tokens })
    }
}

/// A number of tokens, as JSON has numbers: 256.0 is 256.
fn tokens(number: f64) -> Result<u32, RequestError> {
    let fits = number >= f64::from(OUTPUT_TOKENS_AT_LEAST)
        && number <= f64::from(u32::MAX)
        && number.fract() == 0.0;
    if !fits {
        let problem =
            format!("has to be a whole number from {OUTPUT_TOKENS_AT_LEAST} to {}", u32::MAX);
        return Err(RequestError::at("maxOutputTokens", problem));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number that fits"
    )]
    Ok(number as u32)
}

/// The schema of the answer, with all objects closed.
fn closed(posted: &RawValue) -> Result<Box<RawValue>, String> {
    if posted.get().len() > SCHEMA_BYTES_AT_MOST {
        return Err(format!("has more than {SCHEMA_BYTES_AT_MOST} bytes"));
    }
    let mut schema = schema::check(posted, Dialect::Draft7)?;
    schema::close_objects(&mut schema);
    to_raw_value(&schema).map_err(|_| "can't be written as JSON".to_owned())
}
