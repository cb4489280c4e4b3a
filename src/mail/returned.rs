//! Mail that came back: what a report of a mail server says became of a message (RFC 3464).
//!
//! In: the bytes of one mail, or a mailbox export (mbox) to be taken apart. Out: the id of the
//! message that the report is about, and for each recipient what became of it. The bytes come from
//! anywhere: nothing is read beyond its limit, and what is no report is none.

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders as _, PartType};
use sha2::{Digest, Sha256};
use std::io::{self, BufRead, Read as _};

/// Bytes of a mail that are looked at. A report stands before the message that it returns, and of
/// that one only the head is wanted.
const MAIL_MAX: usize = 1024 * 1024;
/// Bytes of a line that are taken at once.
const LINE_MAX: u64 = 64 * 1024;
/// Recipients of a report; ours have one.
const RECIPIENTS_MAX: usize = 100;
/// Signs of what a server said.
const WORDS_MAX: usize = 300;

/// What a mail is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mail {
    /// A report.
    Report(Report),
    /// It calls itself a report, and what it reports cannot be read; or not within the first MiB.
    Unclear,
    /// Anything else.
    Other,
}

/// A report of a mail server about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Tells this report from every other; the same report has the same.
    pub key: String,
    /// The id of the message that it is about, without angle brackets.
    pub message_id: Option<String>,
    /// What became of it, by recipient.
    pub recipients: Vec<Recipient>,
}

/// A recipient in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// As it was written to, and as it was delivered to; in small letters.
    pub addresses: Vec<String>,
    /// What became of the message.
    pub fate: Fate,
    /// What the server said, with its status.
    pub words: String,
}

/// What became of a message at a recipient's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was given up. With a status of 4 that could have been otherwise at another time; this message
    /// did not arrive all the same.
    Failed,
    /// Not now; it may be delivered still.
    Delayed,
    /// It was delivered or handed on.
    Delivered,
}

/// Reads a mail.
pub fn read(mail: &[u8]) -> Mail {
    let mail = mail.get(..MAIL_MAX).unwrap_or(mail);
    let Some(message) = MessageParser::default().parse(mail) else {
        return Mail::Other;
    };
    let read = match report(&message) {
        Some(report) => Mail::Report(report),
        None if is_called_report(&message) => Mail::Unclear,
        None => Mail::Other,
    };
    take_apart(message);
    read
}

fn is_called_report(message: &Message<'_>) -> bool {
    let kind = message.content_type();
    kind.and_then(|kind| kind.attribute("report-type"))
        .is_some_and(|kind| kind.eq_ignore_ascii_case("delivery-status"))
}

/// Lets go of a mail level by level. Left to itself each message lets go of the one inside it, and
/// thousands of them, one in the other, are more than a stack holds.
fn take_apart(message: Message<'_>) {
    let mut left = vec![message];
    while let Some(message) = left.pop() {
        for part in message.parts {
            if let PartType::Message(inner) = part.body {
                left.push(inner);
            }
        }
    }
}

fn report(message: &Message<'_>) -> Option<Report> {
    let is_status = |part: &&MessagePart<'_>| {
        part.is_content_type("message", "delivery-status")
            || part.is_content_type("message", "global-delivery-status")
    };
    let status = message.parts.iter().find(is_status)?;
    let status = String::from_utf8_lossy(status.contents());
    let recipients: Vec<Recipient> = groups(&status)
        .iter()
        .filter_map(|group| recipient(group))
        .take(RECIPIENTS_MAX)
        .collect();
    if recipients.is_empty() {
        return None;
    }
    let mut unique = Sha256::new();
    unique.update(message.message_id().unwrap_or_default());
    for word in status.split_whitespace() {
        unique.update(word);
    }
    let mut key = format!("{:x}", unique.finalize());
    key.truncate(12);
    Some(Report {
        key,
        message_id: message.parts.iter().find_map(returned_id),
        recipients,
    })
}

