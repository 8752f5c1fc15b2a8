//! What the conversation knows about the project: the results of its `schema` calls.

use serde_json::Value;

use super::{
    lexer::{Kind, Token},
    names::{same, segments, singular, squash},
    value::number,
};

/// A field of a collection. Only `name` is known from an overview.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldView {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) choices: Vec<Value>,
    /// The collection that a many-to-one field points to.
    pub(super) points_to: Option<String>,
    /// Whether the field holds other collections' items (one-to-many and the like).
    pub(super) holds_many: bool,
}

/// A collection.
#[derive(Debug, Clone, Default)]
pub(super) struct CollectionView {
    pub(super) name: String,
    pub(super) note: Option<String>,
    pub(super) primary_key: String,
    pub(super) fields: Vec<FieldView>,
    pub(super) display_template: Option<String>,
    /// Whether types and choices are known.
    pub(super) detailed: bool,
}

/// All collections that are known.
#[derive(Debug, Clone, Default)]
pub(super) struct SchemaView {
    pub(super) collections: Vec<CollectionView>,
    /// Whether an overview was among the results.
    pub(super) complete: bool,
}

/// A collection's name found in a sentence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mention {
    pub(super) collection: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    score: usize,
}

/// Fields that tell people which item is which, best first.
const DISPLAY: [&str; 16] = [
    "title",
    "name",
    "label",
    "headline",
    "subject",
    "display_name",
    "full_name",
    "filename_download",
    "email",
    "question",
    "body",
    "text",
    "content",
    "comment",
    "slug",
    "key",
];

impl SchemaView {
    /// Takes in the result of a `schema` call. `overview`: the call named no collections.
    pub(super) fn learn(&mut self, result: &Value, overview: bool) {
        let list = match result {
            Value::Array(list) => list.as_slice(),
            Value::Object(object) => match object.get("collections").or(object.get("data")) {
                Some(Value::Array(list)) => list.as_slice(),
                _ => std::slice::from_ref(result),
            },
            _ => return,
        };
        for collection in list.iter().filter_map(CollectionView::from_json) {
            match self.collections.iter_mut().find(|known| known.name == collection.name) {
                Some(known) if known.detailed && !collection.detailed => {}
                Some(known) => *known = collection,
                None => self.collections.push(collection),
            }
        }
        self.complete |= overview && !self.collections.is_empty();
    }

    pub(super) fn named(&self, name: &str) -> Option<&CollectionView> {
        self.collections.iter().find(|collection| collection.name == name)
    }

    /// The places where a sentence names collections, exact names only if there are any.
    pub(super) fn mentions(&self, tokens: &[Token], from: usize) -> Vec<Mention> {
        let mut found: Vec<Mention> = Vec::new();
        let mut start = from;
        while start < tokens.len() {
            let best = self.mention_at(tokens, start);
            start = best.map_or(start + 1, |mention| mention.end);
            found.extend(best);
        }
        let exact = found.iter().any(|mention| mention.score >= EXACT);
        found.retain(|mention| !exact || mention.score >= EXACT);
        found
    }

    /// The collection whose name begins at a place, exact or by a part.
    pub(super) fn mention_at(&self, tokens: &[Token], start: usize) -> Option<Mention> {
        (1..=3)
            .rev()
            .filter_map(|length| self.best_at(tokens, start, start + length))
            .max_by_key(|mention| mention.score)
    }

    fn best_at(&self, tokens: &[Token], start: usize, end: usize) -> Option<Mention> {
        let window = tokens.get(start..end)?;
        if window.iter().any(|token| token.kind != Kind::Word) {
            return None;
        }
        let written = squash(&window.iter().map(|token| token.word.as_str()).collect::<String>());
        let (score, collection) = self
            .collections
            .iter()
            .enumerate()
            .map(|(index, collection)| (similarity(&written, &collection.name, end - start), index))
            .max_by_key(|(score, index)| (*score, usize::MAX - index))?;
        (score > 0).then_some(Mention { collection, start, end, score })
    }

    /// The field by which people know the items of a collection.
    pub(super) fn display_of(&self, collection: &str) -> Option<&str> {
        Some(self.named(collection)?.display())
    }
}

const EXACT: usize = 100;

/// How well a written name fits a collection's: the whole name, its last part, a part, a beginning.
fn similarity(written: &str, name: &str, words: usize) -> usize {
    let one = singular(written);
    if same(written, name) {
        return EXACT + words;
    }
    if words > 1 || one.chars().count() < 4 {
        return 0;
    }
    let parts = segments(name);
    if parts.last().is_some_and(|part| singular(part) == one) {
        50
    } else if parts.iter().any(|part| singular(part) == one) {
        40
    } else if parts.iter().any(|part| part.starts_with(&one)) {
        30
    } else {
        0
    }
}

impl CollectionView {
    fn from_json(value: &Value) -> Option<Self> {
        let name = value.get("collection").or(value.get("name"))?.as_str()?.to_owned();
        let fields: Vec<FieldView> = match value.get("fields") {
            Some(Value::Array(fields)) => fields.iter().filter_map(FieldView::from_json).collect(),
            Some(Value::Object(fields)) => fields
                .iter()
                .map(|(name, field)| FieldView {
                    name: name.clone(),
                    ..FieldView::from_json(field).unwrap_or_default()
                })
                .collect(),
            _ => Vec::new(),
        };
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(String::from);
        let detailed = fields.iter().any(|field| !field.kind.is_empty());
        let primary_key = text("primary_key").unwrap_or_else(|| "id".to_owned());
        Some(Self {
            name,
            note: text("note").filter(|note| !note.is_empty()),
            primary_key,
            fields,
            display_template: text("display_template"),
            detailed,
        })
    }

