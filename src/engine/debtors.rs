//! Everybody who owes, with all that bears on what they are told: read for a run over all students,
//! and again for one student when a message is sent.
//!
//! [`Ground`] is what is the same for all students; [`Owing`] is who owes, on that ground.

mod ground;

pub(super) use ground::{Ground, Spoken, Word, covered, words};

use super::{EngineError, facts};
use crate::dunning::ladder::{Fate, Written};
use crate::dunning::{Bar, Debtor, Item};
use crate::iban::Nrb;
use crate::policy::PolicyBook;
use crate::settlement::asked::asked;
use crate::settlement::facts::FeeNo;
use crate::settlement::fold::fold;
use crate::settlement::interest::{accrued, is_solvent};
use crate::settlement::state::{Closing, Held as LotHeld, ItemNo, Origin, State};
use crate::store::messages::WrittenRow;
use crate::store::roster::{NumberRow, StudentVersionRow, newest};
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Students read at once.
pub(super) const CHUNK: usize = 2_000;

/// The step of a message that takes others back.
pub(super) const CORRECTION: &str = "correction";

/// What a message says of an item, beside what decides about it.
#[derive(Debug, Clone)]
pub(super) struct Behind {
    /// Interest for delay through the day, minor units.
    pub(super) interest_minor: i64,
    /// Where it is to be paid to; none where no number is assigned.
    pub(super) account: Option<Nrb>,
}

/// Who owes what on a day.
#[derive(Default)]
pub(super) struct Owing {
    pub(super) debtors: Vec<Debtor>,
    /// Beside each debtor: the row id and the newest of what exports said.
    pub(super) persons: Vec<(i64, StudentVersionRow)>,
    /// The rounds that are over, by item and step: the message was withdrawn or corrected, or the
    /// due date moved.
    pub(super) rounds: BTreeMap<(String, String), i64>,
    pub(super) behind: BTreeMap<String, Behind>,
    /// Money of students, also of those who owe nothing, that a person should look at.
    pub(super) odd: Vec<OddMoney>,
    /// Fees that nobody has to pay any more: waived, written off, or corrected to nothing.
    pub(super) given_up: BTreeSet<String>,
}

/// Money that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OddMoney {
    /// Whose; row id.
    pub(super) person: i64,
    /// ISO 4217 code.
    pub(super) currency: String,
    /// Minor units.
    pub(super) amount_minor: i64,
    /// It lies on account since then; none where it went back twice and is to be recovered.
    pub(super) idle_since: Option<NaiveDate>,
}

impl Owing {
    /// Of some students, by their row ids; as if a message had not been written, where one is named.
    pub(super) async fn of(
        tx: &mut Tx,
        (ground, book): (&Ground, &PolicyBook),
        persons: &[i64],
        except: Option<i64>,
    ) -> Result<Owing, EngineError> {
        let mut owing = Owing::default();
        for chunk in persons.chunks(CHUNK) {
            let found = owed(tx, ground, book, chunk, &mut owing).await?;
            owing.add(tx, ground, found, except).await?;
        }
        Ok(owing)
    }

    async fn add(
        &mut self,
        tx: &mut Tx,
        ground: &Ground,
        owed: BTreeMap<i64, Owed>,
        except: Option<i64>,
    ) -> Result<(), StoreError> {
        let ids: Vec<i64> = owed.keys().copied().collect();
        let mut written = self.written(tx, ground, &owed, except).await?;
        // Old numbers point to the record that goes on.
        let merged = ground
            .survivors
            .iter()
            .filter(|(_, survivor)| owed.contains_key(survivor));
        let all: Vec<i64> = merged
            .map(|(person, _)| *person)
            .chain(ids.iter().copied())
            .collect();
        let mut numbers: BTreeMap<i64, Vec<NumberRow>> = BTreeMap::new();
        for number in tx.numbers_of(&all).await? {
            let home = ground.home(number.person_id);
            numbers.entry(home).or_default().push(number);
        }
        let rows = newest(tx.students_by_id(&ids).await?);
        let mut rows: BTreeMap<i64, StudentVersionRow> =
            rows.into_iter().map(|row| (row.id, row)).collect();
        for (person, Owed { mut debtor, beside }) in owed {
            // Nobody writes to the dead.
            let Some(row) = rows.remove(&person).filter(|row| row.status != "deceased") else {
                continue;
            };
            debtor.student.clone_from(&row.external_id);
            let suspects = ground.suspects.get(&row.external_id).into_iter().flatten();
            debtor.suspects.extend(suspects.cloned());
            debtor
                .said
                .extend(ground.said.get(&person).into_iter().flatten().cloned());
            let numbers = numbers.get(&person).map(Vec::as_slice).unwrap_or_default();
            for (item, beside) in debtor.items.iter_mut().zip(beside) {
                item.covered_through = ground.covered.get(&item.currency).copied().flatten();
                item.statement_days = ground.statement_days(&item.currency);
                item.written = written.remove(&item.id).unwrap_or_default();
                item.lifted = ground.answered.lifted(&debtor.student, &item.id);
                let accounts = (ground.as_of, &ground.currencies);
                let account = number_for(accounts, numbers, &item.currency, &beside.category);
                if account.is_none() {
                    item.bars.push(Bar::NoAccount);
                }
                let behind = Behind {
                    interest_minor: beside.interest_minor,
                    account,
                };
                self.behind.insert(item.id.clone(), behind);
            }
            self.debtors.push(debtor);
            self.persons.push((person, row));
        }
        Ok(())
    }

