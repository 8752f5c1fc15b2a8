//! Blots out secrets in what comes back: from the network, before the tool sees it; from the tool,
//! before anybody else does.

use std::sync::{Mutex, PoisonError};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use zeroize::Zeroizing;

/// Shortest form that is looked for: shorter ones occur by chance.
const SHORTEST: usize = 6;

/// The secrets of one call.
#[derive(Default)]
pub(super) struct Scrubber {
    forms: Mutex<Vec<Form>>,
}

/// One way in which a secret may be written.
struct Form {
    name: String,
    /// In lower case: a remote may change the case of what it echoes.
    text: Zeroizing<Vec<u8>>,
}

impl Scrubber {
    /// Remembers a secret that is about to leave.
    pub(super) fn remember(&self, name: &str, secret: &str) {
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        if forms.iter().any(|form| form.text.as_slice() == lower(secret.as_bytes()).as_slice()) {
            return;
        }
        for text in written(secret) {
            if text.len() >= SHORTEST {
                forms.push(Form { name: name.to_owned(), text: lower(&text) });
            }
        }
        // The longest first, so that no rest of one is left by another.
        forms.sort_by_key(|form| std::cmp::Reverse(form.text.len()));
    }

    /// The bytes without any of the secrets.
    pub(super) fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        let forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        if forms.is_empty() {
            return bytes;
        }
        let mut clean = bytes;
        for form in forms.iter() {
            clean = without(clean, form);
        }
        clean
    }

    /// The text without any of the secrets.
    pub(super) fn text(&self, text: &str) -> String {
        if self.forms.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return text.to_owned();
        }
        // What is put in place of a secret is ASCII, as every form of one is.
        String::from_utf8_lossy(&self.bytes(text.as_bytes().to_vec())).into_owned()
    }
}

fn without(bytes: Vec<u8>, form: &Form) -> Vec<u8> {
    let haystack = lower(&bytes);
    let found: Vec<usize> = memchr::memmem::find_iter(&haystack, form.text.as_slice()).collect();
    if found.is_empty() {
        return bytes;
    }
    let mut clean = Vec::with_capacity(bytes.len());
    let mut copied = 0;
    for start in found {
        clean.extend_from_slice(bytes.get(copied..start).unwrap_or_default());
        clean.extend_from_slice(format!("[secret:{}]", form.name).as_bytes());
        copied = start + form.text.len();
    }
    clean.extend_from_slice(bytes.get(copied..).unwrap_or_default());
    clean
}

fn lower(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(bytes.to_ascii_lowercase())
}

/// The forms in which an echo may write a secret: as it is, escaped in JSON, HTML or a URL, in
/// hexadecimal, and in base64 wherever it stands in what was encoded.
fn written(secret: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let mut forms: Vec<Vec<u8>> = vec![secret.as_bytes().to_vec()];
    let json = secret.replace('\\', "\\\\").replace('"', "\\\"");
    forms.push(json.replace('/', "\\/").into_bytes());
    forms.push(json.into_bytes());
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    forms.push(html.replace('"', "&quot;").into_bytes());
    let all = |byte: u8| format!("%{byte:02x}");
    forms.push(secret.bytes().map(all).collect::<String>().into_bytes());
    let some = |byte: u8| match byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        true => char::from(byte).to_string(),
        false => all(byte),
    };
    forms.push(secret.bytes().map(some).collect::<String>().into_bytes());
    forms.push(secret.bytes().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes());
    for offset in 0..3 {
        let mut shifted = Zeroizing::new(vec![0; offset]);
        shifted.extend_from_slice(secret.as_bytes());
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let encoded = engine.encode(shifted.as_slice());
            // Characters that hold bits of a neighbour differ from echo to echo.
            let first = (offset * 8).div_ceil(6);
            let last = shifted.len() * 8 / 6;
            forms.push(encoded.as_bytes().get(first..last).unwrap_or_default().to_vec());
        }
    }
    forms.sort();
    forms.dedup();
    forms.into_iter().map(Zeroizing::new).collect()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = r#"s3cr3t/K"ey+with\odd=="#;

    fn scrubber() -> Scrubber {
        let scrubber = Scrubber::default();
        scrubber.remember("api-key", SECRET);
        scrubber
    }

    #[test]
    fn a_secret_is_blotted_out_however_it_is_written() {
        let scrubber = scrubber();
        for echo in [
            format!("Bearer {SECRET}!"),
            serde_json::json!({"authorization": SECRET}).to_string(),
            SECRET.to_uppercase(),
            STANDARD.encode(format!("user:{SECRET}")),
            STANDARD.encode(format!("a{SECRET}b")),
            STANDARD.encode(format!("ab{SECRET}")),
            SECRET.bytes().map(|byte| format!("%{byte:02X}")).collect(),
            SECRET.bytes().map(|byte| format!("{byte:02x}")).collect(),
        ] {
            let clean = scrubber.text(&echo);
            assert!(clean.contains("[secret:api-key]"), "{echo} {clean}");
            assert!(!clean.to_lowercase().contains("cr3t/k"), "{clean}");
        }
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is() {
        let scrubber = scrubber();
        assert_eq!(scrubber.text("Grüße, 100 %"), "Grüße, 100 %");
        assert_eq!(scrubber.bytes(vec![0, 159, 146, 150]), [0, 159, 146, 150]);
        assert_eq!(Scrubber::default().text(SECRET), SECRET);
    }

    proptest! {
        #[test]
        fn no_secret_survives_between_other_bytes(
            secret in "[!-~]{8,40}", before in ".{0,20}", after in ".{0,20}"
        ) {
            let scrubber = Scrubber::default();
            scrubber.remember("x", &secret);
            let clean = scrubber.text(&format!("{before}{secret}{after}"));
            prop_assert!(!clean.contains(&secret));
        }
    }
}
