//! Progress of long work: a bar on a terminal, now and then a plain line otherwise.

use super::say::say_beside;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::cell::Cell;
use std::fmt::Write;
use std::io::IsTerminal;

/// Shows on the error stream how far something is.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    name: &'static str,
    total: Cell<usize>,
    tenth: Cell<usize>,
}

/// How many a second, without the four digits behind the point that the library shows.
fn rate(state: &ProgressState, text: &mut dyn Write) {
    let _ = write!(text, "{:.0}/s", state.per_sec());
}

impl Progress {
    /// Begins; `total` may be told later by [`Progress::of`].
    pub fn new(name: &'static str, total: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total as u64);
            if let Ok(style) = ProgressStyle::with_template(
                "{msg:20} {bar:40} {human_pos}/{human_len} {rate} {eta}",
            ) {
                bar.set_style(style.with_key("rate", rate));
            }
            bar.set_message(name);
            bar
        });
        Progress {
            bar,
            name,
            total: Cell::new(total),
            tenth: Cell::new(0),
        }
    }

    /// So many are done, of a total that is only known now.
    pub fn of(&self, done: usize, total: usize) {
        self.total.set(total);
        if let Some(bar) = &self.bar {
            bar.set_length(total as u64);
        }
        self.at(done);
    }

    /// So many are done.
    pub fn at(&self, done: usize) {
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
            return;
        }
        let total = self.total.get().max(1);
        let tenth = done.saturating_mul(10) / total;
        if tenth > self.tenth.get() && total >= 100 {
            self.tenth.set(tenth);
            say_beside!("{}: {done} of {total}", self.name);
        }
    }

    /// Done.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
