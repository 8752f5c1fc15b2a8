//! A tool that tries whatever a test says, good or bad, and tells what came of it.

mod burden;
mod deed;
mod memory;

use palisade_tool::prelude::*;

use crate::deed::Deed;

palisade_tool::export!(Probe; manifest = "tool.toml");

/// What to try.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// One thing after another. The first that fails ends the call with its error.
    deeds: Vec<Deed>,
}

/// The tool.
#[derive(Debug)]
pub struct Probe;

impl Tool for Probe {
    const NAME: &'static str = "try_it";
    const TITLE: &'static str = "Try it";
    const DESCRIPTION: &'static str = "Tries whatever a test says.";
    const ANNOTATIONS: Annotations = READ_ONLY;
    type Arguments = Arguments;

    #[cfg(all(feature = "drifting", target_arch = "wasm32"))]
    fn examples() -> Vec<Example> {
        let number = format!("{:?}", palisade_tool::Imports.bytes(8));
        vec![Example::new(&number, &json!({ "deeds": [] }))]
    }

    fn invoke(host: &impl Host, call: Call<Arguments>) -> Result<Vec<Content>, Error> {
        let mut answers = Vec::new();
        for deed in call.arguments.deeds {
            answers.push(deed.attempt(host)?);
        }
        Ok(answers)
    }
}
