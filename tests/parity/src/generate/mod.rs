//! Makes matrices and cases from a seed. One case depends on its seed and number alone.

mod filter;
mod matrix;
mod read;
mod values;
mod write;

use fastrand::Rng;

use crate::{
    case::{Case, Matrix, Permission},
    model::{self, Kind},
};

/// Cases that share a matrix. A write is undone before the next case, so they share nothing else.
pub const CASES_PER_MATRIX: u64 = 100;

/// Whether a caller gets a many-to-one field on some items and not on others.
pub fn hides_pointers(matrix: &Matrix, caller: Option<usize>) -> bool {
    let place = Place { matrix, caller };
    model::COLLECTIONS.iter().any(|collection| {
        collection.fields.iter().any(|field| {
            matches!(field.kind, Kind::One { .. })
                && place.granted(collection.name, "read").iter().any(|name| name == field.name)
                && !place.seen(collection.name, field.name, Reach::Readable)
        })
    })
}

/// How rich matrices are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// Rules, field lists, presets and validation.
    Full,
    /// Whole collections only.
    Collections,
}

/// The matrix that a case runs on.
pub fn matrix(seed: u64, number: u64, rules: Rules) -> Matrix {
    let mut rng = Rng::with_seed(mixed(seed, number / CASES_PER_MATRIX, 1));
    matrix::matrix(&mut rng, rules)
}

/// A case on its matrix.
pub fn case(seed: u64, number: u64, matrix: &Matrix) -> Case {
    let mut rng = Rng::with_seed(mixed(seed, number, 2));
    let caller = match rng.u8(0..10) {
        0 => None,
        n => Some(usize::from(n % 3)),
    };
    let collection =
        *pick(&mut rng, &["articles", "articles", "authors", "comments", "categories", "teams"]);
    let place = Place { matrix, caller };
    let mut case = if rng.u8(0..10) < 6 {
        read::read(&mut rng, place, collection)
    } else {
        write::write(&mut rng, place, collection)
    };
    case.number = number;
    if chance(&mut rng, 2) {
        case.collection = ["unknown", "directus_sessions", "Articles"][rng.usize(0..3)].to_owned();
    }
    case
}

/// Where a case takes place: what the generator leans on so that many cases are allowed.
#[derive(Clone, Copy)]
struct Place<'a> {
    matrix: &'a Matrix,
    caller: Option<usize>,
}

impl Place<'_> {
    /// A field of the collection: mostly one that is granted, sometimes any, rarely none at all.
    fn field(&self, rng: &mut Rng, collection: &str, action: &str) -> String {
        if chance(rng, 1) {
            return "unknown".to_owned();
        }
        let mut names = self.granted(collection, action);
        if names.is_empty() || chance(rng, 6) {
            names = all_fields(collection);
        }
        names.swap_remove(rng.usize(0..names.len()))
    }

    /// A field to show. Not a relation that isn't granted, to a collection out of reach: Directus
    /// leaves it out, and so tells that it exists.
    fn shown(&self, rng: &mut Rng, collection: &str) -> String {
        let name = self.field(rng, collection, "read");
        let kind =
            model::collection(collection).and_then(|one| one.field(&name)).map(|one| one.kind);
        match kind {
            Some(Kind::One { to: related, .. } | Kind::Many { of: related, .. })
                if self.granted(related, "read").is_empty()
                    && !self.granted(collection, "read").contains(&name) =>
            {
                "id".to_owned()
            }
            _ => name,
        }
    }

    /// A field to compare, sort or group by: one that the caller sees on every item that counts, or
    /// one that nobody granted. Never one that is hidden on some items: Directus compares hidden
    /// values, the embedded project doesn't (see `known`).
    fn compared(&self, rng: &mut Rng, collection: &str, reach: Reach) -> String {
        let granted = self.granted(collection, "read");
        let mut names = all_fields(collection);
        if chance(rng, 4) {
            names.retain(|name| !granted.contains(name));
            names.push("unknown".to_owned());
        } else {
            names.retain(|name| self.seen(collection, name, reach));
        }
        if names.is_empty() {
            return "unknown".to_owned();
        }
        names.swap_remove(rng.usize(0..names.len()))
    }

    /// Whether the caller sees a field on each item: of those that may be read, or of all.
    fn seen(&self, collection: &str, field: &str, reach: Reach) -> bool {
        let rows = self.matrix.of(self.caller, collection, "read");
        let grants = |one: &&&Permission| {
            one.fields
                .as_ref()
                .is_some_and(|all| all.iter().any(|name| name == "*" || name == field))
        };
        let opens_all =
            |one: &&Permission| one.rule.as_ref().is_none_or(|rule| *rule == serde_json::json!({}));
        self.is_administrator()
            || rows.iter().filter(grants).any(|one| opens_all(one))
            || (reach == Reach::Readable
                && !rows.is_empty()
                && rows.iter().filter(grants).count() == rows.len())
    }

    fn is_administrator(&self) -> bool {
        self.matrix.is_administrator(self.caller)
    }

    /// The granted fields, `id` included.
    fn granted(&self, collection: &str, action: &str) -> Vec<String> {
        let granted = self.matrix.of(self.caller, collection, action);
        let admin = self.is_administrator();
        let holds = |name: &str| {
            admin
                || granted.iter().any(|permission| {
                    permission.fields.as_ref().is_some_and(|fields| {
                        fields.iter().any(|field| field == "*" || field == name)
                    })
                })
        };
        all_fields(collection).into_iter().filter(|name| holds(name)).collect()
    }
}

/// On which items a field has to be seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// On those that the caller may read.
    Readable,
    /// On all: Directus follows a many-to-one field to items that may not be read.
    All,
}

fn all_fields(collection: &str) -> Vec<String> {
    let fields = model::collection(collection).map_or(&[][..], |one| one.fields);
    let names = fields.iter().map(|field| field.name.to_owned());
    std::iter::once("id".to_owned()).chain(names).collect()
}

fn pick<'v, T>(rng: &mut Rng, values: &'v [T]) -> &'v T {
    &values[rng.usize(0..values.len())]
}

/// True in so many of a hundred cases.
fn chance(rng: &mut Rng, percent: u8) -> bool {
    rng.u8(0..100) < percent
}

/// Spreads seed, number and purpose over all bits (the finaliser of SplitMix64).
fn mixed(seed: u64, number: u64, purpose: u64) -> u64 {
    let mut state = seed
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(number.wrapping_mul(0xD1B5_4A32_D192_ED03))
        .wrapping_add(purpose);
    state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}
