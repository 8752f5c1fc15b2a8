//! Calls the turn's provider and keeps count for the ledger.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use futures_util::StreamExt;
use palisade_provider::{
    ProviderError, ProviderErrorKind, ProviderKind, ProviderRequest, ProviderResponse,
    ProviderTransport,
};
use palisade_sandbox::{
    CapabilityError, CapabilityErrorKind, Endpoint, ProviderCall, ProviderGateway, ProviderReply,
    ProviderUsage,
};
use palisade_state::{LedgerEntry, LedgerKind};
use serde::Deserialize;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument, Span};

use crate::models::Price;

/// The provider of one turn.
pub(super) struct Gateway {
    pub(super) transport: Arc<dyn ProviderTransport>,
    pub(super) kind: ProviderKind,
    pub(super) endpoint: Endpoint,
    /// What the model costs, where that is known.
    pub(super) price: Option<Price>,
    /// A ledger row with workspace, turn, user, provider, model and region.
    pub(super) row: LedgerEntry,
    /// Base URL for the ledger; none for a provider that is reached without a network.
    pub(super) base_url: Option<String>,
    pub(super) records: CallRecords,
}

/// The ledger rows of a turn's provider calls. They are complete when the turn is over, however it
/// ended, and are appended then.
#[derive(Debug, Clone, Default)]
pub(super) struct CallRecords(Arc<Mutex<Vec<Arc<Mutex<LedgerEntry>>>>>);

impl CallRecords {
    fn begin(&self, row: LedgerEntry) -> Arc<Mutex<LedgerEntry>> {
        let record = Arc::new(Mutex::new(row));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&record));
        record
    }

    /// The rows so far, in the order of the calls.
    pub(super) fn take(&self) -> Vec<LedgerEntry> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
            .into_iter()
            .map(|record| with(&record, |row| row.clone()))
            .collect()
    }
}

fn with<T>(record: &Mutex<LedgerEntry>, change: impl FnOnce(&mut LedgerEntry) -> T) -> T {
    change(&mut record.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The one field of a request body that the host looks at: the rest is the wire format's business.
#[derive(Deserialize)]
struct RequestedModel<'a> {
    #[serde(borrow, default)]
    model: Option<Cow<'a, str>>,
}

#[async_trait]
impl ProviderGateway for Gateway {
    fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    async fn send(&self, call: ProviderCall) -> Result<ProviderReply, CapabilityError> {
        let record = self.records.begin(LedgerEntry {
            endpoint: self
                .base_url
                .as_ref()
                .map(|base| format!("{}/{}", base.trim_end_matches('/'), call.path)),
            bytes_sent: Some(call.body.len() as u64),
            ..super::fresh(&self.row, LedgerKind::ProviderCall)
        });
        let sent = match self.check_model(&call) {
            Ok(()) => {
                let request =
                    ProviderRequest { path: call.path, headers: call.headers, body: call.body };
                self.send_aside(request).await
            }
            Err(error) => Err(error),
        };
        let response = sent.inspect_err(|error| {
            with(&record, |row| {
                row.outcome = error.code.clone().into_owned();
                row.bytes_sent = None;
            });
        })?;
        if response.status >= 400 {
            with(&record, |row| row.outcome = format!("HTTP_{}", response.status));
        }
        let usage_record = Arc::clone(&record);
        let price = self.price;
        // The body is read outside of the turn's spans as well, where a failure has to say whose it is.
        let span = Span::current();
        let body = response.body.map(move |item| match item {
            Ok(bytes) => {
                with(&record, |row| {
                    *row.bytes_received.get_or_insert(0) += bytes.len() as u64;
                });
                Ok(bytes)
            }
            Err(error) => {
                with(&record, |row| row.outcome = error.code().to_owned());
                Err(span.in_scope(|| refused(&error)))
            }
        });
        Ok(ProviderReply {
            status: response.status,
            headers: response.headers,
            body: body.boxed(),
            on_usage: Box::new(move |usage| {
                with(&usage_record, |row| note_usage(row, &usage, price.as_ref()));
            }),
        })
    }
}

impl Gateway {
    /// Sends on a task of its own. Setting up a connection needs a deep stack, and a turn that waits
    /// for its provider keeps resident whatever its own stack once reached.
    async fn send_aside(
        &self,
        request: ProviderRequest,
    ) -> Result<ProviderResponse, CapabilityError> {
        let transport = Arc::clone(&self.transport);
        let sending = async move { transport.send(request).await };
        // Dropping the turn stops it, as if it had been awaited here.
        match AbortOnDropHandle::new(tokio::spawn(sending.in_current_span())).await {
            Ok(sent) => sent.map_err(|error| refused(&error)),
            Err(error) => {
                tracing::error!(%error, "sending to a provider ended without a result");
                Err(CapabilityError::new(
                    CapabilityErrorKind::Unavailable,
                    "PROVIDER_UNAVAILABLE",
                    "The AI provider can't be reached at the moment.",
                ))
            }
        }
    }

    /// The model was allowed by name; a request that names another one would go around that. Where the
    /// path names the model, the body has nothing to say about it.
    fn check_model(&self, call: &ProviderCall) -> Result<(), CapabilityError> {
        let not_an_object = || invalid("The body of a provider request is a JSON object.");
        // A list of values in the order of the fields would do otherwise.
        if call.body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(not_an_object());
        }
        let body: RequestedModel<'_> =
            serde_json::from_slice(&call.body).map_err(|_| not_an_object())?;
        // A path that the kind doesn't have is refused by the transport, which knows how to say so.
        let in_path = self.kind.route(&call.path).and_then(|route| route.model);
        let requested = match (in_path, body.model.as_deref()) {
            (Some(model), None) | (None, Some(model)) => model,
            (Some(_), Some(_)) => return Err(invalid("The path names the model, not the body.")),
            (None, None) => return Err(invalid("A provider request names its model.")),
        };
        if requested == self.endpoint.model {
            return Ok(());
        }
        Err(CapabilityError::new(
            CapabilityErrorKind::Denied,
            "MODEL_DENIED",
            "This turn may use no other model than the one it was started with.",
        ))
    }
}

