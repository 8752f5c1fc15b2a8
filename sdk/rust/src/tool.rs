//! What a tool is.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Annotations, Content, Description, Error, Example, Host, export};

/// Annotations of a tool that says nothing about itself: it may do anything.
pub const STRICTEST: Annotations =
    Annotations { read_only: false, destructive: true, idempotent: false, open_world: true };

/// Annotations of a tool that changes nothing and stays within the project.
pub const READ_ONLY: Annotations =
    Annotations { read_only: true, destructive: false, idempotent: true, open_world: false };

/// A tool.
pub trait Tool {
    /// Name, `[a-z][a-z0-9_]{0,31}`. The model knows the tool as `COMPONENT__NAME`.
    const NAME: &'static str;
    /// Name for people, at most 80 bytes.
    const TITLE: &'static str;
    /// What it does, for the model and for people, at most 2 KiB.
    const DESCRIPTION: &'static str;
    /// When and how to use it, for the model, at most 8 KiB.
    const INSTRUCTIONS: Option<&'static str> = None;
    /// What calls do to the world. The host takes the stricter of this and what the grant allows.
    const ANNOTATIONS: Annotations = STRICTEST;

    /// The arguments. Their JSON Schema goes to the model: comments on fields become descriptions.
    /// Put `#[serde(deny_unknown_fields)]` on it, so that misspelt arguments are refused.
    type Arguments: DeserializeOwned + JsonSchema;

    /// JSON Schema of the JSON parts of the answer, see [`schema`].
    fn output_schema() -> Option<Value> {
        None
    }

    /// Calls that show how the tool is meant, at most 8.
    fn examples() -> Vec<Example> {
        Vec::new()
    }

    /// Runs a call. The arguments fit their type; whatever else has to hold is to be checked here.
    ///
    /// # Errors
    ///
    /// What went wrong, for the model and the user.
    fn invoke(host: &impl Host, call: Call<Self::Arguments>) -> Result<Vec<Content>, Error>;
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Call<A> {
    /// Id of the call in the conversation: the same when a call is sent again, so it can serve as an
    /// idempotency key.
    pub id: String,
    /// The arguments.
    pub arguments: A,
}

impl Example {
    /// An example with a title of at most 200 bytes.
    #[must_use]
    pub fn new(title: &str, arguments: &Value) -> Self {
        Self { title: title.into(), arguments: arguments.to_string() }
    }
}

/// The JSON Schema (draft 7) of a type, without references.
#[must_use]
pub fn schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    // The type's name, which means nothing to the model.
    schema.remove("title");
    schema.to_value()
}

/// The description of a tool, as the host gets it.
#[must_use]
pub fn describe<T: Tool>() -> Description {
    Description {
        name: T::NAME.into(),
        title: T::TITLE.into(),
        description: T::DESCRIPTION.into(),
        instructions: T::INSTRUCTIONS.map(Into::into),
        input_schema: schema::<T::Arguments>().to_string(),
        output_schema: T::output_schema().map(|schema| schema.to_string()),
        examples: T::examples(),
        annotations: T::ANNOTATIONS,
    }
}

/// Calls a tool as the component does, for tests with a [`FakeHost`](crate::FakeHost).
///
/// # Errors
///
/// Arguments that don't fit, and what the tool itself answers.
pub fn invoke<T: Tool>(host: &impl Host, arguments: Value) -> Result<Vec<Content>, Error> {
    export::run::<T>(host, "call".into(), &arguments.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, json};

    use super::*;
    use crate::prelude::*;

    /// Arguments with something of everything.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Arguments {
        /// How many.
        count: u32,
        /// In what unit.
        unit: Option<Unit>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Unit {
        Box,
        Crate,
    }

    struct Count;

    impl Tool for Count {
        const NAME: &'static str = "count";
        const TITLE: &'static str = "Count";
        const DESCRIPTION: &'static str = "Counts.";
        type Arguments = Arguments;

        fn invoke(_: &impl Host, call: Call<Arguments>) -> Result<Vec<Content>, Error> {
            let unit = match call.arguments.unit {
                Some(Unit::Box) => "boxes",
                Some(Unit::Crate) => "crates",
                None => return Err(Error::invalid("A count needs a unit.")),
            };
            Ok(vec![Content::text(format!("{} {unit} ({})", call.arguments.count, call.id))])
        }
    }

    #[test]
    fn a_tool_that_says_nothing_may_do_anything() {
        let description = describe::<Count>();
        assert_eq!(description.annotations, STRICTEST);
        assert_eq!(description.instructions, None);
        assert_eq!(description.output_schema, None);
    }

    #[test]
    fn the_schema_comes_from_the_type_and_its_comments() {
        let schema: Value = from_str(&describe::<Count>().input_schema).expect("JSON");
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["required"], json!(["count"]));
        assert_eq!(schema["properties"]["count"]["description"], "How many.");
        assert_eq!(schema["title"], Value::Null);
        let text = schema.to_string();
        assert!(!text.contains("$ref") && text.contains("crate"), "{text}");
    }

    #[test]
    fn arguments_that_do_not_fit_are_refused_before_the_tool_runs() {
        let host = FakeHost::default();
        for arguments in [json!({}), json!({ "count": -1 }), json!({ "count": 1, "colour": 2 })] {
            let error = invoke::<Count>(&host, arguments).expect_err("refused");
            assert_eq!(error.kind, ErrorKind::Invalid);
            assert_eq!(error.code, "INVALID_ARGUMENTS");
        }
    }

    #[test]
    fn the_tools_own_answer_and_error_come_back() {
        let host = FakeHost::default();
        let answer = invoke::<Count>(&host, json!({ "count": 2, "unit": "box" }));
        assert_eq!(answer, Ok(vec![Content::text("2 boxes (call)")]));
        let error = invoke::<Count>(&host, json!({ "count": 2 })).expect_err("no unit");
        assert_eq!(error, Error::invalid("A count needs a unit."));
    }
}
