//! Whether mail may leave these books. A backup that is restored, and a copy, are unarmed: what had
//! been sent since stands in them as waiting, and would be sent a second time.
//!
//! A file's copies are unarmed when they are made. Books on a server are armed in one place, and a
//! database elsewhere with the same books is another place; a standby that takes over is the same.

use super::statements::Said;
use super::{EngineError, Office};
use crate::store::{StoreError, Tx};

/// Whether mail may leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arming {
    /// It may.
    Armed,
    /// It may not, because somebody said so.
    Disarmed {
        /// Who.
        by: String,
        /// Why.
        why: String,
        /// Milliseconds since 1970.
        since: i64,
    },
    /// It may not: the books were armed in another place, and these are a copy of them.
    Copied,
}

impl Arming {
    /// Why no mail may leave, in words; nothing where it may.
    pub fn why_not(&self) -> Option<String> {
        match self {
            Arming::Armed => None,
            Arming::Disarmed { by, why, .. } => Some(format!("unarmed by {by}: {why}")),
            Arming::Copied => {
                Some("it is a copy of books that are armed in another place".to_owned())
            }
        }
    }
}

/// Whether mail may leave.
pub async fn state(tx: &mut Tx) -> Result<Arming, StoreError> {
    Ok(match tx.mail_arming().await? {
        Some(row) if row.armed == 0 => Arming::Disarmed {
            by: row.by_whom,
            why: row.why,
            since: row.recorded_at,
        },
        Some(row) if row.is_here == 0 => Arming::Copied,
        _ => Arming::Armed,
    })
}

/// Refuses where no mail may leave.
pub async fn require(office: &Office) -> Result<(), EngineError> {
    let mut tx = office.db.read().await?;
    let state = state(&mut tx).await?;
    tx.rollback().await?;
    let Some(why) = state.why_not() else {
        return Ok(());
    };
    Err(EngineError::refused(format!(
        "no mail may leave this database, {why}. What it holds as waiting may have been sent elsewhere: \
         look through `kwestura outbox list --state due`, then `kwestura mail arm --why TEXT`"
    )))
}

/// Notes on the first day where the books are, so that a copy elsewhere is known to be one.
pub async fn at_home(office: &Office) -> Result<(), EngineError> {
    let mut tx = office.db.read().await?;
    let known = tx.mail_arming().await?.is_some();
    tx.rollback().await?;
    if known {
        return Ok(());
    }
    let said = Said {
        by: "init",
        why: "the first day",
    };
    say(office, true, said).await
}

/// Says whether mail may leave from now on.
pub async fn say(office: &Office, armed: bool, said: Said<'_>) -> Result<(), EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    tx.arm_mail(armed, said.by, said.why, office.now.millis)
        .await?;
    tx.commit().await?;
    Ok(())
}
