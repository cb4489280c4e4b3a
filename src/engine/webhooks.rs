//! Webhooks: other systems that are told of each change of a settlement, without asking.
//!
//! Each has a cursor of its own. What it takes moves the cursor; what it does not take comes again,
//! later each time, so everything arrives at least once and in order. Winding the cursor back tells it
//! again. What is sent is signed, with the time, by a secret that only both know. It goes to addresses
//! of the internet by https, and into the house only where that was allowed.

use super::sealed::{self, Use};
use super::{EngineError, Office, arming, secret};
use crate::remote::{self, Ask, Reach};
use crate::store::webhooks::{NewWebhook, WebhookRow};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

const MINUTE_MILLIS: i64 = 60_000;
/// Put off by no more than this: six hours.
const WAIT_MINUTES_MAX: i64 = 360;
/// So often in a row it did not take it, and a person should know: about a day.
const FAILURES_MANY: i64 = 12;
/// Signs of what is kept of a failure.
const WHY_MAX: usize = 300;

/// Adds one, which is told what changes behind a cursor, from now on without one; returns the secret,
/// shown this once.
///
/// # Errors
///
/// Refused where the name is taken or none, and where the address is not on the internet by https
/// although it should be.
pub async fn add(
    office: &Office,
    (name, address): (&str, &str),
    inside: bool,
    after: Option<i64>,
    by: &str,
) -> Result<String, EngineError> {
    let name = name.trim();
    let is_web = address.starts_with("https://") || inside && address.starts_with("http://");
    let is_plain = address.is_ascii() && !address.contains(['#', ' ', '@', '"', '<']);
    if name.is_empty() || name.chars().any(char::is_whitespace) {
        return Err(EngineError::refused("a webhook has a name without blanks"));
    }
    if !is_web || !is_plain || after.is_some_and(|after| after < 0) {
        return Err(EngineError::refused(format!(
            "{address}: write it like https://sis.example.edu/fees; with --inside also http:// to the house's own network"
        )));
    }
    let secret = format!("kwestura_hook_{}", secret::token()?);
    let sealed = sealed::seal(&office.config.keys, (Use::Webhook, name), &secret)?;
    let mut tx = office.db.write().await?;
    let told_through = if let Some(after) = after {
        after
    } else {
        tx.no_settlement_under_way().await?;
        tx.last_allocation().await?
    };
    let new = NewWebhook {
        name,
        address,
        secret: &sealed,
        inside,
        told_through,
        by,
    };
    if !tx.add_webhook(&new, office.now.millis).await? {
        return Err(EngineError::refused(format!(
            "there is a webhook {name} already; `kwestura webhook remove {name}` ends it"
        )));
    }
    tx.commit().await?;
    Ok(secret)
}

/// All that are told.
pub async fn list(office: &Office) -> Result<Vec<WebhookRow>, EngineError> {
    let mut tx = office.db.read().await?;
    let rows = tx.webhooks().await?;
    tx.rollback().await?;
    Ok(rows)
}

/// Tells one no more.
pub async fn remove(office: &Office, name: &str) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    let is_there = tx.end_webhook(name, office.now.millis).await?;
    tx.commit().await?;
    if is_there { Ok(()) } else { Err(unknown(name)) }
}

/// Tells one again what changed behind a cursor, with the next run.
pub async fn replay(office: &Office, name: &str, after: i64) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    let is_there = tx.rewind_webhook(name, after.max(0)).await?;
    tx.commit().await?;
    if is_there { Ok(()) } else { Err(unknown(name)) }
}

fn unknown(name: &str) -> EngineError {
    EngineError::refused(format!(
        "there is no webhook {name}; `kwestura webhook list` shows all"
    ))
}

/// Those that may be told now.
///
/// # Errors
///
/// Refused for books that were restored or copied and are not armed: others were told by the original.
pub async fn due(office: &Office) -> Result<Vec<WebhookRow>, EngineError> {
    let mut rows = list(office).await?;
    if !rows.is_empty() {
        arming::require(office).await?;
    }
    rows.retain(|row| row.next_at <= office.now.millis);
    Ok(rows)
}

/// How telling one went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It took it.
    Took,
    /// It did not; it comes again.
    Later,
    /// It did not, for about a day by now.
    Attention,
}

/// Tells one what changed up to a cursor.
pub async fn tell(
    office: &Office,
    hook: &WebhookRow,
    body: String,
    through: i64,
) -> Result<Told, EngineError> {
    let seconds = office.now.millis / 1_000;
    let keys = &office.config.keys;
    let secret = sealed::open(keys, (Use::Webhook, &hook.name), &hook.secret)?;
    let ask = Ask {
        address: &hook.address,
        reach: if hook.inside == 0 {
            Reach::Public
        } else {
            Reach::Any
        },
        headers: vec![
            (
                "kwestura-signature",
                format!("t={seconds},v1={}", signature(&secret, seconds, &body)),
            ),
            (
                "kwestura-delivery",
                format!("{}-{through}", hook.told_through),
            ),
        ],
        body: Some(("application/json", body)),
        ..Ask::default()
    };
    let why = match remote::ask(&ask).await {
        Ok(answer) if (200..300).contains(&answer.status) => None,
        Ok(answer) => Some(format!("it answers {}", answer.status)),
        Err(why) => Some(why.0),
    };
    let mut tx = office.db.write().await?;
    let told = match why {
        None => {
            tx.webhook_told(hook.id, hook.told_through, through).await?;
            Told::Took
        }
        Some(why) => {
            let why: String = why.chars().take(WHY_MAX).collect();
            let next_at = office.now.millis + wait_minutes(hook.failures) * MINUTE_MILLIS;
            tx.webhook_failed(hook.id, next_at, &why).await?;
            if hook.failures + 1 < FAILURES_MANY {
                Told::Later
            } else {
                Told::Attention
            }
        }
    };
    tx.commit().await?;
    Ok(told)
}

/// Minutes until the next attempt: twice as long each time.
fn wait_minutes(failures: i64) -> i64 {
    1_i64
        .checked_shl(u32::try_from(failures).unwrap_or(u32::MAX))
        .filter(|minutes| (1..WAIT_MINUTES_MAX).contains(minutes))
        .unwrap_or(WAIT_MINUTES_MAX)
}

/// HMAC-SHA-256 over the time, a full stop and the body, hexadecimal.
fn signature(secret: &str, seconds: i64, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        // A key may have any length (RFC 2104).
        return String::new();
    };
    mac.update(format!("{seconds}.{body}").as_bytes());
    secret::hexadecimal(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_twice_as_long_each_time_and_never_longer_than_six_hours() {
        let waits: Vec<i64> = (0..12).map(wait_minutes).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
        assert_eq!((wait_minutes(64), wait_minutes(1_000_000)), (360, 360));
    }

    /// The signature as another program makes it:
    /// `printf '1760000000.{}' | openssl dgst -sha256 -hmac secret`.
    #[test]
    fn the_signature_is_the_one_that_others_compute() {
        let expected = "53dc054739ad94d3532227ba8d397f66ed2166a6b66940c2006692fa6db6829f";
        assert_eq!(signature("secret", 1_760_000_000, "{}"), expected);
    }
}
