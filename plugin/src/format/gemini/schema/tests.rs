use proptest::prelude::*;

use super::*;

fn raw(schema: &Value) -> Box<RawValue> {
    RawValue::from_string(schema.to_string()).expect("JSON")
}

#[track_caller]
fn assert_reduced(schema: Value, expected: Value) {
    let mut reduced = of_output(&raw(&schema));
    forget_order(&mut reduced);
    assert_eq!(reduced, expected);
}

fn forget_order(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.remove(order::KEYWORD);
            map.values_mut().for_each(forget_order);
        }
        Value::Array(list) => list.iter_mut().for_each(forget_order),
        _ => {}
    }
}

#[test]
fn properties_keep_their_order() {
    let schema = r##"{
        "type": ["object", "array"], "required": ["verdict", "added"],
        "properties": {
            "reason": {"allOf": [
                {"properties": {"z": {}, "properties": {"a": 1, "b": 2}}},
                {"properties": {"y": {}, "z": {}}}
            ]},
            "verdict": {"type": "string"}
        }
    }"##;
    let reduced = of_output(&RawValue::from_string(schema.into()).expect("JSON"));
    let object = &reduced["anyOf"][0];
    assert_eq!(object["propertyOrdering"], json!(["reason", "verdict", "added"]));
    let reason = &object["properties"]["reason"];
    assert_eq!(reason["propertyOrdering"], json!(["z", "properties", "y"]));
    assert_eq!(reason["properties"]["properties"], json!({}), "a property may be called so");
    assert_eq!(reduced.get("propertyOrdering"), None);
}

#[test]
fn what_says_the_same_is_put_so() {
    assert_reduced(
        json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "$id": "x",
            "type": "object",
            "additionalProperties": false,
            "required": ["kind", "other"],
            "properties": {
                "kind": {"const": "page", "description": "Kind.", "default": "page"},
                "size": {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10},
                "key": {"type": ["string", "integer"], "minimum": 1},
                "note": {"type": ["string", "null"]},
                "when": {"oneOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
                "level": {"enum": [1, 2.5, "high", null, true, false]},
                "free": {"type": "object"},
                "pair": {"type": "array", "items": [{"type": "string"}, true], "additionalItems": false},
            },
        }),
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["kind", "other"],
            "properties": {
                "kind": {"type": "string", "enum": ["page"], "description": "Kind."},
                "size": {"type": "integer", "minimum": 1, "maximum": 9},
                "key": {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 1}]},
                "note": {"type": ["string", "null"]},
                "when": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
                "level": {"anyOf": [
                    {"type": "string", "enum": ["high"]},
                    {"type": "number", "enum": [1, 2.5]},
                    {"type": "boolean"},
                    {"type": "null"},
                ]},
                "free": {"type": "object", "additionalProperties": true},
                "pair": {
                    "type": "array",
                    "prefixItems": [{"type": "string"}, {}],
                    "description": "(JSON Schema: {\"items\":false})",
                },
                "other": {},
            },
        }),
    );
}

#[test]
fn what_can_not_be_put_is_told() {
    assert_reduced(
        json!({"type": "string", "minLength": 2, "pattern": "^a", "description": "A name.",
               "format": "email", "examples": ["a@b"]}),
        json!({"type": "string", "description":
               "A name. (JSON Schema: {\"format\":\"email\",\"minLength\":2,\"pattern\":\"^a\"})"}),
    );
    assert_reduced(
        json!({"const": true}),
        json!({"type": "boolean", "description": "(JSON Schema: {\"enum\":[true]})"}),
    );
    assert_reduced(
        json!({"$ref": "https://elsewhere.example/schema"}),
        json!({"description": "(JSON Schema: {\"$ref\":\"https://elsewhere.example/schema\"})"}),
    );
}

