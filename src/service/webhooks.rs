//! Webhooks: page by page, each that is due is told what changed since it was told last.

use super::jobs::Report;
use super::worker::Worker;
use crate::engine::webhooks::{self, Told};
use crate::engine::{EngineError, Office, books};
use crate::web::api;

/// Changes in one request.
const PAGE: i64 = 100;
/// Requests in one run to one system: the others have their turn.
const PAGES_MAX: usize = 50;

/// Tells all that are due.
pub(super) async fn run(worker: &Worker) -> Result<Report, EngineError> {
    let (mut told, mut later, mut attention) = (0, 0, 0);
    for hook in webhooks::due(&worker.office).await? {
        match one(&worker.office, hook.id).await? {
            Told::Took => told += 1,
            Told::Later => later += 1,
            Told::Attention => attention += 1,
        }
    }
    let said = format!(
        "{told} webhook(s) told, {} to be told again",
        later + attention
    );
    let counts = [("told", told), ("put_off", later + attention)];
    Ok(Report::said(said).with(counts).attention_if(attention > 0))
}

/// Tells one, until nothing is new or it does not take it.
async fn one(office: &Office, id: i64) -> Result<Told, EngineError> {
    for _ in 0..PAGES_MAX {
        // Read anew each time: somebody may have wound it back, or ended it.
        let rows = webhooks::list(office).await?;
        let Some(hook) = rows.into_iter().find(|row| row.id == id) else {
            break;
        };
        let rows = books::settlements(office, hook.told_through, PAGE).await?;
        let Some(through) = rows.last().map(|(row, _)| row.seq) else {
            break;
        };
        let body = api::settlements_text(rows, through);
        let told = webhooks::tell(office, &hook, body, through).await?;
        if told != Told::Took {
            return Ok(told);
        }
    }
    Ok(Told::Took)
}
