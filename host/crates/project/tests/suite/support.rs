//! Projects to test with.

use palisade_data::{Authenticator, Caller, Credential};
use palisade_project::{DemoLogins, Project, ProjectSettings};
use tempfile::TempDir;

/// An empty project in a directory of its own, which goes with it.
pub(crate) async fn empty() -> (Project, TempDir) {
    let directory = tempfile::tempdir().expect("directory");
    let project = Project::create(directory.path().join("project.db"), ProjectSettings::default())
        .await
        .expect("project");
    (project, directory)
}

/// The sample project.
pub(crate) async fn newsroom() -> (Project, TempDir) {
    let (project, directory) = empty().await;
    project.install_newsroom().await.expect("sample");
    (project, directory)
}

/// The sample's user whose address begins so, signed in by static token.
pub(crate) async fn caller(project: &Project, who: &str) -> Caller {
    let login = DemoLogins::newsroom()
        .0
        .into_iter()
        .find(|login| login.email.starts_with(who))
        .expect("a demo login");
    project.authenticate(&Credential::new(login.token), None).await.expect("signed in")
}
