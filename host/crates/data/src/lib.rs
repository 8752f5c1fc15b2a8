//! The contract between Palisade's host and a project's data.
//!
//! A project's data sits behind one trait, [`DataBackend`], with one set of operations and one error
//! type in Directus's terms. Whether the rows come from a running Directus or from the embedded
//! project, the same [`Operation`] gives the same [`Outcome`] or the same [`DataError`].

mod backend;
mod caller;
mod error;
mod operation;
mod query;
mod structure;

pub use backend::{Authenticator, DataBackend, ProjectKind};
pub use caller::{Accountability, Caller, Credential};
pub use error::{
    DataError, FieldFailure, forbidden_action, forbidden_collection, forbidden_fields,
};
pub use operation::{GrantedAction, Media, Operation, Outcome, Selection};
pub use query::{Aggregate, Query, QueryError};
pub use structure::{FileImport, FlowTrigger, StructureOperation};
