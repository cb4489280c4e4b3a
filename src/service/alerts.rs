//! What does not happen as it should: noticed, told to the administrator once, and once more when it
//! is over.
//!
//! What there should be is concluded anew each time from the facts, the jobs and the disks, and
//! compared with what is open. Mail goes straight to the server, past the outbox, whose standstill is
//! one of the things to be told; whoever dies between the hand-over and the note tells it again, in a
//! message of the same id.

use super::folders::folders;
use super::inbox;
use super::jobs::Report;
use super::worker::Worker;
use crate::calendar::is_bank_day;
use crate::config::{BankAccount, Inbox, Job};
use crate::engine::coverage::{self, Covered};
use crate::engine::reading::rhythm;
use crate::engine::statements::name;
use crate::engine::{EngineError, Office, arming, trial};
use crate::mail::{Handed, Head, make};
use crate::message::alert::{self, About, Alert, Alerts};
use crate::store::alerts::AlertRow;
use crate::store::jobs::JobRow;
use crate::store::{Rows, Tx};
use crate::text::Language;
use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// So many times in a row a job may be refused or fail before somebody hears of it.
const FAILURES_MAX: i64 = 2;
/// Mail that a run of sending should have taken, and that has not left for so long. Milliseconds.
const STANDSTILL: i64 = 60 * 60 * 1000;
/// What ended longer ago than this is told no more. Milliseconds.
const STALE: i64 = 24 * 60 * 60 * 1000;
/// How exactly it is kept when something was last found on a machine. Milliseconds.
const SEEN: i64 = 60 * 60 * 1000;
/// Bank days after which an account that has silent days is late all the same.
const SILENT_BANK_DAYS: usize = 10;

/// What there should be: by what it is about and which of them, in words.
type Wanted = BTreeMap<(About, String), String>;

pub(super) async fn run(worker: &mut Worker) -> Result<Report, EngineError> {
    let jobs = worker.rows().await?;
    let office = &worker.office;
    let mut tx = office.db.read().await?;
    let mut wanted = Wanted::new();
    accounts(&mut wanted, &mut tx, office, worker.clock.millis()).await?;
    statements(&mut wanted, &mut tx, office).await?;
    left(&mut wanted, &mut tx, office).await?;
    if arming::state(&mut tx).await?.why_not().is_none() {
        let standing = tx.standing_messages(office.now.millis).await?;
        outbox(&mut wanted, jobs.get(&Job::Send), standing, office);
    }
    tx.rollback().await?;
    failing(&mut wanted, &jobs);
    let mut here = Wanted::new();
    for folder in folders(office) {
        lying(&mut here, &folder, office.now.millis);
    }
    disks(&mut here, worker);
    let (raised, over) = note(office, wanted, (worker.machine(), here)).await?;
    let told = tell(worker).await?;
    let counts = [("raised", raised), ("over", over), ("told", told.0)];
    let said = format!("{raised} raised, {over} over, {} told{}", told.0, told.1);
    Ok(Report::said(said).with(counts))
}

/// What an account is called where others may read it: its name and the end of its number.
pub fn shown(account: &BankAccount) -> String {
    let tail = account.iban.get(account.iban.len().saturating_sub(4)..);
    let name = if account.name == account.iban {
        ""
    } else {
        account.name.as_str()
    };
    format!("{name} …{}", tail.unwrap_or_default())
        .trim()
        .to_owned()
}

/// Statements that have not come, and those that are missing between others.
async fn accounts(
    wanted: &mut Wanted,
    tx: &mut Tx,
    office: &Office,
    now: i64,
) -> Result<(), EngineError> {
    let covered = coverage::all_in(tx, office).await?;
    for account in &office.config.bank_accounts {
        let found = covered.iter().find(|row| row.iban == account.iban);
        let through = found.and_then(|row| row.coverage.through);
        let needed = needed(office, account, now);
        if needed.is_some_and(|needed| through.is_none_or(|through| through < needed)) {
            let reach = match through {
                Some(through) => format!("the statements reach only {through}"),
                None => "no statement has come yet".to_owned(),
            };
            let (needed, by) = (
                needed.map(|day| day.to_string()).unwrap_or_default(),
                account.statements_by.format("%H:%M"),
            );
            let said = format!("{reach}; by {by} they should have reached {needed}");
            wanted.insert((About::StatementLate, shown(account)), said);
        }
        let gaps = found.map(|Covered { coverage, .. }| coverage.gaps.as_slice());
        for gap in gaps.unwrap_or_default().iter().filter(|gap| !gap.accepted) {
            let subject = format!("{}, {} – {}", shown(account), gap.after_day, gap.before_day);
            let said = "ask the bank for what is missing, or `kwestura coverage accept-gap`";
            wanted.insert((About::Gap, subject), said.to_owned());
        }
    }
    Ok(())
}

