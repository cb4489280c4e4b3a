//! A look over all bytes of a file, before any of them is read.
//!
//! In: the bytes, once. Out: what has to be known of the whole file before its first line can be
//! understood: which bytes above 0x7F occur, whether it is UTF-8. Nothing is kept but the first
//! part of it.

use super::ReadError;
use super::declared::Declared;
use super::report::{Layout, looks_like};
use std::io::Read;

/// As much of a file as is kept, to tell its format and dialect.
const HEAD_BYTES: usize = 64 * 1024;
const BLOCK_BYTES: usize = 64 * 1024;

/// What a look over a file told.
#[derive(Debug, Clone)]
pub struct Survey {
    pub(super) head: Vec<u8>,
    /// Nothing but spaces.
    pub(super) blank: bool,
    /// How often each byte from 0x80 occurs.
    pub(super) high: [u64; 128],
    /// The line of the first byte that is not UTF-8.
    pub(super) not_utf8: Option<u32>,
}

impl Survey {
    /// Looks over a file.
    ///
    /// # Errors
    ///
    /// The file cannot be read to its end; nothing is wrong with what it says.
    pub fn of(mut input: impl Read) -> Result<Survey, ReadError> {
        let mut survey = Survey {
            head: Vec::new(),
            blank: true,
            high: [0; 128],
            not_utf8: None,
        };
        let mut utf8 = Utf8::default();
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            let length = super::fill(&mut input, &mut block)?;
            let read = block.get(..length).unwrap_or_default();
            if read.is_empty() {
                break;
            }
            survey.take(read, &mut utf8);
        }
        utf8.end();
        survey.not_utf8 = utf8.broken_at_line;
        Ok(survey)
    }

    /// The profile of a report of mass payments that the file looks like, declared or built in.
    pub fn report(&self, declared: &[Declared]) -> Option<String> {
        let head = String::from_utf8_lossy(&self.head);
        let own = declared.iter().map(|profile| profile.name.as_str());
        let mut names = own.chain(Layout::names().iter().copied());
        let fits = |name: &&str| {
            Declared::report(declared, name).is_some_and(|layout| looks_like(&head, &layout))
        };
        names.find(fits).map(str::to_owned)
    }

    fn take(&mut self, read: &[u8], utf8: &mut Utf8) {
        let room = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend(read.iter().take(room));
        self.blank = self.blank && read.iter().all(u8::is_ascii_whitespace);
        // Letters with marks are rare: most runs are passed over as a whole.
        for run in read.chunks(32).filter(|run| !run.is_ascii()) {
            for byte in run.iter().filter(|byte| !byte.is_ascii()) {
                if let Some(count) = self.high.get_mut(usize::from(byte & 0x7F)) {
                    *count += 1;
                }
            }
        }
        utf8.take(read);
    }

    pub(super) fn is_ascii(&self) -> bool {
        self.high.iter().all(|&count| count == 0)
    }

    /// How often each high byte occurs. 0xFF is left out: it stands for an empty sub-field.
    pub(super) fn high_counts(&self) -> Vec<(u8, u64)> {
        let counts = (0x80..0xFF).zip(self.high);
        counts.filter(|&(_, count)| count > 0).collect()
    }
}

/// Whether bytes that come in blocks are UTF-8.
#[derive(Default)]
struct Utf8 {
    /// The start of a character that the next block goes on with.
    begun: Vec<u8>,
    lines: u32,
    broken_at_line: Option<u32>,
}

impl Utf8 {
    fn take(&mut self, block: &[u8]) {
        if self.broken_at_line.is_some() {
            return;
        }
        if self.begun.is_empty() {
            self.check(block);
        } else {
            let begun = std::mem::take(&mut self.begun);
            self.check(&[begun.as_slice(), block].concat());
        }
    }

    fn check(&mut self, bytes: &[u8]) {
        let Err(error) = std::str::from_utf8(bytes) else {
            self.lines = self.lines.saturating_add(super::count_lines(bytes));
            return;
        };
        let (good, rest) = bytes
            .split_at_checked(error.valid_up_to())
            .unwrap_or_default();
        self.lines = self.lines.saturating_add(super::count_lines(good));
        if error.error_len().is_some() {
            self.broken_at_line = Some(self.lines.saturating_add(1));
        } else {
            self.begun = rest.to_vec();
        }
    }

    /// A character that never came to its end.
    fn end(&mut self) {
        if !self.begun.is_empty() {
            self.broken_at_line
                .get_or_insert(self.lines.saturating_add(1));
        }
    }
}
