//! What a person asks for, and the decision it becomes.

use super::super::EngineError;
use super::super::account::find;
use super::super::called::{self, Called};
use super::{fees, money, whose};
use crate::store::Tx;
use crate::store::decisions::NewDecision;
use crate::store::facts::{DecisionRow, PartRow};
use chrono::NaiveDate;

/// What can be decided. Amounts are as a person writes them; credits and reversals by the names
/// that `review` and `why` show; fees and students by the student system's ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// A credit is a student's.
    Assign {
        /// The credit.
        credit: String,
        /// The student.
        student: String,
        /// So is all other money of its payer.
        rule: bool,
    },
    /// A credit is for several students.
    Split {
        /// The credit.
        credit: String,
        /// Students with their amounts.
        parts: Vec<(String, String)>,
    },
    /// A credit is no student's.
    Ignore {
        /// The credit.
        credit: String,
        /// Nor is other money of its payer.
        rule: bool,
    },
    /// Whose a credit is, whoever talks with students finds out.
    HandOver {
        /// The credit.
        credit: String,
    },
    /// The bank took this credit back.
    AttachReversal {
        /// The bank's line.
        reversal: String,
        /// The credit.
        credit: String,
    },
    /// A fee need not be paid.
    Waive {
        /// The fee.
        fee: String,
        /// So much of it; all that is open where nothing is said.
        amount: Option<String>,
    },
    /// A fee will not be paid.
    WriteOff {
        /// The fee.
        fee: String,
        /// So much of it; all that is open where nothing is said.
        amount: Option<String>,
    },
    /// A fee is due on another day.
    Extend {
        /// The fee.
        fee: String,
        /// The day.
        to: NaiveDate,
        /// Interest that has accrued so far falls away.
        forgive_interest: bool,
    },
    /// What is open of a fee is paid in instalments.
    Plan {
        /// The fee.
        fee: String,
        /// Days with their amounts.
        parts: Vec<(NaiveDate, String)>,
    },
    /// The student was told of the interest on a fee.
    InterestTold {
        /// The fee.
        fee: String,
    },
    /// A fee is before a court: messages stop, payments go on.
    Court {
        /// The fee.
        fee: String,
    },
    /// A student gets no message until a day.
    Hold {
        /// The student.
        student: String,
        /// The last day.
        until: NaiveDate,
    },
    /// The student says that a fee was paid.
    Claim {
        /// The fee.
        fee: String,
        /// On this day, the student says.
        paid_on: NaiveDate,
        /// So much, the student says.
        amount: Option<String>,
    },
    /// The student says that a fee is wrong.
    Dispute {
        /// The fee.
        fee: String,
        /// Messages stop until this day.
        until: NaiveDate,
    },
    /// The student asks for more time, or for instalments.
    Defer {
        /// The fee.
        fee: String,
        /// Messages stop until this day.
        until: NaiveDate,
        /// For instalments.
        instalments: bool,
    },
    /// What a credit is for.
    Designate {
        /// The credit.
        credit: String,
        /// Whose part of it, where it was split.
        student: Option<String>,
        /// Fees, each with its share; what it needs where nothing is said.
        fees: Vec<(String, Option<String>)>,
    },
    /// Money is sent back.
    Refund {
        /// Of these credits.
        credits: Vec<String>,
        /// Whose part of them, where they were split.
        student: Option<String>,
        /// So much.
        amount: String,
        /// To this account; to the payer's where nothing is said.
        to: Option<String>,
    },
    /// Two records are one person.
    Merge {
        /// The record that ends.
        from: String,
        /// The one that goes on.
        into: String,
    },
    /// A credit counts from another day: the bank's own error.
    CreditingDate {
        /// The credit.
        credit: String,
        /// The day.
        day: NaiveDate,
    },
}

impl Request {
    /// The credit, fee or student that it is about, as it was typed; none where that is several.
    pub fn about(&self) -> Option<&str> {
        Some(match self {
            Request::Assign { credit, .. }
            | Request::Split { credit, .. }
            | Request::Ignore { credit, .. }
            | Request::HandOver { credit }
            | Request::CreditingDate { credit, .. } => credit,
            Request::AttachReversal { reversal, .. } => reversal,
            Request::Waive { fee, .. }
            | Request::WriteOff { fee, .. }
            | Request::Extend { fee, .. }
            | Request::Plan { fee, .. }
            | Request::InterestTold { fee }
            | Request::Court { fee }
            | Request::Claim { fee, .. }
            | Request::Dispute { fee, .. }
            | Request::Defer { fee, .. } => fee,
            Request::Hold { student, .. } => student,
            Request::Designate { .. } | Request::Refund { .. } | Request::Merge { .. } => {
                return None;
            }
        })
    }
}