    /// What was said about items and still holds; rounds that are over are counted.
    async fn written(
        &mut self,
        tx: &mut Tx,
        ground: &Ground,
        owed: &BTreeMap<i64, Owed>,
        except: Option<i64>,
    ) -> Result<BTreeMap<String, Vec<Written>>, StoreError> {
        let items = || owed.values().flat_map(|owed| &owed.debtor.items);
        let due: BTreeMap<&str, NaiveDate> = items()
            .map(|item| (item.id.as_str(), item.due_on))
            .collect();
        let about: Vec<String> = items().map(|item| item.id.clone()).collect();
        let mut written: BTreeMap<String, Vec<Written>> = BTreeMap::new();
        for row in tx.written_about(&about).await? {
            if Some(row.message_id) == except {
                continue;
            }
            // Where the due date moved, the ladder begins anew.
            let holds = due.get(row.item.as_str()) == Some(&row.due_on);
            let made_good = ground.answered.made_good(&row);
            match fate(&row, made_good) {
                // All that was said before was wrong.
                Some(_) if row.step == CORRECTION => {
                    *self.rounds.entry((row.item.clone(), row.step)).or_default() += 1;
                    for before in written.remove(&row.item).unwrap_or_default() {
                        *self
                            .rounds
                            .entry((row.item.clone(), before.step))
                            .or_default() += 1;
                    }
                }
                Some(fate) if holds => written.entry(row.item).or_default().push(Written {
                    step: row.step,
                    on: row.sent_on.unwrap_or(row.as_of),
                    delivered_on: row.delivered_on.or(row.sent_on).or(made_good),
                    letter_on: row.delivered_on,
                    fate,
                }),
                _ => *self.rounds.entry((row.item, row.step)).or_default() += 1,
            }
        }
        Ok(written)
    }

    /// The round of a step about an item that a message would open.
    pub(super) fn round(&self, item: &str, step: &str) -> i64 {
        let over = self.rounds.get(&(item.to_owned(), step.to_owned()));
        over.copied().unwrap_or(0) + 1
    }

    /// A debtor with the student behind it.
    pub(super) fn at(&self, place: usize) -> Option<(&Debtor, &(i64, StudentVersionRow))> {
        Some((self.debtors.get(place)?, self.persons.get(place)?))
    }
}

/// The number to which a fee is paid: that of its category, or the one for everything, or any of
/// the currency; the youngest of several.
pub(super) fn number_for(
    (as_of, currencies): (NaiveDate, &BTreeMap<i64, String>),
    numbers: &[NumberRow],
    currency: &str,
    category: &str,
) -> Option<Nrb> {
    let in_use = numbers.iter().filter(|row| {
        row.retired_on.is_none_or(|day| as_of < day)
            && currencies
                .get(&row.bank_account_id)
                .is_some_and(|of| of == currency)
    });
    let rank = |row: &&NumberRow| {
        let fits = if row.category == category {
            2
        } else {
            i32::from(row.category.is_empty())
        };
        (fits, row.assigned_on, row.nrb.clone())
    };
    let best = in_use.max_by_key(rank)?;
    Nrb::parse(&best.nrb).ok()
}

