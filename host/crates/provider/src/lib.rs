//! HTTP to language model providers: the one door through which a conversation leaves the host.
//!
//! - [`ProviderKind`] and [`ProviderSettings`] say what a provider is: base URL, allowed paths, how a
//!   key is attached, which headers pass in either direction.
//! - [`ProviderTransport`] sends one request and streams the answer back. [`HttpTransport`] does it
//!   over the network, [`DemoTransport`] with a small rule-based model inside the host; both speak
//!   the same bytes.
//! - [`FileStorage`] stores a file at the provider, streaming it through.
//! - [`EgressClient`] is the product's only HTTP client. It checks the address of every connection
//!   after name resolution, follows no redirects, and knows no proxies or cookies.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use palisade_provider::*;
//! # async fn example(keys: Arc<dyn KeyLookup>) -> Result<(), ProviderError> {
//! let egress = EgressClient::new(EgressPolicy::default())?;
//! let settings = ProviderSettings::with_defaults("openai", ProviderKind::OpenAi)?;
//! let transport = HttpTransport::new(settings, egress, keys)?;
//! let response = transport
//!     .send(ProviderRequest {
//!         path: "chat/completions".into(),
//!         headers: Vec::new(),
//!         body: r#"{"model":"gpt-5-mini","messages":[],"stream":true}"#.into(),
//!     })
//!     .await?;
//! assert_eq!(response.status, 200);
//! # Ok(())
//! # }
//! ```

mod demo;
mod egress;
mod error;
mod http;
mod key;
mod kind;
mod settings;
mod transport;
mod upload;

pub use demo::{DEMO_MODEL, DemoTransport};
pub use egress::{
    AllowPrivate, AllowPrivateError, EgressClient, EgressFailure, EgressLimits, EgressPolicy,
    NameLookup, Range, SystemLookup,
};
pub use error::{ProviderError, ProviderErrorKind};
pub use http::HttpTransport;
pub use kind::{ProviderKind, Route, UnknownProviderKind};
pub use settings::{BaseUrlError, ProviderSettings, validate_base_url};
pub use transport::{
    KeyLookup, MAX_REQUEST_HEADERS, ProviderBody, ProviderRequest, ProviderResponse,
    ProviderTransport,
};
pub use upload::{
    ContentBroken, FILE_LIFETIME, FileContent, FileStorage, FormFile, NewFile, StorageError,
    StoredFile, file_storage, form_with_file,
};
