//! What the kernel knows about a process.

use std::{fs, io, time::Duration};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Length of a clock tick in `/proc/PID/stat`. The kernel's interface has 100 per second on every
/// machine that the host is built for, whatever the kernel itself counts in.
const TICK: Duration = Duration::from_millis(10);
/// Index of `utime` among the fields of `/proc/PID/stat` behind the command's name (proc_pid_stat(5)).
const UTIME: usize = 11;

/// A process by its id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process(pub(super) u32);

/// Memory in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    /// Resident. Pages that several mappings of the process share count once for each.
    pub(super) resident: u64,
    /// Resident, with shared pages divided among their mappings.
    pub(super) proportional: u64,
}

impl Process {
    /// Processor time of all threads so far, user and kernel.
    pub(super) fn cpu(self) -> io::Result<Duration> {
        let stat = self.read("stat")?;
        // The name may hold anything, so the fields are counted from the parenthesis that closes it.
        let (_, fields) = stat.rsplit_once(')').ok_or_else(unexpected)?;
        let ticks = fields
            .split_ascii_whitespace()
            .skip(UTIME)
            .take(2)
            .map(|field| field.parse::<u32>().map_err(|_| unexpected()))
            .sum::<io::Result<u32>>()?;
        Ok(TICK * ticks)
    }

    pub(super) fn memory(self) -> io::Result<Memory> {
        let rollup = self.read("smaps_rollup")?;
        let field = |name: &str| {
            let line = rollup.lines().find_map(|line| line.strip_prefix(name));
            let kilobytes =
                line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
            kilobytes.map(|kilobytes: u64| kilobytes * 1024).ok_or_else(unexpected)
        };
        Ok(Memory { resident: field("Rss:")?, proportional: field("Pss:")? })
    }

    fn read(self, file: &str) -> io::Result<String> {
        fs::read_to_string(format!("/proc/{}/{file}", self.0))
    }
}

fn unexpected() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "/proc has another form than expected")
}

/// Allows this process as many open files as it may have. Best effort: where they don't suffice, the
/// measurement that needs them fails and says so.
pub(super) fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}
