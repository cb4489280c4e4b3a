//! MT940, MT941, MT942 and MT950: text → statements.
//!
//! Sources: SWIFT's field formats (`:61:` = `6!n[4!n]2a[1!a]15d1!a3!c16x[//16x][34x]`) and what
//! banks make of them. A line that cannot be read puts a fault on its statement and leaves the
//! rest readable; nothing is guessed and nothing is dropped without a word.

mod details;
mod fields;
mod labels;
mod line;
mod message;
#[cfg(test)]
mod tests;

use super::pages::{self, Page};
use super::profile::Profile;
use super::{Format, ReadError};
use crate::statement::entry::Statement;
use fields::{Field, Fields, Tag};
use message::Message;

/// Reads all messages of a text whose line ends are `\n` or `\r\n`.
///
/// # Errors
///
/// No line of the text begins with a field of these messages.
pub(super) fn read(text: &str, profile: &Profile) -> Result<(Format, Vec<Statement>), ReadError> {
    let mut reader = Reader {
        profile,
        message_type: 0,
        format: None,
        pages: Vec::new(),
        open: None,
    };
    for field in Fields::new(text) {
        reader.take(field);
    }
    reader.close();
    match reader.format {
        Some(format) => Ok((format, pages::join(reader.pages))),
        None => Err(ReadError::unknown(1)),
    }
}

/// Tells the messages of a text apart.
struct Reader<'a> {
    profile: &'a Profile,
    /// From the envelope or a preamble; 0 where neither tells.
    message_type: u32,
    /// What the first message is.
    format: Option<Format>,
    pages: Vec<Page>,
    open: Option<Message<'a>>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, field: Field<'a>) {
        let has_account = self.open.as_ref().is_some_and(Message::has_account);
        match field.tag {
            Tag::Type(number) => {
                self.close();
                self.message_type = number;
                return;
            }
            // What follows the hyphen without a head of its own still belongs to the message.
            Tag::End => return,
            Tag::Reference => self.close(),
            // Some banks leave `:20:` out; then the account is the head.
            Tag::Account if has_account => self.close(),
            _ => {}
        }
        let open = &mut self.open;
        let message = open.get_or_insert_with(|| Message::starting_at(field.line));
        message.take(field, self.profile);
    }

    fn close(&mut self) {
        if let Some(message) = self.open.take() {
            let (format, page) = message.finish(self.message_type, self.profile);
            self.format.get_or_insert(format);
            self.pages.push(page);
        }
    }
}
