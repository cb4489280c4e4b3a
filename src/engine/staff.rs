//! Who works here: accounts with a role, a password and a second factor.
//!
//! A password is kept as Argon2id. Guessing is slowed by the hash, ended for a while by a limit for
//! each login from one network, and never locks out whoever signs in from where they always do.

use super::sealed::{self, Use};
use super::{EngineError, Office, secret, totp};
use crate::store::StoreError;
use crate::store::people::StaffRow;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use serde::Serialize;

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything about money.
    Bursar,
    /// Cases, and the students they are about.
    Cos,
    /// Reads all, writes nothing.
    Auditor,
    /// Settings and people, no money.
    Administrator,
    /// Their own account.
    Student,
}

impl Role {
    /// Those that staff can have.
    pub const STAFF: [Role; 4] = [Role::Bursar, Role::Cos, Role::Auditor, Role::Administrator];

    /// As it is stored and typed.
    pub fn name(self) -> &'static str {
        match self {
            Role::Bursar => "bursar",
            Role::Cos => "cos",
            Role::Auditor => "auditor",
            Role::Administrator => "administrator",
            Role::Student => "student",
        }
    }

    /// One of staff, by its name.
    pub fn of_staff(name: &str) -> Option<Role> {
        Role::STAFF.into_iter().find(|role| role.name() == name)
    }
}

/// Passwords shorter than this are refused.
const PASSWORD_CHARS_MIN: usize = 12;
/// Failures are counted over so many milliseconds.
const WINDOW_MILLIS: i64 = 15 * 60 * 1_000;
/// Attempts are remembered for so long.
const REMEMBERED_MILLIS: i64 = 90 * 24 * 60 * 60 * 1_000;
/// So many failures with one login from one network.
const FAILURES_BOTH_MAX: i64 = 5;
/// So many from one network, whatever the login: a lecture hall mistypes, too.
const FAILURES_NETWORK_MAX: i64 = 60;
/// So many with one login from anywhere, for networks from which it never signed in.
const FAILURES_LOGIN_MAX: i64 = 60;

/// A member of staff, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Staff {
    /// What they type.
    pub login: String,
    /// Given and family name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether a second factor is asked for.
    pub second_factor: bool,
    /// Whether they may not sign in any more.
    pub disabled: bool,
    /// Their login at the single sign-on; empty where none is linked.
    pub sso: String,
}

/// The secrets of a new account, shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets {
    /// The password.
    pub password: String,
    /// The secret of the second factor, base32; none where none is asked for.
    pub totp: Option<String>,
}

impl Secrets {
    /// What an authenticator application scans or is given.
    pub fn otpauth(&self, login: &str) -> Option<String> {
        let totp = self.totp.as_ref()?;
        let plain = |letter: &char| letter.is_ascii_alphanumeric() || "-._".contains(*letter);
        let login: String = login.chars().filter(plain).collect();
        Some(format!(
            "otpauth://totp/Kwestura:{login}?secret={totp}&issuer=Kwestura"
        ))
    }

    /// The code that an authenticator shows at a moment.
    pub fn code(&self, now_millis: i64) -> Option<String> {
        totp::code_at(self.totp.as_ref()?, now_millis)
    }
}

/// Adds an account. Where no password is given, one is made up.
pub async fn add(
    office: &Office,
    (login, name, role): (&str, &str, Role),
    password: Option<String>,
    second_factor: bool,
) -> Result<Secrets, EngineError> {
    let (login, name) = (login.trim(), name.trim());
    let odd = |letter: char| letter.is_whitespace() || letter.is_control();
    if login.is_empty() || login.len() > 100 || login.contains(odd) || name.is_empty() {
        return Err(EngineError::refused(
            "an account needs a login without spaces and a name",
        ));
    }
    let secrets = secrets(password, second_factor)?;
    let hash = hashed(&secrets.password).await?;
    let totp = sealed(office, login, &secrets)?;
    let mut tx = office.db.write().await?;
    let who = (login, name, role.name());
    if !tx.add_staff(who, (&hash, &totp), office.now.millis).await? {
        return Err(EngineError::refused(format!(
            "there is an account {login} already; `kwestura staff list` shows all"
        )));
    }
    tx.commit().await?;
    Ok(secrets)
}

