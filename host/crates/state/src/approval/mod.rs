//! Approvals: what a caller agreed to, exactly, and once.

mod arguments;
mod authority;
mod id;

pub use arguments::{
    ArgumentsError, CanonicalArguments, MAX_BYTES as MAX_ARGUMENTS_BYTES,
    MAX_DEPTH as MAX_ARGUMENTS_DEPTH,
};
pub use authority::{Answer, ApprovalAuthority, ApprovalRefusal, Redeemed};
pub use id::{Binding, VALIDITY, approval_reference};
