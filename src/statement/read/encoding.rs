//! Bytes → text, without guessing in silence.
//!
//! In: the bytes of a file, and what the bank's profile says about them. Out: text, the name of
//! its encoding, and a warning for each line with a byte that means nothing in it. A byte is
//! never replaced unseen: what cannot be decoded stands as U+FFFD in the text.
//!
//! A byte order mark wins, then the profile, then strict UTF-8, then the one of windows-1250,
//! ISO-8859-2 and CP852 whose reading looks most like Polish. With only Ł, Ń, Ó and Ę in a file
//! the first two are the same bytes, so no detector can tell them apart and none need.

mod decoded;

pub(super) use decoded::Decoded;

use super::ReadError;
use super::survey::Survey;
use crate::statement::entry::Warning;

/// An encoding that banks write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Windows, Central European.
    Windows1250,
    /// Latin 2.
    Iso8859_2,
    /// Latin 1.
    Iso8859_1,
    /// DOS, Central European.
    Cp852,
}

impl Encoding {
    /// The name, as in a configuration or an XML declaration.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
            Encoding::Windows1250 => "windows-1250",
            Encoding::Iso8859_2 => "ISO-8859-2",
            Encoding::Iso8859_1 => "ISO-8859-1",
            Encoding::Cp852 => "CP852",
        }
    }

    /// The encoding of a name, as people and XML declarations write it.
    pub fn by_name(name: &str) -> Option<Encoding> {
        Some(match name.trim().to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" | "us-ascii" | "ascii" => Encoding::Utf8,
            "utf-16" | "utf-16le" => Encoding::Utf16Le,
            "utf-16be" => Encoding::Utf16Be,
            "windows-1250" | "cp1250" | "cp-1250" => Encoding::Windows1250,
            "iso-8859-2" | "iso8859-2" | "latin2" => Encoding::Iso8859_2,
            "iso-8859-1" | "iso8859-1" | "latin1" => Encoding::Iso8859_1,
            "cp852" | "ibm852" | "cp-852" => Encoding::Cp852,
            _ => return None,
        })
    }

    /// Bytes as text, for people to look at: what means nothing stands as U+FFFD.
    pub fn text(self, bytes: &[u8]) -> String {
        let sign = |&byte: &u8| match byte {
            0..0x80 => char::from(byte),
            _ => self.high(byte).unwrap_or(char::REPLACEMENT_CHARACTER),
        };
        match self {
            Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Encoding::Utf16Le => encoding_rs::UTF_16LE.decode(bytes).0.into_owned(),
            Encoding::Utf16Be => encoding_rs::UTF_16BE.decode(bytes).0.into_owned(),
            _ => bytes.iter().map(sign).collect(),
        }
    }

    /// What the byte means, for the encodings of one byte per character. Control characters
    /// above 0x7F occur in no statement, so they count as meaning nothing.
    pub(super) fn high(self, byte: u8) -> Option<char> {
        let found = match self {
            Encoding::Windows1250 => one_byte(encoding_rs::WINDOWS_1250, byte),
            Encoding::Iso8859_2 => one_byte(encoding_rs::ISO_8859_2, byte),
            Encoding::Iso8859_1 => Some(char::from(byte)),
            Encoding::Cp852 => Some(oem_cp::decode_char_complete_table(
                byte,
                &oem_cp::code_table::DECODING_TABLE_CP852,
            )),
            Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be => None,
        };
        found.filter(|letter| !letter.is_control())
    }
}

fn one_byte(encoding: &'static encoding_rs::Encoding, byte: u8) -> Option<char> {
    let bytes = [byte];
    encoding
        .decode_without_bom_handling_and_without_replacement(&bytes)?
        .chars()
        .next()
}

