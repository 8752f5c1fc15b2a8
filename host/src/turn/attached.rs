//! The files in a conversation: which of them the host vouches for.

use jiff::Timestamp;
use palisade_conversation::{ChatRequest, FilePart, Part, RequestError, Role};
use palisade_state::{FileClaims, FileHolder, FileRefusal, FileTokens};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::TurnStartError;

/// Begin of the host's own ids, where one stands in place of an address.
const TOKEN: &str = "plf1.";
/// The scheme of addresses that hold the content themselves, as browsers write it and as the guest
/// looks for it.
const DATA: &str = "data:";

/// Whose files a turn may use, and where.
#[derive(Clone, Copy)]
pub(super) struct Attaching<'a> {
    pub(super) tokens: &'a FileTokens,
    pub(super) holder: FileHolder<'a>,
    /// The turn's provider.
    pub(super) provider: &'a str,
    pub(super) now: Timestamp,
}

/// Checks every file of a conversation, and puts what the host knows about it in place of what the
/// client says.
///
/// A file is a `data:` URL or has an id that the host signed for this user, workspace and provider;
/// any other address is refused, whoever might resolve it. A file that is of use no more (expired, or
/// given to another provider before the user changed to this one) is refused in the user's last
/// message; in an older one it is passed on as missing, or the conversation would be at its end.
///
/// Errors: [`TurnStartError::Request`], [`TurnStartError::FileRefused`].
pub(super) fn attach(
    request: &mut ChatRequest,
    attaching: Attaching<'_>,
) -> Result<(), TurnStartError> {
    let last_question = request.messages.iter().rposition(|message| message.role == Role::User);
    for (index, message) in request.messages.iter_mut().enumerate() {
        let is_new = Some(index) == last_question;
        for (part_index, part) in message.parts.iter_mut().enumerate() {
            if let Part::File(file) = part {
                let place = format!("messages[{index}].parts[{part_index}]");
                attaching.attach(file, &place, is_new)?;
            }
        }
    }
    Ok(())
}

impl Attaching<'_> {
    fn attach(&self, file: &mut FilePart, place: &str, is_new: bool) -> Result<(), TurnStartError> {
        file.stored = None;
        let Some(token) = token(file, place)? else {
            // An address that is empty is what is left of a file that the client didn't keep.
            return match file.url.as_str() {
                url if url.starts_with(DATA) => Ok(()),
                "" if !is_new => Ok(()),
                _ => Err(wrong(
                    format!("{place}.url"),
                    "has to be a file id of POST /ai/files or a data: URL".to_owned(),
                )),
            };
        };
        // The browser's own preview, or the id itself: of no use to the guest.
        file.url = String::new();
        file.provider_metadata = None;
        let claims = match self.tokens.verify(&token, self.holder, self.now) {
            Ok(claims) if claims.provider == self.provider => {
                file.stored = Some(claims.reference.clone());
                claims
            }
            Ok(claims) if is_new => {
                let name = &claims.filename;
                let provider = &claims.provider;
                return Err(wrong(
                    place.to_owned(),
                    format!(
                        "is the file \"{name}\", which was given to the provider \"{provider}\"; attach \
                     it again for \"{}\"",
                        self.provider
                    ),
                ));
            }
            Err(FileRefusal::Expired(claims)) if is_new => {
                let name = &claims.filename;
                return Err(wrong(
                    place.to_owned(),
                    format!("is the file \"{name}\", which has expired; attach it again"),
                ));
            }
            Ok(claims) => claims,
            Err(FileRefusal::Expired(claims)) => *claims,
            Err(FileRefusal::Invalid) => {
                let name = shown(file.filename.as_deref().unwrap_or_default());
                return Err(TurnStartError::FileRefused(format!(
                    "The file \"{name}\" in {place} is not one that you uploaded here"
                )));
            }
        };
        let FileClaims { media_type, filename, .. } = claims;
        file.media_type = media_type;
        file.filename = Some(filename);
        Ok(())
    }
}

/// The id of a file: from the provider metadata, as Data Studio sends it, or in place of the address.
fn token(file: &FilePart, place: &str) -> Result<Option<String>, TurnStartError> {
    let mut ids = match &file.provider_metadata {
        Some(metadata) => ids(metadata).ok_or_else(|| {
            wrong(
                format!("{place}.providerMetadata"),
                "has a \"fileId\" that is no text".to_owned(),
            )
        })?,
        None => Vec::new(),
    };
    if file.url.starts_with(TOKEN) {
        ids.push(file.url.clone());
    }
    let first = ids.first().cloned();
    if ids.iter().any(|id| Some(id) != first.as_ref()) {
        return Err(wrong(place.to_owned(), "names two different files".to_owned()));
    }
    Ok(first)
}

