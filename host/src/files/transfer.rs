//! Brings a content into a storage: checks on the one side, the provider on the other, and no more
//! between them than a few pieces.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use palisade_provider::{ContentBroken, NewFile, StorageError, StoredFile};
use tokio::{sync::mpsc, time::timeout};

use super::{
    FileError, MAXIMUM_FILE_BYTES,
    content::Content,
    kind::{FileKind, PREFIX_BYTES, TextCheck},
    target::Target,
};

/// Pieces between the client and the provider.
const PIECES_AHEAD: usize = 4;
/// Time that a provider may leave the host with a piece that it doesn't take.
const TAKEN_WITHIN: Duration = Duration::from_secs(60);
/// Time for the provider's answer once it has the whole file; videos are processed before it.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// A file whose beginning was looked at.
pub(super) struct Opened {
    prefix: Bytes,
    kind: FileKind,
    /// Bytes of the whole, where they are known or said.
    size: Option<u64>,
}

impl Opened {
    /// What the file is.
    pub(super) fn kind(&self) -> FileKind {
        self.kind
    }
}

/// Looks at the beginning of a file, before anybody else gets to see it.
pub(super) async fn open(
    content: &mut Content<'_>,
    kind: FileKind,
    size: Option<u64>,
) -> Result<Opened, FileError> {
    let mut prefix = BytesMut::new();
    while prefix.len() < PREFIX_BYTES {
        match content.piece().await? {
            Some(piece) => prefix.extend_from_slice(&piece),
            None => break,
        }
    }
    if prefix.is_empty() {
        return Err(FileError::no_file());
    }
    if !kind.agrees_with(&prefix) {
        return Err(FileError::mismatch(kind));
    }
    if size.is_some_and(|size| size > MAXIMUM_FILE_BYTES) {
        return Err(FileError::too_large());
    }
    Ok(Opened { prefix: prefix.freeze(), kind, size })
}

/// Stores a file. What is stored is exactly the content, complete and checked to its end; else nothing
/// is. `sent` counts the bytes on their way to the provider.
pub(super) async fn store(
    target: &Target,
    filename: &str,
    opened: Opened,
    content: &mut Content<'_>,
    sent: &mut u64,
) -> Result<(StoredFile, u64), FileError> {
    if target.storage.needs_size() && opened.size.is_none() {
        return Err(FileError::invalid(
            "The provider takes files of a known size only: send a Content-Length",
        ));
    }
    let file = NewFile {
        filename: filename.to_owned(),
        media_type: opened.kind.media_type(),
        size: opened.size,
    };
    let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
    let storing = target.storage.store(&file, pieces(receiver).boxed());
    let passing = pass(opened, content, sender, sent);
    // Polled in turn, in this task: when one of them stops, the other does.
    tokio::pin!(storing, passing);
    let passed = tokio::select! {
        biased;
        passed = &mut passing => passed?,
        stored = &mut storing => return judge(target, stored, None).await,
    };
    let size = match passed {
        Passed::Whole(size) => Some(size),
        Passed::Stopped => None,
        Passed::TooSlow => return Err(FileError::ProviderTooSlow(target.provider.clone())),
    };
    match timeout(ANSWER_WITHIN, storing).await {
        Ok(stored) => judge(target, stored, size).await,
        Err(_) => Err(FileError::ProviderTooSlow(target.provider.clone())),
    }
}

/// What a storage's answer is worth after it was handed this many bytes; none: not the whole file.
async fn judge(
    target: &Target,
    stored: Result<StoredFile, StorageError>,
    size: Option<u64>,
) -> Result<(StoredFile, u64), FileError> {
    let failed = |error| FileError::Provider { provider: target.provider.clone(), error };
    let stored = stored.map_err(failed)?;
    match size {
        Some(size) if stored.size.is_none_or(|theirs| theirs == size) => Ok((stored, size)),
        // It says that it has a file, but not the one that it was given.
        _ => {
            delete(target, &stored.name).await;
            Err(failed(StorageError::Unintelligible { provider: target.provider.clone() }))
        }
    }
}

/// Deletes what was stored and can't be used. Nobody can do more than try.
pub(super) async fn delete(target: &Target, name: &str) {
    match timeout(ANSWER_WITHIN, target.storage.delete(name)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, provider = target.provider, "a file could not be deleted");
        }
        Err(_) => tracing::warn!(provider = target.provider, "a file could not be deleted in time"),
    }
}

/// A piece on its way to the provider.
enum Piece {
    More(Bytes),
    Last(Bytes),
}

/// The pieces as the provider's request reads them. One that ends without a last piece is broken: the
/// request's own task may look at it after whoever sends has given up, and must not take that for the
/// end of the file.
fn pieces(receiver: mpsc::Receiver<Piece>) -> impl Stream<Item = Result<Bytes, ContentBroken>> {
    stream::unfold(Some(receiver), async |receiver| {
        let mut receiver = receiver?;
        Some(match receiver.recv().await {
            Some(Piece::More(piece)) => (Ok(piece), Some(receiver)),
            Some(Piece::Last(piece)) => (Ok(piece), None),
            None => (Err(ContentBroken), None),
        })
    })
}

