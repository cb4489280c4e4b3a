//! A walk over an XML text, one element at a time.
//!
//! In: decoded text as a stream. Out: child elements by local name and their text, with entities
//! resolved. A document type declaration is refused wherever it stands, so no entity is ever
//! defined by the file; depth, the length of a tag and that of a text are bounded.

use super::super::ReadError;
use super::super::encoding::Decoded;
use crate::statement::entry::Warning;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::io::Read;

/// camt nests about fifteen deep.
const DEPTH_MAX: u32 = 64;
/// The longest tag, attributes included.
const TAG_LENGTH_MAX: usize = 4096;
/// The longest text of one element; the schemas allow 500 characters.
const TEXT_LENGTH_MAX: usize = 64 * 1024;
/// The longest of anything: a comment, spaces between elements.
const PIECE_BYTES_MAX: usize = 1024 * 1024;

/// The place in the text.
pub(super) struct Xml<R> {
    reader: Reader<Decoded<R>>,
    /// What the reader puts an event into.
    buffer: Vec<u8>,
    depth: u32,
    /// The tag of the last element, attributes included, and the length of its name.
    tag: String,
    name_length: usize,
    /// Where the local name begins, behind the prefix.
    local: usize,
    /// The text of the last element that was asked for.
    text: String,
    /// The encoding that the first document declares.
    declared: Option<String>,
}

/// An event without what it borrowed.
enum Step {
    Start,
    End,
    Eof,
    Other,
}

impl<R: Read> Xml<R> {
    pub fn new(input: Decoded<R>) -> Self {
        let mut reader = Reader::from_reader(input);
        reader.config_mut().expand_empty_elements = true;
        Xml {
            reader,
            buffer: Vec::new(),
            depth: 0,
            tag: String::new(),
            name_length: 0,
            local: 0,
            text: String::new(),
            declared: None,
        }
    }

    /// The line of the last thing read.
    pub fn line(&self) -> u32 {
        self.reader.get_ref().line()
    }

    /// Lines that could not be decoded, since the last call.
    pub fn problems(&mut self) -> Vec<Warning> {
        self.reader.get_mut().problems()
    }

    pub fn error(&self, message: impl Into<String>) -> ReadError {
        ReadError::new(self.line(), message)
    }

    /// The name of the last element without a prefix: versions and banks differ in prefixes alone.
    pub fn name(&self) -> &str {
        self.tag
            .get(self.local..self.name_length)
            .unwrap_or_default()
    }

    /// The value of an attribute of the last element, as it is written.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let start = BytesStart::from_content(self.tag.as_str(), self.name_length);
        let found = start.try_get_attribute(name).ok()??;
        Some(found.value.into_owned())
    }

    /// The namespace that the last element declares for itself.
    pub fn namespace(&self) -> Option<String> {
        match self.local.checked_sub(1) {
            Some(end) => {
                let prefix = self.tag.get(..end).unwrap_or_default();
                self.attribute(&format!("xmlns:{prefix}"))
            }
            None => self.attribute("xmlns"),
        }
    }

    /// Goes to the next child of the element that is open, or tells that there is none. The child
    /// has then to be read to its own end: by [`Xml::text`], [`Xml::skip`] or by asking for its
    /// children.
    pub fn child(&mut self) -> Result<bool, ReadError> {
        loop {
            match self.step(false)? {
                Step::Start => return Ok(true),
                Step::End => return Ok(false),
                Step::Eof if self.depth == 0 => return Ok(false),
                Step::Eof => return Err(self.cut_off()),
                Step::Other => {}
            }
        }
    }

    /// The text inside the element that is open, to its end, without spaces around.
    pub fn text(&mut self) -> Result<&str, ReadError> {
        let outside = self.depth.saturating_sub(1);
        self.text.clear();
        loop {
            match self.step(true)? {
                Step::End if self.depth == outside => return Ok(self.text.trim()),
                Step::Eof => return Err(self.cut_off()),
                _ if TEXT_LENGTH_MAX < self.text.len() => {
                    return Err(self.error("a text is too long for a bank statement"));
                }
                _ => {}
            }
        }
    }

    /// Leaves the element that is open.
    pub fn skip(&mut self) -> Result<(), ReadError> {
        let outside = self.depth.saturating_sub(1);
        while outside < self.depth {
            if let Step::Eof = self.step(false)? {
                return Err(self.cut_off());
            }
        }
        Ok(())
    }

    /// The next event, its bounds checked; what is text is added to ours where it is wanted.
    fn step(&mut self, wanted: bool) -> Result<Step, ReadError> {
        self.buffer.clear();
        self.reader.get_mut().allow(PIECE_BYTES_MAX);
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => {
                let line = self.reader.get_ref().line();
                let message = format!("the XML is broken or cut off: {error}");
                return Err(ReadError::new(line, message));
            }
        };
        let refused = match event {
            Event::Start(start) => {
                self.depth += 1;
                if TAG_LENGTH_MAX < start.len() {
                    Some("a tag is too long for a bank statement".to_owned())
                } else if DEPTH_MAX < self.depth {
                    Some("elements are nested too deep for a bank statement".to_owned())
                } else {
                    self.tag.clear();
                    self.tag.push_str(&start);
                    let name = start.name();
                    self.name_length = name.as_ref().len();
                    self.local = self.name_length - name.local_name().as_ref().len();
                    return Ok(Step::Start);
                }
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                return Ok(Step::End);
            }
            Event::Eof => return Ok(Step::Eof),
            // XML has no such character (XML 1.0, 2.2): something damaged the file.
            Event::Text(piece) if memchr::memchr(0, piece.as_bytes()).is_some() => {
                Some("a NUL byte: the file is damaged, ask the bank for it again".to_owned())
            }
            Event::Text(piece) if wanted => {
                self.text.push_str(&piece);
                None
            }
            Event::CData(piece) if wanted => {
                self.text.push_str(&piece);
                None
            }
            Event::GeneralRef(name) if wanted => match entity(&name) {
                Some(letter) => {
                    self.text.push(letter);
                    None
                }
                None => Some(format!("the entity `&{};` means nothing here", &*name)),
            },
            Event::Text(piece) if self.depth == 0 && !is_blank(&piece) => {
                Some("there is text outside of the document".to_owned())
            }
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().and_then(Result::ok);
                let encoding =
                    encoding.map_or("utf-8".to_owned(), |name| name.to_ascii_lowercase());
                let first = self.declared.get_or_insert_with(|| encoding.clone());
                (*first != encoding).then(|| {
                    "the documents in this file are encoded differently: import them one by one"
                        .to_owned()
                })
            }
            Event::DocType(_) => {
                Some("a bank statement has no DOCTYPE; the file is refused".to_owned())
            }
            _ => None,
        };
        match refused {
            Some(message) => Err(self.error(message)),
            None => Ok(Step::Other),
        }
    }

    fn cut_off(&self) -> ReadError {
        self.error("the document is cut off: ask the bank for the file again")
    }
}

