//! Remind: who is to be written to about what, decided from everything that is known, and written
//! into the outbox; nothing is sent here.
//!
//! A run looks without holding a lock, then takes the lock of the outbox, leaves out what another run
//! has written meanwhile, and writes. The balance is read again when a message is sent.

use super::{EngineError, Moment, Office, coverage, facts, identify, policy_book, review};
use crate::config::BankAccount;
use crate::dunning::interlock::{Held, Interlock, Until};
use crate::dunning::ladder::{Fate, Written};
use crate::dunning::run::{self, Brake};
use crate::dunning::{Debtor, Item, Pause, Said, Suspect};
use crate::identify::evidence::Grade;
use crate::policy::PolicyBook;
use crate::settlement::facts::FeeNo;
use crate::settlement::fold::fold;
use crate::settlement::interest::is_solvent;
use crate::settlement::state::{Held as LotHeld, ItemNo, Origin, State};
use crate::store::decisions::DecidedRow;
use crate::store::messages::{NewHeldBack, NewMessage, NewMessageItem, WrittenRow};
use crate::store::roster::{StudentVersionRow, newest};
use crate::store::{Rows, StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Students read at once.
const CHUNK: usize = 2_000;

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
    let mut tx = office.db.read().await?;
    let waiting = tx.mark_count().await?;
    if waiting > 0 {
        return Err(EngineError::refused(format!(
            "{waiting} account(s) wait to be settled; `kwestura import` settles them"
        )));
    }
    let book = policy_book(&mut tx, &office.config, i64::MAX).await?;
    let found = Found::gather(&mut tx, office, &book, as_of).await?;
    let last = tx.last_run().await?.map(|run| run.messages);
    tx.rollback().await?;

    let policy = book.on(as_of).0;
    let plan = run::plan(&found.debtors, policy, as_of);
    let mut reminding = found.told(&plan, as_of);
    let last = last.and_then(|last| usize::try_from(last).ok());
    let count = reminding.messages.len();
    reminding.brake = run::brake(count, reminding.students, last, policy);
    let Mode::Write { confirmed } = mode else {
        return Ok(reminding);
    };
    if let Some(confirmed) = confirmed
        && confirmed != count
    {
        return Err(EngineError::refused(format!(
            "{count} messages would be written, not {confirmed}; look at them with --dry-run"
        )));
    }
    if reminding.brake.is_none() || confirmed.is_some() {
        write(office, &mut reminding).await?;
    }
    Ok(reminding)
}

/// Writes the messages that no other run has written meanwhile.
async fn write(office: &Office, reminding: &mut Reminding) -> Result<(), EngineError> {
    let now = office.now.millis;
    let mut tx = office.db.write().await?;
    tx.lock_messages().await?;
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
        let reason = held.reason.clone();
        NewHeldBack(run, held.person, &held.id, &held.step, reason, held.until)
    });
    tx.add_held_back(&Rows::of(held)?).await?;
    tx.commit().await?;
    reminding.written = true;
    Ok(())
}

/// Everybody who owes, with all that bears on messages.
struct Found {
    debtors: Vec<Debtor>,
    /// Beside each debtor: the row id and the newest of what exports said.
    persons: Vec<(i64, StudentVersionRow)>,
    /// The rounds that are over, by item and step: the message was withdrawn, or the due date moved.
    rounds: BTreeMap<(String, String), i64>,
    students: usize,
}

impl Found {
    async fn gather(
        tx: &mut Tx,
        office: &Office,
        book: &PolicyBook,
        as_of: NaiveDate,
    ) -> Result<Found, EngineError> {
        let mut covered = coverage::by_currency(tx, office).await?;
        for account in never_seen(tx, office, as_of).await? {
            covered.insert(account, None);
        }
        let suspects = suspects(tx, office, as_of).await?;
        let holds = holds(tx).await?;
        let courts = courts(tx).await?;
        let tolerance = coverage::for_tolerance(tx, office, book).await?;
        let persons = tx.all_persons().await?;
        let mut found = Found {
            debtors: Vec::new(),
            persons: Vec::new(),
            rounds: BTreeMap::new(),
            students: persons.len(),
        };
        for chunk in persons.chunks(CHUNK) {
            let ids: Vec<i64> = chunk.iter().map(|row| row.id).collect();
            let beside = (&tolerance, &courts);
            let mut owing = owing(tx, book, &ids, beside, as_of).await?;
            for (person, debtor) in &mut owing {
                let holds = holds.get(person).into_iter().flatten();
                debtor.said.extend(holds.cloned());
                for item in &mut debtor.items {
                    item.covered_through = covered.get(&item.currency).copied().flatten();
                }
            }
            found.add(tx, owing, &suspects).await?;
        }
        Ok(found)
    }

