//! `palisade project init`: project, master key and configuration, each where there is none.

use std::{fs, io::Write};

use palisade_project::{Project, ProjectSettings};
use palisade_state::{KeySource, MasterKey};

use super::{CliError, arguments::Sample};
use crate::config::Config;

/// A configuration in which the demo model answers, which needs no key and sends nothing anywhere.
fn configuration(approvals: &str) -> String {
    format!(
        r#"# `palisade doctor` checks this file.

[workspace]
# "all": every tool call asks first. "writes": calls that only read run at once.
approvals = "{approvals}"

[[providers]]
id = "demo"
kind = "demo"                 # a small rule-based model inside the host; not a language model
allowed_models = ["demo"]

# A language model: uncomment, then set its key with `palisade keys set openai`.
# [[providers]]
# id = "openai"
# kind = "openai"
# allowed_models = ["gpt-5-mini"]
"#
    )
}

pub(super) async fn run(
    config: &Config,
    sample: Option<Sample>,
    force: bool,
) -> Result<(), CliError> {
    let file = config.project_file();
    if file.exists() {
        if !force {
            let problem = format!(
                "{} is there already; --force replaces its database; uploaded files stay",
                file.display()
            );
            return Err(CliError::Usage(problem));
        }
        Project::remove(&file)?;
    }
    fs::create_dir_all(&config.data_dir).map_err(CliError::file(&config.data_dir))?;
    create_master_key(config)?;
    let name = match sample {
        Some(Sample::Newsroom) => "Newsroom",
        None => "Palisade",
    };
    let project = Project::create(&file, ProjectSettings { name: name.into() }).await?;
    if let Some(Sample::Newsroom) = sample {
        project.install_newsroom().await?;
    }
    project.close().await;
    // The sample is for looking around; a project of one's own begins with every call asking.
    write_configuration(config, &configuration(if sample.is_some() { "writes" } else { "all" }))?;
    say!("Created the project {} in {}.", name, file.display());
    Ok(())
}

/// Makes the master key where the configuration wants a file and there is none.
fn create_master_key(config: &Config) -> Result<(), CliError> {
    if let KeySource::File(path) = &config.key_source
        && !path.exists()
    {
        MasterKey::create_file(path)?;
        say!("Created the master key {}. Keep a copy of it in a safe place.", path.display());
    }
    Ok(())
}

/// Writes a configuration into the data folder, unless there is one already, here or elsewhere.
fn write_configuration(config: &Config, text: &str) -> Result<(), CliError> {
    if config.file.is_some() {
        return Ok(());
    }
    let path = config.data_dir.join("palisade.toml");
    match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes()).map_err(CliError::file(&path))?;
            say!("Created the configuration {}.", path.display());
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(CliError::file(&path)(error)),
    }
}
