//! A run of messages on a person's word. One that a brake holds needs two: the first says how many
//! are right and why, the second writes them. What a run wrote can be taken back as long as it was
//! not handed over.

use super::decide::is_same_person;
use super::remind::{self, Mode, Reminding};
use super::statements::Said;
use super::{EngineError, Office};
use crate::store::Rows;
use crate::store::runs::{AskedRow, RunStateRow};

/// What became of the word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// So many messages stand in the outbox.
    Written(usize),
    /// A second person has to say yes.
    Asked,
}

/// Writes the messages of today, of which somebody saw `count`; or asks for a second person where a
/// brake holds.
///
/// # Errors
///
/// Refused where there are more or fewer messages by now, or somebody asks already.
pub async fn begin(office: &Office, count: usize, said: Said<'_>) -> Result<Begun, EngineError> {
    let today = office.now.today;
    let run = remind::run(office, today, Mode::Seen { count }).await?;
    if run.written {
        return Ok(Begun::Written(run.messages.len()));
    }
    said.check()?;
    let messages = i64::try_from(count).unwrap_or(i64::MAX);
    let mut tx = office.db.write().await?;
    let words = (said.by, said.why);
    let asked = tx.ask_mass_mail(today, messages, words, office.now.millis);
    let asked = asked.await?;
    tx.commit().await?;
    match asked {
        Some(_) => Ok(Begun::Asked),
        None => Err(EngineError::refused(
            "somebody asks for a second person already; look at the page again",
        )),
    }
}

/// What waits for a second person today. What was asked for on another day is void.
pub async fn asked(office: &Office) -> Result<Option<AskedRow>, EngineError> {
    let mut tx = office.db.read().await?;
    let asked = tx.asked_mass_mail(office.now.today).await?;
    tx.rollback().await?;
    Ok(asked)
}

/// The second person says yes, and the messages are written.
///
/// # Errors
///
/// Refused for whoever asked, and where other messages would be written by now.
pub async fn approve(office: &Office, by: &str) -> Result<Reminding, EngineError> {
    let Some(asked) = asked(office).await? else {
        return Err(nobody_asks());
    };
    if is_same_person(&asked.by_whom, by) {
        return Err(EngineError::refused(format!(
            "{} asked for it; somebody else has to approve",
            asked.by_whom
        )));
    }
    let count = usize::try_from(asked.messages).unwrap_or(usize::MAX);
    remind::approved(office, count, (asked.id, by)).await
}

/// It is not to be written after all.
pub async fn drop_it(office: &Office, by: &str) -> Result<(), EngineError> {
    let Some(asked) = asked(office).await? else {
        return Err(nobody_asks());
    };
    let mut tx = office.db.write().await?;
    let words = ("dropped", by);
    let was_asked = tx.end_mass_mail(asked.id, words, office.now.millis).await?;
    tx.commit().await?;
    if was_asked {
        Ok(())
    } else {
        Err(nobody_asks())
    }
}

/// The last runs, newest first.
pub async fn runs(office: &Office) -> Result<Vec<RunStateRow>, EngineError> {
    let mut tx = office.db.read().await?;
    let runs = tx.runs().await?;
    tx.rollback().await?;
    Ok(runs)
}

/// Takes back what a run wrote and nobody handed over; how many messages that were. A later run may
/// decide them anew.
pub async fn withdraw(office: &Office, run: i64, said: Said<'_>) -> Result<usize, EngineError> {
    said.check()?;
    let now = office.now.millis;
    let mut tx = office.db.write().await?;
    tx.lock_messages().await?;
    let ids = tx.withdraw_run(run, now).await?;
    let events = ids.iter().map(|id| (*id, "withdrawn", said.why, said.by));
    tx.add_message_events(&Rows::of(events)?, now).await?;
    tx.commit().await?;
    Ok(ids.len())
}

pub(super) fn nobody_asks() -> EngineError {
    EngineError::refused("nobody asks for a second person any more; look at the page again")
}
