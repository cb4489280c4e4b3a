//! The use cases, a file each. They read facts through the store, hand them to the core, and write
//! what it concludes, in transactions that each leave the books whole.
//!
//! Every failure is either *refused* (a person acts; nothing was written) or *failed* (the same
//! command may be run again).

pub mod account;
pub mod accounts;
pub mod answered;
pub mod arming;
pub mod attach;
pub mod audit;
pub mod backup;
pub mod books;
pub mod called;
mod clock;
mod collide;
mod compose;
mod conclusion;
pub mod copy;
pub mod coverage;
pub mod credits;
pub mod days;
mod debtors;
pub mod decide;
pub mod desk;
pub mod digest;
pub mod escalate;
pub mod export;
pub mod facts;
mod fault;
mod fee_words;
pub mod fees;
pub mod fresh;
pub mod hear;
pub mod identify;
pub mod ids;
pub mod import;
pub mod init;
pub mod journal;
mod keep;
pub mod letters;
mod line;
pub mod live;
pub mod login;
pub mod lookup;
mod lump;
pub mod mass_mail;
pub mod numbers;
pub mod outbox;
mod pairing;
pub mod papers;
pub mod period;
pub mod policy;
pub mod preview;
pub mod publish;
pub mod quarantine;
pub mod raw;
pub mod reading;
pub mod record;
pub mod recording;
pub mod refunds;
pub mod remind;
pub mod retention;
pub mod returned;
pub mod review;
pub mod roster;
pub mod sealed;
pub mod secret;
pub mod send;
pub mod sessions;
pub mod settle;
mod sheet;
pub mod source;
pub mod staff;
pub mod statements;
pub mod students;
pub mod terms;
pub mod today;
pub mod token;
mod totp;
pub mod trial;
pub mod upload;
pub mod uses;
pub mod verify;
pub mod webhooks;
pub mod whole;
pub mod why;

pub use crate::store::kill;
pub use clock::{Clock, Moment};

use crate::config::{Config, Shared};
use crate::policy::{Policy, PolicyBook};
use crate::store::{Db, StoreError, Tx};
use chrono::NaiveDate;
use thiserror::Error;

/// Why a use case did not do what it was asked to.
#[derive(Debug, Error)]
pub enum EngineError {
    /// Something is wrong with the request or the file: a person has to act. Nothing was written.
    #[error("{0}")]
    Refused(String),
    /// The database failed: the same command may be run again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EngineError {
    /// A refusal in words that say what to do.
    pub fn refused(words: impl Into<String>) -> Self {
        EngineError::Refused(words.into())
    }
}

/// An institution at work: its database, its rules, and the instant.
#[derive(Debug, Clone)]
pub struct Office {
    /// The database.
    pub db: Db,
    /// `kwestura.toml`.
    pub config: Shared,
    /// Now.
    pub now: Moment,
}

/// The versions of the policy that were known at an instant.
pub async fn policy_book(
    tx: &mut Tx,
    config: &Config,
    known_at: i64,
) -> Result<PolicyBook, StoreError> {
    let mut book: Option<PolicyBook> = None;
    for row in tx.policies(known_at).await? {
        let policy: Policy =
            serde_json::from_str(&row.content).map_err(|error| StoreError::Inconsistent {
                table: "policy_version",
                what: format!("version {}: {error}", row.version),
            })?;
        book = Some(match (book, row.valid_from) {
            (Some(book), Some(valid_from)) => book.with(valid_from, policy),
            _ => PolicyBook::new(policy),
        });
    }
    let book = book.unwrap_or_else(|| PolicyBook::new(config.policy.clone()));
    Ok(book.with_rates(config.rates.clone()))
}

/// The accounting day of something that happened on `day`: that day, or the first open one.
fn first_open(day: NaiveDate, closed_through: Option<NaiveDate>) -> NaiveDate {
    let open = closed_through.and_then(|closed| closed.succ_opt());
    open.map_or(day, |open| open.max(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_in_a_closed_month_is_posted_on_the_first_open_day() {
        let day = |text: &str| crate::roster::parse_date(text).unwrap();
        let closed = Some(day("2026-09-30"));
        for (happened, closed, posted) in [
            ("2026-09-15", None, "2026-09-15"),
            ("2026-09-15", closed, "2026-10-01"),
            ("2026-09-30", closed, "2026-10-01"),
            ("2026-10-02", closed, "2026-10-02"),
        ] {
            assert_eq!(first_open(day(happened), closed), day(posted), "{happened}");
        }
    }
}
