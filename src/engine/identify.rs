//! Whose an entry is, concluded again whenever something it rests on changes: a statement, a
//! number, a name, a fee, a decision. What changed is written as a new row; the students before and
//! after are marked to be settled.

use super::attach::{self, Watch};
use super::collide::retrying;
pub(super) use super::conclusion::Conclusion;
pub use super::conclusion::said;
use super::conclusion::{all_same, conclude, difference};
use super::credits::words_of;
use super::facts::readings_to_come;
use super::{EngineError, Office, first_open};
use crate::identify::text;
use crate::identify::whose::Known;
use crate::store::decisions::DecidedRow;
use crate::store::entries::EntryRow;
use crate::store::facts::{DecisionRow, PartRow};
use crate::store::identification::{IdentificationRow, NewIdentification};
use crate::store::roster::StudentVersionRow;
use crate::store::waiting::NewWaiting;
use crate::store::{Rows, StoreError, Tx};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Entries concluded at once.
const CHUNK: usize = 5_000;

/// Concludes entries again; tells how many conclusions changed.
pub async fn entries(
    tx: &mut Tx,
    office: &Office,
    ids: impl IntoIterator<Item = i64>,
) -> Result<usize, EngineError> {
    watched(tx, office, ids, &mut Watch::default()).await
}

/// The same, with an eye on the reversals that the entries concern.
pub async fn watched(
    tx: &mut Tx,
    office: &Office,
    ids: impl IntoIterator<Item = i64>,
    watch: &mut Watch,
) -> Result<usize, EngineError> {
    let mut ids = ids.into_iter();
    let mut changed = 0;
    loop {
        let chunk: Vec<i64> = ids.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return Ok(changed);
        }
        let (entries, concluded) = conclusions(tx, office, &chunk, watch).await?;
        changed += write(tx, office, &entries, &concluded, Before::Read).await?;
        // Of which no statement holds a line any more.
        let fallen = chunk.iter().filter(|id| !entries.contains_key(*id));
        let fallen: Vec<i64> = fallen.copied().collect();
        tx.drop_waiting(&fallen).await?;
    }
}

/// Concludes entries that were just written for the first time: nobody has decided about them,
/// nothing else holds them, and nothing was concluded before.
pub async fn new(
    tx: &mut Tx,
    office: &Office,
    entries: Vec<EntryRow>,
    watch: &mut Watch,
) -> Result<(), EngineError> {
    watch.see(&entries);
    let known = known(tx, entries.iter(), Names::InDoubt).await?;
    let refunds = tx.refunds().await?;
    let entries: BTreeMap<i64, EntryRow> =
        entries.into_iter().map(|entry| (entry.id, entry)).collect();
    let by_rule = entries.values().filter(|entry| !entry.takes_back());
    let concluded =
        by_rule.map(|entry| (entry.id, vec![conclude(office, entry, &known, &refunds)]));
    let concluded = concluded.collect();
    write(tx, office, &entries, &concluded, Before::Nothing).await?;
    Ok(())
}

/// Numbers were assigned: credits to them are looked at again.
pub async fn numbers_changed(
    tx: &mut Tx,
    office: &Office,
    nrbs: &[String],
) -> Result<usize, EngineError> {
    let tails = nrbs
        .iter()
        .filter_map(|nrb| nrb.get(nrb.len().saturating_sub(12)..).map(str::to_owned));
    let shown: Vec<String> = nrbs.iter().cloned().chain(tails).collect();
    let credited = tx.credits_to_numbers(&shown).await?;
    let mut ids: BTreeSet<i64> = first_lines(tx, credited).await?;
    ids.extend(first_lines_of_tokens(tx, nrbs).await?);
    entries(tx, office, ids).await
}

/// Albums, fee numbers or names changed: entries whose texts hold one of these words are looked at
/// again.
pub async fn tokens_changed(
    tx: &mut Tx,
    office: &Office,
    tokens: &[String],
) -> Result<usize, EngineError> {
    let tokens: Vec<String> = tokens.iter().map(|token| token.to_uppercase()).collect();
    let ids = first_lines_of_tokens(tx, &tokens).await?;
    entries(tx, office, ids).await
}

async fn first_lines_of_tokens(
    tx: &mut Tx,
    tokens: &[String],
) -> Result<BTreeSet<i64>, StoreError> {
    let ids = tx.entries_with_tokens(tokens).await?;
    first_lines(tx, ids).await
}

