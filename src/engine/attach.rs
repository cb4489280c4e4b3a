//! Which credits the reversals of an account undo: all of them are attached together, so that the
//! result does not depend on which was read first.

use super::called::readings;
use super::identify::{Before, Concluded, Conclusion, Decided, write};
use super::{EngineError, Office, policy_book};
use crate::identify::reversal::{self, Line};
use crate::store::entries::EntryRow;
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// What may lead to credits, asked at once.
const KEYS: usize = 500;

/// Attaches all reversals of an account again; tells how many conclusions changed.
pub async fn reversals(
    tx: &mut Tx,
    office: &Office,
    bank_account_id: i64,
) -> Result<usize, EngineError> {
    let mut watch = Watch::over(tx, bank_account_id).await?;
    watch.see_all();
    watch.attach(tx, office).await
}

/// The reversals of an account and what follows of each.
pub(super) async fn conclusions(
    tx: &mut Tx,
    office: &Office,
    bank_account_id: i64,
) -> Result<Concluded, EngineError> {
    let mut watch = Watch::over(tx, bank_account_id).await?;
    watch.see_all();
    watch.conclusions(tx, office).await
}

/// The reversals of an account, watched while entries are concluded: which of them do these concern?
#[derive(Debug, Clone, Default)]
pub struct Watch {
    bank_account_id: i64,
    /// All of them, each with its latest day: as one of its lines has it, the one that is believed in the
    /// end among them.
    latest: BTreeMap<i64, NaiveDate>,
    /// The reversals by what may lead to their credits.
    by_key: BTreeMap<String, BTreeSet<i64>>,
    concerned: BTreeSet<i64>,
    /// How many lines that are reversals the account had when they were read, and the last of them.
    read: (i64, i64),
}

impl Watch {
    /// Watches those of an account.
    pub async fn over(tx: &mut Tx, bank_account_id: i64) -> Result<Watch, StoreError> {
        let mut watch = Watch {
            bank_account_id,
            ..Watch::default()
        };
        for row in tx.reversals_of_account(bank_account_id).await? {
            watch.add(&row);
            watch.read = (watch.read.0 + 1, watch.read.1.max(row.id));
        }
        Ok(watch)
    }

    /// The reversals of an account, and those that a statement concerns which is written to its end.
    pub async fn of_statement(
        tx: &mut Tx,
        bank_account_id: i64,
        statement_id: i64,
    ) -> Result<Watch, StoreError> {
        let mut watch = Watch::over(tx, bank_account_id).await?;
        watch.see_statement(tx, statement_id).await?;
        Ok(watch)
    }

    /// Whether the account has the reversals that were read, and no others.
    pub async fn is_of_now(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        Ok(tx.reversals_written(self.bank_account_id).await? == self.read)
    }

    fn add(&mut self, reversal: &EntryRow) {
        let (id, line) = (reversal.entry(), line(reversal));
        let latest = self.latest.entry(id).or_insert(line.day);
        *latest = line.day.max(*latest);
        for key in reversal::keys(&line) {
            self.by_key.entry(key.to_owned()).or_default().insert(id);
        }
    }

    /// All lines of entries that are new, or of which another line is: what only an older one said
    /// may have led a reversal there too.
    pub fn see(&mut self, lines: &[EntryRow]) {
        for row in lines.iter().filter(|row| row.reversal == 1) {
            self.add(row);
            self.concerned.insert(row.entry());
        }
        if self.latest.is_empty() {
            return;
        }
        let mut credits: BTreeMap<i64, Vec<Line>> = BTreeMap::new();
        for row in lines.iter().filter(|row| row.is_credit()) {
            credits.entry(row.entry()).or_default().push(line(row));
        }
        for lines in credits.values() {
            let concerned = self.leading_to(lines);
            self.concerned.extend(concerned);
        }
    }

    /// All lines of a statement that was written for the first time.
    async fn see_statement(&mut self, tx: &mut Tx, id: i64) -> Result<(), StoreError> {
        self.see(&tx.reversals_of_statement(id).await?);
        if self.latest.is_empty() {
            return Ok(());
        }
        let Some(first) = tx.first_credited_of_statement(id).await? else {
            return Ok(());
        };
        let may = |id| self.latest.get(id).is_some_and(|latest| first <= *latest);
        let keys = self.by_key.iter().filter(|(_, ids)| ids.iter().any(may));
        let keys: Vec<String> = keys.map(|(key, _)| key.clone()).collect();
        // Of a month's reversals the credits are as many as half the statement.
        for keys in keys.chunks(KEYS) {
            self.see(&tx.credits_of_statement_alike(id, keys).await?);
        }
        Ok(())
    }

    /// Every reversal is concerned.
    pub fn see_all(&mut self) {
        self.concerned = self.latest.keys().copied().collect();
    }

