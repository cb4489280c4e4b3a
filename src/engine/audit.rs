//! Who did and looked at what: noted at once, sealed a little later.
//!
//! Events are appended without a chain, so that it makes nobody wait; a sealer chains them. A seal is
//! SHA-256 over the seal before it and the event, so that whoever changes or removes an event would
//! have to change every seal behind it. Views of a student are noted once per session and hour. What was
//! kept long enough is emptied from the beginning, through a place whose seal stands on a tombstone: the
//! chain begins there.

use super::sessions::Session;
use super::{EngineError, Office};
use crate::store::audit::{AuditRow, NewAudit, NewSeal};
use crate::store::{StoreError, Tx};
use sha2::{Digest, Sha256};

const HOUR_MILLIS: i64 = 60 * 60 * 1_000;
/// Events sealed in one transaction.
const SEALS_MAX: i64 = 5_000;
/// What the first seal stands on.
const BEGINNING: &str = "kwestura";

/// Notes what somebody did.
pub async fn did(
    office: &Office,
    session: &Session,
    what: &str,
    about: &str,
    detail: &str,
) -> Result<(), EngineError> {
    let new = NewAudit {
        who: &session.login,
        role: session.role.name(),
        what,
        about,
        detail,
        once: None,
    };
    note(office, &new).await
}

/// Notes that somebody looked at a student.
pub async fn viewed(office: &Office, session: &Session, student: &str) -> Result<(), EngineError> {
    let hour = office.now.millis.div_euclid(HOUR_MILLIS);
    let once = format!("{} {student} {hour}", session.id);
    let new = NewAudit {
        who: &session.login,
        role: session.role.name(),
        what: "viewed",
        about: student,
        detail: "",
        once: Some(&once),
    };
    note(office, &new).await
}

/// Notes what somebody did at the machine itself, or a job did.
pub async fn by_name(
    office: &Office,
    who: &str,
    what: &str,
    detail: &str,
) -> Result<(), EngineError> {
    let new = NewAudit {
        who,
        role: "",
        what,
        about: "",
        detail,
        once: None,
    };
    note(office, &new).await
}

/// Notes what happened to somebody who is not signed in.
pub async fn tried(office: &Office, what: &str, detail: &str) -> Result<(), EngineError> {
    by_name(office, "", what, detail).await
}

async fn note(office: &Office, new: &NewAudit<'_>) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    tx.add_audit(new, office.now.millis).await?;
    tx.commit().await?;
    Ok(())
}

/// Seals what is not sealed yet; tells how much that was. Safe to run at any time and anywhere.
pub async fn seal(office: &Office) -> Result<usize, EngineError> {
    // What the interface was used for keeps nothing else from its seal.
    let collected = office.db.collect_uses().await;
    let sealed = seal_events(office).await?;
    collected?;
    Ok(sealed)
}

async fn seal_events(office: &Office) -> Result<usize, EngineError> {
    let mut sealed = 0;
    loop {
        let mut tx = office.db.write().await?;
        let last = tx.lock_seals().await?;
        let (mut place, _, mut seal) = last.unwrap_or_else(|| (0, 0, BEGINNING.to_owned()));
        let events = tx.unsealed(SEALS_MAX).await?;
        let mut seals = Vec::with_capacity(events.len());
        for event in &events {
            place += 1;
            seal = seal_of(&seal, event);
            seals.push(NewSeal(place, event.id, seal.clone()));
        }
        if seals.is_empty() {
            tx.rollback().await?;
            return Ok(sealed);
        }
        tx.add_seals(&seals).await?;
        tx.commit().await?;
        sealed += seals.len();
    }
}

/// The seal of an event behind another seal. Lengths stand before texts, so that no two events have
/// the same bytes.
fn seal_of(before: &str, event: &AuditRow) -> String {
    let mut hash = Sha256::new();
    hash.update(before.as_bytes());
    hash.update(event.id.to_be_bytes());
    hash.update(event.at.to_be_bytes());
    for text in [
        &event.who,
        &event.role,
        &event.what,
        &event.about,
        &event.detail,
    ] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    super::secret::hexadecimal(&hash.finalize())
}

/// The state of the chain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chain {
    /// Events noted.
    pub events: i64,
    /// Of these sealed.
    pub sealed: i64,
    /// The first place whose seal does not fit; none where all fit.
    pub broken_at: Option<i64>,
    /// The event there, where it is not gone.
    pub broken_event: Option<i64>,
    /// The last seal: written down elsewhere, it proves all before it.
    pub last: String,
}

/// Reads the whole chain and recomputes every seal.
pub async fn check(office: &Office) -> Result<Chain, EngineError> {
    let mut tx = office.db.read().await?;
    let chain = chain(&mut tx).await?;
    tx.rollback().await?;
    Ok(chain)
}

/// The same, as of the moment of a transaction.
pub(super) async fn chain(tx: &mut Tx) -> Result<Chain, StoreError> {
    let (events, sealed) = tx.audit_counts().await?;
    let erased = tx.audit_erased().await?;
    let mut chain = Chain {
        events,
        sealed,
        last: BEGINNING.to_owned(),
        ..Chain::default()
    };
    let mut place = 0;
    loop {
        let rows = tx.sealed(place, SEALS_MAX).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let event = AuditRow {
                id: row.id,
                at: row.at,
                who: row.who,
                role: row.role,
                what: row.what,
                about: row.about,
                detail: row.detail,
            };
            let as_sealed = match &erased {
                Some((through, seal)) if row.place == *through => row.sha256 == *seal,
                Some((through, _)) if row.place < *through => true,
                _ => row.sha256 == seal_of(&chain.last, &event),
            };
            if row.place != place + 1 {
                // A seal that is gone, or whose event is.
                chain.breaks(place + 1, None);
            } else if !as_sealed {
                chain.breaks(row.place, Some(row.id));
            }
            (place, chain.last) = (row.place, row.sha256);
        }
    }
    // A seal whose event is gone joins with nothing, and is missed here.
    if place < sealed {
        chain.breaks(place + 1, None);
    }
    Ok(chain)
}

impl Chain {
    /// It breaks at a place, unless it broke before.
    fn breaks(&mut self, place: i64, event: Option<i64>) {
        if self.broken_at.is_none() {
            (self.broken_at, self.broken_event) = (Some(place), event);
        }
    }
}

/// Events before one (all where that is none), the newest first.
pub async fn list(
    office: &Office,
    before: Option<i64>,
    about: Option<&str>,
    limit: i64,
) -> Result<Vec<AuditRow>, EngineError> {
    // Who only reads reads on; whoever seals tells what is wrong.
    let _ = office.db.collect_uses().await;
    let mut tx = office.db.read().await?;
    let rows = tx.audit(before.unwrap_or(i64::MAX), about, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}
