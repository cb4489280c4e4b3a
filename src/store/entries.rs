//! Entries, their texts, and what in the texts may be a number of ours.

use super::row::{given, row};
use super::statements::StatementRow;
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeSet;
use std::ops::Range;

/// A statement's entries have the ids `statement << 24 | place`, so that rows lie in the order in
/// which they came and a range of ids is a statement.
const PLACE_BITS: u32 = 24;

/// The most lines of one statement.
pub const ENTRIES_MAX: usize = 1 << PLACE_BITS;

/// Lines that are read at once.
const PAGE: usize = 50_000;

/// The id of a statement's entry.
pub fn entry_id(statement_id: i64, place: usize) -> i64 {
    (statement_id << PLACE_BITS) | i64::try_from(place).unwrap_or_default()
}

const ADD: &str = given!("
    INSERT INTO entry (id, statement_id, same_as, line, day, booking_date, value_date, order_date,
        crediting_date, crediting_source, amount_minor, reversal, charge, bank_reference, reliable,
        customer_reference, end_to_end_id, transaction_code, virtual_account, counterparty_account,
        public_id, posted_on, recorded_at)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT),
           CAST(value->>3 AS BIGINT), date(value->>4), date(value->>5), date(value->>6), date(value->>7),
           date(value->>8), value->>9, CAST(value->>10 AS BIGINT), CAST(value->>11 AS BIGINT),
           CAST(value->>12 AS BIGINT), value->>13, CAST(value->>14 AS BIGINT), value->>15, value->>16,
           value->>17, value->>18, value->>19, value->>20, date(value->>21), $2
      FROM given");
const TEXT_ADD: &str = given!(
    "
    INSERT INTO entry_text (entry_id, counterparty_name, remittance)
    SELECT CAST(value->>0 AS BIGINT), value->>1, value->>2 FROM given"
);
const TOKEN_ADD: &str = given!(
    "
    INSERT INTO entry_token (token, entry_id)
    SELECT value->>0, CAST(value->>1 AS BIGINT) FROM given
     WHERE true ON CONFLICT DO NOTHING"
);

/// The columns of an entry with its text, statement and account; a query adds what it wants.
macro_rules! entries_from {
    ($rest:literal) => {
        concat!(
            "SELECT e.id, e.statement_id, e.same_as, e.line, e.day, e.booking_date, e.value_date,
                    e.order_date, e.crediting_date, e.crediting_source, e.amount_minor, e.reversal,
                    e.charge, e.bank_reference, e.reliable, e.customer_reference, e.end_to_end_id,
                    e.transaction_code, e.virtual_account, e.counterparty_account, e.public_id, e.posted_on,
                    e.recorded_at, t.counterparty_name, COALESCE(t.remittance, '') AS remittance,
                    s.status, s.bank_account_id, b.iban AS bank_account, b.currency,
                    s.file_sha256, s.profile
               FROM entry e
               JOIN statement s ON s.id = e.statement_id
               JOIN bank_account b ON b.id = s.bank_account_id
               LEFT JOIN entry_text t ON t.entry_id = e.id ",
            $rest
        )
    };
}

const OF_STATEMENT: &str = entries_from!("WHERE e.id >= $1 AND e.id < $2 ORDER BY e.id");
const BELOW: &str = entries_from!("WHERE e.id >= $1 AND e.id < $2 ORDER BY e.id DESC LIMIT $3");
const WRITTEN: &str = "SELECT COALESCE(MAX(id) - $1 + 1, 0) FROM entry WHERE id >= $1 AND id < $2";
pub(super) const BY_IDS: &str = entries_from!(
    "WHERE e.id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) ORDER BY e.id"
);
pub(super) const SIGHTINGS: &str = entries_from!(
    "WHERE e.same_as IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) ORDER BY e.id"
);
const STANDING: &str = "
    SELECT id FROM statement WHERE bank_account_id = $1 AND status IN ('published', 'known') ORDER BY id";
const MOVEMENTS: &str = "
    SELECT COALESCE(e.same_as, e.id) AS entry, e.day, e.amount_minor
      FROM entry e JOIN statement s ON s.id = e.statement_id
     WHERE s.bank_account_id = $1 AND s.status IN ('published', 'known') ORDER BY e.id";
