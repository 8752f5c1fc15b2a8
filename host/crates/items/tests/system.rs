//! System collections, policies of callers, the structure, and the view of all permissions.

mod support;

use std::net::IpAddr;

use palisade_data::{DataBackend, Operation};
use palisade_items::resolve_accountability;
use serde_json::{Value, json};
use support::*;

#[tokio::test]
async fn system_collections() {
    let secrets = json!([["directus_users", "read", "*"]]);
    let refused = |field: &str| -> Expect {
        refuses("FORBIDDEN", Box::leak(format!("You don't have permission to access field \"{field}\" in collection \"directus_users\" or it does not exist. Queried in root.").into_boxed_str()))
    };
    hold(vec![
        case("without app access a user has no own user either", json!([]), read("directus_users", json!({})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"directus_users\" or it does not exist. Queried in root.")),
        case_as(app_user(), "app access shows the own user", json!([]), read("directus_users", json!({"fields": "first_name,email,role,status"})),
            gives(json!([{"first_name": "Me", "email": "me@example.com", "role": ROLE, "status": "active"}]))),
        case_as(app_user(), "not the token", json!([]), read("directus_users", json!({"fields": "token"})), refused("token")),
        case_as(app_user(), "the own role", json!([]), read("directus_roles", json!({"fields": "name"})), gives(json!([{"name": "Editors"}]))),
        case_as(app_user(), "the role through the user", json!([]), read("directus_users", json!({"fields": "role.name"})), gives(json!([{"role": {"name": "Editors"}}]))),
        case_as(app_user(), "the own policies", json!([]), read("directus_policies", json!({"fields": "name"})), gives(json!([{"name": "Policy"}]))),
        case_as(app_user(), "the settings", json!([]), read("directus_settings", json!({"fields": "project_name"})), gives(json!([{"project_name": "The Project"}]))),
        case_as(app_user(), "no permissions of policies", json!([]), read("directus_permissions", json!({})),
            refuses("FORBIDDEN", "You don't have permission to access collection \"directus_permissions\" or it does not exist. Queried in root.")),
        case_as(admin(), "secrets are asterisks where set", json!([]), read("directus_users", json!({"fields": "first_name,password,token,tfa_secret,auth_data"})),
            gives(json!([{"first_name": "Me", "password": "**********", "token": "**********", "tfa_secret": null, "auth_data": null},
                {"first_name": "Other", "password": "**********", "token": null, "tfa_secret": null, "auth_data": null}]))),
        case("also with a permission for everything", secrets.clone(), read("directus_users", json!({"fields": "password", "limit": 1})), gives(json!([{"password": "**********"}]))),
        case_as(admin(), "secrets under another name", json!([]), read("directus_users", json!({"fields": "x", "alias": {"x": "token"}, "limit": 1})), gives(json!([{"x": "**********"}]))),
        case_as(admin(), "secrets through a relation", json!([]), read("articles", json!({"fields": "owner.password", "limit": 1})), gives(json!([{"owner": {"password": "**********"}}]))),
        case_as(admin(), "secrets can't be filtered by", json!([]), read("directus_users", json!({"filter": {"password": {"_starts_with": "h"}}})), refused("password")),
        case_as(admin(), "nor by being set", json!([]), read("directus_users", json!({"filter": {"token": {"_null": true}}})), refused("token")),
        case_as(admin(), "nor through a relation", json!([]), read("articles", json!({"filter": {"owner": {"token": {"_null": true}}}})),
            refuses("FORBIDDEN", "You don't have permission to access field \"token\" in collection \"directus_users\" or it does not exist. Queried in owner.")),
        case_as(admin(), "nor sorted", json!([]), read("directus_users", json!({"sort": "password"})), refused("password")),
        case_as(admin(), "nor sorted through a relation", json!([]), read("articles", json!({"sort": "owner.password"})),
            refuses("FORBIDDEN", "You don't have permission to access field \"password\" in collection \"directus_users\" or it does not exist. Queried in owner.")),
        case_as(admin(), "nor grouped", json!([]), read("directus_users", json!({"aggregate": {"count": "*"}, "groupBy": "token"})), refused("token")),
        case_as(admin(), "nor aggregated", json!([]), read("directus_users", json!({"aggregate": {"max": "token"}})), refused("token")),
        case_as(admin(), "nor counted", json!([]), read("directus_users", json!({"fields": "count(auth_data)"})),
            refuses("INVALID_QUERY", "Invalid query. \"count()\" can't be used on field \"auth_data\".")),
        case_as(admin(), "nor searched", json!([]), read("directus_users", json!({"fields": "first_name", "search": "hash-of-me"})), gives(json!([]))),
        case_as(admin(), "a caller's own filter takes no dotted dynamic values", json!([]),
            read("articles", json!({"filter": {"title": "$CURRENT_USER.token"}})),
            refuses("INVALID_QUERY", "Invalid query. Dynamic values with a path are for permissions alone.")),
        case_as(admin(), "users can't be created", json!([]), create("directus_users", json!({"email": "x@example.com"})),
            refuses("FORBIDDEN", "You don't have permission to perform \"create\" for collection \"directus_users\" or it does not exist.")),
        case_as(admin(), "nor updated", json!([]), update("directus_users", json!([ME]), json!({"role": null})),
            refuses("FORBIDDEN", "You don't have permission to perform \"update\" for collection \"directus_users\" or it does not exist.")),
        case_as(admin(), "nor permissions deleted", json!([]), delete("directus_permissions", json!([1])),
            refuses("FORBIDDEN", "You don't have permission to perform \"delete\" for collection \"directus_permissions\" or it does not exist.")),
        case("not even with a permission", json!([["directus_users", "update", "*"]]), update("directus_users", json!([ME]), json!({"title": "Boss"})),
            refuses("FORBIDDEN", "You don't have permission to perform \"update\" for collection \"directus_users\" or it does not exist.")),
        case("nor nested in another item", json!([["directus_users", "update", "*"], ["articles", "update", "*"]]), update("articles", json!([1]), json!({"owner": {"id": ME, "title": "Boss"}})),
            refuses("FORBIDDEN", "You don't have permission to perform \"update\" for collection \"directus_users\" or it does not exist.")),
    ])
    .await;
}

