//! Reads the structure from SQLite's catalogue and Directus's tables.

use std::collections::{BTreeMap, BTreeSet};

use palisade_data::DataError;
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    Collection, Field, FieldType, Relation, SchemaSnapshot,
    system::{self, is_reserved},
};
use crate::rows::{flag, json, list, number, text};

/// Loads all registered collections. A table without a row in `directus_collections`, or without a
/// primary key of one column, does not exist for the engine.
pub(crate) async fn load(connection: &mut SqliteConnection) -> Result<SchemaSnapshot, DataError> {
    let columns = columns(connection).await?;
    let mut collections = BTreeMap::new();
    for (name, note) in system::COLLECTIONS {
        if let Some((primary_key, fields)) = columns.get(name) {
            let mut collection = blank(name, primary_key, fields.clone());
            collection.note = Some(note.to_owned());
            collection.system = true;
            mark_system_fields(&mut collection);
            collections.insert(name.to_owned(), collection);
        }
    }
    for row in fetch(connection, COLLECTIONS).await? {
        let Some(name) = text(&row, 0)? else { continue };
        let Some((primary_key, fields)) = columns.get(&name) else { continue };
        if is_reserved(&name) {
            continue;
        }
        let mut collection = blank(&name, primary_key, fields.clone());
        collection.note = text(&row, 1)?;
        collection.display_template = text(&row, 2)?;
        collection.singleton = flag(&row, 3)?;
        collection.accountability = text(&row, 4)?;
        collection.sort_field = text(&row, 5)?;
        collection.icon = text(&row, 6)?;
        collection.hidden = flag(&row, 7)?;
        collections.insert(name, collection);
    }
    describe_fields(connection, &mut collections).await?;
    relate(connection, &mut collections).await?;
    for collection in collections.values_mut() {
        collection.fields.sort_by_key(|field| field.sort.unwrap_or(i64::MAX));
        collection.index();
    }
    Ok(SchemaSnapshot { collections })
}

const COLUMNS: &str = "select m.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk, c.hidden \
                       from sqlite_master m join pragma_table_xinfo(m.name) c \
                       where m.type = 'table' order by m.name, c.cid";
const COLLECTIONS: &str = "select collection, note, display_template, singleton, accountability, \
                           sort_field, icon, hidden from directus_collections";
const FIELDS: &str = "select collection, field, special, note, interface, options, required, \
                      readonly, hidden, sort, validation, validation_message \
                      from directus_fields order by collection, sort, id";
const RELATIONS: &str = "select many_collection, many_field, one_collection, one_field, sort_field, \
                         one_deselect_action from directus_relations order by id";

async fn fetch(
    connection: &mut SqliteConnection,
    sql: &'static str,
) -> Result<Vec<SqliteRow>, DataError> {
    sqlx::query(sql).fetch_all(connection).await.map_err(DataError::internal)
}

type Tables = BTreeMap<String, (String, Vec<Field>)>;

/// Columns of every table that has exactly one primary key column.
async fn columns(connection: &mut SqliteConnection) -> Result<Tables, DataError> {
    let mut tables: BTreeMap<String, (Vec<String>, Vec<Field>)> = BTreeMap::new();
    for row in fetch(connection, COLUMNS).await? {
        let (Some(table), Some(name)) = (text(&row, 0)?, text(&row, 1)?) else { continue };
        let declared = text(&row, 2)?.unwrap_or_default();
        let is_key = number(&row, 5)?.unwrap_or(0) > 0;
        let (keys, fields) = tables.entry(table).or_default();
        if is_key {
            keys.push(name.clone());
        }
        fields.push(Field {
            kind: FieldType::of_column(&declared, &[]),
            nullable: !flag(&row, 3)? && !is_key,
            default: text(&row, 4)?,
            generated: number(&row, 6)?.unwrap_or(0) > 0,
            // In SQLite exactly this declaration makes the column an alias of the row id.
            auto_increment: is_key && declared.eq_ignore_ascii_case("integer"),
            max_length: FieldType::length_of(&declared),
            ..alias(&name)
        });
    }
    Ok(tables
        .into_iter()
        .filter_map(|(table, (mut keys, fields))| {
            let key = keys.pop()?;
            keys.is_empty().then_some((table, (key, fields)))
        })
        .collect())
}