const READ_AS: &str = "
    SELECT CAST(COALESCE(MAX(CASE WHEN crediting_source = 'value_by_profile' THEN 1 ELSE 0 END), 0) AS BIGINT)
               AS by_value,
           COALESCE(MAX(reliable), 0) AS reliable
      FROM entry WHERE id >= $1 AND id < $2";
const REVERSALS_OF_ACCOUNT: &str =
    entries_from!("WHERE s.bank_account_id = $1 AND e.reversal = 1 ORDER BY e.id");
const REVERSALS_WRITTEN: &str = "
    SELECT COUNT(*), COALESCE(MAX(e.id), 0)
      FROM entry e JOIN statement s ON s.id = e.statement_id
     WHERE s.bank_account_id = $1 AND e.reversal = 1";
const CREDITS_ALIKE: &str = "
    WITH key AS (SELECT value->>0 AS key FROM json_each($2)),
         alike AS (
            SELECT e.id, e.same_as, e.statement_id FROM entry e JOIN key ON e.bank_reference = key.key
             WHERE e.reliable = 1 AND e.amount_minor > 0 AND e.reversal = 0
            UNION
            SELECT e.id, e.same_as, e.statement_id FROM entry e JOIN key ON e.counterparty_account = key.key
             WHERE e.amount_minor > 0 AND e.reversal = 0
            UNION
            SELECT e.id, e.same_as, e.statement_id FROM entry e JOIN key ON e.virtual_account = key.key
             WHERE e.amount_minor > 0 AND e.reversal = 0)
    SELECT DISTINCT COALESCE(a.same_as, a.id) AS id
      FROM alike a
      JOIN statement s ON s.id = a.statement_id
     WHERE s.bank_account_id = $1
     ORDER BY 1";
const CREDITS_OF_STATEMENT_ALIKE: &str = entries_from!(
    "WHERE e.id IN (
        SELECT c.id FROM json_each($3) k JOIN entry c ON c.bank_reference = k.value->>0
         WHERE c.reliable = 1 AND c.id >= $1 AND c.id < $2
        UNION
        SELECT c.id FROM json_each($3) k JOIN entry c ON c.counterparty_account = k.value->>0
         WHERE c.id >= $1 AND c.id < $2
        UNION
        SELECT c.id FROM json_each($3) k JOIN entry c ON c.virtual_account = k.value->>0
         WHERE c.id >= $1 AND c.id < $2)
      AND e.amount_minor > 0 AND e.reversal = 0 ORDER BY e.id"
);
const FIRST_CREDITED: &str =
    "SELECT MIN(crediting_date) AS day FROM entry WHERE id >= $1 AND id < $2";
const REVERSALS_OF_STATEMENT: &str =
    entries_from!("WHERE e.statement_id = $1 AND e.reversal = 1 ORDER BY e.id");
const DEAD_LINES: &str = entries_from!(
    "WHERE s.bank_account_id = $1 AND s.status IN ('withdrawn', 'superseded')
       AND e.id >= s.id * 16777216 AND e.id < (s.id + 1) * 16777216 AND e.day >= $2 AND e.day <= $3
     ORDER BY e.id"
);
const BY_TOKENS: &str = "
    SELECT DISTINCT entry_id FROM entry_token
     WHERE token IN (SELECT value->>0 FROM json_each($1)) ORDER BY entry_id";
const BY_NUMBERS: &str = "
    SELECT id FROM entry
     WHERE virtual_account IN (SELECT value->>0 FROM json_each($1)) AND amount_minor > 0 AND reversal = 0
     ORDER BY id";
const BY_PAYERS: &str = "
    SELECT id FROM entry
     WHERE counterparty_account IN (SELECT value->>0 FROM json_each($1)) AND amount_minor > 0
     ORDER BY id";

const BY_PUBLIC_ID: &str =
    entries_from!("WHERE e.public_id IN (SELECT value->>0 FROM json_each($1)) ORDER BY e.id");

