//! What a student said about fees, and what became of it.

use super::{Account, Fee, Lookup, State};
use crate::dunning::interlock::claim_ends;
use crate::store::lookup::{WordCaseRow, WordRow};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It was paid.
    Claim,
    /// It is wrong.
    Dispute,
    /// It needs time.
    Deferral,
    /// It needs instalments.
    Instalments,
}

impl What {
    /// As other systems read it, and as it is stored.
    pub fn name(self) -> &'static str {
        match self {
            What::Claim => "claim",
            What::Dispute => "dispute",
            What::Deferral => "deferral",
            What::Instalments => "instalments",
        }
    }

    fn of(name: &str) -> Option<What> {
        [
            What::Claim,
            What::Dispute,
            What::Deferral,
            What::Instalments,
        ]
        .into_iter()
        .find(|what| what.name() == name)
    }
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is noted, and the student service centre will be asked.
    Received,
    /// The bank's statements have not reached the day yet from which the money would have to be
    /// there: this one.
    Waits(NaiveDate),
    /// The money came.
    Settled,
    /// The statements do not show the money.
    NotFound,
    /// The student service centre has it, and answers until this day.
    AtOffice(NaiveDate),
    /// The student service centre waits for the student.
    WaitsForYou,
    /// It was answered on this day.
    Answered(NaiveDate),
}

impl Standing {
    /// As other systems read it.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Received => "received",
            Standing::Waits(_) => "waits_for_statements",
            Standing::Settled => "settled",
            Standing::NotFound => "not_found",
            Standing::AtOffice(_) => "at_office",
            Standing::WaitsForYou => "waits_for_student",
            Standing::Answered(_) => "answered",
        }
    }
}

impl Standing {
    /// Whether somebody else still has to act.
    pub fn is_waiting(self) -> bool {
        matches!(
            self,
            Standing::Received | Standing::Waits(_) | Standing::AtOffice(_) | Standing::WaitsForYou
        )
    }
}

/// What a student said about a fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Its number.
    pub id: i64,
    pub(super) person: i64,
    /// What.
    pub what: What,
    /// The fee.
    pub fee: String,
    /// When it was said.
    pub said_on: NaiveDate,
    /// The day of payment, or the last day on which messages wait.
    pub day: NaiveDate,
    /// What was paid, as the student says; minor units.
    pub amount_minor: Option<i64>,
    /// In the student's words.
    pub why: String,
    /// The name of the confirmation, where there is one.
    pub attachment: Option<String>,
    /// What became of it.
    pub standing: Standing,
    /// The number of its case, where there is one.
    pub case: Option<i64>,
    /// What it was answered with: the kind of a decision, such as `extend` or `waive`.
    pub answer: Option<String>,
    /// What the student service centre wrote to the student about it.
    pub reply: Option<String>,
}

/// What was said, with the cases about it; in the order of the rows.
pub(super) fn words(rows: Vec<WordRow>, about: Vec<WordCaseRow>) -> Vec<Word> {
    let mut cases: BTreeMap<String, WordCaseRow> = BTreeMap::new();
    for case in about {
        let causes: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(&case.causes).unwrap_or_default();
        for decision in causes.into_keys() {
            cases.insert(decision, case.clone());
        }
    }
    let words = rows.into_iter().filter_map(|row| {
        let case = cases.get(&row.id.to_string());
        word(row, case)
    });
    words.collect()
}

fn word(row: WordRow, case: Option<&WordCaseRow>) -> Option<Word> {
    let what = What::of(&row.kind)?;
    let day = row.day?;
    let standing = match case {
        Some(case) => match (case.state.as_str(), case.closed_on) {
            ("waiting", _) => Standing::WaitsForYou,
            ("new" | "open", _) => Standing::AtOffice(case.deadline),
            (_, Some(_)) if case.outcome == "gone" => Standing::Settled,
            (_, closed_on) => Standing::Answered(closed_on.unwrap_or(case.deadline)),
        },
        None if what == What::Claim => Standing::Waits(claim_ends(day)),
        None => Standing::Received,
    };
    Some(Word {
        id: row.id,
        person: row.person_id,
        what,
        fee: row.fee,
        said_on: row.acts_on,
        day,
        amount_minor: row.amount_minor,
        why: row.why,
        attachment: row.attachment,
        standing,
        case: case.map(|case| case.id),
        answer: case.and_then(|case| case.answer.clone()),
        reply: (case.and_then(|case| case.reply.clone())).filter(|words| !words.is_empty()),
    })
}

/// What the account tells about words that no case answers: the money came, or the statements that
/// would show it are in and do not.
pub(super) fn settle(lookup: &mut Lookup) {
    let accounts = &lookup.accounts;
    for word in &mut lookup.said {
        let found = accounts.iter().find_map(|account| {
            let fee = account.fees.iter().find(|fee| fee.id == word.fee)?;
            Some((account, fee))
        });
        let Some((account, fee)) = found else {
            continue;
        };
        let is_settled = is_settled(account, fee, word.said_on);
        word.standing = match word.standing {
            Standing::Waits(_) | Standing::Received if is_settled => Standing::Settled,
            Standing::Waits(last) if account.counted_through >= Some(last) => Standing::NotFound,
            standing => standing,
        };
    }
}

/// Whether a fee is settled, with its instalments, and with its interest where that had been told when
/// the word was said.
fn is_settled(account: &Account, fee: &Fee, said_on: NaiveDate) -> bool {
    let rest = account.fees.iter().filter(|row| row.of == fee.id);
    let meant = rest.filter(|row| fee.state == State::InInstalments || row.published_on <= said_on);
    !fee.state.is_open() && meant.into_iter().all(|row| !row.state.is_open())
}
