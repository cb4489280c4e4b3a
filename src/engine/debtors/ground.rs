//! What is the same for all students: coverage, money in review, what was said, and what people
//! answered by closing cases.

use super::super::{EngineError, Moment, Office, coverage, desk, facts, identify, review};
use crate::cases::{self, Kind};
use crate::config::{BankAccount, Every};
use crate::dunning::interlock::{Interlock, only_asks_for_the_number};
use crate::dunning::{Pause, Said, Suspect};
use crate::identify::evidence::Grade;
use crate::policy::PolicyBook;
use crate::store::decisions::DecidedRow;
use crate::store::facts::ReceivableRow;
use crate::store::messages::WrittenRow;
use crate::store::statements::BankAccountRow;
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// What is the same for all students.
pub(in crate::engine) struct Ground {
    pub(super) as_of: NaiveDate,
    /// The last covered day by currency.
    pub(in crate::engine) covered: BTreeMap<String, Option<NaiveDate>>,
    /// Of how many business days one statement tells, by currency; of several accounts the rarest.
    statement_days: BTreeMap<String, usize>,
    pub(super) tolerance: facts::CoveredThrough,
    pub(in crate::engine) suspects: BTreeMap<String, Vec<Suspect>>,
    pub(super) said: BTreeMap<i64, Vec<Said>>,
    pub(super) courts: BTreeSet<i64>,
    pub(super) answered: Answered,
    /// Merged records with the one that goes on, on the day.
    pub(super) survivors: BTreeMap<i64, i64>,
    /// Currencies of the institution's accounts, by row id.
    pub(super) currencies: BTreeMap<i64, String>,
}

impl Ground {
    /// The record that goes on.
    pub(in crate::engine) fn home(&self, person: i64) -> i64 {
        self.survivors.get(&person).copied().unwrap_or(person)
    }

    /// Of how many business days one statement in a currency tells.
    pub(super) fn statement_days(&self, currency: &str) -> usize {
        let known = self.statement_days.get(currency).copied();
        known.unwrap_or(Every::Day.business_days())
    }

    pub(in crate::engine) async fn read(
        tx: &mut Tx,
        office: &Office,
        book: &PolicyBook,
        as_of: NaiveDate,
    ) -> Result<Ground, EngineError> {
        let accounts = tx.bank_accounts().await?;
        let covered = covered(tx, office, &accounts, as_of).await?;
        let answered = Answered::read(tx).await?;
        let survivors = identify::survivors_on(tx, as_of).await?;
        let mut statement_days: BTreeMap<String, usize> = BTreeMap::new();
        for account in &office.config.bank_accounts {
            let days = statement_days
                .entry(account.currency.to_string())
                .or_default();
            *days = account.statements.business_days().max(*days);
        }
        Ok(Ground {
            as_of,
            covered,
            statement_days,
            tolerance: coverage::for_tolerance(tx, office, book).await?,
            suspects: suspects(tx, office, as_of).await?,
            said: said(tx, &answered, &survivors).await?,
            survivors,
            answered,
            courts: courts(tx).await?,
            currencies: (accounts.into_iter())
                .map(|row| (row.id, row.currency))
                .collect(),
        })
    }
}

/// The last covered day of each currency; none where an account of it has no statement yet.
pub(in crate::engine) async fn covered(
    tx: &mut Tx,
    office: &Office,
    accounts: &[BankAccountRow],
    as_of: NaiveDate,
) -> Result<BTreeMap<String, Option<NaiveDate>>, StoreError> {
    let mut covered = coverage::by_currency(tx, office).await?;
    for currency in never_seen(accounts, office, as_of) {
        covered.insert(currency, None);
    }
    Ok(covered)
}

