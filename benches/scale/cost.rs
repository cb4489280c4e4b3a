//! What something costs: processor time of all processes that work on it, time by the clock, memory.

use super::Result;
use anyhow::{Context, ensure};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What something took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    pub cpu_ms: u64,
    pub wall: Duration,
    /// The most memory that was seen of the command, in looks of 20 ms.
    pub peak_kib: u64,
}

impl Cost {
    /// How many times as much processor time as another.
    pub fn beside(&self, other: &Cost) -> f64 {
        self.cpu_ms as f64 / other.cpu_ms.max(1) as f64
    }

    /// Microseconds of processor time for each of some things.
    pub fn each(&self, things: u64) -> f64 {
        self.cpu_ms as f64 * 1000.0 / things.max(1) as f64
    }
}

/// A process whose time counts beside this one and its children, with all that it starts: a server's.
pub type Beside = Option<u32>;

/// Runs a command to its end; `meanwhile` is called again and again.
pub fn of_command(
    mut command: Command,
    beside: Beside,
    mut meanwhile: impl FnMut() -> Result<()>,
) -> Result<Cost> {
    let before = busy_ms(beside)?;
    let began = Instant::now();
    let mut child = command
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{command:?}"))?;
    let mut cost = Cost::default();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        cost.peak_kib = cost.peak_kib.max(memory_kib(&child));
        meanwhile()?;
        sleep(Duration::from_millis(20));
    };
    ensure!(ended_well(status), "{command:?} failed: {status}");
    cost.wall = began.elapsed();
    cost.cpu_ms = busy_ms(beside)? - before;
    Ok(cost)
}

/// What happens in this process, and beside it.
pub fn of<T>(beside: Beside, work: impl FnOnce() -> Result<T>) -> Result<(T, Cost)> {
    let (before, own) = (busy_ms(beside)?, process_ms("self", 11)?);
    let began = Instant::now();
    let done = work()?;
    let cost = Cost {
        cpu_ms: busy_ms(beside)? - before + process_ms("self", 11)? - own,
        wall: began.elapsed(),
        peak_kib: 0,
    };
    Ok((done, cost))
}

/// An import that leaves something for a person says so by its exit code.
fn ended_well(status: ExitStatus) -> bool {
    matches!(status.code(), Some(0 | 1))
}

/// Milliseconds that ended children and a server were busy.
fn busy_ms(server: Beside) -> Result<u64> {
    let children = process_ms("self", 13)?;
    Ok(children + server.map_or(Ok(0), server_ms)?)
}

/// Milliseconds that a server and all its processes were busy. One that ends is counted by the server
/// from then on; where one ended while they were counted, they are counted again.
fn server_ms(server: u32) -> Result<u64> {
    let server = &server.to_string();
    loop {
        let ended = process_ms(server, 13)?;
        let busy = ended + processes_ms(server)?;
        if process_ms(server, 13)? == ended {
            return Ok(busy);
        }
    }
}

/// The same of those that have not ended.
fn processes_ms(server: &str) -> Result<u64> {
    let mut busy = process_ms(server, 11)?;
    for process in std::fs::read_dir("/proc")? {
        let name = process?.file_name();
        let Some(process) = name.to_str().filter(|name| name.parse::<u32>().is_ok()) else {
            continue;
        };
        // It may have ended since.
        if field(process, 1).is_ok_and(|parent| parent.to_string() == server) {
            busy += process_ms(process, 11).unwrap_or_default();
        }
    }
    Ok(busy)
}

/// The sum of two fields of a process in ticks of 10 ms: from 11 its own time, from 13 that of its
/// ended children (`utime`, `stime`, `cutime`, `cstime` of proc(5)).
fn process_ms(process: &str, from: usize) -> Result<u64> {
    Ok((field(process, from)? + field(process, from + 1)?) * 10)
}

/// A number behind the process's name and state.
fn field(process: &str, place: usize) -> Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let field = behind_name.split_whitespace().nth(place);
    Ok(field.context("proc(5)")?.parse()?)
}

fn memory_kib(process: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id()));
    let status = status.unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|rest| rest.split_whitespace().next());
    peak.and_then(|kib| kib.parse().ok()).unwrap_or_default()
}
