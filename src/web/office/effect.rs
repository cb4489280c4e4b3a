//! What a decision changes, before it is made and behind it.

use crate::engine::decide::{Answer, Standing, preview::FeeView, preview::What};
use crate::text::Language;
use crate::web::ground::codes;
use crate::web::ground::figures::{amount, short};
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Visit};
use std::collections::BTreeSet;

words! {
    /// The words of an effect.
    pub Words {
        title: "Skutek", "Effect";
        nothing: "Nie zmienia żadnego konta.", "It changes no account.";
        open: "do zapłaty", "open";
        settled: "zapłacone", "settled";
        due: "termin", "due";
        on_account: "nadpłata na koncie", "money on account";
        gone: "już nie istnieje", "is gone";
        second: "Potrzebna druga osoba", "A second person is needed";
        already: "To już zapisano; nic się nie zmieniło.", "It was noted before; nothing changed.";
    }
}

/// A line of an effect.
pub struct Line {
    /// The student's id.
    pub student: String,
    /// The fee, or money on account.
    pub what: String,
    /// Before.
    pub before: String,
    /// Behind.
    pub after: String,
    /// Whether it is settled afterwards.
    pub is_settled: bool,
}

/// What a decision changes.
pub struct Effect {
    /// Its words.
    pub w: &'static Words,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Why a second person is needed.
    pub second: Option<String>,
    /// Whether it was noted before.
    pub already: bool,
}

impl Effect {
    /// Notes that its reader looked at those students.
    pub async fn viewed(&self, visit: &Visit) -> Result<(), Fault> {
        let students: BTreeSet<&str> = self
            .lines
            .iter()
            .map(|line| line.student.as_str())
            .collect();
        for student in students {
            visit.viewed(student).await?;
        }
        Ok(())
    }
}

/// For a reader.
pub fn of(answer: &Answer, language: Language) -> Effect {
    let w = Words::of(language);
    let lines = answer.changes.iter().map(|change| {
        let money = |minor| amount(language, minor, &change.currency);
        let fee = |view: &Option<FeeView>| {
            let Some(view) = view else {
                return "–".to_owned();
            };
            match (view.open_minor, view.settled_on) {
                (0, Some(day)) => format!("{} {}", w.settled, short(language, day)),
                (0, None) => codes::closing(language, view.closed_by.unwrap_or("0")).to_owned(),
                (open, _) => format!(
                    "{} {}, {} {}",
                    w.open,
                    money(open),
                    w.due,
                    short(language, view.due_on)
                ),
            }
        };
        match &change.what {
            What::Fee {
                fee: id,
                before,
                after,
            } => Line {
                student: change.student.clone(),
                what: id.clone(),
                before: fee(before),
                after: fee(after),
                is_settled: after.as_ref().is_some_and(|view| view.open_minor == 0),
            },
            What::OnAccount {
                on_account_before_minor,
                on_account_after_minor,
            } => Line {
                student: change.student.clone(),
                what: w.on_account.to_owned(),
                before: money(*on_account_before_minor),
                after: money(*on_account_after_minor),
                is_settled: false,
            },
        }
    });
    Effect {
        w,
        lines: lines.collect(),
        second: answer
            .second
            .as_ref()
            .map(|words| in_language(language, words)),
        already: answer.standing == Standing::Already,
    }
}
