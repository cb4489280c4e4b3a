//! The same step with many cases: each is done or refused by itself, and says so.

use super::{NONE, Said, Step, answer, find, key_of, step};
use crate::cases::Kind;
use crate::engine::decide::{self, Answer, Request};
use crate::engine::{EngineError, Office};
use crate::store::cases::CaseRow;
use chrono::NaiveDate;

/// What is done with each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Somebody works on it from now on.
    Assign(String),
    /// It sleeps until a day.
    Wait(NaiveDate),
    /// It is closed, and nothing is decided.
    Close,
    /// The fee that it is about is due on a day.
    Extend(NaiveDate),
    /// Its student gets no message until a day.
    Hold(NaiveDate),
    /// What is open of the fee that it is about need not be paid.
    Waive,
}

/// A case, and who worked on it when somebody chose it; none where that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Its number.
    pub id: i64,
    /// Who had it.
    pub seen_owner: Option<String>,
}

/// What became of one case, or would.
#[derive(Debug, Clone)]
pub struct Told {
    /// The case as it was before.
    pub case: CaseRow,
    /// What was decided with it, or why nothing was done.
    pub result: Result<Option<Answer>, String>,
}

/// Does the same with many cases, one after the other, or only shows what that would come to. A refusal
/// of one is told and keeps none of the others.
///
/// # Errors
///
/// Refused where one of them is not there; nothing is done then.
pub async fn many(
    office: &Office,
    chosen: &[Chosen],
    action: &Action,
    said: &decide::Said,
    preview_only: bool,
) -> Result<Vec<Told>, EngineError> {
    let mut cases = Vec::new();
    let mut tx = office.db.read().await?;
    for one in chosen {
        cases.push(find(&mut tx, one.id).await?);
    }
    tx.rollback().await?;
    let mut told = Vec::new();
    for (case, chosen) in cases.into_iter().zip(chosen) {
        let result = match one(office, &case, (chosen, action), said, preview_only).await {
            Ok(answer) => Ok(answer),
            Err(EngineError::Refused(words)) => Err(words),
            Err(error) => return Err(error),
        };
        told.push(Told { case, result });
    }
    Ok(told)
}

async fn one(
    office: &Office,
    case: &CaseRow,
    (chosen, action): (&Chosen, &Action),
    said: &decide::Said,
    preview_only: bool,
) -> Result<Option<Answer>, EngineError> {
    if (chosen.seen_owner.as_ref()).is_some_and(|seen| *seen != case.owner) {
        return Err(EngineError::refused(format!(
            "{} works on it meanwhile",
            case.owner
        )));
    }
    let words = Said {
        by: &said.by,
        why: &said.why,
    };
    let simple = match action {
        Action::Assign(owner) => Step::Assign(owner),
        Action::Wait(until) => Step::Wait(*until),
        Action::Close => Step::End(NONE, ""),
        Action::Extend(_) | Action::Hold(_) | Action::Waive => {
            let request = request(case, action)?;
            let answer = answer(office, case.id, (&request, ""), said, preview_only).await?;
            return Ok(Some(answer));
        }
    };
    step(office, case.id, &simple, words, preview_only).await?;
    Ok(None)
}

/// The decision about what a case is about.
fn request(case: &CaseRow, action: &Action) -> Result<Request, EngineError> {
    let student = case.student.clone();
    match action {
        Action::Extend(to) => Ok(Request::Extend {
            fee: fee(case)?,
            to: *to,
            forgive_interest: false,
        }),
        Action::Waive => Ok(Request::Waive {
            fee: fee(case)?,
            amount: None,
        }),
        Action::Hold(until) => Ok(Request::Hold {
            student: student.ok_or_else(|| EngineError::refused("it is about no student"))?,
            until: *until,
        }),
        Action::Assign(_) | Action::Wait(_) | Action::Close => {
            Err(EngineError::refused("this decides nothing"))
        }
    }
}

/// The only fee that a case is about.
fn fee(case: &CaseRow) -> Result<String, EngineError> {
    let (key, causes) = key_of(case)?;
    let of_causes = || {
        let mut fees = causes.keys().filter_map(|cause| cause.split(' ').next());
        let first = fees.next()?;
        fees.all(|fee| fee == first).then(|| first.to_owned())
    };
    let fee = match key.kind {
        Kind::ClaimNotFound
        | Kind::Dispute
        | Kind::Deferral
        | Kind::Instalments
        | Kind::Court
        | Kind::PaidAfterCourt => Some(key.subject),
        Kind::EndOfLadder | Kind::Letter => of_causes(),
        _ => None,
    };
    fee.ok_or_else(|| {
        EngineError::refused(format!(
            "it is not about one fee alone; decide it by itself, on the page of case {}",
            case.id
        ))
    })
}
