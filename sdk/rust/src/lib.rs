//! Write tools for Palisade, an assistant for Directus, as WebAssembly components.
//!
//! A tool is a type that implements [`Tool`]; [`export!`] makes a component of one or more:
//!
//! ```
//! use palisade_tool::prelude::*;
//!
//! /// What the model gives: the schema it sees is made of this type and its comments.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Arguments {
//!     /// Whom to greet.
//!     name: String,
//! }
//!
//! struct Greet;
//!
//! impl Tool for Greet {
//!     const NAME: &'static str = "greet";
//!     const TITLE: &'static str = "Greet";
//!     const DESCRIPTION: &'static str = "Greets somebody.";
//!     const ANNOTATIONS: Annotations = READ_ONLY;
//!     type Arguments = Arguments;
//!
//!     fn invoke(_host: &impl Host, call: Call<Arguments>) -> Result<Vec<Content>, Error> {
//!         Ok(vec![Content::text(format!("Hello, {}!", call.arguments.name))])
//!     }
//! }
//!
//! // In the component's crate: palisade_tool::export!(Greet; manifest = "tool.toml");
//!
//! let answer = invoke::<Greet>(&FakeHost::default(), json!({ "name": "Ada" }));
//! assert_eq!(answer, Ok(vec![Content::text("Hello, Ada!")]));
//! ```
//!
//! `cargo build --release --target wasm32-unknown-unknown` makes the file that `palisade tools add`
//! takes. What a tool may do is what an administrator granted; see [`Host`] for what there is.

#[doc(hidden)]
pub mod bindings;
mod content;
mod error;
mod export;
mod fake;
mod host;
#[cfg(target_arch = "wasm32")]
mod imports;
mod tool;

pub use bindings::exports::palisade::tool::tools::{
    Annotations, Content, Example, File, FileContent, Image, Tool as Description,
};
pub use bindings::palisade::tool::http::{Header, Request, Response};
pub use bindings::palisade::tool::identity::Caller;
pub use bindings::palisade::tool::log::Level;
pub use bindings::palisade::tool::types::{Error, ErrorKind};
#[doc(hidden)]
pub use export::run;
pub use fake::{DataCall, FakeHost};
pub use host::{Clock, Data, Host, Http, Identity, KeyValues, Log, Progress, Random};
pub use tool::{Call, READ_ONLY, STRICTEST, Tool, describe, invoke, schema};
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub use {export::tell_panics, imports::Imports};

/// What a tool's module needs: `use palisade_tool::prelude::*;`
pub mod prelude {
    pub use crate::{
        Annotations, Call, Caller, Clock, Content, Data, DataCall, Error, ErrorKind, Example,
        FakeHost, Host, Http, Identity, KeyValues, Level, Log, Progress, READ_ONLY, Random,
        Request, Response, STRICTEST, Tool, invoke, schema,
    };
    pub use schemars::JsonSchema;
    pub use serde::{Deserialize, Serialize};
    pub use serde_json::{Value, json};
}
