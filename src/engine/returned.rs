//! Mail that came back later: a report of a mail server says that a message of ours was not
//! delivered, and the message is refused as if the server had said so at once.
//!
//! A message is found by its id in what the report gives back. Part of that id is known to nobody but
//! us and whom we wrote to, so that a report that somebody made up finds nothing; one that gives nothing
//! back is told to a person instead of being guessed. A report does once what it does: its key stands in
//! the event that it caused, so that one that is read again behind a corrected address changes nothing.

use super::send::{SELF, local_id};
use super::{EngineError, Office, trial};
use crate::mail::returned::{Fate, Mail, Mails, Recipient, Report, read};
use crate::store::messages::MessageRow;
use crate::store::{Rows, Tx};
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

/// So many of what a person has to look at are told in words.
const TOLD_MAX: usize = 50;

/// What reading came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Returning {
    /// Mails that were looked at.
    pub mails: usize,
    /// Messages that are refused now.
    pub refused: Vec<i64>,
    /// Failures that were known before, or of what is not out any more.
    pub known: usize,
    /// Recipients whose mail is late, which changes nothing.
    pub delayed: usize,
    /// Failures of what is no message of ours, and reports that cannot be read.
    pub unknown: usize,
    /// Mails that are no report.
    pub others: usize,
    /// Files that could not be read.
    pub unreadable: usize,
    /// What a person has to look at, in words: the first of what is unknown, and what is unreadable.
    pub told: Vec<String>,
}

/// Somebody who reads reports.
#[derive(Debug)]
pub struct Reader<'a> {
    office: &'a Office,
    /// What it came to so far.
    pub came_to: Returning,
}

impl Returning {
    /// In one line.
    pub fn in_words(&self) -> String {
        format!(
            "{} mail(s): {} message(s) refused, {} known before, {} late, {} about no message of ours, {} no report",
            self.mails,
            self.refused.len(),
            self.known,
            self.delayed,
            self.unknown,
            self.others
        )
    }

    /// Notes what could not be read, and why.
    pub fn unreadable(&mut self, why: String) {
        self.unreadable += 1;
        self.tell(why);
    }

    fn unknown(&mut self, whose: String) {
        self.unknown += 1;
        self.tell(whose);
    }

    fn tell(&mut self, what: String) {
        if self.told.len() < TOLD_MAX {
            self.told.push(what);
        }
    }
}

impl<'a> Reader<'a> {
    /// Nothing is read yet.
    pub fn new(office: &'a Office) -> Reader<'a> {
        Reader {
            office,
            came_to: Returning::default(),
        }
    }

    /// Reads a file: one mail, or a mailbox export. A person is told of it by a name.
    ///
    /// What cannot be read is noted; what stood before it is done.
    pub async fn file(&mut self, path: &Path, name: &str) -> Result<(), EngineError> {
        let unreadable = |error: io::Error| format!("cannot read {name}: {error}");
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) => {
                self.came_to.unreadable(unreadable(error));
                return Ok(());
            }
        };
        for (mail, number) in Mails::new(BufReader::new(file)).zip(1..) {
            match mail {
                Ok(mail) => self.mail(&mail, &format!("{name}, mail {number}")).await?,
                Err(error) => {
                    self.came_to.unreadable(unreadable(error));
                    break;
                }
            }
        }
        Ok(())
    }

    /// Reads one mail, of which a person is told by its place.
    pub async fn mail(&mut self, mail: &[u8], place: &str) -> Result<(), EngineError> {
        self.came_to.mails += 1;
        let report = match read(mail) {
            Mail::Report(report) => report,
            Mail::Unclear => {
                let why = format!("{place}: a report of which nothing can be read");
                self.came_to.unknown(why);
                return Ok(());
            }
            Mail::Other => {
                self.came_to.others += 1;
                return Ok(());
            }
        };
        for recipient in &report.recipients {
            match recipient.fate {
                Fate::Failed => self.failed(&report, recipient, place).await?,
                Fate::Delayed => self.came_to.delayed += 1,
                Fate::Delivered => {}
            }
        }
        Ok(())
    }

    async fn failed(
        &mut self,
        report: &Report,
        recipient: &Recipient,
        place: &str,
    ) -> Result<(), EngineError> {
        let mut tx = self.office.db.write().await?;
        let became = match find(&mut tx, report).await? {
            Some(row) => {
                let now = self.office.now.millis;
                let became = refuse(&mut tx, &row, report, recipient, now).await?;
                Some((row.id, became))
            }
            None => None,
        };
        tx.commit().await?;
        match became {
            Some((id, Became::Refused)) => self.came_to.refused.push(id),
            Some((_, Became::Known)) => self.came_to.known += 1,
            Some((_, Became::Trial)) | None => {
                let whom = match &report.message_id {
                    Some(id) => format!("<{id}>"),
                    None => format!("a message to {}", recipient.addresses.join(", ")),
                };
                let words = &recipient.words;
                let why = format!("{place}: about no message of ours: {whom}: {words}");
                self.came_to.unknown(why);
            }
        }
        Ok(())
    }
}

/// What a report did to a message.
enum Became {
    Refused,
    /// It was read before, or the message is not out any more.
    Known,
    /// What did not arrive was the copy of a trial.
    Trial,
}

/// The message that a report is about, if it is one of ours.
async fn find(tx: &mut Tx, report: &Report) -> Result<Option<MessageRow>, EngineError> {
    let id = report.message_id.as_deref().unwrap_or_default();
    let local = id.split('@').next().unwrap_or_default();
    let number = local.split('.').next().and_then(|id| id.parse().ok());
    let row = match number {
        Some(id) => tx.message(id).await?,
        None => None,
    };
    Ok(row.filter(|row| local_id(row) == local))
}

/// Refuses a message of which a server said that it has it.
async fn refuse(
    tx: &mut Tx,
    row: &MessageRow,
    report: &Report,
    recipient: &Recipient,
    now: i64,
) -> Result<Became, EngineError> {
    let events = tx.message_events(row.id).await?;
    let sent = events.iter().rfind(|event| event.state == "sent");
    if sent.is_some_and(|event| trial::is_noted(&event.detail)) {
        return Ok(Became::Trial);
    }
    let key = format!("(report {})", report.key);
    let is_known = events.iter().any(|event| event.detail.ends_with(&key));
    let is_out = matches!(row.state.as_str(), "sent" | "uncertain");
    let states = (row.state.as_str(), "refused");
    if is_known || !is_out || !tx.move_message(row.id, states, now).await? {
        return Ok(Became::Known);
    }
    let why = format!("it came back: {} {key}", recipient.words);
    let event = (row.id, "refused", why.as_str(), SELF);
    tx.add_message_events(&Rows::of([event])?, now).await?;
    Ok(Became::Refused)
}
