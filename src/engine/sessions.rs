//! Who is signed in. The browser holds 256 random bits; the database holds their hash.

use super::staff::Role;
use super::{EngineError, Office, secret};
use crate::store::StoreError;
use crate::store::people::{NewSession, SessionRow};

/// A session ends when nothing was asked for so long, milliseconds: half an hour.
pub const IDLE_MILLIS: i64 = 30 * 60 * 1_000;
/// And in any case after so long: a working day.
pub const LONGEST_MILLIS: i64 = 10 * 60 * 60 * 1_000;
/// How exactly it is kept when somebody was last seen: a write for each click is too much.
const SEEN_MILLIS: i64 = 60 * 1_000;

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The hash of what the browser holds; also the name of the session.
    pub id: String,
    /// The login.
    pub login: String,
    /// Given and family name; the login where it is not known.
    pub name: String,
    /// What they may do now.
    pub role: Role,
    /// The member of staff.
    pub staff_id: Option<i64>,
    /// The student, where the login is linked to one.
    pub person_id: Option<i64>,
}

/// Whose session begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose<'a> {
    /// A member of staff, by login.
    Staff(&'a str),
    /// Somebody whom the single sign-on knows, and the student behind the login, if linked.
    Student {
        /// The login.
        login: &'a str,
        /// The student.
        person_id: Option<i64>,
    },
}

/// Begins a session, always with a new id; returns what the browser is to hold. The one that the
/// browser held before ends. `ticket` is what a single sign-on calls it, for single log-out.
pub async fn begin(
    office: &Office,
    whose: Whose<'_>,
    ticket: Option<&str>,
    held_before: Option<&str>,
) -> Result<String, EngineError> {
    let token = secret::token()?;
    let now = office.now.millis;
    let mut tx = office.db.write().await?;
    let (login, staff_id, person_id) = match whose {
        Whose::Student { login, person_id } => (login, None, person_id),
        Whose::Staff(login) => {
            let row = tx.staff(login).await?.filter(|row| row.disabled == 0);
            let gone = || EngineError::refused(format!("there is no account {login} any more"));
            (login, Some(row.ok_or_else(gone)?.id), None)
        }
    };
    if let Some(before) = held_before {
        tx.end_session(&secret::sha256(before)).await?;
    }
    tx.end_old_sessions(now - LONGEST_MILLIS, now - IDLE_MILLIS)
        .await?;
    let new = NewSession {
        token_sha256: &secret::sha256(&token),
        staff_id,
        person_id,
        login,
        ticket,
    };
    tx.add_session(&new, now).await?;
    tx.commit().await?;
    Ok(token)
}

/// Who holds a token, if it still counts; they are seen now.
pub async fn find(office: &Office, token: &str) -> Result<Option<Session>, EngineError> {
    let id = secret::sha256(token);
    let now = office.now.millis;
    let mut tx = office.db.read().await?;
    let row = tx.session(&id).await?;
    tx.rollback().await?;
    let Some(row) = row.filter(|row| counts(row, now)) else {
        return Ok(None);
    };
    if now - row.seen_at >= SEEN_MILLIS {
        let mut tx = office.db.write().await?;
        tx.see_session(&id, now).await?;
        tx.commit().await?;
    }
    Ok(Some(session(row)?))
}

/// Whether a session still counts; nobody is seen by that.
pub async fn is_open(office: &Office, session: &Session) -> Result<bool, EngineError> {
    let mut tx = office.db.read().await?;
    let row = tx.session(&session.id).await?;
    tx.rollback().await?;
    Ok(row.is_some_and(|row| counts(&row, office.now.millis)))
}

fn counts(row: &SessionRow, now: i64) -> bool {
    row.disabled == 0 && now - row.begun_at < LONGEST_MILLIS && now - row.seen_at < IDLE_MILLIS
}

fn session(row: SessionRow) -> Result<Session, StoreError> {
    let role = match row.staff_id {
        None => Role::Student,
        Some(_) => Role::of_staff(&row.role).ok_or_else(|| StoreError::Inconsistent {
            table: "staff",
            what: format!("{}: there is no role {}", row.login, row.role),
        })?,
    };
    Ok(Session {
        id: row.token_sha256,
        name: Some(row.name)
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| row.login.clone()),
        login: row.login,
        role,
        staff_id: row.staff_id,
        person_id: row.person_id,
    })
}

/// Ends a session.
pub async fn end(office: &Office, session: &Session) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    tx.end_session(&session.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends all sessions of whoever this is.
pub async fn end_everywhere(office: &Office, session: &Session) -> Result<u64, EngineError> {
    let mut tx = office.db.write().await?;
    let ended = match session.staff_id {
        Some(id) => tx.end_sessions_of_staff(id).await?,
        None => tx.end_sessions_of_login(&session.login).await?,
    };
    tx.commit().await?;
    Ok(ended)
}

/// Signs a member of staff out, wherever they are signed in.
pub async fn end_of_staff(office: &Office, login: &str) -> Result<u64, EngineError> {
    let mut tx = office.db.write().await?;
    let ended = match tx.staff(login).await? {
        Some(row) => tx.end_sessions_of_staff(row.id).await?,
        None => 0,
    };
    tx.commit().await?;
    Ok(ended)
}

/// Ends what a single sign-on's ticket began: its own log-out.
pub async fn end_of_ticket(office: &Office, ticket: &str) -> Result<u64, EngineError> {
    let mut tx = office.db.write().await?;
    let ended = tx.end_sessions_of_ticket(ticket).await?;
    tx.commit().await?;
    Ok(ended)
}
