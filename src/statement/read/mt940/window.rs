//! A long text → parts that end where a field begins.
//!
//! `:61:` and `:62F:` at the start of a line are fields wherever they stand, so the text is cut in
//! front of the last of them that is at hand, and no more than that part is held.

use super::super::ReadError;
use super::super::encoding::Decoded;
use memchr::{memchr_iter, memrchr_iter};
use std::io::{BufRead, Read};

/// As much as is held where fields are as short as they should be.
const PART_BYTES: usize = 256 * 1024;
/// No message of a bank goes on for so long without a line or a balance.
const PART_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The part of a text that is at hand.
pub(super) struct Window<R> {
    input: Decoded<R>,
    bytes: Vec<u8>,
    /// As far as line ends were made alike.
    alike: usize,
    wanted: usize,
    ended: bool,
}

impl<R: Read> Window<R> {
    pub fn new(input: Decoded<R>) -> Self {
        Window {
            input,
            bytes: Vec::new(),
            alike: 0,
            wanted: PART_BYTES,
            ended: false,
        }
    }

    /// The next part, and the length up to which it may be read; what follows is there to be
    /// looked at. `line` is where it begins. None at the end of the text.
    pub fn part(&mut self, line: u32) -> Result<Option<(&str, usize)>, ReadError> {
        let limit = loop {
            self.fill(line)?;
            if self.ended {
                break self.bytes.len();
            }
            match cut(&self.bytes) {
                Some(limit) => break limit,
                None if PART_BYTES_MAX <= self.wanted => {
                    return Err(ReadError::new(
                        line,
                        "from here on no line (:61:) and no balance (:62F:) follows for 16 MiB: this is no bank statement",
                    ));
                }
                None => self.wanted *= 2,
            }
        };
        self.wanted = PART_BYTES;
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let text = match std::str::from_utf8(&self.bytes) {
            Ok(text) => text,
            // The last character goes on in the next block.
            Err(error) if error.error_len().is_none() && limit <= error.valid_up_to() => {
                let whole = self.bytes.get(..error.valid_up_to()).unwrap_or_default();
                std::str::from_utf8(whole).unwrap_or_default()
            }
            Err(_) => {
                return Err(ReadError::new(
                    line,
                    "the file changed while it was read: import it again when it is complete",
                ));
            }
        };
        Ok(Some((text, limit)))
    }

    /// The part was read up to its limit.
    pub fn taken(&mut self, limit: usize) {
        self.bytes.drain(..limit.min(self.bytes.len()));
        self.alike = self.alike.saturating_sub(limit);
    }

    fn fill(&mut self, line: u32) -> Result<(), ReadError> {
        while !self.ended && self.bytes.len() < self.wanted {
            let block = self.input.fill_buf();
            let block = block.map_err(|error| ReadError::broken_off(line, &error))?;
            let length = block.len();
            self.bytes.extend_from_slice(block);
            self.input.consume(length);
            self.ended = length == 0;
        }
        self.make_line_ends_alike();
        Ok(())
    }

    /// A lone carriage return ends a line too. One at the end may have its other half to come.
    fn make_line_ends_alike(&mut self) {
        let new = self.bytes.get(self.alike..).unwrap_or_default();
        let returns = memchr_iter(b'\r', new).map(|at| at + self.alike);
        let behind = |at: &usize| self.bytes.get(at + 1).copied();
        let lone = returns.filter(|at| match behind(at) {
            Some(next) => next != b'\n',
            None => self.ended,
        });
        let lone: Vec<usize> = lone.collect();
        for at in lone {
            if let Some(byte) = self.bytes.get_mut(at) {
                *byte = b'\n';
            }
        }
        let half = usize::from(!self.ended && self.bytes.last() == Some(&b'\r'));
        self.alike = self.bytes.len() - half;
    }
}

/// The last place where a field surely begins, behind the start.
fn cut(bytes: &[u8]) -> Option<usize> {
    let begins = |at: &usize| {
        let line = bytes.get(at + 1..).unwrap_or_default();
        line.starts_with(b":61:") || line.starts_with(b":62F:")
    };
    let end = memrchr_iter(b'\n', bytes).find(begins);
    end.map(|at| at + 1)
}