/// All accounts.
pub async fn list(office: &Office) -> Result<Vec<Staff>, EngineError> {
    let mut tx = office.db.read().await?;
    let rows = tx.all_staff().await?;
    tx.rollback().await?;
    Ok(rows
        .into_iter()
        .map(|row| shown(&row))
        .collect::<Result<_, _>>()?)
}

/// Lets somebody in no more, or again; who is in is out at once.
pub async fn disable(office: &Office, login: &str, disabled: bool) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    let row = find(tx.staff(login).await?, login)?;
    tx.set_disabled(row.id, disabled).await?;
    tx.end_sessions_of_staff(row.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives another role. What they have open ends, so that nothing of the old one stays on a screen.
pub async fn set_role(office: &Office, login: &str, role: Role) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    let row = find(tx.staff(login).await?, login)?;
    tx.set_role(row.id, role.name()).await?;
    tx.end_sessions_of_staff(row.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives a new password and second factor, and ends all sessions.
pub async fn renew(
    office: &Office,
    login: &str,
    password: Option<String>,
    second_factor: bool,
) -> Result<Secrets, EngineError> {
    let secrets = secrets(password, second_factor)?;
    let hash = hashed(&secrets.password).await?;
    let mut tx = office.db.write().await?;
    let row = find(tx.staff(login).await?, login)?;
    let totp = sealed(office, &row.login, &secrets)?;
    tx.set_secrets(row.id, &hash, &totp).await?;
    tx.end_sessions_of_staff(row.id).await?;
    tx.commit().await?;
    Ok(secrets)
}

/// How an attempt to sign in went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// It is this member of staff.
    Known(Staff),
    /// Login, password or code is wrong, or the account may not sign in: which is not told.
    Wrong,
    /// Too many wrong ones; not looked at.
    TooMany,
}

/// What somebody typed, and where.
#[derive(Debug, Clone, Copy)]
pub struct Typed<'a> {
    /// Login.
    pub login: &'a str,
    /// Password.
    pub password: &'a str,
    /// Six digits, where a second factor is asked for.
    pub code: &'a str,
    /// The network address it comes from.
    pub network: &'a str,
}

/// Tells whether somebody is who they say. An unknown login takes as long as a known one.
pub async fn attempt(office: &Office, typed: Typed<'_>) -> Result<Attempt, EngineError> {
    let now = office.now.millis;
    let login_sha256 = secret::sha256(typed.login);
    let mut tx = office.db.write().await?;
    tx.lock_attempts().await?;
    let since = now - WINDOW_MILLIS;
    let failures = tx.failures(&login_sha256, typed.network, since).await?;
    let known_here = tx.is_known_here(&login_sha256, typed.network).await?;
    if failures.both >= FAILURES_BOTH_MAX
        || failures.network >= FAILURES_NETWORK_MAX
        || (failures.login >= FAILURES_LOGIN_MAX && !known_here)
    {
        tx.rollback().await?;
        return Ok(Attempt::TooMany);
    }
    // Failed until it is known better, which takes a while: whoever guesses beside it counts it too.
    let times = (now, now - REMEMBERED_MILLIS);
    let attempt = tx.add_attempt(&login_sha256, typed.network, times).await?;
    let row = tx.staff(typed.login).await?;
    tx.commit().await?;
    let right = verified(row.as_ref(), typed.password).await?;
    let mut tx = office.db.write().await?;
    let mut known = row.filter(|row| right && row.disabled == 0);
    if let Some(row) = known.as_ref().filter(|row| !row.totp_secret.is_empty()) {
        let totp = sealed::open(
            &office.config.keys,
            (Use::Staff, &row.login),
            &row.totp_secret,
        )?;
        let step = totp::step_of(&totp, typed.code, now);
        let fresh = match step {
            // A code that somebody saw over a shoulder is used already.
            Some(step) => tx.use_code(row.id, step).await?,
            None => false,
        };
        known = known.filter(|_| fresh);
    }
    if known.is_some() {
        tx.attempt_succeeded(attempt).await?;
    }
    tx.commit().await?;
    Ok(match known {
        Some(row) => Attempt::Known(shown(&row)?),
        None => Attempt::Wrong,
    })
}

/// Whose a login of the single sign-on is among staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linked {
    /// This member's.
    To(Staff),
    /// Somebody's who may not sign in any more.
    Disabled,
    /// Nobody's.
    No,
}

