//! `init`: the institution's first day.

use super::{EngineError, Office};

/// Notes the configured policy as the first version, which holds from the beginning; tells its name,
/// or nothing where there is a version already.
pub async fn first_policy(office: &Office) -> Result<Option<String>, EngineError> {
    // Asked without a lock first: every command asks, and only the first one ever writes.
    let mut tx = office.db.read().await?;
    let known = !tx.policies(i64::MAX).await?.is_empty();
    tx.rollback().await?;
    if known {
        return Ok(None);
    }
    let mut tx = office.db.write().await?;
    tx.lock_policies().await?;
    if !tx.policies(i64::MAX).await?.is_empty() {
        tx.rollback().await?;
        return Ok(None);
    }
    let policy = &office.config.policy;
    let (version, content) = (policy.version(), super::policy::content(policy)?);
    let why = "the first version";
    tx.add_policy(&version, None, &content, "init", why, office.now.millis)
        .await?;
    tx.commit().await?;
    Ok(Some(version))
}