#[test]
fn references_lead_to_definitions_of_our_own() {
    assert_reduced(
        json!({
            "$ref": "#/definitions/Node",
            "definitions": {
                "Node": {
                    "type": "object",
                    "properties": {
                        "next": {"$ref": "#/definitions/Node"},
                        "tag": {"$ref": "#/definitions/my.Tag", "description": "A tag."},
                        "same": {"$ref": "#/definitions/Node/properties/name"},
                        "name": {"type": "string"},
                    },
                },
                "my.Tag": {"type": "string"},
                "Unused": {"type": "string"},
            },
        }),
        {
            let node = json!({
                "type": "object",
                "properties": {
                    "next": {"$ref": "#/$defs/Node"},
                    "tag": {"anyOf": [{"$ref": "#/$defs/my_Tag"}], "description": "A tag."},
                    "same": {"$ref": "#/$defs/name"},
                    "name": {"type": "string"},
                },
            });
            let mut root = node.clone();
            root["$defs"] =
                json!({"Node": node, "my_Tag": {"type": "string"}, "name": {"type": "string"}});
            root
        },
    );
    // Schemas that contain themselves end.
    assert_reduced(
        json!({"$ref": "#"}),
        json!({"$ref": "#/$defs/_0", "$defs": {"_0": {"$ref": "#/$defs/_0"}}}),
    );
    let endless = json!({"allOf": [{"$ref": "#"}], "type": "object"});
    assert_eq!(of_output(&raw(&endless))["type"], "object");
}

#[test]
fn schemas_that_all_hold_become_one() {
    assert_reduced(
        json!({
            "allOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"$ref": "#/$defs/B"},
            ],
            "$defs": {"B": {"properties": {"b": {"type": "integer"}}, "required": ["b"]}},
        }),
        json!({
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
        }),
    );
}

#[test]
fn a_tool_without_parameters_declares_none() {
    for schema in [
        json!({"type": "object"}),
        json!({"type": "object", "properties": {}, "additionalProperties": false}),
        json!({}),
    ] {
        assert_eq!(of_parameters(&raw(&schema)), None, "{schema}");
    }
    for schema in [
        json!({"type": "object", "additionalProperties": true}),
        json!({"type": "object", "properties": {"a": {}}}),
        json!({"$ref": "#/$defs/A", "$defs": {"A": {"type": "object"}}}),
    ] {
        assert!(of_parameters(&raw(&schema)).is_some(), "{schema}");
    }
}

/// Whether a schema has only keywords that Gemini takes, all the way down, and its references lead
/// somewhere.
fn accepted(schema: &Value, root: &Value) -> Result<(), String> {
    let Value::Object(map) = schema else { return Err(format!("no object: {schema}")) };
    for (name, value) in map {
        if !KEYWORDS.contains(&name.as_str()) {
            return Err(format!("{name} in {schema}"));
        }
        match name.as_str() {
            "$ref" => {
                let target = value.as_str().and_then(|to| root.pointer(&to[1..]));
                if target.is_none() || map.keys().any(|name| !name.starts_with('$')) {
                    return Err(format!("{schema}"));
                }
            }
            "properties" | "$defs" => {
                for schema in value.as_object().ok_or("no object")?.values() {
                    accepted(schema, root)?;
                }
            }
            "anyOf" | "prefixItems" => {
                for schema in value.as_array().ok_or("no list")? {
                    accepted(schema, root)?;
                }
            }
            "items" => accepted(value, root)?,
            "additionalProperties" if !value.is_boolean() => accepted(value, root)?,
            "enum" => {
                let values = value.as_array().ok_or("no list")?;
                if !values.iter().all(Value::is_string) && !values.iter().all(Value::is_number) {
                    return Err(format!("{schema}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Scalars are as frequent as lists and objects, which few schemas fit.
fn any_value() -> impl Strategy<Value = Value> {
    let nested = scalar().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inner, 0..3).prop_map(|map| json!(map)),
        ]
    });
    prop_oneof![scalar(), nested]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3..4_i64).prop_map(Value::from),
        Just(json!(0.5)),
        "[ab]{0,3}".prop_map(Value::from),
    ]
}

fn any_type() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "string", "integer", "number", "boolean", "null", "object", "array",
    ]);
    prop_oneof![
        3 => name.clone().prop_map(Value::from),
        1 => prop::collection::btree_set(name, 1..4).prop_map(|names| json!(names)),
    ]
}

fn small_schema() -> impl Strategy<Value = Value> {
    prop_oneof![
        any_type().prop_map(|name| json!({"type": name})),
        any_value().prop_map(|value| json!({"const": value})),
        prop::collection::vec(any_value(), 1..4).prop_map(|values| json!({"enum": values})),
        (any_type(), -2..3_i64).prop_map(|(name, bound)| json!(
            {"type": name, "minimum": bound, "exclusiveMaximum": 3, "minLength": 1, "default": 1}
        )),
        (-3..3_i64).prop_map(|bound| json!(
            {"type": "integer", "exclusiveMinimum": bound - 1, "exclusiveMaximum": bound + 1}
        )),
        prop::sample::select(vec!["#/$defs/d", "#", "#/$defs/gone"])
            .prop_map(|to| json!({"$ref": to})),
        Just(json!({"$ref": "#/$defs/d", "minLength": 1})),
        Just(json!({"$ref": "#/$defs/d", "title": "D", "anyOf": [true]})),
        any::<bool>().prop_map(Value::from),
    ]
}