/// The entries of which some lines are sightings.
pub async fn first_lines(tx: &mut Tx, ids: Vec<i64>) -> Result<BTreeSet<i64>, StoreError> {
    Ok(tx
        .entries(&ids)
        .await?
        .iter()
        .map(EntryRow::entry)
        .collect())
}

/// The students whose accounts rest on some entries: whose they are, whose credit they take back,
/// whose refund they pay.
pub async fn bearers(tx: &mut Tx, ids: &BTreeSet<i64>) -> Result<BTreeSet<i64>, StoreError> {
    let ids: Vec<i64> = ids.iter().copied().collect();
    let mut rows = tx.identifications(&ids).await?;
    let credits: Vec<i64> = rows.iter().filter_map(|row| row.other_entry_id).collect();
    rows.extend(tx.identifications(&credits).await?);
    let mut persons: BTreeSet<i64> = rows.iter().filter_map(|row| row.person_id).collect();
    for decision in rows.iter().filter_map(|row| row.decision_id) {
        persons.extend(tx.decision(decision).await?.and_then(|row| row.person_id));
    }
    Ok(persons)
}

/// Entries in their best readings, and what follows of each.
pub(super) type Concluded = (BTreeMap<i64, EntryRow>, BTreeMap<i64, Vec<Conclusion>>);

async fn conclusions(
    tx: &mut Tx,
    office: &Office,
    ids: &[i64],
    watch: &mut Watch,
) -> Result<Concluded, StoreError> {
    let lines = tx.sighted(ids).await?;
    watch.see(&lines);
    // What is being recorded is nobody's yet, and will be by what is known when it is published.
    let entries = readings_to_come(lines);
    let decided = Decided::load(tx, ids).await?;
    let detailed: BTreeSet<i64> = tx.detailed(ids).await?.into_iter().collect();
    let known = known(tx, entries.values(), Names::InDoubt).await?;
    let refunds = tx.refunds().await?;
    let mut concluded: BTreeMap<i64, Vec<Conclusion>> = BTreeMap::new();
    for (&id, entry) in &entries {
        let by_person = decided.of(id, entry);
        let conclusions = match by_person {
            Some(conclusions) => conclusions,
            None if detailed.contains(&id) => {
                vec![Conclusion::plain("detailed", entry.amount_minor, "details")]
            }
            // Attached together with all others of the account, see `attach`.
            None if entry.takes_back() => continue,
            None => vec![conclude(office, entry, &known, &refunds)],
        };
        concluded.insert(id, conclusions);
    }
    Ok((entries, concluded))
}

/// An entry of which something else holds than would be concluded now; in words. Nothing is written.
pub async fn disagreements(
    tx: &mut Tx,
    office: &Office,
    bank_account_id: i64,
    ids: &BTreeSet<i64>,
) -> Result<Vec<(i64, String)>, EngineError> {
    let attached = attach::conclusions(tx, office, bank_account_id).await?.1;
    let all: Vec<i64> = ids.iter().copied().collect();
    let mut found = Vec::new();
    for chunk in all.chunks(CHUNK) {
        let concluded = conclusions(tx, office, chunk, &mut Watch::default())
            .await?
            .1;
        let mut holds: BTreeMap<i64, Vec<IdentificationRow>> = BTreeMap::new();
        for row in tx.identifications(chunk).await? {
            holds.entry(row.entry_id).or_default().push(row);
        }
        for id in chunk {
            let before = holds.get(id).map(Vec::as_slice).unwrap_or_default();
            let now = attached.get(id).or_else(|| concluded.get(id));
            let now = now.map(Vec::as_slice).unwrap_or_default();
            if before.is_empty() {
                found.push((*id, "nothing is concluded about it".to_owned()));
            } else if !all_same(now, before) {
                found.push((*id, difference(now, before)));
            }
        }
    }
    Ok(found)
}

/// What held of entries before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing: they are new.
    Nothing,
    /// It has to be read.
    Read,
}

