//! Who is measured: a function each, from a file to the number of entries in it.
//!
//! Each reads the file itself and says how many entries it saw, so that nobody is faster for
//! having seen fewer. The scan alone gets its bytes from memory: it is the floor.

use anyhow::{Context, Result, ensure};
use kwestura::statement::entry::{Entry, Outline};
use kwestura::statement::read::{Profile, Sink, Survey, stream};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Kwestura, MT940: typed, sub-fields cut up, every statement proved to add up.
pub fn ours_mt940(file: &Path) -> Result<usize> {
    ours(file)
}

/// Kwestura, camt.
pub fn ours_camt(file: &Path) -> Result<usize> {
    ours(file)
}

fn ours(file: &Path) -> Result<usize> {
    let survey = Survey::of(File::open(file)?)?;
    let mut counted = Counted::default();
    stream(File::open(file)?, &survey, &|_, _| None, &mut counted)?;
    ensure!(counted.sound, "a statement was not sound");
    Ok(counted.entries)
}

/// Takes entries as the engine does, one by one, and keeps none.
struct Counted {
    entries: usize,
    sound: bool,
}

impl Default for Counted {
    fn default() -> Self {
        Counted {
            entries: 0,
            sound: true,
        }
    }
}

impl Sink for Counted {
    fn entry(&mut self, entry: Entry<'_>) {
        std::hint::black_box(&entry);
        self.entries += 1;
    }

    fn statement(&mut self, outline: Outline, _: &Profile) {
        self.sound &= outline.is_sound() && outline.closing_minor.is_some();
    }
}

/// swift-mt-message: typed and validated, at most 500 lines in a message, `:86:` left as it is.
#[cfg(feature = "swift-mt-message")]
pub fn swift_mt_message(file: &Path) -> Result<usize> {
    use swift_mt_message::{SwiftParser, messages::MT940};

    let text = std::fs::read_to_string(file)?;
    let mut entries = 0;
    for message in text.split_inclusive("-}\r\n") {
        let parsed = SwiftParser::parse::<MT940>(message)?;
        let errors = parsed.fields.validate_network_rules(false);
        ensure!(errors.is_empty(), "a message was not valid");
        entries += parsed.fields.statement_lines.len();
    }
    Ok(entries)
}

/// The floor of MT940: the ends of lines, and whether `:61:` begins the next.
pub fn line_scan(bytes: &[u8]) -> usize {
    let ends = memchr::memchr_iter(b'\n', bytes);
    ends.filter(|&end| {
        bytes
            .get(end + 1..)
            .is_some_and(|next| next.starts_with(b":61:"))
    })
    .count()
}

/// The floor of camt: quick-xml's streaming reader, its events only.
pub fn xml_events(file: &Path) -> Result<usize> {
    let file = File::open(file).context("the file was there")?;
    let mut reader = Reader::from_reader(BufReader::with_capacity(64 * 1024, file));
    let (mut buffer, mut entries) = (Vec::new(), 0);
    loop {
        match reader.read_event_into(&mut buffer)? {
            Event::Start(start) if start.name().as_ref() == "Ntry" => entries += 1,
            Event::Eof => return Ok(entries),
            _ => {}
        }
        buffer.clear();
    }
}
