//! Which cases there should be, from all that is known.

use super::super::called::{names, readings};
use super::super::debtors::{Ground, OddMoney, Owing, Spoken, Word, words};
use super::super::remind::reason;
use super::super::{EngineError, Office, login, policy_book};
use crate::cases::{AllWanted, Key, Kind, of_hold, of_message};
use crate::dunning::interlock::{self, Held, claim_ends, strong_ends};
use crate::dunning::{Debtor, Item, run};
use crate::identify::whose::DISAGREEMENT;
use crate::money::format_with_code as money;
use crate::policy::Policy;
use crate::store::roster::{StudentVersionRow, newest};
use crate::store::{StoreError, Tx};
use chrono::{Months, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};

/// All of them on a day.
pub(super) async fn all(
    tx: &mut Tx,
    office: &Office,
    as_of: NaiveDate,
) -> Result<AllWanted, EngineError> {
    let book = policy_book(tx, &office.config, i64::MAX).await?;
    let policy = book.on(as_of).0;
    let ground = Ground::read(tx, office, &book, as_of).await?;
    let persons: Vec<i64> = tx.all_persons().await?.iter().map(|row| row.id).collect();
    let owing = Owing::of(tx, (&ground, &book), &persons, None).await?;
    let mut all = AllWanted::default();
    held(&mut all, &owing, policy, as_of);
    ended(&mut all, &owing, policy, as_of);
    letters(&mut all, &owing, policy);
    said(&mut all, tx, &ground, &owing).await?;
    evidence(&mut all, &ground, as_of);
    in_review(&mut all, tx).await?;
    undelivered(&mut all, tx).await?;
    odd_money(&mut all, tx, &owing.odd, policy, as_of).await?;
    after_court(&mut all, tx, &ground).await?;
    sign_in(&mut all, tx).await?;
    handed_over(&mut all, tx).await?;
    Ok(all)
}

/// What holds messages about an open item back until a person decides, whether a message would fall
/// due on this day or not: else a case would come and go with the steps of the ladder.
fn held(all: &mut AllWanted, owing: &Owing, policy: &Policy, as_of: NaiveDate) {
    for debtor in &owing.debtors {
        let has_ladder = |item: &&Item| !policy.kind(&item.kind).ladder.is_empty();
        for item in debtor.items.iter().filter(has_ladder) {
            let held = if item.due_on < as_of {
                interlock::all(debtor, item, 0, as_of)
            } else {
                interlock::stops(debtor, item, as_of)
            };
            holds(all, debtor, item, &held);
        }
    }
}

/// Ladders at their end: the student service centre's, unless something else has to be decided or
/// waited for first. A case that is open stays meanwhile.
fn ended(all: &mut AllWanted, owing: &Owing, policy: &Policy, as_of: NaiveDate) {
    for ended in run::ended(&owing.debtors, policy, as_of) {
        let Some((debtor, item)) = at(owing, ended.debtor, ended.item) else {
            continue;
        };
        let key = Key::new(Kind::EndOfLadder, &debtor.student);
        if !ended.held.is_empty() {
            all.kept.insert(key);
            continue;
        }
        let words = format!(
            "{}: {} open, due on {}, the demand's term ended on {}",
            item.id,
            money(item.open_minor, &item.currency),
            item.due_on,
            ended.term_ended_on
        );
        let cause = format!("{} {} {}", item.id, item.due_on, ended.term_ended_on);
        all.want(key, Some(&debtor.student), (cause, words));
    }
}

/// Demands that have to be posted.
fn letters(all: &mut AllWanted, owing: &Owing, policy: &Policy) {
    for (debtor, item) in run::letters(&owing.debtors, policy) {
        if let Some((debtor, item)) = at(owing, debtor, item) {
            let words = format!(
                "{}: post the demand (`kwestura letter print`) and note its delivery (`letter delivered`)",
                item.id
            );
            let cause = format!("{} {}", item.id, item.due_on);
            all.want(
                Key::new(Kind::Letter, &debtor.student),
                Some(&debtor.student),
                (cause, words),
            );
        }
    }
}

fn holds(all: &mut AllWanted, debtor: &Debtor, item: &Item, held: &[Held]) {
    for held in held {
        if let Some((key, cause)) = of_hold(held, debtor, item) {
            let of_all = matches!(key.kind, Kind::Statements | Kind::Unidentified);
            let student = (!of_all).then_some(debtor.student.as_str());
            let words = if of_all {
                reason(held)
            } else {
                format!("{}: {}", item.id, reason(held))
            };
            all.want(key, student, (cause, words));
        }
    }
}

fn at(owing: &Owing, debtor: usize, item: usize) -> Option<(&Debtor, &Item)> {
    let debtor = owing.debtors.get(debtor)?;
    Some((debtor, debtor.items.get(item)?))
}

