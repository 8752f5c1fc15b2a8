//! Going through a file's items, in any format, as often as needed.

use std::borrow::Cow;

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use serde_json::{Map, Value};

use super::{ImportError, ImportFormat, Position, cell::Cell, json};

/// Column for the names in an object of objects, whose field is `key`.
const NAMES: &str = "_key";

/// A file's items.
pub(super) enum Rows<'a> {
    Csv { bytes: &'a [u8], delimiter: u8, header: Vec<String> },
    Json(json::Items<'a>),
    Ndjson(&'a [u8]),
}

/// One item: its values by column.
pub(super) struct Row<'a> {
    pub(super) position: Position,
    pub(super) cells: Vec<(Cow<'a, str>, Cell<'a>)>,
}

/// Items, or the first error.
type RowIterator<'a> = Box<dyn Iterator<Item = Result<Row<'a>, ImportError>> + Send + 'a>;

impl<'a> Rows<'a> {
    /// Looks at the file's structure. A byte order mark is skipped.
    pub(super) fn of(bytes: &'a [u8], format: ImportFormat) -> Result<Self, ImportError> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        require_utf8(bytes)?;
        match format {
            ImportFormat::Csv => csv_rows(bytes),
            ImportFormat::Json => Ok(Self::Json(json::items(bytes)?)),
            ImportFormat::Ndjson => Ok(Self::Ndjson(bytes)),
        }
    }

    /// The items, one by one.
    pub(super) fn iter(&self) -> RowIterator<'_> {
        match self {
            Self::Csv { bytes, delimiter, header } => {
                let records = reader(bytes, *delimiter).into_records();
                Box::new(records.map(|record| csv_row(record, header)))
            }
            Self::Json(items) => Box::new(items.iter().zip(1..).map(|((name, item), number)| {
                let position = Position::Item(number);
                let mut row = json_row(item.get().as_bytes(), position)?;
                if let Some(name) = name
                    && !row.cells.iter().any(|(column, _)| column == NAMES)
                {
                    row.cells.insert(0, (NAMES.into(), Cell::Text(name.clone())));
                }
                Ok(row)
            })),
            Self::Ndjson(bytes) => Box::new(
                bytes
                    .split(|byte| *byte == b'\n')
                    .zip(1..)
                    .filter(|(line, _)| !line.iter().all(u8::is_ascii_whitespace))
                    .map(|(line, number)| json_row(line, Position::Line(number))),
            ),
        }
    }
}

fn require_utf8(bytes: &[u8]) -> Result<(), ImportError> {
    let Err(error) = std::str::from_utf8(bytes) else {
        return Ok(());
    };
    let good = bytes.iter().take(error.valid_up_to());
    let line = good.fold(1, |line, byte| line + u64::from(*byte == b'\n'));
    let reason = "the text is not UTF-8".into();
    Err(ImportError::Malformed { position: Position::Line(line), reason })
}

fn reader(bytes: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).from_reader(bytes)
}

fn csv_rows(bytes: &[u8]) -> Result<Rows<'_>, ImportError> {
    let delimiter = delimiter_of(bytes);
    let mut reader = reader(bytes, delimiter);
    let names = reader.headers().map_err(|error| csv_error(&error))?;
    if names.iter().all(str::is_empty) {
        return Err(ImportError::Empty);
    }
    let mut header: Vec<String> = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let name = name.trim();
        let name = if name.is_empty() { format!("column {}", index + 1) } else { name.to_owned() };
        if header.contains(&name) {
            return Err(ImportError::DuplicateColumn(name));
        }
        if header.len() == super::MAXIMUM_COLUMNS {
            return Err(ImportError::TooManyColumns);
        }
        header.push(name);
    }
    Ok(Rows::Csv { bytes, delimiter, header })
}

/// The one of comma, semicolon and tab that the header has most of, outside quotes.
fn delimiter_of(bytes: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in bytes {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            byte => {
                if let Some((_, count)) = counts.iter_mut().find(|(known, _)| known == byte) {
                    *count += 1;
                }
            }
        }
    }
    // `max_by_key` gives the last of equals; the comma is to win.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter)
}

fn csv_row<'a>(
    record: Result<StringRecord, csv::Error>,
    header: &'a [String],
) -> Result<Row<'a>, ImportError> {
    let record = record.map_err(|error| csv_error(&error))?;
    let line = record.position().map_or(0, csv::Position::line);
    let cells = header
        .iter()
        .zip(record.iter())
        .map(|(name, text)| {
            let cell = if text.is_empty() {
                Cell::Null
            } else {
                Cell::Untyped(Cow::Owned(text.to_owned()))
            };
            (Cow::Borrowed(name.as_str()), cell)
        })
        .collect();
    Ok(Row { position: Position::Line(line), cells })
}

fn csv_error(error: &csv::Error) -> ImportError {
    let line = error.position().map_or(1, csv::Position::line);
    let reason = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} values, but the header has {expected_len}")
        }
        _ => "the CSV is broken".into(),
    };
    ImportError::Malformed { position: Position::Line(line), reason }
}

fn json_row<'a>(text: &[u8], position: Position) -> Result<Row<'a>, ImportError> {
    if text.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(ImportError::Malformed { position, reason: "it is not an object".into() });
    }
    let object: Map<String, Value> =
        serde_json::from_slice(text).map_err(|error| json::malformed(position, &error))?;
    let cells = object.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    Ok(Row { position, cells })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_input_makes_reading_panic(text in ".*|[{}\\[\\]\",:0-9a-z\n;\t\\\\]*") {
            for format in [ImportFormat::Csv, ImportFormat::Json, ImportFormat::Ndjson] {
                if let Ok(rows) = Rows::of(text.as_bytes(), format) {
                    for row in rows.iter().flatten() {
                        let longest = row.cells.iter().map(|(name, _)| name.len()).max();
                        prop_assert!(longest.is_none_or(|longest| longest <= text.len() + 20));
                    }
                }
            }
        }

        #[test]
        fn csv_gives_back_what_was_written(
            rows in prop::collection::vec(prop::collection::vec("[^\r]*", 3), 1..5)
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["a", "b", "c"]).expect("written");
            for row in &rows {
                writer.write_record(row).expect("written");
            }
            let bytes = writer.into_inner().expect("bytes");
            let read = Rows::of(&bytes, ImportFormat::Csv).expect("a header");
            let texts: Vec<Vec<String>> = read
                .iter()
                .map(|row| row.expect("a row").cells.iter().map(|(_, cell)| cell.text().into_owned()).collect())
                .collect();
            prop_assert_eq!(texts, rows);
        }
    }

    #[test]
    fn the_delimiter_is_what_the_header_uses() {
        for (text, delimiter) in [
            ("a,b\n1;2;3", b','),
            ("a;b;c,d", b';'),
            ("a\tb", b'\t'),
            ("\"a;b;c\",d", b','),
            ("a", b','),
        ] {
            assert_eq!(delimiter_of(text.as_bytes()), delimiter, "{text}");
        }
    }
}
