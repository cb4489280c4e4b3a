//! A reader → the physical lines of a report, each with its number.
//!
//! In: decoded text from anything that can be read line by line. Out: one line at a time in
//! bounded memory, without its line end, or why it is no line of text. Failures of the source
//! itself are handed through; to try again is safe.

use super::Fault;
use std::io::{self, BufRead, Read};

/// No line and no quoted record of a report is longer. A longer one is another kind of file, or
/// a quotation mark that was never closed.
pub(super) const RECORD_BYTES_MAX: usize = 64 * 1024;

/// The lines that are still to come.
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    number: u32,
}

/// A line of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// From 1.
    pub number: u32,
    /// Without its line end.
    pub text: &'a str,
    /// Whether it had one.
    pub ended: bool,
}

impl<R: BufRead> Lines<R> {
    pub fn new(input: R) -> Self {
        Lines {
            input,
            buffer: Vec::new(),
            number: 0,
        }
    }

    /// The next line. Behind a fault the rest of the file means nothing.
    pub fn next(&mut self) -> io::Result<Option<Result<Line<'_>, Fault>>> {
        let Lines {
            input,
            buffer,
            number,
        } = self;
        buffer.clear();
        let bytes_max = u64::try_from(RECORD_BYTES_MAX).unwrap_or(u64::MAX);
        let length = input.by_ref().take(bytes_max).read_until(b'\n', buffer)?;
        if length == 0 {
            return Ok(None);
        }
        *number = number.saturating_add(1);
        Ok(Some(line(buffer, *number)))
    }
}

fn line(bytes: &[u8], number: u32) -> Result<Line<'_>, Fault> {
    let fault = |message: &str| Err(Fault::new(number, message));
    let (bytes, ended) = match bytes.strip_suffix(b"\n") {
        Some(bytes) => (bytes, true),
        None => (bytes, false),
    };
    if bytes.len() >= RECORD_BYTES_MAX {
        return fault("the line is too long for a report");
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return fault("a byte on this line is not UTF-8");
    };
    if text.contains('\0') {
        return fault("a NUL byte: the file is damaged");
    }
    let text = if number == 1 {
        text.strip_prefix('\u{FEFF}').unwrap_or(text)
    } else {
        text
    };
    let text = text.strip_suffix('\r').unwrap_or(text);
    Ok(Line {
        number,
        text,
        ended,
    })
}

/// Whether nothing stands on the line: spaces, or the sign with which DOS ends a file.
pub(super) fn is_blank(line: &str) -> bool {
    line.chars()
        .all(|sign| sign.is_whitespace() || sign == '\u{1A}')
}
