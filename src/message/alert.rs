//! What the administrator is told: what does not happen as it should, and what is over.

use super::words::tidy;
use super::{Rendered, one_line};
use crate::text::Language;
use askama::Template as _;
use std::fmt::Write as _;

/// A message to the administrator, before it has words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alerts {
    /// In which language.
    pub language: Language,
    /// Who writes.
    pub institution: String,
    /// What there is to say.
    pub alerts: Vec<Alert>,
}

/// Something that does not happen as it should, or did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What it is about.
    pub about: About,
    /// Which of them: an account, a job, a file.
    pub subject: String,
    /// More of it, as the command line says it.
    pub said: String,
    /// Since when, `2026-10-12 09:01`.
    pub since: String,
    /// Until when, where it is over.
    pub until: Option<String>,
}

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The statement of an account is late.
    StatementLate,
    /// Statements of an account are missing between others.
    Gap,
    /// A statement is held back.
    Statement,
    /// A file in the inbox could not be taken.
    File,
    /// The inbox cannot be read, or something lies there that is no file.
    Inbox,
    /// A job was refused or failed more than once.
    Job,
    /// A job waits for a person's word.
    Word,
    /// The outbox does not move.
    Outbox,
    /// There is little room on a disk.
    Disk,
}

impl About {
    /// All of them.
    pub const ALL: [About; 9] = [
        About::StatementLate,
        About::Gap,
        About::Statement,
        About::File,
        About::Inbox,
        About::Job,
        About::Word,
        About::Outbox,
        About::Disk,
    ];

    /// As the database keeps it.
    pub fn name(self) -> &'static str {
        match self {
            About::StatementLate => "statement_late",
            About::Gap => "gap",
            About::Statement => "statement",
            About::File => "file",
            About::Inbox => "inbox",
            About::Job => "job",
            About::Word => "word",
            About::Outbox => "outbox",
            About::Disk => "disk",
        }
    }

    /// By the name that the database keeps.
    pub fn of(name: &str) -> Option<About> {
        About::ALL.into_iter().find(|about| about.name() == name)
    }

    fn words(self, language: Language) -> &'static str {
        match (self, language) {
            (About::StatementLate, Language::Pl) => "wyciąg się spóźnia",
            (About::StatementLate, Language::En) => "statement late",
            (About::Gap, Language::Pl) => "luka w wyciągach",
            (About::Gap, Language::En) => "statements missing",
            (About::Statement, Language::Pl) => "wyciąg wstrzymany",
            (About::Statement, Language::En) => "statement held back",
            (About::File, Language::Pl) => "plik nie do przyjęcia",
            (About::File, Language::En) => "file refused",
            (About::Inbox, Language::Pl) => "folder wejściowy",
            (About::Inbox, Language::En) => "inbox",
            (About::Job, Language::Pl) => "zadanie się nie udaje",
            (About::Job, Language::En) => "job keeps failing",
            (About::Word, Language::Pl) => "zadanie czeka na decyzję",
            (About::Word, Language::En) => "job waits for a person",
            (About::Outbox, Language::Pl) => "poczta nie wychodzi",
            (About::Outbox, Language::En) => "mail does not leave",
            (About::Disk, Language::Pl) => "mało miejsca na dysku",
            (About::Disk, Language::En) => "disk nearly full",
        }
    }
}

/// Gives it words.
///
/// # Errors
///
/// Where a file of words cannot be filled in: our mistake, never the data's.
pub fn render(alerts: &Alerts) -> askama::Result<Rendered> {
    let language = alerts.language;
    let (is_new, is_over): (Vec<&Alert>, Vec<&Alert>) = alerts
        .alerts
        .iter()
        .partition(|alert| alert.until.is_none());
    let subject = match (language, is_new.as_slice(), is_over.as_slice()) {
        (_, [one], []) => line(language, one),
        (Language::Pl, [], [one]) => format!("Minęło: {}", line(language, one)),
        (Language::En, [], [one]) => format!("Over: {}", line(language, one)),
        (Language::Pl, new, over) => format!("nowe alarmy: {}, minęło: {}", new.len(), over.len()),
        (Language::En, new, over) => format!("new alerts: {}, over: {}", new.len(), over.len()),
    };
    let mut text = String::new();
    for (head, alerts) in [(heads(language)[0], is_new), (heads(language)[1], is_over)] {
        if alerts.is_empty() {
            continue;
        }
        text.push_str(head);
        text.push('\n');
        for alert in alerts {
            let until = alert.until.as_deref().unwrap_or("…");
            let (since, said) = (&alert.since, one_line(&alert.said));
            let line = line(language, alert);
            let _ = writeln!(text, "- {line}\n    {since} – {until}\n    {said}");
        }
        text.push('\n');
    }
    let institution = one_line(&alerts.institution);
    let _ = writeln!(text, "{}\n\n{institution}", heads(language)[2]);
    let html = Html {
        language: language.code(),
        text: &text,
    };
    Ok(Rendered {
        subject: one_line(&format!("Kwestura: {subject}")),
        html: html.render()?,
        text: tidy(&text),
        pictures: Vec::new(),
    })
}

fn heads(language: Language) -> [&'static str; 3] {
    match language {
        Language::Pl => [
            "Nie dzieje się, co powinno:",
            "Minęło:",
            "Wszystko naraz: kwestura status",
        ],
        Language::En => [
            "What does not happen as it should:",
            "Over:",
            "All at a glance: kwestura status",
        ],
    }
}

fn line(language: Language, alert: &Alert) -> String {
    format!(
        "{}: {}",
        alert.about.words(language),
        one_line(&alert.subject)
    )
}

#[derive(askama::Template)]
#[template(path = "alert/page.html")]
struct Html<'a> {
    language: &'static str,
    text: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(about: About, subject: &str, until: Option<&str>) -> Alert {
        Alert {
            about,
            subject: subject.to_owned(),
            said: "words <b>\r\nBcc: x".to_owned(),
            since: "2026-10-12 09:01".to_owned(),
            until: until.map(str::to_owned),
        }
    }

    fn rendered(language: Language, alerts: Vec<Alert>) -> Rendered {
        let institution = "Akademia".to_owned();
        render(&Alerts {
            language,
            institution,
            alerts,
        })
        .unwrap()
    }

    #[test]
    fn the_subject_names_what_is_alone_and_counts_what_is_not() {
        let late = alert(About::StatementLate, "fees …1001", None);
        let over = alert(About::Outbox, "mail", Some("2026-10-12 10:00"));
        for (language, alerts, subject) in [
            (
                Language::En,
                vec![late.clone()],
                "Kwestura: statement late: fees …1001",
            ),
            (
                Language::Pl,
                vec![over.clone()],
                "Kwestura: Minęło: poczta nie wychodzi: mail",
            ),
            (
                Language::En,
                vec![late, over],
                "Kwestura: new alerts: 1, over: 1",
            ),
        ] {
            assert_eq!(rendered(language, alerts).subject, subject);
        }
    }

    #[test]
    fn s13_nothing_of_it_becomes_a_header_or_a_tag() {
        let mail = rendered(Language::En, vec![alert(About::File, "a\r\nBcc: b", None)]);
        assert_eq!(mail.subject, "Kwestura: file refused: a Bcc: b");
        assert!(
            mail.html.contains("&#60;b&#62;") && !mail.html.contains("<b>"),
            "{}",
            mail.html
        );
        assert!(mail.text.contains("2026-10-12 09:01 – …"), "{}", mail.text);
    }

    #[test]
    fn every_kind_has_a_name() {
        for about in About::ALL {
            assert_eq!(About::of(about.name()), Some(about));
        }
    }
}