/// Writes what differs from what holds, and marks the students it touches.
pub(super) async fn write(
    tx: &mut Tx,
    office: &Office,
    entries: &BTreeMap<i64, EntryRow>,
    concluded: &BTreeMap<i64, Vec<Conclusion>>,
    before: Before,
) -> Result<usize, EngineError> {
    let mut holds: BTreeMap<i64, Vec<IdentificationRow>> = BTreeMap::new();
    if before == Before::Read {
        let ids: Vec<i64> = concluded.keys().copied().collect();
        for row in tx.identifications(&ids).await? {
            holds.entry(row.entry_id).or_default().push(row);
        }
    }
    let closed = tx.closed_through().await?;
    let mut rows = Vec::new();
    let mut marked: BTreeSet<i64> = BTreeSet::new();
    let mut coming: BTreeSet<Option<i64>> = BTreeSet::new();
    let mut changed = 0;
    let mut moved_credits: Vec<i64> = Vec::new();
    for (&id, conclusions) in concluded {
        coming.insert(entries.get(&id).and_then(EntryRow::recording));
        let before = holds.get(&id).map(Vec::as_slice).unwrap_or_default();
        let persons = before
            .iter()
            .filter_map(|row| row.person_id)
            .chain(conclusions.iter().filter_map(|c| c.person));
        // Another sighting may have brought a better date, so the student is settled again anyway.
        marked.extend(persons);
        moved_credits.extend(conclusions.iter().filter_map(|c| c.other_entry));
        moved_credits.extend(before.iter().filter_map(|row| row.other_entry_id));
        if all_same(conclusions, before) {
            continue;
        }
        changed += 1;
        let seq = before.iter().map(|row| row.seq + 1).max().unwrap_or(0);
        let day = entries
            .get(&id)
            .map_or(office.now.today, |entry| entry.posted_on);
        let posted_on = first_open(day, closed);
        for (conclusion, part) in conclusions.iter().zip(0i64..) {
            rows.push(NewIdentification(
                id,
                seq,
                part,
                conclusion.outcome,
                conclusion.person,
                conclusion.amount_minor,
                &conclusion.rule,
                &conclusion.reason,
                conclusion.nrb.as_deref(),
                conclusion.other_entry,
                conclusion.decision,
                posted_on,
            ));
        }
    }
    // Whose credit a reversal or a refund touches is settled again too.
    if !moved_credits.is_empty() {
        let rows = tx.identifications(&moved_credits).await?;
        marked.extend(rows.into_iter().filter_map(|row| row.person_id));
    }
    let refunds: Vec<i64> = concluded
        .values()
        .flatten()
        .filter_map(|c| c.decision)
        .collect();
    for id in refunds {
        marked.extend(
            tx.decision(id)
                .await?
                .and_then(|decision| decision.person_id),
        );
    }
    tx.add_identifications(&Rows::of(rows)?, office.now.millis)
        .await?;
    queue(tx, entries, concluded, before).await?;
    mark(tx, &marked, &coming).await?;
    Ok(changed)
}

/// Writes which of some entries wait for a person: also where the conclusion is the old one, as another
/// sighting may have brought a better date.
async fn queue(
    tx: &mut Tx,
    entries: &BTreeMap<i64, EntryRow>,
    concluded: &BTreeMap<i64, Vec<Conclusion>>,
    before: Before,
) -> Result<(), StoreError> {
    let mut waiting = Vec::new();
    let mut over = Vec::new();
    for (id, conclusions) in concluded {
        let asked = conclusions.iter().find(|one| one.outcome == "review");
        match asked.zip(entries.get(id)) {
            Some((asked, entry)) => waiting.push(waits(entry, &asked.reason)),
            None => over.push(*id),
        }
    }
    if before == Before::Read {
        tx.drop_waiting(&over).await?;
    }
    tx.put_waiting(&waiting).await
}

/// An entry that waits for a person, as the reading that holds has it.
fn waits<'a>(entry: &'a EntryRow, reason: &'a str) -> NewWaiting<'a> {
    NewWaiting(
        entry.id,
        entry.recording(),
        entry.bank_account_id,
        entry.crediting_date,
        &entry.public_id,
        reason,
        words_of(entry),
    )
}

/// Entries whose words are folded in one transaction.
const FOLDED: i64 = 1_000;

/// Folds the words of what waits where a program before this one wrote none; until then a search reads them.
pub async fn fold_words(office: &Office) -> Result<(), EngineError> {
    while retrying(|| fold_some(office)).await? {}
    Ok(())
}

