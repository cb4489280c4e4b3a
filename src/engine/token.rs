//! Tokens: by which other systems ask. Each is 256 bits that are shown once, and kept as a hash; it may
//! only what it was made for, until a day, and can be taken back.

use super::{EngineError, Office, secret};
use crate::store::tokens::TokenRow;
use chrono::{Days, NaiveDate};

/// What a token may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Read students' accounts by the student system's ids.
    Accounts,
    /// Read a student's account by album.
    Albums,
    /// Read fees, credits, settlement changes and coverage of everybody.
    Books,
    /// Write students, fees and statements.
    Records,
    /// Say for students that they paid.
    Claims,
}

impl Scope {
    /// All of them.
    pub const ALL: [Scope; 5] = [
        Scope::Accounts,
        Scope::Albums,
        Scope::Books,
        Scope::Records,
        Scope::Claims,
    ];

    /// As it is stored and typed.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Accounts => "accounts",
            Scope::Albums => "albums",
            Scope::Books => "books",
            Scope::Records => "records",
            Scope::Claims => "claims",
        }
    }

    /// By its name.
    pub fn of(name: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// Where nothing is said, a token works for so many days.
pub const DAYS: u64 = 365;
/// And never for more.
const DAYS_MAX: u64 = 731;
/// What tokens begin with, so that a search for lost ones finds them.
const PREFIX: &str = "kwestura_";
/// When a token was last used is kept to the minute: a write for each request is too much.
const USED_MILLIS: i64 = 60 * 1_000;

/// Makes a token; returns what the other system is to hold, which nobody can read again.
///
/// # Errors
///
/// Refused where the name is taken or none, nothing is allowed, or the day is past or too far.
pub async fn add(
    office: &Office,
    name: &str,
    scopes: &[Scope],
    ends_on: NaiveDate,
    by: &str,
) -> Result<String, EngineError> {
    let name = name.trim();
    let today = office.now.today;
    if name.is_empty() || name.chars().any(char::is_whitespace) || scopes.is_empty() {
        return Err(EngineError::refused(
            "a token has a name without blanks, and one scope at least",
        ));
    }
    let last = today.checked_add_days(Days::new(DAYS_MAX));
    if ends_on < today || last < Some(ends_on) {
        return Err(EngineError::refused(format!(
            "{ends_on}: a token ends on a day to come, in {DAYS_MAX} days at the latest"
        )));
    }
    let token = format!("{PREFIX}{}", secret::token()?);
    let hash = secret::sha256(&token);
    let mut scopes = scopes.to_vec();
    scopes.sort_unstable();
    scopes.dedup();
    let scopes: Vec<&str> = scopes.into_iter().map(Scope::name).collect();
    let scopes = scopes.join(" ");
    let mut tx = office.db.write().await?;
    let is_new = tx
        .add_api_token((name, &hash, &scopes), by, ends_on, office.now.millis)
        .await?;
    if !is_new {
        return Err(EngineError::refused(format!(
            "a token called {name} works; revoke it first, with `kwestura token revoke {name}`"
        )));
    }
    tx.commit().await?;
    Ok(token)
}

/// All tokens that ever were.
pub async fn list(office: &Office) -> Result<Vec<TokenRow>, EngineError> {
    let mut tx = office.db.read().await?;
    let rows = tx.api_tokens().await?;
    tx.rollback().await?;
    Ok(rows)
}

/// Takes a token back.
pub async fn revoke(office: &Office, name: &str) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    if !tx.revoke_api_token(name, office.now.millis).await? {
        return Err(EngineError::refused(format!(
            "no token called {name} works; `kwestura token list` shows all"
        )));
    }
    tx.commit().await?;
    Ok(())
}

/// Another system that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Row id of its token.
    pub id: i64,
    /// What its token is called.
    pub name: String,
    /// What it may.
    scopes: Vec<Scope>,
}

impl Caller {
    /// Whether it may something.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// Who holds a token, if it still works; it is used now.
pub async fn find(office: &Office, token: &str) -> Result<Option<Caller>, EngineError> {
    // Found by its hash: how long that takes says nothing about the token.
    let hash = secret::sha256(token);
    let now = office.now;
    let row = office.db.api_token(&hash).await?;
    let works = |row: &TokenRow| row.revoked_at.is_none() && now.today <= row.ends_on;
    let Some(row) = row.filter(works) else {
        return Ok(None);
    };
    if row
        .used_at
        .is_none_or(|used| now.millis - used >= USED_MILLIS)
    {
        let mut tx = office.db.write().await?;
        tx.api_token_used(row.id, now.millis).await?;
        tx.commit().await?;
    }
    Ok(Some(Caller {
        id: row.id,
        scopes: row.scopes.split(' ').filter_map(Scope::of).collect(),
        name: row.name,
    }))
}