/// What students said about fees that are open; that a fee is wrong, also about one that was settled: the
/// student waits for an answer, until the fee is given up.
async fn said(
    all: &mut AllWanted,
    tx: &mut Tx,
    ground: &Ground,
    owing: &Owing,
) -> Result<(), StoreError> {
    let mut open: BTreeMap<&str, (&str, &Item)> = BTreeMap::new();
    for debtor in &owing.debtors {
        for item in &debtor.items {
            open.insert(&item.fee, (&debtor.student, item));
        }
    }
    let mut of_settled = Vec::new();
    for word in words(tx).await? {
        if let Some((student, item)) = open.get(word.fee.as_str()) {
            if let Some((key, cause)) = of_word(&word, item.covered_through) {
                all.want(key, Some(student), cause);
            }
        } else if word.kind == Word::Dispute && !owing.given_up.contains(&word.fee) {
            of_settled.push(word);
        }
    }
    let persons = of_settled.iter().map(|word| ground.home(word.person));
    let students = students(tx, persons.collect()).await?;
    for word in of_settled {
        let student = students.get(&ground.home(word.person));
        let student = student.filter(|row| row.status != "deceased");
        if let (Some((key, cause)), Some(student)) = (of_word(&word, None), student) {
            all.want(key, Some(&student.external_id), cause);
        }
    }
    Ok(())
}

/// The newest that is known of some students, by their row ids.
async fn students(
    tx: &mut Tx,
    persons: BTreeSet<i64>,
) -> Result<BTreeMap<i64, StudentVersionRow>, StoreError> {
    let persons: Vec<i64> = persons.into_iter().collect();
    let students = newest(tx.students_by_id(&persons).await?).into_iter();
    Ok(students.map(|row| (row.id, row)).collect())
}

/// The case about what a student said, with its cause; none for a claim that the statements may
/// still answer.
pub(super) fn of_word(
    word: &Spoken,
    covered_through: Option<NaiveDate>,
) -> Option<(Key, (String, String))> {
    let claimed = claim_ends(word.day);
    let is_missing = covered_through.is_some_and(|through| claimed <= through);
    let (kind, words) = match word.kind {
        Word::Claim if word.is_repeated => (
            Kind::ClaimNotFound,
            format!("says again that it was paid on {}", word.day),
        ),
        Word::Claim if is_missing => (
            Kind::ClaimNotFound,
            format!(
                "says that it was paid on {}; statements through {claimed} do not show it",
                word.day
            ),
        ),
        Word::Claim => return None,
        Word::Dispute => (
            Kind::Dispute,
            format!("says that it is wrong; messages wait until {}", word.day),
        ),
        Word::Deferral => (
            Kind::Deferral,
            format!("asks for time; messages wait until {}", word.day),
        ),
        Word::Instalments => (
            Kind::Instalments,
            format!("asks for instalments; messages wait until {}", word.day),
        ),
    };
    let words = format!("decision {}: {words}: {}", word.decision, word.why);
    Some((
        Key::new(kind, &word.fee),
        (word.decision.to_string(), words),
    ))
}

/// Credits that are very likely somebody's and waited for their time.
fn evidence(all: &mut AllWanted, ground: &Ground, as_of: NaiveDate) {
    for (student, suspects) in &ground.suspects {
        for suspect in suspects.iter().filter(|suspect| suspect.is_strong) {
            if strong_ends(suspect.known_since) < as_of {
                let words = format!(
                    "{} that came in is very likely of {student}; `kwestura review show {}`",
                    money(suspect.amount_minor, &suspect.currency),
                    suspect.credit
                );
                let key = Key::new(Kind::Unidentified, &suspect.credit);
                all.want(key, None, (suspect.credit.clone(), words));
            }
        }
    }
}

/// What is in review for a reason that does not wait.
async fn in_review(all: &mut AllWanted, tx: &mut Tx) -> Result<(), StoreError> {
    let rows = tx.in_review().await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.entry_id).collect();
    let entries = readings(tx, &ids).await?;
    let names = names(tx, entries.values()).await?;
    for row in rows {
        let (Some(entry), Some(name)) = (entries.get(&row.entry_id), names.get(&row.entry_id))
        else {
            continue;
        };
        let kind = if row.reason.starts_with(DISAGREEMENT) {
            Kind::Disagreement
        } else if entry.reversal == 1 {
            Kind::Reversal
        } else {
            continue;
        };
        let words = format!(
            "{}: {}",
            money(entry.amount_minor, &entry.currency),
            row.reason
        );
        all.want(Key::new(kind, name), None, (name.clone(), words));
    }
    Ok(())
}