/// How a file's bytes become text.
#[derive(Debug)]
pub(super) struct Plan {
    /// What is read; none takes the bytes as they are, because they are UTF-8 already.
    decode: Option<Encoding>,
    /// Bytes of the mark in front of the text.
    mark: usize,
    /// Name of the encoding; `ASCII` where nothing tells more.
    pub name: &'static str,
    /// What was decided against the profile.
    pub warning: Option<Warning>,
    /// Why the text cannot be trusted: its declaration contradicts its bytes.
    pub fault: Option<Warning>,
    /// Whether a byte that means nothing makes the statement around it doubtful.
    pub strict: bool,
}

impl Plan {
    fn of(encoding: Encoding) -> Plan {
        Plan {
            decode: Some(encoding),
            mark: 0,
            name: encoding.name(),
            warning: None,
            fault: None,
            strict: false,
        }
    }

    /// The bytes are UTF-8 and need no decoding.
    fn as_it_is(name: &'static str) -> Plan {
        Plan {
            decode: None,
            name,
            ..Plan::of(Encoding::Utf8)
        }
    }

    fn warned(mut self, message: String) -> Self {
        self.warning = Some(Warning { line: 1, message });
        self
    }

    fn faulted(mut self, message: String) -> Self {
        self.fault = Some(Warning { line: 1, message });
        self
    }
}

/// What is known about the encoding before the bytes are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expected {
    /// A named profile says so: honoured, unless only UTF-8 makes sense.
    Profile(Encoding),
    /// Usual for the dialect that was detected: decides only between equally good readings.
    Usual(Encoding),
    /// Nothing.
    Unknown,
}

/// How a file is decoded that carries no declaration of its own.
pub(super) fn plan(survey: &Survey, expected: Expected) -> Plan {
    if let Some(plan) = marked(survey) {
        return plan;
    }
    if survey.is_ascii() {
        return Plan::as_it_is("ASCII");
    }
    let utf8 = survey.not_utf8.is_none();
    match expected {
        Expected::Profile(Encoding::Utf8) if utf8 => Plan::as_it_is(Encoding::Utf8.name()),
        Expected::Profile(encoding) if utf8 && !all_polish(encoding, &survey.high_counts()) => {
            let message = format!(
                "the profile says {}, but only UTF-8 makes sense of this file and was read: change the profile's encoding",
                encoding.name()
            );
            Plan::as_it_is(Encoding::Utf8.name()).warned(message)
        }
        Expected::Profile(encoding) => Plan::of(encoding),
        _ if utf8 => match polish_instead(survey) {
            Some(encoding) => Plan::of(encoding),
            None => Plan::as_it_is(Encoding::Utf8.name()),
        },
        _ => {
            let counts = survey.high_counts();
            let guess = most_polish(&counts, expected);
            if all_polish(guess, &counts) {
                return Plan::of(guess);
            }
            Plan::of(guess).warned(format!(
                "nothing says how this file is encoded; it is read as {}. If letters look wrong, set `encoding` for the bank account, or ask the bank for UTF-8",
                guess.name()
            ))
        }
    }
}

/// How an XML file is decoded: as its byte order mark or its declaration says.
///
/// # Errors
///
/// The declaration names an encoding that is not read here, or says UTF-8 where the bytes are
/// not: the bank has to export the file again.
pub(super) fn plan_xml(survey: &Survey) -> Result<Plan, ReadError> {
    if let Some(plan) = marked(survey) {
        return Ok(plan);
    }
    let declared = declaration(&survey.head);
    let encoding = match declared {
        None => Encoding::Utf8,
        Some(name) => Encoding::by_name(name).ok_or_else(|| ReadError {
            line: 1,
            message: format!(
                "the XML declaration names the encoding `{name}`; export the file as UTF-8, ISO-8859-1, ISO-8859-2 or windows-1250"
            ),
        })?,
    };
    let as_utf8 = || Plan::as_it_is(Encoding::Utf8.name());
    match (encoding, survey.not_utf8) {
        (Encoding::Utf16Le | Encoding::Utf16Be, None) => Ok(as_utf8()
            .faulted("the XML declaration says UTF-16, but the bytes are UTF-8".to_owned())),
        (Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be, Some(line)) => Err(ReadError {
            line,
            message: format!(
                "this byte is not {}, as the XML declaration says: ask the bank for the file again",
                encoding.name()
            ),
        }),
        (Encoding::Utf8, None) => Ok(as_utf8()),
        (_, None) if !survey.is_ascii() && !all_polish(encoding, &survey.high_counts()) => {
            Ok(as_utf8().faulted(format!(
                "the XML declaration says {}, but the bytes are UTF-8",
                encoding.name()
            )))
        }
        _ => Ok(Plan {
            strict: true,
            ..Plan::of(encoding)
        }),
    }
}

