//! A `palisade` process on a folder of its own, with the sample project and a fake provider.

mod binary;
mod output;
mod people;
mod process;

pub use binary::palisade_binary;
pub use people::{Person, Role};
pub use process::{Host, HostOptions, chat_body};