const BY_REFERENCE: &str =
    entries_from!("WHERE e.bank_reference = $1 AND e.reliable = 1 ORDER BY e.id");

row! {
    /// An entry with its text, statement and account.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct EntryRow {
        /// Row id.
        pub id: i64,
        /// The statement that brought this line.
        pub statement_id: i64,
        /// The entry of which this line is another sighting.
        pub same_as: Option<i64>,
        /// Line of the file.
        pub line: i64,
        /// Its day in the chain.
        pub day: NaiveDate,
        /// When the bank booked it.
        pub booking_date: Option<NaiveDate>,
        /// The bank's value date.
        pub value_date: Option<NaiveDate>,
        /// When the payer ordered it.
        pub order_date: Option<NaiveDate>,
        /// The day that counts, as this sighting has it.
        pub crediting_date: NaiveDate,
        /// Where that comes from.
        pub crediting_source: String,
        /// Signed effect, minor units.
        pub amount_minor: i64,
        /// Whether it undoes an earlier entry.
        pub reversal: i64,
        /// Whether it is an explicit charge inside a batch.
        pub charge: i64,
        /// The bank's reference.
        pub bank_reference: Option<String>,
        /// Whether that reference is an identity at this bank.
        pub reliable: i64,
        /// The customer's reference.
        pub customer_reference: Option<String>,
        /// End-to-end id.
        pub end_to_end_id: Option<String>,
        /// Bank transaction code.
        pub transaction_code: Option<String>,
        /// The credited virtual account: 26 digits, or what the bank leaves of them.
        pub virtual_account: Option<String>,
        /// The other party's account.
        pub counterparty_account: Option<String>,
        /// What people call this line.
        pub public_id: String,
        /// The accounting day.
        pub posted_on: NaiveDate,
        /// Milliseconds.
        pub recorded_at: i64,
        /// The other party.
        pub counterparty_name: Option<String>,
        /// Remittance information.
        pub remittance: String,
        /// The statement's status.
        pub status: String,
        /// The institution's account.
        pub bank_account_id: i64,
        /// Its IBAN.
        pub bank_account: String,
        /// Its currency.
        pub currency: String,
        /// The file that brought it.
        pub file_sha256: String,
        /// The profile it was read with.
        pub profile: String,
    }
}

impl EntryRow {
    /// The entry that this line is a sighting of; itself where it is the first.
    pub fn entry(&self) -> i64 {
        self.same_as.unwrap_or(self.id)
    }

    /// Whether its statement counts.
    pub fn is_live(&self) -> bool {
        matches!(self.status.as_str(), "published" | "known")
    }

    /// The statement that it will be a line of, where that is being recorded: only then has one that
    /// waits lines that were never posted.
    pub fn recording(&self) -> Option<i64> {
        (self.status == "waiting").then_some(self.statement_id)
    }

    /// Whether another line of its entry says no more of it than a reading that holds already.
    pub fn repeats(&self, reading: &EntryRow) -> bool {
        // What tells the lines of an entry apart, whatever they say.
        let of_reading = EntryRow {
            id: self.id,
            statement_id: self.statement_id,
            same_as: self.same_as,
            line: self.line,
            public_id: self.public_id.clone(),
            recorded_at: self.recorded_at,
            status: self.status.clone(),
            file_sha256: self.file_sha256.clone(),
            ..reading.clone()
        };
        *self == of_reading
    }

    /// A reversal that takes money back.
    pub fn takes_back(&self) -> bool {
        self.reversal == 1 && self.amount_minor < 0
    }

    /// Incoming money that is no reversal: what can be somebody's credit.
    pub fn is_credit(&self) -> bool {
        self.amount_minor > 0 && self.reversal == 0
    }
}

