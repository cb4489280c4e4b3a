//! Letters: a message as it is printed, and the day on which it was delivered.

use super::compose::{self, Moments, Verdict};
use super::outbox;
use super::statements::Said;
use super::{EngineError, Office};
use crate::message::Content;
use crate::message::letter::{self, Envelope};
use crate::store::Rows;
use chrono::NaiveDate;

/// What a letter about a message says now.
///
/// # Errors
///
/// Refused where the message would not be sent as things are: whoever has paid gets no letter either.
async fn content(office: &Office, id: i64) -> Result<Content, EngineError> {
    let listed = outbox::show(office, id).await?.listed;
    let mut tx = office.db.read().await?;
    let moments = Moments::fresh(None, &mut tx, office).await?;
    let found = compose::content(&mut tx, office, &moments, (&listed, None)).await?;
    tx.rollback().await?;
    match found {
        Ok((content, _)) => Ok(content),
        Err(Verdict::Wait(why) | Verdict::Gone(why) | Verdict::Nowhere(why)) => Err(
            EngineError::refused(format!("message {id} is not to be printed: {why}")),
        ),
        Err(Verdict::Say(_)) => Err(EngineError::refused(format!(
            "message {id} is to the office itself"
        ))),
    }
}

/// A message as a PDF, PDF/A-2b, with what is open now, to a postal address line by line.
///
/// # Errors
///
/// Refused where the message would not be sent as things are, and where a letter cannot show what is
/// written.
pub async fn pdf(office: &Office, id: i64, address: &[String]) -> Result<Vec<u8>, EngineError> {
    let content = content(office, id).await?;
    let name = std::iter::once(content.name.clone());
    let recipient = name
        .chain(address.iter().map(|line| line.trim().to_owned()))
        .filter(|line| !line.trim().is_empty());
    let envelope = Envelope {
        sender: office.config.institution.address.clone(),
        recipient: recipient.collect(),
        written_on: office.now.today,
        reference: id.to_string(),
    };
    letter::pdf(&content, &envelope)
        .map_err(|error| EngineError::refused(format!("message {id}: {error}")))
}

/// Notes that a message was printed.
pub async fn printed(office: &Office, id: i64, by: &str) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    let event = (id, "printed", "as a letter", by);
    tx.add_message_events(&Rows::of([event])?, office.now.millis)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Notes the day on which a letter reached the student. The term of a demand counts from it, and a
/// message that no mail server took is made good.
///
/// # Errors
///
/// Refused for a day that has not come or lies before the message, and where a day is noted already.
pub async fn delivered(
    office: &Office,
    id: i64,
    on: NaiveDate,
    said: Said<'_>,
) -> Result<(), EngineError> {
    said.check()?;
    let row = outbox::show(office, id).await?.listed.row;
    if office.now.today < on {
        return Err(EngineError::refused(format!("{on} has not come yet")));
    }
    if on < row.as_of {
        return Err(EngineError::refused(format!(
            "message {id} was decided on {}, so no letter can have arrived on {on}",
            row.as_of
        )));
    }
    if matches!(row.state.as_str(), "withdrawn" | "due" | "sending") || row.person_id.is_none() {
        return Err(EngineError::refused(format!(
            "message {id} is {}; a letter stands for one that was sent, refused or failed",
            row.state
        )));
    }
    let mut tx = office.db.write().await?;
    if !tx.message_delivered(id, on).await? {
        return Err(EngineError::refused(format!(
            "a day of delivery is noted for message {id} already; `kwestura outbox show {id}`"
        )));
    }
    let detail = format!("on {on}: {}", said.why);
    let event = (id, "delivered", detail.as_str(), said.by);
    tx.add_message_events(&Rows::of([event])?, office.now.millis)
        .await?;
    tx.commit().await?;
    Ok(())
}
