//! The sample's collections and policies.

use serde_json::{Value, json};

use crate::{
    Action, CollectionDefinition, DefaultValue, FieldDefinition, FieldType, PermissionDefinition,
    PolicyDefinition, PrimaryKey,
};

/// Seed of the sample's contents.
pub(super) const SEED: u64 = 0x6E65_7773_726F_6F6D;

/// Fields of `articles` that the office's policies show. `internal_note` is for admins.
const ARTICLE: [&str; 9] =
    ["id", "title", "slug", "body", "status", "published_on", "author", "category", "comments"];

/// Fields of `articles` that an editor writes.
const EDITED: [&str; 7] = ["title", "slug", "body", "status", "published_on", "author", "category"];

/// The collections, each after those it points to.
pub(super) fn collections() -> [CollectionDefinition; 4] {
    use FieldType::{Boolean, ManyToOne, String, Text, Timestamp};

    let to = |collection: &str, one_field: &str| ManyToOne {
        collection: collection.into(),
        one_field: Some(one_field.into()),
    };
    [
        CollectionDefinition::new("authors", PrimaryKey::AutoIncrement)
            .with_note("The people who write")
            .with_icon("person_edit")
            .with_display_template("{{name}}")
            .field(FieldDefinition::new("name", String(120)).required())
            .field(FieldDefinition::new("email", String(128)).unique())
            .field(FieldDefinition::new("beat", String(120)).with_note("What the author covers"))
            .field(FieldDefinition::new("bio", Text)),
        CollectionDefinition::new("categories", PrimaryKey::AutoIncrement)
            .with_note("Sections of the site")
            .with_icon("category")
            .with_display_template("{{name}}")
            .field(FieldDefinition::new("name", String(80)).required().unique())
            .field(FieldDefinition::new("slug", String(80)).required().unique())
            .field(FieldDefinition::new("description", Text)),
        CollectionDefinition::new("articles", PrimaryKey::AutoIncrement)
            .with_note("News stories, drafts and published")
            .with_icon("article")
            .with_display_template("{{title}}")
            .field(FieldDefinition::new("title", String(255)).required())
            .field(
                FieldDefinition::new("slug", String(255))
                    .unique()
                    .with_note("Last part of the article's address"),
            )
            .field(FieldDefinition::new("body", Text).with_note("Markdown"))
            .field(
                FieldDefinition::new("status", String(20))
                    .required()
                    .with_default(DefaultValue::Text("draft".into()))
                    .with_choices(&["draft", "published"]),
            )
            .field(
                FieldDefinition::new("internal_note", Text)
                    .with_note("For the desk only; never published"),
            )
            .field(FieldDefinition::new("published_on", Timestamp).with_note("Empty for drafts"))
            .field(FieldDefinition::new("author", to("authors", "articles")))
            .field(FieldDefinition::new("category", to("categories", "articles"))),
        CollectionDefinition::new("comments", PrimaryKey::AutoIncrement)
            .with_note("What readers wrote under articles")
            .with_icon("comment")
            .with_display_template("{{author_name}}")
            .field(FieldDefinition::new("article", to("articles", "comments")).required())
            .field(FieldDefinition::new("author_name", String(120)).required())
            .field(FieldDefinition::new("body", Text).required())
            .field(
                FieldDefinition::new("approved", Boolean)
                    .required()
                    .with_default(DefaultValue::Boolean(false)),
            )
            .field(FieldDefinition::new("created_on", Timestamp).with_special("date-created")),
    ]
}

/// The policies. Nobody but admins may delete anything, and nothing is open to the public.
pub(super) fn policies() -> [PolicyDefinition; 4] {
    let published = || json!({"status": {"_eq": "published"}});
    let read = |collection: &str, rule: Option<Value>| PermissionDefinition {
        rule,
        ..PermissionDefinition::new(collection, Action::Read, &["*"])
    };
    let articles = |action, fields: &[&str]| PermissionDefinition::new("articles", action, fields);
    [
        PolicyDefinition::new("Administrator")
            .with_description("Everything")
            .with_admin_access()
            .with_app_access(),
        PolicyDefinition::new("editor")
            .with_description("Writes articles; doesn't see internal notes; deletes nothing")
            .with_app_access()
            .permission(articles(Action::Read, &ARTICLE))
            .permission(articles(Action::Create, &EDITED))
            .permission(articles(Action::Update, &EDITED))
            .permission(read("authors", None))
            .permission(read("categories", None))
            .permission(read("comments", None))
            .permission(read("directus_files", None)),
        PolicyDefinition::new("reader")
            .with_description("Reads what is published")
            .with_app_access()
            .permission(articles(Action::Read, &ARTICLE).with_rule(published()))
            .permission(read("authors", None))
            .permission(read("categories", None))
            .permission(read("comments", Some(json!({"article": published()}))))
            .permission(read("directus_files", None)),
        PolicyDefinition::new("api")
            .with_description("For programs: published articles, no app")
            .permission(articles(Action::Read, &without_comments()).with_rule(published())),
    ]
}

fn without_comments() -> Vec<&'static str> {
    ARTICLE.into_iter().filter(|field| *field != "comments").collect()
}

/// The policy that comes with a role.
pub(super) fn policy_of(role: &str) -> &'static str {
    match role {
        "Administrator" => "Administrator",
        "Editor" => "editor",
        "Reader" => "reader",
        _ => "api",
    }
}
