//! Who is measured: a function each, from a file to the number of entries in it.
//!
//! Each reads the file itself and says how many entries it saw, so that nobody is faster for
//! having seen fewer. The scan alone gets its bytes from memory: it is the floor.

use anyhow::{Context, Result, ensure};
use kwestura::statement::read::read;
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
    let reading = read(&std::fs::read(file)?, None)?;
    let mut entries = 0;
    for statement in &reading.statements {
        ensure!(statement.is_sound(), "a statement was not sound");
        entries += statement.entries.len();
    }
    Ok(entries)
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
