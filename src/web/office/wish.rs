//! What somebody wants to decide about a student, as a form says it.

use crate::engine::decide::Request;
use crate::text::in_address;
use crate::web::ground::forms::{day, filled};
use crate::web::ground::words::words;
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
}

impl Wish {
    /// Whether anything is wished for.
    pub fn is_empty(&self) -> bool {
        self.kind.is_empty()
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

    /// As it stands in an address.
    pub fn in_address(&self) -> String {
        let pairs = [
            ("kind", &self.kind),
            ("fee", &self.fee),
            ("credit", &self.credit),
            ("day", &self.day),
            ("amount", &self.amount),
            ("parts", &self.parts),
            ("why", &self.why),
        ];
        let pairs = pairs.map(|(name, value)| format!("{name}={}", in_address(value)));
        pairs.join("&")
    }
}