/// What became of a message, as the ladder asks; none where it was withdrawn.
fn fate(row: &WrittenRow, made_good: Option<NaiveDate>) -> Option<Fate> {
    let made_good = row.delivered_on.or(made_good).is_some();
    match row.state.as_str() {
        "withdrawn" => None,
        "sent" => Some(Fate::Sent),
        "failed" | "refused" | "uncertain" if made_good => Some(Fate::MadeGood),
        "failed" | "refused" => Some(Fate::Failed),
        _ => Some(Fate::Underway),
    }
}

/// A debtor, and beside each item what a message says of it.
#[derive(Default)]
struct Owed {
    debtor: Debtor,
    beside: Vec<Beside>,
}

struct Beside {
    category: String,
    interest_minor: i64,
}

/// What students owe on a day, by the person who goes on where several were merged.
async fn owed(
    tx: &mut Tx,
    ground: &Ground,
    book: &PolicyBook,
    persons: &[i64],
    all: &mut Owing,
) -> Result<BTreeMap<i64, Owed>, StoreError> {
    let as_of = ground.as_of;
    let wanted: BTreeSet<i64> = persons.iter().copied().collect();
    let mut owing: BTreeMap<i64, Owed> = BTreeMap::new();
    for group in facts::load(tx, persons, i64::MAX, &ground.tolerance).await? {
        let (facts, state) = fold(&group.facts, book, as_of);
        let currency = facts.currency.to_string();
        let home = |person| group.person_id(facts.survivor(person, as_of));
        let mut waits: BTreeMap<i64, i64> = BTreeMap::new();
        for lot in &state.lots {
            let person = home(facts.credits[lot.credit].person);
            let money = &mut owing.entry(person).or_default().debtor.on_account;
            *money.entry(currency.clone()).or_default() += lot.amount_minor;
            if lot.held == LotHeld::Review {
                *waits.entry(person).or_default() += lot.amount_minor;
            }
        }
        let to_recover = state
            .purses
            .iter()
            .filter(|(_, purse)| purse.to_recover_minor > 0);
        all.odd.extend(to_recover.map(|(credit, purse)| OddMoney {
            person: home(facts.credits[credit].person),
            currency: currency.clone(),
            amount_minor: purse.to_recover_minor,
            idle_since: None,
        }));
        let idle = state.lots.iter().filter(|lot| lot.held == LotHeld::Free);
        all.odd.extend(idle.map(|lot| OddMoney {
            person: home(facts.credits[lot.credit].person),
            currency: currency.clone(),
            amount_minor: lot.amount_minor,
            idle_since: Some(lot.free_since),
        }));
        let items = state.items.rows().iter();
        let given_up = items.filter(|item| item.closed.is_some_and(Closing::is_given_up));
        all.given_up.extend(given_up.map(|item| item.id.clone()));
        for asked in asked(&facts, &state, as_of) {
            let no = asked.item;
            let item = &state.items[no];
            let person = home(item.person);
            let open_minor = item.open_minor() - asked.covered_minor;
            let Some((fee, root)) = fee_of(&state, no).filter(|_| open_minor > 0) else {
                continue;
            };
            let fee_id = group.fee_id(fee);
            let owed = owing.entry(person).or_default();
            owed.beside.push(Beside {
                category: item.category.clone(),
                interest_minor: accrued(&facts, &state, book, no, as_of),
            });
            let mut bars: Vec<Bar> = waits
                .get(&person)
                .map(|minor| Bar::MoneyWaits(*minor))
                .into_iter()
                .collect();
            if is_solvent(&facts, &state, no, as_of) {
                bars.push(Bar::Solvent);
            }
            if ground.courts.contains(&fee_id) {
                bars.push(Bar::AtCourt);
            }
            owed.debtor.items.push(Item {
                id: item.id.clone(),
                fee: state.items[root].id.clone(),
                kind: item.kind.clone(),
                currency: currency.clone(),
                due_on: item.due_on,
                open_minor,
                bars,
                lifted: Vec::new(),
                written: Vec::new(),
                covered_through: None,
                statement_days: 0,
            });
        }
    }
    owing.retain(|person, owed| wanted.contains(person) && !owed.debtor.items.is_empty());
    Ok(owing)
}

/// The fee behind an item, also behind the instalments of a plan, and its own item.
pub(super) fn fee_of(state: &State, item: ItemNo) -> Option<(FeeNo, ItemNo)> {
    match state.items[item].origin {
        Origin::Fee(fee) => Some((fee, item)),
        Origin::Instalment { of } | Origin::Interest { of } => match state.items[of].origin {
            Origin::Fee(fee) => Some((fee, of)),
            Origin::Instalment { .. } | Origin::Interest { .. } => None,
        },
    }
}
