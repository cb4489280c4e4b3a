//! Remind: who is to be written to about what, decided from everything that is known, and written
//! into the outbox; nothing is sent here.
//!
//! A run looks without holding a lock, then takes the lock of the outbox, leaves out what another run
//! has written meanwhile, and writes. The balance is read again when a message is sent.

use super::compose::{self, Moments};
use super::debtors::{CHUNK, CORRECTION, Ground, Owing};
use super::outbox::{InWords, Listed};
use super::{EngineError, Office, mass_mail, policy_book, settle};
use crate::dunning::Pause;
use crate::dunning::interlock::{Held, Interlock, Until};
use crate::dunning::run::{self, Brake};
use crate::store::messages::{
    MessageItemRow, MessageRow, NewHeldBack, NewMessage, NewMessageItem, WrongRow,
};
use crate::store::roster::newest;
use crate::store::{Rows, StoreError, Tx};
use crate::text::Language;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How a run is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is written.
    DryRun,
    /// Messages are written unless a brake holds; a person may name the number that is right.
    Write {
        /// How many messages a person expects.
        confirmed: Option<usize>,
    },
    /// Messages are written unless a brake holds, and only as many as a person saw.
    Seen {
        /// How many those are.
        count: usize,
    },
}

/// What a run says. The order of the fields is that of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminding {
    /// The day.
    pub as_of: NaiveDate,
    /// How many students there are.
    pub students: usize,
    /// Who is written to, by student.
    pub messages: Vec<Told>,
    /// What is held back, by student and item.
    pub held_back: Vec<HeldItem>,
    /// Why the run waits for a person's word.
    pub brake: Option<Brake>,
    /// Whether the messages stand in the outbox now.
    pub written: bool,
}

/// A message to a student.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The student system's id.
    pub student: String,
    /// Which message.
    pub template: String,
    /// `pl` or `en`.
    pub language: String,
    /// Whether it asks to check the account number.
    pub asks_for_the_number: bool,
    /// What it is about.
    pub items: Vec<ToldItem>,
    #[serde(skip)]
    person: i64,
}

/// An item of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToldItem {
    /// The fee's id, or that of an instalment.
    pub id: String,
    /// The step of its ladder.
    pub step: String,
    /// What is open, minor units.
    pub open_minor: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// The due date.
    pub due_on: NaiveDate,
    /// From 1; a withdrawal opens the next.
    #[serde(skip)]
    round: i64,
}

/// An item that is held back by an interlock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldItem {
    /// The student system's id.
    pub student: String,
    /// The item.
    pub id: String,
    /// The step that would be sent.
    pub step: String,
    /// By what: the short name of an interlock.
    pub interlock: &'static str,
    /// Why, in words.
    pub reason: String,
    /// The last day, where it is a day.
    pub until: Option<NaiveDate>,
    /// Whether a person has to decide.
    pub needs_a_person: bool,
    #[serde(skip)]
    person: i64,
}

/// Runs.
///
/// # Errors
///
/// Refused while accounts wait to be settled, before the institution goes live, and for a day that
/// has not come.
pub async fn run(office: &Office, as_of: NaiveDate, mode: Mode) -> Result<Reminding, EngineError> {
    decide(office, as_of, mode, None).await
}

/// Writes the messages of today that a second person approved; what was asked for ends with that.
///
/// # Errors
///
/// Refused as [`run()`], and where it is not asked for any more.
pub(super) async fn approved(
    office: &Office,
    count: usize,
    request: (i64, &str),
) -> Result<Reminding, EngineError> {
    let mode = Mode::Write {
        confirmed: Some(count),
    };
    decide(office, office.now.today, mode, Some(request)).await
}