/// The five entities of XML and numbered characters; no other can be defined here.
fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => numbered(name),
    }
}

/// `#65` or `#x41`.
fn numbered(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let code = match digits.strip_prefix('x') {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(code).filter(|letter| *letter != '\0')
}

fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|letter| letter.is_whitespace() || letter == '\u{FEFF}' || letter == '\u{1A}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::read::Survey;
    use crate::statement::read::encoding::plan_xml;

    fn walk(text: &str) -> Xml<&[u8]> {
        let plan = plan_xml(&Survey::of(text.as_bytes()).unwrap()).unwrap();
        Xml::new(Decoded::new(text.as_bytes(), &plan))
    }

    fn first_text(text: &str) -> Result<String, ReadError> {
        let mut xml = walk(text);
        assert!(xml.child()?);
        Ok(xml.text()?.to_owned())
    }

    #[test]
    fn entities_and_character_data_are_joined() {
        let text = "<a> A &amp; B &#x141;&#243;d&#x17A; <![CDATA[<&>]]><!-- no --> C </a>";
        assert_eq!(first_text(text).unwrap(), "A & B Łódź <&> C");
    }

    #[test]
    fn what_a_statement_never_has_is_refused_with_its_line() {
        let deep = "<a>".repeat(100);
        let wide = format!("<a {}/>", "x='1' ".repeat(2000));
        let table = [
            ("\n<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 2, "DOCTYPE"),
            ("<a>\n\n&b;</a>", 3, "entity"),
            ("<a>\n<b></a>", 2, "broken"),
            ("<a>\n<b>", 2, "cut off"),
            ("<a>&#0;</a>", 1, "entity"),
            (deep.as_str(), 1, "deep"),
            (wide.as_str(), 1, "long"),
        ];
        for (text, line, reason) in table {
            let error = first_text(text).unwrap_err();
            assert_eq!(error.line, line, "{text}");
            assert!(error.message.contains(reason), "{text}: {}", error.message);
        }
    }

    #[test]
    fn children_are_visited_by_local_name() {
        let mut xml = walk("<n:a xmlns:n='urn:x'><n:b>1</n:b><c/><d><e/></d></n:a>");
        assert!(xml.child().unwrap());
        assert_eq!(
            (xml.name(), xml.namespace().as_deref()),
            ("a", Some("urn:x"))
        );
        let mut names = Vec::new();
        while xml.child().unwrap() {
            names.push(xml.name().to_owned());
            xml.skip().unwrap();
        }
        assert_eq!(names, ["b", "c", "d"]);
        assert!(!xml.child().unwrap());
    }
}
