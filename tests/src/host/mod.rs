//! A `palisade` process on a folder of its own, with the sample project and a fake provider.

mod binary;
mod conversation;
mod folder;
mod output;
mod people;
mod process;
mod stage;

pub use binary::palisade_binary;
pub use conversation::{Answer, OpenAnswer, question};
pub use folder::{Folder, FolderOptions};
pub use people::{Person, Role};
pub use process::Host;
pub use stage::{MODEL, Stage, eventually};