    async fn add(
        &mut self,
        tx: &mut Tx,
        owing: BTreeMap<i64, Debtor>,
        suspects: &BTreeMap<String, Vec<Suspect>>,
    ) -> Result<(), StoreError> {
        let ids: Vec<i64> = owing.keys().copied().collect();
        let items = || owing.values().flat_map(|debtor| &debtor.items);
        let due: BTreeMap<&str, NaiveDate> = items()
            .map(|item| (item.id.as_str(), item.due_on))
            .collect();
        let about: Vec<String> = items().map(|item| item.id.clone()).collect();
        let mut written: BTreeMap<String, Vec<Written>> = BTreeMap::new();
        for row in tx.written_about(&about).await? {
            // Where the due date moved, the ladder begins anew.
            let holds = due.get(row.item.as_str()) == Some(&row.due_on);
            match fate(&row).filter(|_| holds) {
                Some(fate) => written.entry(row.item).or_default().push(Written {
                    step: row.step,
                    on: row.as_of,
                    fate,
                }),
                None => *self.rounds.entry((row.item, row.step)).or_default() += 1,
            }
        }
        let rows = newest(tx.students_by_id(&ids).await?);
        let mut rows: BTreeMap<i64, StudentVersionRow> =
            rows.into_iter().map(|row| (row.id, row)).collect();
        for (person, mut debtor) in owing {
            // Nobody writes to the dead.
            let Some(row) = rows.remove(&person).filter(|row| row.status != "deceased") else {
                continue;
            };
            debtor.student.clone_from(&row.external_id);
            let suspects = suspects.get(&row.external_id).into_iter().flatten();
            debtor.suspects.extend(suspects.cloned());
            for item in &mut debtor.items {
                item.written = written.remove(&item.id).unwrap_or_default();
            }
            self.debtors.push(debtor);
            self.persons.push((person, row));
        }
        Ok(())
    }

