//! Login: which student somebody is who has proven a login.
//!
//! | who comes | what happens |
//! |---|---|
//! | a login that is bound | the student it was bound to |
//! | a login that is not, and the provider or the address names a student | it is bound to that student for good |
//! | a login that is bound, and the provider names somebody else now | refused, and a case: logins are given to other people |
//! | a login that nobody knows | a stray: after a day they may ask the student service centre, which links it |
//!
//! The album is never a key here: what binds is the student system's id, or an address of the
//! university that is the student's today. Logins keep their capitals.

mod link;

pub use link::{LINK_MINUTES, by_hand, enter, request};
pub(super) use link::{is_entry, mail, preview};

use super::account::find;
use super::statements::Said;
use super::{EngineError, Moment, Office, identify};
use crate::calendar::is_business_day;
use crate::config::Addresses;
use crate::store::logins::{LoginRow, StrayRow};
use crate::store::roster::{StudentVersionRow, newest};
use crate::store::{StoreError, Tx};

/// A stray may ask the office so long after they were first seen, milliseconds: the time of a
/// transfer from the student system.
const TRANSFER_MILLIS: i64 = 24 * 60 * 60 * 1_000;
/// Signs of what a stray writes to the office.
pub const WORDS_MAX: usize = 1_000;

/// Who has proven a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// A link that was sent to the login, which is an address.
    Link,
    /// CAS 3.0.
    Cas,
    /// `OpenID` Connect.
    Oidc,
}

impl Provider {
    /// As it is stored and typed.
    pub fn name(self) -> &'static str {
        match self {
            Provider::Link => "link",
            Provider::Cas => "cas",
            Provider::Oidc => "oidc",
        }
    }

    /// By its name.
    pub fn of(name: &str) -> Option<Provider> {
        [Provider::Link, Provider::Cas, Provider::Oidc]
            .into_iter()
            .find(|provider| provider.name() == name)
    }
}

/// What a provider says of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Who says so.
    pub provider: Provider,
    /// The login.
    pub login: String,
    /// The student system's id, where the provider knows it.
    pub student: Option<String>,
    /// An address, where the provider has proven it.
    pub email: Option<String>,
    /// A name; empty where none is told.
    pub name: String,
}

/// Which student somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// This one; row id.
    Student(i64),
    /// Nobody that is known here, yet.
    Stray,
    /// The login was somebody else's before: the student service centre decides.
    Refused,
}

/// Finds out which student somebody is, and binds the login.
pub async fn known(office: &Office, claims: &Claims) -> Result<Known, EngineError> {
    let now = office.now.millis;
    let mut tx = office.db.write().await?;
    let survivors = identify::survivors_on(&mut tx, office.now.today).await?;
    let home = |person: i64| survivors.get(&person).copied().unwrap_or(person);
    let key = (claims.provider.name(), claims.login.as_str());
    let bound = tx.bound_to(key.0, key.1).await?;
    let named = named(&mut tx, office, claims).await?;
    let known = match (bound, &named) {
        (Some(bound), Some(named)) if home(bound) != home(named.id) => Known::Refused,
        (Some(bound), _) => Known::Student(home(bound)),
        (None, Some(named)) => {
            let is_bound = tx.bind(key, named.id, "first sign-in", now).await?
                // Somebody else did it this instant.
                || tx.bound_to(key.0, key.1).await?.map(home) == Some(home(named.id));
            if is_bound {
                Known::Student(home(named.id))
            } else {
                Known::Refused
            }
        }
        (None, None) => Known::Stray,
    };
    if let Known::Student(_) = known {
        tx.end_stray(key, now).await?;
    } else {
        let email = claims.email.as_deref().unwrap_or_default();
        let claimed = named.filter(|_| known == Known::Refused);
        let claimed = claimed.map(|row| row.external_id).unwrap_or_default();
        let person = (claims.name.as_str(), email);
        tx.add_stray(key, person, &claimed, now).await?;
    }
    if known == Known::Refused {
        // Whoever has the login now is not to go on where somebody else was signed in with it.
        tx.end_sessions_of_login(&claims.login).await?;
    }
    tx.commit().await?;
    Ok(known)
}

/// The student whom a provider names: by the student system's id, else by an address.
async fn named(
    tx: &mut Tx,
    office: &Office,
    claims: &Claims,
) -> Result<Option<StudentVersionRow>, StoreError> {
    if let Some(id) = &claims.student {
        let rows = tx.students_by_external(std::slice::from_ref(id)).await?;
        return Ok(newest(rows).pop());
    }
    match &claims.email {
        Some(address) => by_address(tx, office, address).await,
        None => Ok(None),
    }
}

