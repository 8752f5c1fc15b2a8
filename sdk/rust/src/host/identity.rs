//! Who is calling.

use crate::{Caller, Error};

/// Who is calling. Ids and locale, never a credential.
pub trait Identity {
    /// The caller of this call.
    ///
    /// # Errors
    ///
    /// `denied` where the identity isn't granted.
    fn caller(&self) -> Result<Caller, Error>;
}
