//! The AI SDK UI message stream (version 1) of a turn: encoding, framing and a proper end.

mod encode;
mod event;
mod json;
mod stream;

pub(crate) use stream::{Phase, UiStream};