/// Who says so, why, from when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who.
    pub by: String,
    /// Why.
    pub why: String,
    /// From this day it acts; today where nothing is said.
    pub on: Option<NaiveDate>,
}

/// Decisions ready to be noted.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// In this order.
    pub decisions: Vec<NewDecision>,
    /// Why a second person is needed.
    pub second: Option<String>,
}

impl Draft {
    pub(super) fn add(&mut self, said: &Said, (row, parts): (DecisionRow, Vec<PartRow>)) {
        self.decisions.push(NewDecision {
            row,
            parts,
            needs_second: false,
            by_whom: said.by.trim().to_owned(),
            why: said.why.trim().to_owned(),
        });
    }
}

/// A decision of which nothing is said yet.
pub(super) fn row(kind: &str, on: NaiveDate) -> DecisionRow {
    DecisionRow {
        id: 0,
        kind: kind.to_owned(),
        person_id: None,
        other_person_id: None,
        receivable_id: None,
        entry_id: None,
        other_entry_id: None,
        amount_minor: None,
        acts_on: on,
        day: None,
        detail: String::new(),
    }
}

/// A part of which nothing is said yet.
pub(super) fn part() -> PartRow {
    PartRow {
        decision_id: 0,
        place: 0,
        receivable_id: None,
        person_id: None,
        entry_id: None,
        amount_minor: None,
        due_on: None,
    }
}

pub(super) fn refused<T>(words: impl Into<String>) -> Result<T, EngineError> {
    Err(EngineError::refused(words))
}

/// Reads a request against what is known. Checked is what needs no account; nothing is written.
pub(super) async fn draft(
    tx: &mut Tx,
    request: &Request,
    said: &Said,
    today: NaiveDate,
) -> Result<Draft, EngineError> {
    if said.by.trim().is_empty() || said.why.trim().is_empty() {
        return refused("a decision needs who and why: give --by and --why");
    }
    let on = said.on.unwrap_or(today);
    let mut draft = Draft {
        decisions: Vec::new(),
        second: (on < today).then(|| format!("it acts from {on}, before today")),
    };
    match request {
        Request::Assign { .. }
        | Request::Split { .. }
        | Request::Ignore { .. }
        | Request::HandOver { .. }
        | Request::AttachReversal { .. } => {
            for decision in whose::decisions(tx, request, on).await? {
                draft.add(said, decision);
            }
        }
        Request::Waive { .. }
        | Request::WriteOff { .. }
        | Request::Extend { .. }
        | Request::Plan { .. }
        | Request::InterestTold { .. }
        | Request::Claim { .. }
        | Request::Dispute { .. }
        | Request::Defer { .. }
        | Request::Court { .. } => draft.add(said, fees::decision(tx, request, on).await?),
        Request::Designate {
            credit,
            student,
            fees,
        } => {
            let student = student.as_deref();
            draft.add(said, money::designate(tx, credit, student, fees, on).await?);
        }
        Request::Refund { .. } => {
            let (decision, elsewhere) = money::refund(tx, request, on).await?;
            draft.add(said, decision);
            draft.second = draft.second.or(elsewhere);
        }
        Request::CreditingDate { credit, day } => {
            draft.add(said, crediting_date(tx, credit, *day, on, today).await?);
            draft.second = Some("it changes the day that decides lateness".to_owned());
        }
        Request::Hold { student, until } => {
            if *until < on {
                return refused(format!("{until} is before {on}, from which it holds"));
            }
            let row = DecisionRow {
                person_id: Some(find(tx, student).await?),
                day: Some(*until),
                ..row("hold", on)
            };
            draft.add(said, (row, Vec::new()));
        }
        Request::Merge { from, into } => {
            let row = DecisionRow {
                person_id: Some(find(tx, from).await?),
                other_person_id: Some(find(tx, into).await?),
                ..row("merge", on)
            };
            draft.add(said, (row, Vec::new()));
        }
    }
    Ok(draft)
}

async fn crediting_date(
    tx: &mut Tx,
    credit: &str,
    day: NaiveDate,
    on: NaiveDate,
    today: NaiveDate,
) -> Result<(DecisionRow, Vec<PartRow>), EngineError> {
    let credit = called::credit(tx, credit).await?;
    if day > today {
        return refused(format!(
            "{day} has not come yet; a credit cannot count from it"
        ));
    }
    if matches!(&credit, Called::Entry(entry) if entry.amount_minor <= 0) {
        return refused("only money that came in has a day from which it counts");
    }
    let row = DecisionRow {
        entry_id: Some(credit.id()),
        day: Some(day),
        ..row("crediting_date", on)
    };
    Ok((row, Vec::new()))
}
