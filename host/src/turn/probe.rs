//! Whether a provider answers: a question as small as one can be, on the way of all others.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use palisade_conversation::ObjectRequest;
use palisade_data::{Caller, DataError};
use serde_json::{json, value::to_raw_value};
use tokio::time::timeout;

use super::{ObjectFailure, TurnService, TurnStartError};

/// Output tokens at most. No provider takes fewer.
const TOKENS: u32 = 16;
/// How long a provider may take, with the times that it is asked again.
const PATIENCE: Duration = Duration::from_secs(60);
const PROMPT: &str = "Answer with {\"ok\":true}.";

impl TurnService {
    /// Asks a provider's model, and says how long the answer took.
    ///
    /// Errors: as [`TurnService::start`]; then, why the provider can't be used.
    pub async fn probe(
        &self,
        caller: Caller,
        provider: &str,
        model: &str,
    ) -> Result<Result<Duration, ObjectFailure>, TurnStartError> {
        let schema = json!({
            "type": "object",
            "properties": {"ok": {"type": "boolean"}},
            "required": ["ok"],
            "additionalProperties": false,
        });
        let request = ObjectRequest {
            provider: Some(provider.to_owned()),
            model: Some(model.to_owned()),
            prompt: PROMPT.into(),
            schema: to_raw_value(&schema).map_err(DataError::internal)?,
            max_output_tokens: Some(TOKENS),
        };
        let started = Instant::now();
        let mut answer = self.start_object(caller, request).await?;
        let ended = timeout(PATIENCE, async {
            while let Some(piece) = answer.next().await {
                piece?;
            }
            Ok::<(), ObjectFailure>(())
        })
        .await;
        Ok(match ended {
            Ok(Err(failure)) if !answered(&failure) => Err(failure),
            Ok(_) => Ok(started.elapsed()),
            Err(_) => Err(ObjectFailure {
                code: "PROVIDER_TIMEOUT".into(),
                message: "The AI provider took too long to answer.".into(),
            }),
        })
    }
}

/// Whether a failure is one of the answer: the provider took key and model, and the model said
/// something. What it says doesn't matter, and few tokens aren't enough for all models.
fn answered(failure: &ObjectFailure) -> bool {
    failure.code.starts_with("OUTPUT_") || failure.code == "PROVIDER_CONTENT_FILTER"
}
