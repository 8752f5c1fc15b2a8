//! The system permissions that `app_access` brings along: a person's own user, roles, policies and
//! activity, and the project's settings. Nothing here can be written.

use serde_json::{Value, json};

use super::{Action, PermissionRow};

/// Fields of the own user. Secrets among Directus's (`password`, `tfa_secret`) read as asterisks.
const OWN_USER: [&str; 18] = [
    "id",
    "first_name",
    "last_name",
    "last_page",
    "email",
    "password",
    "location",
    "title",
    "description",
    "tags",
    "avatar",
    "language",
    "appearance",
    "theme_light",
    "theme_dark",
    "tfa_secret",
    "status",
    "role",
];

/// The rows.
pub(super) fn rows() -> Vec<PermissionRow> {
    let read = |collection, fields: &[&str], rule: Value| {
        PermissionRow::new(collection, Action::Read, fields, rule)
    };
    vec![
        read("directus_users", &OWN_USER, json!({"id": {"_eq": "$CURRENT_USER"}})),
        read("directus_roles", &["*"], json!({"id": {"_in": "$CURRENT_ROLES"}})),
        read(
            "directus_policies",
            &["id", "name", "icon", "description", "app_access", "admin_access", "enforce_tfa"],
            json!({"id": {"_in": "$CURRENT_POLICIES"}}),
        ),
        read("directus_activity", &["*"], json!({"user": {"_eq": "$CURRENT_USER"}})),
        read("directus_settings", &["*"], json!({})),
    ]
}