async fn decide(
    office: &Office,
    as_of: NaiveDate,
    mode: Mode,
    request: Option<(i64, &str)>,
) -> Result<Reminding, EngineError> {
    if office.now.today < as_of {
        return Err(EngineError::refused(format!(
            "{as_of} has not come: what will be paid by then is not known"
        )));
    }
    if as_of < office.now.today && mode != Mode::DryRun {
        return Err(EngineError::refused(format!(
            "{as_of} is over, and who has paid since would be written to; --dry-run shows that day"
        )));
    }
    if let Some(live) = office.config.institution.go_live_on
        && as_of < live
        && mode != Mode::DryRun
    {
        return Err(EngineError::refused(format!(
            "nothing is sent before {live}, the day `go_live_on` in kwestura.toml; --dry-run shows what would be"
        )));
    }
    let mut reminding = planned(office, as_of, None).await?;
    let count = reminding.messages.len();
    let (expected, despite_brake) = match mode {
        Mode::DryRun => return Ok(reminding),
        Mode::Write { confirmed } => (confirmed, confirmed.is_some()),
        Mode::Seen { count } => (Some(count), false),
    };
    if let Some(expected) = expected
        && expected != count
    {
        return Err(EngineError::refused(format!(
            "{count} messages would be written, not {expected}; look at them with --dry-run"
        )));
    }
    if reminding.brake.is_none() || despite_brake {
        write(office, &mut reminding, request).await?;
    }
    Ok(reminding)
}

/// What a run would say now about one student: the messages, each in both languages, and what is
/// held back.
///
/// # Errors
///
/// Refused where there is no such student, and while accounts wait to be settled.
pub async fn of_student(
    office: &Office,
    student: &str,
) -> Result<(Reminding, Vec<[InWords; 2]>), EngineError> {
    let today = office.now.today;
    let reminding = planned(office, today, Some(student)).await?;
    let mut tx = office.db.read().await?;
    let moments = Moments::fresh(None, &mut tx, office).await?;
    let mut all = Vec::new();
    for told in &reminding.messages {
        let message = told.unwritten(today);
        let mut words = Vec::new();
        for language in [Language::Pl, Language::En] {
            let message = (&message, Some(language));
            let verdict = compose::to_student(&mut tx, office, &moments, message).await?;
            words.push(InWords::of(verdict));
        }
        all.extend(<[InWords; 2]>::try_from(words));
    }
    tx.rollback().await?;
    Ok((reminding, all))
}

/// What is to be said on a day: to everybody, or to one student.
async fn planned(
    office: &Office,
    as_of: NaiveDate,
    only: Option<&str>,
) -> Result<Reminding, EngineError> {
    let mut tx = office.db.read().await?;
    settle::must_be_done(&mut tx).await?;
    let book = policy_book(&mut tx, &office.config, i64::MAX).await?;
    let ground = Ground::read(&mut tx, office, &book, as_of).await?;
    let persons: Vec<i64> = match only {
        Some(student) => vec![ground.home(person(&mut tx, student).await?)],
        // Whoever has settled everything by now is told nothing.
        None if as_of == office.now.today => {
            let owing = tx.persons_unsettled(as_of).await?.into_iter();
            let owing: BTreeSet<i64> = owing.map(|person| ground.home(person)).collect();
            owing.into_iter().collect()
        }
        // Of a day that is over the books do not say.
        None => tx.all_persons().await?.iter().map(|row| row.id).collect(),
    };
    let students = match only {
        Some(_) => persons.len(),
        None => usize::try_from(tx.person_count().await?).unwrap_or_default(),
    };
    let owing = Owing::of(&mut tx, (&ground, &book), &persons, None).await?;
    let mut corrections = if as_of == office.now.today {
        corrections(&mut tx, &ground).await?
    } else {
        Vec::new()
    };
    corrections.retain(|told| only.is_none() || persons.contains(&told.person));
    let last = tx.last_run().await?.map(|run| run.messages);
    tx.rollback().await?;

    let policy = book.on(as_of).0;
    let plan = run::plan(&owing.debtors, policy, as_of);
    let mut reminding = told(&owing, &plan, as_of, students);
    reminding.messages.extend(corrections);
    // Row ids decide nothing.
    let key = |told: &Told| (told.student.clone(), told.template != CORRECTION);
    reminding.messages.sort_by_key(key);
    let last = last.and_then(|last| usize::try_from(last).ok());
    let count = reminding.messages.len();
    reminding.brake = run::brake(count, reminding.students, last, policy);
    Ok(reminding)
}

async fn person(tx: &mut Tx, student: &str) -> Result<i64, EngineError> {
    let found = tx.persons_by_external(&[student.to_owned()]).await?;
    let found = found.first().map(|row| row.id);
    found.ok_or_else(|| EngineError::refused(format!("no student is called {student}")))
}