/// The id of the message that a part gives back, whole or its head alone.
fn returned_id(part: &MessagePart<'_>) -> Option<String> {
    let id = |message: &Message<'_>| message.message_id().map(str::to_owned);
    if let PartType::Message(message) = &part.body {
        return id(message);
    }
    let is_head = part.is_content_type("text", "rfc822-headers")
        || part.is_content_type("message", "global-headers");
    if !is_head {
        return None;
    }
    id(&MessageParser::default().parse_headers(part.contents())?)
}

/// The fields of a report in groups: the first is about the report, each other about a recipient.
fn groups(status: &str) -> Vec<Vec<(String, String)>> {
    let mut groups: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for line in status.lines() {
        let is_folded = line.starts_with([' ', '\t']);
        let Some(group) = groups.last_mut() else {
            break;
        };
        if line.trim().is_empty() {
            if !group.is_empty() {
                groups.push(Vec::new());
            }
        } else if is_folded && let Some((_, value)) = group.last_mut() {
            value.push(' ');
            value.push_str(line.trim());
        } else if let Some((name, value)) = line.split_once(':') {
            group.push((name.trim().to_lowercase(), value.trim().to_owned()));
        }
    }
    groups
}

fn recipient(group: &[(String, String)]) -> Option<Recipient> {
    let field = |wanted: &str| {
        let mut found = group.iter().filter(|(name, _)| name == wanted);
        found.next().map(|(_, value)| value.as_str())
    };
    let action = field("action")?.to_lowercase();
    let status = field("status").unwrap_or_default();
    let fate = match action.split_whitespace().next() {
        Some("failed") => Fate::Failed,
        Some("delayed") => Fate::Delayed,
        _ => Fate::Delivered,
    };
    let addresses = ["original-recipient", "final-recipient"];
    let addresses = addresses.into_iter().filter_map(field).map(address);
    let said = field("diagnostic-code")
        .map(behind_kind)
        .unwrap_or_default();
    let words = format!("{status} {said}");
    let plain = words.chars().filter(|sign| !sign.is_control());
    Some(Recipient {
        addresses: addresses.collect(),
        fate,
        words: plain.take(WORDS_MAX).collect::<String>().trim().to_owned(),
    })
}

/// `rfc822; ada@example.edu` without its kind.
fn behind_kind(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, rest)| rest).trim()
}

fn address(value: &str) -> String {
    let address = behind_kind(value).trim_matches(['<', '>']);
    address.to_lowercase()
}

/// The mails of a file: of a mailbox export one behind the other, else the file as one mail. Of each
/// no more is kept than is looked at.
#[derive(Debug)]
pub struct Mails<R> {
    lines: R,
    /// Known behind the first line.
    is_box: Option<bool>,
    /// Whether the line before was empty: only there a mail of a mailbox begins.
    behind_gap: bool,
}

impl<R: BufRead> Mails<R> {
    /// Nothing is read yet.
    pub fn new(lines: R) -> Mails<R> {
        Mails {
            lines,
            is_box: None,
            behind_gap: true,
        }
    }
}