/// Messages that do not reach the student, or of which nobody knows.
async fn undelivered(all: &mut AllWanted, tx: &mut Tx) -> Result<(), StoreError> {
    for (state, kind) in [("refused", Kind::Address), ("uncertain", Kind::Delivery)] {
        for row in tx.messages(Some(state)).await? {
            let Some(student) = row
                .student
                .as_deref()
                .filter(|_| row.delivered_on.is_none())
            else {
                continue;
            };
            let events = tx.message_events(row.id).await?;
            let why = events
                .last()
                .map(|event| event.detail.clone())
                .unwrap_or_default();
            let words = format!("message {} ({}) is {state}: {why}", row.id, row.template);
            let cause = of_message(row.id, row.changed_at);
            all.want(Key::new(kind, student), Some(student), (cause, words));
        }
    }
    Ok(())
}

/// Money to be recovered, and money that lies on account for long.
async fn odd_money(
    all: &mut AllWanted,
    tx: &mut Tx,
    odd: &[OddMoney],
    policy: &Policy,
    as_of: NaiveDate,
) -> Result<(), StoreError> {
    let students = students(tx, odd.iter().map(|money| money.person).collect()).await?;
    let long_ago = as_of.checked_sub_months(Months::new(policy.dunning.idle_months));
    for odd in odd {
        let Some(student) = students.get(&odd.person) else {
            continue;
        };
        let has_left = matches!(
            student.status.as_str(),
            "graduated" | "struck_off" | "deceased"
        );
        let amount = money(odd.amount_minor, &odd.currency);
        let (kind, words) = match odd.idle_since {
            None => (
                Kind::Recovery,
                format!("{amount} went back twice and is to be recovered"),
            ),
            Some(since) if has_left => (
                Kind::IdleMoney,
                format!(
                    "{amount} lies on account since {since}, and the student is {}",
                    student.status
                ),
            ),
            Some(since) if Some(since) <= long_ago => (
                Kind::IdleMoney,
                format!("{amount} lies on account since {since}"),
            ),
            Some(_) => continue,
        };
        let cause = format!(
            "{amount} {}",
            odd.idle_since
                .map(|day| day.to_string())
                .unwrap_or_default()
        );
        let key = Key::new(kind, &student.external_id);
        all.want(key, Some(&student.external_id), (cause, words));
    }
    Ok(())
}

/// Fees before a court that were paid all the same.
async fn after_court(all: &mut AllWanted, tx: &mut Tx, ground: &Ground) -> Result<(), StoreError> {
    let rows = tx.paid_after_court().await?;
    let persons = rows.iter().map(|row| ground.home(row.person_id));
    let students = students(tx, persons.collect()).await?;
    for row in rows {
        let person = ground.home(row.person_id);
        let words = format!(
            "{} was paid on {} after the court got it",
            money(row.amount_minor, &row.currency),
            row.last_on
        );
        let cause = format!("{} {}", row.amount_minor, row.last_on);
        let student = students.get(&person).map(|row| row.external_id.as_str());
        all.want(
            Key::new(Kind::PaidAfterCourt, &row.fee),
            student,
            (cause, words),
        );
    }
    Ok(())
}

/// Credits of which the office asks whose they are, with its question and all that the bank says.
pub(super) async fn handed_over(all: &mut AllWanted, tx: &mut Tx) -> Result<(), StoreError> {
    let rows = tx.handed_over().await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.entry_id).collect();
    let entries = readings(tx, &ids).await?;
    let names = names(tx, entries.values()).await?;
    for row in rows {
        let (Some(entry), Some(name)) = (entries.get(&row.entry_id), names.get(&row.entry_id))
        else {
            continue;
        };
        let key = Key::new(Kind::HandedOver, name);
        let asks = format!("{} asks: {}", row.by_whom, row.why);
        all.want(key.clone(), None, (row.decision_id.to_string(), asks));
        let shows = format!(
            "{} credited on {}, from {}: {}",
            money(entry.amount_minor, &entry.currency),
            entry.crediting_date,
            entry.counterparty_name.as_deref().unwrap_or("–"),
            entry.remittance
        );
        all.want(key, None, (format!("{} entry", row.decision_id), shows));
    }
    Ok(())
}

/// Logins that are nobody's, of whoever asked the office; and those that were somebody else's.
pub(super) async fn sign_in(all: &mut AllWanted, tx: &mut Tx) -> Result<(), StoreError> {
    for stray in tx.strays().await? {
        if stray.asked_at.is_none() && stray.claimed.is_empty() {
            continue;
        }
        let key = Key::new(Kind::SignIn, &login::subject(&stray));
        let cause = format!("{} {}", stray.id, stray.claimed);
        all.want(key, None, (cause, login::evidence(&stray)));
    }
    Ok(())
}
