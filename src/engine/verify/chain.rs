//! The audit log: every seal is computed again.

use super::Report;
use crate::engine::audit;
use crate::store::{StoreError, Tx};

/// The chain holds, or the first row that breaks it is named.
pub(super) async fn check(tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
    let chain = audit::chain(tx).await?;
    report.looked.audit_events = usize::try_from(chain.events).unwrap_or_default();
    report.looked.audit_seals = usize::try_from(chain.sealed).unwrap_or_default();
    report.last_seal = chain.last;
    match (chain.broken_at, chain.broken_event) {
        (None, _) => {}
        (Some(place), Some(event)) => {
            let wrong = "it is not what was sealed: it or its seal was changed since, and every seal behind \
                         it rests on that";
            report.add(
                "audit_event",
                format!("{event}, sealed at place {place}"),
                wrong,
            );
        }
        (Some(place), None) => {
            let wrong = "the seal or its event is gone, and every seal behind it rests on that";
            report.add("audit_seal", format!("place {place}"), wrong);
        }
    }
    Ok(())
}
