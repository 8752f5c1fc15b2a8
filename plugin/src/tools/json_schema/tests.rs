//! Its words, its ends, and its agreement with a complete implementation.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn check(schema: &Value, value: &Value) -> Result<(), String> {
    Schema { root: schema.clone() }.check(value)
}

#[test]
fn complaints_name_the_place_and_what_was_expected() {
    let schema = json!({
        "type": "object",
        "properties": {
            "rows": {"type": "array", "items": {"$ref": "#/definitions/row"}, "maxItems": 3},
            "mode": {"enum": ["a", "b"]},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 3}]},
            "one": {"oneOf": [{"type": "number"}, {"type": "integer"}]},
            "name": {"type": ["string", "null"], "minLength": 2},
        },
        "required": ["mode"],
        "additionalProperties": false,
        "definitions": {"row": {"type": "object", "required": ["id"]}},
    });
    let complaints: Vec<_> = [
        json!([]),
        json!({}),
        json!({"mode": "c", "more": 1}),
        json!({"mode": "a", "rows": [{"id": 1}, {}, 3]}),
        json!({"mode": "a", "rows": [1, 2, 3, 4, 5, 6, 7, 8]}),
        json!({"mode": "a", "either": 1}),
        json!({"mode": "a", "either": []}),
        json!({"mode": "a", "one": 1}),
        json!({"mode": "a", "name": "x"}),
        json!({"mode": "a", "name": false}),
    ]
    .iter()
    .map(|value| check(&schema, value).expect_err("wrong"))
    .collect();
    insta::assert_snapshot!(complaints.join("\n"));
}

#[test]
fn a_schema_that_never_ends_does() {
    let endless = json!({"$ref": "#"});
    assert_eq!(check(&endless, &json!(1)), Ok(()));
    let exponential = json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}, {"$ref": "#"}]});
    assert_eq!(check(&exponential, &json!(1)), Ok(()));
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..6).prop_map(Value::from),
        Just(json!(1.5)),
        "[a-c]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[ab]", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn schema() -> impl Strategy<Value = Value> {
    let types = || {
        prop::sample::select(vec![
            "object", "array", "string", "number", "integer", "boolean", "null",
        ])
    };
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        types().prop_map(|name| json!({"type": name})),
        (types(), types())
            .prop_filter("types differ", |(one, other)| one != other)
            .prop_map(|(one, other)| json!({"type": [one, other]})),
        prop::collection::vec(value(), 1..3).prop_map(|values| json!({"enum": values})),
        value().prop_map(|value| json!({"const": value})),
        (-2i64..4).prop_map(|n| json!({"minimum": n, "exclusiveMaximum": n + 2})),
        (1i64..3).prop_map(|n| json!({"multipleOf": n})),
        (0u64..3).prop_map(|n| json!({"minLength": n, "maxItems": n, "minProperties": n})),
        Just(json!({"uniqueItems": true, "required": ["a"]})),
        Just(json!({"$ref": "#/definitions/d"})),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let list = || prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            list().prop_map(|schemas| json!({"anyOf": schemas})),
            list().prop_map(|schemas| json!({"oneOf": schemas})),
            list().prop_map(|schemas| json!({"allOf": schemas})),
            list().prop_map(|schemas| json!({"items": schemas, "additionalItems": false})),
            inner.clone().prop_map(|schema| json!({"not": schema})),
            inner.clone().prop_map(|schema| json!({"items": schema, "propertyNames": true})),
            inner.clone().prop_map(|schema| json!({"contains": schema})),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(one, two, three)| json!({"if": one, "then": two, "else": three})),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| {
                json!({"properties": {"a": one}, "additionalProperties": other,
                       "dependencies": {"b": ["a"]}})
            }),
        ]
    })
}

proptest! {
    #[test]
    fn it_judges_as_a_complete_implementation_does(
        schema in schema(),
        definition in prop_oneof![Just(json!({"type": "string"})), Just(json!(false))],
        value in value(),
    ) {
        let mut schema = schema;
        if let Some(schema) = schema.as_object_mut()
            && !schema.contains_key("$ref")
        {
            schema.insert("definitions".into(), json!({"d": definition}));
        } else {
            return Ok(());
        }
        let judge = jsonschema::draft7::new(&schema).expect("a schema");
        prop_assert_eq!(check(&schema, &value).is_ok(), judge.is_valid(&value));
    }
}
