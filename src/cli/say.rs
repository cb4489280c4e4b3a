//! The answer of a command, line by line, on the standard output, and what is said beside it.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write as _, stderr, stdout};

/// Writes a line. A reader that has seen enough (`| head`) ends the program quietly, as it does any
/// other tool; what the command had to write to the database is written before its answer.
pub fn line(words: Arguments<'_>) {
    let mut out = stdout().lock();
    match out.write_fmt(words).and_then(|()| out.write_all(b"\n")) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            beside(format_args!("kwestura: cannot write the answer: {error}"));
            std::process::exit(2);
        }
        Ok(()) => {}
    }
}

/// Writes a line on the error stream. Where it takes none, as onto a full disk, the work goes on all the
/// same.
pub fn beside(words: Arguments<'_>) {
    let mut out = stderr().lock();
    let _ = out.write_fmt(words).and_then(|()| out.write_all(b"\n"));
}

/// Writes a line of the answer, as `println!` would.
macro_rules! say {
    () => { $crate::cli::say::line(format_args!("")) };
    ($($words:tt)*) => { $crate::cli::say::line(format_args!($($words)*)) };
}
pub(crate) use say;

/// Writes a line beside the answer, as `eprintln!` would, which ends the program where it cannot.
macro_rules! say_beside {
    ($($words:tt)*) => { $crate::cli::say::beside(format_args!($($words)*)) };
}
pub(crate) use say_beside;