/// Large schemas fit few values, so small ones are as frequent.
fn any_schema() -> impl Strategy<Value = Value> {
    prop_oneof![small_schema(), large_schema()]
}

fn large_schema() -> impl Strategy<Value = Value> {
    small_schema().prop_recursive(4, 24, 3, |inner| {
        let several = || prop::collection::vec(inner.clone(), 1..3);
        let optional = || prop::option::of(inner.clone());
        let object = (
            prop::collection::btree_map("[abc]", inner.clone(), 0..3),
            prop::collection::btree_set("[abc]", 0..2),
            optional(),
        )
            .prop_map(|(properties, required, additional)| {
                let mut schema = json!(
                    {"type": "object", "properties": properties, "required": required}
                );
                if let Some(additional) = additional {
                    schema["additionalProperties"] = additional;
                }
                schema
            });
        prop_oneof![
            object,
            (several(), optional()).prop_map(|(tuple, items)| {
                let mut schema = json!({"type": "array", "prefixItems": tuple, "maxItems": 3});
                if let Some(items) = items {
                    schema["items"] = items;
                }
                schema
            }),
            (any_type(), inner.clone()).prop_map(|(name, items)| json!(
                {"type": name, "items": items, "uniqueItems": true}
            )),
            several().prop_map(|schemas| json!({"anyOf": schemas, "description": "Any."})),
            several().prop_map(|schemas| json!({"oneOf": schemas})),
            several().prop_map(|schemas| json!({"allOf": schemas})),
            (several(), several()).prop_map(|(any, one)| json!({"anyOf": any, "oneOf": one})),
            (inner.clone(), any_type()).prop_map(|(not, name)| json!({"type": name, "not": not})),
            (any_value(), several()).prop_map(|(value, any)| json!({"const": value, "anyOf": any})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn only_accepted_keywords_are_left(schema in any_schema(), definition in any_schema()) {
        let mut schema = schema;
        if let Value::Object(schema) = &mut schema {
            schema.insert("$defs".into(), json!({"d": definition}));
        }
        let reduced = of_output(&raw(&schema));
        prop_assert_eq!(accepted(&reduced, &reduced), Ok(()), "{} became {}", schema, reduced);
    }

    #[test]
    fn a_value_that_fits_still_fits(
        schema in any_schema(),
        definition in any_schema(),
        values in prop::collection::vec(any_value(), 32),
    ) {
        let mut schema = schema;
        if let Value::Object(schema) = &mut schema {
            schema.insert("$defs".into(), json!({"d": definition}));
        }
        let Ok(before) = jsonschema::draft202012::new(&schema) else { return Ok(()) };
        let reduced = of_output(&raw(&schema));
        let after = jsonschema::draft202012::new(&reduced).expect("a schema");
        for value in values {
            if before.is_valid(&value) {
                prop_assert!(after.is_valid(&value), "{value}: {schema} became {reduced}");
            }
        }
    }
}

/// Whether a schema and all within it say only what Google documents.
fn assert_known(schema: &Value) {
    for (keyword, value) in schema.as_object().expect("an object") {
        assert!(KEYWORDS.contains(&keyword.as_str()), "{keyword} in {schema}");
        match keyword.as_str() {
            "properties" => value.as_object().expect("an object").values().for_each(assert_known),
            "items" => assert_known(value),
            "anyOf" => value.as_array().expect("a list").iter().for_each(assert_known),
            "additionalProperties" if value.is_object() => assert_known(value),
            _ => {}
        }
    }
}

#[test]
fn the_built_in_tools_keep_all_their_arguments() {
    for tool in crate::tools::definitions() {
        let schema: Value = serde_json::from_str(&tool.input_schema).expect("JSON");
        let reduced = of_parameters(&raw(&schema)).expect("arguments");
        assert_known(&reduced);
        let names = |schema: &Value| {
            let properties = schema["properties"].as_object().expect("properties");
            properties.keys().cloned().collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(names(&reduced), names(&schema), "{}", tool.name);
        assert_eq!(reduced["required"], schema["required"], "{}", tool.name);
    }
}