impl<R: BufRead> Iterator for Mails<R> {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        let mut mail = Vec::new();
        let mut is_line_start = true;
        loop {
            let mut line = Vec::new();
            let mut limited = self.lines.by_ref().take(LINE_MAX);
            match limited.read_until(b'\n', &mut line) {
                Ok(0) => return (!mail.is_empty()).then_some(Ok(mail)),
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
            let begins = line.starts_with(b"From ") && is_line_start && self.behind_gap;
            let is_box = *self.is_box.get_or_insert(begins);
            self.behind_gap = is_line_start && line.trim_ascii().is_empty();
            is_line_start = line.ends_with(b"\n");
            if is_box && begins {
                if mail.is_empty() {
                    continue;
                }
                return Some(Ok(mail));
            }
            let room = MAIL_MAX.saturating_sub(mail.len());
            mail.extend_from_slice(line.get(..room).unwrap_or(&line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REPORT: &str = "From: MAILER-DAEMON@mx.example.edu\nMessage-ID: <r1@mx.example.edu>\n\
        Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
        --b\nContent-Type: text/plain\n\nIt did not arrive.\n\
        --b\nContent-Type: message/delivery-status\n\n\
        Reporting-MTA: dns; mx.example.edu\n\n\
        Final-Recipient: rfc822; Ada@example.edu\nAction: failed\nStatus: 5.1.1\n\
        Diagnostic-Code: smtp; 550 5.1.1 no such\n    mailbox\n\n\
        Final-Recipient: rfc822; bob@example.edu\nAction: delayed\nStatus: 4.4.1\n\
        --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <7.ab@example.edu>\nSubject: \u{17c}\n\
        --b--\n";

    #[test]
    fn a_report_says_what_became_of_whom() {
        let Mail::Report(report) = read(REPORT.as_bytes()) else {
            panic!("no report")
        };
        assert_eq!(report.message_id.as_deref(), Some("7.ab@example.edu"));
        let [ada, bob] = report.recipients.as_slice() else {
            panic!("{report:?}")
        };
        assert_eq!(ada.addresses, ["ada@example.edu"]);
        assert_eq!((ada.fate, bob.fate), (Fate::Failed, Fate::Delayed));
        assert_eq!(ada.words, "5.1.1 550 5.1.1 no such mailbox");
        // As another program keeps its lines, it is the same report.
        let other = read(REPORT.replace('\n', "\r\n").as_bytes());
        assert_eq!(other, Mail::Report(report));
        assert_eq!(
            read(b"Subject: hello\n\nAction: failed\nStatus: 5.1.1\n"),
            Mail::Other
        );
        let without = REPORT.replace("Action:", "Acting:");
        assert_eq!(read(without.as_bytes()), Mail::Unclear);
    }

    #[test]
    fn a_mailbox_is_taken_apart_where_its_mails_begin() {
        let text = format!("From a Mon\n{REPORT}\nFrom b Tue\nSubject: x\n\nFar\nFrom here\n");
        let mails: Vec<Vec<u8>> = Mails::new(text.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(mails.len(), 2);
        assert!(matches!(read(&mails[0]), Mail::Report(_)) && read(&mails[1]) == Mail::Other);
        let one: Vec<_> = Mails::new(REPORT.as_bytes()).collect();
        assert_eq!(one.len(), 1);
    }

    #[test]
    fn what_is_huge_is_cut_and_what_is_nested_is_left() {
        let huge = format!("{REPORT}{}", "x".repeat(3 * MAIL_MAX));
        let mails: Vec<Vec<u8>> = Mails::new(huge.as_bytes()).map(Result::unwrap).collect();
        assert_eq!((mails.len(), mails[0].len()), (1, MAIL_MAX));
        assert!(matches!(read(&mails[0]), Mail::Report(_)));
        let behind = REPORT.replace("It did not arrive.", &"y\n".repeat(MAIL_MAX));
        let mails: Vec<Vec<u8>> = Mails::new(behind.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(read(&mails[0]), Mail::Unclear);
        let nested = "Content-Type: message/rfc822\n\n".repeat(20_000);
        assert_eq!(read(nested.as_bytes()), Mail::Other);
        let parts = "--b\nContent-Type: text/plain\n\nx\n".repeat(20_000);
        let many = format!("Content-Type: multipart/report; boundary=b\n\n{parts}");
        assert_eq!(read(many.as_bytes()), Mail::Other);
        let boundless = REPORT.replace("; boundary=\"b\"", "");
        assert_eq!(read(boundless.as_bytes()), Mail::Unclear);
    }

    proptest! {
        /// Whatever is cut out of a report, put into it or said instead of it.
        #[test]
        fn nothing_makes_it_panic(
            from in 0..REPORT.len(), to in 0..REPORT.len(),
            noise in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let bytes = REPORT.as_bytes();
            let mut mail = bytes[..from].to_vec();
            mail.extend_from_slice(&noise);
            mail.extend_from_slice(&bytes[to..]);
            for mail in Mails::new(mail.as_slice()).map(Result::unwrap) {
                read(&mail);
            }
            read(&noise);
        }
    }
}
