//! Lists of models: reading and checking them, and what providers say about their own models.

use std::path::Path;

use palisade_provider::ProviderKind;
use serde::Deserialize;
use toml::Value;

use super::{
    ConfigError,
    file::read_table,
    keys,
    load::{parse, read_file},
    origins::Origins,
};
use crate::models::{BUILT_IN, CAPABILITIES, LongPrice, ModelEntry, ModelLists, Price, Rates};

/// Name of the built-in list, for errors.
const BUILT_IN_NAME: &str = "models.toml (built in)";
/// The highest price per million tokens. More is a slip of the keyboard, and could overflow a sum.
const HIGHEST_PRICE: f64 = 1_000_000.0;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenList {
    models: Vec<WrittenModel>,
}

/// What is written about a model. Where it is written decides which keys there may be.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WrittenModel {
    id: Option<String>,
    ids: Option<Vec<String>>,
    kind: Option<String>,
    name: Option<String>,
    context: Option<i64>,
    output: Option<i64>,
    capabilities: Option<Vec<String>>,
    attachments: Option<bool>,
    reasoning: Option<bool>,
    price: Option<WrittenPrice>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenPrice {
    input: Option<Value>,
    cached: Option<Value>,
    cache_write: Option<Value>,
    output: Option<Value>,
    long: Option<WrittenLongPrice>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenLongPrice {
    above: Option<i64>,
    input: Option<Value>,
    cached: Option<Value>,
    cache_write: Option<Value>,
    output: Option<Value>,
}

/// The administrator's list, where there is one, and the built-in one.
pub(super) fn lists(file: Option<&Path>) -> Result<ModelLists, ConfigError> {
    let mut lists = Vec::with_capacity(2);
    if let Some(path) = file {
        lists.push(list(&path.display().to_string(), &read_file(path)?)?);
    }
    lists.push(list(BUILT_IN_NAME, BUILT_IN)?);
    Ok(ModelLists::new(lists))
}

fn list(name: &str, text: &str) -> Result<Vec<(ProviderKind, ModelEntry)>, ConfigError> {
    let (table, origins) = parse(name, text)?;
    let written: WrittenList = read_table(table, keys::MODEL_LIST, &origins)?;
    written
        .models
        .into_iter()
        .enumerate()
        .map(|(index, model)| {
            let path = format!("models[{index}]");
            let wrong = |problem: &str| origins.wrong(&format!("{path}.kind"), problem);
            let kind = model.kind.as_deref().ok_or_else(|| wrong("is missing"))?;
            let kind = kind
                .parse::<ProviderKind>()
                .map_err(|error| wrong(&format!("can't be used: {error}")))?;
            Ok((kind, entry(model, &path, &origins)?))
        })
        .collect()
}

/// Checks what is written about a model.
pub(super) fn entry(
    written: WrittenModel,
    path: &str,
    origins: &Origins,
) -> Result<ModelEntry, ConfigError> {
    let wrong = |key: &str, problem: &str| origins.wrong(&format!("{path}.{key}"), problem);
    // An entry of a provider has one id, an entry of a list has several.
    let ids = match (written.id, written.ids) {
        (Some(id), _) => vec![id],
        (None, Some(ids)) if !ids.is_empty() => ids,
        (None, Some(_)) => return Err(wrong("ids", "names no model")),
        (None, None) => {
            let key = if written.kind.is_some() { "ids" } else { "id" };
            return Err(wrong(key, "is missing"));
        }
    };
    let tokens = |key: &str, value: Option<i64>| {
        let tokens = |value: i64| u32::try_from(value).ok().filter(|value| *value > 0);
        value
            .map(|value| tokens(value).ok_or_else(|| wrong(key, "has to be a number of tokens")))
            .transpose()
    };
    for (index, capability) in written.capabilities.iter().flatten().enumerate() {
        if !CAPABILITIES.contains(&capability.as_str()) {
            let problem = format!("has to be one of {}", CAPABILITIES.join(", "));
            return Err(wrong(&format!("capabilities[{index}]"), &problem));
        }
    }
    Ok(ModelEntry {
        ids,
        context: tokens("context", written.context)?.map(u64::from),
        output: tokens("output", written.output)?,
        name: written.name,
        capabilities: written.capabilities,
        attachments: written.attachments,
        reasoning: written.reasoning,
        price: written
            .price
            .map(|written| price(written, &format!("{path}.price"), origins))
            .transpose()?,
    })
}

fn price(written: WrittenPrice, path: &str, origins: &Origins) -> Result<Price, ConfigError> {
    let WrittenPrice { input, cached, cache_write, output, long } = written;
    let long = long
        .map(|long| {
            let path = format!("{path}.long");
            let above =
                long.above.and_then(|above| u64::try_from(above).ok()).ok_or_else(|| {
                    origins.wrong(&format!("{path}.above"), "has to be a number of tokens")
                })?;
            let written = [long.input, long.cached, long.cache_write, long.output];
            Ok(LongPrice { above, rates: rates(written, &path, origins)? })
        })
        .transpose()?;
    Ok(Price { rates: rates([input, cached, cache_write, output], path, origins)?, long })
}

/// Rates of input, cached input, input written to a cache and output. What has no rate of its own
/// costs what other input does.
fn rates(written: [Option<Value>; 4], path: &str, origins: &Origins) -> Result<Rates, ConfigError> {
    let rate = |key: &str, value: Option<Value>| {
        value
            .map(|value| {
                micros(&value).ok_or_else(|| {
                    let problem = "has to be a price per million tokens, such as 0.25, with at \
                                   most six decimals";
                    origins.wrong(&format!("{path}.{key}"), problem)
                })
            })
            .transpose()
    };
    let missing = |key: &str| origins.wrong(&format!("{path}.{key}"), "is missing");
    let [input, cached, cache_write, output] = written;
    let input = rate("input", input)?.ok_or_else(|| missing("input"))?;
    Ok(Rates {
        input,
        cached: rate("cached", cached)?.unwrap_or(input),
        cache_write: rate("cache_write", cache_write)?.unwrap_or(input),
        output: rate("output", output)?.ok_or_else(|| missing("output"))?,
    })
}

/// A price in millionths; none for one that can't be.
fn micros(value: &Value) -> Option<u64> {
    const MILLION: f64 = 1_000_000.0;
    let price = match value {
        Value::Float(price) => *price,
        Value::Integer(price) => f64::from(u32::try_from(*price).ok()?),
        _ => return None,
    };
    if !(0.0..=HIGHEST_PRICE).contains(&price) {
        return None;
    }
    let micros = (price * MILLION).round();
    // A decimal fraction isn't exact as a floating-point number, but nearly so.
    if (price * MILLION - micros).abs() > 1e-3 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number from 0 to 10^12"
    )]
    Some(micros as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_can_be_read() {
        let entries = list(BUILT_IN_NAME, BUILT_IN).expect("a valid list");
        assert!(!entries.is_empty());
        for (kind, entry) in entries {
            for id in &entry.ids {
                assert!(kind.accepts_model(id.trim_end_matches('*')), "{kind} {id}");
            }
            let (context, output) = (entry.context.unwrap_or(u64::MAX), entry.output.unwrap_or(0));
            assert!(context >= u64::from(output), "{kind} {:?}", entry.ids);
            let price = entry.price.map(|price| price.rates);
            assert!(
                price
                    .is_none_or(|rates| rates.cached <= rates.input && rates.input <= rates.output),
                "{kind} {:?}",
                entry.ids
            );
        }
    }

    #[test]
    fn a_price_is_a_decimal_number() {
        for (price, expected) in [
            (Value::Float(0.25), Some(250_000)),
            (Value::Float(0.000_001), Some(1)),
            (Value::Float(999_999.999_999), Some(999_999_999_999)),
            (Value::Integer(15), Some(15_000_000)),
            (Value::Integer(0), Some(0)),
            (Value::Float(0.000_000_1), None),
            (Value::Float(-1.0), None),
            (Value::Integer(-1), None),
            (Value::Float(f64::NAN), None),
            (Value::Float(f64::INFINITY), None),
            (Value::Integer(i64::MAX), None),
            (Value::String("1".into()), None),
        ] {
            assert_eq!(micros(&price), expected, "{price}");
        }
    }
}
