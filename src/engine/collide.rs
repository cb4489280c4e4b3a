//! Transactions that stood in each other's way: the database ends one of them, and that one is tried
//! again.
//!
//! All writers take their locks in one order (roster, bank accounts, students), so it should not
//! happen; a person with a console, or a backup, may still be in the way.

use super::EngineError;

/// A transaction that collides so often has another reason.
const ATTEMPTS: u32 = 5;

/// Tries a whole transaction, and again as long as the database ended it for the sake of another.
pub async fn retrying<T, Attempt>(mut attempt: impl FnMut() -> Attempt) -> Result<T, EngineError>
where
    Attempt: Future<Output = Result<T, EngineError>>,
{
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(EngineError::Store(error)) if error.is_collision() => {}
            outcome => return outcome,
        }
    }
    attempt().await
}
