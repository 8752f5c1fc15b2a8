//! Limits of one operation. Beyond each, the operation is refused with a message that names it,
//! except where the text says otherwise.

/// Items that a read gives where the query sets no `limit`.
pub const DEFAULT_LIMIT: u64 = 100;

/// Items that one read gives at most; a higher `limit` and `-1` mean this many.
pub const MAXIMUM_ITEMS: u64 = 10_000;

/// Related items that one read gives at most, over all relations together.
pub const MAXIMUM_RELATED_ITEMS: u64 = 50_000;

/// Relations in a row that a path of fields, a filter or a payload may follow.
pub const MAXIMUM_DEPTH: usize = 6;

/// Relations that one read may follow in all, which bounds `*.*.*`.
pub const MAXIMUM_RELATIONS: usize = 64;

/// Levels of `_and`, `_or`, relations and fields in a filter.
pub const MAXIMUM_FILTER_NESTING: usize = 32;

/// Conditions in one filter.
pub const MAXIMUM_CONDITIONS: usize = 200;

/// Values in one list of `_in` or `_nin`, and in all lists of a filter together.
pub const MAXIMUM_LIST: usize = 5_000;

/// Names in `fields`, `sort`, `groupBy` or `aggregate`, each.
pub const MAXIMUM_NAMES: usize = 500;

/// Characters of a search text.
pub const MAXIMUM_SEARCH: usize = 1_000;

/// Items that one operation may write, nested ones included.
pub const MAXIMUM_WRITES: usize = 5_000;