    pub(super) fn field(&self, name: &str) -> Option<&FieldView> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field by which people know an item: the display template's first, else by its name, else
    /// the first text.
    pub(super) fn display(&self) -> &str {
        let template = self.display_template.as_deref().and_then(|template| {
            let (_, rest) = template.split_once("{{")?;
            let (name, _) = rest.split_once("}}")?;
            self.field(name.trim())
        });
        // People aren't known by their job title.
        let user = self.field("email").filter(|_| self.name == "directus_users");
        template
            .or(user)
            .or_else(|| DISPLAY.iter().find_map(|name| self.field(name)))
            .or_else(|| {
                self.fields.iter().find(|field| {
                    segments(&field.name)
                        .last()
                        .is_some_and(|part| part == "name" || part == "title")
                })
            })
            .or_else(|| {
                self.fields
                    .iter()
                    .find(|field| field.kind == "string" && field.name != self.primary_key)
            })
            .map_or(self.primary_key.as_str(), |field| field.name.as_str())
    }

    /// The field whose name stands at a place of the sentence, and the length of the name in tokens.
    pub(super) fn field_at(&self, tokens: &[Token], at: usize) -> Option<(&FieldView, usize)> {
        (1..=3).rev().find_map(|length| {
            let window = tokens.get(at..at + length)?;
            if window.iter().any(|token| token.kind != Kind::Word) {
                return None;
            }
            let written: String = window.iter().map(|token| token.word.as_str()).collect();
            Some((self.field_written(&written)?, length))
        })
    }

    /// The field that a name means, in the spellings that people use.
    pub(super) fn field_written(&self, written: &str) -> Option<&FieldView> {
        self.fields.iter().find(|field| same(&field.name, written)).or_else(|| {
            match singular(&squash(written)).as_str() {
                "id" | "key" => self.field(&self.primary_key),
                "title" | "name" => self.field(self.display()),
                "date" => self.date_field(),
                _ => None,
            }
        })
    }

    /// The field that a word means where only a field can stand: also by a part of its name.
    pub(super) fn field_like(&self, written: &str) -> Option<&FieldView> {
        let one = singular(&squash(written));
        self.field_written(written).or_else(|| {
            let mut fitting = self.fields.iter().filter(|field| {
                one.chars().count() >= 3
                    && segments(&field.name).iter().any(|part| singular(part) == one)
            });
            fitting.next().filter(|_| fitting.next().is_none())
        })
    }

    /// The date by which items are newer or older.
    pub(super) fn date_field(&self) -> Option<&FieldView> {
        let dates = || self.fields.iter().filter(|field| field.is_date());
        ["publish", "created", "date", "updated"]
            .iter()
            .find_map(|part| dates().find(|field| field.name.contains(part)))
            .or_else(|| dates().next())
    }

    /// The field and value that a word alone means: a choice, or a field that is true or false.
    pub(super) fn choice(&self, word: &str) -> Option<(&FieldView, Value)> {
        if word.is_empty() {
            return None;
        }
        let choice = self.fields.iter().find_map(|field| Some((field, field.choice(word)?)));
        choice.or_else(|| {
            let (positive, negated) = match word.strip_prefix("un") {
                Some(rest) if rest.len() > 3 => (rest, true),
                _ => (word, false),
            };
            let flag =
                self.fields.iter().filter(|field| field.kind == "boolean").find(|field| {
                    same(&field.name, positive) || same(&field.name, &format!("is{positive}"))
                })?;
            Some((flag, Value::Bool(!negated)))
        })
    }
}

impl FieldView {
    fn from_json(value: &Value) -> Option<Self> {
        if let Some(name) = value.as_str() {
            return Some(Self { name: name.to_owned(), ..Self::default() });
        }
        let text =
            |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let choices = match value.get("choices") {
            Some(Value::Array(choices)) => {
                choices.iter().map(|choice| choice.get("value").unwrap_or(choice).clone()).collect()
            }
            _ => Vec::new(),
        };
        let relation = value.get("relation");
        let relation_kind = relation.and_then(|r| r.get("type")).and_then(Value::as_str);
        let related = relation.and_then(|r| r.get("collection")).and_then(Value::as_str);
        let to_one = relation_kind.is_none_or(|kind| kind == "m2o");
        let mut field = Self {
            name: text("field"),
            kind: text("type"),
            choices,
            points_to: related.filter(|_| to_one).map(String::from),
            holds_many: relation.is_some_and(|relation| !relation.is_null()) && !to_one,
        };
        field.holds_many |= field.kind == "alias";
        Some(field)
    }

    pub(super) fn is_date(&self) -> bool {
        matches!(self.kind.as_str(), "date" | "dateTime" | "timestamp")
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self.kind.as_str(), "integer" | "bigInteger" | "float" | "decimal")
    }

    /// The choice that a word means: `drafts` means `draft`.
    pub(super) fn choice(&self, word: &str) -> Option<Value> {
        self.choices
            .iter()
            .find(|choice| match choice {
                Value::String(text) => same(text, word),
                other => number(word).is_some_and(|number| **other == Value::Number(number)),
            })
            .cloned()
    }
}