/// How passing the content on ended, if the content is not to blame.
enum Passed {
    /// The provider was handed the whole file, of this size.
    Whole(u64),
    /// The provider wants no more.
    Stopped,
    /// The provider takes nothing.
    TooSlow,
}

/// Passes the content on, piece by piece. The last piece is held back until it is known that the
/// content is good to its end and nothing behind it speaks against it: without that piece the
/// provider's request is not complete, and stores nothing.
async fn pass(
    opened: Opened,
    content: &mut Content<'_>,
    sender: mpsc::Sender<Piece>,
    sent: &mut u64,
) -> Result<Passed, FileError> {
    let mut check = Check::new(opened.kind, opened.size);
    check.take(&opened.prefix)?;
    let mut held = opened.prefix;
    while let Some(piece) = content.piece().await? {
        check.take(&piece)?;
        let ready = std::mem::replace(&mut held, piece);
        let length = ready.len() as u64;
        match timeout(TAKEN_WITHIN, sender.send(Piece::More(ready))).await {
            Ok(Ok(())) => *sent += length,
            Ok(Err(_)) => return Ok(Passed::Stopped),
            Err(_) => return Ok(Passed::TooSlow),
        }
    }
    check.finish()?;
    content.finish().await?;
    let length = held.len() as u64;
    match timeout(TAKEN_WITHIN, sender.send(Piece::Last(held))).await {
        Ok(Ok(())) => {
            *sent += length;
            Ok(Passed::Whole(check.size))
        }
        Ok(Err(_)) => Ok(Passed::Stopped),
        Err(_) => Ok(Passed::TooSlow),
    }
}

/// What has to hold for all of a content.
struct Check {
    size: u64,
    expected: Option<u64>,
    kind: FileKind,
    text: Option<TextCheck>,
}

impl Check {
    fn new(kind: FileKind, expected: Option<u64>) -> Self {
        let text = (kind == FileKind::Text).then(TextCheck::default);
        Self { size: 0, expected, kind, text }
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), FileError> {
        self.size += piece.len() as u64;
        if self.size > MAXIMUM_FILE_BYTES {
            return Err(FileError::too_large());
        }
        if self.expected.is_some_and(|expected| self.size > expected) {
            return Err(wrong_size());
        }
        let is_good = self.text.as_mut().is_none_or(|text| text.take(piece));
        if is_good { Ok(()) } else { Err(FileError::mismatch(self.kind)) }
    }

    fn finish(&self) -> Result<(), FileError> {
        if self.expected.is_some_and(|expected| self.size != expected) {
            return Err(wrong_size());
        }
        let is_good = self.text.as_ref().is_none_or(TextCheck::is_complete);
        if is_good { Ok(()) } else { Err(FileError::mismatch(self.kind)) }
    }
}

fn wrong_size() -> FileError {
    FileError::invalid(
        "The file has another size than announced: it has to be the last part of the form, or its \
         size in the address as ?size=",
    )
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;

    async fn read(sent: Vec<Piece>) -> Result<Vec<u8>, ContentBroken> {
        let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
        for piece in sent {
            assert!(sender.send(piece).await.is_ok(), "there is room");
        }
        drop(sender);
        Ok(pieces(receiver).try_collect::<Vec<Bytes>>().await?.concat())
    }

    #[tokio::test]
    async fn a_content_ends_with_its_last_piece_or_is_broken() {
        let more = || Piece::More(Bytes::from_static(b"ab"));
        let last = || Piece::Last(Bytes::from_static(b"c"));
        assert_eq!(read(vec![more(), last()]).await.as_deref(), Ok(&b"abc"[..]));
        assert_eq!(read(vec![last()]).await.as_deref(), Ok(&b"c"[..]));
        assert_eq!(read(vec![more()]).await, Err(ContentBroken));
        assert_eq!(read(Vec::new()).await, Err(ContentBroken));
    }

    #[test]
    fn a_content_has_the_announced_size_and_no_more_than_is_allowed() {
        let piece = vec![b'a'; 1024 * 1024];
        let mut check = Check::new(FileKind::Pdf, None);
        for _ in 0..50 {
            check.take(&piece).expect("not too large");
        }
        check.finish().expect("exactly the limit");
        assert!(check.take(b"a").is_err(), "one byte more");
        let mut check = Check::new(FileKind::Pdf, Some(3));
        check.take(b"ab").expect("so far");
        assert!(check.finish().is_err(), "too short");
        check.take(b"c").expect("so far");
        check.finish().expect("the announced size");
        assert!(check.take(b"d").is_err(), "too long");
        let mut check = Check::new(FileKind::Text, None);
        check.take(b"caf\xc3").expect("so far");
        assert!(check.finish().is_err(), "half a character");
        assert!(check.take(b"\0").is_err(), "no text");
    }
}
