//! What somebody wants to decide about a student, as a form says it.

use super::effect::{self, Effect};
use crate::engine::decide::{Answer, Request, Said};
use crate::settlement::account::Account;
use crate::web::ground::figures::amount;
use crate::web::ground::forms::{day, filled};
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Visit};
use serde::Deserialize;

words! {
    /// The words of the form.
    pub Words {
        title: "Zdecyduj", "Decide";
        what: "Co", "What";
        waive: "Umorzyć opłatę", "Waive the fee";
        extend: "Przesunąć termin", "Extend the due date";
        plan: "Rozłożyć na raty", "Agree on instalments";
        hold: "Wstrzymać wiadomości", "Hold messages";
        write_off: "Spisać na straty", "Write the fee off";
        court: "Sprawa w sądzie", "Before a court";
        refund: "Zwrócić nadpłatę", "Refund what is on account";
        credit: "Wpłata (do zwrotu)", "Credit (for a refund)";
        no_amount: "Podaj kwotę zwrotu.", "Give the amount of the refund.";
        fee: "Opłata", "Fee";
        day: "Do dnia", "Until";
        amount: "Kwota (pusta: całość)", "Amount (empty: all)";
        parts: "Raty: w każdym wierszu data = kwota", "Instalments: date = amount on each line";
        why: "Dlaczego", "Why";
        preview: "Pokaż skutek", "Show the effect";
        decide: "Zdecyduj tak", "Decide so";
        from: "Działa od (puste: od dzisiaj)", "Acts from (empty: today)";
        no_day: "Podaj datę w postaci 2026-11-30.", "Give a date like 2026-11-30.";
        no_kind: "Wybierz, co ma być zdecydowane.", "Choose what is to be decided.";
    }
}

/// The form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// `waive`, `extend` …
    pub kind: String,
    /// The fee.
    pub fee: String,
    /// The credit.
    pub credit: String,
    /// Whose it is, where that is asked.
    pub student: String,
    /// A day.
    pub day: String,
    /// An amount.
    pub amount: String,
    /// Days with amounts, a line each.
    pub parts: String,
    /// Why.
    pub why: String,
    /// From which day it acts; today where it is empty.
    pub from: String,
    /// Set where nothing is decided yet, and the effect is to be seen first.
    pub preview: String,
}

impl Wish {
    /// Whether anything is wished for.
    pub fn is_empty(&self) -> bool {
        self.kind.is_empty()
    }

    /// Whether only its effect is to be seen.
    pub fn is_preview(&self) -> bool {
        !self.preview.is_empty()
    }