/// A line to be written, in the order of the columns.
#[derive(Debug, Clone, Serialize)]
pub struct NewEntry<'a>(
    /// Id.
    pub i64,
    /// Statement.
    pub i64,
    /// The entry of which it is another sighting.
    pub Option<i64>,
    /// Line of the file.
    pub u32,
    /// Day in the chain.
    pub NaiveDate,
    /// Booking date.
    pub Option<NaiveDate>,
    /// Value date.
    pub Option<NaiveDate>,
    /// Order date.
    pub Option<NaiveDate>,
    /// Crediting date.
    pub NaiveDate,
    /// Its source.
    pub &'a str,
    /// Signed effect.
    pub i64,
    /// Reversal.
    pub u8,
    /// Charge.
    pub u8,
    /// Bank reference.
    pub Option<&'a str>,
    /// Whether it is an identity.
    pub u8,
    /// Customer reference.
    pub Option<&'a str>,
    /// End-to-end id.
    pub Option<&'a str>,
    /// Transaction code.
    pub Option<&'a str>,
    /// Virtual account.
    pub Option<&'a str>,
    /// Counterparty account.
    pub Option<&'a str>,
    /// What people call it.
    pub String,
    /// Accounting day.
    pub NaiveDate,
);

impl NewEntry<'_> {
    /// As it is read with a status of its statement; `texts` are name and remittance.
    pub fn as_read(
        &self,
        (name, remittance): (Option<&str>, &str),
        (statement, status): (&StatementRow, &str),
        now: i64,
    ) -> EntryRow {
        let own = |text: Option<&str>| text.map(str::to_owned);
        EntryRow {
            id: self.0,
            statement_id: self.1,
            same_as: self.2,
            line: i64::from(self.3),
            day: self.4,
            booking_date: self.5,
            value_date: self.6,
            order_date: self.7,
            crediting_date: self.8,
            crediting_source: self.9.to_owned(),
            amount_minor: self.10,
            reversal: i64::from(self.11),
            charge: i64::from(self.12),
            bank_reference: own(self.13),
            reliable: i64::from(self.14),
            customer_reference: own(self.15),
            end_to_end_id: own(self.16),
            transaction_code: own(self.17),
            virtual_account: own(self.18),
            counterparty_account: own(self.19),
            public_id: self.20.clone(),
            posted_on: self.21,
            recorded_at: now,
            counterparty_name: own(name),
            remittance: remittance.to_owned(),
            status: status.to_owned(),
            bank_account_id: statement.bank_account_id,
            bank_account: statement.account.clone(),
            currency: statement.currency.clone(),
            file_sha256: statement.file_sha256.clone(),
            profile: statement.profile.clone(),
        }
    }
}

row! {
    /// What a line moves.
    #[derive(Debug, Clone)]
    pub struct MovementRow {
        /// The entry, of which it may be another sighting.
        pub entry: i64,
        /// Its day.
        pub day: NaiveDate,
        /// Minor units.
        pub amount_minor: i64,
    }
}
row! {
    /// How lines were read; 1 for yes.
    #[derive(Debug, Clone, Copy)]
    pub struct ReadAsRow {
        /// Some were credited by their value dates, because the profile says so.
        pub by_value: i64,
        /// Their references are identities.
        pub reliable: i64,
    }
}

impl Tx {
    /// Writes lines; `texts` are (id, name, remittance), `tokens` are (token, id).
    pub async fn add_entries(
        &mut self,
        entries: &Rows,
        texts: &Rows,
        tokens: &Rows,
        now: i64,
    ) -> Result<(), StoreError> {
        self.execute(ADD, &[entries.arg(), Arg::Int(now)]).await?;
        self.execute(TEXT_ADD, &[texts.arg()]).await?;
        self.execute(TOKEN_ADD, &[tokens.arg()]).await.map(|_| ())
    }

    /// The lines of a statement, in its order. They are read in pages: an embedded file hands its
    /// rows over as one text, which must not become larger than SQLite takes.
    pub async fn entries_of_statement(&mut self, id: i64) -> Result<Vec<EntryRow>, StoreError> {
        let written = self.lines_written(id).await?;
        let mut lines = Vec::new();
        for first in (0..written).step_by(PAGE) {
            lines.extend(self.lines_of_statement(id, first..first + PAGE).await?);
        }
        Ok(lines)
    }

