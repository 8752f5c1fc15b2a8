//! The command line: names and help texts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::tools::ToolsCommand;

/// An AI assistant backend for Directus that a security team can say yes to.
///
/// The chat and tool logic runs in a WebAssembly sandbox; this host decides what it may do. Start
/// with `palisade project init --sample newsroom` and `palisade serve`, or in a checkout with
/// `make run`.
#[derive(Debug, Parser)]
#[command(name = "palisade", version, max_term_width = 100)]
pub struct Arguments {
    /// Configuration file [default: palisade.toml here or in the data folder, where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of databases, keys and caches [default: .palisade]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the host
    Serve(ServeArguments),
    /// Ask the assistant, here in the terminal
    Chat(ChatArguments),
    /// Create and fill the embedded project
    #[command(subcommand)]
    Project(ProjectCommand),
    /// Set, list and delete provider keys; make and rotate the master key
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Write, test, add and grant tools of your own
    #[command(subcommand)]
    Tools(ToolsCommand),
    /// Read the record of what was sent, done, approved and refused
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Check configuration, database, keys, providers, Directus and caches, and say what to do
    /// about each
    Doctor(DoctorArguments),
}

/// `palisade doctor`
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// Read a Directus token from the first line of standard input, to check its version
    #[arg(long)]
    pub token_stdin: bool,
}

/// `palisade serve`
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Address to listen on, for instance 127.0.0.1:8090 [default: from the configuration]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Assistant component to run in place of the built-in one
    #[arg(long, value_name = "FILE")]
    pub plugin: Option<PathBuf>,
}

/// `palisade chat`
#[derive(Debug, Args)]
pub struct ChatArguments {
    /// Host to ask; without it the embedded project of the data folder is asked, in this process
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Access token for the host at --url
    #[arg(long, value_name = "TOKEN", requires = "url")]
    pub token: Option<String>,
    /// Whom to act for, by e-mail address, in the embedded project
    #[arg(long, value_name = "EMAIL", conflicts_with = "url")]
    pub user: Option<String>,
    /// Provider to use [default: the first one configured]
    #[arg(long, value_name = "ID")]
    pub provider: Option<String>,
    /// Model to use [default: the provider's first]
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// How to answer approvals
    #[command(flatten)]
    pub answers: AnswerArguments,
    /// Print each chunk of the stream as one line of JSON
    #[arg(long)]
    pub json: bool,
    /// The question; without one an interactive session begins
    #[arg(value_name = "MESSAGE")]
    pub message: Vec<String>,
}

/// How approvals are answered.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct AnswerArguments {
    /// Ask here for each approval (the default)
    #[arg(long)]
    pub ask: bool,
    /// Approve every call
    #[arg(long)]
    pub approve: bool,
    /// Deny every call
    #[arg(long)]
    pub deny: bool,
}

/// `palisade project …`
#[derive(Debug, Subcommand)]
pub enum ProjectCommand {
    /// Create the embedded project, and a master key and configuration where there are none
    Init {
        /// Sample to fill it with
        #[arg(long, value_name = "NAME")]
        sample: Option<Sample>,
        /// Replace a project that is there
        #[arg(long)]
        force: bool,
    },
    /// Import a file of items; fields and their types are inferred from it
    Import {
        /// Collection to create or add to
        collection: String,
        /// A .csv, .json or .ndjson file
        file: PathBuf,
        /// Policy that may read the collection afterwards (may be given more than once)
        #[arg(long, value_name = "POLICY")]
        read: Vec<String>,
    },
    /// Manage users
    #[command(subcommand)]
    User(UserCommand),
    /// Show collections, users and policies
    Show,
}

/// Sample projects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sample {
    /// A small newspaper: articles, authors, categories, comments
    Newsroom,
}

/// `palisade project user …`
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user
    Add(UserAddArguments),
}

/// `palisade project user add`
#[derive(Debug, Args)]
pub struct UserAddArguments {
    /// E-mail address
    pub email: String,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// Static access token for the user
    #[arg(long, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Give full access
    #[arg(long)]
    pub admin: bool,
    /// Give no access to the app, and so none to the assistant
    #[arg(long, conflicts_with = "admin")]
    pub no_app: bool,
    /// Policy to attach, by name (may be given more than once)
    #[arg(long, value_name = "NAME")]
    pub policy: Vec<String>,
}

/// `palisade keys …`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Create the master key file, where there is none
    CreateMaster,
    /// Seal a provider's key, read from standard input
    Set {
        /// Provider id from the configuration
        provider: String,
    },
    /// Take over what Directus's own assistant is set to: allowed models, system prompt, prompts
    ///
    /// Reads the token of an administrator from the first line of standard input, then the key of
    /// each provider that Directus has one for from the next lines (empty: skip). Directus itself is
    /// asked for nothing secret.
    ImportDirectus,
    /// List the keys, masked
    List,
    /// Delete a provider's key
    Delete {
        /// Provider id
        provider: String,
    },
    /// Seal everything under another master key, while hosts serve
    RotateMaster {
        /// File with the new key: base64 of 32 bytes and a newline
        #[arg(long, value_name = "FILE")]
        new_key_file: PathBuf,
    },
}

/// `palisade ledger …`
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Write the ledger to standard output
    Export {
        /// Only rows from then on: a date, or a date and time (RFC 3339)
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// Format
        #[arg(long, value_enum, default_value_t = LedgerFormat::Jsonl)]
        format: LedgerFormat,
    },
}

/// Formats of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LedgerFormat {
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values with a header
    Csv,
}