    /// Who says so, why, and from when; or what cannot be read.
    pub fn said(&self, by: &str, w: &'static Words) -> Result<Said, &'static str> {
        let on = match filled(&self.from) {
            Some(text) => Some(day(text).ok_or(w.no_day)?),
            None => None,
        };
        Ok(Said {
            by: by.to_owned(),
            // Whoever looks first may say why later.
            why: match filled(&self.why) {
                None if self.is_preview() => "-".to_owned(),
                _ => self.why.clone(),
            },
            on,
        })
    }

    /// For the engine, or what is missing.
    pub fn request(&self, student: &str, w: &'static Words) -> Result<Request, &'static str> {
        let fee = self.fee.clone();
        let amount = filled(&self.amount).map(str::to_owned);
        let until = || day(&self.day).ok_or(w.no_day);
        Ok(match self.kind.as_str() {
            "waive" => Request::Waive { fee, amount },
            "write_off" => Request::WriteOff { fee, amount },
            "extend" => Request::Extend {
                fee,
                to: until()?,
                forgive_interest: false,
            },
            "plan" => Request::Plan {
                fee,
                parts: self.instalments().ok_or(w.no_day)?,
            },
            "hold" => Request::Hold {
                student: student.to_owned(),
                until: until()?,
            },
            "court" => Request::Court { fee },
            "refund" => Request::Refund {
                credits: vec![self.credit.clone()],
                student: Some(student.to_owned()),
                amount: amount.ok_or(w.no_amount)?,
                to: None,
            },
            _ => return Err(w.no_kind),
        })
    }

    fn instalments(&self) -> Option<Vec<(chrono::NaiveDate, String)>> {
        let lines = self.parts.lines().filter_map(filled);
        let parts = lines.map(|line| {
            let (until, amount) = line.split_once('=')?;
            Some((day(until)?, amount.trim().to_owned()))
        });
        parts.collect()
    }

    /// The kinds with their names; those of the office alone where `money` says so.
    pub fn kinds(w: &'static Words, money: bool) -> Vec<(&'static str, &'static str)> {
        let mut kinds = vec![
            ("extend", w.extend),
            ("plan", w.plan),
            ("hold", w.hold),
            ("waive", w.waive),
        ];
        if money {
            kinds.extend([
                ("refund", w.refund),
                ("write_off", w.write_off),
                ("court", w.court),
            ]);
        }
        kinds
    }
}

/// What somebody wants to decide: what it would change, or why it cannot be so.
#[derive(Default)]
pub struct Asked {
    /// As it was typed.
    pub wish: Wish,
    /// What it would change.
    pub effect: Option<Effect>,
    /// Why it cannot be so.
    pub refusal: Option<String>,
}

impl Asked {
    /// What cannot be as it was asked for.
    pub fn refused(visit: &Visit, wish: Wish, words: &str) -> Asked {
        Asked {
            wish,
            effect: None,
            refusal: Some(in_language(visit.language, words)),
        }
    }

    /// What can, with what it would change.
    pub async fn with_effect(visit: &Visit, wish: Wish, answer: &Answer) -> Result<Asked, Fault> {
        let effect = effect::of(answer, visit.language);
        effect.viewed(visit).await?;
        Ok(Asked {
            wish,
            effect: Some(effect),
            refusal: None,
        })
    }
}

/// The form of a decision.
pub struct FormView {
    /// Its words.
    pub w: &'static Words,
    /// What can be decided.
    pub kinds: Vec<(&'static str, &'static str)>,
    /// About which fee.
    pub fees: Vec<(String, String)>,
    /// About which credit, for whoever decides about refunds.
    pub credits: Vec<(String, String)>,
    /// What is filled in.
    pub wish: Wish,
}

/// A fee of somebody else is not there.
pub fn must_be_theirs(wish: &Wish, found: &[Account]) -> Result<(), Fault> {
    let mut fees = found.iter().flat_map(|account| &account.receivables);
    if wish.fee.is_empty() || fees.any(|fee| fee.external_id == wish.fee) {
        Ok(())
    } else {
        Err(Fault::NotFound)
    }
}

/// What is the office's alone is not there for others.
pub fn must_be_allowed(visit: &Visit, wish: &Wish) -> Result<(), Fault> {
    let w = Words::of(visit.language);
    let mut kinds = Wish::kinds(w, visit.is_bursar()).into_iter();
    if wish.is_empty() || kinds.any(|(kind, _)| kind == wish.kind) {
        Ok(())
    } else {
        Err(Fault::NotFound)
    }
}

/// The form, filled in as far as somebody has.
pub fn form(
    visit: &Visit,
    wish: Wish,
    found: &[Account],
    credits: Vec<(String, String)>,
) -> FormView {
    let w = Words::of(visit.language);
    let fees = found.iter().flat_map(|account| {
        let open = account.receivables.iter().filter(|fee| fee.open_minor > 0);
        open.map(|fee| {
            let money = amount(visit.language, fee.open_minor, &account.currency);
            (
                fee.external_id.clone(),
                format!("{}: {money}", fee.external_id),
            )
        })
    });
    FormView {
        w,
        kinds: (Wish::kinds(w, visit.is_bursar()).into_iter())
            .filter(|(kind, _)| *kind != "refund" || !credits.is_empty())
            .collect(),
        credits,
        fees: fees.collect(),
        wish,
    }
}
