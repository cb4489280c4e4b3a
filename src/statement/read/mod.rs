//! Files of banks, read.
//!
//! In: the bytes of a file, and perhaps the profile of the bank that wrote it. Out: statements as
//! the file says them, in the file's order, each with what was odd (warnings) and why it must not
//! be posted (faults); or an error with a line, where the whole file cannot be read. Nothing here
//! knows students, and nothing is decided: an amount is never rounded, a sign never guessed, a
//! line never dropped without a word.
//!
//! | file | format |
//! |---|---|
//! | `mt940` | MT940, MT941, MT942, MT950 in the dialects of [`Profile`] |
//! | `camt` | camt.052, camt.053, camt.054 in every version |

mod camt;
pub mod declared;
mod encoding;
mod mt940;
mod pages;
mod profile;
pub mod report;
mod scalar;

pub use encoding::Encoding;
pub use profile::{CreditingRule, DetailsShape, Label, Numbers, Place, Profile, Subfields};

use super::entry::{Statement, Warning};
use encoding::Expected;
use std::borrow::Cow;
use std::fmt;
use thiserror::Error;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// Booked statement.
    Mt940,
    /// Balance report.
    Mt941,
    /// Intraday report.
    Mt942,
    /// Booked statement without texts.
    Mt950,
    /// An ISO 20022 message by its name, as `camt.053.001.08`.
    Camt(String),
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Mt940 => "MT940",
            Format::Mt941 => "MT941",
            Format::Mt942 => "MT942",
            Format::Mt950 => "MT950",
            Format::Camt(name) => name,
        })
    }
}

/// A file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What the file is; where it holds several kinds of message, the first.
    pub format: Format,
    /// The encoding that was read.
    pub encoding: &'static str,
    /// Name of the profile by which it was read, given or detected.
    pub profile: String,
    /// The statements, in the file's order, pages joined.
    pub statements: Vec<Statement>,
}

/// Why a file cannot be read at all. Nothing of it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {message}")]
pub struct ReadError {
    /// Line of the file, from 1.
    pub line: u32,
    /// What is wrong and what to do.
    pub message: String,
}

impl ReadError {
    fn new(line: u32, message: impl Into<String>) -> Self {
        ReadError {
            line,
            message: message.into(),
        }
    }

    fn unknown(line: u32) -> Self {
        ReadError::new(
            line,
            "this is no bank statement that is read here; accepted are MT940, MT942, camt.053, camt.052 and camt.054: ask the bank for one of them",
        )
    }
}

/// Reads a bank's file. Without a profile the dialect is detected.
///
/// # Errors
///
/// [`ReadError`] if the file is none of the accepted kinds, is cut off, or contradicts itself so
/// that no statement can be taken from it.
pub fn read(bytes: &[u8], profile: Option<&Profile>) -> Result<Reading, ReadError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::new(
            1,
            "the file is empty: ask the bank for it again",
        ));
    }
    if is_xml(bytes) {
        read_xml(bytes, profile)
    } else {
        read_mt(bytes, profile)
    }
}

/// Whether the first sign is `<`, in any encoding that XML comes in.
fn is_xml(bytes: &[u8]) -> bool {
    let marks: [&[u8]; 3] = [b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF"];
    let bare = marks
        .iter()
        .find_map(|mark| bytes.strip_prefix(*mark))
        .unwrap_or(bytes);
    bare.iter()
        .find(|byte| !byte.is_ascii_whitespace() && **byte != 0)
        == Some(&b'<')
}

fn read_xml(bytes: &[u8], profile: Option<&Profile>) -> Result<Reading, ReadError> {
    let profile = profile
        .cloned()
        .or_else(|| Profile::by_name("camt"))
        .unwrap_or_else(Profile::generic);
    let text = encoding::decode_xml(bytes)?;
    let (format, statements) = camt::read(&text.content, &profile)?;
    Ok(finished(format, text, &profile, statements))
}

fn read_mt(bytes: &[u8], given: Option<&Profile>) -> Result<Reading, ReadError> {
    let detected = if given.is_none() {
        Some(Profile::detect(bytes))
    } else {
        None
    };
    let profile = given
        .or(detected.as_ref())
        .map_or_else(|| Cow::Owned(Profile::generic()), Cow::Borrowed);
    let expected = match (profile.encoding, given) {
        (Some(encoding), Some(_)) => Expected::Profile(encoding),
        (Some(encoding), None) => Expected::Usual(encoding),
        (None, _) => Expected::Unknown,
    };
    let mut text = encoding::decode(bytes, expected);
    text.content = one_line_end(text.content);
    if text.content.contains('\0') {
        let lines = text.content.split('\n').zip(1_u32..);
        let holes = lines.filter(|(line, _)| line.contains('\0'));
        text.faults.extend(holes.map(|(_, line)| Warning {
            line,
            message: "a NUL byte: the file is damaged".to_owned(),
        }));
    }
    let (format, statements) = mt940::read(&text.content, &profile)?;
    Ok(finished(format, text, &profile, statements))
}

/// A lone carriage return ends a line too.
fn one_line_end(text: Cow<'_, str>) -> Cow<'_, str> {
    let lone = |(at, _)| text.as_bytes().get(at + 1) != Some(&b'\n');
    if text.match_indices('\r').any(lone) {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        text
    }
}

/// Puts what was found in the text itself beside the statements on whose lines it was found.
fn finished(
    format: Format,
    text: encoding::Text<'_>,
    profile: &Profile,
    mut statements: Vec<Statement>,
) -> Reading {
    for warning in text.warnings {
        if let Some(statement) = at_line(&mut statements, warning.line) {
            statement.warnings.push(warning);
        }
    }
    for fault in text.faults {
        // A declaration that contradicts the bytes is a doubt about everything behind it.
        if fault.line == 1 && matches!(format, Format::Camt(_)) {
            for statement in &mut statements {
                statement.faults.push(fault.clone());
            }
        } else if let Some(statement) = at_line(&mut statements, fault.line) {
            statement.faults.push(fault);
        }
    }
    Reading {
        format,
        encoding: text.encoding,
        profile: profile.name.clone(),
        statements,
    }
}

/// The statement that a line of the file belongs to; what precedes the first belongs to it.
fn at_line(statements: &mut [Statement], line: u32) -> Option<&mut Statement> {
    let behind = statements
        .iter()
        .position(|statement| line < statement.line)
        .unwrap_or(statements.len());
    statements.get_mut(behind.saturating_sub(1))
}

/// The reference, unless it only says that there is none.
fn reference(text: &str) -> &str {
    let text = text.trim();
    if ["NONREF", "NOTPROVIDED", "NOT PROVIDED"]
        .iter()
        .any(|none| text.eq_ignore_ascii_case(none))
    {
        ""
    } else {
        text
    }
}

/// Whether a text from a place for account numbers can be one: `XX` and at least eight digits
/// (mBank's `ID IPH`), or digits with at most a country code, spaces and a slash around.
fn account_like(text: &str) -> bool {
    let mut digits = 0_u32;
    let bare = text.trim().trim_start_matches('/');
    let bare = bare
        .strip_prefix("PL")
        .unwrap_or_else(|| bare.trim_start_matches('X'));
    for letter in bare.chars() {
        match letter {
            '0'..='9' => digits += 1,
            ' ' | '\u{A0}' | '\n' | '\r' => {}
            _ => return false,
        }
    }
    (8..=26).contains(&digits)
}
