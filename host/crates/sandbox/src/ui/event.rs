//! One server-sent event, written piece by piece.

use bytes::{BufMut, BytesMut};

use super::json;
use crate::TurnStop;

/// Appends a valid JSON value on one line. Line breaks stand between tokens only, because in strings
/// JSON has them escaped; as they are they would end the event.
pub(super) fn one_line(out: &mut BytesMut, value: &str) {
    for (index, line) in value.split(['\n', '\r']).enumerate() {
        if index > 0 {
            out.put_u8(b' ');
        }
        out.put_slice(line.as_bytes());
    }
}

/// One event under construction. The first method opens it, [`Event::close`] ends it.
pub(super) struct Event<'a> {
    out: &'a mut BytesMut,
}

impl<'a> Event<'a> {
    /// Begins the event of a chunk.
    pub(super) fn open(out: &'a mut BytesMut, kind: &str) -> Self {
        out.put_slice(b"data: {\"type\":\"");
        out.put_slice(kind.as_bytes());
        out.put_u8(b'"');
        Self { out }
    }

    /// A data part; `name` has nothing that ends a string.
    pub(super) fn open_data(out: &'a mut BytesMut, name: &str) -> Self {
        out.put_slice(b"data: {\"type\":\"data-");
        out.put_slice(name.as_bytes());
        out.put_u8(b'"');
        Self { out }
    }

    fn key(&mut self, key: &str) {
        self.out.put_slice(b",\"");
        self.out.put_slice(key.as_bytes());
        self.out.put_slice(b"\":");
    }

    /// Adds a string.
    pub(super) fn text(&mut self, key: &str, value: &str) -> Result<(), TurnStop> {
        self.key(key);
        serde_json::to_writer((&mut *self.out).writer(), value)
            .map_err(|_| invalid("a string can't be encoded"))
    }

    /// Adds a flag, if it is set.
    pub(super) fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.key(key);
            self.out.put_slice(b"true");
        }
    }

    /// Adds a JSON value of the guest.
    pub(super) fn json(&mut self, key: &str, value: &str) -> Result<(), TurnStop> {
        let value =
            json::one_value(value).ok_or(invalid("a value isn't exactly one JSON value"))?;
        self.raw(key, value);
        Ok(())
    }

    /// Adds provider metadata, if there is any.
    pub(super) fn metadata(&mut self, metadata: Option<&str>) -> Result<(), TurnStop> {
        let Some(metadata) = metadata else {
            return Ok(());
        };
        if !json::is_object_of_objects(metadata) {
            return Err(invalid("provider metadata isn't an object of objects"));
        }
        self.raw("providerMetadata", metadata.trim());
        Ok(())
    }

    /// `value` is one JSON value.
    pub(super) fn raw(&mut self, key: &str, value: &str) {
        self.key(key);
        one_line(self.out, value);
    }

    /// Ends the event.
    pub(super) fn close(self) {
        self.out.put_slice(b"}\n\n");
    }
}

/// A chunk that the protocol doesn't allow.
pub(super) fn invalid(reason: &'static str) -> TurnStop {
    TurnStop::InvalidChunk { reason }
}