/// The encoding that an XML declaration at the very start names.
fn declaration(bytes: &[u8]) -> Option<&str> {
    let start = bytes.trim_ascii_start().strip_prefix(b"<?xml")?;
    let head = start.get(..start.len().min(200))?;
    let end = head.iter().position(|&byte| byte == b'>')?;
    let head = std::str::from_utf8(head.get(..end)?).ok()?;
    let (_, value) = head.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value
        .chars()
        .next()
        .filter(|mark| matches!(mark, '"' | '\''))?;
    value.get(1..)?.split(quote).next()
}

/// Text behind a byte order mark.
fn marked(survey: &Survey) -> Option<Plan> {
    let (encoding, mark) = match survey.head.as_slice() {
        [0xEF, 0xBB, 0xBF, ..] if survey.not_utf8.is_none() => {
            let plan = Plan::as_it_is(Encoding::Utf8.name());
            return Some(Plan { mark: 3, ..plan });
        }
        [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
        [0xFF, 0xFE, ..] => (Encoding::Utf16Le, 2),
        [0xFE, 0xFF, ..] => (Encoding::Utf16Be, 2),
        _ => return None,
    };
    let plan = Plan::of(encoding);
    Some(Plan { mark, ..plan })
}

fn is_polish(letter: char) -> bool {
    "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ".contains(letter)
}

fn all_polish(encoding: Encoding, counts: &[(u8, u64)]) -> bool {
    counts
        .iter()
        .all(|&(byte, _)| encoding.high(byte).is_some_and(is_polish))
}

/// `ÓŁ` in the one-byte encodings is valid UTF-8 for a Cyrillic letter. So text that needs
/// letters beyond Latin, and is plain Polish in one byte each, is taken for the latter. Latin
/// letters begin with the bytes up to 0xC9, dashes and quotation marks with 0xE2.
fn polish_instead(survey: &Survey) -> Option<Encoding> {
    let counts = survey.high_counts();
    if counts.iter().all(|&(byte, _)| byte < 0xCA || byte == 0xE2) {
        return None;
    }
    [Encoding::Windows1250, Encoding::Iso8859_2]
        .into_iter()
        .find(|&encoding| all_polish(encoding, &counts))
}

fn most_polish(counts: &[(u8, u64)], expected: Expected) -> Encoding {
    let mut best = match expected {
        Expected::Profile(encoding) | Expected::Usual(encoding) => encoding,
        Expected::Unknown => Encoding::Windows1250,
    };
    for encoding in [Encoding::Windows1250, Encoding::Iso8859_2, Encoding::Cp852] {
        if score(encoding, counts) > score(best, counts) {
            best = encoding;
        }
    }
    best
}

/// Polish letters speak for an encoding, other letters a little; signs that no bank writes and
/// bytes without a meaning speak against it.
fn score(encoding: Encoding, counts: &[(u8, u64)]) -> i128 {
    let weight = |letter: Option<char>| match letter {
        None => -10,
        Some(letter) if is_polish(letter) => 3,
        Some(letter) if letter.is_alphabetic() => 1,
        Some(letter) if "„”“–—…§°«»€’‘\u{A0}\u{AD}".contains(letter) => 0,
        Some(_) => -3,
    };
    counts
        .iter()
        .map(|&(byte, count)| i128::from(count) * weight(encoding.high(byte)))
        .sum()
}

#[cfg(test)]
mod tests;
