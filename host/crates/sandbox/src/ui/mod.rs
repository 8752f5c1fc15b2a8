//! What a guest streams to its caller: encoding, framing and a proper end. That is the AI SDK's UI
//! message stream (version 1) for a turn, and plain text for an answer that is one JSON value.

mod encode;
mod event;
mod json;
mod stream;

pub(crate) use encode::Opening;
pub(crate) use stream::{Framing, Phase, UiStream};
