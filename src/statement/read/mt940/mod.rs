//! MT940, MT941, MT942 and MT950: text → statements.
//!
//! Sources: SWIFT's field formats (`:61:` = `6!n[4!n]2a[1!a]15d1!a3!c16x[//16x][34x]`) and what
//! banks make of them. A line that cannot be read puts a fault on its statement and leaves the
//! rest readable; nothing is guessed and nothing is dropped without a word.

mod codewords;
mod details;
mod fields;
mod labels;
mod line;
mod message;
#[cfg(test)]
mod tests;
mod window;

use super::encoding::Decoded;
use super::pages::Pages;
use super::{Profiles, ReadError};
use crate::iban::canonical_account;
use crate::statement::entry::Format;
use details::Scratch;
use fields::{Field, Fields, State, Tag};
use message::{Message, Open};
use std::io::Read;
use window::Window;

/// Reads all messages of a text.
///
/// # Errors
///
/// No line of the text begins with a field of these messages.
pub(super) fn read<R: Read>(
    mut text: Decoded<R>,
    profiles: &Profiles<'_>,
    pages: Pages<'_>,
) -> Result<Format, ReadError> {
    let mut reader = Reader {
        profiles,
        message_type: 0,
        format: None,
        pages,
        message: None,
        scratch: Scratch::default(),
    };
    // A lone carriage return ends a line here, so lines are counted here.
    let mut finder = text.take_finder();
    let mut window = Window::new(text);
    let mut state = State::start();
    while let Some((text, limit)) = window.part(state.line)? {
        reader.damage(text, limit, state.line);
        if let Some(finder) = &mut finder {
            let mut found = Vec::new();
            finder.look(text.as_bytes().get(..limit).unwrap_or_default(), &mut found);
            reader.pages.undecodable(found);
        }
        let mut fields = Fields::new(text, limit, state);
        let mut open = None;
        for field in &mut fields {
            reader.take(field, &mut open);
        }
        reader.finish_line(&mut open);
        state = fields.state();
        window.taken(limit);
        if reader.pages.is_done() {
            break;
        }
    }
    reader.close();
    reader.pages.finish();
    reader.format.ok_or_else(|| ReadError::unknown(1))
}

/// The account of the first statement, from the first part of a file in whatever encoding.
pub(super) fn first_account(head: &[u8]) -> String {
    let mut lines = head.split(|&byte| matches!(byte, b'\n' | b'\r'));
    let account = lines.find_map(|line| line.strip_prefix(b":25:"));
    let account = account.and_then(|account| std::str::from_utf8(account).ok());
    canonical_account(account.unwrap_or_default())
}

/// Tells the messages of a text apart.
struct Reader<'a, 's> {
    profiles: &'a Profiles<'a>,
    /// From the envelope or a preamble; 0 where neither tells.
    message_type: u32,
    /// What the first message is.
    format: Option<Format>,
    pages: Pages<'s>,
    message: Option<Message>,
    scratch: Scratch,
}

impl Reader<'_, '_> {
    fn take<'t>(&mut self, field: Field<'t>, open: &mut Option<Open<'t>>) {
        if field.tag != Tag::Details {
            self.finish_line(open);
        }
        let has_account = self.message.as_ref().is_some_and(Message::has_account);
        match field.tag {
            Tag::Type(number) => {
                self.close();
                // `{4:` on a line of its own begins the text of the type that `{2:` named.
                if number != 0 {
                    self.message_type = number;
                }
                return;
            }
            // What follows the hyphen without a head of its own still belongs to the message.
            Tag::End => return,
            Tag::Reference => self.close(),
            // Some banks leave `:20:` out; then the account is the head.
            Tag::Account if has_account => self.close(),
            _ => {}
        }
        let profiles = self.profiles;
        let message =
            (self.message).get_or_insert_with(|| Message::starting_at(field.line, profiles));
        message.take(field, profiles, open);
    }

    /// Reads the texts of the last line, now that all of them are there.
    fn finish_line(&mut self, open: &mut Option<Open<'_>>) {
        if let (Some(open), Some(message)) = (open.take(), &mut self.message) {
            let entry = message.entry(open, &mut self.scratch);
            self.pages.entry(&mut message.page, entry);
        }
    }

    fn close(&mut self) {
        if let Some(message) = self.message.take() {
            let (format, page) = message.finish(self.message_type);
            self.format.get_or_insert(format);
            self.pages.page(page);
        }
    }

    /// A NUL byte occurs in no statement: something cut the file or filled it up.
    fn damage(&mut self, text: &str, limit: usize, first_line: u32) {
        let part = text.as_bytes().get(..limit).unwrap_or_default();
        if memchr::memchr(0, part).is_none() {
            return;
        }
        for (line, number) in part.split(|&byte| byte == b'\n').zip(first_line..) {
            if line.contains(&0) {
                self.pages.damage(number, "a NUL byte: the file is damaged");
            }
        }
    }
}
