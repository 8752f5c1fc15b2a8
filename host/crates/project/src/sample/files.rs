//! The sample's files: a logo, a table and a style sheet for writers.

use std::{fs::OpenOptions, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use sqlx::SqliteConnection;

use super::random::Random;
use crate::ProjectError;

/// When the sample's files were uploaded.
const UPLOADED: &str = "2026-10-31T08:00:00.000Z";

struct SampleFile {
    name: &'static str,
    title: &'static str,
    media_type: &'static str,
    content: &'static str,
    size: Option<(i64, i64)>,
}

const FILES: [SampleFile; 3] = [
    SampleFile {
        name: "newsroom-logo.svg",
        title: "Newsroom logo",
        media_type: "image/svg+xml",
        content: include_str!("files/newsroom-logo.svg"),
        size: Some((240, 64)),
    },
    SampleFile {
        name: "circulation.csv",
        title: "Circulation by quarter",
        media_type: "text/csv",
        content: include_str!("files/circulation.csv"),
        size: None,
    },
    SampleFile {
        name: "style-guide.txt",
        title: "House style for writers",
        media_type: "text/plain",
        content: include_str!("files/style-guide.txt"),
        size: None,
    },
];

/// Writes the files and their rows. A file of an earlier attempt is replaced.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    random: &mut Random,
    uploads: &Path,
) -> Result<(), ProjectError> {
    crate::database::create_directory(uploads)?;
    for file in &FILES {
        let id = random.uuid();
        let extension = file.name.rsplit_once('.').map_or("bin", |(_, extension)| extension);
        let filename_disk = format!("{id}.{extension}");
        let path = uploads.join(&filename_disk);
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut disk| disk.write_all(file.content.as_bytes()))
            .map_err(ProjectError::file(&path))?;
        sqlx::query(
            "insert into directus_files \
             (id, storage, filename_disk, filename_download, title, type, filesize, width, height, \
              created_on, modified_on, uploaded_on) \
             values (?1, 'local', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?9)",
        )
        .bind(id)
        .bind(filename_disk)
        .bind(file.name)
        .bind(file.title)
        .bind(file.media_type)
        .bind(i64::try_from(file.content.len()).unwrap_or(i64::MAX))
        .bind(file.size.map(|(width, _)| width))
        .bind(file.size.map(|(_, height)| height))
        .bind(UPLOADED)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
