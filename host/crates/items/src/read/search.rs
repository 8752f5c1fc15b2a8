//! Full-text search, in the way of Directus: every readable field that could hold the text.

use palisade_data::DataError;
use sea_query::{Expr, ExprTrait, LikeExpr};

use crate::{
    filter::{Composer, FieldReference, Place, View, any, pattern},
    limits::MAXIMUM_SEARCH,
    permissions::Uses,
    schema::{Collection, FieldType},
};

/// A search: the text, and the fields that the caller may compare.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    text: String,
    fields: Vec<(String, FieldType)>,
}

impl Search {
    /// Plans a search. An empty text is no search.
    pub(crate) fn plan(
        text: Option<&str>,
        rights: &crate::permissions::Rights,
        collection: &Collection,
        uses: &mut Uses,
    ) -> Result<Option<Self>, DataError> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
        if text.chars().count() > MAXIMUM_SEARCH || text.contains('\0') {
            return Err(DataError::InvalidQuery(format!(
                "\"search\" takes at most {MAXIMUM_SEARCH} characters, and no NUL"
            )));
        }
        let number = text.trim().parse::<f64>().is_ok();
        let fields: Vec<(String, FieldType)> = collection
            .fields
            .iter()
            .filter(|field| {
                field.kind.is_text()
                    || field.kind == FieldType::Uuid
                    || (number && field.kind.is_numeric())
            })
            .filter(|field| rights.allows_comparing(collection, &field.name))
            .map(|field| (field.name.clone(), field.kind))
            .collect();
        for (field, _) in &fields {
            uses.touch(&collection.name, field);
        }
        Ok(Some(Self { text: text.to_owned(), fields }))
    }

    /// The condition: one of the fields holds the text. Nothing to search in finds nothing.
    pub(crate) fn condition(
        &self,
        composer: &Composer<'_>,
        collection: &Collection,
        table: &str,
    ) -> Result<Expr, DataError> {
        let mut conditions = Vec::with_capacity(self.fields.len());
        for (field, kind) in &self.fields {
            let value =
                composer.value(collection, table, &FieldReference::plain(field), View::Caller);
            conditions.push(if kind.is_text() {
                let pattern =
                    pattern(&self.text, Place::Anywhere).map_err(DataError::InvalidQuery)?;
                value.like(LikeExpr::new(pattern).escape('\\'))
            } else if kind.is_numeric() {
                match (self.text.trim().parse::<i64>(), self.text.trim().parse::<f64>()) {
                    (Ok(number), _) => value.eq(number),
                    (_, Ok(number)) if number.is_finite() => value.eq(number),
                    _ => continue,
                }
            } else {
                value.eq(self.text.to_ascii_lowercase())
            });
        }
        Ok(any(conditions))
    }
}