#[tokio::test]
async fn policies_of_callers() {
    let world = World::new().await;
    world
        .run(
            "insert into directus_roles (id, name, parent) values ('child', 'Child', '33333333-3333-4333-8333-333333333333'), ('loop-a', 'A', null), ('loop-b', 'B', 'loop-a');
             update directus_roles set parent = 'loop-b' where id = 'loop-a';
             insert into directus_policies (id, name, admin_access, app_access, ip_access) values
               ('public', 'Public', 1, 1, null), ('parent', 'Parent', 0, 1, null), ('own', 'Own', 0, 0, null),
               ('personal', 'Personal', 0, 0, null), ('office', 'Office', 1, 0, '10.0.0.0/8,192.168.1.1');
             insert into directus_access (id, role, user, policy, sort) values
               ('a1', null, null, 'public', 1), ('a2', '33333333-3333-4333-8333-333333333333', null, 'parent', 1),
               ('a3', 'child', null, 'own', 1), ('a4', null, '11111111-1111-4111-8111-111111111111', 'personal', 1),
               ('a5', 'child', null, 'office', 2), ('a6', null, '22222222-2222-4222-8222-222222222222', 'personal', 1),
               ('a7', 'child', null, 'parent', 3);
             update directus_users set role = 'child' where id = '11111111-1111-4111-8111-111111111111';",
        )
        .await;
    let inside: IpAddr = [10, 1, 2, 3].into();
    let outside: IpAddr = [11, 1, 2, 3].into();
    for (name, user, ip, policies, admin, app) in [
        (
            "anonymous: the public ones, which open neither everything nor the app",
            None,
            Some(inside),
            vec!["public"],
            false,
            false,
        ),
        (
            "no role: the public ones and the user's",
            Some(OTHER),
            None,
            vec!["public", "personal"],
            false,
            false,
        ),
        (
            "parents first, the user's last, no public ones",
            Some(ME),
            Some(outside),
            vec!["parent", "own", "personal"],
            false,
            true,
        ),
        (
            "a policy for a network",
            Some(ME),
            Some(inside),
            vec!["parent", "own", "office", "personal"],
            true,
            true,
        ),
        (
            "an unknown address is in no network",
            Some(ME),
            None,
            vec!["parent", "own", "personal"],
            false,
            true,
        ),
    ] {
        let resolved = resolve_accountability(&world.lookups, user, ip).await.expect(name);
        assert_eq!(resolved.policies, policies, "{name}");
        assert_eq!((resolved.admin, resolved.app), (admin, app), "{name}");
    }
    let roles = resolve_accountability(&world.lookups, Some(ME), None).await.expect("roles").roles;
    assert_eq!(roles, ["child", ROLE]);
    world.run("update directus_users set role = 'loop-a' where id = '11111111-1111-4111-8111-111111111111'").await;
    let circle =
        resolve_accountability(&world.lookups, Some(ME), None).await.expect("a circle of roles");
    assert_eq!(circle.roles, ["loop-a", "loop-b"]);
    let unknown =
        resolve_accountability(&world.lookups, Some("nobody"), None).await.expect_err("unknown");
    assert_eq!(unknown.code(), "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn the_view_of_all_permissions() {
    let world = World::new().await;
    world
        .grant(&json!([
            ["articles", "read", "id,title", {"status": {"_eq": "published"}}],
            ["articles", "read", "note", {"id": 1}],
            ["articles", "update", "title", null, null, {"note": "preset"}],
            ["authors", "read", "*"],
            ["unregistered", "read", "*"],
        ]))
        .await;
    let none = json!({"access": "none"});
    assert_eq!(
        world.engine.permissions_of(&user()).await.expect("permissions"),
        json!({
            "articles": {
                "create": none,
                "read": {"access": "partial", "fields": ["id", "title", "note"]},
                "update": {"access": "full", "fields": ["title"], "presets": {"note": "preset"}},
                "delete": none, "share": none,
            },
            "authors": {
                "create": none, "read": {"access": "full", "fields": ["*"]},
                "update": none, "delete": none, "share": none,
            },
        })
    );
    let all = world.engine.permissions_of(&admin()).await.expect("permissions");
    assert_eq!(
        all["articles"]["delete"],
        json!({"access": "full", "full_access": true, "fields": ["*"]})
    );
    let app = world.engine.permissions_of(&app_user()).await.expect("permissions");
    assert_eq!(app["directus_users"]["read"]["access"], "partial");
}

fn schema(names: Option<&[&str]>) -> Operation {
    Operation::Schema {
        collections: names.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
    }
}

#[tokio::test]
async fn the_structure() {
    let grants = json!([
        ["articles", "read", "id,title,author,comments"],
        ["articles", "update", "status"],
        ["articles", "delete", null],
        ["authors", "read", "name"]
    ]);
    hold(vec![
        case("an overview of what may be used", grants.clone(), schema(None), gives(json!([
            {"collection": "articles", "note": "What they wrote", "primary_key": "id", "fields": ["id", "title", "status", "author", "comments"]},
            {"collection": "authors", "note": "People who write", "primary_key": "id", "fields": ["name"]},
        ]))),
        case("a collection in full", grants.clone(), schema(Some(&["articles"])), gives(json!([{
            "collection": "articles", "note": "What they wrote", "primary_key": "id", "display_template": "{{title}}", "singleton": false,
            "fields": [
                {"field": "id", "type": "integer", "required": false, "readonly": false, "note": null, "default": null},
                {"field": "title", "type": "string", "required": true, "readonly": false, "note": "Headline", "default": null},
                {"field": "status", "type": "string", "required": false, "readonly": false, "note": null, "default": "draft", "choices": ["draft", "published"]},
                {"field": "author", "type": "integer", "required": false, "readonly": false, "note": null, "default": null, "relation": {"type": "m2o", "collection": "authors"}},
                {"field": "comments", "type": "alias", "required": false, "readonly": false, "note": null, "default": null},
            ],
            "actions": ["read", "update", "delete"],
        }]))),
        case("a collection without permission", grants.clone(), schema(Some(&["articles", "comments"])),
            refuses("FORBIDDEN", "You don't have permission to access collection \"comments\" or it does not exist. Queried in root.")),
        case("a collection that doesn't exist", grants, schema(Some(&["nix"])),
            refuses("FORBIDDEN", "You don't have permission to access collection \"nix\" or it does not exist. Queried in root.")),
        case("nothing at all", json!([]), schema(None), gives(json!([]))),
    ])
    .await;
}

#[tokio::test]
async fn changes_by_others_are_noticed() {
    let world = World::new().await;
    let stranger = world.stranger().await;
    let titles = read("articles", json!({"limit": 1}));
    assert_eq!(
        world.execute(&user(), &titles).await.expect_err("no permission yet").code(),
        "FORBIDDEN"
    );
    let steps: [(&'static str, Value); 4] = [
        (
            "insert into directus_permissions (collection, action, fields, policy) values ('articles', 'read', 'id,extra', '44444444-4444-4444-8444-444444444444')",
            json!([{"id": 1}]),
        ),
        ("alter table articles add column extra integer default 7", json!([{"id": 1, "extra": 7}])),
        (
            "insert into directus_fields (collection, field, special) values ('articles', 'extra', 'cast-boolean')",
            json!([{"id": 1, "extra": true}]),
        ),
        ("update directus_permissions set fields = 'id'", json!([{"id": 1}])),
    ];
    for (change, expected) in steps {
        sqlx::raw_sql(change).execute(&stranger).await.expect(change);
        assert_eq!(world.execute(&user(), &titles).await.expect(change).data, expected, "{change}");
    }
    sqlx::raw_sql("delete from directus_permissions").execute(&stranger).await.expect("a delete");
    assert_eq!(world.execute(&user(), &titles).await.expect_err("taken away").code(), "FORBIDDEN");
}

#[tokio::test]
async fn the_project_has_a_name() {
    let world = World::new().await;
    assert_eq!(world.engine.project_name().await.expect("a name"), "The Project");
    world.run("delete from directus_settings").await;
    assert_eq!(world.engine.project_name().await.expect("a name"), "Palisade");
}
