//! Calls the turn's provider and keeps count for the ledger.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use futures_util::StreamExt;
use palisade_provider::{
    ProviderError, ProviderErrorKind, ProviderRequest, ProviderResponse, ProviderTransport,
};
use palisade_sandbox::{
    CapabilityError, CapabilityErrorKind, Endpoint, ProviderCall, ProviderGateway, ProviderReply,
    ProviderUsage,
};
use palisade_state::{LedgerEntry, LedgerKind};
use serde::Deserialize;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

/// The provider of one turn.
pub(super) struct Gateway {
    pub(super) transport: Arc<dyn ProviderTransport>,
    pub(super) endpoint: Endpoint,
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
    #[serde(borrow)]
    model: Cow<'a, str>,
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
        let sent = match self.check_model(&call.body) {
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
        let body = response.body.map(move |item| match item {
            Ok(bytes) => {
                with(&record, |row| {
                    *row.bytes_received.get_or_insert(0) += bytes.len() as u64;
                });
                Ok(bytes)
            }
            Err(error) => {
                with(&record, |row| row.outcome = error.code().to_owned());
                Err(refused(&error))
            }
        });
        Ok(ProviderReply {
            status: response.status,
            headers: response.headers,
            body: body.boxed(),
            on_usage: Box::new(move |usage| with(&usage_record, |row| note_usage(row, usage))),
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

    /// The model was allowed by name; a body that names another one would go around that.
    fn check_model(&self, body: &[u8]) -> Result<(), CapabilityError> {
        let requested: RequestedModel<'_> = serde_json::from_slice(body).map_err(|_| {
            CapabilityError::new(
                CapabilityErrorKind::Invalid,
                "INVALID_PAYLOAD",
                "The body of a provider request is a JSON object with a model.",
            )
        })?;
        if requested.model == self.endpoint.model {
            return Ok(());
        }
        Err(CapabilityError::new(
            CapabilityErrorKind::Denied,
            "MODEL_DENIED",
            "This turn may use no other model than the one it was started with.",
        ))
    }
}

fn note_usage(row: &mut LedgerEntry, usage: ProviderUsage) {
    row.input_tokens = Some(usage.input_tokens);
    row.output_tokens = Some(usage.output_tokens);
    row.cached_tokens = Some(usage.cached_tokens);
    row.reasoning_tokens = Some(usage.reasoning_tokens);
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

    struct Never;

    #[async_trait]
    impl ProviderTransport for Never {
        async fn send(&self, _: ProviderRequest) -> Result<ProviderResponse, ProviderError> {
            panic!("nothing may be sent")
        }
    }

    #[tokio::test]
    async fn a_body_that_names_another_model_is_not_sent() {
        let records = CallRecords::default();
        let gateway = Gateway {
            transport: Arc::new(Never),
            endpoint: Endpoint { model: "small".into(), ..Endpoint::default() },
            row: LedgerEntry::new("main", LedgerKind::ProviderCall),
            base_url: Some("https://provider.example/v1/".into()),
            records: records.clone(),
        };
        for (body, code) in [
            (r#"{"model":"large"}"#, "MODEL_DENIED"),
            (r#"{"model":"small","model":"large"}"#, "INVALID_PAYLOAD"),
            (r#"{"messages":[]}"#, "INVALID_PAYLOAD"),
            ("[]", "INVALID_PAYLOAD"),
        ] {
            let call = ProviderCall {
                path: "chat/completions".into(),
                headers: Vec::new(),
                body: Bytes::from(body),
            };
            let error = gateway.send(call).await.expect_err("refused");
            assert_eq!(error.code, code, "{body}");
        }
        let rows = records.take();
        assert_eq!(rows.len(), 4);
        assert!(rows.iter().all(|row| row.outcome != "ok" && row.bytes_sent.is_none()));
        assert_eq!(
            rows[0].endpoint.as_deref(),
            Some("https://provider.example/v1/chat/completions")
        );
    }
}
