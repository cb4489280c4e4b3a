//! A walk over an XML text, one element at a time.
//!
//! In: decoded text. Out: child elements by local name and their text, with entities resolved. A
//! document type declaration is refused wherever it stands, so no entity is ever defined by the
//! file; depth and the length of a tag are bounded.

use super::super::ReadError;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;

/// camt nests about fifteen deep.
const DEPTH_MAX: u32 = 64;
/// The longest tag, attributes included.
const TAG_LENGTH_MAX: usize = 4096;

/// An element whose start was read.
pub(super) struct Element<'a> {
    start: BytesStart<'a>,
}

impl Element<'_> {
    /// The name without a prefix: versions and banks differ in prefixes alone.
    pub fn name(&self) -> &str {
        self.start.local_name().into_inner()
    }

    /// The value of an attribute, as it is written.
    pub fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(self.start.try_get_attribute(name).ok()??.value)
    }

    /// The namespace that the element declares for itself.
    pub fn namespace(&self) -> Option<Cow<'_, str>> {
        let prefix = self.start.name().prefix();
        match prefix {
            Some(prefix) => self.attribute(&format!("xmlns:{}", prefix.into_inner())),
            None => self.attribute("xmlns"),
        }
    }
}

/// The place in the text.
pub(super) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    text: &'a str,
    depth: u32,
    /// The encoding that the first document declares.
    declared: Option<String>,
    /// Lines counted so far, and up to which byte.
    line: u32,
    counted: usize,
}

impl<'a> Xml<'a> {
    pub fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Xml {
            reader,
            text,
            depth: 0,
            declared: None,
            line: 1,
            counted: 0,
        }
    }

    /// The line of the last thing read.
    pub fn line(&mut self) -> u32 {
        let at = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        let passed = self.text.get(self.counted..at).unwrap_or_default();
        let lines = passed.matches('\n').count();
        self.line = self
            .line
            .saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.counted = self.counted.max(at);
        self.line
    }

    pub fn error(&mut self, message: impl Into<String>) -> ReadError {
        ReadError::new(self.line(), message)
    }

    /// The next child of the element that is open, or `None` at its end. The child has then to be
    /// read to its own end: by [`Xml::text`], [`Xml::skip`] or by asking for its children.
    pub fn child(&mut self) -> Result<Option<Element<'a>>, ReadError> {
        loop {
            match self.event()? {
                Event::Start(start) => return Ok(Some(Element { start })),
                Event::End(_) => return Ok(None),
                Event::Eof => {
                    return if self.depth == 0 {
                        Ok(None)
                    } else {
                        Err(self.cut_off())
                    };
                }
                Event::Text(text) if self.depth == 0 && !is_blank(text.as_ref()) => {
                    return Err(self.error("there is text outside of the document"));
                }
                _ => {}
            }
        }
    }

    /// The text inside the element that is open, to its end, without spaces around.
    pub fn text(&mut self) -> Result<Cow<'a, str>, ReadError> {
        let outside = self.depth.saturating_sub(1);
        let mut text: Cow<'a, str> = Cow::Borrowed("");
        loop {
            let piece = match self.event()? {
                Event::Text(piece) => piece.into_inner(),
                Event::CData(piece) => piece.into_inner(),
                Event::GeneralRef(name) => Cow::Owned(self.entity(&name)?),
                Event::End(_) if self.depth == outside => return Ok(trimmed(text)),
                Event::Eof => return Err(self.cut_off()),
                _ => continue,
            };
            if text.is_empty() {
                text = piece;
            } else {
                text.to_mut().push_str(&piece);
            }
        }
    }

    /// Leaves the element that is open.
    pub fn skip(&mut self) -> Result<(), ReadError> {
        let outside = self.depth.saturating_sub(1);
        while outside < self.depth {
            if let Event::Eof = self.event()? {
                return Err(self.cut_off());
            }
        }
        Ok(())
    }

    /// The next event, its bounds checked.
    fn event(&mut self) -> Result<Event<'a>, ReadError> {
        let event = match self.reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                return Err(self.error(format!("the XML is broken or cut off: {error}")));
            }
        };
        match &event {
            Event::Start(start) => {
                self.depth += 1;
                if DEPTH_MAX < self.depth {
                    return Err(self.error("elements are nested too deep for a bank statement"));
                }
                if TAG_LENGTH_MAX < start.len() {
                    return Err(self.error("a tag is too long for a bank statement"));
                }
            }
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().and_then(Result::ok);
                let encoding =
                    encoding.map_or("utf-8".to_owned(), |name| name.to_ascii_lowercase());
                let first = self.declared.get_or_insert_with(|| encoding.clone());
                if *first != encoding {
                    return Err(self.error(
                        "the documents in this file are encoded differently: import them one by one",
                    ));
                }
            }
            Event::DocType(_) => {
                return Err(self.error("a bank statement has no DOCTYPE; the file is refused"));
            }
            _ => {}
        }
        Ok(event)
    }

    /// The five entities of XML and numbered characters; no other can be defined here.
    fn entity(&mut self, name: &str) -> Result<String, ReadError> {
        let resolved = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => numbered(name),
        };
        match resolved {
            Some(letter) => Ok(letter.to_string()),
            None => Err(self.error(format!("the entity `&{name};` means nothing here"))),
        }
    }

    fn cut_off(&mut self) -> ReadError {
        self.error("the document is cut off: ask the bank for the file again")
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

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_text(text: &str) -> Result<String, ReadError> {
        let mut xml = Xml::new(text);
        xml.child()?.unwrap();
        Ok(xml.text()?.into_owned())
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
        let mut xml = Xml::new("<n:a xmlns:n='urn:x'><n:b>1</n:b><c/><d><e/></d></n:a>");
        let root = xml.child().unwrap().unwrap();
        assert_eq!(
            (root.name(), root.namespace().as_deref()),
            ("a", Some("urn:x"))
        );
        let mut names = Vec::new();
        while let Some(child) = xml.child().unwrap() {
            names.push(child.name().to_owned());
            xml.skip().unwrap();
        }
        assert_eq!(names, ["b", "c", "d"]);
        assert!(xml.child().unwrap().is_none());
    }
}
