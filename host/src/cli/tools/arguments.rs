//! `palisade tools`: names and help texts.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::new::Language;

/// `palisade tools …`
#[derive(Debug, Subcommand)]
pub enum ToolsCommand {
    /// Begin a tool: a project with a working example, that builds with one command
    New {
        /// Name of the tool: lower-case letters, digits and hyphens
        name: String,
        /// Language to write it in
        #[arg(long, value_enum)]
        language: Language,
        /// Folder to make [default: the name]
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
        /// Folder of the crate `palisade-tool`, for Rust without the published one
        #[arg(long, value_name = "DIR")]
        sdk: Option<PathBuf>,
    },
    /// Run a tool's calls, and show what it asked for, used and was refused
    Test(Box<TestArguments>),
    /// Show what a component asks for, imports and weighs
    Inspect {
        /// A .wasm file, or the name of a component that was added
        what: String,
        /// Manifest beside the file [default: the one inside, else tool.toml in the file's folder or in one above]
        #[arg(long, value_name = "FILE")]
        manifest: Option<PathBuf>,
    },
    /// Add a component, or replace it. It can do nothing before it is granted something
    Add {
        /// A .wasm file
        file: PathBuf,
        /// Manifest beside the file [default: the one inside, else tool.toml in the file's folder or in one above]
        #[arg(long, value_name = "FILE")]
        manifest: Option<PathBuf>,
    },
    /// List components, and what became of them
    List,
    /// Grant a component all or part of what it asks for, and turn it on
    Grant(GrantArguments),
    /// Take away what was granted to a component, and turn it off
    Revoke {
        /// Name of the component
        name: String,
    },
    /// Remove a component with all that it stored, its secrets and its grant
    Remove {
        /// Name of the component
        name: String,
    },
    /// Set and delete secrets of components
    #[command(subcommand)]
    Secret(SecretCommand),
}

/// `palisade tools grant`
#[derive(Debug, Args)]
pub struct GrantArguments {
    /// Name of the component
    pub name: String,
    /// All that it asks for
    #[arg(long, conflicts_with_all = ["data", "http", "secret", "kv", "identity"])]
    pub all: bool,
    /// A collection and what may be done there, such as articles:read+update (may be given more than
    /// once)
    #[arg(long, value_name = "COLLECTION:ACTION[+ACTION…]")]
    pub data: Vec<String>,
    /// An origin by its name in the manifest, and another address in its place where you want one
    /// (may be given more than once)
    #[arg(long, value_name = "NAME[=ORIGIN]")]
    pub http: Vec<String>,
    /// A secret by its name in the manifest (may be given more than once)
    #[arg(long, value_name = "NAME")]
    pub secret: Vec<String>,
    /// Storage of its own
    #[arg(long)]
    pub kv: bool,
    /// Who calls: ids of user and roles
    #[arg(long)]
    pub identity: bool,
}

/// `palisade tools secret …`
#[derive(Debug, Subcommand)]
pub enum SecretCommand {
    /// Seal a secret, read from standard input
    Set {
        /// Name of the component
        name: String,
        /// Name of the secret in its manifest
        secret: String,
    },
    /// Delete a secret
    Delete {
        /// Name of the component
        name: String,
        /// Name of the secret
        secret: String,
    },
}

/// `palisade tools test`
#[derive(Debug, Args)]
pub struct TestArguments {
    /// A .wasm file
    pub file: PathBuf,
    /// Manifest beside the file [default: the one inside, else tool.toml in the file's folder or in one above]
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Tool to call; without it the first example of each tool is run
    #[arg(long, value_name = "TOOL", requires = "arguments")]
    pub call: Option<String>,
    /// Arguments of the call, a JSON object
    #[arg(long, value_name = "JSON", requires = "call")]
    pub arguments: Option<String>,
    /// Grant nothing, to see what the tool does then
    #[arg(long)]
    pub deny: bool,
    /// Items for a collection of a project that is made for the test: a .json, .ndjson or .csv file
    /// (may be given more than once)
    #[arg(long, value_name = "COLLECTION=FILE", conflicts_with = "user")]
    pub items: Vec<String>,
    /// Test with the embedded project of the data folder, acting for this user
    #[arg(long, value_name = "EMAIL")]
    pub user: Option<String>,
    /// Answers to HTTP requests in place of the network: a JSON file such as {"GET
    /// https://api.example.com/x": {"status": 200, "headers": {}, "body": "…"}}
    #[arg(long, value_name = "FILE")]
    pub responses: Option<PathBuf>,
    /// A secret for the test, of no value elsewhere
    #[arg(long, value_name = "NAME=VALUE")]
    pub secret: Vec<String>,
}
