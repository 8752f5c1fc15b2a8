//! A provider on loopback that answers as a script says, in four protocols: Chat Completions, OpenAI
//! Responses, Anthropic Messages and Gemini, with the file storage of each service.
//!
//! | address | what |
//! |---|---|
//! | `POST {base}/chat/completions` | an answer of the model's [`Scenario`], streamed or whole |
//! | `POST {base}/responses` | the same in the Responses protocol |
//! | `POST {root}/v1/messages` | the same in the Messages protocol |
//! | `POST {root}/v1beta/models/{model}:streamGenerateContent` | the same in Gemini's; also `:generateContent` and `/v1` |
//! | `POST {base}/files`, `GET` and `DELETE {base}/files/{id}` | OpenAI's files, and Anthropic's with `anthropic-version` |
//! | `POST {root}/upload/v1beta/files`, `{root}/v1beta/files/{id}` | Google's files |
//! | `GET {base}/models` | the models that have a scenario |
//! | `POST {control}/__script` | gives a model a scenario: `{"model":…,"scenario":{…}}` |
//! | `GET {control}/__requests` | what was asked and how each answer ended: `{"data":[…]}` |
//! | `DELETE {control}/__requests` | forgets them |
//! | `GET {control}/__files` | what was uploaded, and what of it was deleted |
//! | `GET {control}/__scenarios` | names of the scenarios that are always there |
//!
//! The control address is a listener of its own, so that nothing reaches it through the provider's
//! address. The model name `scenario:NAME` plays a scenario of the [catalogue](named_scenario).
//!
//! ```
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! use palisade_tests::fake::{Answer, FakeOptions, FakeProvider, Scenario};
//!
//! let provider = FakeProvider::start(FakeOptions::default()).await?;
//! provider.script("tiny", Scenario::of([Answer::text("Hello")]));
//! assert!(provider.base_url().ends_with("/v1"));
//! # std::io::Result::Ok(())
//! # })?;
//! # std::io::Result::Ok(())
//! ```

mod calls;
mod catalogue;
mod control;
mod delivery;
mod error;
mod files;
mod framing;
mod message;
mod play;
mod protocol;
mod provider;
mod quirks;
mod record;
mod scenario;
mod seal;
mod server;

pub use catalogue::{named_scenario, scenario_names};
pub use files::StoredFile;
pub use message::{Arguments, MessageAnswer, Reasoning, Text, TokenCounts, ToolCall};
pub use provider::{FakeOptions, FakeProvider};
pub use quirks::{
    Interruption, InterruptionKind, LineEnding, ToolIds, ToolIndexes, UsagePlace, Write,
};
pub use record::{Outcome, Recorded};
pub use scenario::{AfterLast, Answer, ErrorAnswer, RawAnswer, Scenario, Selection};
