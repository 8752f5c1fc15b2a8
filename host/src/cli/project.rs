//! `palisade project …`

use palisade_project::{ImportOptions, NewUser, Project};
use secrecy::SecretString;

use super::{
    CliError,
    arguments::{ProjectCommand, UserAddArguments, UserCommand},
    init, keys,
};
use crate::config::Config;

pub(super) async fn run(config: Config, command: ProjectCommand) -> Result<(), CliError> {
    match command {
        ProjectCommand::Init { sample, force } => init::run(&config, sample, force).await,
        ProjectCommand::Import { collection, file, read } => {
            let project = Project::open(config.project_file()).await?;
            let options = ImportOptions { readable_by: read, ..ImportOptions::default() };
            let report = project.import(&collection, &file, &options).await?;
            let verb = if report.created { "Created" } else { "Added to" };
            say!("{verb} {} with {} items:", report.collection, report.items);
            project.close().await;
            for field in report.fields {
                if field.column == field.field {
                    say!("  {} ({})", field.field, field.kind);
                } else {
                    say!("  {} ({}), in the file {:?}", field.field, field.kind, field.column);
                }
            }
            Ok(())
        }
        ProjectCommand::User(UserCommand::Add(user)) => {
            let project = Project::open(config.project_file()).await?;
            let id = project.add_user(new_user(user)?).await?;
            project.close().await;
            say!("Added the user {id}.");
            Ok(())
        }
        ProjectCommand::Show => {
            let project = Project::open(config.project_file()).await?;
            let summary = project.show().await?;
            project.close().await;
            say!("{}", summary.name);
            say!("\nCollections");
            for collection in summary.collections {
                let note = collection.note.map(|note| format!(", {note}")).unwrap_or_default();
                say!("  {}: {} items{note}", collection.collection, collection.items);
                say!("    {}", collection.fields.join(", "));
            }
            say!("\nUsers");
            for user in summary.users {
                let role = user.role.map(|role| format!(", role {role}")).unwrap_or_default();
                let email = user.email.unwrap_or_else(|| "(no e-mail address)".into());
                say!("  {email}, {}{role}", user.status);
            }
            say!("\nPolicies");
            for policy in summary.policies {
                let access = match (policy.admin_access, policy.app_access) {
                    (true, _) => "full access",
                    (false, true) => "app access",
                    (false, false) => "no app access",
                };
                say!("  {}: {access}, {} permissions", policy.name, policy.permissions);
            }
            Ok(())
        }
    }
}

fn new_user(arguments: UserAddArguments) -> Result<NewUser, CliError> {
    let password = match arguments.password_stdin {
        true => Some(keys::read_secret("the password")?),
        false => None,
    };
    let user = NewUser::new(arguments.email);
    Ok(NewUser {
        password,
        token: arguments.token.map(SecretString::from),
        admin: arguments.admin,
        app: !arguments.no_app,
        policies: arguments.policy,
        ..user
    })
}