    /// The reversals that may lead to a credit, given all that is read of it: nothing takes back what was
    /// credited later.
    fn leading_to(&self, credit: &[Line]) -> BTreeSet<i64> {
        let Some(earliest) = credit.iter().map(|line| line.day).min() else {
            return BTreeSet::new();
        };
        let keys = credit.iter().flat_map(reversal::found_by);
        let found = keys.filter_map(|key| self.by_key.get(key)).flatten();
        let in_time = |id: &&i64| {
            self.latest
                .get(id)
                .is_some_and(|latest| earliest <= *latest)
        };
        found.filter(in_time).copied().collect()
    }

    /// Attaches those again that what was seen concerns, and those that share a credit with them;
    /// tells how many conclusions changed.
    pub async fn attach(self, tx: &mut Tx, office: &Office) -> Result<usize, EngineError> {
        let (reversals, concluded) = self.conclusions(tx, office).await?;
        write(tx, office, &reversals, &concluded, Before::Read).await
    }

    /// What follows of those that what was seen concerns, and of those that share a credit with them.
    async fn conclusions(mut self, tx: &mut Tx, office: &Office) -> Result<Concluded, EngineError> {
        let mut fresh = std::mem::take(&mut self.concerned);
        let (mut reversals, mut credits) = (BTreeMap::new(), BTreeMap::new());
        while !fresh.is_empty() {
            let ids: Vec<i64> = fresh.iter().copied().collect();
            let more = readings(tx, &ids).await?;
            let found = alike(tx, self.bank_account_id, &lines(&more)).await?;
            reversals.extend(more);
            let mut next = BTreeSet::new();
            for (id, row) in found {
                let leading = self.leading_to(&[line(&row)]);
                if !leading.is_disjoint(&fresh) {
                    next.extend(leading);
                    credits.insert(id, row);
                }
            }
            next.retain(|id| !reversals.contains_key(id));
            fresh = next;
        }
        attached(tx, office, reversals, credits).await
    }
}

/// What follows of reversals whose credits, and those that others could have too, are all there.
async fn attached(
    tx: &mut Tx,
    office: &Office,
    reversals: BTreeMap<i64, EntryRow>,
    credits: BTreeMap<i64, EntryRow>,
) -> Result<Concluded, EngineError> {
    let lines = lines(&reversals);
    if lines.is_empty() {
        return Ok(Concluded::default());
    }
    let taking: Vec<i64> = lines.iter().map(|line| line.id).collect();
    let book = policy_book(tx, &office.config, i64::MAX).await?;
    let days = |day| book.on(day).0.allocation.reversal_days;
    let decided = Decided::load(tx, &taking).await?;
    // Money that is told in parts is taken back from the parts, and only a person knows which.
    let ids: Vec<i64> = credits.keys().copied().collect();
    let detailed = tx.detailed(&ids).await?;
    let credits: Vec<Line> = credits
        .values()
        .filter(|entry| entry.is_credit() && !detailed.contains(&entry.id))
        .map(line)
        .collect();
    let open: Vec<Line> = lines
        .into_iter()
        .filter(|line| !decided.by_entry.contains_key(&line.id))
        .collect();
    let attached = reversal::attach(&credits, &open, days);

    let mut concluded = BTreeMap::new();
    for id in taking {
        let Some(entry) = reversals.get(&id) else {
            continue;
        };
        let conclusions = match attached.get(&id) {
            Some(Some(credit)) => vec![Conclusion {
                other_entry: Some(*credit),
                ..Conclusion::plain("reversal", entry.amount_minor, "reversal")
            }],
            Some(None) => vec![Conclusion {
                reason: "the bank took back a credit, and it is not clear which".to_owned(),
                ..Conclusion::plain("review", entry.amount_minor, "reversal")
            }],
            None => decided.of(id, entry).unwrap_or_default(),
        };
        concluded.insert(id, conclusions);
    }
    Ok((reversals, concluded))
}

/// Those of the reversals that take money back.
fn lines(reversals: &BTreeMap<i64, EntryRow>) -> Vec<Line> {
    let taking = reversals.values().filter(|entry| entry.takes_back());
    taking.map(line).collect()
}

/// The credits to which reversals lead.
async fn alike(
    tx: &mut Tx,
    bank_account_id: i64,
    reversals: &[Line],
) -> Result<BTreeMap<i64, EntryRow>, StoreError> {
    let keys: BTreeSet<String> = reversals
        .iter()
        .flat_map(|line| reversal::keys(line).map(str::to_owned))
        .collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let ids = tx.credits_alike(bank_account_id, &keys).await?;
    readings(tx, &ids).await
}

fn line(entry: &EntryRow) -> Line {
    let references = [
        &entry.bank_reference,
        &entry.customer_reference,
        &entry.end_to_end_id,
    ];
    Line {
        day: entry.crediting_date,
        amount_minor: entry.amount_minor.abs(),
        references: references.into_iter().flatten().cloned().collect(),
        identity: entry.bank_reference.clone().filter(|_| entry.reliable == 1),
        counterparty: entry.counterparty_account.clone(),
        virtual_account: entry.virtual_account.clone(),
        remittance: entry.remittance.clone(),
        id: entry.id,
    }
}
