//! Answered: what another system wrote, once for each of its keys.
//!
//! | who comes with a key | what happens |
//! |---|---|
//! | nobody did before | it is done, and the answer is kept |
//! | with the same request | the answer that was kept |
//! | with another request | refused |
//! | while the first is still at work | told to wait |
//!
//! An answer is kept for thirty days. Where our side failed nothing is kept, so that the same is done
//! again; all that can be written says the same twice without harm. A first that never ended, because
//! the power went, holds its key for ten minutes.

use super::token::Caller;
use super::{EngineError, Office};

/// So long an answer is kept, milliseconds.
const KEPT_MILLIS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// So long a request may be at work, milliseconds.
const WORK_MILLIS: i64 = 10 * 60 * 1_000;
/// Signs of a key.
pub const KEY_MAX: usize = 200;

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Nothing: whoever asked holds it now.
    Nothing,
    /// It was answered so: a status and a text.
    Answer(u16, String),
    /// It was another request.
    Other,
    /// It is at work.
    Working,
}

/// Takes a key for a request, by the hash of the request.
pub async fn begin(
    office: &Office,
    caller: &Caller,
    key: &str,
    request_sha256: &str,
) -> Result<Known, EngineError> {
    let now = office.now.millis;
    let mut tx = office.db.write().await?;
    tx.forget_answers(now - KEPT_MILLIS).await?;
    let names = (caller.id, key);
    let times = (now, now - WORK_MILLIS);
    let known = if tx.begin_answer(names, request_sha256, times).await? {
        Known::Nothing
    } else {
        match tx.answer(names).await? {
            Some(row) if row.request_sha256 != request_sha256 => Known::Other,
            Some(row) if row.status != 0 => {
                Known::Answer(u16::try_from(row.status).unwrap_or(500), row.answer)
            }
            // None: it was given back this instant.
            Some(_) | None => Known::Working,
        }
    };
    tx.commit().await?;
    Ok(known)
}

/// Keeps an answer; without one the key is free again. The office is the one with which it began: by its
/// moment a key is known that was given to somebody else meanwhile.
pub async fn end(
    office: &Office,
    caller: &Caller,
    key: &str,
    answer: Option<(u16, &str)>,
) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    let (names, begun) = ((caller.id, key), office.now.millis);
    match answer {
        Some((status, text)) => {
            tx.end_answer(names, begun, (i64::from(status), text))
                .await?;
        }
        None => tx.drop_answer(names, begun).await?,
    }
    tx.commit().await?;
    Ok(())
}