/// The only student who gets mail at an address of the university, or whose alias it is.
async fn by_address(
    tx: &mut Tx,
    office: &Office,
    address: &str,
) -> Result<Option<StudentVersionRow>, StoreError> {
    let Some(mail) = &office.config.mail else {
        return Ok(None);
    };
    let mut ids: Vec<i64> = Vec::new();
    let rows = tx.students_by_email(address).await?;
    ids.extend(rows.iter().map(|row| row.id));
    if let Some((album, _)) = address
        .strip_prefix('s')
        .and_then(|rest| rest.split_once('@'))
    {
        let rows = tx.persons_by_album(&[album.to_owned()]).await?;
        ids.extend(rows.iter().map(|row| row.id));
    }
    ids.sort_unstable();
    ids.dedup();
    let mut rows = newest(tx.students_by_id(&ids).await?);
    rows.retain(|row| row.status != "deceased" && is_at(&mail.students, row, address));
    Ok(rows.pop().filter(|_| rows.is_empty()))
}

/// Whether a student is reached at an address today.
fn is_at(addresses: &Addresses, row: &StudentVersionRow, address: &str) -> bool {
    let own = addresses.of(&row.email, &row.album, &row.population);
    let alias = addresses.alias(&row.album, &row.population);
    [own, alias]
        .into_iter()
        .flatten()
        .any(|known| same(&known, address))
}

/// Whether two addresses are one: capitals count before the sign, and never behind it.
fn same(one: &str, other: &str) -> bool {
    match (one.rsplit_once('@'), other.rsplit_once('@')) {
        (Some((a, at)), Some((b, of))) => a == b && at.eq_ignore_ascii_case(of),
        _ => false,
    }
}

/// What somebody is told who is nobody here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// When students last came from the student system; milliseconds, none where none came ever.
    pub last_transfer_at: Option<i64>,
    /// When the next are expected.
    pub next_transfer_at: i64,
    /// Whether they may ask the office now.
    pub may_ask: bool,
    /// From when.
    pub may_ask_from: i64,
    /// When they asked.
    pub asked_at: Option<i64>,
    /// The login was somebody else's: nothing but the office helps.
    pub is_refused: bool,
}

/// What somebody is told who is nobody here; none where the login is somebody's by now.
pub async fn waiting(office: &Office, login: &str) -> Result<Option<Waiting>, EngineError> {
    let now = office.now.millis;
    let mut tx = office.db.read().await?;
    let stray = tx.stray(login).await?;
    let last = tx.last_transfer().await?;
    tx.rollback().await?;
    let Some(stray) = stray else {
        return Ok(None);
    };
    let is_refused = !stray.claimed.is_empty();
    let may_ask_from = if is_refused {
        stray.first_seen_at
    } else {
        stray.first_seen_at + TRANSFER_MILLIS
    };
    Ok(Some(Waiting {
        last_transfer_at: Some(last).filter(|&last| last > 0),
        next_transfer_at: next_transfer(office, last),
        may_ask: stray.asked_at.is_none() && may_ask_from <= now,
        may_ask_from,
        asked_at: stray.asked_at,
        is_refused,
    }))
}

/// When students are expected next: by the schedule of the student system, where it is written; else a
/// day behind the last time, or from now where they never came, on a business day: whoever hands files
/// over by hand does so on one.
fn next_transfer(office: &Office, last: i64) -> i64 {
    let now = office.now.millis;
    let zone = office.config.institution.time_zone;
    let schedule = office.config.sign_in.transfer.as_ref();
    if let Some(next) = schedule.and_then(|schedule| schedule.next(now, zone)) {
        return next;
    }
    let since = if last == 0 { now } else { last };
    let passed = (now - since).max(0) / TRANSFER_MILLIS;
    let mut next = since + (passed + 1) * TRANSFER_MILLIS;
    while !is_business_day(Moment::of(next, zone).today) {
        next += TRANSFER_MILLIS;
    }
    next
}

