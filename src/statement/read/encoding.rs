//! Bytes → text, without guessing in silence.
//!
//! In: the bytes of a file, and what the bank's profile says about them. Out: text, the name of
//! its encoding, and a warning for each line with a byte that means nothing in it. A byte is
//! never replaced unseen: what cannot be decoded stands as U+FFFD in the text.
//!
//! A byte order mark wins, then the profile, then strict UTF-8, then the one of windows-1250,
//! ISO-8859-2 and CP852 whose reading looks most like Polish. With only Ł, Ń, Ó and Ę in a file
//! the first two are the same bytes, so no detector can tell them apart and none need.

use super::ReadError;
use crate::statement::entry::Warning;
use std::borrow::Cow;

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

    /// What the byte means, for the encodings of one byte per character. Control characters
    /// above 0x7F occur in no statement, so they count as meaning nothing.
    fn high(self, byte: u8) -> Option<char> {
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

/// A file's text.
#[derive(Debug)]
pub(super) struct Text<'a> {
    /// The text; borrowed where the bytes were UTF-8.
    pub content: Cow<'a, str>,
    /// Name of the encoding that was read; `ASCII` where nothing tells more.
    pub encoding: &'static str,
    /// Lines whose bytes could not be decoded, and what was decided against the profile.
    pub warnings: Vec<Warning>,
    /// Why the text cannot be trusted: its declaration contradicts its bytes.
    pub faults: Vec<Warning>,
}

impl<'a> Text<'a> {
    fn new(text: impl Into<Cow<'a, str>>, encoding: &'static str) -> Self {
        Text {
            content: text.into(),
            encoding,
            warnings: Vec::new(),
            faults: Vec::new(),
        }
    }

    fn warned(mut self, message: String) -> Self {
        self.warnings.push(Warning { line: 1, message });
        self
    }

    fn faulted(mut self, message: String) -> Self {
        self.faults.push(Warning { line: 1, message });
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

/// Decodes a file that carries no declaration of its own.
pub(super) fn decode(bytes: &[u8], expected: Expected) -> Text<'_> {
    if let Some(text) = marked(bytes) {
        return text;
    }
    let utf8 = std::str::from_utf8(bytes).ok();
    if let Some(text) = utf8.filter(|text| text.is_ascii()) {
        return Text::new(text, "ASCII");
    }
    match (expected, utf8) {
        (Expected::Profile(Encoding::Utf8), _) => lossy_utf8(bytes),
        (Expected::Profile(encoding), Some(text)) if !all_polish(encoding, &count_high(bytes)) => {
            let message = format!(
                "the profile says {}, but only UTF-8 makes sense of this file and was read: change the profile's encoding",
                encoding.name()
            );
            Text::new(text, Encoding::Utf8.name()).warned(message)
        }
        (Expected::Profile(encoding), _) => single_byte(bytes, encoding),
        (_, Some(text)) => match polish_instead(bytes) {
            Some(encoding) => single_byte(bytes, encoding),
            None => Text::new(text, Encoding::Utf8.name()),
        },
        (_, None) => single_byte(bytes, most_polish(&count_high(bytes), expected)),
    }
}

/// Decodes an XML file as its byte order mark or its declaration says.
///
/// # Errors
///
/// The declaration names an encoding that is not read here, or says UTF-8 where the bytes are
/// not: the bank has to export the file again.
pub(super) fn decode_xml(bytes: &[u8]) -> Result<Text<'_>, ReadError> {
    if let Some(text) = marked(bytes) {
        return Ok(text);
    }
    let declared = declaration(bytes);
    let encoding = match declared {
        None => Encoding::Utf8,
        Some(name) => Encoding::by_name(name).ok_or_else(|| ReadError {
            line: 1,
            message: format!(
                "the XML declaration names the encoding `{name}`; export the file as UTF-8, ISO-8859-1, ISO-8859-2 or windows-1250"
            ),
        })?,
    };
    match (encoding, std::str::from_utf8(bytes)) {
        (Encoding::Utf16Le | Encoding::Utf16Be, Ok(text)) => {
            Ok(Text::new(text, Encoding::Utf8.name())
                .faulted("the XML declaration says UTF-16, but the bytes are UTF-8".to_owned()))
        }
        (Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be, Err(error)) => Err(ReadError {
            line: line_of(bytes, error.valid_up_to()),
            message: format!(
                "this byte is not {}, as the XML declaration says: ask the bank for the file again",
                encoding.name()
            ),
        }),
        (Encoding::Utf8, Ok(text)) => Ok(Text::new(text, Encoding::Utf8.name())),
        (_, Ok(text)) if !bytes.is_ascii() && !all_polish(encoding, &count_high(bytes)) => {
            let message = format!(
                "the XML declaration says {}, but the bytes are UTF-8",
                encoding.name()
            );
            Ok(Text::new(text, Encoding::Utf8.name()).faulted(message))
        }
        _ => {
            let mut text = single_byte(bytes, encoding);
            text.faults.append(&mut text.warnings);
            Ok(text)
        }
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
fn marked(bytes: &[u8]) -> Option<Text<'_>> {
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return Some(lossy_utf8(rest));
    }
    let (encoding, rest) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (Encoding::Utf16Le, rest),
        [0xFE, 0xFF, rest @ ..] => (Encoding::Utf16Be, rest),
        _ => return None,
    };
    let decoder = if encoding == Encoding::Utf16Le {
        encoding_rs::UTF_16LE
    } else {
        encoding_rs::UTF_16BE
    };
    let (text, _) = decoder.decode_without_bom_handling(rest);
    Some(with_replacements(text, encoding.name()))
}

fn lossy_utf8(bytes: &[u8]) -> Text<'_> {
    with_replacements(String::from_utf8_lossy(bytes), Encoding::Utf8.name())
}

