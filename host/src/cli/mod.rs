//! The command line.

/// Prints a line for a function that returns a [`CliError`]. Unlike `println!` it doesn't panic when
/// the reader went away (`palisade … | head`): the command ends in good order.
macro_rules! say {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stdout(), $($argument)*)?
    }};
}

mod arguments;
mod chat;
mod descriptors;
mod doctor;
mod error;
mod import;
mod init;
mod keys;
mod ledger;
mod project;
mod serve;
mod tools;

use std::{io::IsTerminal, process::ExitCode};

use clap::Parser;
use tracing_subscriber::EnvFilter;

pub use arguments::Arguments;
use arguments::Command;
pub use error::CliError;

use crate::config::{Config, LoadOptions};

/// Runs the command of this process's arguments. 0: done, 1: failed (one message on standard error),
/// 2: wrong usage.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log(matches!(arguments.command, Command::Serve(_)));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&CliError::Runtime(error)),
    };
    let result = runtime.block_on(run(arguments));
    // Reads of standard input can't be cancelled, and nothing else is worth waiting for.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

async fn run(arguments: Arguments) -> Result<(), CliError> {
    let options = LoadOptions::from_process(arguments.config, arguments.data_dir);
    let load = || Config::load(options.clone());
    match arguments.command {
        Command::Serve(serve) => serve::run(load()?, serve).await,
        Command::Chat(chat) if chat.url.is_some() => chat::run_remote(chat).await,
        Command::Chat(chat) => chat::run_local(load()?, chat).await,
        Command::Project(command) => project::run(load()?, command).await,
        Command::Keys(command) => keys::run(load()?, command).await,
        Command::Tools(command) => tools::run(load, command).await,
        Command::Ledger(command) => ledger::run(load()?, command).await,
        Command::Doctor(arguments) => {
            let token = match arguments.token_stdin {
                true => Some(keys::read_credential("the token")?),
                false => None,
            };
            doctor::run(options, token).await
        }
    }
}

/// Logs go to standard error: everything from `info` on for a host, warnings for other commands.
/// `PALISADE_LOG` says otherwise, in the form of the crate tracing-subscriber.
fn start_log(serving: bool) {
    let default = if serving { "info,hyper=warn,sqlx=warn" } else { "error" };
    let filter =
        EnvFilter::try_from_env("PALISADE_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

fn failed(error: &CliError) -> ExitCode {
    // A reader that closed the pipe has what it wanted.
    if let CliError::Terminal(source) = error
        && source.kind() == std::io::ErrorKind::BrokenPipe
    {
        return ExitCode::SUCCESS;
    }
    eprintln!("palisade: {error}");
    ExitCode::FAILURE
}
