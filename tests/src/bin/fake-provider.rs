//! Runs a fake provider, which speaks four protocols, until it is stopped.
//!
//! The first line of its output is the provider's base URL for OpenAI's protocols (without its `/v1`,
//! that for the others), the second the control address.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use palisade_tests::fake::{FakeOptions, FakeProvider};
use tokio::io::AsyncReadExt;

/// A provider on loopback that answers as a script says, in four protocols.
#[derive(Parser)]
struct Arguments {
    /// Port of the provider; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The key that requests must carry.
    #[arg(long, default_value = FakeOptions::KEY)]
    key: String,
    /// Takes requests with any key or none.
    #[arg(long, conflicts_with = "key")]
    any_key: bool,
    /// Stops when standard input ends, so that it never outlives the process that started it.
    #[arg(long)]
    until_input_ends: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let key = (!arguments.any_key).then_some(arguments.key);
    let provider = match FakeProvider::start(FakeOptions { key, port: arguments.port }).await {
        Ok(provider) => provider,
        Err(error) => {
            eprintln!("cannot listen on port {}: {error}", arguments.port);
            return ExitCode::FAILURE;
        }
    };
    let announced = {
        let mut output = std::io::stdout().lock();
        writeln!(output, "{}\n{}", provider.base_url(), provider.control_url())
            .and_then(|()| output.flush())
    };
    if announced.is_err() {
        return ExitCode::FAILURE;
    }
    if arguments.until_input_ends {
        let mut input = tokio::io::stdin();
        let mut buffer = [0; 64];
        while input.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
    } else {
        std::future::pending::<()>().await;
    }
    ExitCode::SUCCESS
}