    fn told(&self, plan: &run::Plan, as_of: NaiveDate) -> Reminding {
        let messages = plan.messages.iter().filter_map(|message| {
            let (debtor, (person, row)) = self.at(message.debtor)?;
            let items = message.items.iter().filter_map(|(place, step)| {
                let item = debtor.items.get(*place)?;
                let rounds = self.rounds.get(&(item.id.clone(), step.clone()));
                Some(ToldItem {
                    id: item.id.clone(),
                    step: step.clone(),
                    open_minor: item.open_minor,
                    currency: item.currency.clone(),
                    due_on: item.due_on,
                    round: rounds.copied().unwrap_or(0) + 1,
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
            let found = self.at(back.debtor);
            let found = found.and_then(|(debtor, row)| Some((debtor.items.get(back.item)?, row)));
            let held = found.map(|(item, (person, row))| {
                back.held.iter().map(move |held| HeldItem {
                    student: row.external_id.clone(),
                    id: item.id.clone(),
                    step: back.step.clone(),
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
            students: self.students,
            messages: messages.collect(),
            held_back: held_back.collect(),
            brake: None,
            written: false,
        };
        // Row ids decide nothing.
        reminding.messages.sort_by(|a, b| a.student.cmp(&b.student));
        let key = |held: &HeldItem| (held.student.clone(), held.id.clone(), held.reason.clone());
        reminding.held_back.sort_by_key(key);
        reminding
    }

    fn at(&self, place: usize) -> Option<(&Debtor, &(i64, StudentVersionRow))> {
        Some((self.debtors.get(place)?, self.persons.get(place)?))
    }
}

/// What became of a message, as the ladder asks; none where it was withdrawn.
fn fate(row: &WrittenRow) -> Option<Fate> {
    match row.state.as_str() {
        "withdrawn" => None,
        "sent" => Some(Fate::Sent),
        "failed" | "refused" => Some(Fate::Failed),
        _ => Some(Fate::Underway),
    }
}

/// What students owe on a day, by the person who goes on where several were merged.
async fn owing(
    tx: &mut Tx,
    book: &PolicyBook,
    persons: &[i64],
    (tolerance, courts): (&facts::CoveredThrough, &BTreeSet<i64>),
    as_of: NaiveDate,
) -> Result<BTreeMap<i64, Debtor>, StoreError> {
    let wanted: BTreeSet<i64> = persons.iter().copied().collect();
    let mut owing: BTreeMap<i64, Debtor> = BTreeMap::new();
    for group in facts::load(tx, persons, i64::MAX, tolerance).await? {
        let (facts, state) = fold(&group.facts, book, as_of);
        let currency = facts.currency.to_string();
        let home = |person| group.person_id(facts.survivor(person, as_of));
        // What lies on account pays what falls due next.
        let mut on_account: BTreeMap<i64, i64> = BTreeMap::new();
        let mut waits: BTreeSet<i64> = BTreeSet::new();
        for lot in &state.lots {
            let person = home(facts.credits[lot.credit].person);
            let money = owing.entry(person).or_default();
            if !money.money_in.contains(&currency) {
                money.money_in.push(currency.clone());
            }
            match lot.held {
                LotHeld::Free => *on_account.entry(person).or_default() += lot.amount_minor,
                LotHeld::Review => {
                    waits.insert(person);
                }
                // It waits for a fee that the payer named.
                LotHeld::Named(_) => {}
            }
        }
        let mut open: Vec<_> = (state.items.iter())
            .filter(|(_, item)| item.is_open() && !item.is_interest())
            .collect();
        open.sort_by(|(_, a), (_, b)| a.age().cmp(&b.age()));
        for (no, item) in open {
            let person = home(item.person);
            let money = on_account.entry(person).or_default();
            let covered = item.open_minor().min(*money);
            *money -= covered;
            owing.entry(person).or_default().items.push(Item {
                id: item.id.clone(),
                kind: item.kind.clone(),
                currency: currency.clone(),
                due_on: item.due_on,
                open_minor: item.open_minor() - covered,
                is_solvent: is_solvent(&facts, &state, no, as_of),
                at_court: fee_of(&state, no).is_some_and(|fee| courts.contains(&group.fee_id(fee))),
                money_waits: waits.contains(&person),
                written: Vec::new(),
                covered_through: None,
            });
        }
    }
    owing.retain(|person, debtor| {
        debtor.items.retain(|item| item.open_minor > 0);
        wanted.contains(person) && !debtor.items.is_empty()
    });
    Ok(owing)
}

/// The fee behind an item, also behind the instalments of a plan.
fn fee_of(state: &State, item: ItemNo) -> Option<FeeNo> {
    match state.items[item].origin {
        Origin::Fee(fee) => Some(fee),
        Origin::Instalment { of } | Origin::Interest { of } => match state.items[of].origin {
            Origin::Fee(fee) => Some(fee),
            Origin::Instalment { .. } | Origin::Interest { .. } => None,
        },
    }
}

/// Currencies of configured accounts that are open and of which no statement ever came: money may
/// lie there.
async fn never_seen(
    tx: &mut Tx,
    office: &Office,
    as_of: NaiveDate,
) -> Result<Vec<String>, StoreError> {
    let seen: BTreeSet<String> = (tx.bank_accounts().await?.into_iter())
        .map(|row| row.iban)
        .collect();
    let open = |account: &&BankAccount| {
        account.opened_on.is_none_or(|day| day <= as_of)
            && account.closed_on.is_none_or(|day| as_of <= day)
    };
    let accounts = office.config.bank_accounts.iter().filter(open);
    Ok(accounts
        .filter(|account| !seen.contains(&account.iban))
        .map(|account| account.currency.to_string())
        .collect())
}

/// Credits that may be a student's, by the student system's id.
async fn suspects(
    tx: &mut Tx,
    office: &Office,
    as_of: NaiveDate,
) -> Result<BTreeMap<String, Vec<Suspect>>, EngineError> {
    let zone = office.config.institution.time_zone;
    let mut suspects: BTreeMap<String, Vec<Suspect>> = BTreeMap::new();
    let found = review::may_be(tx).await?.into_iter();
    for credit in found.filter(|credit| credit.entry.crediting_date <= as_of) {
        let recorded = Moment::of(credit.entry.recorded_at, zone).today;
        for proposed in &credit.proposals {
            let of_student = suspects.entry(proposed.student.clone()).or_default();
            of_student.push(Suspect {
                credit: credit.name.clone(),
                currency: credit.entry.currency.clone(),
                amount_minor: credit.entry.amount_minor,
                known_since: recorded.max(credit.entry.crediting_date),
                is_strong: proposed.grade == Grade::Strong,
            });
        }
    }
    Ok(suspects)
}

/// Fees that a court has.
async fn courts(tx: &mut Tx) -> Result<BTreeSet<i64>, StoreError> {
    let rows = tx.decisions_of_kind("court").await?.into_iter();
    let facts = rows.filter(DecidedRow::is_fact);
    Ok(facts.filter_map(|row| row.receivable_id).collect())
}

/// Messages that the office stopped, by student.
async fn holds(tx: &mut Tx) -> Result<BTreeMap<i64, Vec<Said>>, StoreError> {
    let survivors = identify::survivors(tx).await?;
    let mut holds: BTreeMap<i64, Vec<Said>> = BTreeMap::new();
    for row in tx.decisions_of_kind("hold").await? {
        if let (Some(person), Some(until)) = (row.person_id, row.day.filter(|_| row.is_fact())) {
            let person = survivors.get(&person).copied().unwrap_or(person);
            holds.entry(person).or_default().push(Said {
                what: Pause::Hold { until },
                item: None,
                why: row.why,
            });
        }
    }
    Ok(holds)
}

/// Why a message is held back, in words.
fn reason(held: &Held) -> String {
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
        Interlock::ForeignMoney => "money in another currency lies on account".to_owned(),
        Interlock::MoneyWaits => {
            "a transfer of the student waits in review for what it is for".to_owned()
        }
        Interlock::Court => "a court has it".to_owned(),
    };
    match held.until {
        Until::Day(day) => format!("{why}, until {day}"),
        Until::Covered(day) => format!("{why}, until they reach {day}"),
        Until::Case => format!("{why}: a person has to decide"),
    }
}
