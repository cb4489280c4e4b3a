//! Mail that is no message to a student: the trial, in which everything goes to one address, and the
//! test of the mail server.
//!
//! In a trial each message says in its subject and at its top, in both languages, to whom it would have
//! gone; otherwise it is the message, and it counts as sent. So a trial belongs on a copy of the books.

use super::compose::Spoken;
use super::{EngineError, Office};
use crate::mail::{Handed, Head, Post, make};
use crate::message::Rendered;
use sha2::{Digest, Sha256};

/// The address to which everything goes, if this is a trial.
pub fn address(office: &Office) -> Option<&str> {
    office.config.mail.as_ref()?.trial_address.as_deref()
}

/// What is noted of a message that a server took in a trial.
pub(super) fn noted(address: &str, answer: &str) -> String {
    format!("{NOTED}{address} alone: {answer}")
}

/// Whether that is what was noted of a message.
pub(super) fn is_noted(detail: &str) -> bool {
    detail.starts_with(NOTED)
}

const NOTED: &str = "in a trial, to ";

/// A message to the administrator, as it leaves: in a trial to its address, unmistakably.
pub fn to_office(office: &Office, to: &str, rendered: Rendered) -> (String, Rendered) {
    let spoken = Spoken {
        to: to.to_owned(),
        rendered,
    };
    let Spoken { to, rendered } = match address(office) {
        Some(address) => turned(spoken, address),
        None => spoken,
    };
    (to, rendered)
}

/// Sends a message to the address of the trial, unmistakably.
pub(super) fn turned(spoken: Spoken, address: &str) -> Spoken {
    let Spoken { to, rendered } = spoken;
    let words = format!(
        "PRÓBA: ta wiadomość nie została wysłana do {to}.\nTRIAL: this message was not sent to {to}."
    );
    let html = words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('\n', "<br>");
    let html = format!("<body><p><strong>{html}</strong></p>");
    Spoken {
        to: address.to_owned(),
        rendered: Rendered {
            subject: format!("[PRÓBA / TRIAL: {to}] {}", rendered.subject),
            text: format!("{words}\n\n{}", rendered.text),
            html: rendered.html.replacen("<body>", &html, 1),
            pictures: rendered.pictures,
        },
    }
}

/// Sends a test to an address, also in a trial and from unarmed books: whoever asks names the address.
///
/// # Errors
///
/// Refused where no mail can be made for the address.
pub async fn test(office: &Office, post: &mut Post, address: &str) -> Result<Handed, EngineError> {
    let mail = office.config.mail.as_ref();
    let from = mail.map_or("Kwestura <kwestura@localhost>", |mail| mail.from.as_str());
    let domain = from
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain);
    let name = &office.config.institution.name;
    let text = format!(
        "Próba serwera poczty. Kwestura ({name}) wysyła wiadomości tą drogą.\n\
         A test of the mail server. Kwestura ({name}) sends its messages this way.\n"
    );
    let plain = text.replace('&', "&amp;").replace('<', "&lt;");
    let unique = format!(
        "{:x}",
        Sha256::digest(format!("{address} {}", office.now.millis))
    );
    let head = Head {
        message_id: &format!("test.{unique}@{}", domain.trim_end_matches('>')),
        from,
        reply_to: mail.and_then(|mail| mail.reply_to.as_deref()),
        to: address,
        at: office.now.millis,
    };
    let rendered = Rendered {
        subject: "Kwestura: próba / test".to_owned(),
        html: format!(
            "<html><body><p>{}</p></body></html>",
            plain.replace('\n', "<br>")
        ),
        text,
        pictures: Vec::new(),
    };
    let made = make(head, rendered).map_err(|error| EngineError::refused(error.to_string()))?;
    Ok(post.hand_over(&made).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_a_trial_says_so_wherever_it_is_looked_at() {
        let spoken = Spoken {
            to: "ada@example.edu".to_owned(),
            rendered: Rendered {
                subject: "Opłata".to_owned(),
                text: "Termin".to_owned(),
                html: "<html><body><p>Termin</p></body></html>".to_owned(),
                pictures: Vec::new(),
            },
        };
        let Spoken { to, rendered } = turned(spoken, "tester@example.edu");
        assert_eq!(to, "tester@example.edu");
        assert_eq!(rendered.subject, "[PRÓBA / TRIAL: ada@example.edu] Opłata");
        for body in [rendered.text, rendered.html] {
            assert!(
                body.contains("TRIAL: this message was not sent to ada@example.edu."),
                "{body}"
            );
            assert!(body.contains("Termin"), "{body}");
        }
    }
}