/// Somebody who is nobody here asks the office; false where it is too early, or was asked already.
pub async fn ask(office: &Office, login: &str, words: &str) -> Result<bool, EngineError> {
    let may = waiting(office, login)
        .await?
        .is_some_and(|waiting| waiting.may_ask);
    if !may {
        return Ok(false);
    }
    let words: String = words.trim().chars().take(WORDS_MAX).collect();
    let mut tx = office.db.write().await?;
    let Some(stray) = tx.stray(login).await? else {
        return Ok(false);
    };
    let asked = tx.stray_asks(stray.id, &words, office.now.millis).await?;
    super::escalate::about_sign_in(&mut tx, office).await?;
    tx.commit().await?;
    Ok(asked)
}

/// What a case about a login is called.
pub fn subject(stray: &StrayRow) -> String {
    format!("{}:{}", stray.provider, stray.login)
}

/// For whoever works on a case about a login.
pub(super) fn evidence(stray: &StrayRow) -> String {
    let who = [stray.name.as_str(), stray.email.as_str()];
    let who: Vec<&str> = who.into_iter().filter(|text| !text.is_empty()).collect();
    let what = if stray.claimed.is_empty() {
        "is signed in and unknown here".to_owned()
    } else {
        format!(
            "was another student's login, and is that of {} now",
            stray.claimed
        )
    };
    let said = if stray.words.is_empty() {
        String::new()
    } else {
        format!(", and writes: {}", stray.words)
    };
    format!(
        "{} ({}) {what}{said}; `kwestura login link {} STUDENT` links it",
        stray.login,
        who.join(", "),
        subject(stray)
    )
}

/// The logins that are somebody's, and those that are nobody's.
pub async fn list(office: &Office) -> Result<(Vec<LoginRow>, Vec<StrayRow>), EngineError> {
    let mut tx = office.db.read().await?;
    let known = tx.logins().await?;
    let strays = tx.strays().await?;
    tx.rollback().await?;
    Ok((known, strays))
}

/// Reads `provider:login`.
fn parse(name: &str) -> Result<(&'static str, &str), EngineError> {
    let parts = name.split_once(':');
    let parts = parts.and_then(|(provider, login)| Some((Provider::of(provider)?.name(), login)));
    parts.ok_or_else(|| {
        EngineError::refused(format!(
            "`{name}` is no login; write it like cas:jkowalski, as `kwestura login list` shows it"
        ))
    })
}

/// The office links a login to a student, who is told. A student whom it was linked to before loses
/// it, and so do all sessions that it began.
pub async fn link(
    office: &Office,
    login: &str,
    student: &str,
    said: Said<'_>,
) -> Result<(), EngineError> {
    said.check()?;
    let key = parse(login)?;
    let now = office.now.millis;
    let mut tx = office.db.write().await?;
    let person = find(&mut tx, student).await?;
    if tx.bound_to(key.0, key.1).await? == Some(person) {
        return Err(EngineError::refused(format!(
            "{login} is that of {student} already"
        )));
    }
    lose(&mut tx, key, now).await?;
    let by = format!("{}: {}", said.by.trim(), said.why.trim());
    if !tx.bind(key, person, &by, now).await? {
        return Err(EngineError::refused(format!(
            "{login} was linked a moment ago; look at it again"
        )));
    }
    tx.end_stray(key, now).await?;
    if let Some(row) = newest(tx.students_by_id(&[person]).await?).pop() {
        let message = ("linked", row.language.as_str());
        tx.add_student_message(person, message, office.now.today, now)
            .await?;
    }
    super::escalate::about_sign_in(&mut tx, office).await?;
    tx.commit().await?;
    Ok(())
}

/// A login is nobody's from now on, and whatever it began is over; false where it was nobody's.
async fn lose(tx: &mut Tx, key: (&str, &str), now: i64) -> Result<bool, StoreError> {
    let was_somebodys = tx.unbind(key, now).await?;
    if was_somebodys {
        tx.end_sessions_of_login(key.1).await?;
    }
    Ok(was_somebodys)
}

/// The office takes a login away from a student, with all sessions that it began: it was given to
/// somebody else.
pub async fn unlink(office: &Office, login: &str, said: Said<'_>) -> Result<(), EngineError> {
    said.check()?;
    let key = parse(login)?;
    let mut tx = office.db.write().await?;
    if !lose(&mut tx, key, office.now.millis).await? {
        return Err(EngineError::refused(format!(
            "{login} is nobody's; `kwestura login list` shows those that are somebody's"
        )));
    }
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn capitals_count_in_a_login_and_not_in_a_domain() {
        assert!(same("s1@student.example.edu", "s1@Student.EXAMPLE.edu"));
        assert!(!same("Ada@student.example.edu", "ada@student.example.edu"));
        assert!(!same("ada", "ada"));
    }
}