/// The member of staff behind a login that a single sign-on has proven. Only what was linked by hand
/// counts: that a student's login there is spelled like an account here means nothing.
pub async fn of_sso(office: &Office, login: &str) -> Result<Linked, EngineError> {
    let mut tx = office.db.read().await?;
    let row = tx.staff_by_sso(login).await?;
    tx.rollback().await?;
    let row = row.filter(|row| !row.sso.is_empty());
    Ok(match row.map(|row| shown(&row)).transpose()? {
        Some(staff) if staff.disabled => Linked::Disabled,
        Some(staff) => Linked::To(staff),
        None => Linked::No,
    })
}

/// Links a login of the single sign-on to an account, or takes it away; who is in is out at once.
///
/// # Errors
///
/// Refused where the login is another account's.
pub async fn link_sso(office: &Office, login: &str, sso: Option<&str>) -> Result<(), EngineError> {
    let sso = sso.map(str::trim).unwrap_or_default();
    let mut tx = office.db.write().await?;
    let row = find(tx.staff(login).await?, login)?;
    if !tx.set_sso(row.id, sso).await? {
        return Err(EngineError::refused(format!(
            "{sso} is another account's already; `kwestura staff list` shows whose"
        )));
    }
    tx.end_sessions_of_staff(row.id).await?;
    tx.commit().await?;
    Ok(())
}

fn secrets(password: Option<String>, second_factor: bool) -> Result<Secrets, EngineError> {
    let password = match password {
        Some(password) if password.chars().count() < PASSWORD_CHARS_MIN => {
            return Err(EngineError::refused(format!(
                "a password has at least {PASSWORD_CHARS_MIN} characters; leave it out, and one is made up"
            )));
        }
        Some(password) => password,
        None => made_up()?,
    };
    let totp = if second_factor {
        Some(totp::base32(&secret::bytes::<20>()?))
    } else {
        None
    };
    Ok(Secrets { password, totp })
}

/// The secret of a second factor as it is stored; empty where none is asked for.
fn sealed(office: &Office, login: &str, secrets: &Secrets) -> Result<String, EngineError> {
    let totp = secrets.totp.as_deref();
    let sealed = totp.map(|totp| sealed::seal(&office.config.keys, (Use::Staff, login), totp));
    Ok(sealed.transpose()?.unwrap_or_default())
}

/// Twenty letters in groups, 100 bits.
fn made_up() -> Result<String, EngineError> {
    let letters = totp::base32(&secret::bytes::<13>()?).to_lowercase();
    let groups: Vec<&str> = [0..5, 5..10, 10..15, 15..20]
        .into_iter()
        .filter_map(|group| letters.get(group))
        .collect();
    Ok(groups.join("-"))
}

async fn hashed(password: &str) -> Result<String, EngineError> {
    let password = password.to_owned();
    let salt = secret::bytes::<16>()?;
    aside(move || {
        let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
        hash.map(|hash| hash.to_string())
            .map_err(|error| EngineError::refused(format!("the password is not taken: {error}")))
    })
    .await?
}

/// Of nobody's password: what is compared where the login is unknown.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$a3dlc3R1cmEta3dlc3R1cg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

async fn verified(row: Option<&StaffRow>, password: &str) -> Result<bool, EngineError> {
    let hash = row.map_or(NOBODYS, |row| row.password.as_str()).to_owned();
    let password = password.to_owned();
    let right = aside(move || {
        PasswordHash::new(&hash).is_ok_and(|hash| {
            let typed = password.as_bytes();
            Argon2::default().verify_password(typed, &hash).is_ok()
        })
    });
    Ok(right.await? && row.is_some())
}

/// Runs what takes long on a thread of its own.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, EngineError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| EngineError::refused("the password could not be looked at; try again"))
}

fn find(row: Option<StaffRow>, login: &str) -> Result<StaffRow, EngineError> {
    row.ok_or_else(|| {
        EngineError::refused(format!(
            "there is no account {login}; `kwestura staff list` shows all"
        ))
    })
}

fn shown(row: &StaffRow) -> Result<Staff, StoreError> {
    let role = Role::of_staff(&row.role).ok_or_else(|| StoreError::Inconsistent {
        table: "staff",
        what: format!("{}: there is no role {}", row.login, row.role),
    })?;
    Ok(Staff {
        login: row.login.clone(),
        name: row.name.clone(),
        role,
        second_factor: !row.totp_secret.is_empty(),
        disabled: row.disabled != 0,
        sso: row.sso.clone(),
    })
}