#[derive(Deserialize)]
struct Metadata {
    palisade: Option<Entry>,
    directus: Option<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "fileId")]
    file_id: Option<String>,
}

/// The ids in a part's provider metadata; none if one isn't text.
fn ids(metadata: &RawValue) -> Option<Vec<String>> {
    let Metadata { palisade, directus } = serde_json::from_str(metadata.get()).ok()?;
    Some([palisade, directus].into_iter().flatten().filter_map(|entry| entry.file_id).collect())
}

fn wrong(place: String, problem: String) -> TurnStartError {
    RequestError::Value { place, problem }.into()
}

/// A name that the client gave, short and plain enough for an error text.
fn shown(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests {
    use palisade_state::{KeySource, MasterKey, State};
    use serde_json::json;

    use super::*;

    const HOLDER: FileHolder<'_> = FileHolder { user: "alice", workspace: "main" };

    async fn state() -> (tempfile::TempDir, State) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("master.key");
        MasterKey::create_file(&path).expect("a key");
        let url = format!("sqlite://{}", folder.path().join("palisade.db").display());
        let state = State::open(&url, KeySource::File(path)).await.expect("a state");
        (folder, state)
    }

    fn claims(provider: &str, expires_at: i64) -> FileClaims {
        FileClaims {
            user: HOLDER.user.into(),
            workspace: HOLDER.workspace.into(),
            provider: provider.into(),
            reference: "https://files.example/v1beta/files/abc".into(),
            name: "files/abc".into(),
            media_type: "application/pdf".into(),
            filename: "report.pdf".into(),
            size: 10,
            expires_at,
        }
    }

    /// The file part of a conversation after the check.
    fn checked(state: &State, file: serde_json::Value) -> FilePart {
        let body = json!({"messages": [
            {"id": "1", "role": "user", "parts": [file]},
            {"id": "2", "role": "user", "parts": [{"type": "text", "text": "Hello"}]},
        ]});
        let mut request = ChatRequest::parse(body.to_string().as_bytes()).expect("a request");
        let attaching = Attaching {
            tokens: state.files(),
            holder: HOLDER,
            provider: "google",
            now: Timestamp::now(),
        };
        attach(&mut request, attaching).expect("accepted");
        match request.messages.remove(0).parts.remove(0) {
            Part::File(file) => file,
            other => panic!("a file: {other:?}"),
        }
    }

    #[tokio::test]
    async fn what_the_guest_learns_of_a_file_is_what_the_host_signed() {
        let (_folder, state) = state().await;
        let id = state.files().issue(&claims("google", i64::MAX)).expect("an id");
        for (url, metadata) in [
            ("data:image/png;base64,AAAA", json!({"directus": {"fileId": id, "provider": "x"}})),
            ("", json!({"palisade": {"fileId": id}, "directus": {"fileId": id}})),
            (id.as_str(), json!({})),
        ] {
            let file = checked(
                &state,
                json!({"type": "file", "mediaType": "image/png",
                "filename": "other.png", "url": url, "providerMetadata": metadata}),
            );
            assert_eq!(file.stored.as_deref(), Some("https://files.example/v1beta/files/abc"));
            assert_eq!(file.media_type, "application/pdf");
            assert_eq!(file.filename.as_deref(), Some("report.pdf"));
            assert_eq!(file.url, "");
            assert!(file.provider_metadata.is_none(), "the id stays with the host");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_of_use_no_more_is_missing_from_an_older_message() {
        let (_folder, state) = state().await;
        for claims in [claims("google", 0), claims("openai", i64::MAX)] {
            let id = state.files().issue(&claims).expect("an id");
            let file =
                checked(&state, json!({"type": "file", "mediaType": "image/png", "url": id}));
            assert_eq!(file.stored, None);
            assert_eq!(file.url, "");
            assert_eq!(file.filename.as_deref(), Some("report.pdf"), "it still has its name");
        }
    }

    #[tokio::test]
    async fn content_in_the_conversation_stays_as_it_is() {
        let (_folder, state) = state().await;
        let file = checked(
            &state,
            json!({"type": "file", "mediaType": "image/png",
            "url": "data:image/png;base64,AAAA", "stored": "file-1",
            "providerMetadata": {"openai": {"imageDetail": "low"}}}),
        );
        assert_eq!(file.url, "data:image/png;base64,AAAA");
        assert_eq!(file.stored, None, "no client says what is stored");
        assert!(file.provider_metadata.is_some());
    }
}