/// The day that the statements of an account should have reached by now; none where it does not
/// matter yet or any more.
fn needed(office: &Office, account: &BankAccount, now: i64) -> Option<NaiveDate> {
    let zone = office.config.institution.time_zone;
    let local = DateTime::from_timestamp_millis(now)?.with_timezone(&zone);
    let bank_day = rhythm(office, &account.iban).bank_day;
    let mut days = std::iter::successors(Some(local.date_naive()), NaiveDate::pred_opt)
        .filter(|day| bank_day(*day) && is_bank_day(*day))
        .skip_while(|day| *day == local.date_naive() && local.time() < account.statements_by);
    let rhythm = account.statements.business_days();
    let behind = if account.silent_days {
        rhythm.max(SILENT_BANK_DAYS)
    } else {
        rhythm
    };
    let day = days.nth(behind)?;
    let is_open = account.opened_on.is_none_or(|opened| opened <= day);
    let day = account.closed_on.map_or(day, |closed| closed.min(day));
    is_open.then_some(day)
}

/// Statements that are held back until a person, or another statement, says more.
async fn statements(wanted: &mut Wanted, tx: &mut Tx, office: &Office) -> Result<(), EngineError> {
    for row in tx.statements_held_back().await? {
        let account = (office.config.bank_accounts.iter()).find(|one| one.iban == row.account);
        let account = account.map_or_else(String::new, |account| format!("{}, ", shown(account)));
        let subject = format!("{account}{}", name(&row));
        wanted.insert((About::Statement, subject), row.reason);
    }
    Ok(())
}

/// Files on servers that are not fetched, as they were seen last.
async fn left(wanted: &mut Wanted, tx: &mut Tx, office: &Office) -> Result<(), EngineError> {
    let servers = &office.config.service.sftp;
    for row in tx.left_files().await? {
        if servers.iter().any(|server| server.name == row.server) {
            let subject = format!("{}/{}", row.server, row.name);
            let said = format!("{}: it is left on the server", row.left_because);
            wanted.insert((About::File, subject), said);
        }
    }
    Ok(())
}

/// Jobs that do not what they are for, and those that wait for a person.
fn failing(wanted: &mut Wanted, jobs: &BTreeMap<Job, JobRow>) {
    for (job, row) in jobs {
        let about = match row.outcome.as_str() {
            "attention" if matches!(job, Job::Remind | Job::Verify | Job::Backup) => About::Word,
            "refused" | "failed" if FAILURES_MAX <= row.failures => About::Job,
            _ => continue,
        };
        let said = row.said.lines().next().unwrap_or_default();
        wanted.insert((about, job.name().to_owned()), said.to_owned());
    }
}

/// So many messages may leave since an instant, a run of sending should have taken them, and none has left.
fn outbox(
    wanted: &mut Wanted,
    send: Option<&JobRow>,
    (waiting, since): (i64, Option<i64>),
    office: &Office,
) {
    let (config, now) = (&office.config, office.now.millis);
    let zone = config.institution.time_zone;
    // Without a schedule a person sends.
    let schedule = config.service.jobs.get(&Job::Send);
    let due = since.and_then(|since| schedule?.next(since, zone));
    let Some(since) = since.filter(|_| due.is_some_and(|due| due + STANDSTILL <= now)) else {
        return;
    };
    let why = match send {
        _ if config.mail.is_none() => "no mail server is set",
        Some(row) if row.is_paused == 1 => "the job `send` is paused",
        Some(row) if matches!(row.outcome.as_str(), "refused" | "failed") => {
            row.said.lines().next().unwrap_or_default()
        }
        _ => "look at `kwestura outbox list`",
    };
    let since = local(since, zone);
    let said = format!("{waiting} message(s) wait, and none has left since {since}: {why}");
    wanted.insert((About::Outbox, "mail".to_owned()), said);
}

