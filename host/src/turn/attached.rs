//! The files in a conversation: which of them the host vouches for.

use jiff::Timestamp;
use palisade_conversation::{ChatRequest, FilePart, Part, RequestError, Role};
use palisade_state::{FileClaims, FileHolder, FileRefusal, FileTokens};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::TurnStartError;

/// Begin of the host's own ids, where one stands in place of an address.
const TOKEN: &str = "plf1.";
/// The scheme of addresses that hold the content themselves.
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
                url if is_data(url) => Ok(()),
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

/// The scheme of a URL is compared without case.
fn is_data(url: &str) -> bool {
    url.get(..DATA.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(DATA))
}

fn wrong(place: String, problem: String) -> TurnStartError {
    RequestError::Value { place, problem }.into()
}

/// A name that the client gave, short and plain enough for an error text.
fn shown(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(100).collect()
}
