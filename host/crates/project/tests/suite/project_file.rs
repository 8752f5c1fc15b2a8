//! The project's file: created whole, private, and recognised before it is touched.

use std::{fs, os::unix::fs::PermissionsExt};

use palisade_project::{
    CollectionDefinition, DefaultValue, FieldDefinition, FieldType, PrimaryKey, Project,
    ProjectError, ProjectSettings,
};

use crate::support;

#[tokio::test]
async fn a_new_project_opens_again_and_keeps_its_name() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("deeper/still/project.db");
    let settings = ProjectSettings { name: "Gazette".into() };
    drop(Project::create(&path, settings).await.expect("created"));
    let project = Project::open(&path).await.expect("opened");
    assert_eq!(project.show().await.expect("summary").name, "Gazette");
    let left: Vec<_> = fs::read_dir(path.parent().expect("parent"))
        .expect("listed")
        .map(|entry| entry.expect("entry").file_name().into_string().expect("name"))
        .filter(|name| name.contains("draft"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn only_the_owner_may_read_the_file() {
    let (project, directory) = support::newsroom().await;
    let mode = |name: &str| {
        fs::metadata(directory.path().join(name)).map(|file| file.permissions().mode() & 0o777)
    };
    assert_eq!(mode("project.db").expect("file"), 0o600);
    assert_eq!(mode("project.db-wal").expect("side file"), 0o600);
    assert_eq!(mode("uploads").expect("directory"), 0o700);
    for entry in fs::read_dir(directory.path().join("uploads")).expect("uploads") {
        let mode = entry.expect("entry").metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
    project.pool().close().await;
    let path = directory.path().join("project.db");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("opened up");
    Project::open(&path).await.expect("opened");
    assert_eq!(mode("project.db").expect("file"), 0o600);
}

#[tokio::test]
async fn what_is_there_is_never_overwritten() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("project.db");
    fs::write(&path, "precious").expect("written");
    let error = Project::create(&path, ProjectSettings::default()).await.expect_err("refused");
    assert!(matches!(error, ProjectError::Exists(_)), "{error}");
    let dangling = directory.path().join("dangling");
    std::os::unix::fs::symlink(directory.path().join("nowhere"), &dangling).expect("linked");
    let error = Project::create(&dangling, ProjectSettings::default()).await.expect_err("refused");
    assert!(matches!(error, ProjectError::Exists(_)), "{error}");
    assert_eq!(fs::read_to_string(&path).expect("read"), "precious");
}

#[tokio::test]
async fn a_missing_project_says_how_to_make_one() {
    let directory = tempfile::tempdir().expect("directory");
    let error = Project::open(directory.path().join("project.db")).await.expect_err("missing");
    assert!(error.to_string().contains("palisade project init"), "{error}");
}

#[tokio::test]
async fn files_of_another_kind_are_refused_untouched() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("other.db");
    // Another program's database: a good header, another application id.
    let (project, other) = support::empty().await;
    sqlx::query("pragma application_id = 1").execute(project.pool()).await.expect("changed");
    sqlx::query("pragma wal_checkpoint(truncate)").execute(project.pool()).await.expect("written");
    project.pool().close().await;
    let foreign = fs::read(other.path().join("project.db")).expect("read");
    for content in [b"".to_vec(), b"text".to_vec(), vec![0; 4096], foreign] {
        fs::write(&path, &content).expect("written");
        let error = Project::open(&path).await.expect_err("refused");
        assert!(matches!(error, ProjectError::NotAProject(_)), "{error}");
        assert_eq!(fs::read(&path).expect("read"), content);
    }
    let error = Project::open(directory.path()).await.expect_err("a directory");
    assert!(matches!(error, ProjectError::NotAProject(_)), "{error}");
}

#[tokio::test]
async fn a_project_can_be_removed_and_nothing_else() {
    let (project, directory) = support::empty().await;
    let path = directory.path().join("project.db");
    project.pool().close().await;
    Project::remove(&path).expect("removed");
    let left = fs::read_dir(directory.path()).expect("listed").count();
    assert_eq!(left, 0);
    assert!(matches!(Project::remove(&path), Err(ProjectError::Missing(_))));
    fs::write(&path, "precious").expect("written");
    assert!(matches!(Project::remove(&path), Err(ProjectError::NotAProject(_))));
    assert!(path.exists());
}

#[tokio::test]
async fn a_later_schema_is_refused() {
    let (project, directory) = support::empty().await;
    sqlx::query("pragma user_version = 2").execute(project.pool()).await.expect("changed");
    project.pool().close().await;
    let error = Project::open(directory.path().join("project.db")).await.expect_err("refused");
    assert!(matches!(error, ProjectError::Newer { found: 2, supported: 1, .. }), "{error}");
}

#[tokio::test]
async fn a_collection_is_created_whole_or_not_at_all() {
    let (project, _directory) = support::empty().await;
    let books = || CollectionDefinition::new("books", PrimaryKey::Uuid);
    for (definition, expected) in [
        (
            books().field(FieldDefinition::new("Id", FieldType::Text)),
            "Field \"Id\" is defined twice in collection \"books\".",
        ),
        (
            books().field(FieldDefinition::new(
                "shelf",
                FieldType::ManyToOne { collection: "shelves".into(), one_field: None },
            )),
            "Field \"shelf\" points to collection \"shelves\", which doesn't exist.",
        ),
        (
            books().field(FieldDefinition::new("a\"b", FieldType::Text)),
            "\"a\"b\" can't be the name of a field: only ASCII letters, digits and underscores are \
             allowed.",
        ),
        (
            CollectionDefinition::new("directus_users", PrimaryKey::Uuid),
            "\"directus_users\" can't be the name of a collection: names with directus_, palisade_ \
             or sqlite_ in front are reserved.",
        ),
    ] {
        let error = project.create_collection(&definition).await.expect_err("refused");
        assert_eq!(error.to_string(), expected);
    }
    assert!(project.show().await.expect("summary").collections.is_empty());
    let parts = |one_field: &str| {
        CollectionDefinition::new("parts", PrimaryKey::AutoIncrement).field(FieldDefinition::new(
            "whole",
            FieldType::ManyToOne { collection: "books".into(), one_field: Some(one_field.into()) },
        ))
    };
    let quoted = FieldDefinition::new("motto", FieldType::Text)
        .with_default(DefaultValue::Text("it's \"fine\"".into()));
    project.create_collection(&books().field(quoted)).await.expect("created");
    let error = project.create_collection(&parts("motto")).await.expect_err("refused");
    assert_eq!(error.to_string(), "Field \"motto\" is defined twice in collection \"books\".");
    project.create_collection(&parts("parts")).await.expect("created");
    let upper = CollectionDefinition::new("Books", PrimaryKey::Text);
    let error = project.create_collection(&upper).await.expect_err("refused");
    assert!(matches!(error, ProjectError::CollectionExists(_)), "{error}");
    sqlx::query("insert into books (id) values ('x')")
        .execute(project.pool())
        .await
        .expect("inserted");
    let motto: String = sqlx::query_scalar("select motto from books")
        .fetch_one(project.pool())
        .await
        .expect("read");
    assert_eq!(motto, "it's \"fine\"");
}
