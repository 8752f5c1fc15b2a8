//! What differs on purpose.
//!
//! Each difference says in code when it may occur and what both sides then answer. A case that
//! meets it is counted under its name; anything else that differs fails the test.

use crate::{answer::Answer, case::Case};

/// A difference that is meant.
pub struct Known {
    /// Name, as the report counts it.
    pub name: &'static str,
    /// Why it is meant.
    pub reason: &'static str,
    /// Whether this is it: the case, what Directus and what the embedded project answers.
    pub holds: fn(&Case, &Answer, &Answer) -> bool,
}

/// All of them.
pub const KNOWN: &[Known] = &[Known {
    name: "Directus fails",
    reason: "Directus composes SQL or validations that break (500 INTERNAL_SERVER_ERROR). The \
             embedded project answers reads, and refuses such writes.",
    holds: |case, directus, embedded| {
        let fails = |answer: &Answer| matches!(answer, Answer::Refused { status: 500, .. });
        let refused = matches!(embedded, Answer::Refused { .. });
        fails(directus) && !fails(embedded) && (case.is_read() || refused)
    },
}];

/// The known difference that a case meets.
pub fn known(case: &Case, directus: &Answer, embedded: &Answer) -> Option<&'static Known> {
    KNOWN.iter().find(|one| (one.holds)(case, directus, embedded))
}
