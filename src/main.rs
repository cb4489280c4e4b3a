//! The binary: arguments and the clock are read here and handed on.

use clap::Parser;
use kwestura::cli::{self, Cli};
use kwestura::engine::Clock;
use std::process::ExitCode;
use std::time::UNIX_EPOCH;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(cli::run(cli, Clock::new(now_millis))),
        Err(error) => {
            eprintln!("kwestura: the runtime does not start: {error}");
            ExitCode::from(2)
        }
    }
}

/// The only clock. In a debug build a test sets `KWESTURA_NOW`: milliseconds since 1970, or the file in which
/// they stand, where time goes on as the test wants.
fn now_millis() -> i64 {
    #[cfg(debug_assertions)]
    if let Ok(set) = std::env::var("KWESTURA_NOW") {
        let read = || std::fs::read_to_string(&set).ok()?.trim().parse().ok();
        if let Some(millis) = set.parse().ok().or_else(read) {
            return millis;
        }
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the edge, where the time is read"
    )]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