/// Folds some of them; tells whether there were any.
async fn fold_some(office: &Office) -> Result<bool, EngineError> {
    let mut tx = office.db.read().await?;
    let is_done = tx.unfolded_waiting(1).await?.is_empty();
    tx.rollback().await?;
    if is_done {
        return Ok(false);
    }
    let mut tx = office.db.write().await?;
    // Before any row, as everybody who writes there does.
    tx.lock_bank_accounts().await?;
    let ids = tx.unfolded_waiting(FOLDED).await?;
    let entries = readings_to_come(tx.sighted(&ids).await?);
    let words = ids
        .iter()
        .map(|id| (id, entries.get(id).map(words_of).unwrap_or_default()));
    tx.fold_waiting(&Rows::of(words)?).await?;
    tx.commit().await?;
    Ok(true)
}

/// Marks students to be settled: now, and when the statements are published that are being recorded.
async fn mark(
    tx: &mut Tx,
    persons: &BTreeSet<i64>,
    when: &BTreeSet<Option<i64>>,
) -> Result<(), StoreError> {
    let persons = || persons.iter().copied();
    for when in when {
        match *when {
            None => tx.mark(persons()).await?,
            Some(statement) => tx.mark_when_published(statement, persons()).await?,
        }
    }
    Ok(())
}

/// What people decided about entries.
pub(super) struct Decided {
    pub(super) by_entry: BTreeMap<i64, DecidedRow>,
    parts: BTreeMap<i64, Vec<PartRow>>,
}

impl Decided {
    pub(super) async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Self, StoreError> {
        let mut by_entry = BTreeMap::new();
        for row in tx.decisions_on_entries(ids).await? {
            let tells = matches!(
                row.kind.as_str(),
                "assign" | "split" | "ignore" | "attach_reversal"
            );
            // The last word holds: rows come oldest first.
            if let Some(entry) = row.entry_id.filter(|_| tells && row.is_fact()) {
                by_entry.insert(entry, row);
            }
        }
        let splits: Vec<i64> = by_entry
            .values()
            .filter(|row| row.kind == "split")
            .map(|row| row.id)
            .collect();
        let mut parts: BTreeMap<i64, Vec<PartRow>> = BTreeMap::new();
        for part in tx.decision_parts(&splits).await? {
            parts.entry(part.decision_id).or_default().push(part);
        }
        Ok(Decided { by_entry, parts })
    }

    pub(super) fn of(&self, id: i64, entry: &EntryRow) -> Option<Vec<Conclusion>> {
        let row = self.by_entry.get(&id)?;
        let conclusion = |outcome| Conclusion {
            decision: None,
            reason: row.why.clone(),
            ..Conclusion::plain(outcome, entry.amount_minor, "decision")
        };
        Some(match row.kind.as_str() {
            "ignore" => vec![conclusion("not_student")],
            "attach_reversal" => vec![Conclusion {
                other_entry: row.other_entry_id,
                ..conclusion("reversal")
            }],
            "split" => {
                let parts = self.parts.get(&row.id).into_iter().flatten();
                parts
                    .map(|part| Conclusion {
                        person: part.person_id,
                        amount_minor: part.amount_minor.unwrap_or_default(),
                        ..conclusion("student")
                    })
                    .collect()
            }
            _ => vec![Conclusion {
                person: row.person_id,
                ..conclusion("student")
            }],
        })
    }
}

/// Whose names are read beside numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Of everybody who has a number that stands in an entry.
    Everybodys,
    /// Of those between whom an entry's account and its text leave a doubt: whose an entry is, is
    /// decided by nobody else's name.
    InDoubt,
}