impl Told {
    /// The message as it would stand in the outbox.
    fn unwritten(&self, today: NaiveDate) -> Listed {
        let items = self
            .items
            .iter()
            .zip(0..)
            .map(|(item, place)| MessageItemRow {
                message_id: 0,
                place,
                item: item.id.clone(),
                step: item.step.clone(),
                round: item.round,
                currency: item.currency.clone(),
                open_minor: item.open_minor,
                due_on: item.due_on,
            });
        Listed {
            row: MessageRow {
                id: 0,
                person_id: Some(self.person),
                student: Some(self.student.clone()),
                queue: None,
                template: self.template.clone(),
                language: self.language.clone(),
                as_of: today,
                asks_for_the_number: i64::from(self.asks_for_the_number),
                state: "due".to_owned(),
                attempts: 0,
                failed_since: None,
                next_attempt_at: 0,
                sent_on: None,
                delivered_on: None,
                changed_at: 0,
                recorded_at: 0,
            },
            items: items.collect(),
        }
    }
}

/// Writes the messages that no other run has written meanwhile; `request` is what a second person said
/// yes to, and who.
async fn write(
    office: &Office,
    reminding: &mut Reminding,
    request: Option<(i64, &str)>,
) -> Result<(), EngineError> {
    let now = office.now.millis;
    let mut tx = office.db.write().await?;
    tx.lock_messages().await?;
    if let Some((id, by)) = request
        && !tx.end_mass_mail(id, ("written", by), now).await?
    {
        return Err(mass_mail::nobody_asks());
    }
    let items = reminding.messages.iter().flat_map(|told| &told.items);
    let items: Vec<String> = items.map(|item| item.id.clone()).collect();
    let mut taken: BTreeSet<(String, String, i64)> = BTreeSet::new();
    for chunk in items.chunks(CHUNK) {
        let rows = tx.written_about(chunk).await?.into_iter();
        taken.extend(rows.map(|row| (row.item, row.step, row.round)));
    }
    let is_free = |told: &Told| {
        let key = |item: &ToldItem| (item.id.clone(), item.step.clone(), item.round);
        told.items.iter().all(|item| !taken.contains(&key(item)))
    };
    reminding.messages.retain(is_free);
    let counts = (
        reminding.students,
        reminding.messages.len(),
        reminding.held_back.len(),
    );
    let run = tx.add_run(reminding.as_of, counts, now).await?;
    let first = tx.last_message().await? + 1;
    let numbered = || reminding.messages.iter().zip(first..);
    let messages = numbered().map(|(told, id)| {
        NewMessage(
            id,
            run,
            told.person,
            &told.template,
            &told.language,
            reminding.as_of,
            u8::from(told.asks_for_the_number),
        )
    });
    let items = numbered().flat_map(|(told, id)| {
        told.items.iter().zip(0..).map(move |(item, place)| {
            NewMessageItem(
                id,
                place,
                &item.id,
                &item.step,
                item.round,
                &item.currency,
                item.open_minor,
                item.due_on,
            )
        })
    });
    let events = numbered().map(|(_, id)| (id, "due", "", "kwestura"));
    let (messages, items) = (Rows::of(messages)?, Rows::of(items)?);
    tx.add_messages(&messages, &items, &Rows::of(events)?, now)
        .await?;
    let held = reminding.held_back.iter().map(|held| {
        NewHeldBack(
            run,
            held.person,
            &held.id,
            &held.step,
            held.reason.clone(),
            held.until,
            held.interlock,
        )
    });
    tx.add_held_back(&Rows::of(held)?).await?;
    tx.commit().await?;
    reminding.written = true;
    Ok(())
}

