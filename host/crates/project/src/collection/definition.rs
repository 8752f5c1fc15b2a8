//! What a new collection is to be.

/// What a collection's `id` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrimaryKey {
    /// Whole numbers, given out by the database.
    AutoIncrement,
    /// Text of at most 255 characters, given by whoever creates the item.
    Text,
    /// UUIDs; one is made where none is given.
    Uuid,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// Whole number of 32 bits.
    Integer,
    /// Whole number of 64 bits.
    BigInteger,
    /// Number in double precision.
    Float,
    /// Text of at most this many characters.
    String(u16),
    /// Text of any length.
    Text,
    /// True or false.
    Boolean,
    /// Day.
    Date,
    /// Time of day.
    Time,
    /// Day and time without time zone.
    DateTime,
    /// Moment, kept in UTC.
    Timestamp,
    /// Any JSON value.
    Json,
    /// UUID.
    Uuid,
    /// Relation to one item of another collection, which keeps its type of key.
    ManyToOne {
        /// The other collection.
        collection: String,
        /// Name of the field in the other collection that lists the items pointing to it.
        one_field: Option<String>,
    },
}

/// What a field has where nothing is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefaultValue {
    /// Text.
    Text(String),
    /// Whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
}

/// One field of a new collection.
#[derive(Debug, Clone)]
pub struct FieldDefinition {
    /// Name: ASCII letters, digits and underscores, at most 63.
    pub field: String,
    /// What it holds.
    pub kind: FieldType,
    /// Whether each item needs a value.
    pub required: bool,
    /// Whether no two items may have the same value.
    pub unique: bool,
    /// Value where none is given.
    pub default: Option<DefaultValue>,
    /// Explanation for people and for the model.
    pub note: Option<String>,
    /// The values to choose from, where there is a choice.
    pub choices: Vec<String>,
    /// Directus `special` flags beyond those that come with the type, such as `date-created`.
    pub special: Vec<String>,
}

impl FieldDefinition {
    /// An optional field without default.
    pub fn new(field: impl Into<String>, kind: FieldType) -> Self {
        Self {
            field: field.into(),
            kind,
            required: false,
            unique: false,
            default: None,
            note: None,
            choices: Vec::new(),
            special: Vec::new(),
        }
    }

    /// Each item needs a value.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// No two items have the same value.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// With a value where none is given.
    #[must_use]
    pub fn with_default(mut self, default: DefaultValue) -> Self {
        self.default = Some(default);
        self
    }

    /// With an explanation.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// With a fixed choice of values.
    #[must_use]
    pub fn with_choices(mut self, choices: &[&str]) -> Self {
        self.choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
        self
    }

    /// With a Directus `special` flag.
    #[must_use]
    pub fn with_special(mut self, special: impl Into<String>) -> Self {
        self.special.push(special.into());
        self
    }
}

/// A new collection. Its primary key is the field `id`.
#[derive(Debug, Clone)]
pub struct CollectionDefinition {
    /// Name: ASCII letters, digits and underscores, at most 63, no reserved prefix.
    pub collection: String,
    /// The key.
    pub primary_key: PrimaryKey,
    /// The other fields, in order.
    pub fields: Vec<FieldDefinition>,
    /// Explanation for people and for the model.
    pub note: Option<String>,
    /// Name of a Material icon.
    pub icon: Option<String>,
    /// How one item is shown in a line, such as `{{title}}`.
    pub display_template: Option<String>,
}

impl CollectionDefinition {
    /// A collection without fields besides its key.
    pub fn new(collection: impl Into<String>, primary_key: PrimaryKey) -> Self {
        Self {
            collection: collection.into(),
            primary_key,
            fields: Vec::new(),
            note: None,
            icon: None,
            display_template: None,
        }
    }

    /// With one more field.
    #[must_use]
    pub fn field(mut self, field: FieldDefinition) -> Self {
        self.fields.push(field);
        self
    }

    /// With an explanation.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// With a Material icon.
    #[must_use]
    pub fn with_icon(mut self, icon: impl Into<String>) -> Self {
        self.icon = Some(icon.into());
        self
    }

    /// With a line that shows an item.
    #[must_use]
    pub fn with_display_template(mut self, template: impl Into<String>) -> Self {
        self.display_template = Some(template.into());
        self
    }
}
