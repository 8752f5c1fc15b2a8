//! Measures a host and prints a table.

use std::process::ExitCode;

use clap::Parser;
use palisade_tests::load::{Options, measure};

/// Measures what turns cost a host: processor time, time to the first token, memory, start-up.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

#[tokio::main]
async fn main() -> ExitCode {
    match measure(&Arguments::parse().options).await {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("palisade-load: {error}");
            ExitCode::FAILURE
        }
    }
}