/// What lies in a folder into which others lay files, and in its quarantine.
fn lying(wanted: &mut Wanted, inbox: &Inbox, now: i64) {
    let mut looks = inbox::Looks::default();
    let looked = looks.look(inbox, now);
    let refused = looked.and_then(|()| inbox::refused(inbox));
    let refused = match refused {
        Ok(refused) => refused,
        Err(error) => {
            let subject = inbox.folder.display().to_string();
            wanted.insert((About::Inbox, subject), error.to_string());
            return;
        }
    };
    for (name, what) in looks.odd() {
        let said = format!("{what}: it is left where it lies");
        wanted.insert((About::Inbox, name.clone()), said);
    }
    for name in refused {
        let why = inbox.folder.join(inbox::QUARANTINE);
        let said = format!("why stands in {}/{name}{}", why.display(), inbox::REFUSED);
        wanted.insert((About::File, name), said);
    }
}

/// Room on the disks.
fn disks(wanted: &mut Wanted, worker: &Worker) {
    let limit = worker.office.config.service.disk_free_mib;
    let mut looked = BTreeSet::new();
    for folder in &worker.disks {
        // Folders on one disk are told once.
        if let Ok(found) = fs::metadata(folder)
            && !looked.insert(found.dev())
        {
            continue;
        }
        // Where the folder is gone, that is told elsewhere.
        let Some(free) = free_mib(folder).filter(|free| *free < limit) else {
            continue;
        };
        // Without the number, which changes with every look.
        let said = format!(
            "less than {limit} MiB are free (`disk_free_mib`); {free} when this was noticed"
        );
        wanted.insert((About::Disk, folder.display().to_string()), said);
    }
}

/// MiB that are free where a folder is.
pub fn free_mib(folder: &Path) -> Option<u64> {
    let place = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let room = rustix::fs::statvfs(place).ok()?;
    Some(room.f_bavail.saturating_mul(room.f_frsize) >> 20)
}

/// Raises what is new, ends what is no more; how many of both. What is found on this machine alone, `here`,
/// this machine alone ends, or any once it has not been found for long.
async fn note(
    office: &Office,
    everywhere: Wanted,
    (machine, here): (&str, Wanted),
) -> Result<(usize, usize), EngineError> {
    let now = office.now.millis;
    let mut wanted: BTreeMap<(About, String, &str), String> = BTreeMap::new();
    for (found, on) in [(everywhere, ""), (here, machine)] {
        let keyed = found.into_iter();
        wanted.extend(keyed.map(|((about, subject), said)| ((about, subject, on), said)));
    }
    let mut tx = office.db.read().await?;
    let open = tx.open_alerts().await?;
    tx.rollback().await?;
    let is_wanted = |row: &AlertRow| {
        let about = About::of(&row.kind);
        about.is_some_and(|about| wanted.contains_key(&(about, row.subject.clone(), &*row.machine)))
    };
    let last_seen = |row: &AlertRow| row.seen_at.unwrap_or(row.raised_at);
    let is_gone = |row: &AlertRow| {
        let is_ours = row.machine.is_empty() || row.machine == machine;
        is_ours || last_seen(row).saturating_add(STALE) < now
    };
    let over: Vec<i64> = (open.iter())
        .filter(|row| !is_wanted(row) && is_gone(row))
        .map(|row| row.id)
        .collect();
    let again: Vec<i64> = (open.iter())
        .filter(|row| !row.machine.is_empty() && is_wanted(row))
        .filter(|row| last_seen(row).saturating_add(SEEN) < now)
        .map(|row| row.id)
        .collect();
    let before = |(about, subject, on): &(About, String, &str)| {
        (open.iter())
            .find(|row| row.kind == about.name() && row.subject == *subject && row.machine == *on)
    };
    // Statements came and are not enough: how far they reach is told as it is.
    let is_said_anew = |key: &(About, String, &str), said: &String| {
        key.0 == About::StatementLate && before(key).is_some_and(|row| row.said != *said)
    };
    let said: Vec<_> = (wanted.iter())
        .filter(|(key, said)| before(key).is_none() || is_said_anew(key, said))
        .map(|((about, subject, on), said)| (about.name(), subject, said, on))
        .collect();
    if said.is_empty() && over.is_empty() && again.is_empty() {
        return Ok((0, 0));
    }
    let new = wanted.keys().filter(|key| before(key).is_none()).count();
    let mut tx = office.db.write().await?;
    tx.raise_alerts(&Rows::of(&said)?, now).await?;
    tx.see_alerts(&again, now).await?;
    tx.end_alerts(&over, now).await?;
    tx.commit().await?;
    Ok((new, over.len()))
}