/// Currencies of configured accounts that are open and of which no statement ever came: money may
/// lie there.
fn never_seen(seen: &[BankAccountRow], office: &Office, as_of: NaiveDate) -> Vec<String> {
    let seen: BTreeSet<&str> = seen.iter().map(|row| row.iban.as_str()).collect();
    let open = |account: &&BankAccount| {
        account.opened_on.is_none_or(|day| day <= as_of)
            && account.closed_on.is_none_or(|day| as_of <= day)
    };
    let accounts = office.config.bank_accounts.iter().filter(open);
    accounts
        .filter(|account| !seen.contains(account.iban.as_str()))
        .map(|account| account.currency.to_string())
        .collect()
}

/// Credits that may be a student's, by the student system's id.
async fn suspects(
    tx: &mut Tx,
    office: &Office,
    as_of: NaiveDate,
) -> Result<BTreeMap<String, Vec<Suspect>>, EngineError> {
    let zone = office.config.institution.time_zone;
    let mut suspects: BTreeMap<String, Vec<Suspect>> = BTreeMap::new();
    // Those who are asked for the number already: a common name stands in thousands of credits.
    let mut asked: BTreeSet<i64> = BTreeSet::new();
    review::may_be(tx, |entry, name, candidates| {
        if as_of < entry.crediting_date {
            return;
        }
        let recorded = Moment::of(entry.recorded_at, zone).today;
        let suspect = |is_strong: bool| Suspect {
            credit: name.to_owned(),
            currency: entry.currency.clone(),
            amount_minor: entry.amount_minor,
            known_since: recorded.max(entry.crediting_date),
            is_strong,
        };
        let only_asks = only_asks_for_the_number(&suspect(false), as_of);
        for candidate in candidates {
            let is_strong = candidate.grade == Grade::Strong;
            if !is_strong && only_asks && !asked.insert(candidate.person) {
                continue;
            }
            let of_student = suspects.entry(candidate.student.to_owned()).or_default();
            of_student.push(suspect(is_strong));
        }
    })
    .await?;
    Ok(suspects)
}

/// Fees that a court has.
async fn courts(tx: &mut Tx) -> Result<BTreeSet<i64>, StoreError> {
    let rows = tx.decisions_of_kind("court").await?.into_iter();
    let facts = rows.filter(DecidedRow::is_fact);
    Ok(facts.filter_map(|row| row.receivable_id).collect())
}

/// What was said that stops messages for a while, by student; what a person has answered does not.
async fn said(
    tx: &mut Tx,
    answered: &Answered,
    survivors: &BTreeMap<i64, i64>,
) -> Result<BTreeMap<i64, Vec<Said>>, StoreError> {
    let home = |person: i64| survivors.get(&person).copied().unwrap_or(person);
    let mut said: BTreeMap<i64, Vec<Said>> = BTreeMap::new();
    for row in tx.decisions_of_kind("hold").await? {
        if let (Some(person), Some(until)) = (row.person_id, row.day.filter(|_| row.is_fact())) {
            said.entry(home(person)).or_default().push(Said {
                what: Pause::Hold { until },
                fee: None,
                why: row.why,
            });
        }
    }
    for word in words(tx).await? {
        let pause = match word.kind {
            // The next claim for the same fee needs a person.
            Word::Claim if word.is_repeated => None,
            Word::Claim => Some(Pause::Claim { paid_on: word.day }),
            Word::Dispute => Some(Pause::Dispute { until: word.day }),
            Word::Deferral | Word::Instalments => Some(Pause::Deferral { until: word.day }),
        };
        let pause = pause.filter(|_| !answered.words.contains(&word.decision));
        if let Some(what) = pause {
            said.entry(home(word.person)).or_default().push(Said {
                what,
                fee: Some(word.fee),
                why: word.why,
            });
        }
    }
    Ok(said)
}

/// What a student can say about a fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Word {
    /// It was paid.
    Claim,
    /// It is wrong.
    Dispute,
    /// It needs time.
    Deferral,
    /// It needs instalments.
    Instalments,
}

