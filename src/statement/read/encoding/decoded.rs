//! Bytes as they come → UTF-8, a block at a time.

use super::{Encoding, Plan};
use crate::statement::entry::Warning;
use crate::statement::read::count_lines;
use memchr::memmem;
use std::cell::Cell;
use std::io::{self, BufRead, Read};

const BLOCK_BYTES: usize = 128 * 1024;
/// Lines that are named; a file that is damaged throughout has said enough by then.
const NAMED_MAX: u32 = 100;

/// A reader of decoded text. What was taken is counted in lines.
pub(in crate::statement::read) struct Decoded<R> {
    input: R,
    decoder: Option<Decoder>,
    /// Bytes of the byte order mark that are still to be passed over.
    mark: usize,
    raw: Vec<u8>,
    /// Whether the input came to its end.
    ended: bool,
    /// The decoded block and how far it was taken.
    block: Vec<u8>,
    taken: usize,
    /// Line ends up to a place of the block, and that place: counted when somebody asks.
    lines: Cell<(u32, usize)>,
    /// Looks for bytes that mean nothing, where there may be any and nobody else does.
    finder: Option<Undecodable>,
    problems: Vec<Warning>,
    /// How much may be taken before somebody says that all is well.
    allowed: usize,
}

/// Finds lines with a byte that means nothing, in parts of a text that follow each other.
pub(in crate::statement::read) struct Undecodable {
    encoding: &'static str,
    lines: u32,
    named: u32,
    last: u32,
}

impl Undecodable {
    /// Looks through the next part, which counts its own line ends.
    pub fn look(&mut self, part: &[u8], found: &mut Vec<Warning>) {
        let mut line = self.lines.saturating_add(1);
        let mut from = 0;
        for at in memmem::find_iter(part, "\u{FFFD}") {
            line = line.saturating_add(count_lines(part.get(from..at).unwrap_or_default()));
            from = at;
            if self.last == line || NAMED_MAX <= self.named {
                continue;
            }
            (self.last, self.named) = (line, self.named + 1);
            let more = if self.named == NAMED_MAX {
                "; later lines like this one are not named"
            } else {
                ""
            };
            let encoding = self.encoding;
            let message = format!(
                "a byte on this line means nothing in {encoding}; it is shown as \u{FFFD}{more}"
            );
            found.push(Warning { line, message });
        }
        self.lines = self.lines.saturating_add(count_lines(part));
    }
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
            mark: plan.mark,
            raw: Vec::new(),
            ended: false,
            block: Vec::new(),
            taken: 0,
            lines: Cell::new((0, 0)),
            finder: plan.decode.is_some().then_some(Undecodable {
                encoding: plan.name,
                lines: 0,
                named: 0,
                last: 0,
            }),
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
        self.lines_until(self.taken).saturating_add(1)
    }

    fn lines_until(&self, end: usize) -> u32 {
        let (lines, from) = self.lines.get();
        let new = self.block.get(from..end).unwrap_or_default();
        let lines = lines.saturating_add(count_lines(new));
        self.lines.set((lines, end));
        lines
    }

    /// Leaves it to the caller to find lines with a byte that means nothing, where there may be
    /// any: he knows better what ends a line.
    pub fn take_finder(&mut self) -> Option<Undecodable> {
        self.finder.take()
    }

    /// The lines found since the last call with a byte that means nothing.
    pub fn problems(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.problems)
    }

    fn next_block(&mut self) -> io::Result<()> {
        let lines = self.lines_until(self.block.len());
        self.lines.set((lines, 0));
        self.taken = 0;
        self.block.clear();
        while self.block.is_empty() && !self.ended {
            // What needs no decoding is read where it is taken from.
            let raw = match self.decoder {
                None => &mut self.block,
                Some(_) => &mut self.raw,
            };
            raw.resize(BLOCK_BYTES, 0);
            let length = loop {
                match self.input.read(raw) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        raw.clear();
                        return Err(error);
                    }
                    Ok(length) => break length,
                }
            };
            raw.truncate(length);
            self.ended = length == 0;
            let passed = self.mark.min(length);
            self.mark -= passed;
            raw.drain(..passed);
            if let Some(decoder) = &mut self.decoder {
                decoder.push(&self.raw, self.ended, &mut self.block);
            }
        }
        if let Some(finder) = &mut self.finder {
            finder.look(&self.block, &mut self.problems);
        }
        Ok(())
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
        self.taken = self.taken.saturating_add(amount).min(self.block.len());
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
