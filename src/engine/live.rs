//! What an open page follows: what waits, how an import gets on, and who has a case.

use super::{EngineError, Office, review};
use crate::cases::Queue;
use serde::Serialize;

/// What changes while somebody looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Live {
    /// Entries of which a person has to tell whose they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<usize>,
    /// Statements that are recorded, whatever became of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statements: Option<i64>,
    /// Students whose accounts are still to be settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_settle: Option<i64>,
    /// Who has the case that is looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// Looks once. `money` where whoever looks sees the bank; `case` is the one on their page, which has to
/// be of their queue, if they have one.
pub async fn look(
    office: &Office,
    money: bool,
    case: Option<i64>,
    own: Option<Queue>,
) -> Result<Live, EngineError> {
    let mut tx = office.db.read().await?;
    let case = match case {
        Some(id) => tx.case(id).await?,
        None => None,
    };
    let is_own = |queue: &str| own.is_none_or(|own| own.name() == queue);
    let mut live = Live {
        review: None,
        statements: None,
        to_settle: None,
        owner: case
            .filter(|case| is_own(&case.queue))
            .map(|case| case.owner),
    };
    if money {
        live.review = Some(review::count(&mut tx, office).await?);
        live.statements = Some(tx.statement_count().await?);
        live.to_settle = Some(tx.mark_count().await?);
    }
    tx.rollback().await?;
    Ok(live)
}
