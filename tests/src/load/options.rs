//! What is measured.

use std::{io, path::PathBuf};

use clap::{Args, ValueEnum};

use crate::host::palisade_binary;

/// Options of the load program.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// The program to measure; the one beside this program if left out.
    #[arg(long)]
    palisade: Option<PathBuf>,
    /// Measures only these parts.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Turns per measurement of processor time.
    #[arg(long, default_value_t = 2_000)]
    pub(super) turns: usize,
    /// Live idle turns, one measurement per number.
    #[arg(long, value_delimiter = ',', default_value = "1000,5000")]
    pub(super) idle: Vec<u32>,
    /// Starts per measurement.
    #[arg(long, default_value_t = 20)]
    pub(super) starts: usize,
}

/// A part of the measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// How soon a host is ready.
    Start,
    /// What a turn costs, and how soon its first token is there.
    Turns,
    /// What an idle turn holds.
    Idle,
}

impl Options {
    /// Whether a part is measured.
    pub(super) fn includes(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    /// The program to measure.
    pub(super) fn binary(&self) -> io::Result<PathBuf> {
        match &self.palisade {
            Some(path) => path.canonicalize(),
            // This program lies where Cargo puts binaries, tests a folder deeper.
            None => {
                let own = std::env::current_exe()?;
                let beside = own.with_file_name("palisade");
                if beside.is_file() { Ok(beside) } else { palisade_binary() }
            }
        }
    }
}
