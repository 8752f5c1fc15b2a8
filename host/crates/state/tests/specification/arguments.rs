//! Arguments have one canonical text, and what two readers could read differently is refused.

use palisade_state::{
    ArgumentsError, CanonicalArguments, MAX_ARGUMENTS_BYTES, MAX_ARGUMENTS_DEPTH,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn canonical(text: &str) -> String {
    CanonicalArguments::parse(text).expect(text).as_str().to_owned()
}

fn refusal(text: &str) -> ArgumentsError {
    CanonicalArguments::parse(text).expect_err(text)
}

#[test]
fn keys_are_sorted_by_utf_16_and_white_space_is_gone() {
    assert_eq!(
        canonical(" { \"b\" : [ 1 , true , null ] ,\n\t\"a\" : { \"d\" : \"\" , \"c\" : { } } } "),
        r#"{"a":{"c":{},"d":""},"b":[1,true,null]}"#
    );
    // RFC 8785, section 3.2.3: the sorting example.
    assert_eq!(
        canonical(
            r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#
        ),
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"ö\":\"Latin Small \
         Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\u{fb33}\":\
         \"Hebrew Letter Dalet With Dagesh\"}"
    );
}

#[test]
fn numbers_are_written_as_a_browser_writes_them() {
    for (text, written) in [
        ("1.0", "1"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("1e3", "1000"),
        ("1E-7", "1e-7"),
        ("0.000001", "0.000001"),
        ("4.50", "4.5"),
        ("333333333.33333329", "333333333.3333333"),
        ("9007199254740991", "9007199254740991"),
        ("-9007199254740991", "-9007199254740991"),
        ("5e-324", "5e-324"),
        ("0.1", "0.1"),
    ] {
        assert_eq!(canonical(&format!("{{\"n\":{text}}}")), format!("{{\"n\":{written}}}"));
    }
}

#[test]
fn numbers_that_a_browser_cannot_hold_are_refused() {
    for number in [
        "9007199254740992",
        "-9007199254740992",
        "9007199254740993",
        "18446744073709551615",
        "123456789012345678901234567890",
        "9007199254740992.0",
        "1e16",
        "1e300",
    ] {
        for text in [format!("{{\"n\":{number}}}"), format!("{{\"a\":[{{\"n\":[{number}]}}]}}")] {
            assert!(matches!(refusal(&text), ArgumentsError::InexactNumber(_)), "{text}");
        }
    }
    for number in ["1e400", "-1e400", "NaN", "Infinity", "+1", "01", ".5", "0x10"] {
        let text = format!("{{\"n\":{number}}}");
        assert!(matches!(refusal(&text), ArgumentsError::Malformed { .. }), "{text}");
    }
}

#[test]
fn a_key_twice_is_refused_at_any_depth_and_in_any_spelling() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"b":2,"a":3}"#,
        r#"{"x":[{"y":{"a":1,"\u0061":2}}]}"#,
        r#"{"":1,"":2}"#,
    ] {
        assert!(matches!(refusal(text), ArgumentsError::DuplicateKey(_)), "{text}");
    }
    assert_eq!(canonical(r#"{"a":{"a":1},"b":{"a":1}}"#), r#"{"a":{"a":1},"b":{"a":1}}"#);
    let long = "k".repeat(10_000);
    let error = refusal(&format!("{{\"{long}\":1,\"{long}\":1}}"));
    assert!(error.to_string().len() < 200, "{error}");
}

#[test]
fn what_is_not_one_json_object_is_refused() {
    for text in ["[]", "1", "null", "\"{}\"", "true", "[{}]"] {
        assert_eq!(refusal(text), ArgumentsError::NotAnObject, "{text}");
    }
    for text in
        ["", "{", "{}}", "{} {}", "{'a':1}", "{\"a\":1,}", "{\"a\":\"\\ud800\"}", "\u{feff}{}"]
    {
        assert!(matches!(refusal(text), ArgumentsError::Malformed { .. }), "{text:?}");
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let nested = |arrays: usize| format!("{{\"a\":{}{}}}", "[".repeat(arrays), "]".repeat(arrays));
    CanonicalArguments::parse(&nested(MAX_ARGUMENTS_DEPTH - 1)).expect("deep enough");
    assert_eq!(refusal(&nested(MAX_ARGUMENTS_DEPTH)), ArgumentsError::TooDeep);
    assert_eq!(refusal(&nested(100_000)), ArgumentsError::TooDeep);
    let objects = "{\"a\":".repeat(MAX_ARGUMENTS_DEPTH + 1);
    assert_eq!(refusal(&objects), ArgumentsError::TooDeep);

    let sized = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
    CanonicalArguments::parse(&sized(MAX_ARGUMENTS_BYTES)).expect("small enough");
    assert!(matches!(refusal(&sized(MAX_ARGUMENTS_BYTES + 1)), ArgumentsError::TooLarge(_)));
    let grows = format!("{{\"a\":[{}1e15]}}", "1e15,".repeat(MAX_ARGUMENTS_BYTES / 5 - 4));
    assert!(matches!(refusal(&grows), ArgumentsError::TooLarge(_)));
}

#[test]
fn arguments_are_not_printed() {
    let arguments = CanonicalArguments::parse(r#"{"secret":"hunter2"}"#).expect("parses");
    assert!(!format!("{arguments:?}").contains("hunter2"));
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-((1i64 << 53) - 1)..=(1i64 << 53) - 1).prop_map(Value::from),
        any::<f64>()
            .prop_filter("exact in a browser", |n| n.is_finite() && n.abs() < 9e15)
            .prop_map(Value::from),
        (-1e6..1e6f64).prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number(),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((any::<String>(), value()), 0..6)
        .prop_map(|entries| entries.into_iter().collect())
}

/// The same value with the keys of every object in another order.
fn shuffled(value: &Value, seed: u64) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            if !entries.is_empty() {
                let start = seed as usize % entries.len();
                entries.rotate_left(start);
                if seed.is_multiple_of(2) {
                    entries.reverse();
                }
            }
            entries
                .into_iter()
                .map(|(key, value)| (key.clone(), shuffled(value, seed / 3)))
                .collect()
        }
        Value::Array(values) => values.iter().map(|value| shuffled(value, seed / 3)).collect(),
        other => other.clone(),
    }
}