/// What a plan comes to, in the words of the outbox.
fn told(owing: &Owing, plan: &run::Plan, as_of: NaiveDate, students: usize) -> Reminding {
    let messages = plan.messages.iter().filter_map(|message| {
        let (debtor, (person, row)) = owing.at(message.debtor)?;
        let items = message.items.iter().filter_map(|(place, step)| {
            let item = debtor.items.get(*place)?;
            Some(ToldItem {
                id: item.id.clone(),
                step: step.clone(),
                open_minor: item.open_minor,
                currency: item.currency.clone(),
                due_on: item.due_on,
                round: owing.round(&item.id, step),
            })
        });
        Some(Told {
            student: debtor.student.clone(),
            template: message.template.clone(),
            language: row.language.clone(),
            asks_for_the_number: message.asks_for_the_number,
            items: items.collect(),
            person: *person,
        })
    });
    let held_back = plan.held_back.iter().flat_map(|back| {
        let found = owing.at(back.debtor);
        let found = found.and_then(|(debtor, row)| Some((debtor.items.get(back.item)?, row)));
        let held = found.map(|(item, (person, row))| {
            back.held.iter().map(move |held| HeldItem {
                student: row.external_id.clone(),
                id: item.id.clone(),
                step: back.step.clone(),
                interlock: held.by.name(),
                reason: reason(held),
                until: match held.until {
                    Until::Day(day) => Some(day),
                    Until::Covered(_) | Until::Case => None,
                },
                needs_a_person: held.until == Until::Case,
                person: *person,
            })
        });
        held.into_iter().flatten()
    });
    let mut reminding = Reminding {
        as_of,
        students,
        messages: messages.collect(),
        held_back: held_back.collect(),
        brake: None,
        written: false,
    };
    let key = |held: &HeldItem| (held.student.clone(), held.id.clone(), held.reason.clone());
    reminding.held_back.sort_by_key(key);
    reminding
}

/// What is to be said to students whom a reminder asked for what they had paid: the money had been
/// credited by then, and only its statement came later.
async fn corrections(tx: &mut Tx, ground: &Ground) -> Result<Vec<Told>, StoreError> {
    let mut wrong: BTreeMap<i64, Vec<WrongRow>> = BTreeMap::new();
    for row in tx.proven_wrong().await? {
        let of_person = wrong.entry(ground.home(row.person_id)).or_default();
        // Several reminders about one item are corrected by one message.
        if of_person.iter().all(|other| other.item != row.item) {
            of_person.push(row);
        }
    }
    let persons: Vec<i64> = wrong.keys().copied().collect();
    let students = newest(tx.students_by_id(&persons).await?).into_iter();
    let mut corrections = Vec::new();
    for student in students.filter(|student| student.status != "deceased") {
        let items = wrong.remove(&student.id).unwrap_or_default();
        let about: Vec<String> = items.iter().map(|row| row.item.clone()).collect();
        let before = tx.written_about(&about).await?;
        let round = |item: &str| {
            let same = before
                .iter()
                .filter(|row| row.item == item && row.step == CORRECTION);
            same.map(|row| row.round).max().unwrap_or(0) + 1
        };
        let items = items.into_iter().map(|row| ToldItem {
            round: round(&row.item),
            id: row.item,
            step: CORRECTION.to_owned(),
            open_minor: row.open_minor,
            currency: row.currency,
            due_on: row.due_on,
        });
        corrections.push(Told {
            items: items.collect(),
            student: student.external_id,
            template: CORRECTION.to_owned(),
            language: student.language,
            asks_for_the_number: false,
            person: student.id,
        });
    }
    Ok(corrections)
}

/// Why a message is held back, in words.
pub(super) fn reason(held: &Held) -> String {
    let why = match &held.by {
        Interlock::Coverage(Some(through)) => format!("statements reach only {through}"),
        Interlock::Coverage(None) => "an account has no statement yet".to_owned(),
        Interlock::StrongEvidence(credit) => {
            format!("the credit {credit} in review is very likely this student's")
        }
        Interlock::WeakEvidence(credit) => {
            format!("the credit {credit} in review may be this student's")
        }
        Interlock::Said(Pause::Claim { paid_on }) => {
            format!("the student says that it was paid on {paid_on}")
        }
        Interlock::Said(Pause::Dispute { .. }) => "the student disputes it".to_owned(),
        Interlock::Said(Pause::Deferral { .. }) => "the student asked for more time".to_owned(),
        Interlock::Said(Pause::Hold { .. }) => "the office holds messages back".to_owned(),
        Interlock::Solvency => {
            "what the student paid covers all that was due: the allocation is in doubt".to_owned()
        }
        Interlock::ForeignMoney(_) => "money in another currency lies on account".to_owned(),
        Interlock::MoneyWaits(_) => {
            "a transfer of the student waits in review for what it is for".to_owned()
        }
        Interlock::Court => "a court has it".to_owned(),
        Interlock::NoAccount => {
            "no account number is assigned to which it could be paid".to_owned()
        }
    };
    match held.until {
        Until::Day(day) => format!("{why}, until {day}"),
        Until::Covered(day) => format!("{why}, until they reach {day}"),
        Until::Case => format!("{why}: a person has to decide"),
    }
}
