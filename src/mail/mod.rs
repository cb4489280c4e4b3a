//! Mail: a message becomes bytes, and the bytes are handed to a server or laid into a folder.
//!
//! In: a message with its words, and to whom. Out: what became of it, in the only five ways that
//! make a difference to whoever asks whether it may be sent again. It knows nothing of students.

pub mod returned;
mod smtp;
mod token;

pub use smtp::{Smtp, Unusable};

use crate::message::Rendered;
use chrono::{DateTime, Utc};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A message with an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Stable: the same message has the same id however often it is tried.
    pub message_id: String,
    /// Exactly one recipient.
    pub to: Address,
    /// The sender.
    pub from: Address,
    /// Headers and body.
    pub bytes: Vec<u8>,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// It was taken: what the server said, or the file.
    Taken(String),
    /// Not now, says the server of this recipient or message; later perhaps.
    Later(String),
    /// Never, says the server of this recipient or message.
    Refused(String),
    /// No server could be asked; this says nothing about the message.
    Unreachable(String),
    /// The line broke behind the message: nobody knows whether it was taken.
    Uncertain(String),
}

/// Why no mail can be made of a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unaddressed {
    /// The recipient's address is none.
    #[error("`{0}` is no address to which mail can be sent")]
    Recipient(String),
    /// A setting is wrong.
    #[error("no mail can be made with `{0}` as {1}")]
    Setting(String, &'static str),
}

/// The head of a mail.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// Without angle brackets.
    pub message_id: &'a str,
    /// `Kwestura <kwestura@example.edu>`.
    pub from: &'a str,
    /// Where answers go.
    pub reply_to: Option<&'a str>,
    /// One address; a name before it is left out.
    pub to: &'a str,
    /// When it was made; milliseconds since 1970 in UTC.
    pub at: i64,
}

/// Makes a mail of a message.
///
/// # Errors
///
/// Where an address is none; the message stays as it is.
pub fn make(head: Head<'_>, rendered: Rendered) -> Result<Outgoing, Unaddressed> {
    let setting = |text: &str, what: &'static str| Unaddressed::Setting(text.to_owned(), what);
    let recipient = || Unaddressed::Recipient(head.to.to_owned());
    let to: Mailbox = head.to.parse().map_err(|_| recipient())?;
    let to = to.email;
    let from: Mailbox = head
        .from
        .parse()
        .map_err(|_| setting(head.from, "sender"))?;
    let date = DateTime::<Utc>::from_timestamp_millis(head.at).unwrap_or_default();
    let mut builder = Message::builder()
        .message_id(Some(format!("<{}>", head.message_id)))
        .date(SystemTime::from(date))
        .from(from.clone())
        .to(Mailbox::new(None, to.clone()))
        .subject(rendered.subject)
        .raw_header(HeaderValue::new(
            AUTO_SUBMITTED,
            "auto-generated".to_owned(),
        ));
    if let Some(reply_to) = head.reply_to {
        builder = builder.reply_to(
            reply_to
                .parse()
                .map_err(|_| setting(reply_to, "reply_to"))?,
        );
    }
    let mut related = MultiPart::related().singlepart(SinglePart::html(rendered.html));
    for picture in rendered.pictures {
        let png = ContentType::parse("image/png").map_err(|_| recipient())?;
        related =
            related.singlepart(Attachment::new_inline(picture.content_id).body(picture.png, png));
    }
    let body = MultiPart::alternative()
        .singlepart(SinglePart::plain(rendered.text))
        .multipart(related);
    let message = builder.multipart(body).map_err(|_| recipient())?;
    Ok(Outgoing {
        message_id: head.message_id.to_owned(),
        to,
        from: from.email,
        bytes: message.formatted(),
    })
}

/// Programs do not answer it (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// Where mail goes.
#[derive(Debug)]
pub enum Post {
    /// To a server.
    Smtp(Box<Smtp>),
    /// Into a folder, a file for each message, to be looked at.
    Folder(PathBuf),
    /// As into a folder, but some addresses are refused as a server would.
    Rehearsal {
        /// Where the others are laid.
        folder: PathBuf,
        /// Whether an address is refused.
        refuses: fn(&Address) -> bool,
    },
}

impl Post {
    /// Hands a message over.
    pub async fn hand_over(&mut self, mail: &Outgoing) -> Handed {
        match self {
            Post::Smtp(server) => server.hand_over(mail).await,
            Post::Rehearsal { refuses, .. } if refuses(&mail.to) => {
                Handed::Refused(format!("550 5.1.1 <{}>: no such address", mail.to))
            }
            Post::Folder(folder) | Post::Rehearsal { folder, .. } => lay(folder, mail),
        }
    }

    /// Says goodbye to the server.
    pub async fn close(self) {
        if let Post::Smtp(server) = self {
            server.close().await;
        }
    }
}

/// Lays a message into a folder. The file is whole or not there: a reader never sees half of one.
fn lay(folder: &Path, mail: &Outgoing) -> Handed {
    let name: String = (mail.message_id.chars())
        .map(|sign| {
            if sign.is_ascii_alphanumeric() || matches!(sign, '-' | '.') {
                sign
            } else {
                '_'
            }
        })
        .collect();
    let (part, file) = (
        folder.join(format!("{name}.part")),
        folder.join(format!("{name}.eml")),
    );
    let laid = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&part, &mail.bytes))
        .and_then(|()| std::fs::rename(&part, &file));
    match laid {
        Ok(()) => Handed::Taken(file.display().to_string()),
        Err(error) => Handed::Unreachable(format!("{}: {error}", file.display())),
    }
}
