//! The project behind the host: the embedded one, or a running Directus.

use std::{pin::Pin, sync::Arc};

use palisade_data::{Authenticator, Caller, DataBackend, DataError};
use palisade_directus::Directus;
use palisade_project::Project;
use tokio::io::AsyncRead;

/// The project behind the host. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Backend {
    /// In the host's own database.
    Embedded(Project),
    /// A running Directus.
    Directus(Arc<Directus>),
}

/// One of the project's files, with its content.
pub struct ProjectFile {
    /// IANA media type.
    pub media_type: String,
    /// Bytes, where they are known beforehand.
    pub length: Option<u64>,
    /// Name.
    pub filename: String,
    /// The content.
    pub content: Pin<Box<dyn AsyncRead + Send>>,
}

impl Backend {
    /// The data.
    pub fn data(&self) -> Arc<dyn DataBackend> {
        match self {
            Self::Embedded(project) => Arc::clone(project.engine()) as Arc<dyn DataBackend>,
            Self::Directus(directus) => Arc::clone(directus) as Arc<dyn DataBackend>,
        }
    }

    /// Who finds out who is calling.
    pub fn authenticator(&self) -> &dyn Authenticator {
        match self {
            Self::Embedded(project) => project,
            Self::Directus(directus) => directus.as_ref(),
        }
    }

    /// The embedded project, where this is one.
    pub fn embedded(&self) -> Option<&Project> {
        match self {
            Self::Embedded(project) => Some(project),
            Self::Directus(_) => None,
        }
    }

    /// A file that the caller may read.
    ///
    /// Errors: those of the project; [`DataError::Forbidden`] also for a file that doesn't exist.
    pub async fn file(&self, caller: &Caller, id: &str) -> Result<ProjectFile, DataError> {
        match self {
            Self::Embedded(project) => {
                let asset = project.asset(caller, id).await?;
                Ok(ProjectFile {
                    media_type: asset.content_type,
                    length: Some(asset.length),
                    filename: asset.filename,
                    content: Box::pin(asset.content),
                })
            }
            Self::Directus(directus) => {
                let file = directus.file(caller, id).await?;
                Ok(ProjectFile {
                    media_type: file.media_type,
                    length: file.length,
                    filename: file.filename,
                    content: Box::pin(file.content),
                })
            }
        }
    }

    /// Whether the project answers.
    pub async fn ping(&self) -> Result<(), DataError> {
        match self {
            Self::Embedded(project) => sqlx::query("select 1")
                .execute(project.pool())
                .await
                .map(|_| ())
                .map_err(DataError::internal),
            Self::Directus(directus) => directus.ping().await,
        }
    }

    /// Lets go of what the project holds open.
    pub async fn close(&self) {
        if let Self::Embedded(project) = self {
            project.close().await;
        }
    }
}