fn invalid(message: &'static str) -> CapabilityError {
    CapabilityError::new(CapabilityErrorKind::Invalid, "INVALID_PAYLOAD", message)
}

/// Puts on record what a call consumed, in place of what was reported before.
fn note_usage(row: &mut LedgerEntry, usage: &ProviderUsage, price: Option<&Price>) {
    row.input_tokens = Some(usage.input_tokens);
    row.output_tokens = Some(usage.output_tokens);
    row.cached_tokens = Some(usage.cached_tokens);
    row.reasoning_tokens = Some(usage.reasoning_tokens);
    row.cost_micros = price.map(|price| price.cost_micros(usage));
}

/// A provider error as the guest may see it; its cause goes to the log.
fn refused(error: &ProviderError) -> CapabilityError {
    let kind = match error.kind() {
        ProviderErrorKind::Denied => CapabilityErrorKind::Denied,
        ProviderErrorKind::Unavailable => CapabilityErrorKind::Unavailable,
        ProviderErrorKind::Timeout => CapabilityErrorKind::Timeout,
    };
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(code = error.code(), %error, cause, "a provider call failed");
    CapabilityError::new(kind, error.code(), error.to_string())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::models::Rates;

    struct Never;

    #[async_trait]
    impl ProviderTransport for Never {
        async fn send(&self, _: ProviderRequest) -> Result<ProviderResponse, ProviderError> {
            panic!("nothing may be sent")
        }
    }

    fn gateway(kind: ProviderKind, records: CallRecords) -> Gateway {
        Gateway {
            transport: Arc::new(Never),
            kind,
            endpoint: Endpoint { model: "small".into(), ..Endpoint::default() },
            price: None,
            row: LedgerEntry::new("main", LedgerKind::ProviderCall),
            base_url: Some("https://provider.example/v1/".into()),
            records,
        }
    }

    fn call(path: &str, body: &'static str) -> ProviderCall {
        ProviderCall { path: path.into(), headers: Vec::new(), body: Bytes::from(body) }
    }

    #[tokio::test]
    async fn a_request_that_names_another_model_is_not_sent() {
        let gemini = |model: &str| format!("models/{model}:streamGenerateContent");
        let cases = [
            (ProviderKind::OpenAi, "responses".to_owned()),
            (ProviderKind::OpenAiCompatible, "chat/completions".to_owned()),
            (ProviderKind::Anthropic, "v1/messages".to_owned()),
        ]
        .into_iter()
        .flat_map(|(kind, path)| {
            [
                (r#"{"model":"large"}"#, "MODEL_DENIED"),
                (r#"{"model":"small","model":"large"}"#, "INVALID_PAYLOAD"),
                (r#"{"messages":[]}"#, "INVALID_PAYLOAD"),
                (r#"{"model":null}"#, "INVALID_PAYLOAD"),
                (r#"["small"]"#, "INVALID_PAYLOAD"),
                ("[]", "INVALID_PAYLOAD"),
            ]
            .map(|(body, code)| (kind, path.clone(), body, code))
        })
        .chain(
            [
                (gemini("large"), "{}", "MODEL_DENIED"),
                (gemini("small"), r#"{"model":"small"}"#, "INVALID_PAYLOAD"),
                (gemini("small"), r#"{"model":"models/large"}"#, "INVALID_PAYLOAD"),
                (gemini("large"), r#"{"model":"small"}"#, "INVALID_PAYLOAD"),
                (gemini("small"), "[]", "INVALID_PAYLOAD"),
                (gemini("../small"), "{}", "INVALID_PAYLOAD"),
                ("models/small:generateContent".into(), "{}", "INVALID_PAYLOAD"),
            ]
            .map(|(path, body, code)| (ProviderKind::Google, path, body, code)),
        );
        let mut count = 0;
        let records = CallRecords::default();
        for (kind, path, body, code) in cases {
            count += 1;
            let refused = gateway(kind, records.clone()).send(call(&path, body)).await;
            assert_eq!(refused.expect_err("refused").code, code, "{kind} {path} {body}");
        }
        let rows = records.take();
        assert_eq!(rows.len(), count);
        assert!(rows.iter().all(|row| row.outcome != "ok" && row.bytes_sent.is_none()));
        assert_eq!(rows[0].endpoint.as_deref(), Some("https://provider.example/v1/responses"));
    }

    #[test]
    fn a_call_costs_what_it_consumed_at_the_model_s_price() {
        let rates =
            Rates { input: 250_000, cached: 25_000, cache_write: 250_000, output: 2_000_000 };
        let price = Price { rates, long: None };
        let usage = ProviderUsage {
            input_tokens: 1_000,
            cached_tokens: 400,
            output_tokens: 50,
            ..ProviderUsage::default()
        };
        let mut row = LedgerEntry::new("main", LedgerKind::ProviderCall);
        note_usage(&mut row, &usage, Some(&price));
        assert_eq!((row.input_tokens, row.cached_tokens), (Some(1_000), Some(400)));
        assert_eq!(row.cost_micros, Some(150 + 10 + 100));
        note_usage(&mut row, &ProviderUsage { output_tokens: 100, ..usage }, Some(&price));
        assert_eq!(row.cost_micros, Some(360), "the last report counts");
        note_usage(&mut row, &usage, None);
        assert_eq!(row.cost_micros, None, "a model without a price has no cost");
    }
}