/// What a student said about a fee.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Spoken {
    pub(in crate::engine) decision: i64,
    pub(in crate::engine) kind: Word,
    pub(in crate::engine) person: i64,
    /// The fee's id.
    pub(in crate::engine) fee: String,
    /// The day of payment, or the last day of the pause.
    pub(in crate::engine) day: NaiveDate,
    pub(in crate::engine) why: String,
    /// An earlier claim about the same fee stands.
    pub(in crate::engine) is_repeated: bool,
}

/// All that students said about fees, oldest first.
pub(in crate::engine) async fn words(tx: &mut Tx) -> Result<Vec<Spoken>, StoreError> {
    let kinds = [
        ("claim", Word::Claim),
        ("dispute", Word::Dispute),
        ("deferral", Word::Deferral),
        ("instalments", Word::Instalments),
    ];
    let mut rows: Vec<(Word, DecidedRow)> = Vec::new();
    for (name, kind) in kinds {
        let said = tx.decisions_of_kind(name).await?.into_iter();
        rows.extend(said.filter(DecidedRow::is_fact).map(|row| (kind, row)));
    }
    rows.sort_by_key(|(_, row)| row.id);
    let fees: Vec<i64> = rows
        .iter()
        .filter_map(|(_, row)| row.receivable_id)
        .collect();
    let fees = tx
        .fees_by_id(&fees)
        .await?
        .into_iter()
        .map(|fee| (fee.id, fee));
    let fees: BTreeMap<i64, ReceivableRow> = fees.collect();
    let mut claimed = BTreeSet::new();
    let words = rows.into_iter().filter_map(|(kind, row)| {
        let fee = fees.get(&row.receivable_id?)?;
        Some(Spoken {
            decision: row.id,
            kind,
            person: fee.person_id,
            fee: fee.external_id.clone(),
            day: row.day?,
            is_repeated: kind == Word::Claim && !claimed.insert(fee.id),
            why: row.why,
        })
    });
    Ok(words.collect())
}

/// What people answered by closing cases.
#[derive(Default)]
pub(super) struct Answered {
    /// By student: for this item, this interlock holds nothing back any longer.
    lifted: BTreeMap<String, Vec<(String, Interlock)>>,
    /// These credits are nobody's who owes.
    credits: Vec<Interlock>,
    /// What students said, by the number under which it is noted.
    words: BTreeSet<i64>,
    /// Messages whose failure was made good, each as it had failed, and when.
    messages: BTreeMap<String, NaiveDate>,
}

impl Answered {
    async fn read(tx: &mut Tx) -> Result<Answered, EngineError> {
        let mut answered = Answered::default();
        for row in tx.answered_cases().await? {
            let (key, causes) = desk::key_of(&row)?;
            if !desk::is_answered(&row, key.kind) {
                continue;
            }
            for cause in causes.into_keys() {
                match key.kind {
                    Kind::Dispute | Kind::Deferral | Kind::Instalments => {
                        answered.words.extend(cause.parse::<i64>().ok());
                    }
                    Kind::Address | Kind::Delivery => {
                        let on = row.closed_on.unwrap_or(row.opened_on);
                        answered.messages.insert(cause, on);
                    }
                    _ => match cases::lifted(&key, &cause) {
                        Some((None, by)) => answered.credits.push(by),
                        Some((Some(item), by)) => {
                            let student = key.subject.clone();
                            answered.lifted.entry(student).or_default().push((item, by));
                        }
                        None => {}
                    },
                }
            }
        }
        Ok(answered)
    }

    /// When the failure of a message was made good: as it failed then, and not since.
    pub(super) fn made_good(&self, row: &WrittenRow) -> Option<NaiveDate> {
        let cause = cases::of_message(row.message_id, row.changed_at);
        self.messages.get(&cause).copied()
    }

    /// What holds nothing back any longer for an item.
    pub(super) fn lifted(&self, student: &str, item: &str) -> Vec<Interlock> {
        let of_student = self.lifted.get(student).into_iter().flatten();
        let of_item = of_student.filter(|(id, _)| id == item).map(|(_, by)| by);
        of_item.chain(&self.credits).cloned().collect()
    }
}