/// The same value as a browser has it: one kind of number.
fn as_a_browser_has_it(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64().expect("a double") + 0.0),
        Value::Array(values) => values.iter().map(as_a_browser_has_it).collect(),
        Value::Object(object) => {
            object.iter().map(|(key, value)| (key.clone(), as_a_browser_has_it(value))).collect()
        }
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn key_order_and_white_space_do_not_matter(object in object(), seed: u64) {
        let object = Value::Object(object);
        let plain = canonical(&object.to_string());
        let pretty = serde_json::to_string_pretty(&shuffled(&object, seed)).expect("serializes");
        prop_assert_eq!(canonical(&pretty), plain);
    }

    #[test]
    fn the_canonical_text_is_its_own_canonical_text_and_says_what_the_value_says(object in object()) {
        let object = Value::Object(object);
        let first = CanonicalArguments::parse(&object.to_string()).expect("parses");
        let second = CanonicalArguments::parse(first.as_str()).expect("parses");
        prop_assert_eq!(first.as_str(), second.as_str());
        prop_assert_eq!(first.value(), second.value());
        let read: Value = serde_json::from_str(first.as_str()).expect("parses");
        prop_assert_eq!(as_a_browser_has_it(&read), as_a_browser_has_it(&object));
    }

    #[test]
    fn different_values_have_different_texts(first in object(), second in object()) {
        let (first, second) = (Value::Object(first), Value::Object(second));
        let same_text = canonical(&first.to_string()) == canonical(&second.to_string());
        prop_assert_eq!(same_text, as_a_browser_has_it(&first) == as_a_browser_has_it(&second));
    }

    #[test]
    fn one_changed_leaf_changes_the_text(object in object(), key: String, before in value(), after in value()) {
        let with = |value: &Value| {
            let mut object = object.clone();
            object.insert(key.clone(), value.clone());
            canonical(&Value::Object(object).to_string())
        };
        let same = as_a_browser_has_it(&before) == as_a_browser_has_it(&after);
        prop_assert_eq!(with(&before) == with(&after), same);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text: String) {
        drop(CanonicalArguments::parse(&text));
        drop(CanonicalArguments::parse(&format!("{{{text}}}")));
    }
}