fn alias(name: &str) -> Field {
    Field {
        name: name.to_owned(),
        kind: FieldType::Alias,
        nullable: true,
        default: None,
        generated: false,
        auto_increment: false,
        max_length: None,
        special: Vec::new(),
        note: None,
        interface: None,
        options: None,
        required: false,
        readonly: false,
        hidden: false,
        sort: None,
        validation: None,
        validation_message: None,
        relation: None,
        secret: false,
    }
}

fn blank(name: &str, primary_key: &str, fields: Vec<Field>) -> Collection {
    Collection {
        name: name.to_owned(),
        primary_key: primary_key.to_owned(),
        note: None,
        display_template: None,
        icon: None,
        singleton: false,
        hidden: false,
        accountability: None,
        sort_field: None,
        system: false,
        fields,
        positions: BTreeMap::new(),
    }
}

fn mark_system_fields(collection: &mut Collection) {
    let name = collection.name.as_str();
    for field in &mut collection.fields {
        let place = (name, field.name.as_str());
        field.secret = system::SECRETS.contains(&place);
        if system::LISTS.contains(&place) {
            field.kind = FieldType::Csv;
        }
        field.relation = system::RELATIONS
            .iter()
            .find(|(many, column, _)| (*many, *column) == place)
            .map(|(_, _, one)| Relation::ManyToOne { collection: (*one).to_owned() });
    }
}

/// Adds what `directus_fields` says; a row without a column is an alias.
async fn describe_fields(
    connection: &mut SqliteConnection,
    collections: &mut BTreeMap<String, Collection>,
) -> Result<(), DataError> {
    for row in fetch(connection, FIELDS).await? {
        let (Some(collection), Some(name)) = (text(&row, 0)?, text(&row, 1)?) else { continue };
        let Some(collection) = collections.get_mut(&collection) else { continue };
        let system = collection.system;
        let position = collection.fields.iter().position(|field| field.name == name);
        let position = position.unwrap_or_else(|| {
            collection.fields.push(alias(&name));
            collection.fields.len() - 1
        });
        let Some(field) = collection.fields.get_mut(position) else { continue };
        field.special = list(&row, 2)?;
        field.note = text(&row, 3)?;
        field.interface = text(&row, 4)?;
        field.options = json(&row, 5)?;
        field.required = flag(&row, 6)?;
        field.readonly = flag(&row, 7)?;
        field.hidden = flag(&row, 8)?;
        field.sort = number(&row, 9)?;
        field.validation = json(&row, 10)?;
        field.validation_message = text(&row, 11)?;
        // A row in directus_fields can conceal a system field, never reveal one.
        field.secret |= field.has_special("conceal") || field.has_special("hash");
        if !system && field.is_column() {
            let flagged = FieldType::of_column("text", &field.special);
            if flagged != FieldType::Text {
                field.kind = flagged;
            }
        }
    }
    Ok(())
}

/// Adds what `directus_relations` says, on both sides.
async fn relate(
    connection: &mut SqliteConnection,
    collections: &mut BTreeMap<String, Collection>,
) -> Result<(), DataError> {
    let names: BTreeSet<String> = collections.keys().cloned().collect();
    for row in fetch(connection, RELATIONS).await? {
        let (Some(many), Some(column)) = (text(&row, 0)?, text(&row, 1)?) else { continue };
        let Some(source) = collections.get_mut(&many) else { continue };
        let Some(field) = source.fields.iter_mut().find(|field| field.name == column) else {
            continue;
        };
        let Some(one) = text(&row, 2)? else {
            field.relation = Some(Relation::ManyToAny);
            continue;
        };
        if !field.is_column() || !names.contains(&one) {
            continue;
        }
        field.relation = Some(Relation::ManyToOne { collection: one.clone() });
        let (Some(name), Some(target)) = (text(&row, 3)?, collections.get_mut(&one)) else {
            continue;
        };
        let relation = Relation::OneToMany {
            collection: many,
            field: column,
            sort_field: text(&row, 4)?,
            deletes: text(&row, 5)?.as_deref() == Some("delete"),
        };
        match target.fields.iter_mut().find(|field| field.name == name) {
            Some(field) if field.is_column() => {}
            Some(field) => field.relation = Some(relation),
            None => target.fields.push(Field { relation: Some(relation), ..alias(&name) }),
        }
    }
    Ok(())
}
