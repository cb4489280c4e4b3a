//! Text → the fields of its messages, without copying.
//!
//! A field runs from its tag to the next line that is a boundary. What is a boundary depends on
//! where it stands: inside the free text of `:86:` a wrapped time (`:26:37`), an unknown tag or a
//! line that begins with a hyphen is text; `:20:` and `:25:` begin a message there only if what
//! follows looks like one.

use memchr::memchr;

/// What a field is; the numbers are SWIFT's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// `:20:` transaction reference.
    Reference,
    /// `:25:` account.
    Account,
    /// `:28:`, `:28C:` statement number and page.
    Number,
    /// `:60F:`; `:60M:` where it opens a page that is not the first.
    Opening { interim: bool },
    /// `:61:` statement line.
    Entry,
    /// `:86:` information.
    Details,
    /// `:62F:`; `:62M:` where another page follows.
    Closing { interim: bool },
    /// `:34F:` floor limit, `:13D:` time: they stand in MT942 only.
    Intraday,
    /// `:90C:`, `:90D:` number and sum of entries: MT942 and MT941.
    Totals,
    /// `:21:`, `:64:`, `:65:`, `:NS:` and a few national ones: read past.
    Other,
    /// The SWIFT envelope or a preamble (`:940:`) that names the message type.
    Type(u32),
    /// `-`: the end of a message.
    End,
}

/// A field: its tag, the line it starts on and its text up to the next field, line ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub line: u32,
    pub tag: Tag,
    pub body: &'a str,
}

/// The fields of a part of a text, in order. Lines before the first field belong to none.
pub(super) struct Fields<'a> {
    text: &'a str,
    /// Where the part ends; what follows is only looked at.
    limit: usize,
    /// Offset of the line to be looked at next.
    at: usize,
    /// The boundary that stands there, where that was asked already.
    found: Option<(Tag, usize)>,
    state: State,
}

/// What one part of a text leaves to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// Number of the line to be looked at next.
    pub line: u32,
    /// The tag before, while its message has not had its closing balance.
    inside: Option<Tag>,
}

impl State {
    /// At the start of a file.
    pub fn start() -> State {
        State {
            line: 1,
            inside: None,
        }
    }
}

impl<'a> Fields<'a> {
    /// The text's line ends are `\n`, with or without `\r` before. At `limit` stands a field, or
    /// the text ends.
    pub fn new(text: &'a str, limit: usize, state: State) -> Self {
        Fields {
            text,
            limit,
            at: 0,
            found: None,
            state,
        }
    }

    /// What the next part has to know.
    pub fn state(&self) -> State {
        self.state
    }

    /// The line at an offset without its end, and the offset of the next.
    fn line_at(&self, at: usize) -> Option<(&'a str, usize)> {
        let rest = self.text.get(at..).filter(|rest| !rest.is_empty())?;
        let end = memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        Some((rest.get(..end)?, at + end + 1))
    }

    /// The offset of a part of the text.
    fn offset_of(&self, part: &str) -> usize {
        part.as_ptr().addr() - self.text.as_ptr().addr()
    }

    /// The tag of the line at an offset and where its text begins, if the line is a boundary.
    fn boundary(&self, at: usize) -> Option<(Tag, usize)> {
        match self.text.as_bytes().get(at)? {
            b':' => {
                let (tag, length) = tag(self.text.get(at..)?)?;
                self.accepts(tag, at).then_some((tag, at + length))
            }
            b'-' | b'{' | 1 | 3 | 0x1A | 0xEF => self.unusual(at),
            _ => None,
        }
    }