/// Who has the numbers that stand in some entries.
pub async fn known<'a>(
    tx: &mut Tx,
    entries: impl Iterator<Item = &'a EntryRow>,
    names: Names,
) -> Result<Known, StoreError> {
    let credits: Vec<(Option<&String>, BTreeSet<String>)> = entries
        .filter(|entry| entry.is_credit())
        .map(|entry| {
            let account = entry.virtual_account.as_ref();
            (account, text::tokens(&entry.remittance))
        })
        .collect();
    let mut known = Known::default();
    let survivors = survivors(tx).await?;
    let survivor = |person: i64| survivors.get(&person).copied().unwrap_or(person);
    // Who has what, under the record to which it was given.
    let mut holders: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();

    let shown: BTreeSet<&String> = credits.iter().filter_map(|(account, _)| *account).collect();
    let tokens: BTreeSet<&String> = credits.iter().flat_map(|(_, tokens)| tokens).collect();
    let numbers = (shown.iter()).chain(tokens.iter().filter(|token| token.len() == 26));
    let numbers: Vec<String> = numbers.map(|number| (*number).clone()).collect();
    let tails = shown.iter().filter(|number| number.len() < 26);
    let tails: Vec<String> = tails.map(|number| (*number).clone()).collect();
    let issued = tx
        .numbers(&numbers)
        .await?
        .into_iter()
        .chain(tx.numbers_by_tail(&tails).await?);
    for row in issued {
        for number in [&row.nrb, &row.tail] {
            let holders = holders.entry(number.clone()).or_default();
            holders.insert(row.person_id);
        }
        known
            .by_tail
            .entry(row.tail)
            .or_default()
            .insert(row.nrb.clone());
        if survivor(row.person_id) != row.person_id {
            known.homes.insert(row.nrb.clone(), row.person_id);
        }
        known.issued.insert(row.nrb, survivor(row.person_id));
    }
    let tokens: Vec<String> = tokens.into_iter().cloned().collect();
    for row in tx.fees_by_capitals(&tokens).await? {
        let number = row.external_id.to_uppercase();
        let holders = holders.entry(number.clone()).or_default();
        holders.insert(row.person_id);
        known.fees.insert(number, survivor(row.person_id));
    }
    for row in tx.persons_by_album(&tokens).await? {
        let albums = known.albums.entry(row.album.clone()).or_default();
        albums.insert(survivor(row.id));
        holders.entry(row.album).or_default().insert(row.id);
    }
    let persons: BTreeSet<i64> = match names {
        Names::Everybodys => holders.into_values().flatten().collect(),
        Names::InDoubt => credits
            .iter()
            .flat_map(|(account, tokens)| in_doubt(*account, tokens, &holders))
            .collect(),
    };
    let persons: Vec<i64> = persons.into_iter().collect();
    for row in tx.students_by_id(&persons).await? {
        name(&mut known, survivor(row.id), row);
    }
    for rule in tx.standing_rules().await? {
        known.rules.insert(rule.detail, rule.person_id);
    }
    Ok(known)
}

/// Everybody whose number is an entry's account or stands in its text, where those are several.
fn in_doubt(
    account: Option<&String>,
    tokens: &BTreeSet<String>,
    holders: &BTreeMap<String, BTreeSet<i64>>,
) -> BTreeSet<i64> {
    let said = account.into_iter().chain(tokens);
    let all = said.filter_map(|number| holders.get(number)).flatten();
    let mut all: BTreeSet<i64> = all.copied().collect();
    if all.len() < 2 {
        all.clear();
    }
    all
}

fn name(known: &mut Known, person: i64, row: StudentVersionRow) {
    known
        .albums
        .entry(row.album.clone())
        .or_default()
        .insert(person);
    let named = known.names.entry(person).or_default();
    named.albums.insert(row.album);
    // The newest name: rows come oldest first.
    named.given_name = row.given_name;
    named.family_name = row.family_name;
}

/// Merged persons with the one who goes on, also where that holds only from a day to come.
pub async fn survivors(tx: &mut Tx) -> Result<BTreeMap<i64, i64>, StoreError> {
    survivors_on(tx, NaiveDate::MAX).await
}

/// Merged persons with the one who goes on, as it holds on a day.
pub async fn survivors_on(tx: &mut Tx, as_of: NaiveDate) -> Result<BTreeMap<i64, i64>, StoreError> {
    Ok(survivors_among(&tx.merges(i64::MAX).await?, as_of))
}

/// The same, where the merges are known.
pub(super) fn survivors_among(merges: &[DecisionRow], as_of: NaiveDate) -> BTreeMap<i64, i64> {
    let merges = merges.iter().filter(|merge| merge.acts_on <= as_of);
    let mut into: BTreeMap<i64, i64> = BTreeMap::new();
    for merge in merges {
        if let (Some(from), Some(survivor)) = (merge.person_id, merge.other_person_id) {
            into.insert(from, survivor);
        }
    }
    let last = |person: i64| {
        let mut now = person;
        for _ in 0..into.len() {
            now = into.get(&now).copied().unwrap_or(now);
        }
        now
    };
    into.keys().map(|&person| (person, last(person))).collect()
}
