//! A tool for Palisade that converts amounts between currencies, with the rates of a service that
//! speaks as Frankfurter does.

mod cache;
mod question;
mod service;

use palisade_tool::prelude::*;

use crate::question::Question;

palisade_tool::export!(Convert; manifest = "tool.toml");

/// What to convert.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// The amount.
    amount: f64,
    /// Currency of the amount, ISO 4217, for instance `EUR`.
    from: String,
    /// Currency to convert to, ISO 4217, for instance `USD`.
    to: String,
    /// Day of the rate, `YYYY-MM-DD`; the latest rate without it.
    date: Option<String>,
}

/// A converted amount.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Conversion {
    /// The amount that was given.
    amount: f64,
    /// Its currency.
    from: String,
    /// The amount in the other currency, rounded to its smallest unit.
    result: f64,
    /// The other currency.
    to: String,
    /// What one unit is worth.
    rate: f64,
    /// Day of the rate; nothing where none was needed.
    date: Option<String>,
}

/// The tool.
pub struct Convert;

impl Tool for Convert {
    const NAME: &'static str = "convert";
    const TITLE: &'static str = "Convert currencies";
    const DESCRIPTION: &'static str =
        "Converts an amount from one currency to another, at the latest rate or that of a day.";
    const INSTRUCTIONS: Option<&'static str> =
        Some("Say the day of the rate with the result. Rates are reference rates, not offers.");
    const ANNOTATIONS: Annotations =
        Annotations { read_only: true, destructive: false, idempotent: true, open_world: true };
    type Arguments = Arguments;

    fn output_schema() -> Option<Value> {
        Some(schema::<Conversion>())
    }

    fn examples() -> Vec<Example> {
        let arguments = json!({ "amount": 100, "from": "EUR", "to": "USD", "date": "2024-01-05" });
        vec![Example::new("100 euros in dollars on a day", &arguments)]
    }

    fn invoke(host: &impl Host, call: Call<Arguments>) -> Result<Vec<Content>, Error> {
        let Arguments { amount, from, to, date } = call.arguments;
        if !amount.is_finite() || amount.abs() >= 1e15 {
            return Err(Error::invalid("`amount` has to be below 10^15."));
        }
        let question = Question::new(&from, &to, date.as_deref())?;
        let (rate, date) = if question.from == question.to {
            (1.0, question.date.clone())
        } else {
            let rate = cache::or_ask(host, &question, || service::ask(host, &question))?;
            (rate.value, Some(rate.date))
        };
        let conversion = Conversion {
            amount,
            result: rounded(amount * rate, &question.to),
            from: question.from,
            to: question.to,
            rate,
            date,
        };
        Ok(vec![Content::json(&conversion)?])
    }
}

/// An amount, rounded to the smallest unit of its currency.
fn rounded(amount: f64, currency: &str) -> f64 {
    let digits = match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX"
        | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    };
    let unit = 10_f64.powi(digits);
    (amount * unit).round() / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(host: &FakeHost, arguments: Value) -> Result<Value, Error> {
        let answer = invoke::<Convert>(host, arguments)?;
        let [Content::Json(conversion)] = &answer[..] else { panic!("one value: {answer:?}") };
        Ok(serde_json::from_str(conversion).expect("JSON"))
    }

    fn dollars() -> Value {
        json!({ "amount": 12.5, "from": "eur", "to": "USD" })
    }

    const ANSWER: &str =
        r#"{"amount":1.0,"base":"EUR","date":"2024-01-05","rates":{"USD":1.0921}}"#;

    #[test]
    fn without_a_grant_nothing_is_converted() {
        let error = convert(&FakeHost::default(), dollars()).expect_err("denied");
        assert_eq!(error.kind, ErrorKind::Denied);
    }

    #[test]
    fn one_request_with_the_secret_in_its_place() {
        let host = FakeHost::default().responding(200, ANSWER);
        assert_eq!(
            convert(&host, dollars()),
            Ok(json!({
                "amount": 12.5, "from": "EUR", "result": 13.65, "to": "USD", "rate": 1.0921,
                "date": "2024-01-05",
            }))
        );
        let request = Request::get("{origin:rates}/v1/latest?base=EUR&symbols=USD")
            .with_header("accept", "application/json")
            .with_header("authorization", "Bearer {secret:api-key}");
        assert_eq!(host.requests(), [request]);
    }

    #[test]
    fn a_rate_is_kept_for_an_hour() {
        let host = FakeHost::default().with_kv().at(1).responding(200, ANSWER);
        let first = convert(&host, dollars());
        host.advance(3_599_999);
        assert_eq!(convert(&host, dollars()), first);
        assert_eq!(host.requests().len(), 1);
        host.advance(1);
        assert_eq!(convert(&host, dollars()).expect_err("asks again").kind, ErrorKind::Denied);
        assert_eq!(host.requests().len(), 2);
    }

    #[test]
    fn days_and_currencies_are_kept_apart() {
        let host = FakeHost::default().with_kv().responding(200, ANSWER).responding(404, "");
        convert(&host, dollars()).expect("a rate");
        let mut arguments = dollars();
        arguments["date"] = json!("2023-12-31");
        let error = convert(&host, arguments).expect_err("no rate");
        assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Invalid, "NO_RATE"));
        assert!(host.requests()[1].url.contains("/v1/2023-12-31?"));
    }

    #[test]
    fn the_same_currency_needs_no_request() {
        let host = FakeHost::default();
        let conversion =
            convert(&host, json!({ "amount": 3, "from": "JPY", "to": "jpy" })).expect("no request");
        assert_eq!(conversion["result"], 3.0);
        assert_eq!(conversion["date"], Value::Null);
        assert_eq!(host.requests(), []);
    }

    #[test]
    fn amounts_are_rounded_as_the_currency_is() {
        assert_eq!(rounded(1234.5678, "USD"), 1234.57);
        assert_eq!(rounded(1234.5678, "JPY"), 1235.0);
        assert_eq!(rounded(1234.5678, "KWD"), 1234.568);
    }

    #[test]
    fn amounts_that_no_number_holds_exactly_are_refused() {
        let error =
            convert(&FakeHost::default(), json!({ "amount": 1e15, "from": "EUR", "to": "USD" }));
        assert_eq!(error.expect_err("too large").kind, ErrorKind::Invalid);
    }
}