    /// Control characters around messages, the envelope, and the hyphen that ends a message.
    fn unusual(&self, at: usize) -> Option<(Tag, usize)> {
        let (line, next) = self.line_at(at)?;
        let bare = line.trim_matches(is_framing);
        let start = self.offset_of(bare);
        if bare.starts_with(['{', '-'])
            && let Some((_, behind)) = bare.split_once("{4:")
        {
            return Some((Tag::Type(message_type(bare)), self.offset_of(behind)));
        }
        if bare.starts_with("{2:") {
            return Some((
                Tag::Type(message_type(bare)),
                self.offset_of(line) + line.len(),
            ));
        }
        if bare.starts_with("{1:") || bare.starts_with("{5:") {
            return Some((Tag::End, start));
        }
        // Nothing but a block of the envelope follows the end; a payer's text goes on.
        let behind = bare.strip_prefix("-}").or(bare.strip_prefix('-'));
        if behind.is_some_and(|rest| rest.trim().is_empty() || rest.starts_with("{5:")) {
            return self.ends_message(next).then_some((Tag::End, start));
        }
        let first = bare.trim_start_matches('-').trim_start_matches(is_framing);
        let tag = self.offset_of(first);
        if first.starts_with(':') && at < tag && self.text.get(tag - 1..tag) != Some("-") {
            return self.boundary(tag);
        }
        None
    }

    /// Whether a known tag at an offset counts as a tag there.
    fn accepts(&self, tag: Tag, at: usize) -> bool {
        if self.state.inside != Some(Tag::Details) {
            return true;
        }
        match tag {
            Tag::Entry
            | Tag::Details
            | Tag::Opening { .. }
            | Tag::Closing { .. }
            | Tag::Totals
            | Tag::Type(_) => true,
            Tag::Reference => self.next_is(at, &[":21:", ":25", ":28", ":13", ":NS:"]),
            Tag::Account => self.next_is(at, &[":28", ":60", ":34F:", ":NS:"]),
            Tag::Number | Tag::Intraday | Tag::Other | Tag::End => false,
        }
    }

    /// Whether the line behind the one at an offset begins so.
    fn next_is(&self, at: usize, starts: &[&str]) -> bool {
        let next = self.line_at(at).map(|(_, next)| next);
        next.is_some_and(|next| self.followed_by(next, starts))
    }

    /// A hyphen alone ends a message unless it stands in free text that goes on.
    fn ends_message(&self, next: usize) -> bool {
        self.state.inside != Some(Tag::Details)
            || self.next_line(next).is_none()
            || self.followed_by(next, &[":20:", ":25", "{", ":940:", ":942:"])
    }

    fn followed_by(&self, at: usize, starts: &[&str]) -> bool {
        self.next_line(at)
            .is_some_and(|line| starts.iter().any(|start| line.starts_with(start)))
    }

    /// The next line that holds more than spaces and framing.
    fn next_line(&self, mut at: usize) -> Option<&'a str> {
        while let Some((line, next)) = self.line_at(at) {
            let bare = line.trim_matches(is_framing).trim_start();
            if !bare.is_empty() {
                return Some(bare);
            }
            at = next;
        }
        None
    }

    /// Goes to the next line.
    fn step(&mut self) -> Option<()> {
        self.at = self.line_at(self.at)?.1;
        self.state.line = self.state.line.saturating_add(1);
        Some(())
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let (line, tag, start) = loop {
            if self.limit <= self.at {
                return None;
            }
            let line = self.state.line;
            let found = self.found.take().or_else(|| self.boundary(self.at));
            self.step()?;
            if let Some((tag, start)) = found {
                break (line, tag, start);
            }
        };
        self.state.inside = match tag {
            Tag::Closing { .. } | Tag::End | Tag::Type(_) => None,
            // The note of a whole statement stands behind its closing balance.
            Tag::Details | Tag::Other if self.state.inside.is_none() => None,
            tag => Some(tag),
        };
        let mut body = "";
        if let Tag::Type(_) = tag {
            // What follows `{4:` on the same line is the first field.
            if self.text.get(start..start + 1) == Some(":") {
                (self.at, self.state.line) = (start, line);
            }
        } else if tag != Tag::End {
            loop {
                self.found = self.boundary(self.at);
                if self.found.is_some() || self.step().is_none() {
                    break;
                }
            }
            let end = self.at.min(self.text.len());
            body = self.text.get(start..end).unwrap_or_default();
        }
        Some(Field { line, tag, body })
    }
}