/// Tells the administrator what is not known yet, in one message; how much that was, and why not.
async fn tell(worker: &Worker) -> Result<(usize, String), EngineError> {
    let office = &worker.office;
    let now = office.now.millis;
    let (Some(to), Some(mail)) = (&office.config.service.administrator, &office.config.mail) else {
        return Ok((0, String::new()));
    };
    let mut tx = office.db.read().await?;
    let untold = tx.untold_alerts(now.saturating_sub(STALE)).await?;
    let arming = arming::state(&mut tx).await?;
    tx.rollback().await?;
    let (Some(first), Some(last)) = (untold.first(), untold.last()) else {
        return Ok((0, String::new()));
    };
    if let Some(why) = arming.why_not() {
        return Ok((0, format!("; no mail may leave: {why}")));
    }
    let Some(mut post) = (worker.way)(office)? else {
        return Ok((0, String::new()));
    };
    let domain = mail
        .from
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain);
    let words = words(office, mail.offices.language, &untold);
    let rendered =
        alert::render(&words).map_err(|error| EngineError::refused(error.to_string()))?;
    let (to, rendered) = trial::to_office(office, to, rendered);
    let over = untold.iter().filter(|row| row.over_at.is_some()).count();
    let head = Head {
        message_id: &format!(
            "alerts-{}-{}-{over}@{}",
            first.id,
            last.id,
            domain.trim_end_matches('>')
        ),
        from: &mail.from,
        reply_to: None,
        to: &to,
        at: now,
    };
    let made = make(head, rendered).map_err(|error| EngineError::refused(error.to_string()))?;
    let handed = post.hand_over(&made).await;
    post.close().await;
    match handed {
        // Sent twice is better than never known.
        Handed::Taken(_) => {}
        Handed::Later(why)
        | Handed::Refused(why)
        | Handed::Unreachable(why)
        | Handed::Uncertain(why) => return Ok((0, format!("; mail is not taken: {why}"))),
    }
    let ids: Vec<i64> = untold.iter().map(|row| row.id).collect();
    let mut tx = office.db.write().await?;
    tx.told_alerts(&ids, now).await?;
    tx.commit().await?;
    Ok((ids.len(), String::new()))
}

/// What an alert is about, and on which machine.
pub(super) fn named(row: &AlertRow) -> String {
    match row.machine.as_str() {
        "" => row.subject.clone(),
        machine => format!("{} ({machine})", row.subject),
    }
}

fn words(office: &Office, language: Language, rows: &[AlertRow]) -> Alerts {
    let zone = office.config.institution.time_zone;
    let alerts = rows.iter().filter_map(|row| {
        Some(Alert {
            about: About::of(&row.kind)?,
            subject: named(row),
            said: row.said.clone(),
            since: local(row.raised_at, zone),
            until: row.over_at.map(|at| local(at, zone)),
        })
    });
    Alerts {
        language,
        institution: office.config.institution.name.clone(),
        alerts: alerts.collect(),
    }
}

/// An instant as a clock on the wall shows it.
pub fn local(millis: i64, zone: Tz) -> String {
    let instant = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    instant.with_timezone(&zone).format("%F %R").to_string()
}
