//! The settings that there are, by name and kind.

use toml::Value;

/// What a setting holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Whole,
    Number,
    Flag,
    Texts,
    Table(&'static [(&'static str, Kind)]),
    Tables(&'static [(&'static str, Kind)]),
}

use Kind::{Flag, Number, Table, Tables, Text, Texts, Whole};

/// What a model costs.
const PRICE: &[(&str, Kind)] = &[
    ("input", Number),
    ("cached", Number),
    ("cache_write", Number),
    ("output", Number),
    (
        "long",
        Table(&[
            ("above", Whole),
            ("input", Number),
            ("cached", Number),
            ("cache_write", Number),
            ("output", Number),
        ]),
    ),
];

/// A list of models.
pub(super) const MODEL_LIST: &[(&str, Kind)] = &[(
    "models",
    Tables(&[
        ("kind", Text),
        ("ids", Texts),
        ("name", Text),
        ("context", Whole),
        ("output", Whole),
        ("capabilities", Texts),
        ("reasoning", Flag),
        ("price", Table(PRICE)),
    ]),
)];

/// All settings.
pub(super) const SETTINGS: &[(&str, Kind)] = &[
    ("listen", Text),
    ("data_dir", Text),
    ("database_url", Text),
    ("master_key_file", Text),
    ("public_url", Text),
    ("models_file", Text),
    (
        "workspace",
        Table(&[
            ("id", Text),
            ("name", Text),
            ("backend", Text),
            ("data_mode", Text),
            ("approvals", Text),
            ("max_steps", Whole),
            ("system_prompt", Text),
            ("locked", Flag),
        ]),
    ),
    ("directus", Table(&[("url", Text), ("public_url", Text), ("extension_secret", Text)])),
    (
        "providers",
        Tables(&[
            ("id", Text),
            ("kind", Text),
            ("name", Text),
            ("base_url", Text),
            ("region", Text),
            ("requires_key", Flag),
            ("allowed_models", Texts),
            ("locked", Flag),
            (
                "models",
                Tables(&[
                    ("id", Text),
                    ("name", Text),
                    ("context", Whole),
                    ("output", Whole),
                    ("attachments", Flag),
                    ("capabilities", Texts),
                    ("reasoning", Flag),
                    ("price", Table(PRICE)),
                ]),
            ),
        ]),
    ),
    ("egress", Table(&[("allow_private", Texts)])),
    (
        "limits",
        Table(&[("turn_seconds", Whole), ("guest_memory_mb", Whole), ("live_turns", Whole)]),
    ),
];

impl Kind {
    /// What belongs here, as the rest of a sentence.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Text => "has to be a text in quotes",
            Whole => "has to be a whole number",
            Number => "has to be a number",
            Flag => "has to be true or false",
            Texts => "has to be a list of texts, such as [\"a\", \"b\"]",
            Table(_) => "has to be a table",
            Tables(_) => "has to be a list of tables, each under its own [[…]]",
        }
    }

    /// Whether a value is of this kind. Tables are looked into by the caller.
    pub(super) fn fits(self, value: &Value) -> bool {
        match (self, value) {
            (Text, Value::String(_))
            | (Whole | Number, Value::Integer(_))
            | (Number, Value::Float(_))
            | (Flag, Value::Boolean(_))
            | (Table(_), Value::Table(_)) => true,
            (Texts, Value::Array(values)) => values.iter().all(Value::is_str),
            (Tables(_), Value::Array(values)) => values.iter().all(Value::is_table),
            _ => false,
        }
    }
}

/// The kind of a setting by its name.
pub(super) fn find(settings: &'static [(&'static str, Kind)], name: &str) -> Option<Kind> {
    settings.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

/// Says that a setting doesn't exist, and names the nearest that does.
pub(super) fn unknown(settings: &[(&str, Kind)], parent: &str, name: &str) -> String {
    const SIMILAR: f64 = 0.75;
    let path = |name: &str| join(parent, name);
    let nearest = settings
        .iter()
        .map(|(known, _)| (strsim::jaro_winkler(known, name), *known))
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .filter(|(similarity, _)| *similarity >= SIMILAR);
    match nearest {
        Some((_, known)) => {
            format!("there is no setting \"{}\"; did you mean \"{}\"?", path(name), path(known))
        }
        None => {
            let known: Vec<_> = settings.iter().map(|(known, _)| *known).collect();
            let place = if parent.is_empty() { "there are" } else { "beside it there are" };
            format!("there is no setting \"{}\"; {place} {}", path(name), known.join(", "))
        }
    }
}

/// The path of a setting in a table.
pub(super) fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
}
