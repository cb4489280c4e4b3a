//! Files of banks, read.
//!
//! In: the bytes of a file as a stream, and who knows which bank's profile an account has. Out:
//! statements as the file says them, line by line in the file's order, each with what was odd
//! (warnings) and why it must not be posted (faults); or an error with a line, where the whole
//! file cannot be read. Nothing here knows students, and nothing is decided: an amount is never
//! rounded, a sign never guessed, a line never dropped without a word.
//!
//! A file is looked over once ([`Survey`]) and then read ([`stream`]); neither holds more of it
//! than a block. [`read`] does both and keeps everything, for files that are small.
//!
//! | file | format |
//! |---|---|
//! | `mt940` | MT940, MT941, MT942, MT950 in the dialects of [`Profile`] |
//! | `camt` | camt.052, camt.053, camt.054 in every version |

mod camt;
pub mod declared;
pub mod encoding;
mod mt940;
mod pages;
mod profile;
pub mod report;
mod scalar;
mod survey;

pub use encoding::Encoding;
pub use profile::{CreditingRule, DetailsShape, Label, Numbers, Place, Profile, Subfields};
pub use survey::Survey;

use super::entry::{Entry, Format, Outline, Statement, StatementKind, Warning};
use encoding::{Decoded, Expected};
use pages::Pages;
use std::io::{self, Read};
use std::rc::Rc;
use thiserror::Error;

/// Takes what a file says, in its order.
pub trait Sink {
    /// A line of the statement that is being read.
    fn entry(&mut self, entry: Entry<'_>);

    /// The statement is over: its lines are those handed over since the one before.
    fn statement(&mut self, outline: Outline, profile: &Profile);

    /// Whether enough was taken, so that the rest of the file need not be read.
    fn is_done(&self) -> bool {
        false
    }
}

/// Knows the profile of an account, given the name of the one that the file looks like; none
/// takes that one.
pub type Choose<'a> = &'a dyn Fn(&str, &str) -> Option<Profile>;

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What the file is; where it holds several kinds of message, the first.
    pub format: Format,
    /// The encoding that was read.
    pub encoding: &'static str,
}

/// A file, read and kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What the file is; where it holds several kinds of message, the first.
    pub format: Format,
    /// The encoding that was read.
    pub encoding: &'static str,
    /// Name of the profile by which the first statement was read, given or detected.
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
    pub(crate) fn new(line: u32, message: impl Into<String>) -> Self {
        ReadError {
            line,
            message: message.into(),
        }
    }

    fn unknown(line: u32) -> Self {
        ReadError::new(
            line,
            "this is no bank statement that is read here; accepted are MT940, MT942, camt.053, camt.052 and camt.054: ask the bank for one of them. A report in columns is read by a [[profile]] of your own in kwestura.toml: try it with `kwestura statement inspect --profile NAME`",
        )
    }

    /// The bytes could not be had; the file may be whole.
    fn broken_off(line: u32, error: &io::Error) -> Self {
        ReadError::new(
            line,
            format!("the file cannot be read on from here: {error}; try it again"),
        )
    }
}

/// Reads a small file whole. Without a profile the dialect is detected.
///
/// # Errors
///
/// [`ReadError`] if the file is none of the accepted kinds, is cut off, or contradicts itself so
/// that no statement can be taken from it.
pub fn read(bytes: &[u8], profile: Option<&Profile>) -> Result<Reading, ReadError> {
    whole(bytes, &Survey::of(bytes)?, profile)
}

/// Reads a file whole, wherever its bytes come from. `survey` is of the same bytes.
///
/// # Errors
///
/// As [`read`].
pub fn whole(
    input: impl Read,
    survey: &Survey,
    profile: Option<&Profile>,
) -> Result<Reading, ReadError> {
    let mut kept = Kept::default();
    let seen = stream(input, survey, &|_, _| profile.cloned(), &mut kept)?;
    Ok(Reading {
        format: seen.format,
        encoding: seen.encoding,
        profile: kept.profile,
        statements: kept.statements,
    })
}