    /// Those of its lines that have some places in it.
    pub async fn lines_of_statement(
        &mut self,
        id: i64,
        places: Range<usize>,
    ) -> Result<Vec<EntryRow>, StoreError> {
        let (first, end) = (entry_id(id, places.start), entry_id(id, places.end));
        let range = [Arg::Int(first), Arg::Int(end.min(entry_id(id + 1, 0)))];
        self.fetch(OF_STATEMENT, &range).await
    }

    /// So many of its lines, the last first: before one of them, where one is named.
    pub async fn lines_below(
        &mut self,
        id: i64,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<EntryRow>, StoreError> {
        let end = before.unwrap_or_else(|| entry_id(id + 1, 0));
        let range = [Arg::Int(entry_id(id, 0)), Arg::Int(end), Arg::Int(limit)];
        self.fetch(BELOW, &range).await
    }

    /// How the lines of a statement were read, as they show it.
    pub async fn read_as(&mut self, id: i64) -> Result<ReadAsRow, StoreError> {
        let range = [Arg::Int(entry_id(id, 0)), Arg::Int(entry_id(id + 1, 0))];
        self.one(READ_AS, &range).await
    }

    /// How many lines of a statement are written.
    pub async fn lines_written(&mut self, id: i64) -> Result<usize, StoreError> {
        let range = [Arg::Int(entry_id(id, 0)), Arg::Int(entry_id(id + 1, 0))];
        let (written,): (i64,) = self.one(WRITTEN, &range).await?;
        Ok(usize::try_from(written).unwrap_or_default())
    }

    /// The reversals of a statement.
    pub async fn reversals_of_statement(&mut self, id: i64) -> Result<Vec<EntryRow>, StoreError> {
        self.fetch(REVERSALS_OF_STATEMENT, &[Arg::Int(id)]).await
    }

    /// The first day on which a line of a statement counts; none where it has no lines.
    pub async fn first_credited_of_statement(
        &mut self,
        id: i64,
    ) -> Result<Option<NaiveDate>, StoreError> {
        let range = [Arg::Int(entry_id(id, 0)), Arg::Int(entry_id(id + 1, 0))];
        let (day,): (Option<NaiveDate>,) = self.one(FIRST_CREDITED, &range).await?;
        Ok(day)
    }

    /// Credits of a statement that have one of these keys as their reference, payer's account or
    /// virtual account.
    pub async fn credits_of_statement_alike(
        &mut self,
        id: i64,
        keys: &[String],
    ) -> Result<Vec<EntryRow>, StoreError> {
        let keys = Rows::of(keys.iter().map(|key| (key,)))?;
        let range = [entry_id(id, 0), entry_id(id + 1, 0)].map(Arg::Int);
        let [first, end] = range;
        self.fetch(CREDITS_OF_STATEMENT_ALIKE, &[first, end, keys.arg()])
            .await
    }

    /// The lines of several statements.
    pub async fn entries_of_statements(
        &mut self,
        ids: &[i64],
    ) -> Result<Vec<EntryRow>, StoreError> {
        // A statement is a range of ids, so that no table is read as a whole.
        let ids: BTreeSet<i64> = ids.iter().copied().collect();
        let mut lines = Vec::new();
        for id in ids {
            lines.extend(self.entries_of_statement(id).await?);
        }
        Ok(lines)
    }

    /// Lines by id.
    pub async fn entries(&mut self, ids: &[i64]) -> Result<Vec<EntryRow>, StoreError> {
        let ids = Rows::of(ids.iter().map(|id| (id,)))?;
        self.fetch(BY_IDS, &[ids.arg()]).await
    }

    /// Lines that people call by one of these names, whatever became of their statements.
    pub async fn entries_called(&mut self, names: &[String]) -> Result<Vec<EntryRow>, StoreError> {
        let names = Rows::of(names.iter().map(|name| (name,)))?;
        self.fetch(BY_PUBLIC_ID, &[names.arg()]).await
    }

    /// Lines with this reference of the bank, where it is an identity.
    pub async fn entries_referred(&mut self, reference: &str) -> Result<Vec<EntryRow>, StoreError> {
        self.fetch(BY_REFERENCE, &[Arg::Text(reference)]).await
    }

    /// Entries by row id, and behind them their further sightings.
    pub async fn sighted(&mut self, ids: &[i64]) -> Result<Vec<EntryRow>, StoreError> {
        let mut lines = self.entries(ids).await?;
        let ids = Rows::of(ids.iter().map(|id| (id,)))?;
        lines.extend(self.fetch::<EntryRow>(SIGHTINGS, &[ids.arg()]).await?);
        Ok(lines)
    }

    /// All lines of an account whose statements count, further sightings included.
    pub async fn live_entries_of_account(&mut self, id: i64) -> Result<Vec<EntryRow>, StoreError> {
        let ids = self.standing_statements(id).await?;
        self.entries_of_statements(&ids).await
    }

    /// The statements of an account that count.
    pub async fn standing_statements(
        &mut self,
        bank_account_id: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let found: Vec<(i64,)> = self.fetch(STANDING, &[Arg::Int(bank_account_id)]).await?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }

    /// What all lines of an account move whose statements count, further sightings included.
    pub async fn movements_of_account(&mut self, id: i64) -> Result<Vec<MovementRow>, StoreError> {
        self.fetch(MOVEMENTS, &[Arg::Int(id)]).await
    }

    /// The reversals of an account, further sightings included.
    pub async fn reversals_of_account(&mut self, id: i64) -> Result<Vec<EntryRow>, StoreError> {
        self.fetch(REVERSALS_OF_ACCOUNT, &[Arg::Int(id)]).await
    }

    /// How many reversals an account has, and the last of them; lines are only ever added.
    pub async fn reversals_written(&mut self, id: i64) -> Result<(i64, i64), StoreError> {
        self.one(REVERSALS_WRITTEN, &[Arg::Int(id)]).await
    }

    /// The lines of an account's statements that were withdrawn or superseded, between two days.
    pub async fn lines_that_fell(
        &mut self,
        bank_account_id: i64,
        from: NaiveDate,
        through: NaiveDate,
    ) -> Result<Vec<EntryRow>, StoreError> {
        let args = [Arg::Int(bank_account_id), Arg::Day(from), Arg::Day(through)];
        self.fetch(DEAD_LINES, &args).await
    }

    /// Credits of an account that have one of these keys as their reference, payer's account or
    /// virtual account.
    pub async fn credits_alike(
        &mut self,
        bank_account_id: i64,
        keys: &[String],
    ) -> Result<Vec<i64>, StoreError> {
        let keys = Rows::of(keys.iter().map(|key| (key,)))?;
        let ids: Vec<(i64,)> = self
            .fetch(CREDITS_ALIKE, &[Arg::Int(bank_account_id), keys.arg()])
            .await?;
        Ok(ids.into_iter().map(|(id,)| id).collect())
    }

    /// Lines in whose texts one of these tokens stands.
    pub async fn entries_with_tokens(&mut self, tokens: &[String]) -> Result<Vec<i64>, StoreError> {
        let tokens = Rows::of(tokens.iter().map(|token| (token,)))?;
        Ok(self
            .fetch::<(i64,)>(BY_TOKENS, &[tokens.arg()])
            .await?
            .into_iter()
            .map(|(id,)| id)
            .collect())
    }

    /// Credits to one of these virtual accounts, whole numbers or tails.
    pub async fn credits_to_numbers(&mut self, numbers: &[String]) -> Result<Vec<i64>, StoreError> {
        let numbers = Rows::of(numbers.iter().map(|number| (number,)))?;
        Ok(self
            .fetch::<(i64,)>(BY_NUMBERS, &[numbers.arg()])
            .await?
            .into_iter()
            .map(|(id,)| id)
            .collect())
    }

    /// Credits from one of these accounts.
    pub async fn credits_from_accounts(
        &mut self,
        accounts: &[String],
    ) -> Result<Vec<i64>, StoreError> {
        let accounts = Rows::of(accounts.iter().map(|account| (account,)))?;
        Ok(self
            .fetch::<(i64,)>(BY_PAYERS, &[accounts.arg()])
            .await?
            .into_iter()
            .map(|(id,)| id)
            .collect())
    }
}
