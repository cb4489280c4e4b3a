//! Every sample statement is read exactly as the reading beside it says.
//!
//! `statements/a/b.sta` is read to `statements/a/b.expected.jsonl`, byte by byte. With
//! `KWESTURA_BLESS=1` the readings are written anew; the difference is then in the commit.

use kwestura::statement::entry::StatementKind;
use kwestura::statement::inspect::{inspect_error_json, inspect_json};
use kwestura::statement::read::{self, Reading};
use std::path::{Path, PathBuf};

const READING: &str = "expected.jsonl";

#[test]
fn every_sample_is_read_as_expected() {
    let mut complaints = Vec::new();
    for sample in samples() {
        let name = sample.file_name().unwrap().to_str().unwrap();
        let lines = match read::read(&std::fs::read(&sample).unwrap(), None) {
            Ok(reading) => inspect_json(name, &reading),
            Err(error) => vec![inspect_error_json(name, &error)],
        };
        let found = lines.join("\n") + "\n";
        let beside = sample.with_extension(READING);
        if std::env::var_os("KWESTURA_BLESS").is_some() {
            std::fs::write(&beside, &found).unwrap();
        }
        match std::fs::read_to_string(&beside) {
            Ok(expected) if expected == found => {}
            Ok(expected) => complaints.push(format!(
                "{}: read as\n{found}expected\n{expected}",
                sample.display()
            )),
            Err(error) => complaints.push(format!("{}: {error}", beside.display())),
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn a_sample_cut_off_anywhere_is_refused_or_whole() {
    for sample in samples() {
        let bytes = std::fs::read(&sample).unwrap();
        for end in 0..bytes.len() {
            let Ok(reading) = read::read(&bytes[..end], None) else {
                continue;
            };
            for statement in &reading.statements {
                let whole = statement.outline.kind != StatementKind::Final
                    || statement.outline.closing_minor.is_some()
                        && statement.outline.difference_minor() == Some(0);
                assert!(
                    whole || !statement.outline.is_sound(),
                    "{} cut off at {end} passes for whole",
                    sample.display()
                );
            }
        }
    }
}

#[test]
fn a_sample_with_any_byte_flipped_is_still_read_or_refused() {
    for sample in samples() {
        let mut bytes = std::fs::read(&sample).unwrap();
        for at in 0..bytes.len() {
            for mask in [0x01, 0x20, 0x80, 0xFF] {
                bytes[at] ^= mask;
                said(&read::read(&bytes, None), &sample, at);
                bytes[at] ^= mask;
            }
        }
    }
}

/// A reading has statements, and an error says why.
fn said(reading: &Result<Reading, read::ReadError>, sample: &Path, at: usize) {
    let silent = match reading {
        Ok(reading) => reading.statements.is_empty(),
        Err(error) => error.message.is_empty() || error.line == 0,
    };
    assert!(!silent, "{} flipped at {at}", sample.display());
}

/// The samples, without the readings beside them and without descriptions; there are some.
fn samples() -> Vec<PathBuf> {
    let mut waiting = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("statements")];
    let mut files = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                waiting.push(path);
            } else if !name.ends_with(READING) && name != "README.md" {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "there are no sample statements");
    files
}
