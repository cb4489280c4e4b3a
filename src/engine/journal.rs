//! The journal for the general ledger: documents, each of which balances.
//!
//! In: the whole history of the books. Out: documents in the order of their accounting days. A document
//! that was exported once never changes: what becomes known later is another document. The exceptions
//! are waivers, write-offs and interest, whose amounts follow from all that is known.
//!
//! | document | debit | credit |
//! |---|---|---|
//! | `B-` a line of a statement | `bank:` | `on-account:`, `unidentified`, `not-student` … |
//! | `B-…/2` told to be another's | the old account | the new one |
//! | `B-…/3` its statement was taken out | the other way round | |
//! | `O-` money loaded at go-live | `opening` | `on-account:` |
//! | `R-` a fee is raised, or its amount changes | `receivable:` | `revenue:`, or `opening` |
//! | `A-` money settles a fee; a release is the other way round | `on-account:` | `receivable:` |
//! | `W-` a waiver or write-off | `waivers`, `write-offs` | `receivable:` |
//! | `I-` interest for delay | `receivable:` | `revenue:interest` |
//!
//! So a student's `receivable:` account ends at what is open, and `on-account:` at what lies there, is
//! set aside for a refund, or (the other way round) is to be recovered. `bank:` ends at the closing
//! balance less the first opening.

mod entries;
mod fees;
pub mod lines;

use super::{EngineError, Office, policy_book};
use crate::store::Tx;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// One side of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The account: `bank:PL…`, `receivable:S1`.
    pub account: String,
    /// The student, where there is one.
    pub student: Option<String>,
    /// The fee, instalment or interest.
    pub item: Option<String>,
    /// Minor units; a debit is positive.
    pub minor: i64,
}

impl Side {
    fn plain(account: impl Into<String>, minor: i64) -> Side {
        Side {
            account: account.into(),
            student: None,
            item: None,
            minor,
        }
    }

    fn of(kind: &str, student: &str, item: Option<&str>, minor: i64) -> Side {
        Side {
            account: format!("{kind}:{student}"),
            student: Some(student.to_owned()),
            item: item.map(str::to_owned),
            minor,
        }
    }
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name; the same in every database that knows the same.
    pub name: String,
    /// The accounting day.
    pub posted_on: NaiveDate,
    /// The day of what happened.
    pub effective_on: NaiveDate,
    /// ISO 4217 code.
    pub currency: String,
    /// What it is.
    pub text: &'static str,
    /// Its sides; they sum to nothing.
    pub sides: Vec<Side>,
}

/// When months were closed.
struct Closings(Vec<(i64, NaiveDate)>);

impl Closings {
    /// The accounting day of something that happened on a day and became known at an instant.
    fn posted_on(&self, day: NaiveDate, known_at: i64) -> NaiveDate {
        let closed = self.0.iter().filter(|(at, _)| *at <= known_at);
        let first_open = closed.filter_map(|(_, last_day)| last_day.succ_opt()).max();
        first_open.map_or(day, |open| open.max(day))
    }
}

/// The documents whose accounting day lies between two days, in order.
pub async fn documents(
    office: &Office,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Vec<Document>, EngineError> {
    let mut tx = office.db.read().await?;
    let closed = tx.closed_months().await?;
    let closings = Closings(
        closed
            .iter()
            .map(|row| (row.recorded_at, row.last_day))
            .collect(),
    );
    let book = policy_book(&mut tx, &office.config, i64::MAX).await?;
    let (mut documents, names) = entries::documents(&mut tx, &closings).await?;
    documents.extend(loaded(&mut tx).await?);
    documents.extend(applied(&mut tx, &names).await?);
    documents.extend(fees::raised(&mut tx, &book).await?);
    documents.extend(fees::given_up(&mut tx, office, &book, &closings).await?);
    tx.rollback().await?;
    documents.retain(|row| {
        from.is_none_or(|from| from <= row.posted_on) && to.is_none_or(|to| row.posted_on <= to)
    });
    documents.sort_by(|a, b| {
        (a.posted_on, a.effective_on, &a.name).cmp(&(b.posted_on, b.effective_on, &b.name))
    });
    Ok(documents)
}

async fn loaded(tx: &mut Tx) -> Result<Vec<Document>, EngineError> {
    let rows = tx.all_loaded().await?.into_iter().map(|row| Document {
        name: format!("O-{}", row.external_id),
        posted_on: row.posted_on,
        effective_on: row.credited_on,
        currency: row.currency,
        text: "money on account at go-live",
        sides: vec![
            Side::plain("opening", row.amount_minor),
            Side::of("on-account", &row.student, None, -row.amount_minor),
        ],
    });
    Ok(rows.collect())
}

/// Allocations and releases, numbered by credit and item in the order in which they were written.
async fn applied(tx: &mut Tx, names: &BTreeMap<i64, String>) -> Result<Vec<Document>, EngineError> {
    let mut loaded: BTreeMap<i64, String> = BTreeMap::new();
    for row in tx.all_loaded().await? {
        loaded.insert(-row.id, row.external_id);
    }
    let mut count: BTreeMap<(i64, i64, String), usize> = BTreeMap::new();
    let mut documents = Vec::new();
    for row in tx.all_applied().await? {
        let credit = names
            .get(&row.credit_id)
            .or_else(|| loaded.get(&row.credit_id));
        let credit = credit.cloned().unwrap_or_default();
        let n = count
            .entry((row.credit_id, row.part, row.item.clone()))
            .and_modify(|n| *n += 1)
            .or_insert(1);
        let part = match row.part {
            0 => String::new(),
            part => format!("-part{part}"),
        };
        documents.push(Document {
            name: format!("A-{credit}{part}-{}/{n}", row.item),
            posted_on: row.posted_on,
            effective_on: row.effective_on,
            currency: row.currency,
            text: if row.amount_minor < 0 {
                "release"
            } else {
                "settlement"
            },
            sides: vec![
                Side::of("on-account", &row.payer, Some(&row.item), row.amount_minor),
                Side::of(
                    "receivable",
                    &row.debtor,
                    Some(&row.item),
                    -row.amount_minor,
                ),
            ],
        });
    }
    Ok(documents)
}