/// Warns once for each line on which something could not be decoded.
fn with_replacements<'a>(text: Cow<'a, str>, encoding: &'static str) -> Text<'a> {
    let lines = text
        .split('\n')
        .zip(1_u32..)
        .filter(|(line, _)| line.contains('\u{FFFD}'));
    let warnings = lines.map(|(_, line)| undecodable(line, encoding)).collect();
    Text {
        content: text,
        encoding,
        warnings,
        faults: Vec::new(),
    }
}

fn undecodable(line: u32, encoding: &str) -> Warning {
    Warning {
        line,
        message: format!(
            "a byte on this line means nothing in {encoding}; it is shown as \u{FFFD}"
        ),
    }
}

fn single_byte(bytes: &[u8], encoding: Encoding) -> Text<'static> {
    let table: Vec<Option<char>> = (0x80..=0xFF).map(|byte| encoding.high(byte)).collect();
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 16);
    for run in bytes.chunk_by(|left, right| left.is_ascii() == right.is_ascii()) {
        match std::str::from_utf8(run) {
            Ok(ascii) if run.is_ascii() => text.push_str(ascii),
            _ => text.extend(run.iter().map(|&byte| {
                table
                    .get(usize::from(byte & 0x7F))
                    .copied()
                    .flatten()
                    .unwrap_or('\u{FFFD}')
            })),
        }
    }
    with_replacements(Cow::Owned(text), encoding.name())
}

/// How often each high byte occurs. 0xFF is left out: it stands for an empty sub-field.
fn count_high(bytes: &[u8]) -> Vec<(u8, u64)> {
    let mut counts = [0_u64; 256];
    for &byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    (0x80..0xFF)
        .zip(counts.into_iter().skip(0x80))
        .filter(|&(_, count)| count > 0)
        .collect()
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
fn polish_instead(bytes: &[u8]) -> Option<Encoding> {
    if bytes.iter().all(|&byte| byte < 0xCA || byte == 0xE2) {
        return None;
    }
    let counts = count_high(bytes);
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

fn line_of(bytes: &[u8], offset: usize) -> u32 {
    let before = bytes
        .iter()
        .take(offset)
        .filter(|&&byte| byte == b'\n')
        .count();
    u32::try_from(before + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polish_letters_are_read_in_every_code_page() {
        let table: [(&[u8], &str); 3] = [
            (b"GAWE\xA3 \xA1WIST \xB6r\xF3da", "ISO-8859-2"),
            (b"GAWE\xA3 \xA5WIST \x9Cr\xF3da", "windows-1250"),
            (b"GAWE\x9D \xA4WIST \x98r\xA2da", "CP852"),
        ];
        for (bytes, name) in table {
            let text = decode(bytes, Expected::Unknown);
            assert_eq!(
                (text.content.as_ref(), text.encoding),
                ("GAWEŁ ĄWIST śróda", name)
            );
            assert!(text.warnings.is_empty());
        }
    }

    #[test]
    fn an_umlaut_stays_an_umlaut() {
        for bytes in [
            &b"M\xFCller"[..],
            b"M\x81ller",
            "Müller".as_bytes(),
            b"\xEF\xBB\xBFM\xC3\xBCller",
        ] {
            assert_eq!(
                decode(bytes, Expected::Unknown).content,
                "Müller",
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn two_polish_letters_that_happen_to_be_utf8_are_still_polish() {
        let bytes = b"SP\xD3\xA3KA"; // valid UTF-8: U+04E3
        assert_eq!(decode(bytes, Expected::Unknown).content, "SPÓŁKA");
        assert_eq!(
            decode(bytes, Expected::Profile(Encoding::Iso8859_2)).content,
            "SPÓŁKA"
        );
        assert_eq!(
            decode("ПРИВЕТ".as_bytes(), Expected::Unknown).content,
            "ПРИВЕТ"
        );
    }

    #[test]
    fn utf8_under_a_profile_of_another_encoding_is_read_and_said() {
        let text = decode("Żółć".as_bytes(), Expected::Profile(Encoding::Iso8859_2));
        assert_eq!(text.content, "Żółć");
        assert!(text.warnings[0].message.contains("ISO-8859-2"));
    }

    #[test]
    fn a_byte_without_a_meaning_is_visible_and_has_a_line() {
        let text = decode(b"first\nA\x81B", Expected::Profile(Encoding::Windows1250));
        assert_eq!(text.content, "first\nA\u{FFFD}B");
        assert_eq!(text.warnings[0].line, 2);
    }

    #[test]
    fn utf16_is_read_behind_its_mark() {
        let bytes: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain("Żak".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(decode(&bytes, Expected::Unknown).content, "Żak");
    }

    #[test]
    fn an_xml_declaration_is_honoured_or_the_contradiction_is_named() {
        let latin2 = decode_xml(b"<?xml version='1.0' encoding='ISO-8859-2'?><a>\xB6</a>").unwrap();
        assert!(latin2.content.ends_with("<a>ś</a>") && latin2.faults.is_empty());

        let wrong = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>ś</a>";
        let wrong = decode_xml(wrong.as_bytes()).unwrap();
        assert!(wrong.content.contains('ś') && wrong.faults[0].message.contains("ISO-8859-1"));

        let not_utf8 = decode_xml(b"<?xml version=\"1.0\"?>\n<a>\xB6</a>").unwrap_err();
        assert_eq!(not_utf8.line, 2);

        let c1 = decode_xml(b"<?xml version=\"1.0\" encoding=\"ISO-8859-2\"?><a>\x9C</a>").unwrap();
        assert_eq!(c1.faults.len(), 1);

        assert!(decode_xml(b"<?xml version=\"1.0\" encoding=\"EBCDIC\"?><a/>").is_err());
    }
}
