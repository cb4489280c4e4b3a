//! The days of a rehearsal, one after the other, each with the clock of the simulation.
//!
//! In: a folder that `simulate` made, and an office with its database. Out: what the days brought.
//! Each morning: what arrived is imported and settled, claims are noted, reminders are decided and
//! sent, cases opened and closed; the desk posts letters where mail is refused. It goes on
//! behind the last day for which a run has looked; that day itself is played again, because it may
//! have been left in the middle, and every step of it does nothing a second time.

use super::super::read;
use super::super::say::say_beside;
use crate::calendar::{add_business_days, next_business_day};
use crate::cases::Kind;
use crate::engine::decide::{self, Request};
use crate::engine::desk::{self, Wanted};
use crate::engine::import::Import;
use crate::engine::remind::{self, Mode, Reminding};
use crate::engine::roster::Upload;
use crate::engine::statements::Said;
use crate::engine::{EngineError, Moment, Office, escalate, fees, send, settle, students};
use crate::mail::Post;
use crate::simulate::DEAD_ADDRESS;
use crate::simulate::arrivals::{Arrivals, Claim, exports};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What the days of a run brought.
#[derive(Debug, Default)]
pub struct Played {
    /// Days.
    pub days: usize,
    /// Statement files.
    pub files: usize,
    /// Statements that brought something.
    pub statements: usize,
    /// Credits.
    pub credits: usize,
    /// What students said.
    pub claims: usize,
    /// Cases that were opened.
    pub cases: usize,
    /// Runs that a brake had stopped.
    pub confirmed: usize,
    /// How many messages were written.
    pub messages: usize,
    /// Items that were held back, by interlock, counted on each day.
    pub held_back: BTreeMap<&'static str, usize>,
    /// What needs a word.
    pub notes: Vec<String>,
    /// What took how long.
    pub spent: Spent,
}

/// What took how long.
#[derive(Debug, Default, Clone, Copy)]
pub struct Spent {
    /// Students, fees and statements, settled.
    pub import: Duration,
    /// Deciding.
    pub remind: Duration,
    /// Sending.
    pub send: Duration,
    /// Opening and closing cases.
    pub escalate: Duration,
}

/// Hour of the morning in UTC at which the office begins.
const MORNING: u32 = 7;

/// Plays the days that have not been played, through one or until everything has arrived; `told`
/// hears how many are done of how many.
///
/// # Errors
///
/// Where the folder is none that `simulate` made, where the database is another institution's, and
/// where the engine refuses.
pub async fn play(
    office: &mut Office,
    folder: &Path,
    through: Option<NaiveDate>,
    mut told: impl FnMut(usize, usize),
) -> Result<Played, EngineError> {
    let world = World::read(folder)?;
    let last = world.arrivals.last_day().map(next_business_day);
    let (Some(first), Some(last)) = (world.first_day(), last) else {
        return Err(EngineError::refused(format!(
            "nothing arrives in {}; `kwestura simulate` makes a folder to be rehearsed",
            folder.display()
        )));
    };
    let last = through.map_or(last, |through| through.min(last));
    let mut tx = office.db.read().await?;
    let done = tx.last_run_day().await?;
    let persons = tx.all_persons().await?;
    tx.rollback().await?;
    if let Some(other) = persons.iter().find(|row| !world.knows(&row.external_id)) {
        return Err(EngineError::refused(format!(
            "the database holds {}, who is no student of this folder; a rehearsal needs a database of its own",
            other.external_id
        )));
    }
    let from = done.unwrap_or(first);
    let days = std::iter::successors(Some(from), |day| Some(add_business_days(*day, 1)));
    let days: Vec<NaiveDate> = days.take_while(|day| *day <= last).collect();
    let mut played = Played::default();
    for (at, day) in days.iter().enumerate() {
        let behind = (*day != first).then(|| add_business_days(*day, -1));
        world.day(office, (behind, *day), &mut played).await?;
        played.days += 1;
        told(at + 1, days.len());
    }
    let Spent {
        import,
        remind,
        send,
        escalate,
    } = played.spent;
    say_beside!(
        "import and settle {import:.1?}, remind {remind:.1?}, send {send:.1?}, escalate {escalate:.1?}"
    );
    Ok(played)
}

/// A made-up university as its office sees it.
struct World {
    folder: PathBuf,
    students: BTreeMap<String, String>,
    persons: BTreeSet<String>,
    fees: BTreeMap<String, String>,
    arrivals: Arrivals,
}

impl World {
    fn read(folder: &Path) -> Result<World, EngineError> {
        let text = |name: &str| {
            let bytes = read(&folder.join(name))?;
            String::from_utf8(bytes)
                .map_err(|_| EngineError::refused(format!("{name} is not UTF-8")))
        };
        let arrivals = Arrivals::parse(&text("arrivals.jsonl")?)
            .map_err(|error| EngineError::refused(error.to_string()))?;
        let students = exports(&text("students.csv")?);
        let rows = students.values().flat_map(|export| export.lines().skip(1));
        let persons = rows.filter_map(|row| row.split(';').next());
        Ok(World {
            folder: folder.to_path_buf(),
            persons: persons.map(str::to_owned).collect(),
            students,
            fees: exports(&text("fees.csv")?),
            arrivals,
        })
    }

    /// Is it a student of this folder?
    fn knows(&self, student: &str) -> bool {
        self.persons.contains(student)
    }

