//! Directus's field types, as far as SQLite tables have them.

/// Type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// No column: the many side of a relation, or a group of the interface.
    Alias,
    /// Whole number of 64 bits.
    BigInteger,
    /// Bytes; never read or written.
    Binary,
    /// True or false.
    Boolean,
    /// List of strings, stored with commas.
    Csv,
    /// `YYYY-MM-DD`.
    Date,
    /// `YYYY-MM-DDTHH:MM:SS`, without a zone.
    DateTime,
    /// Number; SQLite keeps it as a float.
    Decimal,
    /// Floating-point number.
    Float,
    /// Whole number of 32 bits.
    Integer,
    /// Any JSON value.
    Json,
    /// Text with a length limit.
    String,
    /// Text.
    Text,
    /// `HH:MM:SS`.
    Time,
    /// RFC 3339 in UTC with milliseconds.
    Timestamp,
    /// UUID in lower case.
    Uuid,
}

impl FieldType {
    /// Directus's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alias => "alias",
            Self::BigInteger => "bigInteger",
            Self::Binary => "binary",
            Self::Boolean => "boolean",
            Self::Csv => "csv",
            Self::Date => "date",
            Self::DateTime => "dateTime",
            Self::Decimal => "decimal",
            Self::Float => "float",
            Self::Integer => "integer",
            Self::Json => "json",
            Self::String => "string",
            Self::Text => "text",
            Self::Time => "time",
            Self::Timestamp => "timestamp",
            Self::Uuid => "uuid",
        }
    }

    /// The type of a column by its declared SQL type and the field's `special` flags.
    pub(crate) fn of_column(declared: &str, special: &[String]) -> Self {
        for flag in special {
            match flag.as_str() {
                "cast-json" => return Self::Json,
                "cast-csv" | "csv" => return Self::Csv,
                "cast-boolean" | "boolean" => return Self::Boolean,
                "uuid" => return Self::Uuid,
                "cast-timestamp" => return Self::Timestamp,
                "cast-datetime" => return Self::DateTime,
                _ => {}
            }
        }
        let declared = declared.to_ascii_lowercase();
        let (base, argument) = match declared.split_once('(') {
            Some((base, rest)) => (base.trim(), rest.trim_end_matches(')').trim()),
            None => (declared.trim(), ""),
        };
        match base {
            "integer" | "int" | "smallint" | "tinyint" | "mediumint" => Self::Integer,
            "bigint" => Self::BigInteger,
            "float" | "real" | "double" | "double precision" => Self::Float,
            "decimal" | "numeric" => Self::Decimal,
            "boolean" | "bool" => Self::Boolean,
            "datetime" => Self::DateTime,
            "date" => Self::Date,
            "time" => Self::Time,
            "timestamp" => Self::Timestamp,
            "json" => Self::Json,
            "char" if argument == "36" => Self::Uuid,
            "uuid" => Self::Uuid,
            "varchar" | "char" | "character" | "nvarchar" => Self::String,
            "blob" => Self::Binary,
            _ => Self::Text,
        }
    }

    /// Length limit that a declared SQL type sets, in characters.
    pub(crate) fn length_of(declared: &str) -> Option<usize> {
        let (_, rest) = declared.split_once('(')?;
        rest.trim_end_matches(')').trim().parse().ok()
    }

    /// Whether values are numbers.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::BigInteger | Self::Decimal | Self::Float | Self::Integer)
    }

    /// Whether values are dates or times.
    pub fn is_temporal(self) -> bool {
        matches!(self, Self::Date | Self::DateTime | Self::Time | Self::Timestamp)
    }

    /// Whether values are text.
    pub fn is_text(self) -> bool {
        matches!(self, Self::String | Self::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_and_flags_give_directus_types() {
        for (declared, special, expected) in [
            ("integer", "", FieldType::Integer),
            ("BIGINT", "", FieldType::BigInteger),
            ("varchar(255)", "", FieldType::String),
            ("char(36)", "", FieldType::Uuid),
            ("char(2)", "", FieldType::String),
            ("decimal(10, 2)", "", FieldType::Decimal),
            ("text", "cast-json", FieldType::Json),
            ("text", "cast-csv", FieldType::Csv),
            ("timestamp", "date-created", FieldType::Timestamp),
            ("", "", FieldType::Text),
        ] {
            assert_eq!(FieldType::of_column(declared, &[special.into()]), expected, "{declared}");
        }
        assert_eq!(FieldType::length_of("varchar(50)"), Some(50));
        assert_eq!(FieldType::length_of("text"), None);
    }
}
