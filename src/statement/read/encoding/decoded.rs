//! Bytes as they come → UTF-8, a block at a time.

use super::{Encoding, Plan};
use crate::statement::entry::Warning;
use crate::statement::read::count_lines;
use memchr::memmem;
use std::io::{self, BufRead, Read};

const BLOCK_BYTES: usize = 128 * 1024;
/// Lines that are named; a file that is damaged throughout has said enough by then.
pub(in crate::statement::read) const NAMED_MAX: u32 = 100;

/// A reader of decoded text. What was taken is counted in lines.
pub(in crate::statement::read) struct Decoded<R> {
    input: R,
    decoder: Option<Decoder>,
    encoding: &'static str,
    /// Bytes of the byte order mark that are still to be passed over.
    mark: usize,
    raw: Vec<u8>,
    /// Whether the input came to its end.
    ended: bool,
    /// The decoded block and how far it was taken.
    block: Vec<u8>,
    taken: usize,
    lines_taken: u32,
    /// Lines up to the end of the block.
    lines_seen: u32,
    named: u32,
    last_named: u32,
    problems: Vec<Warning>,
    /// How much may be taken before somebody says that all is well.
    allowed: usize,
}

/// What is said of a line with a byte that means nothing; `named` is how many there were by then.
pub(in crate::statement::read) fn undecodable(line: u32, encoding: &str, named: u32) -> Warning {
    let more = if named == NAMED_MAX {
        "; later lines like this one are not named"
    } else {
        ""
    };
    let message =
        format!("a byte on this line means nothing in {encoding}; it is shown as \u{FFFD}{more}");
    Warning { line, message }
}

enum Decoder {
    /// One byte each: what those from 0x80 mean.
    Table(Box<[char; 128]>),
    /// UTF-8 with flaws, UTF-16.
    Stateful(Box<encoding_rs::Decoder>),
}

impl<R: Read> Decoded<R> {
    pub fn new(input: R, plan: &Plan) -> Self {
        Decoded {
            input,
            decoder: plan.decode.map(Decoder::of),
            encoding: plan.name,
            mark: plan.mark,
            raw: vec![0; BLOCK_BYTES],
            ended: false,
            block: Vec::new(),
            taken: 0,
            lines_taken: 0,
            lines_seen: 0,
            named: 0,
            last_named: 0,
            problems: Vec::new(),
            allowed: usize::MAX,
        }
    }

    /// Refuses to give more than this from here on: a reader that looks for an end which does not
    /// come would keep everything.
    pub fn allow(&mut self, bytes: usize) {
        self.allowed = bytes;
    }

    /// The line of what is taken next, from 1.
    pub fn line(&self) -> u32 {
        self.lines_taken.saturating_add(1)
    }

    /// Name of the encoding, where a byte may mean nothing in it.
    pub fn may_fail(&self) -> Option<&'static str> {
        self.decoder.is_some().then_some(self.encoding)
    }

    /// The lines found since the last call with a byte that means nothing.
    pub fn problems(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.problems)
    }

    fn next_block(&mut self) -> io::Result<()> {
        self.taken = 0;
        self.block.clear();
        while self.block.is_empty() && !self.ended {
            let length = loop {
                match self.input.read(&mut self.raw) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => break read?,
                }
            };
            self.ended = length == 0;
            let read = self.raw.get(..length).unwrap_or_default();
            let passed = self.mark.min(read.len());
            self.mark -= passed;
            let read = read.get(passed..).unwrap_or_default();
            match &mut self.decoder {
                None => self.block.extend_from_slice(read),
                Some(decoder) => decoder.push(read, self.ended, &mut self.block),
            }
        }
        if self.decoder.is_some() {
            self.find_problems();
        }
        Ok(())
    }

    fn find_problems(&mut self) {
        let mut line = self.lines_seen.saturating_add(1);
        let mut from = 0;
        for at in memmem::find_iter(&self.block, "\u{FFFD}") {
            line = line.saturating_add(count_lines(self.block.get(from..at).unwrap_or_default()));
            from = at;
            if self.last_named == line || NAMED_MAX <= self.named {
                continue;
            }
            (self.last_named, self.named) = (line, self.named + 1);
            self.problems
                .push(undecodable(line, self.encoding, self.named));
        }
        self.lines_seen = self.lines_seen.saturating_add(count_lines(&self.block));
    }
}

impl<R: Read> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.allowed == 0 {
            return Err(io::Error::other("nothing ends here for too long"));
        }
        if self.block.len() <= self.taken {
            self.next_block()?;
        }
        Ok(self.block.get(self.taken..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        let end = self.taken.saturating_add(amount).min(self.block.len());
        let passed = self.block.get(self.taken..end).unwrap_or_default();
        self.lines_taken = self.lines_taken.saturating_add(count_lines(passed));
        self.taken = end;
        self.allowed = self.allowed.saturating_sub(amount);
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut block = self.fill_buf()?;
        let length = block.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl Decoder {
    fn of(encoding: Encoding) -> Decoder {
        let stateful = match encoding {
            Encoding::Utf8 => encoding_rs::UTF_8,
            Encoding::Utf16Le => encoding_rs::UTF_16LE,
            Encoding::Utf16Be => encoding_rs::UTF_16BE,
            _ => {
                let mut table = Box::new(['\u{FFFD}'; 128]);
                for (letter, byte) in table.iter_mut().zip(0x80..=0xFF) {
                    *letter = encoding.high(byte).unwrap_or('\u{FFFD}');
                }
                return Decoder::Table(table);
            }
        };
        Decoder::Stateful(Box::new(stateful.new_decoder_without_bom_handling()))
    }

    fn push(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) {
        match self {
            Decoder::Table(table) => {
                for run in bytes.chunk_by(|left, right| left.is_ascii() == right.is_ascii()) {
                    if run.is_ascii() {
                        out.extend_from_slice(run);
                        continue;
                    }
                    for byte in run {
                        let letter = table.get(usize::from(byte & 0x7F)).copied();
                        let mut utf8 = [0; 4];
                        let letter = letter.unwrap_or('\u{FFFD}').encode_utf8(&mut utf8);
                        out.extend_from_slice(letter.as_bytes());
                    }
                }
            }
            Decoder::Stateful(decoder) => {
                let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(0);
                let mut text = String::with_capacity(room);
                // The room is enough for all of it, so it is read in one go.
                let _ = decoder.decode_to_string(bytes, &mut text, last);
                out.extend_from_slice(text.as_bytes());
            }
        }
    }
}