/// Reads a report of mass payments, which holds no balances, by its layout. `survey` is of the same
/// bytes.
///
/// # Errors
///
/// The bytes cannot be had; what is wrong with the report is among its faults.
pub fn report(
    input: impl Read,
    survey: &Survey,
    (name, layout): (&str, &report::Layout),
) -> Result<Reading, ReadError> {
    let expected = layout.encoding.map_or(Expected::Unknown, Expected::Profile);
    let plan = encoding::plan(survey, expected);
    let format = Format::Report(name.to_owned());
    let mut outline = Outline::new(1, format.clone(), StatementKind::Details);
    let mut entries = Vec::new();
    let summary = report::read(Decoded::new(input, &plan), layout, |line| {
        if entries.is_empty() {
            outline.currency = line.currency.to_string();
            let account = line.account.as_deref().unwrap_or_default();
            account.clone_into(&mut outline.account);
        }
        let entry = line.into_entry();
        outline.count(&entry);
        entries.push(entry);
    });
    let summary = summary.map_err(|error| ReadError::broken_off(1, &error))?;
    outline.warnings.extend(plan.warning);
    let faults = summary.faults.iter().map(|fault| Warning {
        line: fault.line,
        message: fault.to_string(),
    });
    outline.faults.extend(faults);
    Ok(Reading {
        format,
        encoding: plan.name,
        profile: name.to_owned(),
        statements: vec![Statement { outline, entries }],
    })
}

/// Keeps everything.
#[derive(Default)]
struct Kept {
    profile: String,
    entries: Vec<Entry<'static>>,
    statements: Vec<Statement>,
}

impl Sink for Kept {
    fn entry(&mut self, entry: Entry<'_>) {
        self.entries.push(entry.into_owned());
    }

    fn statement(&mut self, outline: Outline, profile: &Profile) {
        let mut entries = std::mem::take(&mut self.entries);
        if outline.reversals_turned {
            entries.iter_mut().for_each(Entry::turn_reversal);
        }
        if self.statements.is_empty() {
            self.profile.clone_from(&profile.name);
        }
        self.statements.push(Statement { outline, entries });
    }
}

/// Reads a bank's file, holding no more than a block of it. `survey` is of the same bytes.
///
/// Lines of a statement in which [`Outline::reversals_turned`] holds have to be turned by who
/// takes them, because that is known only at its end.
///
/// # Errors
///
/// As [`read`]; what was handed over by then is to be thrown away.
pub fn stream(
    input: impl Read,
    survey: &Survey,
    choose: Choose<'_>,
    sink: &mut dyn Sink,
) -> Result<Seen, ReadError> {
    if survey.blank {
        return Err(ReadError::new(
            1,
            "the file is empty: ask the bank for it again",
        ));
    }
    let xml = is_xml(&survey.head);
    let detected = if xml {
        CAMT
    } else {
        Profile::detect(&survey.head)
    };
    let profiles = Profiles { choose, detected };
    let plan = if xml {
        encoding::plan_xml(survey)?
    } else {
        encoding::plan(survey, expected(survey, &profiles))
    };
    let text = Decoded::new(input, &plan);
    let pages = Pages::new(sink, &plan);
    let format = if xml {
        camt::read(text, &profiles, pages)?
    } else {
        mt940::read(text, &profiles, pages)?
    };
    Ok(Seen {
        format,
        encoding: plan.name,
    })
}

/// The profile of camt files without peculiarities.
const CAMT: &str = "camt";

/// Whether the first sign is `<`, in any encoding that XML comes in.
fn is_xml(head: &[u8]) -> bool {
    let marks: [&[u8]; 3] = [b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF"];
    let bare = marks
        .iter()
        .find_map(|mark| head.strip_prefix(*mark))
        .unwrap_or(head);
    bare.iter()
        .find(|byte| !byte.is_ascii_whitespace() && **byte != 0)
        == Some(&b'<')
}

/// What is known about the encoding: a profile that was chosen for the file's first account says
/// it, the dialect that was detected only makes it likely.
fn expected(survey: &Survey, profiles: &Profiles<'_>) -> Expected {
    let account = mt940::first_account(&survey.head);
    match (profiles.choose)(&account, profiles.detected) {
        Some(Profile {
            encoding: Some(encoding),
            ..
        }) => Expected::Profile(encoding),
        Some(_) => Expected::Unknown,
        None => match profiles.of("").encoding {
            Some(encoding) => Expected::Usual(encoding),
            None => Expected::Unknown,
        },
    }
}

/// The profiles of a file's accounts.
struct Profiles<'a> {
    choose: Choose<'a>,
    detected: &'static str,
}

impl Profiles<'_> {
    fn of(&self, account: &str) -> Rc<Profile> {
        let detected = || Profile::by_name(self.detected).unwrap_or_else(Profile::generic);
        Rc::new((self.choose)(account, self.detected).unwrap_or_else(detected))
    }
}

/// Reads until the buffer is full or the input ends.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> Result<usize, ReadError> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ReadError::broken_off(1, &error)),
        }
    }
    Ok(filled)
}

/// Line ends in a block.
fn count_lines(bytes: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX)
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
