//! Puts a provider's key on the wire.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::{KeyLookup, ProviderError, ProviderKind, ProviderSettings};

/// Looks up the key of a provider and adds it to the headers of a request.
///
/// Errors: [`ProviderError::NoKey`] where one is needed, [`ProviderError::MalformedKey`], and those of
/// the lookup.
pub(crate) async fn authenticate(
    settings: &ProviderSettings,
    keys: &dyn KeyLookup,
    headers: &mut HeaderMap,
) -> Result<(), ProviderError> {
    let provider = || settings.id.clone();
    match keys.key(&settings.id).await? {
        Some(key) => attach_key(settings.kind, &key, headers)
            .ok_or_else(|| ProviderError::MalformedKey { provider: provider() }),
        None if settings.requires_key => Err(ProviderError::NoKey { provider: provider() }),
        None => Ok(()),
    }
}

/// Adds a key the way a kind of provider takes it, marked so that no log of headers shows it. None if
/// the key can't be a header; nothing is added then.
#[expect(clippy::disallowed_methods, reason = "the one place that puts a key on the wire")]
fn attach_key(kind: ProviderKind, key: &SecretString, headers: &mut HeaderMap) -> Option<()> {
    let key = key.expose_secret();
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let (name, value) = match kind {
        ProviderKind::OpenAi | ProviderKind::OpenAiCompatible => {
            let text = Zeroizing::new(format!("Bearer {key}"));
            (AUTHORIZATION, HeaderValue::from_str(&text))
        }
        ProviderKind::Anthropic => {
            (HeaderName::from_static("x-api-key"), HeaderValue::from_str(key))
        }
        ProviderKind::Google => {
            (HeaderName::from_static("x-goog-api-key"), HeaderValue::from_str(key))
        }
        // Nothing is sent to the demo model.
        ProviderKind::Demo => return None,
    };
    let mut value = value.ok()?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REMOTE: [ProviderKind; 4] = [
        ProviderKind::OpenAi,
        ProviderKind::OpenAiCompatible,
        ProviderKind::Anthropic,
        ProviderKind::Google,
    ];

    #[test]
    fn a_key_is_never_shown_by_the_header_that_holds_it() {
        let key = SecretString::from("sk-visible-only-on-the-wire");
        for kind in REMOTE {
            let mut headers = HeaderMap::new();
            attach_key(kind, &key, &mut headers).expect("a header");
            assert_eq!(headers.len(), 1, "{kind}");
            assert!(headers.values().all(HeaderValue::is_sensitive), "{kind}");
            assert!(!format!("{headers:?}").contains("visible"), "{kind}");
        }
    }

    #[test]
    fn a_key_that_would_break_out_of_its_header_is_refused() {
        for key in ["", "two\r\nx-injected: 1", "with space", "emoji-🔑", "tab\t"] {
            for kind in REMOTE {
                let mut headers = HeaderMap::new();
                let refused = attach_key(kind, &SecretString::from(key), &mut headers);
                assert!(refused.is_none() && headers.is_empty(), "{kind} {key:?}");
            }
        }
    }
}