    /// The first business day on which there is a student.
    fn first_day(&self) -> Option<NaiveDate> {
        let (first, _) = self.students.first_key_value()?;
        first.parse().ok().map(next_business_day)
    }

    /// One day: behind the last one that was played, through this one.
    async fn day(
        &self,
        office: &mut Office,
        (behind, day): (Option<NaiveDate>, NaiveDate),
        played: &mut Played,
    ) -> Result<(), EngineError> {
        office.now = morning(office, day);
        let began = Instant::now();
        self.load(office, behind, day).await?;
        self.import(office, behind, day, played).await?;
        played.spent.import += began.elapsed();

        for claim in self.arrivals.claims_between(behind, day) {
            enter(office, claim).await?;
            played.claims += 1;
        }

        let began = Instant::now();
        let reminding = decide_messages(office, day, played).await?;
        played.messages += reminding.messages.len();
        for held in &reminding.held_back {
            *played.held_back.entry(held.interlock).or_default() += 1;
        }
        played.spent.remind += began.elapsed();

        let began = Instant::now();
        self.send(office).await?;
        played.spent.send += began.elapsed();

        let began = Instant::now();
        let escalation = escalate::run(office, day, false).await?;
        played.cases += escalation.opened.len();
        letters(office, day).await?;
        played.spent.escalate += began.elapsed();
        Ok(())
    }

    /// The exports of the student system.
    async fn load(
        &self,
        office: &Office,
        behind: Option<NaiveDate>,
        day: NaiveDate,
    ) -> Result<(), EngineError> {
        let is_new = |as_of: &str| {
            let as_of: Option<NaiveDate> = as_of.parse().ok();
            as_of.is_some_and(|as_of| behind.is_none_or(|behind| behind < as_of) && as_of <= day)
        };
        for (_, text) in self.students.iter().filter(|(as_of, _)| is_new(as_of)) {
            students::import(office, &upload("students.csv", text)).await?;
        }
        for (_, text) in self.fees.iter().filter(|(as_of, _)| is_new(as_of)) {
            fees::import(office, &upload("fees.csv", text)).await?;
        }
        settle::run(office, |_, _| {}).await?;
        Ok(())
    }

    /// The statements that have arrived since the last day.
    async fn import(
        &self,
        office: &Office,
        behind: Option<NaiveDate>,
        day: NaiveDate,
        played: &mut Played,
    ) -> Result<(), EngineError> {
        let mut import = Import::begin(office).await?;
        for file in self.arrivals.statements_between(behind, day) {
            let path = self.folder.join("statements").join(&file.file);
            import.path(office, &path).await?;
        }
        import.settle(office, |_, _| {}).await?;
        played.files += import.counts.files;
        played.statements += import.counts.published;
        played.credits += import.counts.credits;
        let notes = import.notes().iter();
        played
            .notes
            .extend(notes.map(|note| format!("{day}: {note}")));
        Ok(())
    }

    /// Lays the mails into the folder; the server refuses dead addresses.
    async fn send(&self, office: &Office) -> Result<(), EngineError> {
        let mut post = Post::Rehearsal {
            folder: self.folder.join("mail"),
            refuses: |address| address.user().starts_with(DEAD_ADDRESS),
        };
        let now = office.now;
        let sending = send::run(office, &mut post, || now, |_, _| {}).await?;
        match sending.stopped {
            Some(why) => Err(EngineError::refused(why)),
            None => Ok(()),
        }
    }
}

/// Decides; where a brake holds, a person looks at it and says that it is right.
async fn decide_messages(
    office: &Office,
    day: NaiveDate,
    played: &mut Played,
) -> Result<Reminding, EngineError> {
    let reminding = remind::run(office, day, Mode::Write { confirmed: None }).await?;
    if reminding.written {
        return Ok(reminding);
    }
    played.confirmed += 1;
    let confirmed = Some(reminding.messages.len());
    remind::run(office, day, Mode::Write { confirmed }).await
}

/// What a student says is noted. Where nothing is open by then, there is nothing to be said.
async fn enter(office: &Office, claim: &Claim) -> Result<(), EngineError> {
    let request = Request::Claim {
        fee: claim.fee.clone(),
        paid_on: claim.paid_on,
        amount: None,
    };
    let said = decide::Said {
        by: claim.student.clone(),
        why: "says so".to_owned(),
        on: None,
    };
    match decide::decide(office, &request, &said, false).await {
        Ok(_) | Err(EngineError::Refused(_)) => Ok(()),
        Err(failed) => Err(failed),
    }
}

/// Whoever no mail reaches gets a letter on the business day behind: the desk has posted it.
async fn letters(office: &Office, day: NaiveDate) -> Result<(), EngineError> {
    let said = Said {
        by: "desk",
        why: "a letter was posted",
    };
    let wanted = Wanted {
        kinds: vec![Kind::Address],
        ..Wanted::default()
    };
    for case in desk::list(office, &wanted).await? {
        if case.opened_on < day {
            desk::resolve(office, case.id, (desk::NONE, ""), said).await?;
        }
    }
    Ok(())
}

fn morning(office: &Office, day: NaiveDate) -> Moment {
    let instant = day.and_hms_opt(MORNING, 0, 0).unwrap_or_default().and_utc();
    Moment::of(
        instant.timestamp_millis(),
        office.config.institution.time_zone,
    )
}

fn upload<'a>(name: &'a str, text: &'a str) -> Upload<'a> {
    Upload {
        name,
        bytes: text.as_bytes(),
        as_of: None,
        opening: false,
        dry_run: false,
    }
}