/// The known tag at the start of a text, and its length.
fn tag(text: &str) -> Option<(Tag, usize)> {
    let rest = text.strip_prefix(':')?;
    let end = rest
        .as_bytes()
        .iter()
        .take(4)
        .position(|&byte| byte == b':')?;
    let tag = match rest.get(..end)? {
        "20" => Tag::Reference,
        "25" | "25P" => Tag::Account,
        "28" | "28C" => Tag::Number,
        "60F" | "60" => Tag::Opening { interim: false },
        "60M" => Tag::Opening { interim: true },
        "61" => Tag::Entry,
        "86" => Tag::Details,
        "62F" | "62" => Tag::Closing { interim: false },
        "62M" => Tag::Closing { interim: true },
        "34F" | "13D" | "13" => Tag::Intraday,
        "90C" | "90D" => Tag::Totals,
        "940" => Tag::Type(940),
        "941" => Tag::Type(941),
        "942" => Tag::Type(942),
        "950" => Tag::Type(950),
        "21" | "64" | "65" | "65F" | "NS" => Tag::Other,
        _ => return None,
    };
    Some((tag, end + 2))
}

/// The message type of block 2 (`{2:O940…`, `{2:I940…`); 0 where the envelope does not tell.
fn message_type(envelope: &str) -> u32 {
    let block = envelope.split_once("{2:").map_or("", |(_, block)| block);
    super::super::scalar::number(block, 1..4).unwrap_or(0)
}

/// Characters that frame messages and belong to no field.
fn is_framing(letter: char) -> bool {
    matches!(letter, '\u{1}' | '\u{3}' | '\u{1A}' | '\u{FEFF}' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<(u32, Tag, &str)> {
        Fields::new(text, text.len(), State::start())
            .map(|field| (field.line, field.tag, field.body))
            .collect()
    }

    #[test]
    fn a_field_goes_on_to_the_next_tag() {
        let text = "ABNANL2A\r\n:20:X\r\n:86:A\r\nB\r\n:62F:C\r\n-\r\n";
        assert_eq!(
            fields(text),
            [
                (2, Tag::Reference, "X\r\n"),
                (3, Tag::Details, "A\r\nB\r\n"),
                (5, Tag::Closing { interim: false }, "C\r\n"),
                (6, Tag::End, "")
            ]
        );
    }

    #[test]
    fn free_text_may_look_like_tags() {
        for line in [
            ":26:37",
            ":08 UHR",
            ":20:15",
            ":25:30",
            ":28:10",
            ":12:11",
            "-",
            "- BEZ TYTULU",
            ":FOO:MREF+1",
        ] {
            let text = format!(":61:A\n:86:START\n{line}\n:61:B\n");
            let found = fields(&text);
            assert_eq!(found.len(), 3, "{line}");
            assert_eq!(found[1].2, format!("START\n{line}\n"), "{line}");
        }
    }

    #[test]
    fn a_message_may_begin_behind_free_text_that_nothing_closed() {
        let found = fields(":86:TEXT\n-\n\n:20:X\n:25:Y\n:28C:1\n");
        let tags: Vec<Tag> = found.iter().map(|field| field.1).collect();
        assert_eq!(
            tags,
            [
                Tag::Details,
                Tag::End,
                Tag::Reference,
                Tag::Account,
                Tag::Number
            ]
        );
    }

    #[test]
    fn the_envelope_and_control_characters_are_no_text() {
        let text =
            "{1:F01X}{2:O9401200}{4:\n:20:A\n-}{5:{CHK:0}}\n\u{1}\n:20:B\n-\u{3}\n\u{1}:20:C\n";
        let found = fields(text);
        assert_eq!(
            found,
            [
                (1, Tag::Type(940), ""),
                (2, Tag::Reference, "A\n"),
                (3, Tag::End, ""),
                (5, Tag::Reference, "B\n"),
                (6, Tag::End, ""),
                (7, Tag::Reference, "C\n"),
            ]
        );
        assert_eq!(
            fields("{1:F01X}{2:I942X}{4::20:A\n:25:B\n")[1],
            (1, Tag::Reference, "A\n")
        );
    }
}
